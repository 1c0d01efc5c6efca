package ws

import (
	"bufio"
	"net"
	"net/http"
	"sync"
	"time"
)

// gate lets several WebSocket messages leave in one system call: between hold and release, what the library flushes is collected.
type gate struct {
	http.ResponseWriter
	conn *gatedConn
}

func newGate(w http.ResponseWriter) *gate { return &gate{ResponseWriter: w} }

// Hijack hands the gated connection to the WebSocket library.
func (g *gate) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(g.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	g.conn = &gatedConn{Conn: conn}
	return g.conn, bufio.NewReadWriter(rw.Reader, bufio.NewWriterSize(g.conn, 4096)), nil
}

// Unwrap serves http.ResponseController.
func (g *gate) Unwrap() http.ResponseWriter { return g.ResponseWriter }

func (g *gate) hold() { g.conn.hold() }

// release sends what was collected; without a limit (0) it waits for the client as long as the connection lives.
func (g *gate) release(limit time.Duration) error { return g.conn.release(limit) }

// maxHeld is what a writer collects at most before it releases, bytes.
const maxHeld = 64 << 10

type gatedConn struct {
	net.Conn
	mu   sync.Mutex
	held []byte
	on   bool
}

func (c *gatedConn) hold() {
	c.mu.Lock()
	c.on = true
	c.mu.Unlock()
}

func (c *gatedConn) release(limit time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.on = false
	if limit > 0 {
		if err := c.Conn.SetWriteDeadline(time.Now().Add(limit)); err != nil {
			return err
		}
		defer c.Conn.SetWriteDeadline(time.Time{})
	}
	return c.flush()
}

func (c *gatedConn) flush() error {
	if len(c.held) == 0 {
		return nil
	}
	_, err := c.Conn.Write(c.held)
	if c.held = c.held[:0]; cap(c.held) > 2*maxHeld {
		c.held = nil
	}
	return err
}

// Write is called by the library with whole or partial frames, under its own lock.
func (c *gatedConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.on {
		return c.Conn.Write(p)
	}
	c.held = append(c.held, p...)
	return len(p), nil
}
