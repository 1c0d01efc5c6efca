package intake

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	ingestv1 "egi/gateway/gen/egi/ingest/v1"
	qualityv1 "egi/gateway/gen/egi/quality/v1"
)

const (
	// maxBatch is how many readings one message to the server carries.
	maxBatch = 100
	// maxPending bounds the readings sent and not yet acknowledged, whatever the server allows.
	maxPending = 2000
	// queueLength bounds the readings taken from sockets and not yet sent.
	queueLength = 256
	minBackOff  = 50 * time.Millisecond
	maxBackOff  = 2 * time.Second
)

// errNoResult: the server broke the promise of Open.want_results.
var errNoResult = errors.New("the server acknowledged the message without saying what became of it; send it again")

// entry is one reading on its way. done is called once, by the receiving goroutine; it must not block.
type entry[T any] struct {
	item    T
	done    func(Outcome)
	retried bool
	outcome Outcome
}

// stream keeps one shared ingestion stream open. Readings that were not acknowledged when a connection broke are sent again on
// the next one; the server's ledger recognises those it already has.
type stream[T any] struct {
	name  string
	dial  dialer[T]
	log   *slog.Logger
	trace func() string

	queue  chan *entry[T]
	beats  chan *qualityv1.DeviceHeartbeat
	urgent chan struct{} // wakes the sender when room appeared

	mu      sync.Mutex
	pending []*entry[T] // sent in this connection or to be sent again, in order; pending[0] has sequence base
	base    int64
	sent    int // of pending, in this connection
	window  int

	waiting atomic.Int64 // accepted and not yet done
	once    sync.Once
	stopped chan struct{}
}

func newStream[T any](name string, dial dialer[T], log *slog.Logger, trace func() string) *stream[T] {
	return &stream[T]{
		name: name, dial: dial, log: log, trace: trace,
		queue: make(chan *entry[T], queueLength), beats: make(chan *qualityv1.DeviceHeartbeat, queueLength),
		urgent: make(chan struct{}, 1), stopped: make(chan struct{}),
	}
}

// submit blocks while the stream is full: the caller then reads no more from its socket.
func (s *stream[T]) submit(ctx context.Context, item T, done func(Outcome)) error {
	s.waiting.Add(1)
	select {
	case s.queue <- &entry[T]{item: item, done: done}:
		return nil
	case <-ctx.Done():
		s.waiting.Add(-1)
		return ctx.Err()
	case <-s.stopped:
		s.waiting.Add(-1)
		return errors.New("the gateway is stopping; connect again")
	}
}

// beat passes a heartbeat on; the newest are dropped while the server does not keep up, since another one follows.
func (s *stream[T]) beat(h *qualityv1.DeviceHeartbeat) {
	select {
	case s.beats <- h:
	default:
	}
}

// run keeps the stream open until ctx ends.
func (s *stream[T]) run(ctx context.Context) {
	defer s.once.Do(func() { close(s.stopped) })
	wait := minBackOff
	for ctx.Err() == nil {
		opened, err := s.connect(ctx)
		if ctx.Err() != nil {
			return
		}
		if opened {
			wait = minBackOff
		}
		s.log.Warn("ingestion stream ended, reconnecting", "stream", s.name, "error", err, "unacknowledged", s.rewind())
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait/2 + rand.N(wait)):
		}
		wait = min(wait*2, maxBackOff)
	}
}

// rewind marks everything unacknowledged for sending again and tells how much that is.
func (s *stream[T]) rewind() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, e := range s.pending {
		e.retried = e.retried || i < s.sent
		e.outcome = Outcome{}
	}
	s.sent = 0
	return len(s.pending)
}

