package intake_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline/directory"
	"hotline/intake"
	"hotline/memory"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
)

// monday is a working day at ten in Rome.
var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

// plant is a house with one customer per contract name, and the Alerting Manager in front of its desk.
type plant struct {
	t      *testing.T
	store  *memory.Store
	desk   *tickets.Desk
	intake *intake.Intake
	broken *brokenDesk
	log    *bytes.Buffer
	counts map[string]int
	now    time.Time
	found  func(context.Context, intake.Found, time.Time) error
}

// brokenDesk fails when it is told to, as a process that dies does.
type brokenDesk struct {
	*tickets.Desk
	err error
}

func (b *brokenDesk) Open(ctx context.Context, d tickets.Draft, now time.Time) (tickets.Ticket, error) {
	if b.err != nil {
		return tickets.Ticket{}, b.err
	}
	return b.Desk.Open(ctx, d, now)
}

func open(t *testing.T, contracts ...string) *plant {
	t.Helper()
	ctx := t.Context()
	p := &plant{t: t, store: memory.New(417), log: &bytes.Buffer{}, counts: map[string]int{}, now: monday}
	for _, l := range sla.DefaultLevels() {
		_, err := p.store.PutLevel(ctx, l)
		must(t, err)
	}
	for _, c := range sla.DefaultCalendars() {
		_, err := p.store.PutCalendar(ctx, c)
		must(t, err)
	}
	for _, id := range append(contracts, "rossi", "bianchi", "ended") {
		c := directory.Contract{ID: directory.ContractID(id), Customer: directory.CustomerID(id), Level: sla.Extended, Language: "it", ValidFrom: monday.AddDate(-1, 0, 0), RemoteAccess: true}
		switch id {
		case "bianchi":
			c.Level = sla.Professional
		case "ended":
			c.ValidUntil = monday.Add(-time.Hour)
		}
		_, err := p.store.PutCustomer(ctx, directory.Customer{ID: c.Customer, Name: id + " S.p.A."})
		must(t, err)
		_, err = p.store.PutContract(ctx, c)
		must(t, err)
	}
	book, err := directory.ReadBook(ctx, p.store, monday)
	must(t, err)
	var mu sync.Mutex
	ids := 0
	newID := func() string { mu.Lock(); defer mu.Unlock(); ids++; return fmt.Sprintf("e%d", ids) }
	p.desk = tickets.NewDesk(tickets.DeskConfig{Store: p.store, Book: book, Numbers: p.store, Own: sla.OfficeHours, NewID: newID})
	p.broken = &brokenDesk{Desk: p.desk}
	p.intake = intake.New(intake.Config{
		Store: p.store, Desk: p.broken, Numbers: p.store, NewID: newID, Language: func() string { return "en" }, Log: slog.New(slog.NewTextHandler(p.log, nil)),
		Installed: p.recorded,
		Counted:   func(what string, n int) { mu.Lock(); defer mu.Unlock(); p.counts[what] += n },
	})
	return p
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fires is an alert that fires.
func fires(fingerprint, severity string) intake.Alert {
	return intake.Alert{Fingerprint: fingerprint, Severity: severity, Title: "trouble with " + fingerprint}
}

// ends is its end.
func ends(fingerprint string) intake.Alert {
	return intake.Alert{Fingerprint: fingerprint, Resolved: true}
}

func (p *plant) take(alerts ...intake.Alert) intake.Outcome {
	p.t.Helper()
	return p.message("rossi", intake.Batch{Alerts: alerts})
}

func (p *plant) message(contract string, b intake.Batch) intake.Outcome {
	p.t.Helper()
	o, err := p.intake.Take(p.t.Context(), intake.Origin{Contract: directory.ContractID(contract), Source: "native"}, b, p.now)
	must(p.t, err)
	return o
}

func (p *plant) later(d time.Duration) { p.now = p.now.Add(d) }

func (p *plant) due() {
	p.t.Helper()
	must(p.t, p.intake.Due(p.t.Context(), p.now))
}

func (p *plant) ticket(n tickets.Number) tickets.Ticket {
	p.t.Helper()
	t, err := p.desk.Ticket(p.t.Context(), n)
	must(p.t, err)
	return t
}

// live are the tickets of a contract that somebody owes something to.
func (p *plant) live(contract string) []tickets.Number {
	p.t.Helper()
	list, err := p.store.OpenOf(p.t.Context(), directory.ContractID(contract))
	must(p.t, err)
	var numbers []tickets.Number
	for _, t := range list {
		numbers = append(numbers, t.Number)
	}
	slices.Sort(numbers)
	return numbers
}

// said counts the lines of a ticket's history that hold a text.
func (p *plant) said(n tickets.Number, text string) (lines int) {
	p.t.Helper()
	history, err := p.desk.History(p.t.Context(), n)
	must(p.t, err)
	for _, e := range history {
		if strings.Contains(e.Text, text) {
			lines++
		}
	}
	return lines
}

// is compares an outcome, but for the tickets.
func (p *plant) is(what string, got, want intake.Outcome) {
	p.t.Helper()
	if got.Tickets = nil; fmt.Sprint(got) != fmt.Sprint(want) {
		p.t.Errorf("%s: %+v, want %+v", what, got, want)
	}
}

func TestEachFingerprintIsATicketWhateverItsGroupSays(t *testing.T) {
	p := open(t)
	p.is("one begins, one was never known", p.take(fires("disk", "critical"), ends("fan")), intake.Outcome{Opened: 1, Unmatched: 1})
	p.is("another one begins beside it", p.take(fires("disk", "critical"), fires("mail", "warning")), intake.Outcome{Opened: 1, Repeated: 1})
	disk, mail := p.ticket(417), p.ticket(418)
	if disk.Category() != sla.Blocking || mail.Category() != sla.NonBlocking || disk.Channel != tickets.Alert || disk.Contract != "rossi" || len(disk.Clocks) == 0 {
		t.Errorf("the tickets are %+v and %+v", disk, mail)
	}
	p.later(time.Minute)
	p.is("both end", p.take(ends("disk"), ends("mail")), intake.Outcome{Resolved: 2})
	if s := p.ticket(417).State; s != tickets.Restored || p.said(417, "to be confirmed") != 1 {
		t.Errorf("the blocking one is %s", s)
	}
	if s := p.ticket(418).State; s != tickets.Closed {
		t.Errorf("the other one is %s", s)
	}
	p.is("an end twice", p.take(ends("disk")), intake.Outcome{Unmatched: 1})
	if p.counts["unmatched"] != 2 || p.counts["opened"] != 2 {
		t.Errorf("counted were %v", p.counts)
	}
}

func TestABlockingAlertCallsTheRotaAtOnce(t *testing.T) {
	p := open(t)
	p.take(fires("disk", "critical"))
	for _, w := range p.store.Waiting() {
		if w.Kind == tickets.WorkEscalate && w.Ticket == 417 && !w.Due.After(p.now) {
			return
		}
	}
	t.Errorf("no escalation is due: %v", p.store.Waiting())
}

func TestACallerOfTheContractHearsThatItIsKnown(t *testing.T) {
	p := open(t)
	p.take(fires("disk", "critical"))
	id := tickets.Identity{Contract: p.desk.Book().Contracts.At("rossi"), Customer: p.desk.Book().Customers.At("rossi")}
	if k, known, err := p.desk.Announce(t.Context(), id); err != nil || !known || k.Number != 417 {
		t.Errorf("announced is %v %v %v", k.Number, known, err)
	}
}

func TestRepeatsAreOneLine(t *testing.T) {
	p := open(t)
	for range 412 {
		p.take(fires("disk", "critical"))
		p.later(5 * time.Second)
	}
	p.later(time.Hour)
	p.due()
	if n := p.said(417, "x 412 since"); n != 1 {
		t.Errorf("%d lines tell of 412 repeats", n)
	}
	lines, err := p.desk.History(t.Context(), 417)
	must(t, err)
	if len(lines) > 5 {
		t.Errorf("%d lines for one problem", len(lines))
	}
	p.due()
	p.later(2 * time.Hour)
	p.due()
	if n := p.said(417, "x 412 since"); n != 1 {
		t.Errorf("%d lines tell of the same repeats", n)
	}
}

func TestAProblemThatTurnsWorseTurnsItsTicketBlocking(t *testing.T) {
	p := open(t)
	p.take(fires("disk", "warning"))
	p.take(fires("disk", "critical"))
	if c := p.ticket(417).Category(); c != sla.Blocking || len(p.live("rossi")) != 1 {
		t.Errorf("it is %s", c)
	}
	p.take(fires("disk", "warning"), fires("disk", "critical"))
	lines, err := p.desk.History(t.Context(), 417)
	must(t, err)
	if n := len(lines); p.said(417, "is critical now") != 1 {
		t.Errorf("raised more than once in %d lines", n)
	}
	_, err = p.desk.Assess(t.Context(), 417, "staff:anna", "", sla.Question, p.now)
	must(t, err)
	p.take(fires("disk", "warning"))
	p.take(fires("disk", "critical"))
	if c := p.ticket(417).Category(); c != sla.Question {
		t.Errorf("an alert overrules a specialist: %s", c)
	}
}

func TestTruncationIsWrittenOnTheTicket(t *testing.T) {
	p := open(t)
	p.message("rossi", intake.Batch{Alerts: []intake.Alert{fires("a", "critical")}, Truncated: 12})
	p.message("rossi", intake.Batch{Alerts: []intake.Alert{fires("a", "critical")}, Truncated: 12})
	if n := p.said(417, "left 12 more alerts out"); n != 1 {
		t.Errorf("%d lines tell of it", n)
	}
	p.later(2 * time.Hour)
	p.message("rossi", intake.Batch{Alerts: []intake.Alert{fires("a", "critical"), fires("b", "critical")}, Truncated: 3})
	if p.said(417, "left 3 more") != 1 || p.said(418, "left 3 more") != 1 {
		t.Error("a later one is not told of")
	}
}

func TestAProblemThatComesAndGoesIsOneTicket(t *testing.T) {
	p := open(t)
	for range 10 {
		p.take(fires("link", "critical"))
		p.later(time.Minute)
		p.take(ends("link"))
		p.later(time.Minute)
	}
	if n := p.said(417, "comes and goes"); n != 1 || p.ticket(417).State != tickets.Open {
		t.Errorf("%d lines tell that it flaps, and the ticket is %s", n, p.ticket(417).State)
	}
	if _, err := p.desk.Ticket(t.Context(), 418); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("it has a second ticket: %v", err)
	}
	p.later(14 * time.Minute)
	p.due()
	if s := p.ticket(417).State; s != tickets.Restored {
		t.Errorf("quiet for a quarter of an hour, and it is %s", s)
	}
	p.later(time.Hour)
	p.take(fires("link", "critical"))
	if len(p.live("rossi")) != 1 || p.live("rossi")[0] != 418 {
		t.Errorf("another day's problem is not a ticket of its own: %v", p.live("rossi"))
	}
}

