package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// producer sends nested samples and reads their acknowledgements.
type producer struct {
	socket       *websocket.Conn
	o            options
	device       string
	sent         *sentTimes
	ackLatencies []time.Duration
}

func openProducer(ctx context.Context, o options, index int, sent *sentTimes) (*producer, error) {
	socket, err := dial(ctx, "ws://"+o.gateway+"/ws/sensors/")
	if err != nil {
		return nil, err
	}
	return &producer{socket: socket, o: o, device: fmt.Sprintf("%s_%d", o.device, index), sent: sent}, nil
}

// send sends until `end`, at the producer's share of the rate or as fast as its window allows, and waits for every acknowledgement.
func (p *producer) send(ctx context.Context, end time.Time) error {
	ctx, cancel := context.WithDeadline(ctx, end.Add(settleAfter))
	defer cancel()
	credit := make(chan struct{}, p.o.window)
	failed := make(chan error, 1)
	go func() { failed <- p.readAcks(ctx, credit) }()
	take := func() error {
		select {
		case credit <- struct{}{}:
			return nil
		case err := <-failed:
			return err
		}
	}
	var interval time.Duration
	if p.o.rate > 0 {
		interval = time.Duration(float64(time.Second) * float64(p.o.producers) / p.o.rate)
	}
	next := time.Now()
	for n := 0; time.Now().Before(end); n++ {
		if interval > 0 {
			time.Sleep(time.Until(next))
			next = next.Add(interval)
		}
		if err := take(); err != nil {
			return err
		}
		id := fmt.Sprintf("%s-%06d", p.device, n)
		message := sampleMessage(id, p.device, time.Now())
		p.sent.add(id)
		if err := p.socket.Write(ctx, websocket.MessageText, []byte(message)); err != nil {
			return fmt.Errorf("%s: send: %w", p.device, err)
		}
	}
	for range p.o.window { // every credit taken = every acknowledgement read
		if err := take(); err != nil {
			return err
		}
	}
	return nil
}

// readAcks gives one credit back for each acknowledgement; it ends with the socket.
func (p *producer) readAcks(ctx context.Context, credit <-chan struct{}) error {
	for {
		_, message, err := p.socket.Read(ctx)
		if err != nil {
			return fmt.Errorf("%s: after %d acknowledgements: %w", p.device, len(p.ackLatencies), err)
		}
		switch string(field(message, "type")) {
		case "ack":
			if sent, ok := p.sent.find(field(message, "sample_id")); ok {
				p.ackLatencies = append(p.ackLatencies, time.Since(sent.at))
			}
			<-credit
		case "error":
			return fmt.Errorf("%s: refused: %s", p.device, message)
		}
	}
}

var (
	distances    = matrixJSON(55.2, 95.8)
	reflectances = matrixJSON(54, 71)
	amplitudes   = matrixJSON(48, 9)
)

// sampleMessage is a nested message of api.md A.1.1 with full matrices (about 1.6 kB).
func sampleMessage(id, device string, now time.Time) string {
	return `{"sample_id":"` + id + `","device_id":"` + device + `","timestamp":"` + now.UTC().Format(time.RFC3339Nano) + `","site_code":"LS",` +
		`"vl53l8ch":{"raw":{"distance_matrix":` + distances + `,"reflectance_matrix":` + reflectances + `,"amplitude_matrix":` + amplitudes + `},` +
		`"analysis":{"volume_mm3":548200.5,"surface_uniformity":0.81,"quality_score":0.79,"grade":"A"}},` +
		`"as7341":{"raw":{"F1_415nm":402,"F2_445nm":596,"F3_480nm":511,"F4_515nm":1873,"F5_555nm":905,"F6_590nm":612,"F7_630nm":1139,"F8_680nm":744,"Clear":6480,"NIR":603},` +
		`"analysis":{"freshness_index":0.88,"fat_quality_index":0.84,"oxidation_index":0.12,"quality_score":0.86}},` +
		`"fusion":{"final_score":0.818,"final_grade":"A","is_compliant":true}}`
}

// matrixJSON is an 8x8 matrix with a liver of value `inside` on a tray of value `outside`.
func matrixJSON(inside, outside float64) string {
	rows := make([]string, 8)
	for y := range rows {
		cells := make([]string, 8)
		for x := range cells {
			value := outside
			if x > 1 && x < 6 && y > 1 && y < 6 {
				value = inside
			}
			cells[x] = fmt.Sprintf("%g", value)
		}
		rows[y] = "[" + strings.Join(cells, ",") + "]"
	}
	return "[" + strings.Join(rows, ",") + "]"
}
