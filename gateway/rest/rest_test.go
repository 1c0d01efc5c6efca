package rest

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	"egi/gateway/internal/fakeserver"
)

type rig struct {
	t      *testing.T
	server *fakeserver.Server
	url    string
}

func description(t *testing.T) []byte {
	t.Helper()
	v2, err := os.ReadFile("../gen/openapi/egi.swagger.json")
	if err != nil {
		t.Fatal(err)
	}
	return v2
}

// noSocket refuses as the bridge and its library do.
func noSocket(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/ws/plain" {
		http.Error(w, "no upgrade was asked for", http.StatusUpgradeRequired)
		return
	}
	http.NotFound(w, r)
}

func newRig(t *testing.T, change ...func(*Options)) *rig {
	t.Helper()
	server, err := fakeserver.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Kill)
	conn, err := server.Dial()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	o := Options{Conn: conn, Simulators: conn, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Origins: []string{"http://localhost:3000", "http://localhost:5173"},
		Sockets: http.HandlerFunc(noSocket), FeedReady: func() bool { return true }, OpenAPI2: description(t), AsyncAPI: []byte(`{"asyncapi":"3.0.0"}`)}
	for _, f := range change {
		f(&o)
	}
	handler, err := New(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(handler)
	t.Cleanup(web.Close)
	return &rig{t, server, web.URL}
}

func (r *rig) do(method, path, body string, header ...string) (*http.Response, map[string]any) {
	r.t.Helper()
	req, err := http.NewRequest(method, r.url+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	var m map[string]any
	_ = json.Unmarshal(data, &m) // nil for pages and lists
	return resp, m
}

var parameter = regexp.MustCompile(`\{([^}]+)\}`)

func TestEveryDocumentedRouteReachesItsOwnCall(t *testing.T) {
	r := newRig(t)
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
		} `json:"paths"`
	}
	if err := json.Unmarshal(description(t), &doc); err != nil {
		t.Fatal(err)
	}
	if len(doc.Paths) < 30 {
		t.Fatalf("%d paths", len(doc.Paths))
	}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			service, rpc, _ := strings.Cut(op.OperationID, "_")
			rpc = strings.TrimRight(rpc, "0123456789")
			for _, slash := range []string{"", "/"} {
				calls, _ := r.server.Calls()
				resp, _ := r.do(strings.ToUpper(method), parameter.ReplaceAllString(path, "7")+slash, "{}", "Content-Type", "application/json")
				after, _ := r.server.Calls()
				if resp.StatusCode >= 300 && resp.StatusCode < 400 || len(after) != len(calls)+1 {
					t.Errorf("%s %s%s: status %d, calls %v", method, path, slash, resp.StatusCode, after[len(calls):])
					continue
				}
				if got := after[len(after)-1]; !strings.HasSuffix(got, "."+service+"/"+rpc) {
					t.Errorf("%s %s%s reached %s, want %s", method, path, slash, got, op.OperationID)
				}
			}
		}
	}
}

func TestErrorsAreProblems(t *testing.T) {
	r := newRig(t)
	for _, x := range []struct {
		name, method, path, body string
		status                   int
		code, field              string
	}{
		{"field of the server", "POST", "/api/gaveurs/gavage", `{"code_lot":"LL2602003","dose_reelle":2000}`, 400, "invalid_argument", "meal.dose_reelle"},
		{"not JSON", "POST", "/api/gaveurs/gavage", `{`, 400, "invalid_argument", ""},
		{"text for a number", "POST", "/api/gaveurs/gavage", `{"jour":"x"}`, 400, "invalid_argument", ""},
		{"misspelt field", "POST", "/api/gaveurs/gavage", `{"dose_rele":2}`, 400, "invalid_argument", ""},
		{"bad query value", "GET", "/api/sqal/samples?limit=many", "", 400, "invalid_argument", "limit"},
		{"bad time", "GET", "/api/sqal/samples?start_time=yesterday", "", 400, "invalid_argument", "start_time"},
		{"zero", "GET", "/api/sqal/alerts?limit=0", "", 400, "invalid_argument", "limit"},
		{"text in the path", "POST", "/api/sqal/alerts/x/acknowledge", "", 400, "invalid_argument", "alert_id"},
		{"not built", "GET", "/api/sqal/samples", "", 501, "unimplemented", ""},
		{"no route", "GET", "/api/nothing", "", 404, "not_found", ""},
		{"no page", "GET", "/nothing", "", 404, "not_found", ""},
		{"wrong method", "DELETE", "/api/gaveurs/gavage", "", 405, "method_not_allowed", ""},
	} {
		resp, p := r.do(x.method, x.path, x.body, "Origin", "http://localhost:5173")
		if resp.StatusCode != x.status || p["code"] != x.code || p["status"] != float64(x.status) || p["message"] != p["detail"] || p["message"] == "" {
			t.Errorf("%s: %d %v", x.name, resp.StatusCode, p)
		}
		if resp.Header.Get("Content-Type") != "application/problem+json" || resp.Header.Get("Access-Control-Allow-Origin") != "http://localhost:5173" {
			t.Errorf("%s: headers %v", x.name, resp.Header)
		}
		if x.field != "" && (len(p["details"].([]any)) != 1 || p["details"].([]any)[0].(map[string]any)["field"] != x.field || p["errors"] == nil) {
			t.Errorf("%s: %v", x.name, p)
		}
	}
}

