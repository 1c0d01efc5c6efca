// Command wsload measures the WebSocket way of a sample: producers send to /ws/sensors/, dashboards listen on /ws/realtime/.
// It prints one JSON object; every sample must reach every dashboard once, else it exits with status 1.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"sort"
	"time"
)

type options struct {
	gateway    string
	rate       float64
	dashboards int
	producers  int
	window     int
	duration   time.Duration
	device     string
}

type report struct {
	Samples    int     `json:"samples"`
	Dashboards int     `json:"dashboards"`
	Delivered  int     `json:"delivered"`
	Missing    int     `json:"missing"`
	Repeated   int     `json:"repeated"`
	PerSecond  float64 `json:"per_second"`
	P50Ms      float64 `json:"p50_ms"`
	P99Ms      float64 `json:"p99_ms"`
	AckP50Ms   float64 `json:"ack_p50_ms"`
	AckP99Ms   float64 `json:"ack_p99_ms"`
}

func main() {
	var o options
	flag.StringVar(&o.gateway, "gateway", "127.0.0.1:8000", "HOST:PORT of the gateway")
	flag.Float64Var(&o.rate, "rate", 100, "samples per second over all producers; 0 = as fast as acknowledgements allow")
	flag.IntVar(&o.dashboards, "dashboards", 50, "listening sockets")
	flag.IntVar(&o.producers, "producers", 1, "sending sockets")
	flag.IntVar(&o.window, "window", 64, "samples a producer sends before it waits for acknowledgements")
	flag.DurationVar(&o.duration, "duration", 10*time.Second, "how long to send")
	flag.StringVar(&o.device, "device", fmt.Sprintf("ESP32_LOAD_%d", os.Getpid()), "prefix of the device ids")
	flag.Parse()
	if o.producers < 1 || o.dashboards < 0 || o.window < 1 || o.duration <= 0 || o.rate < 0 {
		fmt.Fprintln(os.Stderr, "wsload: --producers and --window need at least 1, --dashboards and --rate at least 0, --duration more than 0")
		os.Exit(2)
	}
	debug.SetGCPercent(800) // the load generator shares the cores with what it measures
	r, err := run(context.Background(), o)
	if err != nil {
		fmt.Fprintln(os.Stderr, "wsload:", err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(r); err != nil {
		fmt.Fprintln(os.Stderr, "wsload:", err)
		os.Exit(1)
	}
	if r.Missing > 0 || r.Repeated > 0 {
		os.Exit(1)
	}
}

// quantile returns the q-quantile of sorted durations in milliseconds, 0 when there is none.
func quantile(sorted []time.Duration, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return float64(sorted[int(q*float64(len(sorted)-1))].Microseconds()) / 1000
}

func sortDurations(d []time.Duration) []time.Duration {
	sort.Slice(d, func(i, j int) bool { return d[i] < d[j] })
	return d
}
