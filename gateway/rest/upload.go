package rest

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	feedingv1 "egi/gateway/gen/egi/feeding/v1"
)

// importPath takes a file, which the generated handlers cannot.
const importPath = "/api/imports"

const (
	maxImport     = 8 << 20            // bytes of a file
	maxImportBody = maxImport + 64<<10 // with the frame of a multipart body
	uploadChunk   = 256 << 10
	maxFormField  = 1 << 10
	maxUploads    = 4                // at once; each is held whole
	uploadTime    = 60 * time.Second // to read the body of one
	uploadRetry   = 5 * time.Second
)

// uploads bounds what is held at once.
type uploads chan struct{}

// take answers false, and 429 with Retry-After, when all places are taken.
func (u uploads) take(w http.ResponseWriter, r *http.Request) bool {
	select {
	case u <- struct{}{}:
		return true
	default:
		w.Header().Set("Retry-After", strconv.Itoa(int(uploadRetry.Seconds())))
		plain(http.StatusTooManyRequests, "resource_exhausted", "other uploads are under way; upload again").write(w, r)
		return false
	}
}

func (u uploads) free() { <-u }

// bodyLimit bounds the body of a request, bytes.
func bodyLimit(r *http.Request) int64 {
	if r.Method == http.MethodPost && r.URL.Path == importPath {
		return maxImportBody
	}
	return maxBody
}

// badField is an error of the caller that names the field.
func badField(field, description string) error {
	st, err := status.New(codes.InvalidArgument, field+" "+description).WithDetails(
		&errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: field, Description: description}}})
	if err != nil {
		return err
	}
	return st.Err()
}

// createImport passes an uploaded campaign file on and answers 202 with the import that works on it. The file is never written here, and nothing of it is
// logged: it holds personal data.
func createImport(mux *runtime.ServeMux, conn *grpc.ClientConn) runtime.HandlerFunc {
	client := feedingv1.NewImportServiceClient(conn)
	places := make(uploads, maxUploads)
	return func(w http.ResponseWriter, r *http.Request, _ map[string]string) {
		if !places.take(w, r) {
			return
		}
		defer places.free()
		// A body that stalls holds its place for so long only. A writer without deadlines (a test's) is left as it is.
		deadlines := http.NewResponseController(w)
		if deadlines.SetReadDeadline(time.Now().Add(uploadTime)) == nil {
			defer func() { _ = deadlines.SetReadDeadline(time.Time{}) }()
		}
		_, marshaler := runtime.MarshalerForRequest(mux, r)
		fail := func(err error) {
			var tooLarge *http.MaxBytesError
			if errors.As(err, &tooLarge) {
				plain(http.StatusRequestEntityTooLarge, "invalid_argument", fmt.Sprintf("a file has at most %d bytes; split it", maxImport)).write(w, r)
				return
			}
			writeError(r.Context(), mux, marshaler, w, r, err)
		}
		info, file, err := readUpload(r)
		if err != nil {
			fail(err)
			return
		}
		stream, err := client.CreateImport(callContext(r))
		if err != nil {
			fail(err)
			return
		}
		// A send that fails tells io.EOF only: the reason comes with the answer.
		err = stream.Send(&feedingv1.CreateImportRequest{Request: &feedingv1.CreateImportRequest_Info{Info: info}})
		for rest := file; err == nil && len(rest) > 0; {
			n := min(len(rest), uploadChunk)
			err = stream.Send(&feedingv1.CreateImportRequest{Request: &feedingv1.CreateImportRequest_Chunk{Chunk: rest[:n]}})
			rest = rest[n:]
		}
		created, err := stream.CloseAndRecv()
		if err != nil {
			fail(err)
			return
		}
		body, err := marshalOptions.Marshal(created)
		if err != nil {
			fail(err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Location", fmt.Sprintf("%s/%d", importPath, created.ImportId))
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write(body) // the client is gone if this fails
	}
}

// readUpload takes the file and its options out of a multipart body, or out of body and query.
func readUpload(r *http.Request) (*feedingv1.ImportInfo, []byte, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil && r.Header.Get("Content-Type") != "" {
		return nil, nil, badField("Content-Type", "is not readable; send multipart/form-data or text/csv")
	}
	options := r.URL.Query()
	var file []byte
	switch kind {
	case "multipart/form-data":
		if file, err = readForm(r, options); err != nil {
			return nil, nil, err
		}
	case "application/json", "application/x-www-form-urlencoded":
		return nil, nil, badField("Content-Type", "is "+kind+"; send the file as multipart/form-data (part `file`) or as text/csv")
	default:
		if file, err = io.ReadAll(r.Body); err != nil {
			return nil, nil, err
		}
	}
	if len(file) == 0 {
		return nil, nil, badField("file", "is empty; send the campaign file as part `file`, or as the body")
	}
	if len(file) > maxImport {
		return nil, nil, &http.MaxBytesError{Limit: maxImport}
	}
	info := &feedingv1.ImportInfo{FileName: options.Get("file_name"), SizeBytes: int32(len(file)), Policy: options.Get("policy"), ImportedBy: options.Get("imported_by")}
	if text := options.Get("dry_run"); text != "" {
		if info.DryRun, err = strconv.ParseBool(text); err != nil {
			return nil, nil, badField("dry_run", "must be true or false")
		}
	}
	return info, file, nil
}

// readForm reads the part `file` and puts the other fields beside those of the query.
func readForm(r *http.Request, options url.Values) ([]byte, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, badField("Content-Type", "is multipart/form-data without a usable boundary")
	}
	var file []byte
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return file, nil
		}
		if err != nil {
			return nil, formError(err)
		}
		switch name := part.FormName(); name {
		case "file":
			if file != nil {
				return nil, badField("file", "stands twice; one file is one import")
			}
			if file, err = io.ReadAll(part); err != nil {
				return nil, formError(err)
			}
			if options.Get("file_name") == "" {
				options.Set("file_name", part.FileName())
			}
		case "policy", "dry_run", "imported_by", "file_name":
			text, err := io.ReadAll(io.LimitReader(part, maxFormField))
			if err != nil {
				return nil, formError(err)
			}
			options.Set(name, string(text))
		default:
			return nil, badField(name, "is not a field of this form; it has file, policy, dry_run, imported_by and file_name")
		}
	}
}

// formError is what went wrong while the body was read: too large, or not a form.
func formError(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return err
	}
	return badField("file", "cannot be read: the multipart body is broken off or malformed")
}