func TestEveryBadParameterIsNamed(t *testing.T) {
	r := newRig(t)
	_, p := r.do("GET", "/api/sqal/alerts?limit=many&is_acknowledged=maybe&start_time=2026-02-03&severity=info&unknown=1", "")
	var told []string
	for _, d := range p["details"].([]any) {
		told = append(told, d.(map[string]any)["field"].(string)+": "+d.(map[string]any)["description"].(string))
	}
	want := []string{`is_acknowledged: is "maybe", must be true or false`, `limit: is "many", must be a whole number`,
		`start_time: is "2026-02-03", must be a time with its zone (RFC 3339), e.g. 2026-02-03T09:00:00Z`}
	if !slices.Equal(told, want) || p["message"] != strings.Join(want, "; ") {
		t.Errorf("%v", p)
	}
}

func TestParameterGivenTwiceIsRefused(t *testing.T) {
	r := newRig(t)
	resp, p := r.do("GET", "/api/sqal/alerts?limit=1&limit=2", "")
	if resp.StatusCode != 400 || p["message"] != "limit: is given 2 times, must be given once" {
		t.Errorf("%d %v", resp.StatusCode, p)
	}
}

func TestRefusedUpgradeIsAProblem(t *testing.T) {
	r := newRig(t)
	for path, want := range map[string]string{"/ws/nothing": "not_found", "/ws/plain": "upgrade_required"} {
		resp, p := r.do("GET", path, "")
		if resp.Header.Get("Content-Type") != "application/problem+json" || p["code"] != want || p["detail"] == "" || p["status"] != float64(resp.StatusCode) {
			t.Errorf("%s: %d %v %v", path, resp.StatusCode, resp.Header, p)
		}
	}
}

func TestNewMealIs201AndRepeat200(t *testing.T) {
	r := newRig(t)
	body := `{"code_lot":"LL2602003","gaveur_id":4,"jour":5,"moment":"soir","dose_reelle":338.6,"timestamp":"2026-02-03T18:00:00Z"}`
	resp, m := r.do("POST", "/api/gaveurs/gavage/", body, "Content-Type", "application/json")
	if resp.StatusCode != 201 || m["gavage_id"] != 1.0 || m["ecart_courbe_theorique"] != nil || m["alerte_generee"] != false || len(m["recommandations"].([]any)) != 0 {
		t.Errorf("%d %v", resp.StatusCode, m)
	}
	if resp, m = r.do("POST", "/api/gaveurs/gavage", body); resp.StatusCode != 200 || m["status"] != "duplicate" {
		t.Errorf("%d %v", resp.StatusCode, m)
	}
}

func TestNewLotIs201AndTheSameKeyAgain200(t *testing.T) {
	r := newRig(t)
	for i, want := range []int{201, 200} {
		resp, lot := r.do("POST", "/api/lots/", `{"site_code":"LL"}`, "Idempotency-Key", "key-1")
		if resp.StatusCode != want || lot["code_lot"] != "LL2602001" || (resp.Header.Get("idempotent-replayed") == "true") != (i == 1) {
			t.Errorf("call %d: %d %v %v", i, resp.StatusCode, resp.Header, lot)
		}
		for name := range resp.Header {
			if strings.Contains(strings.ToLower(name), "egi-outcome") {
				t.Errorf("the header %s is nobody's business", name)
			}
		}
	}
}

func TestCORSNamesOnlyAllowedOrigins(t *testing.T) {
	r := newRig(t)
	resp, _ := r.do("OPTIONS", "/api/gaveurs/gavage", "", "Origin", "http://localhost:3000", "Access-Control-Request-Method", "POST")
	if resp.StatusCode != 204 || resp.Header.Get("Access-Control-Allow-Origin") != "http://localhost:3000" || resp.Header.Get("Access-Control-Allow-Credentials") != "true" {
		t.Errorf("%d %v", resp.StatusCode, resp.Header)
	}
	resp, _ = r.do("GET", "/health", "", "Origin", "http://evil.example")
	if resp.Header.Get("Access-Control-Allow-Origin") != "" || resp.Header.Get("Vary") != "Origin" {
		t.Errorf("%v", resp.Header)
	}
}

