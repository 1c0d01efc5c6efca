package feed

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	realtimev1 "egi/gateway/gen/egi/realtime/v1"
)

const (
	minBackOff = 50 * time.Millisecond
	maxBackOff = 2 * time.Second
	// silence after which a subscription is taken for dead; the server sends a heartbeat every 15 s.
	silence = 50 * time.Second
	// meeting is how long a socket whose replay has reached the present waits for the shared feed to get there too.
	meeting = 200 * time.Millisecond
)

// Run keeps the shared subscription until ctx ends.
func (h *Hub) Run(ctx context.Context) {
	wait := minBackOff
	for ctx.Err() == nil {
		h.mu.Lock()
		position := h.position
		h.subscribes++
		h.mu.Unlock()
		progressed, err := h.follow(ctx, position)
		if ctx.Err() != nil {
			return
		}
		if progressed {
			wait = minBackOff
		}
		if code := status.Code(err); position != "" && (code == codes.OutOfRange || code == codes.InvalidArgument) {
			h.log.Error("the live feed cannot be resumed, sockets start again from a snapshot", "error", err)
			h.reset()
			continue
		}
		if position == "" {
			if ok, _ := h.Connected(); !ok {
				h.reset() // an unfinished snapshot is worth nothing
			}
		}
		h.log.Warn("live feed ended, reconnecting", "error", err)
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait/2 + rand.N(wait)):
		}
		wait = min(wait*2, maxBackOff)
	}
}

// subscribe opens a subscription whose silence ends it.
func (h *Hub) subscribe(parent context.Context, position string) (recv func() (*realtimev1.SubscribeResponse, error), stop func(), err error) {
	ctx, cancel := context.WithCancelCause(parent)
	stream, err := h.client.Subscribe(ctx, &realtimev1.SubscribeRequest{Filter: &realtimev1.Filter{}, ResumeToken: position})
	if err != nil {
		cancel(nil)
		return nil, nil, err
	}
	watchdog := time.AfterFunc(silence, func() { cancel(errors.New("no sign of life from the server")) })
	recv = func() (*realtimev1.SubscribeResponse, error) {
		m, err := stream.Recv()
		if err != nil && parent.Err() == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		watchdog.Reset(silence)
		return m, err
	}
	return recv, func() { watchdog.Stop(); cancel(nil) }, nil
}

func (h *Hub) follow(ctx context.Context, position string) (progressed bool, err error) {
	recv, stop, err := h.subscribe(ctx, position)
	if err != nil {
		return false, err
	}
	defer stop()
	for {
		m, err := recv()
		if err != nil {
			return progressed, err
		}
		progressed = true
		switch r := m.Response.(type) {
		case *realtimev1.SubscribeResponse_Event:
			if r.Event.Snapshot {
				h.snapshotEvent(r.Event)
			} else {
				h.append(r.Event)
			}
		case *realtimev1.SubscribeResponse_Current:
			h.moveTo(r.Current.ResumeToken)
			h.becomeCurrent()
		case *realtimev1.SubscribeResponse_Heartbeat:
			h.moveTo(r.Heartbeat.ResumeToken)
		case *realtimev1.SubscribeResponse_CatchUp:
			h.log.Warn("the live feed fell behind and is served from the store", "events_behind", r.CatchUp.EventsBehind)
		}
	}
}

// A Replayed item is an event, or the cursor at which the socket joins the shared feed again, or the error that ended the replay.
type Replayed struct {
	Entry  *Entry
	Joined *Cursor
	Err    error
}

// Replay serves one socket from the server, after position, until the shared feed holds what follows. The channel is bounded and
// ends with Joined or Err.
func (h *Hub) Replay(ctx context.Context, position string) <-chan Replayed {
	out := make(chan Replayed, 64)
	go func() {
		defer close(out)
		send := func(r Replayed) bool {
			select {
			case out <- r:
				return true
			case <-ctx.Done():
				return false
			}
		}
		select {
		case h.replays <- struct{}{}:
		case <-ctx.Done():
			return
		}
		// The place is needed for the backlog only, not for what follows it.
		release := sync.OnceFunc(func() { <-h.replays })
		defer release()
		cursor, err := h.replay(ctx, position, func(e *Entry) bool { return send(Replayed{Entry: e}) }, release)
		switch {
		case err != nil:
			send(Replayed{Err: err})
		default:
			send(Replayed{Joined: cursor})
		}
	}()
	return out
}

func (h *Hub) replay(ctx context.Context, position string, emit func(*Entry) bool, present func()) (*Cursor, error) {
	if c, ok := h.Locate(position); ok {
		return &c, nil
	}
	wait := minBackOff
	for {
		c, last, err := h.replayOnce(ctx, position, emit, present)
		switch {
		case err == nil:
			return c, nil
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case last != position:
			wait = minBackOff
		}
		position = last
		switch status.Code(err) {
		case codes.OutOfRange, codes.InvalidArgument, codes.Unimplemented, codes.PermissionDenied, codes.Unauthenticated:
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(wait/2 + rand.N(wait)):
		}
		wait = min(wait*2, maxBackOff)
	}
}

func (h *Hub) replayOnce(ctx context.Context, position string, emit func(*Entry) bool, present func()) (*Cursor, string, error) {
	recv, stop, err := h.subscribe(ctx, position)
	if err != nil {
		return nil, position, err
	}
	defer stop()
	for {
		m, err := recv()
		if err != nil {
			return nil, position, err
		}
		// The shared feed may have got here since the last message; what just arrived is then read from it.
		if c, ok := h.Locate(position); ok {
			return &c, position, nil
		}
		switch r := m.Response.(type) {
		case *realtimev1.SubscribeResponse_Event:
			if r.Event.Snapshot || r.Event.ResumeToken == "" {
				continue // device states have no place in a replay
			}
			e := newEntry(r.Event, position)
			if !emit(e) {
				return nil, position, ctx.Err()
			}
			position = e.id
		case *realtimev1.SubscribeResponse_Current:
			if r.Current.ResumeToken != "" {
				position = r.Current.ResumeToken
			}
			present()
			if c, ok := h.meet(ctx, position); ok {
				return &c, position, nil
			}
		case *realtimev1.SubscribeResponse_Heartbeat:
			if r.Heartbeat.ResumeToken != "" {
				position = r.Heartbeat.ResumeToken
			}
		}
	}
}

// meet gives the shared feed a moment to reach position.
func (h *Hub) meet(ctx context.Context, position string) (Cursor, bool) {
	deadline := time.NewTimer(meeting)
	defer deadline.Stop()
	for {
		h.mu.Lock()
		wake := h.wake
		h.mu.Unlock()
		if c, ok := h.Locate(position); ok {
			return c, true
		}
		select {
		case <-wake:
		case <-deadline.C:
			return Cursor{}, false
		case <-ctx.Done():
			return Cursor{}, false
		}
	}
}
