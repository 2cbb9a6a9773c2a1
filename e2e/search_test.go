package e2e_test

import (
	"bytes"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// spellings are the ways in which a program might have written a PIN down: as it is, encoded, or hashed without a key,
// which a million guesses undo.
func spellings(pin string) map[string]string {
	percent, list := "", map[string]string{"whole": pin}
	for _, c := range pin {
		percent += fmt.Sprintf("%%%02x", c)
	}
	m, s1, s2 := md5.Sum([]byte(pin)), sha1.Sum([]byte(pin)), sha256.Sum256([]byte(pin))
	list["percent-encoded"], list["hexadecimal"] = percent, hex.EncodeToString([]byte(pin))
	list["its MD5"], list["its SHA-1"], list["its SHA-256"] = hex.EncodeToString(m[:]), hex.EncodeToString(s1[:]), hex.EncodeToString(s2[:])
	for i := range 3 { // base64 of a text around it, by where it begins
		whole := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("x", i) + pin))
		list[fmt.Sprint("base64, shift ", i)] = whole[(8*i+5)/6 : 8*(i+len(pin))/6]
	}
	return list
}

var (
	digitRun = regexp.MustCompile(`[0-9]+`)
	instant  = regexp.MustCompile(`\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?`)
)

// leaks looks for a PIN in a text: in each of its spellings, and digit by digit across lines. For the latter, lines that
// differ in their numbers only are one template ("event 3 of 17"), and the single digits that stand at one place of it,
// each told apart from the one before, are read as a sequence.
func leaks(text, pin string) string {
	lower := strings.ToLower(text)
	for how, spelled := range spellings(pin) {
		if strings.HasPrefix(how, "base64") && strings.Contains(text, spelled) || strings.Contains(lower, spelled) {
			return how
		}
	}
	sequences := map[string][][]byte{} // by template: what stood at each of its places, one after the other
	for line := range strings.Lines(instant.ReplaceAllString(text, "")) {
		template, runs := digitRun.ReplaceAllString(line, "0"), digitRun.FindAllString(line, -1)
		told := sequences[template]
		if told == nil {
			told = make([][]byte, len(runs))
			sequences[template] = told
		}
		for place, digits := range runs {
			if len(digits) > 1 {
				told[place] = append(told[place], '-')
			} else if !bytes.HasSuffix(told[place], []byte(digits)) { // a key is told by several packets
				told[place] = append(told[place], digits...)
			}
		}
	}
	for template, told := range sequences {
		if slices.ContainsFunc(told, func(digits []byte) bool { return bytes.Contains(digits, []byte(pin)) }) {
			return "digit by digit in lines such as " + strings.TrimSpace(template)
		}
	}
	return ""
}

func number(v ticketView) string { return fmt.Sprint(v.Number) }

// places is everything that the program keeps or shows as text, by where it stands: its log at level debug, a dump of the
// database, its files but the database's and the sound, and every answer of the API.
func (h *house) places() map[string]string {
	h.t.Helper()
	list := map[string]string{"the log": h.log.String(), "a dump of the database": h.dump()}
	for _, path := range append(h.readable(), "/metrics", "/api/v1/openapi.json") {
		var body []byte
		if _, err := h.call(http.MethodGet, path, nil, &body); err != nil {
			h.t.Fatal(err)
		}
		list[path] = string(body)
	}
	for _, folder := range []string{"journal", "cache"} {
		files, err := filepath.Glob(filepath.Join(h.data, folder, "*"))
		if err != nil || len(files) == 0 {
			h.t.Fatalf("nothing in %s, %v", folder, err)
		}
		for _, name := range files {
			text, err := os.ReadFile(name)
			if err != nil {
				h.t.Fatal(err)
			}
			list[filepath.Join(folder, filepath.Base(name))] = string(text)
		}
	}
	for place, text := range list {
		if len(text) < 2 {
			h.t.Errorf("%s is empty: nothing was searched", place)
		}
	}
	return list
}

