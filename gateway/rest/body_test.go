package rest

import (
	"slices"
	"strings"
	"testing"
)

// told answers the violations of a problem as "field: description".
func told(problem map[string]any) []string {
	var all []string
	list, _ := problem["details"].([]any)
	for _, each := range list {
		v := each.(map[string]any)
		all = append(all, v["field"].(string)+": "+v["description"].(string))
	}
	return all
}

func TestEveryFieldOfTheWrongTypeIsNamedAsTheBodySpellsIt(t *testing.T) {
	r := newRig(t)
	for _, x := range []struct {
		name, method, path, body string
		want                     []string
	}{
		{"a day", "POST", "/api/lots/gavage", `{"lot_id":17,"date_gavage":"2026-02-03","dose_matin":"abc","dose_soir":true,"nb_canards_peses":1.5,"poids_echantillon":[5000,"x",null]}`, []string{
			`dose_matin: is "abc", must be a number`, `dose_soir: is true, must be a number`, `nb_canards_peses: is 1.5, must be a whole number`,
			`poids_echantillon[1]: is "x", must be a number`, `poids_echantillon[2]: is null, must be a number`}},
		{"a meal", "POST", "/api/gaveurs/gavage", `{"code_lot":7,"gaveur_nom":7,"jour":"x","timestamp":"hier","dose_rele":2}`, []string{
			"dose_rele", `gaveur_nom: is a number, must be a text`, `jour: is "x", must be a whole number`,
			`timestamp: is "hier", must be a time with its zone (RFC 3339), e.g. 2026-02-03T09:00:00Z`}},
		{"too large", "POST", "/api/gaveurs/gavage", `{"jour":3000000000}`, []string{"jour: is 3000000000, must be a whole number of at most 32 bits"}},
		{"a feeder", "POST", "/api/gaveurs", `{"nom":{"x":1},"prenom":"A","telephone":612345678,"certifications":"IGP"}`, []string{
			"certifications: is a text, must be a list", "nom: is an object, must be a text", "telephone: is a number, must be a text"}},
	} {
		calls, _ := r.server.Calls()
		resp, p := r.do(x.method, x.path, x.body)
		after, _ := r.server.Calls()
		got := told(p)
		for i, each := range got { // of a field that does not exist the fields that do are told
			if field, rest, _ := strings.Cut(each, ": "); strings.HasPrefix(rest, "is not a field here; ") {
				got[i] = field
			}
		}
		if resp.StatusCode != 400 || p["code"] != "invalid_argument" || !slices.Equal(got, x.want) || len(after) != len(calls) {
			t.Errorf("%s: %d %v", x.name, resp.StatusCode, p)
		}
		for _, text := range []string{p["message"].(string), p["detail"].(string)} {
			if strings.ContainsRune(text, 0) || strings.Contains(text, "proto") || strings.Contains(text, "612345678") {
				t.Errorf("%s: %q", x.name, text)
			}
		}
	}
}

func TestABodyThatIsNoObjectIsSaidToBeNone(t *testing.T) {
	r := newRig(t)
	for body, want := range map[string]string{
		"{\"raison_correction\":\"L\xe9on\"}": "the body is not UTF-8", `{"jour":`: "the body is not JSON", `{"jour":1,}`: "the body is not JSON", `[1]`: "the body is a list, must be a JSON object", `"x"`: "the body is a text, must be a JSON object",
		`{"jour":1,"jour":2}`: "a field is given twice",
	} {
		resp, p := r.do("POST", "/api/gaveurs/gavage", body)
		if message, _ := p["message"].(string); resp.StatusCode != 400 || !strings.Contains(message, want) || strings.Contains(message, "proto") {
			t.Errorf("%s: %d %v", body, resp.StatusCode, p)
		}
	}
}

func TestWhatTheReaderOfMessagesTakesIsNotRefused(t *testing.T) {
	r := newRig(t)
	for _, body := range []string{
		`{"code_lot":"LL2602003","jour":"5","moment":"soir","dose_reelle":"338,6"}`, `{"codeLot":"LL2602003","jour":5.0,"dose_reelle":3.386e2,"raison_correction":null}`, `{}`,
	} {
		calls, _ := r.server.Calls()
		_, p := r.do("POST", "/api/gaveurs/gavage", body)
		if after, _ := r.server.Calls(); len(after) != len(calls)+1 {
			t.Errorf("%s did not reach the server: %v", body, p)
		}
	}
}

func TestParametersOfTheWrongTypeKeepTheirTextWhateverItHolds(t *testing.T) {
	r := newRig(t)
	_, p := r.do("GET", "/api/sqal/alerts?limit=1%3B+severity%3A+is+bad", "")
	if got := told(p); !slices.Equal(got, []string{`limit: is "1; severity: is bad", must be a whole number`}) {
		t.Errorf("%v", p)
	}
}

func TestNothingIsKeptOfSingleDucks(t *testing.T) {
	r := newRig(t)
	for path, use := range map[string]string{"/api/gavage/canard/12": "/api/lots/{lot}/historique", "/api/corrections/canard/12/": "/api/courbes/corrections/gaveur/{gaveur_id}"} {
		resp, p := r.do("GET", path, "")
		if message, _ := p["message"].(string); resp.StatusCode != 404 || p["code"] != "not_found" || !strings.Contains(message, "kept per lot") || !strings.Contains(message, use) {
			t.Errorf("%s: %d %v", path, resp.StatusCode, p)
		}
	}
	if calls, _ := r.server.Calls(); len(calls) != 0 {
		t.Errorf("calls %v", calls)
	}
	_, doc := r.do("GET", "/openapi.json", "")
	for _, route := range duckRoutes {
		if doc["paths"].(map[string]any)[route.path] == nil {
			t.Errorf("%s is not described", route.path)
		}
	}
}
