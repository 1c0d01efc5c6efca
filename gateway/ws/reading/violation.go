// Package reading turns the JSON that devices and feeding clients send into the messages of the contract. It is tolerant
// of the two layouts of a sample and of key spellings, and strict about values: nothing is clamped, guessed or dropped in silence.
package reading

import (
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fastjson"

	"egi/gateway/decimal"
)

// A Violation is one field of a refused message and what is wrong with it.
type Violation struct {
	Field       string
	Description string
}

// Identity is what can be told about the origin of a message; it is the only part of a message that is ever echoed.
type Identity struct {
	DeviceID string
	SampleID string
	CodeLot  string
}

// Known reports whether the message can be attributed to anybody.
func (i Identity) Known() bool { return i.DeviceID != "" || i.SampleID != "" || i.CodeLot != "" }

// Summary is one sentence with every violation, in the order of the message.
func Summary(violations []Violation) string {
	parts := make([]string, len(violations))
	for i, v := range violations {
		parts[i] = v.Field + " " + v.Description
	}
	return "validation: " + strings.Join(parts, "; ")
}

// maxViolations bounds one answer: a frame of text where 192 numbers belong needs no 192 sentences.
const maxViolations = 40

// collector reads fields and remembers every violation.
type collector struct {
	violations []Violation
	omitted    int
	// written: people type these messages, so a number may come as text with a decimal comma.
	written bool
}

func (c *collector) add(field, description string) {
	if len(c.violations) >= maxViolations {
		c.omitted++
		return
	}
	c.violations = append(c.violations, Violation{field, description})
}

func (c *collector) result() []Violation {
	if c.omitted > 0 {
		return append(c.violations, Violation{"message", "has " + strconv.Itoa(c.omitted) + " further violations"})
	}
	return c.violations
}

// get finds a key as written, then in any case; JSON null counts as absent.
func get(parent *fastjson.Value, key string) *fastjson.Value {
	if parent == nil || parent.Type() != fastjson.TypeObject {
		return nil
	}
	v := parent.Get(key)
	if v == nil {
		o, _ := parent.Object()
		o.Visit(func(k []byte, candidate *fastjson.Value) {
			if v == nil && len(k) == len(key) && strings.EqualFold(string(k), key) {
				v = candidate
			}
		})
	}
	if v != nil && v.Type() == fastjson.TypeNull {
		return nil
	}
	return v
}

func first(parent *fastjson.Value, keys ...string) (*fastjson.Value, string) {
	for _, key := range keys {
		if v := get(parent, key); v != nil {
			return v, key
		}
	}
	return nil, keys[0]
}

// join builds the path of a field as the sender wrote it.
func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func typeName(v *fastjson.Value) string {
	switch v.Type() {
	case fastjson.TypeString:
		return "text"
	case fastjson.TypeObject:
		return "an object"
	case fastjson.TypeArray:
		return "a list"
	case fastjson.TypeTrue, fastjson.TypeFalse:
		return "a boolean"
	case fastjson.TypeNull:
		return "null"
	}
	return "a number"
}

// finite returns the number in v; ok is false for anything else, NaN and infinities included.
func finite(v *fastjson.Value) (float64, bool) {
	if v.Type() != fastjson.TypeNumber {
		return 0, false
	}
	f, err := v.Float64()
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, false
	}
	return f, true
}

func span(lo, hi float64) string {
	return strconv.FormatFloat(lo, 'f', -1, 64) + ".." + strconv.FormatFloat(hi, 'f', -1, 64)
}

func notANumber(v *fastjson.Value) string {
	if v.Type() == fastjson.TypeNumber {
		return "is not a finite number"
	}
	return "is " + typeName(v) + ", a number is expected"
}

// number reads a number in [lo, hi] under the first of keys that is present.
func (c *collector) number(parent *fastjson.Value, path string, lo, hi float64, required bool, keys ...string) *float64 {
	v, key := first(parent, keys...)
	if v == nil {
		if required {
			c.add(join(path, key), "is missing, a number is expected")
		}
		return nil
	}
	f, ok := finite(v)
	if text, err := v.StringBytes(); !ok && c.written && err == nil {
		if f, ok = decimal.Parse(string(text)); !ok {
			c.add(join(path, key), "is text that is not a number, write 338.6 or \"338,6\"")
			return nil
		}
	}
	if !ok {
		c.add(join(path, key), notANumber(v))
		return nil
	}
	if f < lo || f > hi {
		c.add(join(path, key), "is "+strconv.FormatFloat(f, 'g', -1, 64)+", expected "+span(lo, hi))
		return nil
	}
	return &f
}

// integer reads a whole number in [lo, hi].
func (c *collector) integer(parent *fastjson.Value, path string, lo, hi float64, required bool, keys ...string) *int32 {
	written := c.written
	c.written = false // a count has no comma
	f := c.number(parent, path, lo, hi, required, keys...)
	c.written = written
	if f == nil {
		return nil
	}
	if *f != math.Trunc(*f) {
		_, key := first(parent, keys...)
		c.add(join(path, key), "is "+strconv.FormatFloat(*f, 'g', -1, 64)+", a whole number is expected")
		return nil
	}
	i := int32(*f)
	return &i
}

// text reads a string of at most max characters.
func (c *collector) text(parent *fastjson.Value, path string, max int, required bool, keys ...string) string {
	v, key := first(parent, keys...)
	if v == nil {
		if required {
			c.add(join(path, key), "is missing, text is expected")
		}
		return ""
	}
	if v.Type() != fastjson.TypeString {
		c.add(join(path, key), "is "+typeName(v)+", text is expected")
		return ""
	}
	b, _ := v.StringBytes()
	s := string(b)
	if required && s == "" {
		c.add(join(path, key), "is empty")
	}
	if len([]rune(s)) > max {
		c.add(join(path, key), "has more than "+strconv.Itoa(max)+" characters")
		return ""
	}
	return s
}

// boolean reads true or false.
func (c *collector) boolean(parent *fastjson.Value, path string, required bool, key string) *bool {
	v := get(parent, key)
	if v == nil {
		if required {
			c.add(join(path, key), "is missing, true or false is expected")
		}
		return nil
	}
	b, err := v.Bool()
	if err != nil {
		c.add(join(path, key), "is "+typeName(v)+", true or false is expected")
		return nil
	}
	return &b
}

// object returns the object under key, or reports that it is missing.
func (c *collector) object(parent *fastjson.Value, path, key string) *fastjson.Value {
	v := get(parent, key)
	if v == nil {
		c.add(join(path, key), "is missing, an object is expected")
		return nil
	}
	if v.Type() != fastjson.TypeObject {
		c.add(join(path, key), "is "+typeName(v)+", an object is expected")
		return nil
	}
	return v
}

// timeLayouts: RFC 3339, and the ISO form without zone that Python's isoformat() writes, read as UTC.
var timeLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00"}

func (c *collector) time(parent *fastjson.Value, path, key string) time.Time {
	s := c.text(parent, path, 40, true, key)
	if s == "" {
		return time.Time{}
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			if t.Year() < 1 || t.Year() > 9999 {
				break
			}
			return t.UTC()
		}
	}
	c.add(join(path, key), "is not a time, RFC 3339 such as 2026-02-03T09:12:44.250Z is expected")
	return time.Time{}
}
