// Package migrate brings a database to the schema of this build.
package migrate

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// lockKey guards everything Up does against a second programme (pg_advisory_lock).
const lockKey = 0x456749_5371 // "EgI" "Sq"

var (
	// ErrFrozen: an applied migration differs from the one in this build.
	ErrFrozen = errors.New("an applied migration was changed")
	// ErrNewer: the database was migrated by a newer build.
	ErrNewer = errors.New("the database is newer than this programme")
	// ErrBehind: migrations or views are waiting.
	ErrBehind = errors.New("the database is behind this programme")
)

// Migrator applies the SQL of one file tree to one database.
type Migrator struct {
	db       *sql.DB
	files    fs.FS
	progress func(format string, args ...any)
}

// Open connects. progress gets one line a step; errors name what to check.
func Open(ctx context.Context, url string, files fs.FS, progress func(string, ...any)) (*Migrator, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("database url: %w", err)
	}
	config.RuntimeParams["application_name"] = "egi-migrate"
	config.RuntimeParams["timezone"] = "UTC"
	// Notices of our own SQL files carry an ERRCODE of class EG; the others ("does not exist, skipping") say nothing new.
	config.OnNotice = func(_ *pgconn.PgConn, notice *pgconn.Notice) {
		if strings.HasPrefix(notice.Code, "EG") {
			progress("%s", notice.Message)
		}
	}
	db := stdlib.OpenDB(*config)
	if err := db.PingContext(ctx); err != nil {
		db.Close()
		return nil, fmt.Errorf("database does not answer: %w", err)
	}
	return &Migrator{db: db, files: files, progress: progress}, nil
}

// Close ends the connections.
func (m *Migrator) Close() error { return m.db.Close() }

// Up applies what is missing. It may be called any number of times, by several programmes at once.
func (m *Migrator) Up(ctx context.Context) error {
	unlock, err := m.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()

	var number int
	if err := m.db.QueryRowContext(ctx, "SELECT current_setting('server_version_num')::int").Scan(&number); err != nil {
		return err
	}
	if number < 150000 {
		return fmt.Errorf("PostgreSQL %d is too old: version 15 or newer is needed", number/10000)
	}
	if _, err := m.db.ExecContext(ctx, bookkeeping); err != nil {
		return fmt.Errorf("cannot create tables (is the user owner of the database?): %w", err)
	}
	layout, err := m.layout(ctx)
	if err != nil {
		return err
	}
	if err := m.applyMigrations(ctx, layout); err != nil {
		return err
	}
	if err := m.applyRepeatables(ctx, layout); err != nil {
		return err
	}
	return m.ensureWindow(ctx)
}

// lock waits for the advisory lock and answers the function that gives it back.
func (m *Migrator) lock(ctx context.Context) (func(), error) {
	conn, err := m.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	var got bool
	if err := conn.QueryRowContext(ctx, "SELECT pg_try_advisory_lock($1)", int64(lockKey)).Scan(&got); err != nil {
		conn.Close()
		return nil, err
	}
	if !got {
		m.progress("waiting for another egi-migrate to finish")
		if _, err := conn.ExecContext(ctx, "SELECT pg_advisory_lock($1)", int64(lockKey)); err != nil {
			conn.Close()
			return nil, err
		}
	}
	return func() {
		conn.ExecContext(context.WithoutCancel(ctx), "SELECT pg_advisory_unlock($1)", int64(lockKey))
		conn.Close()
	}, nil
}

// layout answers the layout of the database; the first Up decides it for ever.
func (m *Migrator) layout(ctx context.Context) (Layout, error) {
	var layout Layout
	err := m.db.QueryRowContext(ctx, "SELECT layout FROM egi_schema").Scan(&layout)
	if err == nil {
		return layout, nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return "", err
	}
	layout = Plain
	// shared_preload_libraries is hidden from ordinary users; the settings a preloaded library brings are not.
	var available, preloaded bool
	if err := m.db.QueryRowContext(ctx, `SELECT
		EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb'),
		EXISTS (SELECT FROM pg_settings WHERE name LIKE 'timescaledb.%')`).Scan(&available, &preloaded); err != nil {
		return "", err
	}
	switch {
	case available && preloaded:
		if _, err := m.db.ExecContext(ctx, "CREATE EXTENSION IF NOT EXISTS timescaledb"); err != nil {
			return "", fmt.Errorf("TimescaleDB is there but cannot be switched on (a superuser must run CREATE EXTENSION timescaledb once): %w", err)
		}
		layout = Timescale
	case available:
		m.progress("TimescaleDB is installed but not in shared_preload_libraries: using plain PostgreSQL")
	}
	if _, err := m.db.ExecContext(ctx, "INSERT INTO egi_schema (version, layout) VALUES (0, $1)", layout); err != nil {
		return "", err
	}
	m.progress("storage layout: %s", layout)
	return layout, nil
}

