package intake_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"hotline/intake"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
)

// behind opens a plant where everything depends on the problem "wan" of installation "hq", and switches of any installation on its
// own "power".
func behind(t *testing.T) *plant {
	t.Helper()
	p := open(t)
	policy := intake.Default()
	policy.Depends.Rules = []intake.Dependence{{Fingerprint: "switch*", ParentFingerprint: "power"}, {ParentInstallation: "hq", ParentFingerprint: "wan"}}
	must(t, policy.Check())
	_, err := p.store.PutAlertPolicy(t.Context(), policy)
	must(t, err)
	return p
}

// at is an alert of an installation.
func at(installation string, a intake.Alert) intake.Alert {
	a.Installation = installation
	return a
}

// wait lets time pass, with a look every two seconds.
func (p *plant) wait(d time.Duration) {
	p.t.Helper()
	for end := p.now.Add(d); p.now.Before(end); {
		p.later(2 * time.Second)
		p.due()
	}
}

// woken counts how often somebody was asked to be rung.
func (p *plant) woken() (n int) {
	for _, w := range p.store.Waiting() {
		if w.Kind == tickets.WorkEscalate {
			n++
		}
	}
	return n
}

func TestAChildOfADeadUplinkWaitsInItsTicket(t *testing.T) {
	p := behind(t)
	p.take(at("hq", fires("wan", "critical")))
	p.is("its children", p.take(at("yard", fires("a", "critical")), at("yard", fires("b", "warning")), at("hall", fires("a", "critical"))), intake.Outcome{Waiting: 3})
	p.is("one goes on", p.take(at("yard", fires("a", "critical"))), intake.Outcome{Repeated: 1})
	p.is("one ends", p.take(at("yard", ends("b"))), intake.Outcome{Resolved: 1})
	if live := p.live("rossi"); len(live) != 1 || p.said(417, "of installation yard that wait for this and open no ticket of their own: 2, such as\ntrouble with a\ntrouble with b") != 1 || p.said(417, "of installation hall") != 1 {
		t.Errorf("live are %v", live)
	}
	for n := range 7 {
		p.take(at("yard", fires(fmt.Sprint("more", n), "warning")))
	}
	p.wait(10 * time.Minute)
	if p.said(417, "of installation yard") != 2 || p.said(417, "of their own: 9") != 1 || len(p.live("rossi")) != 1 || p.woken() != 1 {
		t.Errorf("%d lines tell of the yard, live are %v, %d were woken", p.said(417, "of installation yard"), p.live("rossi"), p.woken())
	}
	known, err := p.store.Problems(t.Context(), intake.Filter{Ticket: 417})
	if must(t, err); len(known) != 10 {
		t.Errorf("%d alerts stand in the ticket", len(known))
	}
	p.take(at("hq", ends("wan")))
	for n := range 7 {
		p.take(at("yard", ends(fmt.Sprint("more", n))))
	}
	p.wait(100 * time.Second)
	if s := p.ticket(417).State; s != tickets.Restored || len(p.live("rossi")) != 0 {
		t.Errorf("the uplink is back: %s, live are %v", s, p.live("rossi"))
	}
	p.wait(24 * time.Second)
	if live := p.live("rossi"); len(live) != 2 || p.said(live[0], "trouble with a") != 1 || p.said(live[1], "trouble with a") != 1 {
		t.Errorf("what still fires after it has settled: %v", live)
	}
	p.take(at("yard", ends("a")), at("hall", ends("a")))
	if len(p.live("rossi")) != 0 {
		t.Errorf("their own ends leave %v", p.live("rossi"))
	}
}

