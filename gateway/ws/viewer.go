package ws

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/coder/websocket"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"egi/gateway/ws/feed"
)

// closeStartAgain: the position is no longer kept; connect without `since`. The code is in the range that applications may use.
const closeStartAgain websocket.StatusCode = 4409

// wanted is what a viewer has subscribed to; it is replaced as a whole.
type wanted struct {
	filter feed.Filter
	paused bool
}

// A viewer is one socket of the live feed. Its writing goroutine reads the shared ring at its own pace.
type viewer struct {
	*socket
	bridge   *Bridge
	endpoint string
	format   feed.Format
	wanted   atomic.Pointer[wanted]

	seq    int64
	skip   int // messages of the next ordered event that the client already has
	buffer []byte
	spans  []int
}

// serveRealtime serves /ws/realtime/.
func (b *Bridge) serveRealtime(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	format, ok := feed.ParseFormat(q.Get("format"))
	if !ok {
		http.Error(w, "format must be seeds or unified", http.StatusBadRequest)
		return
	}
	var f feed.Filter
	for _, name := range feed.Names {
		if err := f.Set(name, q.Get(name)); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	}
	if err := b.nameLot(r.Context(), &f); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	b.serveFeed(w, r, "realtime", format, f, "realtime feed")
}

// serveFeed serves a socket of the live feed.
func (b *Bridge) serveFeed(w http.ResponseWriter, r *http.Request, endpoint string, format feed.Format, filter feed.Filter, greeting string) {
	since := r.URL.Query().Get("since")
	s, err := b.accept(w, r)
	if err != nil {
		return
	}
	metrics.sockets.WithLabelValues(endpoint).Inc()
	defer metrics.sockets.WithLabelValues(endpoint).Dec()
	hello := welcome{Type: "connection_established", Timestamp: now(), Message: greeting}
	if endpoint == "realtime" {
		hello.ActiveConnections = b.viewers.Add(1)
		defer b.viewers.Add(-1)
	}
	ctx, end := b.live(s)
	defer end()
	v := &viewer{socket: s, bridge: b, endpoint: endpoint, format: format}
	v.wanted.Store(&wanted{filter: filter})
	s.reply(encode(hello))
	if endpoint == "notifications" {
		s.reply([]byte(`{"type":"init","notifications":[],"unread_count":0,"timestamp":"` + now() + `"}`))
	}
	writing := make(chan struct{})
	go func() {
		defer close(writing)
		if err := v.follow(ctx, since); err != nil && ctx.Err() == nil {
			b.o.Log.Debug("live socket ended", "endpoint", endpoint, "error", err)
		}
		end()
	}()
	go s.watch(ctx, b.o.PingEvery, b.o.IdleTimeout, end)
	v.readControls(ctx)
	end()
	<-writing
}

// follow writes the feed until the socket ends.
func (v *viewer) follow(ctx context.Context, since string) error {
	ping := time.NewTicker(v.bridge.o.PingEvery)
	defer ping.Stop()
	if err := v.flushReplies(ctx); err != nil {
		return err
	}
	cursor, err := v.start(ctx, since, ping.C)
	if err != nil {
		return err
	}
	if v.format == feed.Unified {
		v.add(encode(current{EventID: cursor.Position, Type: "current", Timestamp: now()})[1:])
		if err := v.flush(ctx); err != nil {
			return err
		}
	}
	batch := make([]*feed.Entry, 0, 64)
	for {
		entries, state, wake := v.bridge.hub.Read(&cursor, batch)
		switch state {
		case feed.Reset:
			return v.startAgain("the order of events was lost, the next position starts from a snapshot")
		case feed.Behind:
			if cursor, err = v.replay(ctx, cursor.Position, ping.C); err != nil {
				return err
			}
			continue
		}
		if len(entries) > 0 {
			if err := v.writeEntries(ctx, entries); err != nil {
				return err
			}
			select {
			case <-v.ready:
				if err := v.flushReplies(ctx); err != nil {
					return err
				}
			default:
			}
			continue
		}
		if err := v.pause(ctx, wake, ping.C); err != nil {
			return err
		}
	}
}

