package intake_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"hotline/directory"
	"hotline/intake"
	"hotline/sla"
	"hotline/tickets"
)

func TestManyAlertsOfOneMessageAreOneTicket(t *testing.T) {
	p := open(t)
	var many []intake.Alert
	for i := range 250 {
		many = append(many, fires(fmt.Sprint("host-", i), map[bool]string{true: "critical", false: "warning"}[i == 200]))
	}
	p.is("a storm", p.take(many...), intake.Outcome{Joined: 250})
	if got := p.live("rossi"); len(got) != 1 || p.ticket(got[0]).Category() != sla.Blocking {
		t.Fatalf("live are %v", got)
	}
	p.later(2 * time.Minute)
	p.take(fires("one more", "warning"))
	if p.said(417, "storm: 251 alerts") != 1 {
		t.Error("the count is not told")
	}
	for i := range many {
		many[i] = ends(many[i].Fingerprint)
	}
	p.take(many...)
	if s := p.ticket(417).State; s != tickets.Open {
		t.Errorf("one alert fires, and the ticket is %s", s)
	}
	p.take(ends("one more"))
	if s := p.ticket(417).State; s != tickets.Restored {
		t.Errorf("nothing fires, and the ticket is %s", s)
	}
}

// TestAStormIsOneTicketAnInstallation: 10,000 alerts in a minute from 40 installations, each in a message of its own, sent as
// they come. In the end one ticket of each installation is alive, and every alert stands in it. How long one waits is measured by
// `make bench`, on a machine that does nothing else.
func TestAStormIsOneTicketAnInstallation(t *testing.T) {
	const installations, each = 40, 250
	var names []string
	for i := range installations {
		names = append(names, fmt.Sprint("c", i))
	}
	p := open(t, names...)
	var all sync.WaitGroup
	for _, name := range names {
		all.Go(func() {
			for n := range each {
				_, err := p.intake.Take(t.Context(), intake.Origin{Contract: directory.ContractID(name), Source: "native"},
					intake.Batch{Alerts: []intake.Alert{fires(fmt.Sprint("f", n), "critical")}}, p.now.Add(time.Duration(n)*60*time.Second/each))
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	for _, name := range names {
		live := p.live(name)
		if len(live) != 1 {
			t.Fatalf("%s has the tickets %v", name, live)
		}
		problems, err := p.store.Problems(t.Context(), intake.Filter{Contract: directory.ContractID(name), Limit: 1000})
		must(t, err)
		for _, k := range problems {
			if k.Ticket != live[0] {
				t.Fatalf("%s of %s stands in ticket %d, the live one is %d", k.Key.Fingerprint, name, k.Ticket, live[0])
			}
		}
		if len(problems) != each {
			t.Errorf("%s: %d alerts are known", name, len(problems))
		}
	}
}

func TestWhatSomebodyHasInHandStaysInAStorm(t *testing.T) {
	p := open(t)
	p.take(fires("a", "warning"))
	p.later(5 * time.Second)
	_, err := p.desk.Accept(t.Context(), 417, "anna", false, p.now)
	must(t, err)
	for _, f := range []string{"b", "c", "d", "e", "f", "g"} {
		p.take(fires(f, "warning"))
	}
	if got := p.live("rossi"); !slices.Equal(got, []tickets.Number{417, 418}) || p.ticket(417).Assignee != "anna" {
		t.Errorf("live are %v", got)
	}
	p.take(ends("a"))
	if p.ticket(417).State != tickets.Closed || p.ticket(418).State != tickets.Open {
		t.Error("each ticket ends with its own alerts")
	}
}
