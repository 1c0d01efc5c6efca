package rest

import (
	"bytes"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"

	"egi/gateway/internal/fakeserver"
)

const secret = "Bearer header.claims-of-somebody.signature"

func TestTokensReachTheServerOnEveryKindOfRoute(t *testing.T) {
	r := newRig(t)
	for _, x := range []struct{ method, path string }{
		{"GET", "/api/euralis/sites"}, {"POST", "/api/auth/logout"}, {"GET", exportPath}, {"GET", lotsExportPath}, {"POST", importPath + "?file_name=a.csv"},
	} {
		r.do(x.method, x.path, "a;b\n", "Authorization", secret, "Content-Type", "text/csv")
		if got := r.server.Callers(); len(got) == 0 || got[len(got)-1] != secret {
			t.Errorf("%s %s: the server saw %q", x.method, x.path, got)
		}
	}
	before := len(r.server.Callers())
	r.do("GET", "/api/euralis/sites", "")
	if got := r.server.Callers(); len(got) != before {
		t.Errorf("a call without a token is somebody's: %q", got[before:])
	}
}

func TestRefusedTokenIsAProblemThatSaysHowToSignIn(t *testing.T) {
	r := newRig(t)
	resp, p := r.do("GET", "/api/euralis/sites", "", "Authorization", "Bearer "+fakeserver.BadToken)
	if resp.StatusCode != http.StatusUnauthorized || p["code"] != "unauthenticated" || p["reason"] != "TOKEN_REFUSED" {
		t.Errorf("%d %v", resp.StatusCode, p)
	}
	if how := resp.Header.Get("WWW-Authenticate"); how != `Bearer realm="egi", error="invalid_token"` {
		t.Errorf("WWW-Authenticate: %q", how)
	}
}

func TestAnswersToOneCallerAreKeptByNoCache(t *testing.T) {
	r := newRig(t)
	for path, want := range map[string]string{"/api/auth/me": "no-store", "/api/accounts": "no-store", "/api/euralis/sites": ""} {
		resp, _ := r.do("GET", path, "")
		if got := resp.Header.Get("Cache-Control"); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	resp, _ := r.do("GET", "/api/euralis/sites", "", "Authorization", secret)
	if got := resp.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("with a token: %q", got)
	}
}

func TestTokensAndPasswordsAreNotLogged(t *testing.T) {
	var log bytes.Buffer
	r := newRig(t, func(o *Options) {
		o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	r.do("POST", "/api/auth/login", `{"email":"somebody@farm.example","password":"query-word-7"}`, "Authorization", secret)
	r.do("POST", "/api/auth/refresh?token=query-word-7", `{"refresh_token":"query-word-7"}`)
	r.do("GET", "/ws/plain?token=query-word-7", "")
	if slices.ContainsFunc([]string{"claims-of-somebody", "query-word-7", "somebody@farm"}, func(s string) bool { return strings.Contains(log.String(), s) }) {
		t.Errorf("the log tells a secret:\n%s", log.String())
	}
	if !strings.Contains(log.String(), "/api/auth/login") {
		t.Errorf("the log does not tell the call:\n%s", log.String())
	}
}
