package rest

import (
	"encoding/json"
	"fmt"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
)

// problemSchema describes Problem.
func problemSchema() *openapi3.SchemaRef {
	text := func(d string) *openapi3.SchemaRef {
		return openapi3.NewSchemaRef("", &openapi3.Schema{Type: &openapi3.Types{"string"}, Description: d})
	}
	violation := openapi3.NewObjectSchema().WithPropertyRef("field", text("Path of the field.")).WithPropertyRef("description", text("What is wrong and what is expected."))
	list := openapi3.NewArraySchema().WithItems(violation)
	return openapi3.NewSchemaRef("", openapi3.NewObjectSchema().
		WithPropertyRef("type", text("Kind of problem, RFC 9457.")).WithPropertyRef("title", text("Name of the status.")).
		WithProperty("status", openapi3.NewIntegerSchema()).WithPropertyRef("detail", text("What went wrong and what to do.")).
		WithPropertyRef("message", text("The same as detail.")).WithPropertyRef("code", text("Word for programs, e.g. invalid_argument.")).
		WithProperty("details", list).WithProperty("errors", list).WithPropertyRef("reason", text("Reason given by the server.")).
		WithPropertyRef("trace_id", text("To be found in the logs.")))
}

// openAPI turns the generated OpenAPI 2 description into OpenAPI 3 and describes the errors as they are sent.
func openAPI(v2 []byte) ([]byte, error) {
	var old openapi2.T
	if err := json.Unmarshal(v2, &old); err != nil {
		return nil, fmt.Errorf("generated description: %w", err)
	}
	doc, err := openapi2conv.ToV3(&old)
	if err != nil {
		return nil, fmt.Errorf("convert to OpenAPI 3: %w", err)
	}
	doc.Info = &openapi3.Info{Title: "EGI", Version: "1", Description: "REST interface of EGI. Every path also answers with a trailing slash. Live data: see /asyncapi.json."}
	doc.Servers = openapi3.Servers{{URL: "/"}}
	doc.Components.Schemas["Problem"] = problemSchema()
	description := "An error (RFC 9457)."
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			op.Responses.Set("default", &openapi3.ResponseRef{Value: &openapi3.Response{
				Description: &description,
				Content:     openapi3.Content{"application/problem+json": {Schema: openapi3.NewSchemaRef("#/components/schemas/Problem", nil)}},
			}})
		}
	}
	if gavage := doc.Paths.Find("/api/gaveurs/gavage"); gavage != nil && gavage.Post != nil {
		gavage.Post.Responses.Set("201", gavage.Post.Responses.Value("200"))
	}
	return json.Marshal(doc)
}