func TestAnEndThatWasNoneTakesTheTicketUpAgain(t *testing.T) {
	for severity, want := range map[string]tickets.State{"critical": tickets.Restored, "warning": tickets.Closed} {
		p := open(t)
		p.take(fires("link", severity))
		p.take(ends("link"))
		if s := p.ticket(417).State; s != want {
			t.Errorf("%s: it is %s", severity, s)
		}
		p.later(time.Minute)
		p.is(severity, p.take(fires("link", severity)), intake.Outcome{Reopened: 1})
		if s := p.ticket(417).State; s != tickets.Open || p.said(417, "fires again") != 1 {
			t.Errorf("%s: again it is %s", severity, s)
		}
	}
}

func TestWhatFiresDuringMaintenanceOpensAtItsEnd(t *testing.T) {
	p := open(t)
	w, err := p.store.PutMaintenance(t.Context(), intake.Maintenance{ID: "w", Contract: "rossi", From: monday, Until: monday.Add(time.Hour)})
	must(t, err)
	p.is("at work", p.take(fires("a", "critical"), fires("b", "critical")), intake.Outcome{Held: 2})
	p.take(ends("b"))
	p.due()
	if len(p.live("rossi")) != 0 {
		t.Error("a ticket was opened during maintenance")
	}
	w.Until = monday.Add(2 * time.Hour) // it takes longer
	_, err = p.store.PutMaintenance(t.Context(), w)
	must(t, err)
	p.later(time.Hour)
	p.due()
	if len(p.live("rossi")) != 0 {
		t.Error("a ticket was opened although maintenance was prolonged")
	}
	p.later(time.Hour)
	p.due()
	if got := p.live("rossi"); len(got) != 1 || p.said(got[0], "trouble with a") != 1 {
		t.Errorf("after it, live are %v", got)
	}
}

