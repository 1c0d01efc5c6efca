package ws

import "github.com/prometheus/client_golang/prometheus"

var metrics = struct {
	sockets        *prometheus.GaugeVec
	received       *prometheus.CounterVec
	delivered      *prometheus.CounterVec
	repliesDropped prometheus.Counter
	replays        prometheus.Counter
	closed         *prometheus.CounterVec
}{
	prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "egi_gateway_sockets", Help: "Open WebSockets."}, []string{"endpoint"}),
	prometheus.NewCounterVec(prometheus.CounterOpts{Name: "egi_gateway_messages_received_total", Help: "Messages of clients by what became of them."}, []string{"endpoint", "result"}),
	prometheus.NewCounterVec(prometheus.CounterOpts{Name: "egi_gateway_messages_delivered_total", Help: "Messages of the live feed written to sockets."}, []string{"endpoint"}),
	prometheus.NewCounter(prometheus.CounterOpts{Name: "egi_gateway_replies_dropped_total", Help: "Answers dropped because their client does not read."}),
	prometheus.NewCounter(prometheus.CounterOpts{Name: "egi_gateway_replays_total", Help: "Sockets served from the server's store, after a reconnection or because they were slow."}),
	prometheus.NewCounterVec(prometheus.CounterOpts{Name: "egi_gateway_sockets_closed_total", Help: "Sockets closed by the gateway, by reason."}, []string{"reason"}),
}

// Collectors are the metrics of the bridge.
func (b *Bridge) Collectors() []prometheus.Collector {
	return []prometheus.Collector{
		metrics.sockets, metrics.received, metrics.delivered, metrics.repliesDropped, metrics.replays, metrics.closed,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "egi_gateway_readings_unacknowledged", Help: "Readings taken from sockets and not yet durable."},
			func() float64 { return float64(b.intake.Waiting()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "egi_gateway_feed_subscriptions", Help: "Times the shared live subscription was opened."},
			func() float64 { _, n := b.hub.Connected(); return float64(n) }),
	}
}
