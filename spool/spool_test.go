package spool

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"hotline/media/g711"
	"hotline/media/wav"
)

func TestRecordingsCanBePlayedWhileTheyAreWrittenAndNothingElseCan(t *testing.T) {
	dir := t.TempDir()
	s, err := Open(filepath.Join(dir, "recordings"), Encryption{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	recording, err := s.Create("417-a", g711.MuLaw)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := recording.Write(make([]byte, 8000)); err != nil {
		t.Fatal(err)
	}
	if codec, octets, err := s.Octets("417-a"); err != nil || codec != g711.MuLaw || len(octets) != 8000 {
		t.Errorf("while it is written: %s, %d octets, %v", codec, len(octets), err)
	}
	if err := recording.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Create("417-a", g711.ALaw); !errors.Is(err, os.ErrExist) {
		t.Errorf("the same recording again: %v", err)
	}
	file, err := s.Open("417-a")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	text, err := os.ReadFile(filepath.Join(dir, "recordings", "417-a.wav"))
	if err != nil {
		t.Fatal(err)
	}
	if sum, err := s.Sum("417-a"); err != nil || sum != fmt.Sprintf("%x", sha256.Sum256(text)) {
		t.Errorf("the sum is %q, %v", sum, err)
	}
	if f, _, err := wav.Read(file); err != nil || f != wav.G711(g711.MuLaw) {
		t.Errorf("format %d, %v", f, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "secret.wav"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"../secret", "/etc/passwd", "none", ""} {
		if _, err := s.Open(id); err == nil {
			t.Errorf("%q was opened", id)
		}
	}
	if list, err := s.List(); err != nil || len(list) != 1 || list[0] != "417-a" {
		t.Errorf("list is %v, %v", list, err)
	}
}
