package ws

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/valyala/fastjson"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	qualityv1 "egi/gateway/gen/egi/quality/v1"
	"egi/gateway/ws/intake"
	"egi/gateway/ws/reading"
)

// control answers the messages of a device that are no readings. An unknown type is an error; the socket stays open.
func (b *Bridge) control(ctx context.Context, s *socket, c *channel, m message, root *fastjson.Value, kind string) error {
	id := reading.IdentityOf(root)
	switch kind {
	case "ping":
		s.reply(encode(simple{Type: "pong", Timestamp: now()}))
	case "esp32_hello":
		if id.DeviceID == "" {
			return b.refuse(ctx, s, c, m.data, id, "unknown_type", "esp32_hello without device_id", nil)
		}
		if c == sensors {
			b.intake.Heartbeat(&qualityv1.DeviceHeartbeat{
				DeviceId: id.DeviceID, FirmwareVersion: short(root, 50, "firmware"), Location: short(root, 100, "location"), DeviceTime: timestamppb.Now(),
			})
		}
		s.reply(encode(simple{Type: "hello_ack", DeviceID: id.DeviceID, Message: "welcome", Timestamp: now()}))
	case "heartbeat":
		if c == sensors && id.DeviceID != "" {
			b.intake.Heartbeat(heartbeat(root, id.DeviceID))
		}
		s.reply(encode(simple{Type: "heartbeat_ack", Timestamp: now()}))
	default:
		return b.refuse(ctx, s, c, m.data, id, "unknown_type", fmt.Sprintf("unknown message type %.40q; /asyncapi.json lists those of this socket", kind), nil)
	}
	metrics.received.WithLabelValues(c.endpoint, "control").Inc()
	return nil
}

// heartbeat reads what a heartbeat tells; it is never refused for a figure that is odd.
func heartbeat(root *fastjson.Value, device string) *qualityv1.DeviceHeartbeat {
	h := &qualityv1.DeviceHeartbeat{
		DeviceId: device, FirmwareVersion: short(root, 50, "firmware"), UptimeS: count(root, "uptime"),
		MeasurementsSent: count(root, "stats", "measurements_sent"), BufferSize: count(root, "buffer_size"), Location: short(root, 100, "location"),
		NackCount: count(root, "stats", "nack_count"), AcquisitionFailures: count(root, "stats", "acquisition_failures"),
		MeasurementsDropped: count(root, "stats", "measurements_dropped"), BootCount: count(root, "stats", "boot_count"),
	}
	if root.Get("buffer_size") == nil {
		h.BufferSize = count(root, "stats", "measurements_buffered")
	}
	if t, err := time.Parse(time.RFC3339Nano, string(root.GetStringBytes("timestamp"))); err == nil {
		h.DeviceTime = timestamppb.New(t)
	}
	return h
}

func count(root *fastjson.Value, path ...string) int32 {
	f := root.GetFloat64(path...)
	if !(f >= 0) {
		return 0
	}
	return int32(math.Min(f, math.MaxInt32))
}

func short(root *fastjson.Value, max int, path ...string) string {
	r := []rune(string(root.GetStringBytes(path...)))
	return string(r[:min(len(r), max)])
}

// refusal renders what the server refused, in the words of the sender: paths of the contract become those of the message.
func refusal(o intake.Outcome, id reading.Identity) failure {
	if o.Rejection == nil {
		f := newFailure("internal", o.Err.Error(), id, nil)
		f.Status = "rejected"
		return f
	}
	list := violationsOf(o.Rejection)
	text := o.Rejection.GetMessage()
	if len(list) > 0 {
		text = reading.Summary(list)
	}
	f := newFailure(codeName(codes.Code(o.Rejection.GetCode())), text, id, list)
	f.Status = "rejected"
	return f
}

func violationsOf(st *spb.Status) []reading.Violation {
	var list []reading.Violation
	for _, detail := range st.GetDetails() {
		bad := &errdetails.BadRequest{}
		if detail.UnmarshalTo(bad) != nil {
			continue
		}
		for _, v := range bad.FieldViolations {
			list = append(list, reading.Violation{Field: reading.SenderPath(v.Field), Description: v.Description})
		}
	}
	return list
}

var codeNames = map[codes.Code]string{
	codes.InvalidArgument: "invalid_argument", codes.AlreadyExists: "already_exists", codes.FailedPrecondition: "failed_precondition",
	codes.NotFound: "not_found", codes.ResourceExhausted: "resource_exhausted", codes.OutOfRange: "out_of_range", codes.Unavailable: "unavailable",
	codes.PermissionDenied: "permission_denied", codes.Aborted: "aborted",
}

func codeName(c codes.Code) string {
	if name, ok := codeNames[c]; ok {
		return name
	}
	return "internal"
}
