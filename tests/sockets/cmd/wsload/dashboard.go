package main

import (
	"context"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// dashboard listens to the live feed and notes when each sample arrives.
type dashboard struct {
	socket *websocket.Conn
	sent   *sentTimes

	mu        sync.Mutex
	seen      map[string]struct{}
	repeated  int
	latencies []time.Duration
}

func openDashboard(ctx context.Context, o options, sent *sentTimes) (*dashboard, error) {
	socket, err := dial(ctx, "ws://"+o.gateway+"/ws/realtime/?format=unified&data_type=sqal_only")
	if err != nil {
		return nil, err
	}
	return &dashboard{socket: socket, sent: sent, seen: make(map[string]struct{})}, nil
}

func (d *dashboard) listen(ctx context.Context) {
	for {
		_, message, err := d.socket.Read(ctx)
		if err != nil {
			return
		}
		if string(field(message, "type")) != "sensor_update" {
			continue
		}
		id := field(message, "sample_id")
		sentAt, ok := d.sent.at(id)
		if !ok {
			continue // somebody else's sample
		}
		d.note(string(id), time.Since(sentAt))
	}
}

func (d *dashboard) note(id string, latency time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if _, known := d.seen[id]; known {
		d.repeated++
		return
	}
	d.seen[id] = struct{}{}
	d.latencies = append(d.latencies, latency)
}

func (d *dashboard) received() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.seen)
}
