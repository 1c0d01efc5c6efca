package ws

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync"

	"github.com/valyala/fastjson"
	"google.golang.org/protobuf/types/known/timestamppb"

	ingestv1 "egi/gateway/gen/egi/ingest/v1"
	"egi/gateway/ws/intake"
	"egi/gateway/ws/reading"
)

// A channel is what differs between /ws/sensors/ and /ws/gavage.
type channel struct {
	endpoint string
	kind     string // of refused messages
	welcome  string
	// types are the values of `type` that mean a reading; a missing type does too.
	types map[string]bool
	// submit converts a reading and hands it over; it returns what is wrong with it, if anything.
	submit func(b *Bridge, ctx context.Context, s *socket, root *fastjson.Value) (reading.Identity, []reading.Violation, error)
}

var sensors = &channel{
	endpoint: "sensors", kind: "sample", welcome: "sensor channel ready",
	types: map[string]bool{"": true, "sensor_data": true},
	submit: func(b *Bridge, ctx context.Context, s *socket, root *fastjson.Value) (reading.Identity, []reading.Violation, error) {
		sample, id, violations := reading.Sample(root)
		if violations != nil {
			return id, violations, nil
		}
		return id, nil, b.intake.Sample(ctx, sample, func(o intake.Outcome) {
			b.count("sensors", o)
			if o.Result == nil {
				s.reply(encode(refusal(o, id)))
				return
			}
			s.reply(encode(sampleAck{"ack", id.SampleID, now(), ackStatus(o), o.Result.FusionScore, o.Result.FusionGrade}))
		})
	},
}

var gavage = &channel{
	endpoint: "gavage", kind: "meal", welcome: "gavage channel ready",
	types: map[string]bool{"": true, "gavage_data": true, "gavage": true},
	submit: func(b *Bridge, ctx context.Context, s *socket, root *fastjson.Value) (reading.Identity, []reading.Violation, error) {
		meal, id, violations := reading.Meal(root)
		if violations != nil {
			return id, violations, nil
		}
		ack := mealAck{"ack", id.CodeLot, meal.Jour, meal.Moment, "", "", meal.PoidsMoyen, meal.TauxMortalite}
		return id, nil, b.intake.Meal(ctx, meal, func(o intake.Outcome) {
			b.count("gavage", o)
			if o.Result == nil {
				s.reply(encode(refusal(o, id)))
				return
			}
			ack.Timestamp, ack.Status = now(), ackStatus(o)
			s.reply(encode(ack))
		})
	},
}

func ackStatus(o intake.Outcome) string {
	if o.Saved() {
		return "saved"
	}
	return "duplicate"
}

func (b *Bridge) count(endpoint string, o intake.Outcome) {
	result := "rejected"
	if o.Result != nil {
		result = ackStatus(o)
	}
	metrics.received.WithLabelValues(endpoint, result).Inc()
}

// parsers are reused: a parser owns the memory of the tree it returned last.
var parsers = sync.Pool{New: func() any { return new(fastjson.Parser) }}

func (b *Bridge) serveDevice(w http.ResponseWriter, r *http.Request, c *channel) {
	s, err := b.accept(w, r)
	if err != nil {
		return // the library has answered
	}
	metrics.sockets.WithLabelValues(c.endpoint).Inc()
	defer metrics.sockets.WithLabelValues(c.endpoint).Dec()
	ctx, end := b.live(s)
	defer end()
	s.reply(encode(welcome{Type: "connection_established", Timestamp: now(), Message: c.welcome}))
	writing := make(chan struct{})
	go func() { defer close(writing); s.writeReplies(ctx) }()
	go s.watch(ctx, b.o.PingEvery, b.o.IdleTimeout, end)
	// A client may send and close at once: its messages are read to the end, whatever becomes of the answers.
	var buffer []byte
	for {
		m, err := s.read(ctx, &buffer)
		if err != nil {
			break
		}
		select {
		case <-b.draining: // too late to promise anything: no answer means not taken
			<-ctx.Done()
			continue
		default:
		}
		if err := b.take(ctx, s, c, m); err != nil {
			break
		}
	}
	end()
	<-writing
}

// take handles one message. An error ends the connection; a bad message does not.
func (b *Bridge) take(ctx context.Context, s *socket, c *channel, m message) error {
	if m.length > len(m.data) {
		text := fmt.Sprintf("frame of %d bytes, at most %d are accepted; the connection stays open", m.length, MaxFrame)
		return b.refuse(ctx, s, c, m.data, reading.ScanIdentity(m.data), "frame_too_long", text, nil)
	}
	if !validText(m) {
		return b.refuse(ctx, s, c, m.data, reading.ScanIdentity(m.data), "invalid_utf8", "the message is not UTF-8 text", nil)
	}
	parser := parsers.Get().(*fastjson.Parser)
	defer parsers.Put(parser)
	root, err := parser.ParseBytes(m.data)
	if err != nil {
		return b.refuse(ctx, s, c, m.data, reading.ScanIdentity(m.data), "invalid_json", "the message is not JSON: "+jsonFault(m.data, err), nil)
	}
	if root.Type() != fastjson.TypeObject {
		return b.refuse(ctx, s, c, m.data, reading.Identity{}, "invalid_json", "the message is not a JSON object", nil)
	}
	kind := ""
	if t := root.Get("type"); t != nil && t.Type() != fastjson.TypeNull {
		text, err := t.StringBytes()
		if err != nil {
			return b.refuse(ctx, s, c, m.data, reading.IdentityOf(root), "unknown_type", "type is not text", nil)
		}
		kind = string(text)
	}
	if !c.types[kind] {
		return b.control(ctx, s, c, m, root, kind)
	}
	id, violations, err := c.submit(b, ctx, s, root)
	if err != nil {
		return err
	}
	if violations != nil {
		return b.refuse(ctx, s, c, m.data, id, "invalid_argument", reading.Summary(violations), violations)
	}
	return nil
}

// refuse answers with an error and keeps the message where it carries an identity.
func (b *Bridge) refuse(ctx context.Context, s *socket, c *channel, data []byte, id reading.Identity, code, text string, list []reading.Violation) error {
	metrics.received.WithLabelValues(c.endpoint, "refused").Inc()
	f := newFailure(code, text, id, list)
	if id.Known() && code != "unknown_type" {
		f.Status = "rejected"
		m := &ingestv1.RejectedMessage{
			ReceivedTime: timestamppb.Now(), Transport: "ws", Kind: c.kind, ProducerId: b.o.Name,
			DeviceId: id.DeviceID, SampleId: id.SampleID, CodeLot: id.CodeLot, Reason: text, Payload: reading.Keepable(data),
		}
		for _, v := range list {
			m.Violations = append(m.Violations, &ingestv1.Violation{Field: v.Field, Description: v.Description})
		}
		if len(list) == 0 {
			m.Violations = []*ingestv1.Violation{{Field: "message", Description: text}}
		}
		if err := b.rejects.Record(ctx, m); err != nil {
			return err
		}
	}
	s.reply(encode(f))
	return nil
}

// jsonFault says what is wrong without repeating the message.
func jsonFault(data []byte, err error) string {
	for _, token := range [][]byte{[]byte("NaN"), []byte("Infinity")} {
		if bytes.Contains(data, token) {
			return string(token) + " is not a JSON number"
		}
	}
	text := err.Error()
	if i := bytes.IndexByte([]byte(text), ';'); i > 0 {
		text = text[:i]
	}
	if len(text) > 120 {
		text = text[:120]
	}
	return text
}
