// Package ws is the WebSocket bridge: the sockets of the specification in front of the server's streams.
package ws

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"
	"golang.org/x/time/rate"
)

const (
	// MaxFrame is the longest message a client may send, bytes.
	MaxFrame = 1 << 20
	// maxDiscard ends a connection that sends a message without end.
	maxDiscard = 64 << 20
	// writeDeadline: a dashboard that takes no byte for so long is closed.
	writeDeadline = 30 * time.Second
	// maxReplies bounds the answers that wait for a client that does not read; the oldest are dropped.
	maxReplies = 512
)

// A socket is one connection: one goroutine reads, one writes, one watches.
type socket struct {
	conn    *websocket.Conn
	gate    *gate
	limiter *rate.Limiter

	lastSeen atomic.Int64 // Unix nanoseconds of the last sign of life
	busy     atomic.Bool  // the reader is handing a message over, not waiting for one

	mu      sync.Mutex
	replies [][]byte
	ready   chan struct{} // capacity 1: replies is not empty
	unsent  int           // replies that the writer has not finished with
	stuck   atomic.Bool   // a write is in progress for long
}

// message is what a read gives: whole, or the beginning of one that is too long.
type message struct {
	data []byte
	// total length; greater than len(data) when the message was too long.
	length int
	binary bool
}

var errEndless = errors.New("message without end")

// accept upgrades the request. Origins are not restricted by the socket itself: readings and the live feed carry no
// credentials that a browser would attach on its own.
func (b *Bridge) accept(w http.ResponseWriter, r *http.Request) (*socket, error) {
	s := &socket{ready: make(chan struct{}, 1)}
	s.touch()
	g := newGate(w)
	conn, err := websocket.Accept(g, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true,
		CompressionMode:    websocket.CompressionDisabled,
		OnPingReceived: func(context.Context, []byte) bool {
			s.touch()
			return !s.stuck.Load() // answering would wait behind the write that does not end
		},
		OnPongReceived: func(context.Context, []byte) { s.touch() },
	})
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(-1) // read() bounds messages without closing the socket
	s.conn, s.gate = conn, g
	if b.o.Rate > 0 {
		s.limiter = rate.NewLimiter(rate.Limit(b.o.Rate), b.o.Burst)
	}
	return s, nil
}

// live is the life of a connection: it ends with end, or in an orderly close when the bridge stops.
func (b *Bridge) live(s *socket) (ctx context.Context, end func()) {
	ctx, cancel := context.WithCancel(context.Background())
	stop := context.AfterFunc(b.ctx, func() {
		s.flushed()
		late := time.AfterFunc(closeTime, func() { s.conn.CloseNow() })
		defer late.Stop()
		s.conn.Close(websocket.StatusGoingAway, "the gateway is stopping; connect again")
		cancel()
	})
	return ctx, func() {
		stop()
		cancel()
		s.conn.CloseNow()
	}
}

func (s *socket) touch() { s.lastSeen.Store(time.Now().UnixNano()) }

// read returns the next message; the data is valid until the next call. Beyond the rate limit it waits: the client is slowed, nothing is lost.
func (s *socket) read(ctx context.Context, buffer *[]byte) (message, error) {
	s.busy.Store(false)
	kind, r, err := s.conn.Reader(ctx)
	if err != nil {
		return message{}, err
	}
	s.touch()
	data := (*buffer)[:0]
	for {
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
		n, err := r.Read(data[len(data):min(cap(data), MaxFrame+1)])
		data = data[:len(data)+n]
		if err == io.EOF {
			break
		}
		if err != nil {
			return message{}, err
		}
		if len(data) > MaxFrame {
			break
		}
	}
	*buffer = data
	m := message{data: data, length: len(data), binary: kind == websocket.MessageBinary}
	if len(data) > MaxFrame {
		n, err := io.Copy(io.Discard, io.LimitReader(r, maxDiscard))
		if err != nil {
			return message{}, err
		}
		if n == maxDiscard {
			s.conn.Close(websocket.StatusMessageTooBig, "message longer than 64 MiB")
			return message{}, errEndless
		}
		m.length += int(n)
		m.data = data[:MaxFrame]
	}
	s.touch()
	s.busy.Store(true)
	if s.limiter != nil {
		if err := s.limiter.Wait(ctx); err != nil {
			return message{}, err
		}
	}
	return m, nil
}

// reply queues an answer without blocking.
func (s *socket) reply(b []byte) {
	s.mu.Lock()
	if len(s.replies) >= maxReplies {
		s.replies = append(s.replies[:0], s.replies[1:]...)
		metrics.repliesDropped.Inc()
		s.unsent--
	}
	s.replies = append(s.replies, b)
	s.unsent++
	s.mu.Unlock()
	select {
	case s.ready <- struct{}{}:
	default:
	}
}

func (s *socket) takeReplies() [][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.replies
	s.replies = nil
	return out
}

// wrote notes that the writer is done with n replies.
func (s *socket) wrote(n int) {
	s.mu.Lock()
	s.unsent -= n
	s.mu.Unlock()
}

// flushed waits up to a second until the queued answers are written.
func (s *socket) flushed() {
	for range 1000 {
		s.mu.Lock()
		empty := s.unsent == 0
		s.mu.Unlock()
		if empty {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// write sends messages with one system call where they fit.
func (s *socket) write(ctx context.Context, messages ...[]byte) error {
	s.gate.hold()
	for _, m := range messages {
		if err := s.conn.Write(ctx, websocket.MessageText, m); err != nil {
			return err
		}
	}
	return s.gate.release(0)
}

// writeReplies sends queued answers until ctx ends. A client that does not read them is left alone: its own messages still count.
func (s *socket) writeReplies(ctx context.Context) {
	for {
		select {
		case <-s.ready:
		case <-ctx.Done():
			return
		}
		slow := time.AfterFunc(time.Second, func() { s.stuck.Store(true) })
		replies := s.takeReplies()
		err := s.write(ctx, replies...)
		s.wrote(len(replies))
		slow.Stop()
		s.stuck.Store(false)
		if err != nil {
			return
		}
	}
}

// watch pings every period and ends the connection after idle without a sign of life, unless the server keeps the reader busy.
func (s *socket) watch(ctx context.Context, period, idle time.Duration, end func()) {
	tick := time.NewTicker(period)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !s.busy.Load() && time.Since(time.Unix(0, s.lastSeen.Load())) > idle {
			s.conn.Close(websocket.StatusPolicyViolation, "no sign of life for "+idle.String())
			end()
			return
		}
		if !s.stuck.Load() {
			ping, cancel := context.WithTimeout(ctx, period)
			_ = s.conn.Ping(ping) // the pong counts as a sign of life; its absence is judged above
			cancel()
		}
	}
}

// validText reports whether a frame is text that JSON may be.
func validText(m message) bool { return utf8.Valid(m.data) }