func TestAChildThatCameFirstWaitsForItsParentAndNoLonger(t *testing.T) {
	p := behind(t)
	p.is("children first", p.take(at("yard", fires("a", "critical")), at("yard", fires("b", "critical"))), intake.Outcome{Waiting: 2})
	p.later(5 * time.Second)
	p.take(at("yard", ends("b")))
	p.take(at("hq", fires("wan", "warning")))
	p.wait(20 * time.Second)
	if live := p.live("rossi"); len(live) != 1 || p.said(417, "trouble with a") != 2 || p.said(417, "trouble with b") != 0 {
		t.Errorf("live are %v", live)
	}
	if c := p.ticket(417).Category(); c != sla.Blocking || p.woken() != 1 {
		t.Errorf("a blocking one waits in a ticket that is %s, and %d were woken", c, p.woken())
	}

	p = behind(t)
	p.take(at("yard", fires("a", "critical")))
	p.wait(14 * time.Second)
	if len(p.live("rossi")) != 0 {
		t.Error("it did not wait")
	}
	p.wait(2 * time.Second)
	if live := p.live("rossi"); len(live) != 1 || p.said(live[0], "trouble with a") != 1 {
		t.Errorf("there is no parent, and live are %v", live)
	}
	p.take(at("hq", fires("wan", "critical")))
	p.wait(5 * time.Minute)
	if live := p.live("rossi"); len(live) != 2 {
		t.Errorf("what has its own ticket keeps it: %v", live)
	}
}

func TestABlockingChildWaitsOnlyTheShortTime(t *testing.T) {
	p := behind(t)
	p.take(at("hq", fires("wan", "critical")))
	p.take(at("hq", ends("wan")))
	p.take(at("yard", fires("a", "critical")), at("yard", fires("b", "warning")), at("yard", fires("c", "warning")))
	p.wait(10 * time.Second)
	p.take(at("yard", fires("c", "critical")))
	p.wait(6 * time.Second)
	if live := p.live("rossi"); len(live) != 1 || p.said(live[0], "trouble with a") != 1 {
		t.Errorf("a blocking one: %v", live)
	}
	p.wait(10 * time.Second)
	if live := p.live("rossi"); len(live) != 2 || p.said(live[1], "trouble with c") != 1 {
		t.Errorf("one that turned blocking: %v", live)
	}
	p.wait(100 * time.Second)
	if live := p.live("rossi"); len(live) != 3 || p.said(live[2], "trouble with b") != 1 {
		t.Errorf("after the parent has settled: %v", live)
	}
}

func TestStaffWhoCloseTheTicketOfAParentReleaseItsChildren(t *testing.T) {
	p := behind(t)
	p.take(at("hq", fires("wan", "critical")), at("yard", fires("a", "critical")))
	p.wait(time.Hour)
	if len(p.live("rossi")) != 1 {
		t.Fatalf("live are %v", p.live("rossi"))
	}
	_, err := p.desk.Close(t.Context(), 417, "staff:anna", "the provider has no date", p.now)
	must(t, err)
	p.wait(244 * time.Second)
	if live := p.live("rossi"); len(live) != 1 || p.said(live[0], "trouble with a") != 1 {
		t.Errorf("live are %v", live)
	}
	p.is("later ones", p.take(at("yard", fires("b", "critical"))), intake.Outcome{Waiting: 1})
	p.wait(16 * time.Second)
	if len(p.live("rossi")) != 2 {
		t.Errorf("a parent whose ticket was closed holds nobody: %v", p.live("rossi"))
	}
}

func TestAChildOfAChildWaitsInTheSameTicket(t *testing.T) {
	p := behind(t)
	p.take(at("yard", fires("switch1", "critical")))
	p.later(time.Second)
	p.take(at("yard", fires("power", "critical")))
	p.later(time.Second)
	p.take(at("hq", fires("wan", "critical")))
	p.wait(30 * time.Second)
	if len(p.live("rossi")) != 1 || p.said(417, "trouble with switch1") != 1 || p.woken() != 1 {
		t.Errorf("live are %v, %d were woken", p.live("rossi"), p.woken())
	}
	p.take(at("hq", ends("wan")))
	p.wait(5 * time.Minute)
	if live := p.live("rossi"); len(live) != 1 || p.said(live[0], "trouble with power") != 1 || p.said(live[0], "trouble with switch1") != 1 || p.woken() != 2 {
		t.Errorf("the uplink is back, and live are %v, %d were woken", live, p.woken())
	}
	p.take(at("yard", ends("power")))
	p.wait(5 * time.Minute)
	if live := p.live("rossi"); len(live) != 1 || p.said(live[0], "fingerprint switch1") != 1 {
		t.Errorf("so is the power, and live are %v", live)
	}
}

func TestManyThatAreReleasedTogetherAreOneTicket(t *testing.T) {
	p := behind(t)
	p.take(at("hq", fires("wan", "critical")))
	for n := range 40 {
		p.take(at("yard", fires(fmt.Sprint(n), "critical")))
	}
	p.take(at("hq", ends("wan")))
	p.wait(4 * time.Minute)
	if live := p.live("rossi"); len(live) != 1 || p.woken() != 2 || p.said(live[0], "one ticket: 40 so far") != 1 {
		t.Errorf("live are %v, %d were woken", live, p.woken())
	}
}