func (m *Migrator) applyMigrations(ctx context.Context, layout Layout) error {
	migrations, err := m.checkFrozen(ctx)
	if err != nil {
		return err
	}
	// Read by goose's ENVSUB in the CREATE TABLE statements of time tables.
	partitionBy := ""
	if layout == Plain {
		partitionBy = "PARTITION BY RANGE (time)"
	}
	if err := os.Setenv("EGI_PARTITION_BY_TIME", partitionBy); err != nil {
		return err
	}
	tree, err := fs.Sub(m.files, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, m.db, tree)
	if err != nil {
		return err
	}
	for {
		result, err := provider.UpByOne(ctx)
		if errors.Is(err, goose.ErrNoNextVersion) {
			break
		}
		if err != nil {
			return fmt.Errorf("migration failed and was rolled back: %w", err)
		}
		m.progress("applied %s (%s)", result.Source.Path, result.Duration.Round(1e6))
	}
	var newest int64
	for _, f := range migrations {
		if err := recordSum(ctx, m.db, f); err != nil {
			return err
		}
		newest = max(newest, f.version)
	}
	_, err = m.db.ExecContext(ctx, "UPDATE egi_schema SET version = $1, updated_at = now() WHERE version <> $1", newest)
	return err
}

// checkFrozen compares applied migrations with those of this build.
func (m *Migrator) checkFrozen(ctx context.Context) ([]file, error) {
	migrations, err := readFiles(m.files, "migrations")
	if err != nil {
		return nil, err
	}
	sums, err := appliedSums(ctx, m.db)
	if err != nil {
		return nil, err
	}
	var newest int64
	for _, f := range migrations {
		if sum, applied := sums[f.path]; applied && sum != f.sum {
			return nil, fmt.Errorf("%w: %s has checksum %.12s here and %.12s in the database; put the old text back and write a new migration instead", ErrFrozen, f.path, f.sum, sum)
		}
		newest = max(newest, f.version)
	}
	var version int64
	if err := m.db.QueryRowContext(ctx, "SELECT version FROM egi_schema").Scan(&version); err != nil {
		return nil, err
	}
	if version > newest {
		return nil, fmt.Errorf("%w: schema %d, known up to %d; install the newer build", ErrNewer, version, newest)
	}
	return migrations, nil
}

// applyRepeatables runs layout and repeatable files again, in one transaction, when any of them changed.
func (m *Migrator) applyRepeatables(ctx context.Context, layout Layout) error {
	files, changed, err := m.repeatables(ctx, layout)
	if err != nil || !changed {
		return err
	}
	tx, err := m.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	for _, f := range files {
		if _, err := tx.ExecContext(ctx, f.text); err != nil {
			return fmt.Errorf("%s: %w", f.path, err)
		}
		if err := recordSum(ctx, tx, f); err != nil {
			return err
		}
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	m.progress("applied %d repeatable files (%s)", len(files), layout)
	return nil
}

func (m *Migrator) repeatables(ctx context.Context, layout Layout) (files []file, changed bool, err error) {
	sums, err := appliedSums(ctx, m.db)
	if err != nil {
		return nil, false, err
	}
	for _, dir := range []string{string(layout), "repeatable"} {
		part, err := readFiles(m.files, dir)
		if err != nil {
			return nil, false, err
		}
		files = append(files, part...)
	}
	for _, f := range files {
		changed = changed || sums[f.path] != f.sum
	}
	return files, changed, nil
}

// ensureWindow makes the partitions of the running and the coming weeks; the server does so from then on.
func (m *Migrator) ensureWindow(ctx context.Context) error {
	var made int
	err := m.db.QueryRowContext(ctx,
		"SELECT egi_ensure_partitions(now() - interval '14 days', now() + interval '28 days')").Scan(&made)
	if err == nil && made > 0 {
		m.progress("made %d partitions", made)
	}
	return err
}
