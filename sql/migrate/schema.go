package migrate

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// Layout is how the time tables are stored.
type Layout string

const (
	// Plain is native range partitioning, any PostgreSQL 15 or newer.
	Plain Layout = "plain"
	// Timescale is hypertables.
	Timescale Layout = "timescale"
)

// bookkeeping is the programme's own state. egi_schema is what the servers read before they accept a database.
const bookkeeping = `
CREATE TABLE IF NOT EXISTS egi_schema (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  version bigint NOT NULL,
  layout text NOT NULL CHECK (layout IN ('plain', 'timescale')),
  updated_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE egi_schema IS 'Version of the newest applied migration and storage layout, for servers that refuse a schema they do not know.';
CREATE TABLE IF NOT EXISTS egi_schema_files (
  path text PRIMARY KEY,
  sha256 text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE egi_schema_files IS 'Checksum of every applied SQL file. Migrations are frozen; repeatable and layout files are applied again when they change.';
`

// file is one embedded SQL file.
type file struct {
	path    string
	version int64 // migrations only
	text    string
	sum     string
}

func readFiles(files fs.FS, dir string) ([]file, error) {
	names, err := fs.Glob(files, dir+"/*.sql")
	if err != nil {
		return nil, err
	}
	var out []file
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256(text)
		f := file{path: name, text: string(text), sum: hex.EncodeToString(sum[:])}
		if dir == "migrations" {
			number, _, _ := strings.Cut(path.Base(name), "_")
			f.version, err = strconv.ParseInt(number, 10, 64)
			if err != nil {
				return nil, fmt.Errorf("%s: a migration's name begins with its number: %w", name, err)
			}
		}
		out = append(out, f)
	}
	return out, nil
}

func appliedSums(ctx context.Context, db *sql.DB) (map[string]string, error) {
	rows, err := db.QueryContext(ctx, "SELECT path, sha256 FROM egi_schema_files")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	sums := map[string]string{}
	for rows.Next() {
		var p, sum string
		if err := rows.Scan(&p, &sum); err != nil {
			return nil, err
		}
		sums[p] = sum
	}
	return sums, rows.Err()
}

func tableExists(ctx context.Context, db *sql.DB, name string) (bool, error) {
	var there bool
	err := db.QueryRowContext(ctx, "SELECT to_regclass($1) IS NOT NULL", name).Scan(&there)
	return there, err
}

func recordSum(ctx context.Context, db execer, f file) error {
	_, err := db.ExecContext(ctx, `INSERT INTO egi_schema_files (path, sha256) VALUES ($1, $2)
		ON CONFLICT (path) DO UPDATE SET sha256 = excluded.sha256, applied_at = now()
		WHERE egi_schema_files.sha256 <> excluded.sha256`, f.path, f.sum)
	return err
}

type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}
