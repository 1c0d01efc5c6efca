package rest

import (
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// page serves the web application. dist is nil when the gateway was built without it: then there is no page.
func page(dist fs.FS) http.Handler {
	missing := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		plain(http.StatusNotFound, "not_found", "no such page; /docs lists what there is").write(w, r)
	})
	if dist == nil {
		return missing
	}
	if _, err := fs.Stat(dist, "index.html"); err != nil {
		return missing
	}
	files := http.FileServerFS(dist)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			missing(w, r)
			return
		}
		name := strings.TrimPrefix(path.Clean(r.URL.Path), "/")
		if name == "" || name == "index.html" {
			serveIndex(w, r, dist)
			return
		}
		if info, err := fs.Stat(dist, name); err == nil && !info.IsDir() {
			if strings.HasPrefix(name, "assets/") { // names carry a hash of the content
				w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
			}
			files.ServeHTTP(w, r)
			return
		}
		// A deep link of the application, not a missing file.
		if path.Ext(name) == "" && strings.Contains(r.Header.Get("Accept"), "text/html") {
			serveIndex(w, r, dist)
			return
		}
		missing(w, r)
	})
}

func serveIndex(w http.ResponseWriter, r *http.Request, dist fs.FS) {
	w.Header().Set("Cache-Control", "no-cache")
	http.ServeFileFS(w, r, dist, "index.html")
}
