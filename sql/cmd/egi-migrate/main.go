// Command egi-migrate brings a database to the schema of this build.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	egisql "egi/sql"
	"egi/sql/migrate"
)

const usage = `egi-migrate brings a database to the schema of this build.

  egi-migrate [--database-url URL] [up|status|check]

  up      (default) applies what is missing; safe to repeat
  status  lists every SQL file and whether it is applied
  check   changes nothing; tells by its exit code whether the schema is the one expected

  --database-url URL   PostgreSQL 15 or newer, with or without TimescaleDB; default: $EGI_DATABASE_URL
  --quiet              no progress lines

Exit codes: 0 done, 1 failed, 2 wrong use, 3 database newer than this programme,
4 database behind (run "egi-migrate up"), 5 an applied migration was changed.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	flags := flag.NewFlagSet("egi-migrate", flag.ContinueOnError)
	flags.SetOutput(errOut)
	flags.Usage = func() { fmt.Fprint(out, usage) }
	url := flags.String("database-url", os.Getenv("EGI_DATABASE_URL"), "")
	quiet := flags.Bool("quiet", false, "")
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return 0
		}
		return 2
	}
	command := "up"
	switch flags.NArg() {
	case 0:
	case 1:
		command = flags.Arg(0)
	default:
		fmt.Fprintln(errOut, "egi-migrate: one command at most; flags stand before it (see --help)")
		return 2
	}
	if command != "up" && command != "status" && command != "check" {
		fmt.Fprintf(errOut, "egi-migrate: unknown command %q (see --help)\n", command)
		return 2
	}
	if *url == "" {
		fmt.Fprintln(errOut, "egi-migrate: name the database with --database-url or EGI_DATABASE_URL")
		return 2
	}
	progress := func(format string, args ...any) {
		if !*quiet {
			fmt.Fprintf(out, "egi-migrate: "+format+"\n", args...)
		}
	}
	migrator, err := migrate.Open(ctx, *url, egisql.Files, progress)
	if err == nil {
		defer migrator.Close()
		err = execute(ctx, migrator, command, out, progress)
	}
	if err != nil {
		fmt.Fprintln(errOut, "egi-migrate:", err)
	}
	return exitCode(err)
}

func execute(ctx context.Context, m *migrate.Migrator, command string, out io.Writer, progress func(string, ...any)) error {
	switch command {
	case "status":
		status, err := m.Status(ctx)
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "version %d, layout %s\n", status.Version, status.Layout)
		for _, f := range status.Files {
			fmt.Fprintf(out, "%-8s %s\n", f.State, f.Path)
		}
		return nil
	case "check":
		return m.Check(ctx)
	default:
		if err := m.Up(ctx); err != nil {
			return err
		}
		progress("schema is up to date")
		return nil
	}
}

func exitCode(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, migrate.ErrNewer):
		return 3
	case errors.Is(err, migrate.ErrBehind):
		return 4
	case errors.Is(err, migrate.ErrFrozen):
		return 5
	default:
		return 1
	}
}
