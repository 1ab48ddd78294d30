package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

func TestClassifyGoesBySQLSTATE(t *testing.T) {
	for code, want := range map[string]class{
		"08006": transient, "40001": transient, "40P01": transient, "53100": transient, "53300": transient, "55P03": transient, "57P01": transient,
		"57014": transient, "25006": transient, "XX000": transient, "P0001": transient, "": transient, "2": transient,
		"23505": duplicate, "23514": noPartition,
		"22021": poison, "22P02": poison, "22P05": poison, "22003": poison, "21000": poison, "23502": poison, "54000": poison,
		"22P03": fault, "22P04": fault, "42P01": fault, "42703": fault, "42501": fault, "42883": fault, "3F000": fault, "28P01": fault, "3D000": fault,
	} {
		if got := classify(fmt.Errorf("save: %w", &pgconn.PgError{Code: code})); got != want {
			t.Errorf("%q: got %d, want %d", code, got, want)
		}
	}
	if got := classify(&pgconn.PgError{Code: "23514", ConstraintName: "odd"}); got != poison {
		t.Errorf("a constraint: got %d, want poison", got)
	}
	for _, err := range []error{context.Canceled, context.DeadlineExceeded, io.ErrUnexpectedEOF, errors.New("?")} {
		if got := classify(err); got != transient {
			t.Errorf("%v: got %d, want transient", err, got)
		}
	}
}
