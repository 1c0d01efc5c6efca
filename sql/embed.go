// Package egisql carries the SQL of EGI: migrations, repeatable views and functions, and the two layouts.
package egisql

import "embed"

// Files holds migrations/, repeatable/, plain/ and timescale/.
//
//go:embed migrations/*.sql repeatable/*.sql plain/*.sql timescale/*.sql
var Files embed.FS
