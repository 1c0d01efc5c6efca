package migrate

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"

	egisql "egi/sql"

	_ "github.com/jackc/pgx/v5/stdlib"
)

// serverURL is EGI_TEST_DATABASE_URL, or a private PostgreSQL 15 that TestMain starts.
var serverURL string

const bin = "/usr/lib/postgresql/15/bin/"

func TestMain(m *testing.M) {
	os.Exit(func() int {
		serverURL = os.Getenv("EGI_TEST_DATABASE_URL")
		if serverURL == "" {
			stop, err := startCluster()
			if err != nil {
				fmt.Fprintln(os.Stderr, "no PostgreSQL to test on (install postgresql-15 or set EGI_TEST_DATABASE_URL):", err)
				return 1
			}
			defer stop()
		}
		return m.Run()
	}())
}

// asPostgres runs a programme of PostgreSQL, which refuses to be root.
func asPostgres(dir, name string, args ...string) error {
	command := append([]string{bin + name}, args...)
	if os.Getuid() == 0 {
		command = append([]string{"runuser", "-u", "postgres", "--"}, command...)
	}
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}

func startCluster() (func(), error) {
	dir, err := os.MkdirTemp("/tmp", "egi-sql-")
	if err != nil {
		return nil, err
	}
	if os.Getuid() == 0 {
		postgres, err := user.Lookup("postgres")
		if err != nil {
			return nil, err
		}
		if err := exec.Command("chown", postgres.Uid, dir).Run(); err != nil {
			return nil, err
		}
	}
	data := filepath.Join(dir, "data")
	if err := asPostgres(dir, "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-instructions"); err != nil {
		return nil, err
	}
	options := "-c listen_addresses='' -c fsync=off -c unix_socket_directories='" + dir + "'"
	// Without a log file the server would keep this process's output open.
	if err := asPostgres(dir, "pg_ctl", "-D", data, "-s", "-w", "-l", filepath.Join(dir, "log"), "-o", options, "start"); err != nil {
		return nil, err
	}
	serverURL = "postgres://postgres@/postgres?host=" + url.QueryEscape(dir)
	return func() {
		asPostgres(dir, "pg_ctl", "-D", data, "-s", "-m", "immediate", "-w", "stop")
		os.RemoveAll(dir)
	}, nil
}

// emptyDatabase answers the URL of a new database that ends with the test.
func emptyDatabase(t *testing.T) string {
	t.Helper()
	name := fmt.Sprintf("egi_test_%016x", rand.Uint64())
	admin, err := sql.Open("pgx", serverURL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Exec("CREATE DATABASE " + name + " TEMPLATE template0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		admin.Exec("DROP DATABASE " + name + " WITH (FORCE)")
		admin.Close()
	})
	u, err := url.Parse(serverURL)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	return u.String()
}

func open(t *testing.T, databaseURL string) *Migrator {
	t.Helper()
	m, err := Open(context.Background(), databaseURL, egisql.Files, t.Logf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// migrated answers a database with the whole schema.
func migrated(t *testing.T) *sql.DB {
	t.Helper()
	m := open(t, emptyDatabase(t))
	if err := m.Up(context.Background()); err != nil {
		t.Fatal(err)
	}
	return m.db
}

func isTimescale(t *testing.T, db *sql.DB) bool {
	t.Helper()
	return query(t, db, "SELECT layout FROM egi_schema") == "timescale"
}

// compresses tells TimescaleDB's community edition from everything else.
func compresses(t *testing.T, db *sql.DB) bool {
	t.Helper()
	return query(t, db, "SELECT coalesce(current_setting('timescaledb.license', true), '')") == "timescale"
}

func mustExec(t *testing.T, db *sql.DB, statement string, args ...any) {
	t.Helper()
	if _, err := db.Exec(statement, args...); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// query answers rows as lines of values joined by |, null as ∅.
func query(t *testing.T, db *sql.DB, statement string, args ...any) string {
	t.Helper()
	rows, err := db.Query(statement, args...)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	defer rows.Close()
	columns, _ := rows.Columns()
	var lines []string
	for rows.Next() {
		values := make([]any, len(columns))
		cells := make([]sql.NullString, len(columns))
		for i := range cells {
			values[i] = &cells[i]
		}
		if err := rows.Scan(values...); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
		var line []string
		for _, cell := range cells {
			if !cell.Valid {
				cell.String = "∅"
			}
			line = append(line, cell.String)
		}
		lines = append(lines, strings.Join(line, "|"))
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	return strings.Join(lines, "\n")
}

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}
