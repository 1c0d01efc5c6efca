package feed

import (
	"encoding/json"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	qualityv1 "egi/gateway/gen/egi/quality/v1"
)

// appendString appends a JSON string.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || n > 1 {
				i += n
				continue
			}
		}
		b = append(b, s[start:i]...)
		switch {
		case c == '"' || c == '\\':
			b = append(b, '\\', c)
		case c >= utf8.RuneSelf:
			b = append(b, `\ufffd`...)
		default:
			b = append(b, '\\', 'u', '0', '0', "0123456789abcdef"[c>>4], "0123456789abcdef"[c&15])
		}
		i++
		start = i
	}
	return append(append(b, s[start:]...), '"')
}

// AppendTime appends an RFC 3339 UTC time with milliseconds, as a JSON string.
func AppendTime(b []byte, t time.Time) []byte {
	b = append(b, '"')
	b = t.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
	return append(b, '"')
}

func appendStamp(b []byte, t *timestamppb.Timestamp) []byte {
	if t == nil {
		return append(b, "null"...)
	}
	return AppendTime(b, t.AsTime())
}

func appendFloat(b []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(b, "null"...)
	}
	if f == math.Trunc(f) && math.Abs(f) < 1e15 {
		return strconv.AppendInt(b, int64(f), 10)
	}
	return strconv.AppendFloat(b, f, 'g', -1, 64)
}

func appendFloat32(b []byte, f float32) []byte {
	if t := int32(f); float32(t) == f && t > -1<<24 && t < 1<<24 {
		return strconv.AppendInt(b, int64(t), 10)
	}
	if f != f || math.IsInf(float64(f), 0) {
		return append(b, "null"...)
	}
	// One decimal is what the sensor resolves and what most devices send.
	if tenths := math.Round(float64(f) * 10); math.Abs(tenths) < 1e6 && float32(tenths/10) == f {
		n := int64(tenths)
		if n < 0 {
			b = append(b, '-')
			n = -n
		}
		b = strconv.AppendInt(b, n/10, 10)
		return append(b, '.', byte('0'+n%10))
	}
	return strconv.AppendFloat(b, float64(f), 'g', -1, 32)
}

// appendMatrix appends 64 values as 8 rows; null when there are none.
func appendMatrix(b []byte, m []float32) []byte {
	if len(m) != 64 {
		return append(b, "null"...)
	}
	for i, f := range m {
		switch {
		case i == 0:
			b = append(b, '[', '[')
		case i%8 == 0:
			b = append(b, ']', ',', '[')
		default:
			b = append(b, ',')
		}
		b = appendFloat32(b, f)
	}
	return append(b, ']', ']')
}

func appendIntMatrix(b []byte, m []int32) []byte {
	if len(m) != 64 {
		return append(b, "null"...)
	}
	for i, n := range m {
		switch {
		case i == 0:
			b = append(b, '[', '[')
		case i%8 == 0:
			b = append(b, ']', ',', '[')
		default:
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return append(b, ']', ']')
}

// object appends members; the first needs no comma.
type object struct {
	b     []byte
	empty bool
}

func begin(b []byte) object { return object{append(b, '{'), true} }

func (o *object) key(k string) {
	if !o.empty {
		o.b = append(o.b, ',')
	}
	o.empty = false
	o.b = append(o.b, '"')
	o.b = append(o.b, k...)
	o.b = append(o.b, '"', ':')
}

func (o *object) str(k, v string)         { o.key(k); o.b = appendString(o.b, v) }
func (o *object) num(k string, v float64) { o.key(k); o.b = appendFloat(o.b, v) }
func (o *object) num32(k string, v float32) {
	o.key(k)
	o.b = appendFloat32(o.b, v)
}
func (o *object) int(k string, v int32) { o.key(k); o.b = strconv.AppendInt(o.b, int64(v), 10) }
func (o *object) bool(k string, v bool) { o.key(k); o.b = strconv.AppendBool(o.b, v) }
func (o *object) stamp(k string, t *timestamppb.Timestamp) {
	o.key(k)
	o.b = appendStamp(o.b, t)
}

// strOrNull writes null for the empty string.
func (o *object) strOrNull(k, v string) {
	o.key(k)
	if v == "" {
		o.b = append(o.b, "null"...)
		return
	}
	o.b = appendString(o.b, v)
}

// intOrNull writes null for zero.
func (o *object) intOrNull(k string, v int32) {
	o.key(k)
	if v == 0 {
		o.b = append(o.b, "null"...)
		return
	}
	o.b = strconv.AppendInt(o.b, int64(v), 10)
}

func (o *object) opt(k string, v *float64) {
	o.key(k)
	if v == nil {
		o.b = append(o.b, "null"...)
		return
	}
	o.b = appendFloat(o.b, *v)
}

func (o *object) structure(k string, s *structpb.Struct) {
	o.key(k)
	if s == nil {
		o.b = append(o.b, '{', '}')
		return
	}
	text, err := json.Marshal(s.AsMap())
	if err != nil {
		text = []byte("{}")
	}
	o.b = append(o.b, text...)
}

// detail writes one block of details, {} when the device did not send it.
func (o *object) detail(k string, s *structpb.Struct) {
	o.structure(k, s.GetFields()[k].GetStructValue())
}

func (o *object) breakdown(k string, m map[string]float64) {
	o.key(k)
	text, err := json.Marshal(m)
	if err != nil || m == nil {
		text = []byte("{}")
	}
	o.b = append(o.b, text...)
}

func (o *object) defects(k string, list []*qualityv1.Defect) {
	o.key(k)
	o.b = append(o.b, '[')
	for i, d := range list {
		if i > 0 {
			o.b = append(o.b, ',')
		}
		item := begin(o.b)
		item.str("type", d.Type)
		item.key("pos")
		item.b = append(item.b, '[')
		item.b = strconv.AppendInt(item.b, int64(d.Y), 10)
		item.b = append(item.b, ',')
		item.b = strconv.AppendInt(item.b, int64(d.X), 10)
		item.b = append(item.b, ']')
		item.int("x", d.X)
		item.int("y", d.Y)
		item.num("severity", d.Severity)
		item.str("description", d.Description)
		o.b = item.end()
	}
	o.b = append(o.b, ']')
}

func (o *object) end() []byte { return append(o.b, '}') }
