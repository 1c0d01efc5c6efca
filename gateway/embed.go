// Package gateway holds what is built into the gateway: the description of the API and, where it was built, the web application.
package gateway

import (
	"embed"
	"io/fs"
)

// OpenAPI2 is generated from the protos.
//
//go:embed gen/openapi/egi.swagger.json
var OpenAPI2 []byte

// AsyncAPI describes the sockets; a test compares it with the messages that the code sends.
//
//go:embed asyncapi.json
var AsyncAPI []byte

// The pattern matches web/dist where the web application was built, and web/index.html (its source) always.
//
//go:embed all:web/[di]*
var web embed.FS

// Page is the built web application, nil when the gateway was built without it.
func Page() fs.FS {
	dist, err := fs.Sub(web, "web/dist")
	if err != nil {
		return nil
	}
	if _, err := fs.Stat(dist, "index.html"); err != nil {
		return nil
	}
	return dist
}
