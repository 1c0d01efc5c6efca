package rest

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"google.golang.org/grpc"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"

	qualityv1 "egi/gateway/gen/egi/quality/v1"
)

// healthTimeout bounds one question to the server.
const healthTimeout = 2 * time.Second

type health struct {
	conn *grpc.ClientConn
	// feed reports whether the live feed has been in step with the server.
	feed func() bool
}

type healthAnswer struct {
	Status    string            `json:"status"`
	Timestamp string            `json:"timestamp"`
	Service   string            `json:"service"`
	Checks    map[string]string `json:"checks"`
}

// check asks the server and, through it, the database.
func (h health) check(ctx context.Context) (answer healthAnswer, ok bool) {
	ctx, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	answer = healthAnswer{Timestamp: time.Now().UTC().Format("2006-01-02T15:04:05.000Z"), Service: "egi-gateway",
		Checks: map[string]string{"server": "unreachable", "database": "unknown", "live_feed": "connecting"}}
	if h.feed() {
		answer.Checks["live_feed"] = "current"
	}
	state, err := healthv1.NewHealthClient(h.conn).Check(ctx, &healthv1.HealthCheckRequest{})
	if err != nil {
		return answer, false
	}
	if state.Status != healthv1.HealthCheckResponse_SERVING {
		answer.Checks["server"] = "not serving"
		return answer, false
	}
	answer.Checks["server"] = "serving"
	quality, err := qualityv1.NewQualityStatsServiceClient(h.conn).GetHealth(ctx, &qualityv1.GetHealthRequest{})
	if err != nil || !quality.DatabaseConnected {
		answer.Checks["database"] = "disconnected"
		return answer, false
	}
	answer.Checks["database"] = "connected"
	return answer, true
}

func (h health) serve(good, bad string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		answer, ok := h.check(r.Context())
		code := http.StatusOK
		answer.Status = good
		if !ok {
			answer.Status, code = bad, http.StatusServiceUnavailable
		}
		writeJSON(w, code, answer)
	}
}

// live says that the process answers, nothing else.
func live(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "alive"})
}

func writeJSON(w http.ResponseWriter, code int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_, _ = w.Write(body) // the client is gone if this fails
}
