package local

import (
	"errors"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"hotline/logtest"
)

// TestAKeptServerThatIsKilledComesBackAtTheSamePlace kills it as the kernel does when memory runs out.
func TestAKeptServerThatIsKilledComesBackAtTheSamePlace(t *testing.T) {
	dir := filepath.Join(open(t), "cluster")
	k, err := Keep(t.Context(), Config{Dir: dir, Throwaway: true}, false)
	if err != nil {
		t.Fatal(err)
	}
	before, url := leftover(dir), k.URL()
	if before == 0 {
		t.Fatal("no server runs")
	}
	if err := syscall.Kill(before, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	await(t, "another server runs and takes connections", func() bool {
		now := leftover(dir)
		return now != 0 && now != before && dials(url)
	})
	if at, err := Running(dir); at != url {
		t.Errorf("it is reached at %q (%v), before at %q", at, err, url)
	}
	if err := errors.Join(k.Stop(), k.Stop()); err != nil {
		t.Error(err)
	}
	if leftover(dir) != 0 {
		t.Error("the server runs on after the stop")
	}
}

func TestAPatientKeeperStartsTheServerOnceItCan(t *testing.T) {
	dir := filepath.Join(open(t), "cluster")
	if err := os.WriteFile(dir, nil, 0o600); err != nil { // where the folder should be
		t.Fatal(err)
	}
	if _, err := Keep(t.Context(), Config{Dir: dir, Throwaway: true}, false); !errors.Is(err, ErrFolder) {
		t.Errorf("without patience: %v", err)
	}
	k, err := Keep(t.Context(), Config{Dir: dir, Throwaway: true}, true)
	if err != nil {
		t.Fatal(err)
	}
	if dials(k.URL()) {
		t.Error("something listens already")
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	await(t, "the server runs", func() bool { return dials(k.URL()) })
	if err := k.Stop(); err != nil {
		t.Error(err)
	}
}

// TestNobodyWaitsLongForAServerThatTakesItsTime has the first start wait for a former server, as for a recovery.
func TestNobodyWaitsLongForAServerThatTakesItsTime(t *testing.T) {
	dir := filepath.Join(open(t), "cluster")
	former, err := Start(t.Context(), Config{Dir: dir, Throwaway: true})
	if err != nil {
		t.Fatal(err)
	}
	defer former.Stop()
	var log logtest.Log
	k, err := Keep(t.Context(), Config{Dir: dir, Throwaway: true, Log: slog.New(slog.NewTextHandler(&log, nil))}, true)
	if err != nil {
		t.Fatal(err)
	}
	if text := log.String(); !strings.Contains(text, "takes its time") || strings.Contains(text, "does not start") {
		t.Errorf("the keeper says %s", text)
	}
	if err := former.Stop(); err != nil {
		t.Fatal(err)
	}
	await(t, "the server runs", func() bool { return dials(k.URL()) })
	if err := k.Stop(); err != nil {
		t.Error(err)
	}
	if dials(k.URL()) {
		t.Error("the server runs on after the stop")
	}
}

func TestAClusterThatIsTakenAwayIsNotMadeAnewInSilence(t *testing.T) {
	base := open(t)
	dir, aside := filepath.Join(base, "cluster"), filepath.Join(base, "aside")
	k, err := Keep(t.Context(), Config{Dir: dir, Throwaway: true}, false)
	if err != nil {
		t.Fatal(err)
	}
	pid := leftover(dir)
	if err := errors.Join(os.Rename(dir, aside), syscall.Kill(pid, syscall.SIGKILL)); err != nil {
		t.Fatal(err)
	}
	await(t, "the server has ended", func() bool { return syscall.Kill(pid, 0) != nil })
	await(t, "the keeper has tried again", func() bool { return !dials(k.URL()) })
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("another cluster was made: %v", err)
	}
	if err := os.Rename(aside, dir); err != nil {
		t.Fatal(err)
	}
	await(t, "the server runs once its cluster is back", func() bool { return dials(k.URL()) })
	if err := k.Stop(); err != nil {
		t.Error(err)
	}
}

// dials tells whether a server takes connections.
func dials(at string) bool {
	u, err := url.Parse(at)
	if err != nil {
		return false
	}
	c, err := net.Dial("unix", filepath.Join(u.Query().Get("host"), ".s.PGSQL.5432"))
	if err != nil {
		return false
	}
	return c.Close() == nil
}

// await asks until it is so.
func await(t *testing.T, what string, so func() bool) {
	t.Helper()
	tick, end := time.NewTicker(50*time.Millisecond), time.After(30*time.Second)
	defer tick.Stop()
	for !so() {
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("not within 30 s: %s", what)
		}
	}
}
