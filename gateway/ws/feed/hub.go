package feed

import (
	"log/slog"
	"sync"

	"google.golang.org/grpc"

	realtimev1 "egi/gateway/gen/egi/realtime/v1"
)

// Options of a Hub.
type Options struct {
	Conn grpc.ClientConnInterface
	Log  *slog.Logger
	// Length of the ring, events, 16..65536.
	Length int
	// Replays is how many sockets may catch up from the server at the same time, at least 1.
	Replays int
}

// Hub is safe for concurrent use.
type Hub struct {
	client  realtimev1.RealtimeServiceClient
	log     *slog.Logger
	replays chan struct{}

	mu         sync.Mutex
	ring       []*Entry
	start, end uint64            // ring holds the events start..end-1
	after      map[string]uint64 // position -> index of the event that follows it
	position   string            // after the newest event
	current    bool
	generation uint64
	state      latest
	wake       chan struct{} // closed at every change
	subscribes int64
}

// New makes a hub; Run fills it.
func New(o Options) *Hub {
	return &Hub{
		client: realtimev1.NewRealtimeServiceClient(o.Conn), log: o.Log, replays: make(chan struct{}, o.Replays),
		ring: make([]*Entry, o.Length), after: map[string]uint64{}, wake: make(chan struct{}), state: newLatest(),
	}
}

// A Cursor is the place of one socket in the ring.
type Cursor struct {
	next       uint64
	generation uint64
	// Position is the id of the last event passed over; it survives the ring.
	Position string
}

// Status of a cursor.
type Status int

// Behind: the ring no longer holds the next event, it must be replayed. Reset: the order itself was lost.
const (
	OK Status = iota
	Behind
	Reset
)

// Snapshot is the present state and a cursor to what follows it. ready is false before the first contact with the server; wake is
// then closed when that may have changed.
func (h *Hub) Snapshot() (events []*Entry, c Cursor, ready bool, wake <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.current {
		return nil, Cursor{}, false, h.wake
	}
	for _, ev := range h.state.events() {
		events = append(events, newEntry(ev, h.position))
	}
	return events, Cursor{next: h.end, generation: h.generation, Position: h.position}, true, h.wake
}

// Locate finds the cursor after a position, if the ring still holds what follows it.
func (h *Hub) Locate(position string) (Cursor, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	i, ok := h.after[position]
	if !ok || i < h.start || !h.current {
		return Cursor{}, false
	}
	return Cursor{next: i, generation: h.generation, Position: position}, true
}

// maxRead bounds one read, so that a socket looks at its control messages in between.
const maxRead = 64

// Read returns the next events and moves the cursor. Without events, wake is closed at the next change.
func (h *Hub) Read(c *Cursor, into []*Entry) (events []*Entry, status Status, wake <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case c.generation != h.generation:
		return nil, Reset, h.wake
	case c.next < h.start:
		return nil, Behind, h.wake
	}
	events = into[:0]
	for c.next < h.end && len(events) < maxRead {
		e := h.ring[c.next%uint64(len(h.ring))]
		events = append(events, e)
		c.next++
		c.Position = e.id
	}
	return events, OK, h.wake
}

// Connected reports whether the hub has ever been in step with the server, and how often it had to subscribe.
func (h *Hub) Connected() (bool, int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.current, h.subscribes
}

func (h *Hub) changed() {
	close(h.wake)
	h.wake = make(chan struct{})
}

// append adds an event to the ring; the oldest one leaves it.
func (h *Hub) append(ev *realtimev1.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	e := newEntry(ev, h.position)
	if h.end-h.start == uint64(len(h.ring)) {
		old := h.ring[h.start%uint64(len(h.ring))]
		if h.after[old.prev] <= h.start {
			delete(h.after, old.prev)
		}
		h.start++
	}
	h.ring[h.end%uint64(len(h.ring))] = e
	h.end++
	if e.Ordered() {
		h.position = e.id
		h.after[e.id] = h.end
	}
	h.state.apply(ev)
	h.changed()
}

// moveTo notes that everything up to position has been seen.
func (h *Hub) moveTo(position string) {
	if position == "" {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if position != h.position {
		if h.after[h.position] == h.end {
			delete(h.after, h.position)
		}
		h.position = position
		h.after[position] = h.end
		h.changed()
	}
}

// snapshotEvent takes an event of the server's snapshot.
func (h *Hub) snapshotEvent(ev *realtimev1.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.state.apply(ev)
}

// reset forgets the order; sockets notice it by the generation.
func (h *Hub) reset() {
	h.mu.Lock()
	defer h.mu.Unlock()
	clear(h.ring)
	h.start = h.end
	h.after = map[string]uint64{}
	h.position, h.current = "", false
	h.state = newLatest()
	h.generation++
	h.changed()
}

func (h *Hub) becomeCurrent() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.current {
		h.current = true
		h.changed()
	}
}
