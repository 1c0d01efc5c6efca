package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/coder/websocket"
)

const (
	frameLimit  = 1 << 20
	settleAfter = 10 * time.Second // the longest wait for the last deliveries and acknowledgements
)

// run opens the dashboards, lets the producers send, waits until everything has arrived and adds up.
func run(ctx context.Context, o options) (report, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sent := newSentTimes()
	boards := make([]*dashboard, o.dashboards)
	for i := range boards {
		b, err := openDashboard(ctx, o, sent)
		if err != nil {
			return report{}, fmt.Errorf("dashboard %d: %w", i, err)
		}
		boards[i] = b
		go b.listen(ctx)
	}
	producers := make([]*producer, o.producers)
	for i := range producers {
		p, err := openProducer(ctx, o, i, sent)
		if err != nil {
			return report{}, fmt.Errorf("producer %d: %w", i, err)
		}
		producers[i] = p
	}
	start := time.Now()
	var group sync.WaitGroup
	failures := make([]error, len(producers))
	for i, p := range producers {
		group.Add(1)
		go func() {
			defer group.Done()
			failures[i] = p.send(ctx, start.Add(o.duration))
		}()
	}
	group.Wait()
	elapsed := time.Since(start)
	if err := errors.Join(failures...); err != nil {
		return report{}, err
	}
	total := sent.count()
	for deadline := time.Now().Add(settleAfter); time.Now().Before(deadline) && !allReceived(boards, total); {
		time.Sleep(20 * time.Millisecond)
	}
	return add(o, boards, producers, total, elapsed), nil
}

func allReceived(boards []*dashboard, total int) bool {
	for _, b := range boards {
		if b.received() < total {
			return false
		}
	}
	return true
}

func add(o options, boards []*dashboard, producers []*producer, total int, elapsed time.Duration) report {
	r := report{Samples: total, Dashboards: len(boards), PerSecond: float64(total) / elapsed.Seconds()}
	var latencies, acks []time.Duration
	for _, b := range boards {
		b.mu.Lock()
		r.Delivered += b.distinct
		r.Missing += total - b.distinct
		r.Repeated += b.repeated
		latencies = append(latencies, b.latencies...)
		b.mu.Unlock()
	}
	for _, p := range producers {
		acks = append(acks, p.ackLatencies...)
	}
	sortDurations(latencies)
	sortDurations(acks)
	r.P50Ms, r.P99Ms = quantile(latencies, 0.5), quantile(latencies, 0.99)
	r.AckP50Ms, r.AckP99Ms = quantile(acks, 0.5), quantile(acks, 0.99)
	return r
}

// A sending is one sample that was sent: its number among all, and when.
type sending struct {
	number int
	at     time.Time
}

// sentTimes knows every sample that was sent.
type sentTimes struct {
	mu       sync.RWMutex
	sendings map[string]sending
}

func newSentTimes() *sentTimes { return &sentTimes{sendings: make(map[string]sending)} }

func (s *sentTimes) add(id string) {
	s.mu.Lock()
	s.sendings[id] = sending{len(s.sendings), time.Now()}
	s.mu.Unlock()
}

func (s *sentTimes) find(id []byte) (sending, bool) {
	s.mu.RLock()
	found, ok := s.sendings[string(id)]
	s.mu.RUnlock()
	return found, ok
}

func (s *sentTimes) count() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.sendings)
}

func dial(ctx context.Context, address string) (*websocket.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	socket, _, err := websocket.Dial(ctx, address, nil)
	if err != nil {
		return nil, fmt.Errorf("cannot open %s: %w", address, err)
	}
	socket.SetReadLimit(frameLimit)
	_, welcome, err := socket.Read(ctx)
	if err != nil {
		return nil, fmt.Errorf("no welcome on %s: %w", address, err)
	}
	if !bytes.Contains(welcome, []byte(`"connection_established"`)) {
		return nil, fmt.Errorf("first message on %s is not the welcome: %s", address, welcome)
	}
	return socket, nil
}

// field cuts the text of the JSON string member `name` out of a message without parsing the rest of it.
func field(message []byte, name string) []byte {
	key := []byte(`"` + name + `":"`)
	start := bytes.Index(message, key)
	if start < 0 {
		return nil
	}
	rest := message[start+len(key):]
	end := bytes.IndexByte(rest, '"')
	if end < 0 {
		return nil
	}
	return rest[:end]
}
