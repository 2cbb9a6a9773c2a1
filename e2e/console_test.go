package e2e_test

import (
	"errors"
	"net/http"
	"testing"
	"time"
)

// TestNoDigitOfAnEngineersPINIsKeptAnywhere keys a wrong and the right PIN of an engineer at debug level, over real sockets, has
// the engineer dictate a note, and searches everything that is kept or shown.
func TestNoDigitOfAnEngineersPINIsKeptAnywhere(t *testing.T) {
	t.Parallel()
	h := open(t)
	var given struct{ PIN string }
	if status, err := h.call(http.MethodPost, "/api/v1/engineers/anna/pin", nil, &given); err != nil || status != http.StatusOK || len(given.PIN) != 8 {
		t.Fatalf("status %d, a PIN of %d digits, %v", status, len(given.PIN), err)
	}
	c, _ := h.describes(t, "0612345", pin+"#3", speech(t, "en", "next-step"))
	keeps(t, c, 3*time.Second)
	c.Hangup()
	v := h.awaitLine("recording", 30*time.Second)
	const wrong = "69314718"
	a := h.dial(t, telephone(t, "anna"))
	if err := errors.Join(a.Press(t.Context(), wrong+"#"), a.Wait(t.Context(), 3*time.Second), a.Press(t.Context(), given.PIN+"#2"+number(v)+"#37")); err != nil {
		t.Fatal(err)
	}
	if _, err := a.AwaitTone(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(a.Say(t.Context(), speech(t, "en", "next-step")), a.Press(t.Context(), "#"), a.Wait(t.Context(), 2*time.Second)); err != nil {
		t.Fatal(err)
	}
	a.Hangup()
	eventually(t, 30*time.Second, "the engineer's note on the ticket", func() error {
		now, err := h.latest()
		if err == nil && (len(now.Recordings) != 2 || !now.has("assigned")) {
			err = errors.New("not yet")
		}
		return err
	})
	for place, text := range h.places() {
		for _, keyed := range []string{given.PIN, wrong} {
			if how := leaks(text, keyed); how != "" {
				t.Errorf("a PIN stands in %s, %s", place, how)
			}
		}
	}
	h.judgeNoTones()
}