// pause waits for a change, answering controls and pinging meanwhile.
func (v *viewer) pause(ctx context.Context, wake <-chan struct{}, ping <-chan time.Time) error {
	for {
		select {
		case <-wake:
			return nil
		case <-v.ready:
			if err := v.flushReplies(ctx); err != nil {
				return err
			}
		case <-ping:
			v.reply(encode(simple{Type: "ping", Timestamp: now()}))
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// start brings the socket to its first position: after `since`, or after the snapshot.
func (v *viewer) start(ctx context.Context, since string, ping <-chan time.Time) (feed.Cursor, error) {
	hub := v.bridge.hub
	if since != "" {
		position, skip := feed.ParseID(since)
		v.skip = skip
		if c, ok := hub.Locate(position); ok {
			return c, nil
		}
		return v.replay(ctx, position, ping)
	}
	for {
		events, cursor, ready, wake := hub.Snapshot()
		if ready {
			return cursor, v.writeSnapshot(ctx, events)
		}
		if err := v.pause(ctx, wake, ping); err != nil {
			return feed.Cursor{}, err
		}
	}
}

// writeSnapshot tells the present state: the newest sample in short to everybody; whole readings, meals and alerts to clients of the
// unified format; open alerts to the notifications socket.
func (v *viewer) writeSnapshot(ctx context.Context, events []*feed.Entry) error {
	if v.endpoint == "gaveur" {
		return nil
	}
	filter := v.wanted.Load().filter
	var newest *feed.Entry
	var matching []*feed.Entry
	for _, e := range events {
		if !filter.Match(e.Event) {
			continue
		}
		if s := e.Event.GetSample(); s != nil && (newest == nil || newest.Event.GetSample().GetSample().GetSampleTime().AsTime().Before(s.GetSample().GetSampleTime().AsTime())) {
			newest = e
		}
		matching = append(matching, e)
	}
	if newest != nil && v.endpoint == "realtime" {
		v.add(newest.LatestSample(now()))
	}
	if err := v.flush(ctx); err != nil {
		return err
	}
	if v.format == feed.Unified || v.format == feed.Notification {
		return v.writeEntries(ctx, matching)
	}
	return nil
}

// replay serves the socket from the server's store until it can join the shared feed.
func (v *viewer) replay(ctx context.Context, position string, ping <-chan time.Time) (feed.Cursor, error) {
	metrics.replays.Inc()
	replay, cancel := context.WithCancel(ctx)
	defer cancel()
	events := v.bridge.hub.Replay(replay, position)
	for {
		select {
		case item, ok := <-events:
			switch {
			case !ok:
				return feed.Cursor{}, context.Canceled
			case item.Joined != nil:
				return *item.Joined, nil
			case item.Err != nil:
				switch status.Code(item.Err) {
				case codes.OutOfRange, codes.InvalidArgument:
					return feed.Cursor{}, v.startAgain("cannot resume: " + status.Convert(item.Err).Message())
				}
				return feed.Cursor{}, item.Err
			}
			if err := v.writeEntries(ctx, []*feed.Entry{item.Entry}); err != nil {
				return feed.Cursor{}, err
			}
		case <-v.ready:
			if err := v.flushReplies(ctx); err != nil {
				return feed.Cursor{}, err
			}
		case <-ping:
			v.reply(encode(simple{Type: "ping", Timestamp: now()}))
		case <-ctx.Done():
			return feed.Cursor{}, ctx.Err()
		}
	}
}

var errStartAgain = errors.New("position lost")

// startAgain tells the client that its position is gone and closes with the code that says so.
func (v *viewer) startAgain(reason string) error {
	metrics.closed.WithLabelValues("position_lost").Inc()
	v.reply(encode(failure{Type: "error", Timestamp: now(), Code: "position_lost", Error: reason + "; connect again without since"}))
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	_ = v.flushReplies(ctx) // the close code says the same
	v.conn.Close(closeStartAgain, "position lost; connect without since")
	return errStartAgain
}

// writeEntries writes what of the entries the client wants.
func (v *viewer) writeEntries(ctx context.Context, entries []*feed.Entry) error {
	for _, e := range entries {
		skip := 0
		if e.Ordered() && v.skip > 0 {
			skip, v.skip = v.skip, 0
		}
		w := v.wanted.Load()
		if w.paused || !w.filter.Match(e.Event) {
			continue
		}
		messages := e.Messages(v.format)
		for _, m := range messages[min(skip, len(messages)):] {
			v.add(m)
		}
		if len(v.buffer) >= maxHeld/2 {
			if err := v.flush(ctx); err != nil {
				return err
			}
		}
	}
	return v.flush(ctx)
}

// add puts a message with the connection's own counter into the buffer. tail is shared and lacks the opening brace.
func (v *viewer) add(tail []byte) {
	v.seq++
	v.buffer = append(v.buffer, `{"seq":`...)
	v.buffer = strconv.AppendInt(v.buffer, v.seq, 10)
	v.buffer = append(v.buffer, ',')
	v.buffer = append(v.buffer, tail...)
	v.spans = append(v.spans, len(v.buffer))
}

// flush writes the buffer in one system call. A client that takes no byte until the deadline loses its connection; it may resume.
func (v *viewer) flush(ctx context.Context) error {
	if len(v.spans) == 0 {
		return nil
	}
	v.gate.hold()
	from := 0
	var err error
	for _, to := range v.spans {
		if err = v.conn.Write(ctx, websocket.MessageText, v.buffer[from:to]); err != nil {
			break
		}
		from = to
	}
	if err == nil {
		err = v.gate.release(v.bridge.o.WriteDeadline)
	}
	metrics.delivered.WithLabelValues(v.endpoint).Add(float64(len(v.spans)))
	v.spans = v.spans[:0]
	if v.buffer = v.buffer[:0]; cap(v.buffer) > 4*maxHeld {
		v.buffer = nil
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		// A full pipe carries no close frame: the client sees an abnormal closure and resumes with `since`.
		metrics.closed.WithLabelValues("too_slow").Inc()
	}
	return err
}

// flushReplies writes answers to controls, with the counter in front.
func (v *viewer) flushReplies(ctx context.Context) error {
	replies := v.takeReplies()
	for _, b := range replies {
		v.add(b[1:])
	}
	defer v.wrote(len(replies))
	return v.flush(ctx)
}
