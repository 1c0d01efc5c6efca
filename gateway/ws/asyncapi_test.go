package ws

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
)

// typesIn collects the first group of every match in the sources.
func typesIn(t *testing.T, pattern string, files ...string) []string {
	t.Helper()
	var found []string
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
			found = append(found, m[1])
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func TestAsyncAPIDescribesEveryMessageAndNoOther(t *testing.T) {
	text, err := os.ReadFile("../asyncapi.json")
	if err != nil {
		t.Fatal(err)
	}
	type reference struct {
		Ref string `json:"$ref"`
	}
	var doc struct {
		Channels map[string]struct {
			Address  string               `json:"address"`
			Messages map[string]reference `json:"messages"`
		} `json:"channels"`
		Operations map[string]struct {
			Action   string      `json:"action"`
			Messages []reference `json:"messages"`
		} `json:"operations"`
		Components struct {
			Messages map[string]struct {
				Payload struct {
					Properties map[string]struct {
						Const string `json:"const"`
					} `json:"properties"`
				} `json:"payload"`
			} `json:"messages"`
		} `json:"components"`
	}
	if err := json.Unmarshal(text, &doc); err != nil {
		t.Fatal(err)
	}
	described := map[string][]string{}
	used := map[string]bool{}
	for _, op := range doc.Operations {
		for _, r := range op.Messages {
			name := filepath.Base(r.Ref)
			m, ok := doc.Components.Messages[name]
			if !ok {
				t.Fatalf("%s is not described", r.Ref)
			}
			used[name] = true
			if kind := m.Payload.Properties["type"].Const; kind != "" {
				described[op.Action] = append(described[op.Action], kind)
			}
		}
	}
	for action := range described {
		slices.Sort(described[action])
		described[action] = slices.Compact(described[action])
	}
	if len(used) != len(doc.Components.Messages) {
		t.Errorf("%d messages are described, %d used", len(doc.Components.Messages), len(used))
	}
	sources, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	sources = slices.DeleteFunc(sources, func(name string) bool { return regexp.MustCompile(`_test\.go$`).MatchString(name) })
	sent := typesIn(t, `(?:Type: |sampleHead\(|mealMessage\(|str\("type", |Ack\{|subscribed\{|kind := |kind = |"type":)"([a-z0-9_]+)"`, append(sources, "feed/encode.go")...)
	if !slices.Equal(sent, described["send"]) {
		t.Errorf("sent by the code:  %v\ndescribed as sent: %v", sent, described["send"])
	}
	received := typesIn(t, `(?m)^\s*case "([a-z0-9_]+)":`, "control.go", "subscribe.go")
	received = append(received, "sensor_data")
	slices.Sort(received)
	if !slices.Equal(slices.Compact(received), described["receive"]) {
		t.Errorf("understood by the code: %v\ndescribed as received:  %v", received, described["receive"])
	}
	for _, address := range []string{"/ws/sensors/", "/ws/gavage", "/ws/realtime/", "/ws/gaveur/{gaveur_id}", "/ws/notifications/"} {
		if !slices.ContainsFunc(slices.Collect(func(yield func(string) bool) {
			for _, c := range doc.Channels {
				if !yield(c.Address) {
					return
				}
			}
		}), func(a string) bool { return a == address }) {
			t.Errorf("%s is not described", address)
		}
	}
}
