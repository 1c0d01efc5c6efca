package rest

import (
	"encoding/json"
	"fmt"
	"strings"

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

// exportDescription describes the export, which answers a file.
func exportDescription() *openapi3.PathItem {
	text := func(name, meaning string, values ...any) *openapi3.ParameterRef {
		schema := openapi3.NewStringSchema()
		schema.Enum = values
		return &openapi3.ParameterRef{Value: openapi3.NewQueryParameter(name).WithDescription(meaning).WithSchema(schema)}
	}
	ok := openapi3.NewResponse().WithDescription("The file, oldest sample first. The trailer Content-Digest (RFC 9530) holds its SHA-256, X-Egi-Rows its number of rows; a body that breaks off is not the whole file.").
		WithContent(openapi3.Content{"text/csv": openapi3.NewMediaType().WithSchema(openapi3.NewStringSchema()), "application/x-ndjson": openapi3.NewMediaType().WithSchema(openapi3.NewStringSchema())})
	return &openapi3.PathItem{Get: &openapi3.Operation{
		Tags: []string{"ExportService"}, OperationID: "ExportService_ExportSamples", Summary: "Writes stored samples out.",
		Parameters: openapi3.Parameters{text("format", "Default csv.", "csv", "ndjson"), text("start_time", "Start, inclusive; default 24 hours before end_time."),
			text("end_time", "End, exclusive; default now."), text("device_id", "Only this device."), text("lot", "Only this lot, id or code."),
			text("fields", "full adds the matrices. Default summary.", "summary", "full")},
		Responses: openapi3.NewResponses(openapi3.WithStatus(200, &openapi3.ResponseRef{Value: ok})),
	}}
}

// lotsExportDescription describes the export of lots, which answers a file.
func lotsExportDescription() *openapi3.PathItem {
	text := func(name, meaning string, values ...any) *openapi3.ParameterRef {
		schema := openapi3.NewStringSchema()
		schema.Enum = values
		return &openapi3.ParameterRef{Value: openapi3.NewQueryParameter(name).WithDescription(meaning).WithSchema(schema)}
	}
	file := openapi3.NewMediaType().WithSchema(openapi3.NewStringSchema())
	ok := openapi3.NewResponse().WithDescription("The file, by lot code, without personal data. The trailer Content-Digest (RFC 9530) holds its SHA-256, X-Egi-Rows its number of lots. Lots with a 28th meal have no room in a campaign layout and are left out: X-Egi-Left-Out-Count tells how many, X-Egi-Left-Out names the first 100; ndjson has them. A body that breaks off is not the whole file.").
		WithContent(openapi3.Content{"text/csv": file, "application/x-ndjson": file})
	return &openapi3.PathItem{Get: &openapi3.Operation{
		Tags: []string{"LotExportService"}, OperationID: "LotExportService_ExportLots", Summary: "Writes lots and their meals out.",
		Parameters: openapi3.Parameters{text("format", "Default campaign174.", "campaign174", "campaign199", "campaign100", "ndjson"),
			text("site_code", "Only this site.", "LL", "LS", "MT"), text("statut", "Only this state; default all but annule.", "en_preparation", "en_gavage", "termine", "abattu", "annule"),
			text("gaveur_id", "Only this feeder."), text("from", "First day of the lot from, YYYY-MM-DD."), text("to", "First day of the lot to, YYYY-MM-DD, inclusive.")},
		Responses: openapi3.NewResponses(openapi3.WithStatus(200, &openapi3.ResponseRef{Value: ok})),
	}}
}

// importDescription describes the upload of a campaign file.
func importDescription() *openapi3.Operation {
	text := func(d string, values ...any) *openapi3.SchemaRef {
		schema := openapi3.NewStringSchema()
		schema.Enum, schema.Description = values, d
		return openapi3.NewSchemaRef("", schema)
	}
	raw := openapi3.NewStringSchema()
	raw.Format, raw.Description = "binary", "The campaign file, at most 8 MiB."
	dry := openapi3.NewBoolSchema()
	dry.Description = "Check, compare and count; change nothing."
	options := []struct {
		name   string
		schema *openapi3.SchemaRef
	}{{"policy", text("all (default): one bad row and nothing is changed; per_row: bad rows are left out.", "all", "per_row")}, {"dry_run", openapi3.NewSchemaRef("", dry)},
		{"imported_by", text("Who imports, e.g. user:3.")}, {"file_name", text("Name of the file.")}}
	form := openapi3.NewObjectSchema().WithPropertyRef("file", openapi3.NewSchemaRef("", raw))
	form.Required = []string{"file"}
	parameters := openapi3.Parameters{}
	for _, option := range options {
		form.WithPropertyRef(option.name, option.schema)
		parameters = append(parameters, &openapi3.ParameterRef{Value: &openapi3.Parameter{Name: option.name, In: "query", Description: "For a file sent as the body itself. " + option.schema.Value.Description, Schema: option.schema}})
	}
	body := openapi3.NewRequestBody().WithRequired(true).WithContent(openapi3.Content{
		"multipart/form-data": openapi3.NewMediaType().WithSchema(form), "text/csv": openapi3.NewMediaType().WithSchema(raw)})
	taken := openapi3.NewResponse().WithDescription("The import that works on the file; the same file sent again while it is not finished answers the same import. Location names it.").
		WithContent(openapi3.NewContentWithJSONSchemaRef(openapi3.NewSchemaRef("#/components/schemas/v1Import", nil)))
	return &openapi3.Operation{
		Tags: []string{"ImportService"}, OperationID: "ImportService_CreateImport", Summary: "Begins the import of a campaign file.", Parameters: parameters,
		RequestBody: &openapi3.RequestBodyRef{Value: body}, Responses: openapi3.NewResponses(openapi3.WithStatus(202, &openapi3.ResponseRef{Value: taken})),
	}
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
	// Every call takes a token, and most answer without one.
	doc.Components.SecuritySchemes = openapi3.SecuritySchemes{"bearer": &openapi3.SecuritySchemeRef{Value: openapi3.NewJWTSecurityScheme()}}
	doc.Security = openapi3.SecurityRequirements{{}, {"bearer": []string{}}}
	doc.Paths.Set(exportPath, exportDescription())
	doc.Paths.Set(lotsExportPath, lotsExportDescription())
	for _, route := range duckRoutes {
		doc.Paths.Set(route.path, route.describe())
	}
	if imports := doc.Paths.Find(importPath); imports != nil {
		imports.Post = importDescription()
	}
	description := "An error (RFC 9457)."
	for _, item := range doc.Paths.Map() {
		for _, op := range item.Operations() {
			op.Responses.Set("default", &openapi3.ResponseRef{Value: &openapi3.Response{
				Description: &description,
				Content:     openapi3.Content{"application/problem+json": {Schema: openapi3.NewSchemaRef("#/components/schemas/Problem", nil)}},
			}})
		}
	}
	if overview := doc.Components.Schemas["v1GetOverviewResponse"]; overview != nil {
		cards := overview.Value.Properties["dashboard_metrics"].Ref
		delete(overview.Value.Properties, "dashboard_metrics")
		for name, card := range doc.Components.Schemas[strings.TrimPrefix(cards, "#/components/schemas/")].Value.Properties {
			overview.Value.Properties[name] = card
		}
	}
	for _, path := range []string{"/api/gaveurs/gavage", "/api/lots", "/api/gaveurs", "/api/accounts", "/api/euralis/finance/prix", "/api/euralis/abattages/creneaux"} {
		if item := doc.Paths.Find(path); item != nil && item.Post != nil {
			item.Post.Responses.Set("201", item.Post.Responses.Value("200"))
		}
	}
	return json.Marshal(doc)
}
