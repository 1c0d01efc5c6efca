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
	if err == nil && !isDay(body) {
		r.Body = io.NopCloser(bytes.NewReader(withLotName(body)))
	}
	if err == nil && isDay(body) {
		r.URL = &url.URL{Path: dayPath, RawQuery: r.URL.RawQuery}
	}
	return r
}

// withLotName lets a meal name its lot by a number in code_lot or a code in lot_id, as the sockets do; other bodies stay as they are.
func withLotName(body []byte) []byte {
	root, err := fastjson.ParseBytes(body)
	if err != nil || root.Type() != fastjson.TypeObject {
		return body
	}
	code, id := root.Get("code_lot"), root.Get("lot_id")
	switch {
	case code != nil && code.Type() == fastjson.TypeNumber:
		root.Set("code_lot", new(fastjson.Arena).NewString(code.String()))
	case code == nil && id != nil && id.Type() == fastjson.TypeString:
		root.Del("lot_id")
		root.Set("code_lot", id)
	default:
		return body
	}
	return root.MarshalTo(nil)
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
