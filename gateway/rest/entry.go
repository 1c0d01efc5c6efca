package rest

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"

	"github.com/valyala/fastjson"
)

// Two routes take a meal or a whole day; the fields of the body tell which.
var (
	entryPaths = []string{"/api/gaveurs/gavage", "/api/gavage"}
	dayFields  = []string{"date_gavage", "dose_matin", "dose_soir", "poids_echantillon"}
)

const dayPath = "/api/lots/gavage"

// sendDaysOn answers r, or the same request for the route of days when its body is one.
func sendDaysOn(r *http.Request) *http.Request {
	if r.Method != http.MethodPost || !slices.Contains(entryPaths, r.URL.Path) {
		return r
	}
	body, err := io.ReadAll(r.Body)
	rest := io.Reader(bytes.NewReader(body))
	if err != nil {
		rest = io.MultiReader(rest, failing{err})
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(rest)
	if err == nil && isDay(body) {
		r.URL = &url.URL{Path: dayPath, RawQuery: r.URL.RawQuery}
	}
	return r
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func isDay(body []byte) bool {
	if !slices.ContainsFunc(dayFields, func(name string) bool { return bytes.Contains(body, []byte(`"`+name+`"`)) }) {
		return false
	}
	root, err := fastjson.ParseBytes(body)
	return err == nil && root.Type() == fastjson.TypeObject && slices.ContainsFunc(dayFields, func(name string) bool { return root.Exists(name) })
}

// idempotencyKey is what the header of that name says; an error names what it must be. It travels as gRPC metadata, which is printable ASCII.
func idempotencyKey(r *http.Request) (string, error) {
	keys := r.Header.Values("Idempotency-Key")
	if len(keys) == 0 {
		return "", nil
	}
	if len(keys) > 1 || keys[0] == "" || len(keys[0]) > 100 {
		return "", errBadKey
	}
	for _, c := range []byte(keys[0]) {
		if c <= ' ' || c > '~' {
			return "", errBadKey
		}
	}
	return keys[0], nil
}

var errBadKey = errors.New("the header Idempotency-Key must be given once, with 1..100 printable ASCII characters and no space")
