package rest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"regexp"
)

// trace is a W3C trace context: 00-<32 hex>-<16 hex>-<2 hex>.
type trace string

var traceParent = regexp.MustCompile(`^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$`)

type traceKey struct{}

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the process instead
	return hex.EncodeToString(b)
}

// NewTrace starts a trace.
func NewTrace() string { return "00-" + randomHex(16) + "-" + randomHex(8) + "-01" }

// continueTrace makes a child of the caller's context, or a new trace when there is none or it is not valid.
func continueTrace(header string) trace {
	m := traceParent.FindStringSubmatch(header)
	if m == nil || m[1] == "00000000000000000000000000000000" || m[2] == "0000000000000000" {
		return trace(NewTrace())
	}
	return trace("00-" + m[1] + "-" + randomHex(8) + "-01")
}

func (t trace) id() string {
	if len(t) < 35 {
		return ""
	}
	return string(t[3:35])
}

func traceOf(ctx context.Context) trace {
	t, _ := ctx.Value(traceKey{}).(trace)
	return t
}

// withTrace gives every request a trace and tells it in the answer.
func withTrace(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		t := continueTrace(r.Header.Get("traceparent"))
		w.Header().Set("traceparent", string(t))
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), traceKey{}, t)))
	})
}
