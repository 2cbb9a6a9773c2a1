package e2e_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hotline/datadir"
	"hotline/media/g711"
	"hotline/media/mediatest"
	"hotline/media/wav"
	"hotline/spool"
)

// witnessHz is the tone that the caller of these tests says: one that neither keys, prompts nor numbers in columns give.
const witnessHz = 1847

// recordingsOf opens the recordings of a data folder with their keys.
func recordingsOf(t *testing.T, data, key string) *spool.Folder {
	t.Helper()
	keys, err := datadir.ReadRecordingKeys(key, true)
	if err != nil {
		t.Fatal(err)
	}
	folder, err := spool.Open(filepath.Join(data, "recordings"), spool.Encryption{Keys: keys})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = folder.Close() })
	return folder
}

// toneIn tells how many quarters of a second of a file are the tone, whether it is read as A-law, mu-law, or samples of 16 bits.
func toneIn(text []byte) (most int) {
	linear := func(b []byte) []int16 {
		pcm := make([]int16, len(b)/2)
		for i := range pcm {
			pcm[i] = int16(binary.LittleEndian.Uint16(b[2*i:]))
		}
		return pcm
	}
	count := func(pcm []int16) (n int) {
		for at := 0; at+2000 <= len(pcm); at += 2000 {
			if mediatest.Loudness(pcm[at:at+2000], witnessHz) > 0.5 {
				n++
			}
		}
		return n
	}
	readings := [][]int16{wav.G711(g711.ALaw).Samples(text), wav.G711(g711.MuLaw).Samples(text), linear(text)}
	if len(text) > 1 {
		readings = append(readings, linear(text[1:]))
	}
	for _, pcm := range readings {
		most = max(most, count(pcm))
	}
	return most
}

// soundIn names the files below a folder that hold the tone, or a piece of a recording octet for octet.
func soundIn(t *testing.T, folder string, recordings ...[]byte) (found []string) {
	t.Helper()
	eachFile(t, folder, func(path string, text []byte) {
		way, _ := filepath.Rel(folder, path)
		if n := toneIn(text); n > 0 {
			found = append(found, fmt.Sprintf("%s (%d quarters of a second)", way, n))
			return
		}
		for _, r := range recordings {
			for at := 1000; at+64 < len(r); at += 4000 {
				if lively(r[at:at+64]) && bytes.Contains(text, r[at:at+64]) {
					found = append(found, fmt.Sprintf("%s (the octets at %d)", way, at))
					return
				}
			}
		}
	})
	return found
}

