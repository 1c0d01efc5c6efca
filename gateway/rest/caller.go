package rest

import (
	"context"
	"net/http"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// callContext names trace and caller to the server, for the handlers that are not generated; the generated ones send both by themselves.
func callContext(r *http.Request) context.Context {
	pairs := []string{"traceparent", string(traceOf(r.Context()))}
	for _, value := range r.Header.Values("Authorization") {
		pairs = append(pairs, "authorization", value)
	}
	return metadata.AppendToOutgoingContext(r.Context(), pairs...)
}

// keepPrivate forbids caches to keep tokens, accounts, and what is told to one caller only.
func keepPrivate(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" || strings.HasPrefix(r.URL.Path, "/api/auth/") || strings.HasPrefix(r.URL.Path, "/api/accounts") {
		w.Header().Set("Cache-Control", "no-store")
	}
}

// challenge says in a 401 how to sign in (RFC 6750). The server refuses a token before any service sees the call, without details: the reason is given here.
func (p *Problem) challenge(w http.ResponseWriter, r *http.Request, err error) {
	if p.Status != http.StatusUnauthorized {
		return
	}
	how := `Bearer realm="egi"`
	if st := status.Convert(err); st.Code() == codes.Unauthenticated && p.Reason == "" && len(r.Header.Values("Authorization")) > 0 {
		p.Reason = "TOKEN_REFUSED"
		how += `, error="invalid_token"`
	}
	w.Header().Set("WWW-Authenticate", how)
}
