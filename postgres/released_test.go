package postgres_test

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestMigrationsThatWereReleasedStay: a database has run them, so none may change, and a new one comes behind all of them. Who adds one
// adds its line to the list.
func TestMigrationsThatWereReleasedStay(t *testing.T) {
	list, err := os.ReadFile("testdata/migrations.sha256")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("migrations/*.sql")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d migrations, %v", len(files), err)
	}
	var want strings.Builder
	for _, file := range files { // in the order of their numbers
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&want, "%x  %s\n", sha256.Sum256(text), filepath.Base(file))
	}
	if got := want.String(); got != string(list) {
		t.Errorf("testdata/migrations.sha256 is not that of the migrations. Was a released one changed, or a new one not put behind all others? If not, write\n%s", got)
	}
}
