package e2e_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// TestANumberOfAnyLengthLosesNoTicket calls under numbers that no index and no text of a database takes as they come, by PIN
// and without one; each call leaves a ticket that is listed and can be read.
func TestANumberOfAnyLengthLosesNoTicket(t *testing.T) {
	t.Parallel()
	h := open(t)
	for _, user := range []string{strings.Repeat("9", 6000), strings.Repeat("x", 3000), strings.Repeat("\x00", 20), "a\xFF\xFEb", strings.Repeat("à", 900), "\r\nX-Injected: 1"} {
		for _, keys := range []string{"314159#4", "##4"} {
			before, _ := h.latest()
			p := telephone(t, user)
			c := h.dial(t, p)
			if err := c.Press(t.Context(), keys); err != nil {
				t.Fatal(err)
			}
			if err := c.Wait(t.Context(), 3*time.Second); err != nil {
				t.Fatal(err)
			}
			c.Hangup()
			eventually(t, 30*time.Second, fmt.Sprintf("the ticket of a call from %.10q", user), func() error {
				v, err := h.latest()
				if err == nil && v.Number <= before.Number {
					err = fmt.Errorf("the newest ticket is %d", v.Number)
				}
				return err
			})
			var list struct {
				Tickets []struct{ Caller string }
			}
			if _, err := h.call(http.MethodGet, "/api/v1/tickets?limit=1", nil, &list); err != nil {
				t.Fatal(err)
			}
			caller := list.Tickets[0].Caller
			if n := utf8.RuneCountInString(caller); n > 64 || strings.ContainsAny(caller, "\x00\r\n") {
				t.Errorf("the caller is kept as %d characters, %q", n, caller)
			}
			if _, err := h.call(http.MethodGet, "/api/v1/tickets?caller="+url.QueryEscape(caller), nil, &list); err != nil || len(list.Tickets) == 0 {
				t.Errorf("the ticket is not found by its caller: %v", err)
			}
		}
	}
	for _, line := range []string{"refuse", "not kept", "changes wait"} {
		if strings.Contains(h.log.String(), line) {
			t.Errorf("the log tells of a fault: %q", line)
		}
	}
	var calls struct {
		Calls []struct {
			From string `json:"from"`
		}
	}
	if _, err := h.call(http.MethodGet, "/api/v1/calls", nil, &calls); err != nil || len(calls.Calls) < 12 {
		t.Errorf("%d calls are listed, %v", len(calls.Calls), err)
	}
}
