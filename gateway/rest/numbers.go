package rest

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"regexp"
	"strconv"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"egi/gateway/decimal"
)

// writtenNumber finds bodies that may hold a number with a comma or with groups of digits; others are not touched.
var writtenNumber = regexp.MustCompile(`"[^"\\]{0,20}\d([,]\d|[ \x{00A0}\x{202F}\x{2009}]\d{3})[^"\\]{0,20}"`)

// frenchNumbers takes "338,6" where a message has a measure, and names every bad field of a body that cannot be read. Fields that are text keep theirs, and a count has neither comma nor groups, as on the sockets.
type frenchNumbers struct{ runtime.Marshaler }

func (m frenchNumbers) Unmarshal(data []byte, v any) error {
	pointed := withPoints(data, v)
	return explain(pointed, v, m.Marshaler.Unmarshal(pointed, v))
}

func (m frenchNumbers) NewDecoder(r io.Reader) runtime.Decoder {
	return runtime.DecoderFunc(func(v any) error {
		data, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		pointed := withPoints(data, v)
		return explain(pointed, v, m.Marshaler.NewDecoder(bytes.NewReader(pointed)).Decode(v))
	})
}

// withPoints rewrites the numbers of a body that is read into v; the body itself when there is nothing to rewrite.
func withPoints(data []byte, v any) []byte {
	if !writtenNumber.Match(data) {
		return data
	}
	descriptor := descriptorOf(v)
	if descriptor == nil {
		return data
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var body any
	if decoder.Decode(&body) != nil || decoder.More() {
		return data // the reader of the message says what is wrong with it
	}
	out, err := json.Marshal(rewrite(body, descriptor))
	if err != nil {
		return data
	}
	return out
}

// descriptorOf is the type of the message that v is or points to; nil for anything else.
func descriptorOf(v any) protoreflect.MessageDescriptor {
	if m, ok := v.(proto.Message); ok {
		return m.ProtoReflect().Descriptor()
	}
	t := reflect.TypeOf(v)
	if t == nil || t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Pointer {
		return nil
	}
	if m, ok := reflect.New(t.Elem().Elem()).Interface().(proto.Message); ok {
		return m.ProtoReflect().Descriptor()
	}
	return nil
}

func rewrite(value any, d protoreflect.MessageDescriptor) any {
	fields, ok := value.(map[string]any)
	if !ok {
		return value
	}
	for key, inner := range fields {
		field := d.Fields().ByTextName(key)
		if field == nil {
			field = d.Fields().ByJSONName(key)
		}
		if field == nil || field.IsMap() {
			continue
		}
		if list, ok := inner.([]any); ok && field.IsList() {
			for i := range list {
				list[i] = rewriteField(list[i], field)
			}
			continue
		}
		fields[key] = rewriteField(inner, field)
	}
	return fields
}

func rewriteField(value any, field protoreflect.FieldDescriptor) any {
	switch field.Kind() {
	case protoreflect.DoubleKind, protoreflect.FloatKind:
		return point(value)
	case protoreflect.MessageKind:
		switch name := field.Message().FullName(); name {
		case "google.protobuf.DoubleValue", "google.protobuf.FloatValue":
			return point(value)
		default:
			if name.Parent() != "google.protobuf" {
				return rewrite(value, field.Message())
			}
		}
	}
	return value
}

// point turns "338,6" into 338.6 and leaves everything else, which the reader of the message then judges.
func point(value any) any {
	text, ok := value.(string)
	if !ok {
		return value
	}
	number, ok := decimal.Parse(text)
	if !ok {
		return value
	}
	return json.Number(strconv.FormatFloat(number, 'g', -1, 64))
}
