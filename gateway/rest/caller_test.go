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
		body, kind := "a;b\n", "text/csv"
		if x.path == "/api/auth/logout" {
			body, kind = "{}", "application/json; charset=utf-8"
		}
		r.do(x.method, x.path, body, "Authorization", secret, "Content-Type", kind)
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

func TestLoginsAndAccountsTakeJSONOnly(t *testing.T) {
	r := newRig(t)
	for _, path := range []string{"/api/auth/login", "/api/auth/refresh/", "/api/accounts", "/api/accounts/", "/api/accounts/1/disable"} {
		for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "application/jsonp", "text/plain; application/json", ""} {
			resp, p := r.do("POST", path, "{}", "Content-Type", kind)
			if resp.StatusCode != http.StatusUnsupportedMediaType || p["code"] != "unsupported_media_type" {
				t.Errorf("POST %s as %q: %d %v", path, kind, resp.StatusCode, p)
			}
		}
	}
	for _, x := range []struct{ method, path, body, kind string }{
		{"POST", "/api/auth/login", "{}", "Application/JSON; charset=utf-8"}, {"POST", "/api/auth/logout", "", ""}, {"GET", "/api/accounts", "", ""}, {"POST", "/api/gaveurs", "{}", "text/plain"},
	} {
		if resp, p := r.do(x.method, x.path, x.body, "Content-Type", x.kind); resp.StatusCode == http.StatusUnsupportedMediaType {
			t.Errorf("%s %s as %q: %v", x.method, x.path, x.kind, p)
		}
	}
}

func TestWhatAnswers201IsDescribedSo(t *testing.T) {
	r := newRig(t)
	_, doc := r.do("GET", "/openapi.json", "")
	paths := doc["paths"].(map[string]any)
	for _, path := range []string{"/api/gaveurs/gavage", "/api/lots", "/api/gaveurs", "/api/accounts", "/api/euralis/finance/prix", "/api/euralis/abattages/creneaux"} {
		post := paths[path].(map[string]any)["post"].(map[string]any)
		if responses := post["responses"].(map[string]any); responses["201"] == nil || responses["200"] == nil {
			t.Errorf("%s: %v", path, responses)
		}
	}
}

func TestTokensAndPasswordsAreNotLogged(t *testing.T) {
	var log bytes.Buffer
	r := newRig(t, func(o *Options) {
		o.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	r.do("POST", "/api/auth/login", `{"email":"somebody@farm.example","password":"query-word-7"}`, "Authorization", secret, "Content-Type", "application/json")
	r.do("POST", "/api/auth/refresh?token=query-word-7", `{"refresh_token":"query-word-7"}`, "Content-Type", "application/json")
	r.do("GET", "/ws/plain?token=query-word-7", "")
	if slices.ContainsFunc([]string{"claims-of-somebody", "query-word-7", "somebody@farm"}, func(s string) bool { return strings.Contains(log.String(), s) }) {
		t.Errorf("the log tells a secret:\n%s", log.String())
	}
	if !strings.Contains(log.String(), "/api/auth/login") {
		t.Errorf("the log does not tell the call:\n%s", log.String())
	}
}
