package e2e_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"hotline/media"
	"hotline/media/mediatest"
	"hotline/media/wav"
)

const pin = "314159"

// leaks looks for a PIN in a text: as it is, and digit by digit in the order of lines that hold nothing but one digit more
// than others ("digit 3" ... "digit 1" ...), as a log of keys would have it.
func leaks(text string) string {
	for _, line := range strings.Split(text, "\n") {
		if strings.Contains(line, pin) {
			return "whole: " + line
		}
	}
	lines, at := strings.Split(text, "\n"), 0
	lone := regexp.MustCompile(`(?i)(?:key|digit|dtmf|signal|pressed)\W{0,4}([0-9])\b`)
	for _, line := range lines {
		if m := lone.FindStringSubmatch(line); m != nil && m[1] == string(pin[at]) {
			if at++; at == len(pin) {
				return "digit by digit"
			}
		}
	}
	return ""
}

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
	c := h.dial(t, telephone(t, "0612345"))
	if err := c.Press(t.Context(), pin+"#3"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.AwaitTone(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if err := c.Say(t.Context(), speech(t, "en", "next-step")); err != nil {
		t.Fatal(err)
	}
	for _, k := range []string{"#", "1"} {
		if err := c.Press(t.Context(), k); err != nil {
			t.Fatal(err)
		}
		_ = c.Wait(t.Context(), 3*time.Second)
	}
	c.Hangup()
	h.awaitLine("recording", 10*time.Second)

	places := map[string]string{"the log": h.log.String(), "a dump of the database": h.dump()}
	for _, path := range []string{"/api/v1/tickets", "/api/v1/calls", "/api/v1/contracts", "/api/v1/customers", "/api/v1/flows", "/api/v1/health", "/metrics", "/api/v1/openapi.json"} {
		var body []byte
		if _, err := h.call(http.MethodGet, path, nil, &body); err != nil {
			t.Fatal(err)
		}
		places[path] = string(body)
	}
	v, err := h.latest()
	if err != nil {
		t.Fatal(err)
	}
	places["the ticket's history"] = fmt.Sprint(v)
	for _, folder := range []string{"journal", "cache"} {
		files, err := filepath.Glob(filepath.Join(h.data, folder, "*"))
		if err != nil || len(files) == 0 {
			t.Fatalf("nothing in %s, %v", folder, err)
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			places[name] = string(text)
		}
	}
	for place, text := range places {
		if len(text) < 2 {
			t.Errorf("%s is empty: nothing was searched", place)
		}
		if how := leaks(text); how != "" {
			t.Errorf("the PIN stands in %s, %s", place, how)
		}
	}
	h.judgeNoTones()

	// a planted leak must be found, or this test proves nothing
	if leaks("x\ncaller keyed "+pin+"\n") == "" || leaks("key=3\nother\nkey=1\nkey=4\nkey=1\nkey=5\nkey=9\n") == "" {
		t.Error("a planted leak was not found")
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
	files, err := filepath.Glob(filepath.Join(h.data, "recordings", "*.wav"))
	if err != nil || len(files) == 0 {
		h.t.Fatalf("no recording to search, %v", err)
	}
	for _, name := range files {
		file, err := os.Open(name)
		if err != nil {
			h.t.Fatal(err)
		}
		_, octets, err := wav.Read(file)
		file.Close()
		if err != nil {
			h.t.Fatal(err)
		}
		pcm := make([]int16, len(octets))
		media.ALaw.Decode(pcm, octets)
		if n := tones(pcm); n > 0 {
			h.t.Errorf("%d frames of %s hold key tones", n, name)
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