func TestSeveritiesAndTheNightAreJudgedByData(t *testing.T) {
	p := open(t)
	p.is("nothing that anybody must do", p.take(fires("a", "info"), intake.Alert{Fingerprint: "b", Title: "t", Skip: "a test"}), intake.Outcome{Ignored: 2})
	policy := intake.Default()
	policy.ID, policy.Rules = "bianchi", []intake.Rule{{Severities: []string{"Page"}, Category: sla.Blocking, Night: sla.NonBlocking}}
	must(t, policy.Check())
	_, err := p.store.PutAlertPolicy(t.Context(), policy)
	must(t, err)
	p.later(2 * time.Second)
	day := p.message("bianchi", intake.Batch{Alerts: []intake.Alert{fires("day", "page")}})
	p.now = time.Date(2026, 11, 23, 23, 0, 0, 0, time.UTC)
	night := p.message("bianchi", intake.Batch{Alerts: []intake.Alert{fires("night", "PAGE")}})
	if p.ticket(day.Tickets[0]).Category() != sla.Blocking || p.ticket(night.Tickets[0]).Category() != sla.NonBlocking {
		t.Errorf("by day %s, at night %s", p.ticket(day.Tickets[0]).Category(), p.ticket(night.Tickets[0]).Category())
	}
	p.later(time.Minute)
	if o := p.take(fires("a", "critical")); o.Opened != 1 {
		t.Errorf("what was info is critical now: %+v", o)
	}
}

