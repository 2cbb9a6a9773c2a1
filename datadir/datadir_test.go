package datadir

import (
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"hotline/memory"
)

func TestThePINKeyIsMadeOnceAndNeverReplaced(t *testing.T) {
	store, file := memory.New(1), t.TempDir()+"/pin.key"
	first, err := ReadPINKey(t.Context(), store, file)
	if err != nil || len(first) != pinKeyOctets {
		t.Fatalf("%d octets, %v", len(first), err)
	}
	again, err := ReadPINKey(t.Context(), store, file)
	if err != nil || string(again) != string(first) {
		t.Errorf("a second start reads another key, %v", err)
	}
	if _, err := ReadPINKey(t.Context(), store, t.TempDir()+"/pin.key"); err == nil {
		t.Error("a lost key was replaced in silence")
	}
	if _, err := ReadPINKey(t.Context(), memory.New(1), file); err != nil {
		t.Errorf("a known key with a new database: %v", err)
	}
}

func TestADataFolderIsForOneProgram(t *testing.T) {
	f := Dir(t.TempDir())
	unlock, err := f.Lock()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Lock(); err == nil || !strings.Contains(err.Error(), "another hotline uses the data folder "+string(f)) {
		t.Errorf("a second one: %v", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	unlock, err = f.Lock()
	if err != nil {
		t.Fatalf("after the first has ended: %v", err)
	}
	if err := unlock(); err != nil {
		t.Error(err)
	}
}

func TestAnotherPINKeyIsRefusedWithTheRemedy(t *testing.T) {
	store, dir := memory.New(1), t.TempDir()
	right, wrong := filepath.Join(dir, "right"), filepath.Join(dir, "wrong")
	if _, err := ReadPINKey(t.Context(), store, right); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"another one": hex.EncodeToString(make([]byte, pinKeyOctets)), "half of one": "00ff", "no key": "hello", "nothing": "",
	} {
		if err := os.WriteFile(wrong, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadPINKey(t.Context(), store, wrong); err == nil || !strings.Contains(err.Error(), wrong) || !strings.Contains(err.Error(), "backup") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if info, err := os.Stat(right); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key's file is %v, %v", info.Mode(), err)
	}
}

func TestAFileSystemThatDoesNotLockIsToldFromAFolderInUse(t *testing.T) {
	d := Dir(t.TempDir())
	for _, c := range []struct {
		err            error
		inUse, noLocks bool
	}{
		{nil, false, false}, {syscall.EWOULDBLOCK, true, false}, {syscall.ENOLCK, false, true}, {syscall.ENOTSUP, false, true}, {syscall.EINVAL, false, true},
	} {
		err := d.locked(c.err)
		if errors.Is(err, ErrNoLocks) != c.noLocks || (err != nil && !errors.Is(err, ErrNoLocks)) != c.inUse {
			t.Errorf("the file system says %v, the folder %v", c.err, err)
		}
	}
}
