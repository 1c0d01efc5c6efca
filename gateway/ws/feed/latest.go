package feed

import (
	"fmt"
	"sort"

	"google.golang.org/protobuf/proto"

	realtimev1 "egi/gateway/gen/egi/realtime/v1"
)

// maxState bounds each part of the snapshot.
const maxState = 10000

// latest is the present state: the newest sample of each device, the newest meal of each running lot, the open alerts.
type latest struct {
	samples map[string]*realtimev1.Event
	meals   map[string]*realtimev1.Event
	alerts  map[string]*realtimev1.Event
}

func newLatest() latest {
	return latest{map[string]*realtimev1.Event{}, map[string]*realtimev1.Event{}, map[string]*realtimev1.Event{}}
}

// apply takes an event in. Older data never replaces newer data.
func (l latest) apply(ev *realtimev1.Event) {
	switch p := ev.Payload.(type) {
	case *realtimev1.Event_Sample:
		key := p.Sample.GetSample().GetDeviceId()
		old := l.samples[key].GetSample().GetSample().GetSampleTime()
		if old == nil || !p.Sample.GetSample().GetSampleTime().AsTime().Before(old.AsTime()) {
			put(l.samples, key, ev)
		}
	case *realtimev1.Event_Meal:
		key := p.Meal.GetMeal().GetCodeLot()
		old := l.meals[key].GetMeal().GetMeal().GetTimestamp()
		if old == nil || !p.Meal.GetMeal().GetTimestamp().AsTime().Before(old.AsTime()) {
			put(l.meals, key, ev)
		}
	case *realtimev1.Event_Alert:
		key := fmt.Sprintf("%s/%d", p.Alert.Origin, p.Alert.AlertId)
		if p.Alert.State == "closed" {
			delete(l.alerts, key)
		} else {
			put(l.alerts, key, ev)
		}
	case *realtimev1.Event_Lot:
		switch p.Lot.Statut {
		case "termine", "abattu", "annule":
			delete(l.meals, p.Lot.CodeLot)
		}
	}
}

func put(m map[string]*realtimev1.Event, key string, ev *realtimev1.Event) {
	if _, known := m[key]; known || len(m) < maxState {
		m[key] = ev
	}
}

// events lists the state as snapshot events: samples, meals, alerts, each by key.
func (l latest) events() []*realtimev1.Event {
	var out []*realtimev1.Event
	for _, m := range []map[string]*realtimev1.Event{l.samples, l.meals, l.alerts} {
		keys := make([]string, 0, len(m))
		for k := range m {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for _, k := range keys {
			ev := m[k]
			if !ev.Snapshot || ev.ResumeToken != "" {
				ev = proto.CloneOf(&realtimev1.Event{CommitTime: ev.CommitTime})
				ev.Snapshot, ev.Payload = true, m[k].Payload
			}
			out = append(out, ev)
		}
	}
	return out
}
