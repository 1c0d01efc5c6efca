package rest

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"github.com/grpc-ecosystem/grpc-gateway/v2/utilities"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
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

// fileStream is a call that answers a file.
type fileStream[C any] interface {
	Recv() (C, error)
	Trailer() metadata.MD
}

// fileOf is the name and the media type of an export. Of the trailing metadata of the call those in trailers are passed on.
type fileOf struct {
	name, kind string
	trailers   []string
}

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
		file := fileOf{name: "samples.csv", kind: "text/csv; charset=utf-8"}
		if request.Format == "ndjson" {
			file = fileOf{name: "samples.ndjson", kind: "application/x-ndjson"}
		}
		answerFile(w, file, stream, fail)
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
		file := fileOf{"lots_gavage.csv", "text/csv; charset=windows-1252", []string{"X-Egi-Left-Out-Count", "X-Egi-Left-Out"}}
		switch request.Format {
		case "campaign100":
			file.kind = "text/csv; charset=utf-8"
		case "ndjson":
			file.name, file.kind = "lots_gavage.ndjson", "application/x-ndjson"
		}
		answerFile(w, file, stream, fail)
	}
}

// answerFile streams a file and ends it with its checksum as trailers. A failure on the way breaks the connection off: the client sees an incomplete body
// instead of a shorter file.
func answerFile[C fileChunk[S], S fileSummary](w http.ResponseWriter, file fileOf, stream fileStream[C], fail func(error)) {
	chunk, err := stream.Recv()
	if err != nil {
		fail(err)
		return
	}
	header := w.Header()
	header.Set("Content-Type", file.kind)
	header.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", file.name))
	header.Set("Trailer", strings.Join(append([]string{"Content-Digest", "X-Egi-Rows"}, file.trailers...), ", "))
	for ; err == nil; chunk, err = stream.Recv() {
		if summary := chunk.GetSummary(); summary.GetSha256() != "" {
			if _, err := stream.Recv(); err != io.EOF {
				break // the summary is the last chunk
			}
			writeSummary(header, summary)
			for _, name := range file.trailers {
				if values := stream.Trailer().Get(name); len(values) > 0 {
					header.Set(name, values[0])
				}
			}
			return
		}
		if _, err := w.Write(chunk.GetData()); err != nil {
			return // the client went away
		}
	}
	panic(http.ErrAbortHandler) // no summary came, or the call failed behind it
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
