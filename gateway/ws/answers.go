package ws

import (
	"encoding/json"
	"time"

	"egi/gateway/ws/reading"
)

// stamp is a time as every message writes it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

func now() string { return stamp(time.Now()) }

// encode renders a small message; the types below cannot fail to encode.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return []byte(`{"type":"error","error":"internal: message could not be written"}`)
	}
	return b
}

type welcome struct {
	Type      string `json:"type"`
	Timestamp string `json:"timestamp"`
	Message   string `json:"message"`
	// ActiveConnections is told to dashboards.
	ActiveConnections int64 `json:"active_connections,omitempty"`
}

// current marks the end of the snapshot: what follows is live. Its id is a position to resume from even before the first event.
type current struct {
	EventID   string `json:"event_id"`
	Type      string `json:"type"`
	Timestamp string `json:"timestamp"`
}

// echo holds identifiers only: a refused payload is never sent back.
type echo struct {
	SampleID string `json:"sample_id,omitempty"`
	DeviceID string `json:"device_id,omitempty"`
	CodeLot  string `json:"code_lot,omitempty"`
}

type violation struct {
	Field       string `json:"field"`
	Description string `json:"description"`
}

type failure struct {
	Type       string      `json:"type"`
	Timestamp  string      `json:"timestamp"`
	Status     string      `json:"status,omitempty"`
	Code       string      `json:"code,omitempty"`
	Error      string      `json:"error"`
	Violations []violation `json:"violations,omitempty"`
	Data       echo        `json:"data"`
}

func newFailure(code, text string, id reading.Identity, list []reading.Violation) failure {
	f := failure{Type: "error", Timestamp: now(), Code: code, Error: text, Data: echo{id.SampleID, id.DeviceID, id.CodeLot}}
	for _, v := range list {
		f.Violations = append(f.Violations, violation(v))
	}
	return f
}

type simple struct {
	Type      string `json:"type"`
	DeviceID  string `json:"device_id,omitempty"`
	Message   string `json:"message,omitempty"`
	Timestamp string `json:"timestamp"`
}

type sampleAck struct {
	Type        string  `json:"type"`
	SampleID    string  `json:"sample_id"`
	Timestamp   string  `json:"timestamp"`
	Status      string  `json:"status"`
	FusionScore float64 `json:"fusion_score"`
	FusionGrade string  `json:"fusion_grade"`
}

type mealAck struct {
	Type          string   `json:"type"`
	CodeLot       string   `json:"code_lot"`
	Jour          int32    `json:"jour"`
	Moment        string   `json:"moment"`
	Timestamp     string   `json:"timestamp"`
	Status        string   `json:"status"`
	PoidsMoyen    *float64 `json:"poids_moyen"`
	TauxMortalite *float64 `json:"taux_mortalite"`
}
