package rest

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	feedingv1 "egi/gateway/gen/egi/feeding/v1"
	qualityv1 "egi/gateway/gen/egi/quality/v1"
)

// The paths that answer a file, which the generated handlers cannot.
const (
	exportPath     = "/api/sqal/export/samples"
	lotsExportPath = "/api/exports/lots"
)

// fileSummary is what the last piece of a file tells.
type fileSummary interface {
	GetSha256() string
	GetRows() int64
}

// fileChunk is a piece of a file, or its summary.
type fileChunk[S fileSummary] interface {
	GetData() []byte
	GetSummary() S
}

// fileOf is the name and the media type of an export.
type fileOf struct{ name, kind string }

// exportSamples streams samples.
func exportSamples(mux *runtime.ServeMux, conn *grpc.ClientConn) runtime.HandlerFunc {
	client := qualityv1.NewExportServiceClient(conn)
	return func(w http.ResponseWriter, r *http.Request, _ map[string]string) {
		_, marshaler := runtime.MarshalerForRequest(mux, r)
		fail := func(err error) { writeError(r.Context(), mux, marshaler, w, r, err) }
		var request qualityv1.ExportSamplesRequest
		if err := runtime.PopulateQueryParameters(&request, r.URL.Query(), utilities.NewDoubleArray(nil)); err != nil {
			fail(status.Error(codes.InvalidArgument, err.Error()))
			return
		}
		stream, err := client.ExportSamples(callContext(r), &request)
		if err != nil {
			fail(err)
			return
		}
		file := fileOf{"samples.csv", "text/csv; charset=utf-8"}
		if request.Format == "ndjson" {
			file = fileOf{"samples.ndjson", "application/x-ndjson"}
		}
		answerFile(w, file, stream.Recv, fail)
	}
}

// exportLots streams lots with their meals.
func exportLots(mux *runtime.ServeMux, conn *grpc.ClientConn) runtime.HandlerFunc {
	client := feedingv1.NewLotExportServiceClient(conn)
	return func(w http.ResponseWriter, r *http.Request, _ map[string]string) {
		_, marshaler := runtime.MarshalerForRequest(mux, r)
		fail := func(err error) { writeError(r.Context(), mux, marshaler, w, r, err) }
		var request feedingv1.ExportLotsRequest
		if err := runtime.PopulateQueryParameters(&request, r.URL.Query(), utilities.NewDoubleArray(nil)); err != nil {
			fail(status.Error(codes.InvalidArgument, err.Error()))
			return
		}
		stream, err := client.ExportLots(callContext(r), &request)
		if err != nil {
			fail(err)
			return
		}
		file := fileOf{"lots_gavage.csv", "text/csv; charset=windows-1252"}
		switch request.Format {
		case "campaign100":
			file.kind = "text/csv; charset=utf-8"
		case "ndjson":
			file = fileOf{"lots_gavage.ndjson", "application/x-ndjson"}
		}
		answerFile(w, file, stream.Recv, fail)
	}
}

// answerFile streams a file and ends it with its checksum as trailers. A failure on the way breaks the connection off: the client sees an incomplete body
// instead of a shorter file.
func answerFile[C fileChunk[S], S fileSummary](w http.ResponseWriter, file fileOf, next func() (C, error), fail func(error)) {
	chunk, err := next()
	if err != nil {
		fail(err)
		return
	}
	header := w.Header()
	header.Set("Content-Type", file.kind)
	header.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", file.name))
	header.Set("Trailer", "Content-Digest, X-Egi-Rows")
	for ; err == nil; chunk, err = next() {
		if summary := chunk.GetSummary(); summary.GetSha256() != "" {
			writeSummary(header, summary)
			return
		}
		if _, err := w.Write(chunk.GetData()); err != nil {
			return // the client went away
		}
	}
	panic(http.ErrAbortHandler) // no summary came
}

// writeSummary sets the trailers: the digest of RFC 9530 and the number of rows.
func writeSummary(trailer http.Header, summary fileSummary) {
	digest, err := hex.DecodeString(summary.GetSha256())
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	trailer.Set("Content-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(digest)+":")
	trailer.Set("X-Egi-Rows", strconv.FormatInt(summary.GetRows(), 10))
}
