package datadir

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestTheKeyOfTheRecordingsIsMadeOnceAndNeverReplaced(t *testing.T) {
	file := filepath.Join(t.TempDir(), "recordings.key")
	first, err := ReadRecordingKeys(file, false)
	if err != nil || len(first.IDs()) != 1 {
		t.Fatalf("%v, %v", first.IDs(), err)
	}
	again, err := ReadRecordingKeys(file, true)
	if err != nil || !slices.Equal(first.IDs(), again.IDs()) {
		t.Errorf("a second start reads the keys %v, not %v: %v", again.IDs(), first.IDs(), err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file of the key is %v, %v", info.Mode(), err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadRecordingKeys(file, true); err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "backup") {
		t.Errorf("a lost key: %v", err)
	}
	if err := os.WriteFile(file, []byte("hello\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadRecordingKeys(file, false); err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("no key: %v", err)
	}
}

func TestAKeyInTheDataFolderIsToldFromOneElsewhere(t *testing.T) {
	d := Dir("/var/lib/hotline")
	for file, inside := range map[string]bool{
		d.RecordingKeys(): true, "/var/lib/hotline/keys/a": true, "/var/lib/hotline-keys/a": false, "/etc/hotline/recordings.key": false, "/var/lib/hotline/../a": false,
	} {
		if d.Holds(file) != inside {
			t.Errorf("%s lies in the folder: %v", file, !inside)
		}
	}
}