// readable lists what the API's own document offers for reading, with the newest ticket, call and so on in the paths.
func (h *house) readable() []string {
	h.t.Helper()
	var document struct {
		Paths map[string]map[string]json.RawMessage
	}
	if _, err := h.call(http.MethodGet, "/api/v1/openapi.json", nil, &document); err != nil {
		h.t.Fatal(err)
	}
	var calls struct{ Calls []struct{ ID string } }
	if _, err := h.call(http.MethodGet, "/api/v1/calls", nil, &calls); err != nil || len(calls.Calls) == 0 {
		h.t.Fatalf("no call, %v", err)
	}
	v, err := h.latest()
	if err != nil || len(v.Recordings) == 0 {
		h.t.Fatalf("the ticket is %+v, %v", v, err)
	}
	names := map[string]string{"calls": calls.Calls[0].ID, "contracts": "rossi", "customers": "rossi", "engineers": "anna", "levels": "extended", "calendars": "office", "recordings": v.Recordings[0].ID}
	parameter := regexp.MustCompile(`\{\w+\}`)
	var list []string
	for path, methods := range document.Paths {
		// The stream of chains never ends; it tells of tickets and calls, which are read by themselves. The demo's line has no number for a card.
		if methods["get"] == nil || strings.HasSuffix(path, "/audio") || strings.HasSuffix(path, "/spoken") || strings.HasSuffix(path, "/chains") || strings.HasSuffix(path, "/line.vcf") || strings.HasPrefix(path, "/api/v1/faults/{") {
			continue
		}
		kind := strings.Split(path, "/")[3]
		switch name := names[kind]; {
		case kind == "tickets":
			path = parameter.ReplaceAllString(path, number(v))
		case strings.HasSuffix(path, "/pack"), strings.HasSuffix(path, "/prompts/{language}/{key}"), strings.HasSuffix(path, "/export"), kind == "attachments":
			continue // sounds
		case kind == "prompts":
			path = strings.NewReplacer("{language}", "en", "{key}", "welcome").Replace(path)
		case kind == "flows" && strings.Contains(path, "{"):
			continue // none is published, and the text is the owner's
		case slices.Contains([]string{"rotas", "escalation-policies", "alert-mappings", "alert-policies", "maintenance-windows", "heartbeats", "endpoints", "releases", "installations", "agents"}, kind) && strings.Contains(path, "{"), strings.HasSuffix(path, "/contact"):
			continue // the demo company has none, and what stands there is the owner's
		case strings.Contains(path, "{") && name == "":
			h.t.Errorf("this search does not know how to ask %s", path)
			continue
		default:
			path = parameter.ReplaceAllString(path, name)
		}
		switch {
		case strings.HasPrefix(path, "/api/v1/report"), path == "/api/v1/time":
			path += "?month=" + time.Now().Format("2006-01")
		case path == "/api/v1/dry-run":
			path += "?level=extended&category=blocking&at=2026-11-23T09:00:00Z"
		}
		list = append(list, path)
	}
	if len(list) < 20 {
		h.t.Fatalf("only %v", list)
	}
	return list
}

func TestALeakIsFoundHoweverItIsWritten(t *testing.T) {
	t.Parallel()
	line := func(format string) (text string) {
		for i, c := range "27314159" {
			for range 3 {
				text += fmt.Sprintf("time=2026-11-27T10:00:0%dZ level=DEBUG "+format+"\nanother line %d\n", i, c, i, i)
			}
		}
		return text
	}
	for how, text := range map[string]string{
		"whole": "caller keyed 314159#", "in an address": "/x?pin=%33%31%34%31%35%39", "in octets": `\x333134313539`,
		"base64":    base64.StdEncoding.EncodeToString([]byte(`{"pin":"314159","x":1}`)),
		"base64 at": base64.StdEncoding.EncodeToString([]byte(`{"keyed":"314159","x":1}`)),
		"a hash":    fmt.Sprintf("hash=%x", sha256.Sum256([]byte(pin))),
		"keys":      line("msg=event key=%c at=%d"), "in a sentence": line("the caller pressed %c after %d s"), "JSON": line(`{"digit":"%c","n":%d}`),
	} {
		if leaks(text, pin) == "" {
			t.Errorf("%s: not found in %q", how, text[:min(len(text), 200)])
		}
	}
	for what, text := range map[string]string{
		"another PIN": "caller keyed 271828", "a number of others": "id=1 n=3\nid=2 n=1\nid=3 n=4\n", "keys that are counted": "keys=1\nkeys=2\nkeys=3\nkeys=4\nkeys=5\nkeys=6\n",
	} {
		if how := leaks(text, pin); how != "" {
			t.Errorf("%s is taken for a leak: %s", what, how)
		}
	}
}
