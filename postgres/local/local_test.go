package local

import (
	"context"
	"errors"
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
	<-s.Gone()
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
	if got := Running(dir); got != s.URL() {
		t.Errorf("the running server is reached at %q, want %q", got, s.URL())
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
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
	if got := Running(dir); got != "" {
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
	_, err := binaries(dir)
	if !errors.Is(err, ErrVersion) || !strings.Contains(err.Error(), "pg_dump") {
		t.Errorf("version 9: %v", err)
	}
}
