package local

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// open is a folder that an unprivileged user may enter.
func open(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "hotline-local-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestServerStartsTwiceOnOneFolderAndIsReachedBySocketOnly(t *testing.T) {
	dir := filepath.Join(open(t), "cluster")
	for range 2 {
		s, err := Start(t.Context(), Config{Dir: dir, Throwaway: true})
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(s.URL())
		if err != nil {
			t.Fatal(err)
		}
		folder := u.Query().Get("host")
		c, err := net.Dial("unix", filepath.Join(folder, ".s.PGSQL.5432"))
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("the socket's folder is %v, %v", info.Mode(), err)
		}
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the socket's folder is left: %v", err)
		}
	}
}

func TestServerRecoversAfterItWasKilled(t *testing.T) {
	dir := filepath.Join(open(t), "cluster")
	s, err := Start(t.Context(), Config{Dir: dir, Throwaway: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-s.gone
	_ = s.Stop()
	s, err = Start(t.Context(), Config{Dir: dir, Throwaway: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
}

func TestASecondServerOnOneFolderIsRefusedInWords(t *testing.T) {
	dir := filepath.Join(open(t), "cluster")
	s, err := Start(t.Context(), Config{Dir: dir, Throwaway: true})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Running(dir); err != nil || got != s.URL() {
		t.Errorf("the running server is reached at %q, want %q", got, s.URL())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if _, err := Start(ctx, Config{Dir: dir, Throwaway: true}); err == nil || !strings.Contains(err.Error(), "another hotline") {
		t.Errorf("a second start: %v", err)
	}
	stopped := make(chan error, 1)
	go func() {
		<-time.After(300 * time.Millisecond)
		stopped <- s.Stop()
	}()
	second, err := Start(t.Context(), Config{Dir: dir, Throwaway: true}) // waits for the first to end
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(<-stopped, second.Stop()); err != nil {
		t.Error(err)
	}
	if got, err := Running(dir); err != nil || got != "" {
		t.Errorf("a server that has stopped is reached at %q", got)
	}
}

func TestFoldersThatCannotBeUsedAreNamedWithTheRemedy(t *testing.T) {
	base := open(t)
	file := filepath.Join(base, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Start(context.Background(), Config{Dir: file})
	if !errors.Is(err, ErrFolder) || !strings.Contains(err.Error(), file) {
		t.Errorf("a file: %v", err)
	}
	shut := filepath.Join(base, "shut")
	if err := os.Mkdir(shut, 0o700); err != nil {
		t.Fatal(err)
	}
	o := owner{name: "nobody", uid: 65534, gid: 65534, other: true}
	err = o.claim(filepath.Join(shut, "cluster"))
	if !errors.Is(err, ErrFolder) || !strings.Contains(err.Error(), "chmod o+x "+shut) {
		t.Errorf("a folder that does not let in: %v", err)
	}
}

func TestAClusterOfAnotherVersionIsRefusedWithTheWayOut(t *testing.T) {
	dir := open(t)
	if err := os.WriteFile(filepath.Join(dir, "PG_VERSION"), []byte("9\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := binaries(dir, find())
	if !errors.Is(err, ErrVersion) || !strings.Contains(err.Error(), "pg_dump") {
		t.Errorf("version 9: %v", err)
	}
}

func TestWithoutAServerInstalledTheMessageSaysWhatToInstall(t *testing.T) {
	dir := open(t)
	if _, err := binaries(dir, map[int]string{}); !errors.Is(err, ErrNotInstalled) || !strings.Contains(err.Error(), "apt install postgresql,") || !strings.Contains(err.Error(), "DATABASE_URL") {
		t.Errorf("a new folder: %v", err)
	}
	if _, err := binaries(dir, map[int]string{9: "/usr/lib/postgresql/9/bin"}); !errors.Is(err, ErrNotInstalled) {
		t.Errorf("a server that is too old for a new folder: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, versionFile), []byte("15\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := binaries(dir, map[int]string{}); !errors.Is(err, ErrNotInstalled) || !strings.Contains(err.Error(), "apt install postgresql-15") {
		t.Errorf("a cluster of version 15: %v", err)
	}
}

func TestANewClusterTakesTheNewestServerAndAnOldOneItsOwn(t *testing.T) {
	dir, installed := open(t), map[int]string{13: "13", 15: "15", 16: "16"}
	if bin, err := binaries(dir, installed); err != nil || bin != "16" {
		t.Errorf("a new folder: %q, %v", bin, err)
	}
	if err := os.WriteFile(filepath.Join(dir, versionFile), []byte("15\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if bin, err := binaries(dir, installed); err != nil || bin != "15" {
		t.Errorf("a cluster of version 15: %q, %v", bin, err)
	}
}

func TestAServerThatEndsAtOnceIsToldInItsOwnWords(t *testing.T) {
	dir := filepath.Join(open(t), "cluster")
	s, err := Start(t.Context(), Config{Dir: dir, Throwaway: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "postgresql.auto.conf"), []byte("shared_buffers = nonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Start(t.Context(), Config{Dir: dir, Throwaway: true}); err == nil || !strings.Contains(err.Error(), "FATAL") || !strings.Contains(err.Error(), "postgresql.auto.conf") {
		t.Errorf("the start says %v", err)
	}
}

func TestConnectionsThatAStopEndsAreNoComplaint(t *testing.T) {
	const ended = "FATAL:  terminating connection due to administrator command"
	for stopping, words := range map[bool]string{false: ended, true: ""} {
		s := &Server{cfg: Config{Log: slog.New(slog.DiscardHandler)}, ready: make(chan struct{})}
		s.stopping.Store(stopping)
		s.read(strings.NewReader("2026-11-27 14:58:40.467 UTC [1] " + ended + "\n"))
		if s.words != words {
			t.Errorf("stopping %v: it complains %q, want %q", stopping, s.words, words)
		}
	}
}

func TestALongLineOfTheServersLogDoesNotStopIt(t *testing.T) {
	var lines []string
	s := &Server{cfg: Config{Log: slog.New(lineHandler{slog.DiscardHandler, &lines})}, ready: make(chan struct{})}
	s.read(strings.NewReader("one\n" + strings.Repeat("x", 300_000) + "\nFATAL:  two\nLOG:  database system is ready to accept connections\n"))
	if len(lines) != 4 || len(lines[1]) != longestLine || s.words != "FATAL:  two" {
		t.Errorf("%d lines, complaint %q", len(lines), s.words)
	}
	select {
	case <-s.ready:
	default:
		t.Error("the last line was not read")
	}
}

// lineHandler keeps the lines of the server.
type lineHandler struct {
	slog.Handler
	lines *[]string
}

// Enabled passes everything.
func (h lineHandler) Enabled(context.Context, slog.Level) bool { return true }

// Handle keeps the line.
func (h lineHandler) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		*h.lines = append(*h.lines, a.Value.String())
		return true
	})
	return nil
}

func TestTheSocketOfAKilledProcessIsTidiedUp(t *testing.T) {
	base := open(t)
	dir, sockets := filepath.Join(base, "cluster"), filepath.Join(base, "run")
	if err := os.Mkdir(sockets, 0o755); err != nil {
		t.Fatal(err)
	}
	first, err := Start(t.Context(), Config{Dir: dir, Sockets: sockets, Throwaway: true})
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Dir(first.sockets) != sockets {
		t.Errorf("the socket lies in %s, want below %s", first.sockets, sockets)
	}
	if err := first.process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-first.gone // what the process would have removed stays
	second, err := Start(t.Context(), Config{Dir: dir, Sockets: sockets, Throwaway: true})
	if err != nil {
		t.Fatal(err)
	}
	if list, err := os.ReadDir(sockets); err != nil || len(list) != 1 {
		t.Errorf("after the second start there are %d folders, %v", len(list), err)
	}
	if err := second.Stop(); err != nil {
		t.Error(err)
	}
}

func TestANumberOfAnotherServersProcessIsNoFormerServer(t *testing.T) {
	base := open(t)
	dir, other := filepath.Join(base, "cluster"), filepath.Join(base, "other")
	s, err := Start(t.Context(), Config{Dir: dir, Throwaway: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	if err := os.Mkdir(other, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(other, pidFile), fmt.Appendln(nil, s.process.Pid), 0o600); err != nil {
		t.Fatal(err)
	}
	if pid := leftover(other); pid != 0 {
		t.Errorf("process %d works on another cluster", pid)
	}
	if leftover(dir) == 0 {
		t.Error("the running server is not found")
	}
}

func TestRootStartsTheClusterAsTheUserWhoseItIs(t *testing.T) {
	base := open(t)
	dir := filepath.Join(base, "cluster")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	o, err := chooseOwner(dir)
	if err != nil || o.uid == 0 {
		t.Fatalf("a new cluster is of %+v, %v", o, err)
	}
	if os.Geteuid() != 0 {
		if o.other || o.uid != os.Geteuid() {
			t.Errorf("an unprivileged user runs it as %+v", o)
		}
		return
	}
	const service = 12345
	if err := os.Chown(base, service, service); err != nil {
		t.Fatal(err)
	}
	if o, err = chooseOwner(dir); err != nil || o.uid != service || !o.other {
		t.Errorf("in the service's data folder it is of %+v, %v", o, err)
	}
	file := filepath.Join(dir, versionFile)
	if err := errors.Join(os.WriteFile(file, []byte("15\n"), 0o600), os.Chown(file, service+1, service)); err != nil {
		t.Fatal(err)
	}
	if o, err = chooseOwner(dir); err != nil || o.uid != service+1 {
		t.Errorf("a cluster that is there is of %+v, %v", o, err)
	}
}