// connect serves one connection until it breaks.
func (s *stream[T]) connect(parent context.Context) (opened bool, err error) {
	ctx, cancel := context.WithCancel(parent)
	defer cancel()
	w, err := s.dial(ctx)
	if err != nil {
		return false, err
	}
	if err := w.open(&ingestv1.Open{ProducerId: s.name, Ephemeral: true, WantResults: true, TraceParent: s.trace()}); err != nil {
		if _, cause := w.recv(); cause != nil {
			err = cause
		}
		return false, err
	}
	first, err := w.recv()
	if err != nil {
		return false, err
	}
	if first.opened == nil {
		return false, errors.New("the first answer was not `opened`")
	}
	s.mu.Lock()
	s.base = first.opened.CommittedSequence + 1
	s.sent = 0
	s.window = maxPending
	if n := int(first.opened.MaxOutstanding); n > 0 && n < s.window {
		s.window = n
	}
	s.mu.Unlock()
	received := make(chan error, 1)
	go func() {
		received <- s.receive(w)
		cancel()
	}()
	sendErr := s.sendAll(ctx, w)
	cancel()
	if err := <-received; err != nil && !errors.Is(err, context.Canceled) {
		return true, err
	}
	return true, sendErr
}

// sendAll sends what waits, in batches: at once when the stream is idle, together when it is busy.
func (s *stream[T]) sendAll(ctx context.Context, w wire[T]) error {
	for {
		batch, first, room := s.unsent()
		if len(batch) == 0 {
			queue := s.queue
			if !room {
				queue = nil
			}
			select {
			case e := <-queue:
				s.take(e)
			case h := <-s.beats:
				if err := w.heartbeat(h); err != nil {
					return err
				}
			case <-s.urgent:
			case <-ctx.Done():
				return ctx.Err()
			}
			continue
		}
		if err := w.send(first, batch); err != nil {
			return err
		}
	}
}

// take moves e and whatever else is queued to the pending list, within the window.
func (s *stream[T]) take(e *entry[T]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending = append(s.pending, e)
	for n := 1; n < maxBatch && len(s.pending) < s.window; n++ {
		select {
		case e := <-s.queue:
			s.pending = append(s.pending, e)
		default:
			return
		}
	}
}

// unsent returns the next batch, which counts as sent from here on, and whether the window has room.
func (s *stream[T]) unsent() (items []T, first int64, room bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	end := min(len(s.pending), s.sent+maxBatch, s.window)
	first = s.base + int64(s.sent)
	for _, e := range s.pending[min(s.sent, end):end] {
		items = append(items, e.item)
	}
	s.sent = max(s.sent, end)
	return items, first, len(s.pending) < s.window
}

func (s *stream[T]) receive(w wire[T]) error {
	for {
		m, err := w.recv()
		if err != nil {
			return err
		}
		s.mu.Lock()
		for _, r := range m.results {
			if e := s.at(r.Sequence); e != nil {
				if e.retried && r.Status == ingestv1.ItemStatus_ITEM_STATUS_DUPLICATE {
					// The lost answer to our own first attempt would have said so.
					r.Status = ingestv1.ItemStatus_ITEM_STATUS_SAVED
				}
				e.outcome.Result = r
			}
		}
		for _, r := range m.rejections {
			if e := s.at(r.Sequence); e != nil {
				e.outcome.Rejection = r.Status
			}
		}
		var finished []*entry[T]
		if m.ack != nil {
			n := int(min(max(m.ack.CommittedSequence-s.base+1, 0), int64(s.sent)))
			finished = append(finished, s.pending[:n]...)
			clear(s.pending[:n])
			s.pending = s.pending[n:]
			s.base += int64(n)
			s.sent -= n
		}
		s.mu.Unlock()
		for _, e := range finished {
			if e.outcome.Result == nil && e.outcome.Rejection == nil {
				e.outcome.Err = errNoResult
			}
			s.waiting.Add(-1)
			e.done(e.outcome)
		}
		if len(finished) > 0 {
			select {
			case s.urgent <- struct{}{}:
			default:
			}
		}
	}
}

// at finds a sent entry by its sequence; the caller holds mu.
func (s *stream[T]) at(sequence int64) *entry[T] {
	i := sequence - s.base
	if i < 0 || i >= int64(s.sent) {
		return nil
	}
	return s.pending[i]
}
