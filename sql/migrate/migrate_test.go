package migrate

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	egisql "egi/sql"
)

func dump(t *testing.T, databaseURL string) string {
	t.Helper()
	out, err := exec.Command(bin+"pg_dump", "--schema-only", "--no-owner", "--dbname", databaseURL).Output()
	if err != nil {
		t.Fatalf("pg_dump: %v", err)
	}
	var kept []string
	for _, line := range strings.Split(string(out), "\n") {
		if !strings.HasPrefix(line, `\restrict`) && !strings.HasPrefix(line, `\unrestrict`) {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

// copyFiles answers the embedded SQL as a tree a test may change.
func copyFiles(t *testing.T) fstest.MapFS {
	t.Helper()
	out := fstest.MapFS{}
	err := fs.WalkDir(egisql.Files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(egisql.Files, path)
		out[path] = &fstest.MapFile{Data: text}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func with(t *testing.T, databaseURL string, files fs.FS) *Migrator {
	t.Helper()
	m := open(t, databaseURL)
	m.files = files
	return m
}

func TestUpTwiceChangesNothing(t *testing.T) {
	u := emptyDatabase(t)
	m := open(t, u)
	if err := m.Up(context.Background()); err != nil {
		t.Fatal(err)
	}
	before, state := dump(t, u), query(t, m.db, "SELECT * FROM egi_schema_files ORDER BY path")
	if err := m.Up(context.Background()); err != nil {
		t.Fatal(err)
	}
	if dump(t, u) != before {
		t.Error("the second up changed the schema")
	}
	expect(t, "checksums", query(t, m.db, "SELECT * FROM egi_schema_files ORDER BY path"), state)
}

func TestUpgradeFromEveryVersionEqualsFreshInstall(t *testing.T) {
	fresh := emptyDatabase(t)
	if err := open(t, fresh).Up(context.Background()); err != nil {
		t.Fatal(err)
	}
	want := dump(t, fresh)
	files := copyFiles(t)
	migrations, err := readFiles(files, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	for i := range migrations[:len(migrations)-1] {
		u := emptyDatabase(t)
		older := fstest.MapFS{}
		for _, f := range migrations[:i+1] {
			older[f.path] = files[f.path]
		}
		m := with(t, u, older)
		if _, err := m.db.Exec(bookkeeping); err != nil {
			t.Fatal(err)
		}
		layout, err := m.layout(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if err := m.applyMigrations(context.Background(), layout); err != nil {
			t.Fatal(err)
		}
		if err := with(t, u, files).Up(context.Background()); err != nil {
			t.Fatal(err)
		}
		if dump(t, u) != want {
			t.Errorf("upgrade from %s differs from a fresh install", migrations[i].path)
		}
	}
}

func TestRepeatablesCanBeAppliedAgain(t *testing.T) {
	u := emptyDatabase(t)
	if err := open(t, u).Up(context.Background()); err != nil {
		t.Fatal(err)
	}
	want := dump(t, u)
	files := copyFiles(t)
	for path, f := range files {
		if !strings.HasPrefix(path, "migrations/") {
			f.Data = append(f.Data, "\n-- a later wording\n"...)
		}
	}
	if err := with(t, u, files).Up(context.Background()); err != nil {
		t.Fatal(err)
	}
	if dump(t, u) != want {
		t.Error("applying the repeatable files again changed the schema")
	}
}

func TestOwnerWithoutSuperuserRightsCanMigrate(t *testing.T) {
	u, err := url.Parse(emptyDatabase(t))
	if err != nil {
		t.Fatal(err)
	}
	admin := open(t, u.String()).db
	role := "r_" + strings.TrimPrefix(u.Path, "/")
	mustExec(t, admin, "CREATE ROLE "+role+" LOGIN PASSWORD 'owner'")
	t.Cleanup(func() {
		admin.Exec("REASSIGN OWNED BY " + role + " TO CURRENT_USER; DROP OWNED BY " + role)
		admin.Exec("DROP ROLE " + role)
	})
	mustExec(t, admin, "ALTER DATABASE "+strings.TrimPrefix(u.Path, "/")+" OWNER TO "+role)
	u.User = url.UserPassword(role, "owner")
	if err := open(t, u.String()).Up(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestTwoProgrammesAtOnceBothSucceed(t *testing.T) {
	u := emptyDatabase(t)
	migrators := []*Migrator{open(t, u), open(t, u), open(t, u)}
	var wait sync.WaitGroup
	errs := make([]error, len(migrators))
	for i, m := range migrators {
		wait.Add(1)
		go func() {
			defer wait.Done()
			errs[i] = m.Up(context.Background())
		}()
	}
	wait.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	expect(t, "sites", query(t, migrators[0].db, "SELECT count(*) FROM sites_euralis"), "3")
}

func TestChangedMigrationIsRefused(t *testing.T) {
	u := emptyDatabase(t)
	if err := open(t, u).Up(context.Background()); err != nil {
		t.Fatal(err)
	}
	files := copyFiles(t)
	changed := files["migrations/00001_reference.sql"]
	changed.Data = append(changed.Data, "-- one comment more\n"...)
	m := with(t, u, files)
	for name, err := range map[string]error{"up": m.Up(context.Background()), "check": m.Check(context.Background())} {
		if !errors.Is(err, ErrFrozen) || !strings.Contains(err.Error(), "00001_reference.sql") {
			t.Errorf("%s answered %v", name, err)
		}
	}
}

func TestNewerDatabaseIsRefused(t *testing.T) {
	u := emptyDatabase(t)
	files := copyFiles(t)
	files["migrations/00999_later.sql"] = &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE later (id int);\n")}
	if err := with(t, u, files).Up(context.Background()); err != nil {
		t.Fatal(err)
	}
	m := open(t, u)
	for name, err := range map[string]error{"up": m.Up(context.Background()), "check": m.Check(context.Background())} {
		if !errors.Is(err, ErrNewer) {
			t.Errorf("%s answered %v", name, err)
		}
	}
}

func TestFailedMigrationLeavesNothingAndCanBeRepaired(t *testing.T) {
	u := emptyDatabase(t)
	files := copyFiles(t)
	later := &fstest.MapFile{Data: []byte("-- +goose Up\nCREATE TABLE later (id int);\nSELECT 1/0;\n")}
	files["migrations/00999_later.sql"] = later
	m := with(t, u, files)
	if err := m.Up(context.Background()); err == nil {
		t.Fatal("a division by zero went unseen")
	}
	expect(t, "table of the failed migration", query(t, m.db, "SELECT to_regclass('later')"), "∅")
	later.Data = []byte("-- +goose Up\nCREATE TABLE later (id int);\n")
	if err := m.Up(context.Background()); err != nil {
		t.Fatal(err)
	}
	expect(t, "version", query(t, m.db, "SELECT version FROM egi_schema"), "999")
}

func TestCheckTellsAnEmptyDatabaseFromACurrentOne(t *testing.T) {
	m := open(t, emptyDatabase(t))
	if err := m.Check(context.Background()); !errors.Is(err, ErrBehind) {
		t.Errorf("empty database: %v", err)
	}
	if err := m.Up(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := m.Check(context.Background()); err != nil {
		t.Errorf("current database: %v", err)
	}
	mustExec(t, m.db, "UPDATE egi_schema_files SET sha256 = 'old' WHERE path LIKE 'repeatable/%'")
	if err := m.Check(context.Background()); !errors.Is(err, ErrBehind) {
		t.Errorf("old views: %v", err)
	}
}

// A migration that a release has shipped never changes. New migrations add a line to CHECKSUMS (sha256sum 0*.sql).
func TestMigrationsAreFrozen(t *testing.T) {
	listed, err := os.ReadFile("../migrations/CHECKSUMS")
	if err != nil {
		t.Fatal(err)
	}
	files, err := readFiles(egisql.Files, "migrations")
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for _, f := range files {
		fmt.Fprintf(&want, "%x  %s\n", sha256.Sum256([]byte(f.text)), strings.TrimPrefix(f.path, "migrations/"))
	}
	expect(t, "migrations/CHECKSUMS", string(listed), want.String())
}
