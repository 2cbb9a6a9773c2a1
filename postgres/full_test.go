package postgres

import (
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"hotline/storage"
)

// TestAFullDiskIsToldInWords: a store that is full helps nobody, as one that is down, and the error says what to do.
func TestAFullDiskIsToldInWords(t *testing.T) {
	err := fault("writing token ci", &pgconn.PgError{Severity: "ERROR", Code: "53100", Message: `could not extend file "base/1/2": No space left on device`})
	if !errors.Is(err, storage.ErrFull) || !errors.Is(err, storage.ErrDown) || !strings.HasPrefix(err.Error(), "writing token ci: the disk of the database is full; make room on it") {
		t.Error(err)
	}
	if busy := fault("writing", &pgconn.PgError{Code: "53300"}); errors.Is(busy, storage.ErrFull) || !errors.Is(busy, storage.ErrDown) {
		t.Error(busy)
	}
}