func TestTraceIsContinuedOrStarted(t *testing.T) {
	r := newRig(t)
	const id = "4bf92f3577b34da6a3ce929d0e0e4736"
	resp, _ := r.do("GET", "/api/sqal/health", "", "traceparent", "00-"+id+"-00f067aa0ba902b7-01")
	if !strings.HasPrefix(resp.Header.Get("traceparent"), "00-"+id) {
		t.Errorf("%v", resp.Header)
	}
	r.do("GET", "/api/sqal/health", "", "traceparent", "garbage")
	_, traces := r.server.Calls()
	if len(traces) != 2 || !strings.HasPrefix(traces[0], "00-"+id) || !traceParent.MatchString(traces[1]) {
		t.Errorf("traces of the calls: %v", traces)
	}
}

func TestHealthFollowsTheServer(t *testing.T) {
	r := newRig(t)
	if resp, m := r.do("GET", "/health", ""); resp.StatusCode != 200 || m["status"] != "healthy" {
		t.Errorf("%d %v", resp.StatusCode, m)
	}
	if resp, m := r.do("GET", "/health/ready/", ""); resp.StatusCode != 200 || m["checks"].(map[string]any)["database"] != "connected" {
		t.Errorf("%d %v", resp.StatusCode, m)
	}
	r.server.Health.SetServingStatus("", healthv1.HealthCheckResponse_NOT_SERVING)
	if resp, m := r.do("GET", "/health/ready", ""); resp.StatusCode != 503 || m["status"] != "not ready" {
		t.Errorf("%d %v", resp.StatusCode, m)
	}
	r.server.Kill()
	if resp, m := r.do("GET", "/health", ""); resp.StatusCode != 503 || m["status"] != "unhealthy" {
		t.Errorf("%d %v", resp.StatusCode, m)
	}
	if resp, _ := r.do("GET", "/health/live", ""); resp.StatusCode != 200 {
		t.Error("the process is alive")
	}
}

func TestDocumentation(t *testing.T) {
	r := newRig(t)
	resp, doc := r.do("GET", "/openapi.json", "")
	if resp.StatusCode != 200 || !strings.HasPrefix(doc["openapi"].(string), "3.") {
		t.Fatalf("%d %v", resp.StatusCode, doc["openapi"])
	}
	text, _ := json.Marshal(doc)
	if !strings.Contains(string(text), "#/components/schemas/Problem") || !strings.Contains(string(text), "/api/euralis/dashboard/kpis") {
		t.Error("problems or routes are missing")
	}
	if resp, m := r.do("GET", "/asyncapi.json", ""); resp.StatusCode != 200 || m["asyncapi"] != "3.0.0" {
		t.Errorf("%d %v", resp.StatusCode, m)
	}
	for _, path := range []string{"/docs", "/docs/"} {
		page, err := http.Get(r.url + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(page.Body)
		page.Body.Close()
		if page.StatusCode != 200 || !strings.Contains(string(body), "/openapi.json") || regexp.MustCompile(`(src|href)="https?://`).Match(body) {
			t.Errorf("%s: %d, %.300s", path, page.StatusCode, body)
		}
		for _, m := range regexp.MustCompile(`(?:src|href)="(/docs/[^"]+)"`).FindAllStringSubmatch(string(body), -1) {
			if asset, _ := r.do("GET", m[1], ""); asset.StatusCode != 200 {
				t.Errorf("%s: %d", m[1], asset.StatusCode)
			}
		}
	}
	metrics, err := http.Get(r.url + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(metrics.Body)
	metrics.Body.Close()
	if !strings.Contains(string(body), "go_goroutines") {
		t.Error("no metrics")
	}
}

func TestPageIsServedWhereItWasBuilt(t *testing.T) {
	r := newRig(t)
	if resp, _ := r.do("GET", "/", "", "Accept", "text/html"); resp.StatusCode != 404 {
		t.Errorf("without a page: %d", resp.StatusCode)
	}
	dist := fstest.MapFS{"index.html": {Data: []byte("<!doctype html>page")}, "assets/app-1a2b.js": {Data: []byte("x")}}
	r = newRig(t, func(o *Options) { o.Page = dist })
	for _, x := range []struct {
		path, accept, cache string
		status              int
	}{
		{"/", "text/html", "no-cache", 200}, {"/lots/17", "text/html", "no-cache", 200}, {"/assets/app-1a2b.js", "*/*", "public, max-age=31536000, immutable", 200},
		{"/assets/none.js", "*/*", "", 404}, {"/api/none", "text/html", "", 404}, {"/../go.mod", "text/html", "", 404},
	} {
		resp, _ := r.do("GET", x.path, "", "Accept", x.accept)
		if resp.StatusCode != x.status || resp.Header.Get("Cache-Control") != x.cache {
			t.Errorf("%s: %d %v", x.path, resp.StatusCode, resp.Header)
		}
	}
}

func TestListsOfTheDescriptionHaveNoQuotedIntegers(t *testing.T) {
	quoted := regexp.MustCompile(`"format": "u?int64"`).FindAllString(string(description(t)), -1)
	// RejectedMessage.sequence is the one 64-bit number of the REST interface.
	if len(quoted) > 1 {
		t.Errorf("%d integers would be quoted in JSON", len(quoted))
	}
}
