package rest

import (
	"net/http"
	"strings"
)

// problemWriter keeps a plain text error back, so that a refused upgrade is answered by a problem like every other call. An upgrade that
// succeeds takes the connection over through Unwrap.
type problemWriter struct {
	http.ResponseWriter
	failed int
	text   strings.Builder
}

func (w *problemWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *problemWriter) WriteHeader(code int) {
	if code >= http.StatusBadRequest {
		w.failed = code
		return
	}
	w.ResponseWriter.WriteHeader(code)
}

func (w *problemWriter) Write(text []byte) (int, error) {
	if w.failed != 0 {
		return w.text.Write(text)
	}
	return w.ResponseWriter.Write(text)
}

var upgradeCodes = map[int]string{
	http.StatusNotFound: "not_found", http.StatusMethodNotAllowed: "method_not_allowed", http.StatusUpgradeRequired: "upgrade_required",
	http.StatusServiceUnavailable: "unavailable",
}

// withProblems answers the errors of the sockets, before the upgrade, as problems.
func withProblems(sockets http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		pw := &problemWriter{ResponseWriter: w}
		sockets.ServeHTTP(pw, r)
		if pw.failed == 0 {
			return
		}
		code, known := upgradeCodes[pw.failed]
		if !known {
			code = "invalid_argument"
		}
		w.Header().Del("X-Content-Type-Options")
		plain(pw.failed, code, strings.TrimSpace(pw.text.String())).write(w, r)
	})
}
