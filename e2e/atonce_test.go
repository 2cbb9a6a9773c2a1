package e2e_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	clients     = 50
	ticketsEach = 8
)

// client writes and reads as a customer's system does; what is wrong with the answers it gets is its complaint.
type client struct {
	*house
	name       int
	complaints []string
}

func (c *client) complain(format string, args ...any) {
	c.complaints = append(c.complaints, fmt.Sprintf("client %d: %s", c.name, fmt.Sprintf(format, args...)))
}

// run opens tickets, each of which must stand in the list that is asked for next, by itself and beside all others; writes a
// comment to each; and looks for one of its own by words.
func (c *client) run() {
	for n := range ticketsEach {
		word := fmt.Sprintf("machine%dx%d", c.name, n)
		var made ticketView
		status, err := c.call(http.MethodPost, "/api/v1/tickets", map[string]any{"contract": "rossi", "claim": "question", "text": word}, &made)
		if err != nil || status != http.StatusCreated {
			c.complain("opening a ticket: %d, %v", status, err)
			continue
		}
		for what, query := range map[string]string{"all": "limit=500", "those of the contract": "contract=rossi&limit=500", "those with its word": "q=" + word} {
			var list struct{ Tickets []ticketView }
			if _, err := c.call(http.MethodGet, "/api/v1/tickets?"+query, nil, &list); err != nil {
				c.complain("listing %s: %v", what, err)
			} else if !slices.ContainsFunc(list.Tickets, func(v ticketView) bool { return v.Number == made.Number }) {
				c.complain("ticket %d was answered with 201, and the next list of %s does not have it", made.Number, what)
			}
		}
		if _, err := c.call(http.MethodPost, fmt.Sprintf("/api/v1/tickets/%d/comment", made.Number), map[string]any{"text": "seen"}, nil); err != nil {
			c.complain("commenting: %v", err)
		}
	}
}

// reports calls, keys what leads to the tone, and gives how long it took from the last key to the tone, before which the
// ticket exists.
func (h *house) reports(t *testing.T, user string) time.Duration {
	t.Helper()
	p := telephone(t, user)
	call := h.dial(t, p)
	defer call.Hangup()
	if err := call.Press(t.Context(), "314159#3"); err != nil {
		t.Fatal(err)
	}
	keyed := time.Now()
	if _, err := call.AwaitTone(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	return time.Since(keyed)
}

// TestFiftyClientsOfTheAPIAtOnceLoseNothing and are never told that the store is down; a caller meanwhile has a ticket
// as soon as on a quiet line.
func TestFiftyClientsOfTheAPIAtOnceLoseNothing(t *testing.T) {
	h := open(t)
	alone := h.reports(t, "0612340")
	all := make([]*client, clients)
	begin := make(chan struct{})
	var working sync.WaitGroup
	for i := range all {
		all[i] = &client{house: h, name: i}
		working.Go(func() {
			<-begin
			all[i].run()
		})
	}
	began := time.Now()
	close(begin)
	var beside []time.Duration
	for n := range 3 {
		beside = append(beside, h.reports(t, fmt.Sprintf("061234%d", n+1)))
	}
	working.Wait()
	t.Logf("%d tickets by %d clients in %v; a caller heard the tone after %v alone, %v beside them", clients*ticketsEach, clients, time.Since(began).Round(time.Millisecond), alone, beside)
	for _, c := range all {
		for _, complaint := range c.complaints {
			t.Error(complaint)
		}
	}
	const more = 3 * time.Second // both cores are at work, and others may use them too
	for _, took := range beside {
		if took > alone+more {
			t.Errorf("a caller heard the tone after %v, on a quiet line after %v", took, alone)
		}
	}
	var list struct{ Total int }
	if _, err := h.call(http.MethodGet, "/api/v1/tickets", nil, &list); err != nil || list.Total != clients*ticketsEach+4 {
		t.Errorf("%d tickets in the list, want %d, %v", list.Total, clients*ticketsEach+4, err)
	}
	for _, bad := range []string{"ALARM", "changes wait for the store", "could not be served", "store is down", "panic"} {
		if log := h.log.String(); strings.Contains(log, bad) {
			at := strings.Index(log, bad)
			t.Errorf("the log says %q: %s", bad, tail(log[:min(len(log), at+300)], 600))
		}
	}
}