func TestAContractThatHasEndedGetsSupportOnRequest(t *testing.T) {
	p := open(t)
	o := p.message("ended", intake.Batch{Alerts: []intake.Alert{fires("a", "critical")}})
	k := p.ticket(o.Tickets[0])
	if k.Contract != "" || k.Customer != "ended" || k.Level != sla.OnRequest || p.said(k.Number, "not in force") != 1 {
		t.Errorf("the ticket is %+v", k)
	}
	if _, err := p.intake.Take(t.Context(), intake.Origin{Contract: "nobody", Source: "native"}, intake.Batch{}, p.now); !errors.Is(err, intake.ErrContract) {
		t.Errorf("of nobody's contract: %v", err)
	}
}

func TestAProblemThatGoesOnAfterItsTicketWasClosedIsNotForgotten(t *testing.T) {
	p := open(t)
	p.take(fires("a", "critical"))
	_, err := p.desk.Close(t.Context(), 417, "staff:anna", "done", p.now)
	must(t, err)
	p.later(30 * time.Minute)
	p.is("soon", p.take(fires("a", "critical")), intake.Outcome{Repeated: 1})
	p.later(45 * time.Minute)
	p.is("an hour later", p.take(fires("a", "critical")), intake.Outcome{Opened: 1})
	if got := p.live("rossi"); len(got) != 1 || got[0] != 418 {
		t.Errorf("live are %v", got)
	}
}

func TestWhatWasDecidedIsCarriedOutThoughTheProcessDied(t *testing.T) {
	p := open(t)
	p.broken.err = storage.ErrDown
	p.is("decided", p.take(fires("a", "critical")), intake.Outcome{Opened: 1})
	if len(p.live("rossi")) != 0 {
		t.Fatal("the desk took it after all")
	}
	p.broken.err = nil
	p.due()
	if len(p.live("rossi")) != 0 {
		t.Error("another one carries it out while the first may be about it")
	}
	p.later(11 * time.Second)
	p.due()
	p.due()
	if got := p.live("rossi"); len(got) != 1 || got[0] != 417 {
		t.Errorf("live are %v", got)
	}
	p.take(ends("a"))
	if s := p.ticket(417).State; s != tickets.Restored {
		t.Errorf("it is %s", s)
	}
}

