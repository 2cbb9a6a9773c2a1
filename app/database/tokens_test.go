package database

import (
	"context"
	"strings"
	"testing"
	"time"

	"hotline/datadir"
)

func TestACommandBesideAServiceThatStartsSaysThatTheDatabaseIsNotUpYet(t *testing.T) {
	f := datadir.Dir(t.TempDir())
	if url, err := runningDatabase(t.Context(), f); url != "" || err != nil {
		t.Errorf("nobody uses the folder: %q, %v", url, err)
	}
	unlock, err := f.Lock()
	if err != nil {
		t.Fatal(err)
	}
	soon, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if _, err := runningDatabase(soon, f); err == nil || !strings.Contains(err.Error(), "has not started its database yet") {
		t.Errorf("beside a service that starts: %v", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	if url, err := runningDatabase(t.Context(), f); url != "" || err != nil {
		t.Errorf("after it has ended: %q, %v", url, err)
	}
}
