package spool_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"hotline/agent/protocol"
	"hotline/agent/spool"
)

var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, dir string, write func(string, []byte) error) *spool.Spool {
	t.Helper()
	s, err := spool.Open(spool.Config{Dir: dir, NewID: func() string { return "s" + fmt.Sprint(time.Now().UnixNano()) }, Write: write})
	must(t, err)
	return s
}

func fact(n int) protocol.Fact {
	return protocol.Fact{At: monday, Check: "erp", Title: fmt.Sprint("the ERP is dead ", n), Text: "nothing listens there"}
}

func titles(facts []protocol.Fact) (list []string) {
	for _, f := range facts {
		list = append(list, strings.TrimPrefix(f.Title, "the ERP is dead "))
	}
	return list
}

func TestWhatWaitsOutlastsAStart(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, nil)
	for n := range 3 {
		must(t, s.Put(fact(n), monday))
	}
	must(t, s.Remember(func(m *spool.Memory) {
		m.Sequence = 9
		m.Told["erp"] = spool.Problem{Since: monday, Told: monday, Title: "t"}
	}))
	first := s.First(1, 1<<20)
	s.Done(first[0].Number)
	name := s.Memory().Spool
	must(t, s.Close())

	s = open(t, dir, nil)
	rest := s.First(10, 1<<20)
	if got := fmt.Sprint(titles(rest)); got != "[1 2]" || rest[0].Number <= first[0].Number || rest[1].Number <= rest[0].Number || !rest[0].At.Equal(monday) {
		t.Errorf("%s waits: %+v", got, rest)
	}
	m := s.Memory()
	if m.Spool != name || m.Sequence != 9 || m.Dropped != 0 || !m.Told["erp"].Since.Equal(monday) {
		t.Errorf("it remembers %+v", m)
	}
	must(t, s.Put(fact(3), monday.Add(-time.Hour))) // a clock that went back
	if rest = s.First(10, 1<<20); rest[2].Number <= rest[1].Number {
		t.Errorf("a number came again: %+v", rest)
	}
	must(t, s.Close())
}

// TestAFolderThatWasLostInPartGoesOn: facts that cannot be read are counted, files of others are in nobody's way, and a memory that cannot be read
// makes a new spool, whose facts the server takes for new ones.
func TestAFolderThatWasLostInPartGoesOn(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, nil)
	for n := range 3 {
		must(t, s.Put(fact(n), monday))
	}
	name := s.Memory().Spool
	must(t, s.Close())
	files, err := os.ReadDir(filepath.Join(dir, "facts"))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "facts", files[1].Name()), []byte(`{"number":`), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "facts", ".new-417"), nil, 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "agent.json"), []byte("{"), 0o600))
	s = open(t, dir, nil)
	if got := fmt.Sprint(titles(s.First(10, 1<<20))); got != "[0 2]" || s.Waiting() != 2 || s.Memory().Dropped != 1 || s.Memory().Spool == name {
		t.Errorf("%s waits, and it remembers %+v", got, s.Memory())
	}
	must(t, s.Close())
}

func TestTheOldestGoesAndIsCounted(t *testing.T) {
	quick := func(name string, text []byte) error { return os.WriteFile(name, text, 0o600) }
	s, err := spool.Open(spool.Config{Dir: t.TempDir(), NewID: func() string { return "s" }, Write: quick, Most: 20})
	must(t, err)
	for n := range 27 {
		must(t, s.Put(fact(n), monday))
	}
	if got := titles(s.First(1, 1<<20)); s.Waiting() != 20 || got[0] != "7" || s.Memory().Dropped != 7 {
		t.Errorf("%d wait, the oldest is %v, %d were dropped", s.Waiting(), got, s.Memory().Dropped)
	}
	must(t, s.Close())
}

func TestAMessageIsBounded(t *testing.T) {
	s := open(t, t.TempDir(), nil)
	big := fact(0)
	big.Text = strings.Repeat("x", 100_000)
	for range 5 {
		must(t, s.Put(big, monday))
	}
	got := s.First(10, 5000)
	if len(got) != 2 || len(got[0].Text) > 2010 {
		t.Errorf("a message has %d facts of %d octets", len(got), len(got[0].Text))
	}
	if one := s.First(10, 10); len(one) != 1 {
		t.Errorf("a message without room has %d facts: it would wait for ever", len(one))
	}
	must(t, s.Close())
}

// TestAFullDiskIsSaidAndWaitsInMemory with the system's own error.
func TestAFullDiskIsSaidAndWaitsInMemory(t *testing.T) {
	dir, full := t.TempDir(), true
	s := open(t, dir, func(name string, text []byte) error {
		if full {
			return &os.PathError{Op: "write", Path: name, Err: syscall.ENOSPC}
		}
		return os.WriteFile(name, text, 0o600)
	})
	if err := s.Put(fact(1), monday); err == nil || !strings.Contains(err.Error(), "no space left on device; it waits in memory") {
		t.Errorf("a full disk is said as %v", err)
	}
	if err := s.Remember(func(m *spool.Memory) { m.Sequence = 5 }); err == nil || s.Memory().Sequence != 5 {
		t.Errorf("%v, and it remembers %+v", err, s.Memory())
	}
	if got := s.First(10, 1<<20); len(got) != 1 {
		t.Errorf("%d wait in memory", len(got))
	}
	full = false
	must(t, s.Settle())
	must(t, s.Close())
	s = open(t, dir, nil)
	if got := s.First(10, 1<<20); len(got) != 1 || got[0].Title != "the ERP is dead 1" {
		t.Errorf("%v wait on the disk", got)
	}
	must(t, s.Close())
}

func TestOneFolderHasOneAgent(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, nil)
	if _, err := spool.Open(spool.Config{Dir: dir, NewID: func() string { return "s" }}); err == nil || !strings.Contains(err.Error(), "another agent runs with the folder") {
		t.Errorf("a second agent: %v", err)
	}
	must(t, s.Close())
}
