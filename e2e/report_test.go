package e2e_test

import (
	"testing"
	"time"

	"hotline/phone"
)

// describes keys a PIN and a category without waiting for the prompts, waits for the tone and speaks; who has nothing to
// say is silent for two seconds. tone is where the tone stands in what was heard.
func (h *house) describes(t *testing.T, user, keys string, said []int16) (c *phone.Call, tone int) {
	t.Helper()
	c = h.dial(t, telephone(t, user))
	if err := c.Press(t.Context(), keys); err != nil {
		t.Fatal(err)
	}
	tone, err := c.AwaitTone(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if said == nil {
		err = c.Wait(t.Context(), 2*time.Second)
	} else {
		err = c.Say(t.Context(), said)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c, tone
}

// keeps ends the message, keeps it at the menu and listens on for a while, or until the line hangs up.
func keeps(t *testing.T, c *phone.Call, listens time.Duration) {
	t.Helper()
	if err := c.Press(t.Context(), "#"); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(t.Context(), 2*time.Second); err != nil {
		t.Fatal(err)
	}
	if err := c.Press(t.Context(), "1"); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait(t.Context(), listens)
}
