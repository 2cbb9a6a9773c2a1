package portal_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hotline/prove"
)

func TestGuessesOfOneNetworkShutOutNoOtherAndNoTelephone(t *testing.T) {
	h := open(t)
	guesser := h.browser()
	for range 7 { // six, and the one of an hour
		guesser.is(guesser.asks("POST", "/portal/login", "pin=999999"), 303)
	}
	guesser.is(guesser.asks("POST", "/portal/login", "pin="+rossiPIN), 429)
	customer := h.browser()
	customer.from = "198.51.100.4:1"
	customer.logsIn(rossiPIN)
	looked := 0
	for i := range 1000 { // every budget of strangers together
		guesser.from = fmt.Sprintf("203.0.%d.%d:1", i/500, i/20+1)
		if guesser.asks("POST", "/portal/login", "pin=999999").Code == 303 {
			looked++
		}
	}
	if most := 250 + 50; looked > most {
		t.Errorf("%d guesses are looked at, %d at most: 250, and one an hour of each of 50 networks", looked, most)
	}
	other := h.browser()
	other.from = customer.from
	other.logsIn(rossiPIN) // is at home there
	customer.from = "203.0.0.7:1"
	customer.logsIn(rossiPIN) // is known anywhere
	stranger := h.browser()
	stranger.from = "198.51.100.77:1"
	stranger.logsIn(verdiPIN) // comes for the first time while somebody guesses
	guesser.from = "203.0.0.9:1"
	h.passes(time.Hour)
	guesser.logsIn(verdiPIN) // and where somebody guesses all day
	if _, _, err := h.desk.Identify(rossiPIN, "+39065551239", h.clock()); err != nil {
		t.Errorf("on the telephone: %v", err)
	}
	if h.desk.LockedOut("+390755500", h.clock()) {
		t.Error("an unknown telephone is not asked for its PIN any more")
	}
}

// TestTheBudgetTellsNobodyWhichPINIsRight: a right PIN among wrong ones is answered and counted as they are.
func TestTheBudgetTellsNobodyWhichPINIsRight(t *testing.T) {
	var all []string
	for _, candidate := range []string{"999999", rossiPIN} {
		h := open(t)
		b := h.browser()
		var answers []string
		for _, pin := range []string{"888881", "888882", candidate, candidate, "888883", candidate, "888884", "888885", "888886", candidate} {
			w := b.asks("POST", "/portal/login", "pin="+pin)
			answers = append(answers, fmt.Sprint(w.Code, w.Header().Get("Retry-After"), w.Body))
		}
		all = append(all, strings.Join(answers, "\n"))
	}
	if all[0] != all[1] {
		t.Errorf("with a right PIN among them:\n%s\nwithout one:\n%s", all[1], all[0])
	}
}

// TestWhoLogsInIsNeverShutOut: a customer who keys right PINs and their codes logs in as often as the house mails codes, whatever
// others guess meanwhile in the same network.
func TestWhoLogsInIsNeverShutOut(t *testing.T) {
	h := open(t)
	prove.Check(t, func(t *rapid.T) {
		h.passes(2 * time.Hour)
		h.browser().logsIn(rossiPIN)
		for range rapid.IntRange(0, 40).Draw(t, "guesses") {
			h.browser().asks("POST", "/portal/login", "pin=999999")
			h.passes(3 * time.Second)
		}
		h.passes(time.Duration(rapid.IntRange(0, 7000).Draw(t, "seconds")) * time.Second)
		h.browser().logsIn(verdiPIN)
	})
}

// TestTwoCustomersOfOneNetworkWhoLogInAreNoGuessers: each PIN is given back under the name that it was counted under.
func TestTwoCustomersOfOneNetworkWhoLogInAreNoGuessers(t *testing.T) {
	h := open(t)
	for range 36 {
		for _, pin := range []string{rossiPIN, verdiPIN} {
			h.browser().logsIn(pin)
			h.passes(10 * time.Minute)
		}
	}
	if strings.Contains(h.log.String(), "many wrong PINs") {
		t.Error(h.log.String())
	}
}

// TestABrowserKnownByAnotherKeyIsAStranger: the name is proven by the house's key.
func TestABrowserKnownByAnotherKeyIsAStranger(t *testing.T) {
	h := open(t)
	b := h.browser().logsIn(rossiPIN)
	given := b.cookies["hotline_portal_known"]
	name, proof, _ := strings.Cut(given, ".")
	if strings.Contains(given, "rossi") || name == "" {
		t.Fatalf("the cookie is %q", given)
	}
	for _, forged := range []string{name, name + ".", "." + proof, "x." + proof, name + "." + strings.Repeat("0", len(proof))} {
		s := h.browser()
		s.from = fmt.Sprintf("203.0.113.%d:1", len(forged)) // no home
		s.cookies["hotline_portal_known"] = forged
		refused := false
		for range 8 {
			refused = s.asks("POST", "/portal/login", "pin=999999").Code == 429 || refused
		}
		if !refused {
			t.Errorf("%q is known", forged)
		}
	}
}
