// Package rest is the HTTP side of the gateway: the routes generated from the protos, errors as RFC 9457 problems, health,
// metrics, documentation and the web page.
package rest

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/grpc-ecosystem/grpc-gateway/v2/runtime"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// FieldViolation is one bad field of a request.
type FieldViolation struct {
	Field       string `json:"field"`
	Description string `json:"description"`
}

// Problem is the body of every error (RFC 9457). `message` and `details` are the names of the specification, `detail` that of the
// original system, `errors` the usual extension; they say the same.
type Problem struct {
	Type     string            `json:"type"`
	Title    string            `json:"title"`
	Status   int               `json:"status"`
	Detail   string            `json:"detail"`
	Code     string            `json:"code"`
	Message  string            `json:"message"`
	Details  []FieldViolation  `json:"details"`
	Errors   []FieldViolation  `json:"errors"`
	Reason   string            `json:"reason,omitempty"`
	Metadata map[string]string `json:"metadata,omitempty"`
	TraceID  string            `json:"trace_id,omitempty"`
}

var httpStatus = map[codes.Code]int{
	codes.InvalidArgument: http.StatusBadRequest, codes.OutOfRange: http.StatusBadRequest, codes.FailedPrecondition: http.StatusConflict,
	codes.Unauthenticated: http.StatusUnauthorized, codes.PermissionDenied: http.StatusForbidden, codes.NotFound: http.StatusNotFound,
	codes.AlreadyExists: http.StatusConflict, codes.Aborted: http.StatusConflict, codes.ResourceExhausted: http.StatusTooManyRequests,
	codes.Unimplemented: http.StatusNotImplemented, codes.Unavailable: http.StatusServiceUnavailable, codes.DeadlineExceeded: http.StatusGatewayTimeout,
	codes.Canceled: 499,
}

var codeNames = map[codes.Code]string{
	codes.InvalidArgument: "invalid_argument", codes.OutOfRange: "out_of_range", codes.FailedPrecondition: "failed_precondition",
	codes.Unauthenticated: "unauthenticated", codes.PermissionDenied: "permission_denied", codes.NotFound: "not_found",
	codes.AlreadyExists: "already_exists", codes.Aborted: "aborted", codes.ResourceExhausted: "resource_exhausted",
	codes.Unimplemented: "unimplemented", codes.Unavailable: "unavailable", codes.DeadlineExceeded: "deadline_exceeded", codes.Canceled: "cancelled",
}

// newProblem makes the problem of a gRPC error.
func newProblem(err error) Problem {
	st := status.Convert(err)
	p := Problem{Type: "about:blank", Detail: st.Message(), Message: st.Message(), Details: []FieldViolation{}}
	var ok bool
	if p.Status, ok = httpStatus[st.Code()]; !ok {
		p.Status = http.StatusInternalServerError
	}
	if p.Code, ok = codeNames[st.Code()]; !ok {
		p.Code = "internal"
	}
	for _, d := range st.Details() {
		switch d := d.(type) {
		case *errdetails.BadRequest:
			for _, v := range d.FieldViolations {
				p.Details = append(p.Details, FieldViolation{v.Field, v.Description})
			}
		case *errdetails.ErrorInfo:
			p.Reason, p.Metadata = d.Reason, d.Metadata
		}
	}
	if st.Code() == codes.InvalidArgument && len(p.Details) == 0 {
		p.Detail, p.Details = violationsOf(st.Message())
		p.Message = p.Detail
	}
	p.Errors = p.Details
	p.Title = http.StatusText(p.Status)
	return p
}

// plain makes a problem of the gateway itself.
func plain(httpCode int, code, message string) Problem {
	return Problem{Type: "about:blank", Title: http.StatusText(httpCode), Status: httpCode, Detail: message, Code: code, Message: message,
		Details: []FieldViolation{}, Errors: []FieldViolation{}}
}

func (p Problem) write(w http.ResponseWriter, r *http.Request) {
	p.TraceID = traceOf(r.Context()).id()
	body, err := json.Marshal(p)
	if err != nil {
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Del("Trailer")
	w.WriteHeader(p.Status)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the client is gone if this fails
	}
}

func retryAfter(st *status.Status) (time.Duration, bool) {
	for _, d := range st.Details() {
		if retry, ok := d.(*errdetails.RetryInfo); ok {
			return retry.RetryDelay.AsDuration(), true
		}
	}
	return 0, false
}

// writeError answers a failed call.
func writeError(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, err error) {
	var custom *runtime.HTTPStatusError
	if errors.As(err, &custom) {
		err = custom.Err
	}
	p := newProblem(err)
	if custom != nil {
		p.Status, p.Title = custom.HTTPStatus, http.StatusText(custom.HTTPStatus)
	}
	if delay, ok := retryAfter(status.Convert(err)); ok {
		w.Header().Set("Retry-After", strconv.Itoa(int((delay+time.Second-1)/time.Second)))
	}
	p.challenge(w, r, err)
	p.write(w, r)
}

// writeRoutingError answers a request that no route takes.
func writeRoutingError(_ context.Context, _ *runtime.ServeMux, _ runtime.Marshaler, w http.ResponseWriter, r *http.Request, code int) {
	switch code {
	case http.StatusNotFound:
		plain(code, "not_found", "no such route; /docs lists them").write(w, r)
	case http.StatusMethodNotAllowed:
		plain(code, "method_not_allowed", r.Method+" is not possible here; /docs lists what is").write(w, r)
	default:
		plain(code, "invalid_argument", http.StatusText(code)).write(w, r)
	}
}