func TestAChildDuringMaintenanceWaitsForItsEndFirst(t *testing.T) {
	p := behind(t)
	_, err := p.store.PutMaintenance(t.Context(), intake.Maintenance{ID: "w", Contract: "rossi", Installation: "yard", From: monday, Until: monday.Add(time.Hour)})
	must(t, err)
	p.is("at work", p.take(at("hq", fires("wan", "critical")), at("yard", fires("a", "critical"))), intake.Outcome{Opened: 1, Held: 1})
	p.wait(time.Hour)
	if len(p.live("rossi")) != 1 || p.said(417, "trouble with a") != 1 {
		t.Errorf("live are %v", p.live("rossi"))
	}
}

func TestWhoWaitsForWhomIsRefusedInWords(t *testing.T) {
	rule := func(fingerprint, in, parent string) intake.Dependence {
		return intake.Dependence{Fingerprint: fingerprint, ParentInstallation: in, ParentFingerprint: parent}
	}
	titled := rule("", "", "wan")
	titled.Title = "BGP*"
	for name, c := range map[string]struct {
		rules []intake.Dependence
		want  string
	}{
		"a star":                    {[]intake.Dependence{rule("", "", "wan")}, ""},
		"a parent behind a parent":  {[]intake.Dependence{rule("*", "", "wan"), rule("", "hq", "wan")}, ""},
		"by title":                  {[]intake.Dependence{titled, rule("wan", "", "power"), rule("disk*", "", "power")}, ""},
		"of two":                    {[]intake.Dependence{rule("*", "", "wan"), rule("*", "", "power")}, "wan of installation * waits for power of installation * waits for wan of installation *"},
		"of three":                  {[]intake.Dependence{rule("a", "", "b"), rule("b", "", "c"), rule("c*", "", "a")}, "b of installation * waits for c of installation * waits for a of installation * waits for b"},
		"over two installations":    {[]intake.Dependence{{Installation: "x", ParentInstallation: "y", ParentFingerprint: "a"}, {Installation: "y", ParentInstallation: "x", ParentFingerprint: "b"}}, "a of installation y waits for b of installation x"},
		"a parent that is many":     {[]intake.Dependence{rule("", "", "wan*")}, "parent_fingerprint"},
		"a parent of no name":       {[]intake.Dependence{rule("", "hq", "")}, "parent_fingerprint"},
		"many parents":              {[]intake.Dependence{rule("", "h*", "wan")}, "parent_installation"},
		"more rules than are right": {make([]intake.Dependence, 51), "depends.rules"},
	} {
		p := intake.Default()
		p.Depends.Rules = c.rules
		if err := p.Check(); (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	for field, d := range map[string]intake.Depends{"depends.wait": {Wait: 121, Settle: 1}, "depends.settle": {Wait: 1}} {
		p := intake.Default()
		if p.Depends = d; p.Check() == nil || !strings.HasPrefix(p.Check().Error(), field) {
			t.Errorf("%s: %v", field, p.Check())
		}
	}
}

// TestWhateverTheOrderNoAlertIsLostAndNobodyIsWokenTwice: random beginnings and ends of an uplink and of what stands behind it, ten
// seconds apart and less. In some houses staff close the uplink's ticket, in others the process dies while it opens tickets.
func TestWhateverTheOrderNoAlertIsLostAndNobodyIsWokenTwice(t *testing.T) {
	for seed := range uint64(40) {
		dice := rand.New(rand.NewPCG(seed, 16))
		p := behind(t)
		firing := map[string]bool{}
		var down []span // in which the uplink has a ticket
		for range 60 {
			p.broken.err = nil
			if seed%3 == 0 && dice.IntN(10) == 0 {
				p.broken.err = storage.ErrDown
			}
			p.wait(time.Duration(dice.IntN(5)) * 2 * time.Second)
			p.later(time.Second)
			name := []string{"hq/wan", "hq/disk", "yard/a", "yard/b", "hall/power", "hall/switch1"}[dice.IntN(6)]
			over := dice.IntN(3) == 0
			switch installation, fingerprint, _ := strings.Cut(name, "/"); {
			case over:
				p.take(at(installation, ends(fingerprint)))
			default:
				p.take(at(installation, fires(fingerprint, []string{"critical", "warning"}[dice.IntN(2)])))
			}
			if name == "hq/wan" && firing[name] == over {
				if !over {
					down = append(down, span{from: p.now})
				} else {
					down[len(down)-1].until = p.now
				}
			}
			firing[name] = !over
			if seed%3 == 1 && dice.IntN(20) == 0 {
				p.closeWan()
			}
		}
		p.broken.err = nil
		p.later(11 * time.Second)
		p.wait(20 * time.Minute)
		p.everyAlertHasItsPlace(seed, firing)
		if seed%3 == 2 {
			p.nobodyIsWokenTwice(seed, down)
		}
	}
}

// span is a time in which something was so; until is zero while it is.
type span struct{ from, until time.Time }

// closeWan has staff close the ticket of the uplink, if it has one.
func (p *plant) closeWan() {
	p.t.Helper()
	known, err := p.store.ProblemsNamed(p.t.Context(), "rossi", []intake.Ref{{Installation: "hq", Fingerprint: "wan"}})
	must(p.t, err)
	if len(known) != 1 || !p.ticketLives(known[0].Ticket) {
		return
	}
	_, err = p.desk.Close(p.t.Context(), known[0].Ticket, "staff:anna", "done", p.now)
	must(p.t, err)
}

// nobodyIsWokenTwice tells that no ticket was opened, for anything behind the uplink, while the uplink had one.
func (p *plant) nobodyIsWokenTwice(seed uint64, down []span) {
	p.t.Helper()
	for n := tickets.Number(417); ; n++ {
		k, err := p.desk.Ticket(p.t.Context(), n)
		if err != nil {
			return
		}
		for _, s := range down {
			if p.said(n, "fingerprint wan") == 0 && k.OpenedAt.After(s.from) && (s.until.IsZero() || !k.OpenedAt.After(s.until)) {
				p.t.Errorf("seed %d: ticket %d was opened at %s, while the uplink was down from %s until %s", seed, n, k.OpenedAt, s.from, s.until)
			}
		}
	}
}

// everyAlertHasItsPlace looks at a house in which everything has settled: what fires has its own ticket or waits in that of a parent
// which fires, and nothing else is alive.
func (p *plant) everyAlertHasItsPlace(seed uint64, firing map[string]bool) {
	p.t.Helper()
	known, err := p.store.Problems(p.t.Context(), intake.Filter{})
	must(p.t, err)
	of := map[string]intake.Problem{}
	owned := map[tickets.Number]bool{}
	for _, k := range known {
		of[k.Installation.Name+"/"+k.Key.Fingerprint] = k
	}
	for name, fires := range firing {
		k := of[name]
		switch live := p.ticketLives(k.Ticket); {
		case fires != k.Firing:
			p.t.Errorf("seed %d: %s fires: %v, and is known as %v", seed, name, fires, k.Firing)
		case !fires && k.Held != "":
			p.t.Errorf("seed %d: %s is over, and held: %s", seed, name, k.Held)
		case fires && !live && name == "hq/wan" && p.said(k.Ticket, "done") > 0: // staff have closed it, and know
		case fires && !live:
			p.t.Errorf("seed %d: %s fires, and is in no ticket that lives: %+v", seed, name, k)
		case fires && k.Held == "":
			owned[k.Ticket] = true
		case fires && k.Held != intake.HeldParent:
			p.t.Errorf("seed %d: %s fires, and is held: %s", seed, name, k.Held)
		}
	}
	for name, fires := range firing {
		if k := of[name]; fires && k.Held == intake.HeldParent && (!owned[k.Ticket] || p.said(k.Ticket, "of installation "+k.Installation.Name+" that wait for this") == 0) {
			p.t.Errorf("seed %d: %s waits in ticket %d, which is nobody's, or says nothing of it", seed, name, k.Ticket)
		}
	}
	for _, n := range p.live("rossi") {
		if !owned[n] {
			p.t.Errorf("seed %d: ticket %d lives, and is nobody's", seed, n)
		}
	}
}

func (p *plant) ticketLives(n tickets.Number) bool {
	if n == 0 {
		return false
	}
	return p.ticket(n).State.Live()
}
