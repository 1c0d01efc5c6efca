package rest

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// formBody is a multipart body of the fields given as name, value; `file` becomes a file.
func formBody(t *testing.T, fields ...string) (string, string) {
	t.Helper()
	var body bytes.Buffer
	writer := multipart.NewWriter(&body)
	for i := 0; i < len(fields); i += 2 {
		create := writer.CreateFormField
		if fields[i] == "file" {
			create = func(name string) (io.Writer, error) { return writer.CreateFormFile(name, "campaign.csv") }
		}
		part, err := create(fields[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write([]byte(fields[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return body.String(), writer.FormDataContentType()
}

func upload(kind, target, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(body))
	r.Header.Set("Content-Type", kind)
	return r
}

func TestFormAndBodySayTheSame(t *testing.T) {
	form, kind := formBody(t, "policy", "per_row", "file", "a;b\n", "dry_run", "true", "imported_by", "user:3")
	fromForm, file, err := readUpload(upload(kind, "/api/imports", form))
	if err != nil || string(file) != "a;b\n" {
		t.Fatal(err, string(file))
	}
	fromBody, raw, err := readUpload(upload("text/csv", "/api/imports?policy=per_row&dry_run=1&imported_by=user:3&file_name=campaign.csv", "a;b\n"))
	if err != nil || string(raw) != "a;b\n" {
		t.Fatal(err, string(raw))
	}
	if fromForm.String() != fromBody.String() {
		t.Errorf("%v is not %v", fromForm, fromBody)
	}
	if fromForm.FileName != "campaign.csv" || fromForm.SizeBytes != 4 || !fromForm.DryRun {
		t.Error(fromForm)
	}
}

func TestBadUploadsNameTheField(t *testing.T) {
	twice, twiceKind := formBody(t, "file", "a", "file", "b")
	odd, oddKind := formBody(t, "colour", "red")
	empty, emptyKind := formBody(t, "policy", "all")
	for _, each := range []struct{ kind, target, body, field string }{
		{"application/json", "/api/imports", "{}", "Content-Type"},
		{"text/csv", "/api/imports", "", "file"},
		{"text/csv", "/api/imports?dry_run=perhaps", "a", "dry_run"},
		{twiceKind, "/api/imports", twice, "file"},
		{oddKind, "/api/imports", odd, "colour"},
		{emptyKind, "/api/imports", empty, "file"},
		{"multipart/form-data", "/api/imports", "x", "Content-Type"},
		{emptyKind, "/api/imports", empty[:20], "file"},
	} {
		_, _, err := readUpload(upload(each.kind, each.target, each.body))
		p := newProblem(err)
		if err == nil || p.Status != http.StatusBadRequest || len(p.Details) != 1 || p.Details[0].Field != each.field {
			t.Errorf("%s %s: %v", each.kind, each.target, p)
		}
	}
}

func TestFilesAreBoundedApartFromOtherBodies(t *testing.T) {
	if limit := bodyLimit(upload("text/csv", "/api/imports", "")); limit <= maxImport {
		t.Error(limit)
	}
	if limit := bodyLimit(upload("text/csv", "/api/lots", "")); limit != maxBody {
		t.Error(limit)
	}
	r := upload("text/csv", "/api/imports", strings.Repeat("x", maxImport+1))
	var tooLarge *http.MaxBytesError
	if _, _, err := readUpload(r); !errors.As(err, &tooLarge) {
		t.Error(err)
	}
}

func TestUploadsBeyondTheirPlacesAreToldToComeAgain(t *testing.T) {
	places := make(uploads, maxUploads)
	for i := 0; i < maxUploads; i++ {
		if !places.take(httptest.NewRecorder(), upload("text/csv", "/api/imports", "a")) {
			t.Fatal("place", i, "is not given")
		}
	}
	w := httptest.NewRecorder()
	if places.take(w, upload("text/csv", "/api/imports", "a")) {
		t.Fatal("a fifth place is given")
	}
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") != "5" {
		t.Error(w.Code, w.Header())
	}
	places.free()
	if !places.take(httptest.NewRecorder(), upload("text/csv", "/api/imports", "a")) {
		t.Error("a free place is not given")
	}
}
