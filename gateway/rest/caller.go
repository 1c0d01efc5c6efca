package rest

import (
	"context"
	"mime"
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

// ofAccounts tells the paths of logins and accounts.
func ofAccounts(path string) bool {
	return strings.HasPrefix(path, "/api/auth/") || path == "/api/accounts" || strings.HasPrefix(path, "/api/accounts/")
}

// takesBody tells whether the body of a call is of a kind that may reach logins and accounts: a page of another site can send a form or plain text without being asked,
// but JSON only after a preflight. A call without a body carries nothing.
func takesBody(r *http.Request) bool {
	if r.Method == http.MethodGet || r.Method == http.MethodHead || r.ContentLength == 0 || !ofAccounts(r.URL.Path) {
		return true
	}
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && kind == "application/json"
}

// keepPrivate forbids caches to keep tokens, accounts, and what is told to one caller only.
func keepPrivate(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" || ofAccounts(r.URL.Path) {
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
