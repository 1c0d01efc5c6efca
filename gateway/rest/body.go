package rest

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"google.golang.org/protobuf/reflect/protoreflect"
)

// fieldErrors are bad fields that the gateway found itself. Generated handlers pass the text of an error only, so the text carries them to newProblem.
type fieldErrors []FieldViolation

const fieldErrorsMark = "\x00fields\x00"

func (f fieldErrors) Error() string {
	text, err := json.Marshal([]FieldViolation(f))
	if err != nil {
		return f.sentence()
	}
	return fieldErrorsMark + string(text)
}

// sentence names every field with what is wrong.
func (f fieldErrors) sentence() string {
	parts := make([]string, len(f))
	for i, v := range f {
		parts[i] = v.Field + ": " + v.Description
	}
	return strings.Join(parts, "; ")
}

// fieldErrorsOf reads what Error wrote.
func fieldErrorsOf(message string) (fieldErrors, bool) {
	text, found := strings.CutPrefix(message, fieldErrorsMark)
	var f fieldErrors
	if !found || json.Unmarshal([]byte(text), &f) != nil {
		return nil, false
	}
	return f, true
}

// explain says what is wrong with a body that could not be read into v: every bad field, as the body spells it. `err` is what the library says of the first.
func explain(data []byte, v any, err error) error {
	if err == nil || errors.Is(err, io.EOF) && len(bytes.TrimSpace(data)) == 0 {
		return err
	}
	d := descriptorOf(v)
	if d == nil {
		return err
	}
	if !utf8.Valid(data) {
		return errors.New("the body is not UTF-8 (perhaps Windows-1252); send it as UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var body any
	if bad := decoder.Decode(&body); bad != nil {
		var syntax *json.SyntaxError
		if errors.As(bad, &syntax) {
			return fmt.Errorf("the body is not JSON: %s at byte %d", syntax, syntax.Offset)
		}
		return errors.New("the body is not JSON: it breaks off")
	}
	if _, ok := body.(map[string]any); !ok {
		return fmt.Errorf("the body is %s, must be a JSON object", kindOf(body))
	}
	if bad := judge(body, d, ""); len(bad) > 0 {
		return bad
	}
	return errors.New("the body cannot be read: a field is given twice, or two that exclude each other; /docs lists them")
}

// kindOf names what a JSON value is, without telling the value: it may be personal.
func kindOf(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "true or false"
	case json.Number:
		return "a number"
	case string:
		return "a text"
	case []any:
		return "a list"
	}
	return "an object"
}

// shown is what a value is, or the value itself where a number, a time or the like was asked for.
func shown(value any) string {
	switch value := value.(type) {
	case string:
		if runes := []rune(value); len(runes) > 40 {
			return fmt.Sprintf("%q...", string(runes[:40]))
		}
		return strconv.Quote(value)
	case json.Number:
		return value.String()
	case bool:
		return strconv.FormatBool(value)
	}
	return kindOf(value)
}

// judge names every field of `value` that a message of type d does not take.
func judge(value any, d protoreflect.MessageDescriptor, path string) fieldErrors {
	fields, ok := value.(map[string]any)
	if !ok {
		return fieldErrors{{path, "is " + kindOf(value) + ", must be an object"}}
	}
	var bad fieldErrors
	given := map[protoreflect.FullName]string{}
	for _, key := range sortedKeys(fields) {
		at := key
		if path != "" {
			at = path + "." + key
		}
		field := d.Fields().ByTextName(key)
		if field == nil {
			field = d.Fields().ByJSONName(key)
		}
		if field == nil {
			bad = append(bad, FieldViolation{at, "is not a field here; " + fieldsOf(d)})
			continue
		}
		if fields[key] == nil {
			continue // as if it were left out
		}
		group := field.FullName()
		if one := field.ContainingOneof(); one != nil && !one.IsSynthetic() {
			group = one.FullName()
		}
		if other, twice := given[group]; twice {
			bad = append(bad, FieldViolation{at, "is given together with " + other + ", must be given without it"})
			continue
		}
		given[group] = key
		bad = append(bad, judgeField(fields[key], field, at)...)
	}
	return bad
}

func sortedKeys(fields map[string]any) []string {
	keys := make([]string, 0, len(fields))
	for key := range fields {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// fieldsOf lists the fields of a message, where they are few.
func fieldsOf(d protoreflect.MessageDescriptor) string {
	if d.Fields().Len() == 0 {
		return "no field is taken"
	}
	if d.Fields().Len() > 30 {
		return "/docs lists the fields"
	}
	names := make([]string, d.Fields().Len())
	for i := range names {
		names[i] = d.Fields().Get(i).TextName()
	}
	return "the fields are " + strings.Join(names, ", ")
}

func judgeField(value any, field protoreflect.FieldDescriptor, path string) fieldErrors {
	switch {
	case field.IsMap():
		entries, ok := value.(map[string]any)
		if !ok {
			return fieldErrors{{path, "is " + kindOf(value) + ", must be an object"}}
		}
		var bad fieldErrors
		for _, key := range sortedKeys(entries) {
			bad = append(bad, judgeOne(entries[key], field.MapValue(), path+"."+key)...)
		}
		return bad
	case field.IsList():
		list, ok := value.([]any)
		if !ok {
			return fieldErrors{{path, "is " + kindOf(value) + ", must be a list"}}
		}
		var bad fieldErrors
		for i, each := range list {
			bad = append(bad, judgeOne(each, field, fmt.Sprintf("%s[%d]", path, i))...)
		}
		return bad
	}
	return judgeOne(value, field, path)
}

// judgeOne judges one value: not the list or map it stands in.
func judgeOne(value any, field protoreflect.FieldDescriptor, path string) fieldErrors {
	if field.Kind() == protoreflect.MessageKind {
		if field.Message().FullName().Parent() != "google.protobuf" {
			return judge(value, field.Message(), path)
		}
		if wrapped := wrappedField(field); wrapped != nil {
			return judgeOne(value, wrapped, path)
		}
	}
	if takes(value, field) {
		return nil
	}
	is, must := shown(value), wanted(field)
	if number, ok := toNumber(value); ok && must == wholeNumber && number == math.Trunc(number) {
		must = "a whole number of at most 32 bits" // 64 bits are not in the REST interface
	}
	if field.Kind() == protoreflect.StringKind || field.Kind() == protoreflect.BytesKind {
		is = kindOf(value)
	}
	return fieldErrors{{path, "is " + is + ", must be " + must}}
}

// wrappedField is the field inside google.protobuf.DoubleValue and its like; nil for every other field.
func wrappedField(field protoreflect.FieldDescriptor) protoreflect.FieldDescriptor {
	if field.Kind() != protoreflect.MessageKind || field.Message().FullName().Parent() != "google.protobuf" || field.Message().Fields().Len() != 1 {
		return nil
	}
	inner := field.Message().Fields().ByName("value")
	if inner == nil || inner.Kind() == protoreflect.MessageKind {
		return nil
	}
	return inner
}

// takes tells whether a JSON value is one of the type of a field that is no message of ours.
func takes(value any, field protoreflect.FieldDescriptor) bool {
	text, isText := value.(string)
	switch field.Kind() {
	case protoreflect.BoolKind:
		_, ok := value.(bool)
		return ok
	case protoreflect.StringKind:
		return isText
	case protoreflect.BytesKind:
		if !isText {
			return false
		}
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
			if _, err := encoding.DecodeString(text); err == nil {
				return true
			}
		}
		return false
	case protoreflect.EnumKind:
		if isText {
			return field.Enum().Values().ByName(protoreflect.Name(text)) != nil
		}
		return isWhole(value, math.MinInt32, math.MaxInt32)
	case protoreflect.DoubleKind, protoreflect.FloatKind:
		if isText && slices.Contains([]string{"NaN", "Infinity", "-Infinity"}, text) {
			return true
		}
		number, ok := toNumber(value)
		limit := math.MaxFloat64
		if field.Kind() == protoreflect.FloatKind {
			limit = math.MaxFloat32
		}
		return ok && math.Abs(number) <= limit
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return isWhole(value, math.MinInt32, math.MaxInt32)
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return isWhole(value, 0, math.MaxUint32)
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		return isWhole(value, math.MinInt64, math.MaxInt64)
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return isWhole(value, 0, math.MaxUint64)
	case protoreflect.MessageKind:
		switch field.Message().FullName() {
		case "google.protobuf.Timestamp":
			_, err := time.Parse(time.RFC3339Nano, text)
			return isText && err == nil
		case "google.protobuf.Struct":
			_, ok := value.(map[string]any)
			return ok
		case "google.protobuf.ListValue":
			_, ok := value.([]any)
			return ok
		}
	}
	return true
}

// toNumber reads a number, also one written as text, as protobuf's JSON does.
func toNumber(value any) (float64, bool) {
	number, ok := value.(json.Number)
	if text, isText := value.(string); isText {
		var read any
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		if text != strings.TrimSpace(text) || decoder.Decode(&read) != nil || decoder.More() {
			return 0, false
		}
		number, ok = read.(json.Number)
	}
	if !ok {
		return 0, false
	}
	parsed, err := number.Float64()
	return parsed, err == nil
}

func isWhole(value any, least, greatest float64) bool {
	number, ok := toNumber(value)
	return ok && number == math.Trunc(number) && number >= least && number <= greatest
}

const wholeNumber = "a whole number"

// wanted says what a field must be.
func wanted(field protoreflect.FieldDescriptor) string {
	switch field.Kind() {
	case protoreflect.BoolKind:
		return "true or false"
	case protoreflect.StringKind:
		return "a text"
	case protoreflect.BytesKind:
		return "a text in base64"
	case protoreflect.DoubleKind, protoreflect.FloatKind:
		return "a number"
	case protoreflect.EnumKind:
		names := make([]string, field.Enum().Values().Len())
		for i := range names {
			names[i] = string(field.Enum().Values().Get(i).Name())
		}
		return "one of " + strings.Join(names, ", ")
	case protoreflect.MessageKind:
		switch field.Message().FullName() {
		case "google.protobuf.Timestamp":
			return "a time with its zone (RFC 3339), e.g. 2026-02-03T09:00:00Z"
		case "google.protobuf.ListValue":
			return "a list"
		}
		return "an object"
	}
	return wholeNumber
}
