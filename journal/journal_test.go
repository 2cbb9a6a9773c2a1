package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"hotline/tickets"
)

func change(n int) tickets.Change {
	return tickets.Change{
		Ticket: tickets.Ticket{Number: tickets.Number(n), Version: 1},
		Events: []tickets.Event{{ID: fmt.Sprint("e", n), Ticket: tickets.Number(n)}},
	}
}

func reopen(t *testing.T, dir string) *Journal {
	t.Helper()
	j, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { j.Close() })
	return j
}

func pending(j *Journal) string {
	var words []string
	for _, c := range j.Pending() {
		words = append(words, fmt.Sprint(c.Ticket.Number))
	}
	return strings.Join(words, " ")
}

func TestWhatTheStoreDoesNotHaveSurvivesTheProcess(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	j := reopen(t, dir)
	var all sync.WaitGroup
	for n := range 20 {
		all.Go(func() {
			if err := j.Append(ctx, change(n)); err != nil {
				t.Error(err)
			}
			if n%3 != 0 {
				if err := j.Done(ctx, change(n)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	j = reopen(t, dir)
	if got := len(j.Pending()); got != 7 {
		t.Fatalf("%d changes are pending, want 7: %s", got, pending(j))
	}
	down := errors.New("down")
	if err := j.Replay(ctx, func(context.Context, tickets.Change) error { return down }); !errors.Is(err, down) {
		t.Errorf("replay into a store that is down: %v", err)
	}
	var seen []tickets.Number
	if err := j.Replay(ctx, func(_ context.Context, c tickets.Change) error { seen = append(seen, c.Ticket.Number); return nil }); err != nil {
		t.Error(err)
	}
	if len(seen) != 7 || pending(reopen(t, dir)) != "" {
		t.Errorf("replayed %v, left %q", seen, pending(reopen(t, dir)))
	}
}

func TestATornEndIsCutOffWhereverItIsTorn(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	j := reopen(t, dir)
	for n := range 3 {
		if err := j.Append(ctx, change(n)); err != nil {
			t.Fatal(err)
		}
	}
	name := filepath.Join(dir, fileName)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	two := len(whole) * 2 / 3
	for cut := two; cut < len(whole); cut++ {
		if err := os.WriteFile(name, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		j := reopen(t, dir)
		if got := pending(j); got != "0 1" {
			t.Fatalf("cut at %d of %d: %q is pending", cut, len(whole), got)
		}
		if err := j.Append(ctx, change(9)); err != nil {
			t.Fatal(err)
		}
		if got := pending(reopen(t, dir)); got != "0 1 9" {
			t.Fatalf("after the cut at %d: %q is pending", cut, got)
		}
	}
}

func TestALongJournalWithoutOpenChangesIsBegunAnew(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	j := reopen(t, dir)
	big := change(1)
	big.Events[0].Text = strings.Repeat("x", 600<<10)
	for range 4 {
		if err := errors.Join(j.Append(ctx, big), j.Done(ctx, big)); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Append(ctx, change(2)); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, fileName))
	if err != nil || info.Size() > tidyAt {
		t.Errorf("the journal has %d octets, %v", info.Size(), err)
	}
	if got := pending(reopen(t, dir)); got != "2" {
		t.Errorf("%q is pending", got)
	}
}

func TestAChangeThatWaitsForLongDoesNotMakeTheJournalGrow(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	j := reopen(t, dir)
	if err := j.Append(ctx, change(1)); err != nil {
		t.Fatal(err)
	}
	big := change(2)
	big.Events[0].Text = strings.Repeat("x", 600<<10)
	for range 8 {
		if err := errors.Join(j.Append(ctx, big), j.Done(ctx, big)); err != nil {
			t.Fatal(err)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, fileName)); err != nil || info.Size() > 3*tidyAt {
		t.Errorf("the journal has %d octets, %v", info.Size(), err)
	}
	if got := pending(reopen(t, dir)); got != "1" {
		t.Errorf("%q is pending", got)
	}
}

func TestADamagedRecordHidesNoneOfTheOthersAndACopyIsKept(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	j := reopen(t, dir)
	for n := range 3 {
		if err := j.Append(ctx, change(n)); err != nil {
			t.Fatal(err)
		}
	}
	name := filepath.Join(dir, fileName)
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	one := len(whole) / 3
	for _, c := range []struct {
		what string
		at   int
		want string
	}{
		{"the first body", one / 2, "1 2"},
		{"the second length", one + 1, "0 2"},
		{"the second checksum", one + 5, "0 2"},
		{"the last body", 2*one + one/2, "0 1"},
		{"the last length", 2*one + 1, "0 1"},
	} {
		text := append([]byte{}, whole...)
		text[c.at] ^= 0x55
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
		j := reopen(t, dir)
		if got := pending(j); got != c.want {
			t.Errorf("%s is damaged: %q is pending, want %q", c.what, got, c.want)
		}
		if kept, err := os.ReadFile(j.Damaged()); err != nil || !bytes.Equal(kept, text) {
			t.Errorf("%s is damaged: the copy %q has %d octets, %v", c.what, j.Damaged(), len(kept), err)
		}
		if again := reopen(t, dir); again.Damaged() != "" || pending(again) != c.want {
			t.Errorf("%s was damaged: the next start says %q and has %q", c.what, again.Damaged(), pending(again))
		}
	}
	if err := os.WriteFile(name, append(whole, make([]byte, 4096)...), 0o600); err != nil { // room without text, of a power cut
		t.Fatal(err)
	}
	if j := reopen(t, dir); j.Damaged() != "" || pending(j) != "0 1 2" {
		t.Errorf("an end of zeros: %q, copy %q", pending(j), j.Damaged())
	}
}

// TestAWriteThatTheDiskCutsShortHidesNoneOfTheNext fills the disk by a limit on the size of files.
func TestAWriteThatTheDiskCutsShortHidesNoneOfTheNext(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	j := reopen(t, dir)
	if err := j.Append(ctx, change(1)); err != nil {
		t.Fatal(err)
	}
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var free syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &free); err != nil {
		t.Fatal(err)
	}
	full := syscall.Rlimit{Cur: uint64(j.size) + 20, Max: free.Max}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &full); err != nil {
		t.Fatal(err)
	}
	refused := j.Append(ctx, change(2))
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &free); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(refused, syscall.EFBIG) {
		t.Errorf("on a full disk: %v", refused)
	}
	if err := j.Append(ctx, change(3)); err != nil {
		t.Fatal(err)
	}
	if again := reopen(t, dir); pending(again) != "1 3" || again.Damaged() != "" {
		t.Errorf("after the restart %q is pending, copy %q", pending(again), again.Damaged())
	}
}

func TestRoomIsKeptForTheJournal(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	j := reopen(t, dir)
	for n := range 3 {
		if err := j.Append(ctx, change(n)); err != nil {
			t.Fatal(err)
		}
	}
	info, err := os.Stat(filepath.Join(dir, fileName))
	if err != nil {
		t.Fatal(err)
	}
	const block = 512 // of st_blocks
	if room := info.Sys().(*syscall.Stat_t).Blocks * block; room < reserved || info.Size() > 4096 {
		t.Errorf("the file of %d octets has %d of the disk", info.Size(), room)
	}
}

// TestAJournalIsGoneOnWithWhereNoNewOneCanBeBegun opens as Open does on a full disk.
func TestAJournalIsGoneOnWithWhereNoNewOneCanBeBegun(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	j := reopen(t, dir)
	if err := errors.Join(j.Append(ctx, change(1)), j.Append(ctx, change(2))); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, fileName)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, text[:len(text)-5], 0o600); err != nil { // torn
		t.Fatal(err)
	}
	_, good, whole := read(text[:len(text)-5])
	if !whole || good != len(text)/2 {
		t.Fatalf("whole %v up to %d of %d", whole, good, len(text))
	}
	again := &Journal{name: name, open: map[string]tickets.Change{}}
	if err := errors.Join(again.goOn(int64(good)), again.Append(ctx, change(3)), again.Close()); err != nil {
		t.Fatal(err)
	}
	if last := reopen(t, dir); pending(last) != "1 3" || last.Damaged() != "" {
		t.Errorf("%q is pending, copy %q", pending(last), last.Damaged())
	}
}

func TestAChangeThatIsRefusedKeepsNoOther(t *testing.T) {
	dir, ctx := t.TempDir(), t.Context()
	j := reopen(t, dir)
	for n := range 3 {
		if err := j.Append(ctx, change(n)); err != nil {
			t.Fatal(err)
		}
	}
	bad := errors.New("this cannot be written")
	err := j.Replay(ctx, func(_ context.Context, c tickets.Change) error {
		if c.Ticket.Number == 1 {
			return bad
		}
		return nil
	})
	if !errors.Is(err, bad) || !strings.Contains(err.Error(), "ticket 1 ") {
		t.Errorf("the replay says %v", err)
	}
	if got := pending(reopen(t, dir)); got != "1" {
		t.Errorf("%q is pending", got)
	}
}

func FuzzRecord(f *testing.F) {
	f.Add(record(record(nil, []byte(`{"id":"a"}`)), []byte("b")))
	f.Fuzz(func(t *testing.T, b []byte) {
		for len(b) > 0 {
			body, rest, ok := next(b)
			if !ok {
				return
			}
			if string(record(nil, body)) != string(b[:len(b)-len(rest)]) {
				t.Fatal("a record that was read is not the one written")
			}
			b = rest
		}
	})
}
