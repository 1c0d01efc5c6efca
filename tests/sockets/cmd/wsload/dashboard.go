package main

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// dashboard listens to the live feed and notes when each sample arrives. It allocates nothing per message: hundreds of them share the
// machine with what they measure.
type dashboard struct {
	socket *websocket.Conn
	sent   *sentTimes

	mu        sync.Mutex
	seen      []bool // by number of the sending
	distinct  int
	repeated  int
	latencies []time.Duration
}

func openDashboard(ctx context.Context, o options, sent *sentTimes) (*dashboard, error) {
	socket, err := dial(ctx, "ws://"+o.gateway+"/ws/realtime/?format=unified&data_type=sqal_only")
	if err != nil {
		return nil, err
	}
	return &dashboard{socket: socket, sent: sent}, nil
}

func (d *dashboard) listen(ctx context.Context) {
	buffer := make([]byte, 0, 16<<10)
	for {
		_, reader, err := d.socket.Reader(ctx)
		if err != nil {
			return
		}
		if buffer, err = readInto(buffer, reader); err != nil {
			return
		}
		if string(field(buffer, "type")) != "sensor_update" {
			continue
		}
		if sent, ok := d.sent.find(field(buffer, "sample_id")); ok { // else somebody else's
			d.note(sent.number, time.Since(sent.at))
		}
	}
}

// readInto reads all of `r` into the memory of `buffer`, growing it when needed.
func readInto(buffer []byte, r io.Reader) ([]byte, error) {
	buffer = buffer[:0]
	for {
		if len(buffer) == cap(buffer) {
			buffer = append(buffer, 0)[:len(buffer)]
		}
		n, err := r.Read(buffer[len(buffer):cap(buffer)])
		buffer = buffer[:len(buffer)+n]
		if err == io.EOF {
			return buffer, nil
		}
		if err != nil {
			return buffer, err
		}
	}
}

func (d *dashboard) note(number int, latency time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.seen) <= number {
		d.seen = append(d.seen, false)
	}
	if d.seen[number] {
		d.repeated++
		return
	}
	d.seen[number] = true
	d.distinct++
	d.latencies = append(d.latencies, latency)
}

func (d *dashboard) received() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.distinct
}
