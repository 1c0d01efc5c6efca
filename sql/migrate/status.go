package migrate

import "context"

// FileState is one SQL file as Status reports it.
type FileState struct {
	Path  string
	State string // applied, waiting, changed
}

// Status is where a database stands.
type Status struct {
	Installed bool
	Version   int64
	Layout    Layout
	Files     []FileState
}

// Status reads without changing anything.
func (m *Migrator) Status(ctx context.Context) (Status, error) {
	var status Status
	sums := map[string]string{}
	there, err := tableExists(ctx, m.db, "egi_schema")
	if err != nil {
		return status, err
	}
	layout := Plain
	if there {
		status.Installed = true
		if err := m.db.QueryRowContext(ctx, "SELECT version, layout FROM egi_schema").Scan(&status.Version, &status.Layout); err != nil {
			return status, err
		}
		layout = status.Layout
		if sums, err = appliedSums(ctx, m.db); err != nil {
			return status, err
		}
	}
	for _, dir := range []string{"migrations", string(layout), "repeatable"} {
		files, err := readFiles(m.files, dir)
		if err != nil {
			return status, err
		}
		for _, f := range files {
			state := "applied"
			if sum, applied := sums[f.path]; !applied {
				state = "waiting"
			} else if sum != f.sum {
				state = "changed"
			}
			status.Files = append(status.Files, FileState{f.path, state})
		}
	}
	return status, nil
}

// Check answers nil when the database is exactly what this build expects, else ErrBehind, ErrNewer or ErrFrozen.
func (m *Migrator) Check(ctx context.Context) error {
	status, err := m.Status(ctx)
	if err != nil {
		return err
	}
	if !status.Installed {
		return ErrBehind
	}
	if _, err := m.checkFrozen(ctx); err != nil {
		return err
	}
	for _, f := range status.Files {
		if f.State != "applied" {
			return ErrBehind
		}
	}
	return nil
}
