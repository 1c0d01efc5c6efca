package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"egi/sql/migrate"
)

func TestWrongUseSaysWhatIsMissing(t *testing.T) {
	t.Setenv("EGI_DATABASE_URL", "")
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{nil, 2, "--database-url"},
		{[]string{"sideways"}, 2, "sideways"},
		{[]string{"up", "down"}, 2, "one command"},
		{[]string{"--colour"}, 2, "colour"},
		{[]string{"--help"}, 0, "Exit codes"},
		{[]string{"--database-url", "postgres:///x?host=/nowhere", "check"}, 1, "does not answer"},
		{[]string{"--database-url", "postgres://h:notaport/x"}, 1, "database url"},
	} {
		var out bytes.Buffer
		code := run(context.Background(), c.args, &out, &out)
		if code != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("egi-migrate %v: exit %d, %q; want %d and %q", c.args, code, out.String(), c.code, c.says)
		}
	}
}

func TestExitCodesTellTheStatesOfASchemaApart(t *testing.T) {
	for err, want := range map[error]int{migrate.ErrNewer: 3, migrate.ErrBehind: 4, migrate.ErrFrozen: 5} {
		if got := exitCode(fmt.Errorf("wrapped: %w", err)); got != want {
			t.Errorf("%v: exit %d, want %d", err, got, want)
		}
	}
}