func TestAnInstallationWhoseFingerprintsChangeIsBounded(t *testing.T) {
	p := open(t)
	for i := range intake.KnownMost / 4000 {
		var many []intake.Alert
		for n := range 4000 {
			many = append(many, fires(fmt.Sprintf("disk at %d:%d", i, n), "warning"))
		}
		p.take(many...)
	}
	p.is("a new one", p.take(fires("new", "critical"), fires("disk at 0:0", "warning"), fires("fan", "info")), intake.Outcome{Joined: 1, Repeated: 1, Ignored: 1})
	p.is("its end", p.take(ends("new")), intake.Outcome{Unmatched: 1})
	p.later(2 * time.Minute)
	p.due()
	if p.said(417, "20001 alerts in all; 20000 problems of the installation are remembered") != 1 || p.ticket(417).Category() != sla.Blocking {
		t.Errorf("the ticket does not tell, and is %s", p.ticket(417).Category())
	}
	_, err := p.desk.Close(t.Context(), 417, "staff:anna", "the fingerprints held a time", p.now)
	must(t, err)
	p.later(time.Hour)
	o := p.take(fires("new", "critical"))
	if p.is("after its ticket was closed", o, intake.Outcome{Joined: 1}); len(p.live("rossi")) != 1 {
		t.Errorf("live are %v", p.live("rossi"))
	}
	p.later(31 * 24 * time.Hour)
	must(t, p.store.ForgetProblems(t.Context(), p.now.AddDate(0, 0, -30)))
	p.is("a month later", p.take(fires("new", "critical")), intake.Outcome{Opened: 1})
}

func TestWhatIsDueWaitsWhereTheProgramEnds(t *testing.T) {
	p := open(t)
	_, err := p.store.PutMaintenance(t.Context(), intake.Maintenance{ID: "w", Contract: "rossi", From: monday, Until: monday.Add(time.Hour)})
	must(t, err)
	p.take(fires("a", "critical"))
	p.later(time.Hour)
	ended, end := context.WithCancel(t.Context())
	end()
	if err := p.intake.Due(ended, p.now); !errors.Is(err, context.Canceled) || len(p.live("rossi")) != 0 {
		t.Errorf("%v, live are %v", err, p.live("rossi"))
	}
	p.due()
	if len(p.live("rossi")) != 1 {
		t.Error("it is not done later")
	}
}

func TestInstallationsOfOneContractAreApart(t *testing.T) {
	p := open(t)
	a, b := fires("disk", "critical"), fires("disk", "critical")
	a.Installation, b.Installation = "rome", "milan"
	p.is("two plants", p.take(a, b), intake.Outcome{Opened: 2})
	a.Resolved = true
	p.take(a)
	if p.ticket(417).State != tickets.Restored || p.ticket(418).State != tickets.Open {
		t.Errorf("one ends: %s and %s", p.ticket(417).State, p.ticket(418).State)
	}
	o, err := p.intake.Take(t.Context(), intake.Origin{Contract: "rossi", Installation: "turin", Source: "native"}, intake.Batch{Alerts: []intake.Alert{b}}, p.now)
	must(t, err)
	p.is("the token goes before the alert", o, intake.Outcome{Opened: 1})
}

func TestMoreThanCanWaitIsRefusedAndNotDropped(t *testing.T) {
	p := open(t)
	many := intake.Batch{}
	for i := range 20_001 {
		many.Alerts = append(many.Alerts, fires(fmt.Sprint(i), "critical"))
	}
	if _, err := p.intake.Take(t.Context(), intake.Origin{Contract: "rossi", Source: "native"}, many, p.now); !errors.Is(err, intake.ErrBusy) {
		t.Errorf("more than can wait: %v", err)
	}
	if o := p.take(fires("a", "critical")); o.Opened != 1 {
		t.Errorf("afterwards: %+v", o)
	}
}

func TestAPolicyThatCannotBeMeantIsRefused(t *testing.T) {
	must(t, intake.Default().Check())
	for field, spoil := range map[string]func(*intake.Policy){
		"rules[0].category":   func(p *intake.Policy) { p.Rules[0].Category = "urgent" },
		"rules[1].severities": func(p *intake.Policy) { p.Rules[1].Severities = []string{"CRITICAL"} },
		"rules[2].severities": func(p *intake.Policy) { p.Rules[2].Severities = nil },
		"otherwise.category":  func(p *intake.Policy) { p.Otherwise.Category = "" },
		"rules[0].night":      func(p *intake.Policy) { p.Rules[0].Night = "sleep" },
		"window":              func(p *intake.Policy) { p.Window, p.Storm, p.Flapping = 0, intake.Storm{}, intake.Flapping{} }, // the first of several
		"storm.alerts":        func(p *intake.Policy) { p.Storm.Alerts = 1 },
		"flapping.changes":    func(p *intake.Policy) { p.Flapping.Changes = 22 },
	} {
		p := intake.Default()
		if spoil(&p); p.Check() == nil || !strings.HasPrefix(p.Check().Error(), field) {
			t.Errorf("%s: %v", field, p.Check())
		}
	}
}
