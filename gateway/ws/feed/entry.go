// Package feed holds the live feed of the gateway: one subscription at the server, its newest events in a ring, each encoded
// once per format, and any number of sockets that read the ring at their own pace.
package feed

import (
	"strconv"
	"strings"
	"sync"

	realtimev1 "egi/gateway/gen/egi/realtime/v1"
)

// An Entry is one event with its place in the order. Its encodings are made once and shared; nobody may change them.
type Entry struct {
	Event *realtimev1.Event
	// prev is the position before the event, id the position after it. They are equal for events without a place in the order.
	prev, id string
	encoded  [formatCount]struct {
		once     sync.Once
		messages [][]byte
	}
}

func newEntry(ev *realtimev1.Event, position string) *Entry {
	e := &Entry{Event: ev, prev: position, id: position}
	if ev.ResumeToken != "" {
		e.id = ev.ResumeToken
	}
	return e
}

// Ordered reports whether the event has a place in the order; others (device states) are not replayed.
func (e *Entry) Ordered() bool { return e.Event.ResumeToken != "" }

// Messages are the event in a format: tails of JSON objects without the opening brace.
func (e *Entry) Messages(f Format) [][]byte {
	c := &e.encoded[f]
	c.once.Do(func() {
		c.messages = encode(e.Event, f, e.id, func(k int) string { return partialID(e.prev, k) })
	})
	return c.messages
}

// partialID names the point after the first k messages of the event that follows position.
func partialID(position string, k int) string { return position + "~" + strconv.Itoa(k) }

// ParseID splits an event id into a position and the number of messages of the next event that were already received.
func ParseID(id string) (position string, skip int) {
	if i := strings.LastIndexByte(id, '~'); i >= 0 {
		if k, err := strconv.Atoi(id[i+1:]); err == nil && k > 0 && k < 16 {
			return id[:i], k
		}
	}
	return id, 0
}
