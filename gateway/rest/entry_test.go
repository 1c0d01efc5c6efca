package rest

import (
	"net/url"
	"strings"
	"testing"

	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"

	feedingv1 "egi/gateway/gen/egi/feeding/v1"
)

func TestMealAndDayShareTheirRoute(t *testing.T) {
	r := newRig(t)
	for _, x := range []struct{ path, body, rpc string }{
		{"/api/gaveurs/gavage", `{"code_lot":"LL2602003","jour":5,"moment":"soir","dose_reelle":338.6}`, "MealIngestService/SubmitMeal"},
		{"/api/gaveurs/gavage", `{"lot_id":17,"date_gavage":"2026-02-03","dose_matin":300}`, "DayMealService/RecordDay"},
		{"/api/gaveurs/gavage/", `{"lot_id":"LL2602003","dose_soir":300}`, "DayMealService/RecordDay"},
		{"/api/gavage", `{"code_lot":"LL2602003","raison_correction":"date_gavage"}`, "MealIngestService/SubmitMeal"},
		{"/api/gavage/", `{"lot_id":17,"date_gavage":"2026-02-03"}`, "DayMealService/RecordDay"},
		{"/api/lots/gavage", `{"lot_id":17,"date_gavage":"2026-02-03"}`, "DayMealService/RecordDay"},
	} {
		r.do("POST", x.path, x.body)
		calls, _ := r.server.Calls()
		if got := calls[len(calls)-1]; !strings.HasSuffix(got, x.rpc) {
			t.Errorf("%s %s reached %s, want %s", x.path, x.body, got, x.rpc)
		}
	}
}

func TestMealNamesItsLotByIdOrCode(t *testing.T) {
	for _, x := range []struct{ body, want string }{
		{`{"code_lot":17,"jour":5}`, `{"code_lot":"17","jour":5}`},
		{`{"lot_id":"LL2602003","jour":5}`, `{"jour":5,"code_lot":"LL2602003"}`},
		{`{"lot_id":17, "jour":5}`, `{"lot_id":17, "jour":5}`},
		{`{"code_lot":"LL2602003","lot_id":"17"}`, `{"code_lot":"LL2602003","lot_id":"17"}`},
		{`{"code_lot":17`, `{"code_lot":17`},
	} {
		if got := string(withLotName([]byte(x.body))); got != x.want {
			t.Errorf("%s became %s, want %s", x.body, got, x.want)
		}
	}
}

func TestDayWithAnUnknownFieldIsABadRequest(t *testing.T) {
	r := newRig(t)
	resp, problem := r.do("POST", "/api/gaveurs/gavage", `{"lot_id":17,"date_gavage":"2026-02-03","dose_midi":3}`)
	if resp.StatusCode != 400 || !strings.Contains(problem["message"].(string), "dose_midi") {
		t.Errorf("%d %v", resp.StatusCode, problem)
	}
}

func TestIdempotencyKeyMustBePrintable(t *testing.T) {
	r := newRig(t)
	for _, bad := range []string{"a b", strings.Repeat("k", 101), "é"} {
		resp, problem := r.do("POST", "/api/lots/gavage", `{}`, "Idempotency-Key", bad)
		if resp.StatusCode != 400 || !strings.Contains(problem["message"].(string), "Idempotency-Key") {
			t.Errorf("%q: %d %v", bad, resp.StatusCode, problem)
		}
	}
	if calls, _ := r.server.Calls(); len(calls) != 0 {
		t.Errorf("calls %v", calls)
	}
}

func TestQueryTakesDecimalCommas(t *testing.T) {
	var answer feedingv1.AnswerCorrectionRequest
	values := url.Values{"dose_finale_g": {"338,6"}, "by": {"1,5"}, "acceptee": {"true"}}
	if err := (&queryParser{}).Parse(&answer, values, utilities.NewDoubleArray(nil)); err != nil || answer.GetDoseFinaleG().GetValue() != 338.6 || answer.By != "1,5" {
		t.Errorf("%v %v", err, &answer)
	}
	err := (&queryParser{}).Parse(&answer, url.Values{"dose_finale_g": {"1.234,5"}}, utilities.NewDoubleArray(nil))
	if bad, ok := err.(fieldErrors); !ok || bad.sentence() != `dose_finale_g: is "1.234,5", must be a number` {
		t.Errorf("%v", err)
	}
}

func TestDecimalCommasBecomePointsInNumbersOnly(t *testing.T) {
	for _, x := range []struct{ body, want string }{
		{`{"dose_matin":"338,6","poids_echantillon":["5 480,2",5500],"remarques":"dose 1,5 de plus","lot_id":"17,5"}`,
			`{"dose_matin":338.6,"lot_id":"17,5","poids_echantillon":[5480.2,5500],"remarques":"dose 1,5 de plus"}`},
		{`{"dose_matin":"1.234,5"}`, `{"dose_matin":"1.234,5"}`},
		{`{"dose_matin":"338,6","nb_canards_peses":"5 480"}`, `{"dose_matin":338.6,"nb_canards_peses":"5 480"}`},
		{`{"dose_matin": 338.6}`, `{"dose_matin": 338.6}`},
		{`{"dose_matin":"338,6"`, `{"dose_matin":"338,6"`},
	} {
		var day *feedingv1.DayEntry
		if got := string(withPoints([]byte(x.body), &day)); got != x.want {
			t.Errorf("%s became %s, want %s", x.body, got, x.want)
		}
	}
	var nested feedingv1.RecordDayRequest
	if got := string(withPoints([]byte(`{"day":{"dose_soir":"2,5"}}`), &nested)); got != `{"day":{"dose_soir":2.5}}` {
		t.Errorf("%s", got)
	}
	var wrapped feedingv1.CreateLotRequest
	if got := string(withPoints([]byte(`{"poids_moyen_initial":"4 512,5"}`), &wrapped)); got != `{"poids_moyen_initial":4512.5}` {
		t.Errorf("%s", got)
	}
}
