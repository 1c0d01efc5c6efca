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
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	qualityv1 "egi/gateway/gen/egi/quality/v1"
)

// exportPath answers a file, which the generated handlers cannot.
const exportPath = "/api/sqal/export/samples"

// exportSamples streams the file and ends it with its checksum as trailers. A failure on the way breaks the connection off: the client sees an
// incomplete body instead of a shorter file.
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
		ctx := metadata.AppendToOutgoingContext(r.Context(), "traceparent", string(traceOf(r.Context())))
		stream, err := client.ExportSamples(ctx, &request)
		if err != nil {
			fail(err)
			return
		}
		chunk, err := stream.Recv()
		if err != nil {
			fail(err)
			return
		}
		header := w.Header()
		name, kind := "samples.csv", "text/csv; charset=utf-8"
		if request.Format == "ndjson" {
			name, kind = "samples.ndjson", "application/x-ndjson"
		}
		header.Set("Content-Type", kind)
		header.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
		header.Set("Trailer", "Content-Digest, X-Egi-Rows")
		for ; err == nil; chunk, err = stream.Recv() {
			if summary := chunk.GetSummary(); summary != nil {
				writeSummary(header, summary)
				return
			}
			if _, err := w.Write(chunk.GetData()); err != nil {
				return // the client went away
			}
		}
		panic(http.ErrAbortHandler) // no summary came
	}
}

// writeSummary sets the trailers: the digest of RFC 9530 and the number of rows.
func writeSummary(trailer http.Header, summary *qualityv1.ExportSummary) {
	digest, err := hex.DecodeString(summary.Sha256)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	trailer.Set("Content-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(digest)+":")
	trailer.Set("X-Egi-Rows", strconv.FormatInt(summary.Rows, 10))
}