// eachFile reads every file below a folder. One that goes away meanwhile is none: the database is at work there.
func eachFile(t *testing.T, folder string, look func(path string, text []byte)) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, e fs.DirEntry, err error) error {
		if err == nil && e.Type().IsRegular() {
			var text []byte
			if text, err = os.ReadFile(path); err == nil {
				look(path, text)
			}
		}
		if path != folder && errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// lively tells sound from silence, of which every voice has some.
func lively(octets []byte) bool {
	seen := map[byte]bool{}
	for _, b := range octets {
		seen[b] = true
	}
	return len(seen) > 8
}

// saysTheTone calls, leaves a message that is the tone, and gives the ticket.
func (h *house) saysTheTone(t *testing.T) ticketView {
	t.Helper()
	c, _ := h.describes(t, "0612345", pin+"#3", mediatest.Tone(witnessHz, 3*8000))
	keeps(t, c, 3*time.Second)
	c.Hangup()
	return h.awaitLine("recording", 30*time.Second)
}

// sound fetches a ticket's recording.
func (h *house) sound(t *testing.T, v ticketView) (file []byte) {
	t.Helper()
	if _, err := h.call(http.MethodGet, v.Recordings[0].URL, nil, &file); err != nil {
		t.Fatal(err)
	}
	return file
}

// keyElsewhere is a configuration whose key of the recordings lies outside the data folder.
func keyElsewhere(t *testing.T, encrypt bool) (configuration, key string) {
	t.Helper()
	dir := t.TempDir()
	configuration, key = filepath.Join(dir, "hotline.yaml"), filepath.Join(dir, "recordings.key")
	text := fmt.Sprintf("recordings: {encrypt: %v, key_file: %s}\n", encrypt, key)
	if err := os.WriteFile(configuration, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return configuration, key
}

// TestAStolenDataFolderShowsNoSecondOfSound calls while recordings lie in the clear, which the search must find; then with the key
// elsewhere, which encrypts the former one too, and searches every file of the folder: recordings, journal, database, cache.
func TestAStolenDataFolderShowsNoSecondOfSound(t *testing.T) {
	t.Parallel()
	data := dataFolder(t)
	off, _ := keyElsewhere(t, false)
	h := reopen(t, data, "--config", off)
	first := h.saysTheTone(t)
	inTheClear := h.sound(t, first)
	h.close()
	if n := toneIn(inTheClear); n < 8 {
		t.Fatalf("the recording served holds %d quarters of a second of the tone", n)
	}
	if found := soundIn(t, data, inTheClear); len(found) != 1 || !strings.HasPrefix(found[0], "recordings/") {
		t.Fatalf("in a folder with a recording in the clear the search finds %v", found)
	}

	on, key := keyElsewhere(t, true)
	h = reopen(t, data, "--config", on)
	second := h.saysTheTone(t)
	sealed := h.sound(t, second)
	if n := toneIn(sealed); n < 8 {
		t.Errorf("the sealed recording is served with %d quarters of a second of the tone", n)
	}
	eventually(t, 30*time.Second, "the former recording is encrypted", func() error {
		if left, _ := filepath.Glob(filepath.Join(data, "recordings", "*.wav")); len(left) > 0 {
			return fmt.Errorf("%v lie in the clear", left)
		}
		return nil
	})
	if !bytes.Equal(h.sound(t, first), inTheClear) {
		t.Error("the former recording is served in other octets, now that it is encrypted")
	}
	if found := soundIn(t, data, inTheClear, sealed); len(found) > 0 {
		t.Errorf("a stolen folder shows sound in %v", found)
	}
	h.erases(t, data, first)

	out := t.TempDir()
	text, err := exec.Command(program(), "recording", "decrypt", number(second), "--config", on, "--data", data, "--out", out).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	written, err := os.ReadFile(filepath.Join(out, second.Recordings[0].ID+".wav"))
	if err != nil || !bytes.Equal(written, sealed) {
		t.Errorf("the command writes %d octets, the API serves %d: %v", len(written), len(sealed), err)
	}
	h.close()
	if err := os.Rename(key, key+".lost"); err != nil {
		t.Fatal(err)
	}
	text, err = exec.Command(program(), "recording", "decrypt", number(second), "--config", on, "--data", data, "--out", t.TempDir()).CombinedOutput()
	if err == nil || !strings.Contains(string(text), key) {
		t.Errorf("without the key: %v, %s", err, text)
	}
}

// octetsIn names the files below a folder that hold a piece of a file octet for octet.
func octetsIn(t *testing.T, folder string, file []byte) (found []string) {
	t.Helper()
	eachFile(t, folder, func(path string, text []byte) {
		for at := 1000; at+32 < len(file); at += 4000 {
			if bytes.Contains(text, file[at:at+32]) {
				found = append(found, path)
				break
			}
		}
	})
	return found
}

// erases erases the recording of a ticket and looks for what is left of it: its sealed octets in every file of the data folder, the
// database's included, and its checksum in the journal.
func (h *house) erases(t *testing.T, data string, v ticketView) {
	t.Helper()
	r := v.Recordings[0]
	lies, err := os.ReadFile(filepath.Join(data, "recordings", r.ID+".sealed"))
	if err != nil || len(lies) < 8000 {
		t.Fatalf("%d octets, %v", len(lies), err)
	}
	if found := octetsIn(t, data, lies); len(found) != 1 {
		t.Fatalf("before, the search finds the sealed octets in %v", found)
	}
	reason := map[string]string{"reason": "asked for"}
	if _, err := h.call(http.MethodPost, "/api/v1/tickets/"+number(v)+"/erase-recordings", reason, nil); err != nil {
		t.Fatal(err)
	}
	if found := octetsIn(t, data, lies); len(found) > 0 {
		t.Errorf("octets of a recording that was erased lie in %v", found)
	}
	files, err := filepath.Glob(filepath.Join(data, "journal", "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("the journal has %d files, %v", len(files), err)
	}
	for _, name := range files {
		if text, err := os.ReadFile(name); err != nil || bytes.Contains(text, []byte(r.SHA256)) {
			t.Errorf("%s tells of a recording that was erased: %v", name, err)
		}
	}
	if status, _ := h.call(http.MethodGet, r.URL, nil, nil); status != http.StatusGone {
		t.Errorf("a recording that was erased is answered with %d", status)
	}
}
