package e2e_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"hotline/prompts"
	"hotline/prompts/readback"
)

// TestTheBriefOfANewCustomerIsUnderstood makes a customer by the API, calls with the PIN of its contract, records what the engineer
// hears by a softphone of another maker, and has a recogniser that never heard these voices write it down: the customer's name, out
// of names that sound alike, the level, the category, and the ticket's number digit by digit.
func TestTheBriefOfANewCustomerIsUnderstood(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("pico2wave"); err != nil {
		t.Fatal("Pico is not installed, so that no name is spoken: install it by scripts/install voice")
	}
	ear, err := readback.Open(prompts.Italian)
	if err != nil {
		t.Fatal(err)
	}
	h := open(t)
	marco := softphone(t, "marco", waveFile(t, "silence", nil), true)
	h.onCall([]string{"Marco"}, []string{marco.address})
	pin, _ := h.addsGialli()
	h.describes(t, "0699999999", pin+"#1", nil)
	end := marco.hears("the end of the brief", speech(t, prompts.Italian, "brief-keys"), 0, 90*time.Second)
	brief := heardSoFar(marco)[:end]
	v := h.awaitLine("opened", 30*time.Second)

	want := []string{"officine gialli", "contratto extended", "guasto bloccante", "richiesta numero"}
	digits := make([]string, 10)
	for d := range digits {
		digits[d] = textOf(t, prompts.ID(fmt.Sprintf("digit-%d", d)))
	}
	heard := readback.Grammar{
		{"officine gialli", "officine galli", "officine verdi", "officine bianchi", "cartiere gialli", "cartiere galli", "un cliente"},
		{"contratto extended", "contratto advanced", "contratto professional", "assistenza su richiesta"},
		{"guasto bloccante", "guasto non bloccante", "chiarimenti", "modifica", "nuova funzione"}, {"richiesta numero"},
	}
	for _, d := range fmt.Sprint(v.Number) {
		want, heard = append(want, digits[d-'0']), append(heard, digits)
	}
	keys, told, describing := textOf(t, "brief-keys"), textOf(t, "talk-told"), textOf(t, "describing")
	heard = append(heard, []string{keys, told + " " + keys, describing + " " + keys, told + " " + describing + " " + keys})
	said, err := ear.Hear([]readback.Question{{PCM: brief, Grammar: heard}})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("understood: %s", said[0])
	if !strings.HasPrefix(said[0], strings.Join(want, " ")+" ") {
		t.Errorf("the engineer's brief is understood as %q; it should begin with %q", said[0], want)
	}
}

// textOf is the words of an Italian sentence.
func textOf(t *testing.T, id prompts.ID) string {
	t.Helper()
	book, err := prompts.Open(prompts.Italian)
	if err != nil {
		t.Fatal(err)
	}
	e, ok := book.Entry(id)
	if !ok {
		t.Fatalf("there is no sentence %q", id)
	}
	return readback.Words(e.Text)
}
