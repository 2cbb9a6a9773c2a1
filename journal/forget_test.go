package journal

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hotline/tickets"
)

func TestAJournalForgetsRecordingsThatWereErased(t *testing.T) {
	dir := t.TempDir()
	j := reopen(t, dir)
	sums := map[string]string{"1-erased": strings.Repeat("ab", 32), "2-kept": strings.Repeat("cd", 32)}
	var changes []tickets.Change
	for i, id := range []string{"1-erased", "2-kept"} {
		c := change(i + 1)
		c.Ticket.Recordings = []tickets.Recording{{ID: id, SHA256: sums[id]}}
		changes = append(changes, c)
		if err := j.Append(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Done(t.Context(), changes[0]); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(j.name)
	if err != nil || !bytes.Contains(whole, []byte(sums["1-erased"])) {
		t.Fatalf("the journal does not hold what it is to forget: %v", err)
	}
	damaged := append([]byte("rubbish"), whole...)
	copied := filepath.Join(dir, "damaged-x.journal")
	if err := os.WriteFile(copied, damaged, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := j.Forget([]string{"1-erased"}); err != nil {
		t.Fatal(err)
	}
	if err := filepath.WalkDir(dir, func(name string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := os.ReadFile(name)
		if bytes.Contains(text, []byte(sums["1-erased"])) {
			t.Errorf("%s still tells of the recording", name)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(copied)
	if err != nil {
		t.Fatal(err)
	}
	bodies, _, _ := read(text)
	if was, _, _ := read(damaged); len(bodies) != len(was) || len(was) < 2 || !bytes.Contains(text, []byte(sums["2-kept"])) || len(text) != len(damaged) {
		t.Errorf("of the copy of a damaged journal %d of %d records can be read", len(bodies), len(was))
	}
	if left := reopen(t, dir).Pending(); len(left) != 1 || left[0].Ticket.Recordings[0].SHA256 != sums["2-kept"] {
		t.Errorf("what the store does not have yet: %+v", left)
	}
}
