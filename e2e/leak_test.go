package e2e_test

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"hotline/media/mediatest"
	"hotline/media/wav"
)

const pin = "314159"

// tones looks for the two tones of DTMF keys in a recording (ITU-T Q.23).
func tones(pcm []int16) int {
	rows, columns, found := []float64{697, 770, 852, 941}, []float64{1209, 1336, 1477, 1633}, 0
	for at := 0; at+400 <= len(pcm); at += 400 {
		frame := pcm[at : at+400]
		for _, r := range rows {
			for _, c := range columns {
				low, high := mediatest.Loudness(frame, r), mediatest.Loudness(frame, c)
				if low > 0.3 && high > 0.3 && low+high > 0.85 {
					found++
				}
			}
		}
	}
	return found
}

// TestNoDigitOfAPINIsKeptAnywhere keys a PIN at debug level and searches everything that is kept or shown.
func TestNoDigitOfAPINIsKeptAnywhere(t *testing.T) {
	t.Parallel()
	h := open(t)
	c, _ := h.describes(t, "0612345", pin+"#3", speech(t, "en", "next-step"))
	keeps(t, c, 3*time.Second)
	c.Hangup()
	h.awaitLine("recording", 30*time.Second)
	for place, text := range h.places() {
		if how := leaks(text, pin); how != "" {
			t.Errorf("the PIN stands in %s, %s", place, how)
		}
	}
	h.judgeNoTones()

	// a planted leak must be found in each of these places, or nothing was searched
	v, err := h.latest()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.call(http.MethodPost, "/api/v1/tickets/"+number(v)+"/comment", map[string]string{"text": "the caller keyed " + pin}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := h.call(http.MethodPut, "/api/v1/faults/f"+pin, map[string]string{"note": "planted"}, nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, 30*time.Second, "a line of the log about the planted fault", func() error { // it comes through a pipe
		if !strings.Contains(h.log.String(), "/faults/f"+pin) {
			return errors.New("none yet")
		}
		return nil
	})
	eventually(t, 30*time.Second, "the disk's copy of the book with the planted fault", func() error { // it is written every few seconds
		text, err := os.ReadFile(filepath.Join(h.data, "cache", "book.json"))
		if err == nil && !strings.Contains(string(text), pin) {
			err = errors.New("not there yet")
		}
		return err
	})
	found := h.places()
	for _, place := range []string{"the log", "a dump of the database", "journal/changes.journal", "cache/book.json", "/api/v1/tickets/" + number(v), "/api/v1/faults"} {
		if leaks(found[place], pin) == "" {
			t.Errorf("a leak planted in %s was not found", place)
		}
	}
	planted := mediatest.Tone(770, 4000)
	for i, s := range mediatest.Tone(1336, 4000) {
		planted[i] += s
	}
	if tones(planted) == 0 {
		t.Error("a planted key tone was not found")
	}
}

// judgeNoTones searches every recording for key tones.
func (h *house) judgeNoTones() {
	h.t.Helper()
	folder := recordingsOf(h.t, h.data, filepath.Join(h.data, "recordings.key"))
	ids, err := folder.List()
	if err != nil || len(ids) == 0 {
		h.t.Fatalf("no recording to search, %v", err)
	}
	for _, id := range ids {
		codec, octets, err := folder.Octets(id)
		if err != nil {
			h.t.Fatal(err)
		}
		if n := tones(wav.G711(codec).Samples(octets)); n > 0 {
			h.t.Errorf("%d frames of %s hold key tones", n, id)
		}
	}
}

// dump is the whole database as text.
func (h *house) dump() string {
	h.t.Helper()
	sockets := regexp.MustCompile(`Unix socket \\?"(/[^"\\]+)/\.s\.PGSQL`).FindStringSubmatch(h.log.String())
	if sockets == nil {
		h.t.Fatal("the log does not say where the database's socket is")
	}
	bins, err := filepath.Glob("/usr/lib/postgresql/*/bin/pg_dump")
	if err != nil || len(bins) == 0 {
		h.t.Fatal("pg_dump is missing: run `make packages`")
	}
	out, err := exec.Command(bins[len(bins)-1], "--inserts", "-h", sockets[1], "-U", "hotline", "postgres").Output()
	if err != nil {
		h.t.Fatalf("dumping the database: %v", err)
	}
	return string(out)
}
