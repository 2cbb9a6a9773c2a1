package e2e_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// heardBy is what a softphone has heard in its only call, as its module sndfile writes it down. The softphone has ended.
func heardBy(t *testing.T, b *baresip) []int16 {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(b.dir, "dump-*-dec.wav"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%s has heard %v, %v", b.address, files, err)
	}
	return samplesOf(t, files[0])
}

// says tells whether the newest ticket's history holds some words.
func (h *house) says(words string) error {
	v, err := h.latest()
	if err == nil && !strings.Contains(fmt.Sprint(v.History), words) {
		err = fmt.Errorf("the history is %v", v.History)
	}
	return err
}

// TestThreeSoftphonesTalk: Anna accepts, presses * and 2, Marco joins by 1; each of the three hears the two others, and Marco stays with
// the caller when Anna hangs up.
func TestThreeSoftphonesTalk(t *testing.T) {
	t.Parallel()
	silence := waveFile(t, "silence", nil)
	h := open(t, "--config", settingsFile(t, "escalation: {key: 40s}\n"))
	anna, marco, caller := softphone(t, "anna", silence, true), softphone(t, "marco", silence, true), softphone(t, "rossi", silence, false)
	for name, phone := range map[string]*baresip{"anna": anna, "marco": marco} {
		if _, err := h.call(http.MethodPatch, "/api/v1/engineers/"+name, map[string]any{"phones": []string{phone.address}, "language": "it"}, nil); err != nil {
			t.Fatal(err)
		}
	}
	caller.dial("sip:hotline@" + h.sip)
	caller.await("CALL_ESTABLISHED", 1, 30*time.Second)
	caller.press("314159#1")
	h.awaitLine("opened", 30*time.Second)
	anna.await("CALL_ESTABLISHED", 1, 30*time.Second)
	pause(2 * time.Second)
	anna.press("1")
	h.awaitLine("joined", 30*time.Second) // it is written once they have talked for 5 s
	anna.press("*")
	pause(time.Second)
	anna.press("2")
	marco.await("CALL_ESTABLISHED", 1, 30*time.Second)
	pause(2 * time.Second)
	marco.press("1")
	eventually(t, 30*time.Second, "Marco joins", func() error { return h.says("joins Anna and the caller") })
	pause(5 * time.Second) // what each of them hears of it

	said := map[*baresip][]int16{caller: speech(t, "en", "request-locked"), anna: speech(t, "it", "request-expired"), marco: speech(t, "it", "operator-absent")}
	for _, who := range []*baresip{caller, anna, marco} {
		who.tell("ausrc", "aufile,"+waveFile(t, "talk", said[who]))
		pause(time.Duration(len(said[who]))*time.Second/8000 + time.Second)
	}
	anna.hangUp()
	eventually(t, 30*time.Second, "Marco stays", func() error { return h.says("Marco stays with the caller") })
	caller.hangUp()
	h.awaitLine("talk_ended", 20*time.Second)
	marco.await("CALL_CLOSED", 1, 20*time.Second)
	for _, who := range []*baresip{caller, anna, marco} {
		who.close()
	}
	never := speech(t, "en", "next-step")
	for _, c := range []struct {
		hears string
		who   *baresip
		of    map[string]*baresip
	}{
		{"the caller", caller, map[string]*baresip{"Anna": anna, "Marco": marco}},
		{"Anna", anna, map[string]*baresip{"the caller": caller, "Marco": marco}},
		{"Marco", marco, map[string]*baresip{"the caller": caller, "Anna": anna}},
	} {
		pcm := heardBy(t, c.who)
		for name, speaker := range c.of {
			is, not := inPieces(pcm, said[speaker]), inPieces(pcm, never)
			t.Logf("%s heard %.0f%% of what %s said, %.0f%% of what nobody said", c.hears, 100*is, name, 100*not)
			if is < 0.5 || not > 0.2 {
				t.Errorf("%s heard %.0f%% of what %s said (want 50), %.0f%% of what nobody said (want less than 20)", c.hears, 100*is, name, 100*not)
			}
		}
	}
}
