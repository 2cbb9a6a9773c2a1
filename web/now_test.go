package web

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"hotline/cdr"
	"hotline/oncall/ring"
	"hotline/sla"
	"hotline/tickets"
	"hotline/users"
)

// silent is telephones that ring and are not picked up as long as the test goes on.
type silent struct{ rings chan struct{} }

func (s silent) Ring(ctx context.Context, _ string, _ ring.Introduction) (ring.Telephone, error) {
	close(s.rings)
	<-ctx.Done()
	return nil, ctx.Err()
}

// TestTheBoardShowsWhoIsOnTheLineAndWhoIsRung: since when, for which ticket, and what came of those who were rung before.
func TestTheBoardShowsWhoIsOnTheLineAndWhoIsRung(t *testing.T) {
	o := open(t)
	n := o.opened("rossi", sla.Blocking, "down")
	b := o.as(users.Viewer)
	b.get("/").is(200, `id="now" data-live`).hides("Now on the line")
	o.calls = []cdr.Call{{ID: "c1", From: "+39061234567", Started: monday(8, 59), Ticket: n, Legs: []cdr.Leg{{Engineer: "anna", Result: "no answer"}}}, {ID: "c2", Started: monday(9, 0)}}
	phones := silent{make(chan struct{})}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	rings := make(chan struct{})
	go func() {
		defer close(rings)
		_, _ = o.config.Feed.Telephones(phones).Ring(ctx, "sip:anna", ring.Introduction{Ticket: n, Whose: "anna"}) // it is called off
	}()
	<-phones.rings
	for _, path := range []string{"/", "/?wall=1", fmt.Sprintf("/tickets/%d", n)} {
		b.get(path).is(200, "Anna Verdi</strong>", "is rung since 09:00:00")
	}
	b.get("/").is(200, "on the line since 08:59:00", "Anna Verdi: no answer", "withheld", `href="/calls/c1"`)
	stop()
	<-rings
}

// TestTheWallShowsWhoGaveUp: a caller who hung up, whose ticket nobody has contacted, or who left none and has not called again.
func TestTheWallShowsWhoGaveUp(t *testing.T) {
	o := open(t)
	open, met, question := o.opened("rossi", sla.Blocking, "down"), o.opened("rossi", sla.Blocking, "down too"), o.opened("rossi", sla.Question, "how?")
	_, err := o.desk.Contact(t.Context(), met, "staff:test", o.clock())
	must(t, err)
	gone := func(id, from string, at time.Time, n tickets.Number) cdr.Call {
		return cdr.Call{ID: tickets.CallID(id), From: from, Started: at, Answered: at, Ended: at.Add(time.Minute), Ending: "caller hung up", Ticket: n}
	}
	again := gone("c6", "+390655500006", monday(8, 50), 0)
	again.Ending = "hung up by us"
	must(t, o.store.PutCalls(t.Context(),
		gone("c1", "+390655500001", monday(8, 10), open), gone("c2", "+390655500002", monday(8, 20), met), gone("c3", "+390655500003", monday(8, 30), question),
		gone("c4", "+390655500004", monday(8, 40), 0), gone("c5", "+390655500006", monday(8, 45), 0), again, gone("c7", "+390655500007", monday(8, 0).AddDate(0, 0, -2), 0)))
	a := o.as(users.Viewer).get("/?wall=1").is(200, "390655500001", "390655500004", "Who waits now", "What breaks next", fmt.Sprintf(`id="ticket-%d"`, open))
	a.hides("390655500002", "390655500003", "390655500006", "390655500007", "<textarea")
	if n := strings.Count(a.Body.String(), `<li class="call">`); n != 2 {
		t.Errorf("%d gave up", n)
	}
}

// TestTheStreamIsForThoseWhoAreLoggedIn: without a session there is none, and it ends with the user.
func TestTheStreamIsForThoseWhoAreLoggedIn(t *testing.T) {
	o := open(t)
	o.browser().get("/live").goes("/login?next=%2Flive")
	server := httptest.NewServer(o.handler)
	defer server.Close()
	b := o.as(users.Viewer)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/live", nil)
	must(t, err)
	for _, c := range b.jar.Cookies(site) {
		q.AddCookie(c)
	}
	a, err := server.Client().Do(q)
	must(t, err)
	defer a.Body.Close()
	if a.StatusCode != http.StatusOK || a.Header.Get("X-Accel-Buffering") != "no" || a.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("the stream is answered %d with %v", a.StatusCode, a.Header)
	}
	lines := bufio.NewReader(a.Body)
	heard := func() (message string) {
		for {
			line, err := lines.ReadString('\n')
			must(t, err)
			if message += line; line == "\n" {
				return message
			}
		}
	}
	if got := heard(); !strings.Contains(got, "event: beat") {
		t.Errorf("heard %q", got)
	}
	o.config.Feed.Changed(tickets.Ticket{Number: 417})
	if got := heard(); !strings.Contains(got, "event: changed") || !strings.Contains(got, "417") {
		t.Errorf("heard %q", got)
	}
	u, err := o.store.User(t.Context(), "viewer")
	must(t, err)
	u.Disabled = true
	_, err = o.store.PutUser(t.Context(), u)
	must(t, err)
	o.config.Feed.Changed(tickets.Ticket{Number: 418})
	if got := heard(); !strings.Contains(got, "event: end") || strings.Contains(got, "418") {
		t.Errorf("who is disabled heard %q", got)
	}
}
