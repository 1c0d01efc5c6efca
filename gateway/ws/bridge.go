package ws

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"

	"egi/gateway/ws/feed"
	"egi/gateway/ws/intake"
	"egi/gateway/ws/rejects"
)

// Options of a Bridge. Durations must be positive.
type Options struct {
	Conn grpc.ClientConnInterface
	Log  *slog.Logger
	// Name is unique per gateway process.
	Name string
	// Rate is how many messages a connection may send per second after a burst of Burst; 0 = no limit.
	Rate  float64
	Burst int
	// SampleStreams is the number of shared ingestion streams.
	SampleStreams int
	// FeedLength is the number of events the gateway keeps for slow and resuming sockets.
	FeedLength int
	// PingEvery and IdleTimeout are 30 s and 90 s by specification.
	PingEvery, IdleTimeout time.Duration
	// WriteDeadline is how long a dashboard may take no byte before it is closed.
	WriteDeadline time.Duration
	// Trace makes a W3C traceparent.
	Trace func() string
}

// Bridge serves the sockets.
type Bridge struct {
	o       Options
	intake  *intake.Intake
	rejects *rejects.Recorder
	hub     *feed.Hub

	ctx      context.Context // ends when sockets must close
	cancel   context.CancelFunc
	stopHub  context.CancelFunc
	draining chan struct{} // closed when no more messages are taken
	open     sync.WaitGroup
	mu       sync.Mutex
	closing  bool
	viewers  atomic.Int64
}

// Start connects to the server (now or later) and returns the bridge.
func Start(o Options) (*Bridge, error) {
	if o.WriteDeadline == 0 {
		o.WriteDeadline = writeDeadline
	}
	in, err := intake.Start(intake.Options{Conn: o.Conn, Name: o.Name, SampleStreams: o.SampleStreams, Log: o.Log, Trace: o.Trace})
	if err != nil {
		return nil, err
	}
	b := &Bridge{o: o, intake: in, rejects: rejects.Start(o.Conn, o.Log), hub: feed.New(feed.Options{Conn: o.Conn, Log: o.Log, Length: o.FeedLength, Replays: 4})}
	b.ctx, b.cancel = context.WithCancel(context.Background())
	b.draining = make(chan struct{})
	var hub context.Context
	hub, b.stopHub = context.WithCancel(context.Background())
	go b.hub.Run(hub)
	return b, nil
}

// closeTime is how long clients have to answer the close of their socket.
const closeTime = time.Second

// Stop drains: no more messages are taken, those that were are made durable and acknowledged, sockets are closed with "going
// away", then the streams end. It may be called once.
func (b *Bridge) Stop(ctx context.Context) error {
	b.mu.Lock()
	b.closing = true
	b.mu.Unlock()
	close(b.draining)
	err := b.intake.Drain(ctx)
	b.cancel()
	closed := make(chan struct{})
	go func() { b.open.Wait(); close(closed) }()
	select {
	case <-closed:
	case <-time.After(2 * closeTime):
	}
	b.intake.Stop()
	b.rejects.Stop(ctx)
	b.stopHub()
	return err
}

func (b *Bridge) enter() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closing {
		return false
	}
	b.open.Add(1)
	return true
}

// ServeHTTP serves every path below /ws/, with and without a trailing slash.
func (b *Bridge) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !b.enter() {
		http.Error(w, "the gateway is stopping; connect again", http.StatusServiceUnavailable)
		return
	}
	defer b.open.Done()
	path := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/ws/"), "/")
	switch {
	case path == "sensors":
		b.serveDevice(w, r, sensors)
	case path == "gavage":
		b.serveDevice(w, r, gavage)
	case path == "realtime":
		b.serveRealtime(w, r)
	case path == "notifications":
		b.serveFeed(w, r, "notifications", feed.Notification, feed.Filter{AlertsOnly: true}, "notification channel ready")
	case strings.HasPrefix(path, "gaveur/"):
		id, err := strconv.ParseInt(strings.TrimPrefix(path, "gaveur/"), 10, 32)
		if err != nil || id < 1 {
			http.Error(w, "the path must end with the number of a gaveur, e.g. /ws/gaveur/4", http.StatusNotFound)
			return
		}
		b.serveFeed(w, r, "gaveur", feed.Gaveur, feed.Filter{GaveurID: int32(id)}, "gaveur channel ready")
	default:
		http.Error(w, "no such socket; /asyncapi.json lists them", http.StatusNotFound)
	}
}

// Ready reports whether the live feed has been in step with the server.
func (b *Bridge) Ready() bool {
	ok, _ := b.hub.Connected()
	return ok
}
