package main

import (
	"encoding/json"
	"testing"
	"time"
)

func TestSampleMessageIsJSONWithFullMatrices(t *testing.T) {
	text := sampleMessage("S-1", "D-1", time.Unix(1770000000, 0))
	var m struct {
		SampleID string `json:"sample_id"`
		VL53L8CH struct {
			Raw map[string][][]float64 `json:"raw"`
		} `json:"vl53l8ch"`
		AS7341 struct {
			Raw map[string]float64 `json:"raw"`
		} `json:"as7341"`
	}
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	if m.SampleID != "S-1" || len(m.AS7341.Raw) != 10 {
		t.Fatalf("sample %q with %d channels, want S-1 with 10", m.SampleID, len(m.AS7341.Raw))
	}
	for name, rows := range m.VL53L8CH.Raw {
		if len(rows) != 8 || len(rows[7]) != 8 {
			t.Errorf("%s is not 8x8", name)
		}
	}
}

func TestFieldCutsTheFirstStringOfThatName(t *testing.T) {
	message := []byte(`{"type":"ack","sample_id":"a-1","status":"saved"}`)
	if got := string(field(message, "sample_id")); got != "a-1" {
		t.Errorf("sample_id is %q, want a-1", got)
	}
	if field(message, "missing") != nil || field([]byte(`{"type":"a`), "type") != nil {
		t.Error("an absent or unfinished field has a value")
	}
}

func TestQuantilesOfHundredLatencies(t *testing.T) {
	var all []time.Duration
	for i := 100; i >= 1; i-- {
		all = append(all, time.Duration(i)*time.Millisecond)
	}
	sortDurations(all)
	if p50, p99 := quantile(all, 0.5), quantile(all, 0.99); p50 != 50 || p99 != 99 {
		t.Errorf("p50 = %v, p99 = %v; want 50 and 99", p50, p99)
	}
}
