package postgres

import (
	"errors"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
)

// A class says what an error means for what was to be saved.
type class int

const (
	transient   class = iota // later, the same will do
	fault                    // schema or rights: a person must act, then the same will do
	duplicate                // a row is there already
	noPartition              // a day has no partition yet
	poison                   // one of the rows will never do
)

// classify goes by SQLSTATE. What it does not know is transient: an event is
// refused only for what is surely its own fault.
func classify(err error) class {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || len(pg.Code) != 5 {
		return transient
	}
	switch {
	case pg.Code == "23505":
		return duplicate
	case pg.Code == "23514" && pg.ConstraintName == "": // a constraint would be named
		return noPartition
	case pg.Code == "22P03" || pg.Code == "22P04": // a column has another type than we write
		return fault
	}
	switch pg.Code[:2] {
	case "21", "22", "23", "54":
		return poison
	case "0A", "28", "3D", "3F", "42":
		return fault
	}
	return transient
}

// ofSession reports whether err may be due to settings that a session keeps from its
// beginning: those of a role or a database that has taken no writes for a while, or had
// too short a timeout.
func ofSession(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && slices.Contains([]string{"25006", "57014", "55P03"}, pg.Code)
}
