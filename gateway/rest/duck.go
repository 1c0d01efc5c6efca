package rest

import (
	"fmt"
	"net/http"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
)

// duckRoute is a route of the feeders' front end that asks for one bird. EGI follows lots (docs/adr/0260-no-data-of-single-ducks.md).
type duckRoute struct {
	path, kept, reason string
	use                []string
}

var duckRoutes = []duckRoute{
	{"/api/gavage/canard/{id}", "Meals are", "MEALS_ARE_KEPT_PER_LOT", []string{"GET /api/lots/{lot}/historique", "GET /api/gavage/gaveur/{gaveur_id}", "POST /api/lots/gavage"}},
	{"/api/corrections/canard/{id}", "Corrections are", "CORRECTIONS_ARE_KEPT_PER_LOT", []string{"GET /api/courbes/corrections/gaveur/{gaveur_id}", "GET /api/corrections/gaveur/{gaveur_id}/stats"}},
}

// refuse answers that there is nothing about one bird, and where the same is told of lots.
func (d duckRoute) refuse(w http.ResponseWriter, r *http.Request, params map[string]string) {
	p := plain(http.StatusNotFound, "not_found", fmt.Sprintf("no data of duck %.20q: %s kept per lot; use %s", params["id"], lowerFirst(d.kept), listOf(d.use)))
	p.Reason = d.reason
	p.write(w, r)
}

func lowerFirst(text string) string { return string(text[0]|0x20) + text[1:] }

// listOf is "a, b or c".
func listOf(words []string) string {
	text := words[0]
	for i, word := range words[1:] {
		separator := ", "
		if i == len(words)-2 {
			separator = " or "
		}
		text += separator + word
	}
	return text
}

func (d duckRoute) register(mux *runtime.ServeMux) error {
	if err := mux.HandlePath(http.MethodGet, d.path, d.refuse); err != nil {
		return fmt.Errorf("register %s: %w", d.path, err)
	}
	return nil
}

// describe is its entry in the description of the interface.
func (d duckRoute) describe() *openapi3.PathItem {
	missing := openapi3.NewResponse().WithDescription("Always: " + lowerFirst(d.kept) + " kept per lot. The problem names the routes to use.").
		WithContent(openapi3.Content{"application/problem+json": {Schema: openapi3.NewSchemaRef("#/components/schemas/Problem", nil)}})
	return &openapi3.PathItem{Get: &openapi3.Operation{
		Tags: []string{"Compatibility"}, Summary: d.kept + " kept per lot: use " + listOf(d.use) + ".",
		Parameters: openapi3.Parameters{{Value: openapi3.NewPathParameter("id").WithDescription("A duck.").WithSchema(openapi3.NewStringSchema())}},
		Responses:  openapi3.NewResponses(openapi3.WithStatus(404, &openapi3.ResponseRef{Value: missing})),
	}}
}
