package ws

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/valyala/fastjson"

	"egi/gateway/ws/feed"
	"egi/gateway/ws/reading"
)

// readControls reads what a dashboard sends until the socket ends.
func (v *viewer) readControls(ctx context.Context) {
	var parser fastjson.Parser
	var buffer []byte
	for {
		m, err := v.read(ctx, &buffer)
		if err != nil {
			return
		}
		if m.length > len(m.data) {
			v.fail("frame_too_long", fmt.Sprintf("frame of %d bytes, at most %d are accepted", m.length, MaxFrame))
			continue
		}
		if !validText(m) {
			v.fail("invalid_utf8", "the message is not UTF-8 text")
			continue
		}
		root, err := parser.ParseBytes(m.data)
		if err != nil || root.Type() != fastjson.TypeObject {
			v.fail("invalid_json", "the message is not a JSON object")
			continue
		}
		v.control(ctx, string(root.GetStringBytes("type")), root)
	}
}

func (v *viewer) fail(code, text string) {
	metrics.received.WithLabelValues(v.endpoint, "refused").Inc()
	v.reply(encode(newFailure(code, text, reading.Identity{}, nil)))
}

type subscribed struct {
	Type      string            `json:"type"`
	Timestamp string            `json:"timestamp"`
	Filters   map[string]string `json:"filters"`
}

func (v *viewer) control(ctx context.Context, kind string, root *fastjson.Value) {
	switch kind {
	case "heartbeat":
		v.reply(encode(simple{Type: "heartbeat_ack", Timestamp: now()}))
	case "ping":
		v.reply(encode(simple{Type: "pong", Timestamp: now()}))
	case "pong": // the answer to our own ping; reading it was the point
	case "subscribe":
		if v.endpoint != "realtime" {
			v.fail("unknown_type", "this socket has no filters; /ws/realtime/ has")
			return
		}
		v.subscribe(ctx, root.Get("filters"))
	case "unsubscribe":
		w := *v.wanted.Load()
		w.paused = true
		v.wanted.Store(&w)
		v.reply(encode(simple{Type: "unsubscribe_ack", Timestamp: now()}))
	default:
		v.fail("unknown_type", fmt.Sprintf("unknown message type %.40q; /asyncapi.json lists those of this socket", kind))
		return
	}
	metrics.received.WithLabelValues(v.endpoint, "control").Inc()
}

// subscribe replaces the filter; every bad criterion is named and then nothing changes.
func (v *viewer) subscribe(ctx context.Context, filters *fastjson.Value) {
	var f feed.Filter
	set := map[string]string{}
	var faults []string
	for _, name := range feed.Names {
		c := filters.Get(name)
		if c == nil || c.Type() == fastjson.TypeNull {
			continue
		}
		var text string
		switch c.Type() {
		case fastjson.TypeString:
			text = string(c.GetStringBytes())
		case fastjson.TypeNumber:
			text = strconv.FormatFloat(c.GetFloat64(), 'f', -1, 64)
		default:
			faults = append(faults, name+" is neither text nor a number")
			continue
		}
		if err := f.Set(name, text); err != nil {
			faults = append(faults, err.Error())
			continue
		}
		set[name] = text
	}
	if len(faults) == 0 {
		if err := v.bridge.nameLot(ctx, &f); err != nil {
			faults = append(faults, err.Error())
		}
	}
	if len(faults) > 0 {
		v.fail("invalid_argument", "validation: "+strings.Join(faults, "; "))
		return
	}
	v.wanted.Store(&wanted{filter: f})
	v.reply(encode(subscribed{"subscribe_ack", now(), set}))
}
