package journal

import (
	"bytes"
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"hotline/tickets"
)

// failing is a new file that a disk does not take.
type failing struct {
	*os.File
	write, sync error
}

func (f failing) Write(b []byte) (int, error) {
	if f.write != nil {
		return 0, f.write
	}
	return f.File.Write(b)
}

func (f failing) Sync() error { return errors.Join(f.sync, f.File.Sync()) }

func TestAJournalIsReplacedOnlyByOneThatIsOnTheDisk(t *testing.T) {
	for name, fails := range map[string]failing{"write": {write: syscall.ENOSPC}, "sync": {sync: syscall.EIO}} {
		journal := filepath.Join(t.TempDir(), fileName)
		if err := os.WriteFile(journal, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		file, err := os.Create(journal + ".new")
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		fails.File = file
		if err := replace(fails, []byte("new"), journal); !errors.Is(err, fails.write) && !errors.Is(err, fails.sync) {
			t.Errorf("%s fails: %v", name, err)
		}
		if text, err := os.ReadFile(journal); err != nil || string(text) != "old" {
			t.Errorf("%s fails: the journal is %q, %v", name, text, err)
		}
	}
}

// limited runs f while no file may grow beyond some octets.
func limited(t *testing.T, octets uint64, f func()) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var free syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &free); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: octets, Max: free.Max}); err != nil {
		t.Fatal(err)
	}
	f()
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &free); err != nil {
		t.Fatal(err)
	}
}

func TestANewJournalThatDoesNotFitLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	j := reopen(t, dir)
	if err := errors.Join(j.Append(t.Context(), change(1)), j.Append(t.Context(), change(2))); err != nil {
		t.Fatal(err)
	}
	limited(t, 20, func() {
		if err := j.begin(); !errors.Is(err, syscall.EFBIG) {
			t.Errorf("beginning anew: %v", err)
		}
	})
	if err := j.Append(t.Context(), change(3)); err != nil {
		t.Fatal(err)
	}
	if names, err := filepath.Glob(filepath.Join(dir, "*.new")); err != nil || len(names) != 0 {
		t.Errorf("left behind: %v, %v", names, err)
	}
	if got := pending(reopen(t, dir)); got != "1 2 3" {
		t.Errorf("%q is pending", got)
	}
}

// damagedJournal is one of three changes, of which the second cannot be read.
func damagedJournal(t *testing.T, dir string) (name string, text []byte) {
	t.Helper()
	j := reopen(t, dir)
	for n := range 3 {
		if err := j.Append(t.Context(), change(n)); err != nil {
			t.Fatal(err)
		}
	}
	name = filepath.Join(dir, fileName)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	text[len(text)/2] ^= 0x55
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return name, text
}

func TestTheCopyOfADamagedJournalTakesNoRoom(t *testing.T) {
	dir := t.TempDir()
	name, _ := damagedJournal(t, dir)
	before, err := os.Stat(name)
	if err != nil {
		t.Fatal(err)
	}
	j := reopen(t, dir)
	copied, err := os.Stat(j.Damaged())
	if err != nil || !os.SameFile(before, copied) {
		t.Errorf("the copy %q is another file, %v", j.Damaged(), err)
	}
	if now, err := os.Stat(name); err != nil || os.SameFile(now, copied) {
		t.Errorf("the journal goes on in the copy, %v", err)
	}
}

func TestACopyThatDoesNotFitIsNone(t *testing.T) {
	name, text := filepath.Join(t.TempDir(), "copy"), []byte(strings.Repeat("x", 100))
	limited(t, 20, func() {
		if err := writeCopy(name, text); !errors.Is(err, syscall.EFBIG) {
			t.Errorf("a copy that does not fit: %v", err)
		}
	})
	if _, err := os.Stat(name); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("half a copy is left: %v", err)
	}
	if err := writeCopy(name, text); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(name); err != nil || !bytes.Equal(got, text) {
		t.Errorf("the copy has %d octets, %v", len(got), err)
	}
}

// TestTheOnlyCopyOfWhatCannotBeReadIsNotReplaced opens as Open does on a full disk that has no room for a copy.
func TestTheOnlyCopyOfWhatCannotBeReadIsNotReplaced(t *testing.T) {
	dir := t.TempDir()
	name, text := damagedJournal(t, dir)
	j := &Journal{name: name, only: true, open: map[string]tickets.Change{}}
	if err := j.goOn(int64(len(text))); err != nil {
		t.Fatal(err)
	}
	big := change(7)
	big.Events[0].Text = strings.Repeat("x", 600<<10)
	for range 4 {
		if err := errors.Join(j.Append(t.Context(), big), j.Done(t.Context(), big)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(j.Append(t.Context(), change(9)), j.Close()); err != nil {
		t.Fatal(err)
	}
	now, err := os.ReadFile(name)
	if err != nil || !bytes.HasPrefix(now, text) {
		t.Errorf("what could not be read is gone: %d octets, %v", len(now), err)
	}
	if again := reopen(t, dir); pending(again) != "0 2 9" || again.Damaged() == "" {
		t.Errorf("%q is pending, copy %q", pending(again), again.Damaged())
	}
}
