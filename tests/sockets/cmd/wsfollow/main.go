// Command wsfollow follows the live feed for ever, as a dashboard that must not miss anything: after any disconnection it resumes
// from the last event it saw. It prints one line per sample, "EVENT_ID SAMPLE_ID", in the order of arrival.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/coder/websocket"
)

const (
	frameLimit = 1 << 20
	retryAfter = 200 * time.Millisecond
)

type message struct {
	Type     string `json:"type"`
	EventID  string `json:"event_id"`
	SampleID string `json:"sample_id"`
}

func main() {
	gateway := flag.String("gateway", "127.0.0.1:8000", "HOST:PORT of the gateway")
	device := flag.String("device", "", "only samples of this device")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	since := ""
	for ctx.Err() == nil {
		err := follow(ctx, address(*gateway, *device, since), func(m message) error {
			if m.EventID != "" {
				since = m.EventID
			}
			if m.Type == "current" {
				fmt.Fprintln(os.Stderr, "wsfollow: connected at", m.EventID)
			}
			if m.Type != "sensor_update" {
				return nil
			}
			fmt.Fprintln(out, m.EventID, m.SampleID)
			return out.Flush()
		})
		fmt.Fprintln(os.Stderr, "wsfollow: reconnecting:", err)
		select {
		case <-ctx.Done():
		case <-time.After(retryAfter):
		}
	}
}

func address(gateway, device, since string) string {
	query := url.Values{"format": {"unified"}, "data_type": {"sqal_only"}}
	if device != "" {
		query.Set("device_id", device)
	}
	if since != "" {
		query.Set("since", since)
	}
	return "ws://" + gateway + "/ws/realtime/?" + query.Encode()
}

// follow hands every message of one connection to `each` until the connection ends.
func follow(ctx context.Context, address string, each func(message) error) error {
	dialing, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	socket, _, err := websocket.Dial(dialing, address, nil)
	if err != nil {
		return fmt.Errorf("open: %w", err)
	}
	defer socket.CloseNow()
	socket.SetReadLimit(frameLimit)
	for {
		_, data, err := socket.Read(ctx)
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		var m message
		if err := json.Unmarshal(data, &m); err != nil {
			return fmt.Errorf("not JSON: %w", err)
		}
		if err := each(m); err != nil {
			return err
		}
	}
}
