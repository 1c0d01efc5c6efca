package rest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/protobuf/proto"
)

// atLeastOne are the numbers that mean their default when they are left out: a zero that somebody wrote is a mistake.
var atLeastOne = []string{"limit", "hours", "min_samples", "periode"}

// queryParser tells every bad parameter of a query, each in the words of the server: `field: is "x", must be ...`.
type queryParser struct{ one runtime.DefaultQueryParser }

func (p *queryParser) Parse(msg proto.Message, values url.Values, filter *utilities.DoubleArray) error {
	var bad fieldErrors
	for key, texts := range values {
		if slices.Contains(atLeastOne, key) && texts[0] == "0" {
			bad = append(bad, FieldViolation{key, "is 0, must be at least 1"})
		} else if len(texts) > 1 && !isList(msg, key) {
			bad = append(bad, FieldViolation{key, fmt.Sprintf("is given %d times, must be given once", len(texts))})
		} else if err := p.one.Parse(msg, url.Values{key: withPointsInQuery(msg, key, texts)}, filter); err != nil {
			bad = append(bad, FieldViolation{key, fmt.Sprintf("is %s, must be %s", shown(texts[0]), expectation(msg, key))})
		}
	}
	if len(bad) == 0 {
		return nil
	}
	slices.SortFunc(bad, func(a, b FieldViolation) int { return strings.Compare(a.Field, b.Field) })
	return bad
}

// withPointsInQuery rewrites "338,6" where the parameter is a number, as bodies are read.
func withPointsInQuery(msg proto.Message, key string, texts []string) []string {
	field := msg.ProtoReflect().Descriptor().Fields().ByTextName(key)
	if field == nil {
		return texts
	}
	read := make([]string, len(texts))
	for i, text := range texts {
		read[i] = text
		if number, ok := rewriteField(text, field).(json.Number); ok {
			read[i] = number.String()
		}
	}
	return read
}

func isList(msg proto.Message, key string) bool {
	field := msg.ProtoReflect().Descriptor().Fields().ByTextName(key)
	return field != nil && field.IsList()
}

// expectation says what a parameter must be.
func expectation(msg proto.Message, key string) string {
	field := msg.ProtoReflect().Descriptor().Fields().ByTextName(key)
	if field == nil {
		return "what /docs says"
	}
	if wrapped := wrappedField(field); wrapped != nil {
		field = wrapped
	}
	return wanted(field)
}

// What the library says of a path that does not fit, e.g. /api/sqal/alerts/x/acknowledge.
var badPath = regexp.MustCompile(`^type mismatch, parameter: ([a-z0-9_.]+), error: `)

// violationsOf reads the bad fields of a message that the gateway made itself: generated handlers pass text only.
func violationsOf(message string) (string, []FieldViolation) {
	if m := badPath.FindStringSubmatch(message); m != nil {
		bad := fieldErrors{{m[1], "in the path must be a whole number"}}
		return bad.sentence(), bad
	}
	if bad, ok := fieldErrorsOf(message); ok {
		return bad.sentence(), bad
	}
	return message, []FieldViolation{}
}
