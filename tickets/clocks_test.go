package tickets_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hotline/directory"
	"hotline/paging"
	"hotline/prove"
	"hotline/sla"
	"hotline/tickets"
	"hotline/tickets/statistics"
)

// folded works a ticket's clocks out from its history alone.
func (o office) folded(t interface{ Fatalf(string, ...any) }, n tickets.Number) sla.Timeline {
	ctx := context.Background()
	lines, err := o.store.History(ctx, n)
	if err != nil {
		t.Fatalf("%v", err)
	}
	c, err := tickets.Fold(lines, func(id string) (*sla.Agreement, error) {
		terms, err := o.store.Terms(ctx, id)
		if err != nil {
			return nil, err
		}
		return terms.Ready()
	})
	if err != nil {
		t.Fatalf("%v", err)
	}
	return c
}

// TestTheRowsAreACacheOfTheHistory: whatever is done to a ticket, in whatever order, its history folds to its rows.
func TestTheRowsAreACacheOfTheHistory(t *testing.T) {
	prove.Check(t, func(r *rapid.T) {
		o, ctx := openOffice(t), context.Background()
		contract := rapid.SampledFrom([]directory.ContractID{"c1", "p1", "a1", ""}).Draw(r, "contract")
		at := monday(3)
		ticket, err := o.Open(ctx, tickets.Draft{
			Identity: tickets.Identity{Contract: directory.Contract{ID: contract}}, Channel: tickets.Web, Actor: "staff:carla",
			Claim: rapid.SampledFrom(append(sla.Categories(), sla.Uncategorised)).Draw(r, "claim"),
		}, at)
		if err != nil {
			r.Fatal(err)
		}
		n, who := ticket.Number, "staff:carla"
		for range rapid.IntRange(0, 15).Draw(r, "acts") {
			at = at.Add(time.Duration(rapid.IntRange(0, 10*3600*1000).Draw(r, "milliseconds")) * time.Millisecond)
			var err error
			switch rapid.IntRange(0, 17).Draw(r, "act") {
			case 0:
				_, err = o.Assess(ctx, n, who, "", rapid.SampledFrom(sla.Categories()).Draw(r, "category"), at)
			case 1:
				_, err = o.Accept(ctx, n, "marco", rapid.Bool().Draw(r, "awaits"), at)
			case 2:
				_, err = o.Join(ctx, n, "marco", at)
			case 3:
				_, err = o.Intervene(ctx, n, who, at)
			case 4:
				_, err = o.Restored(ctx, n, who, at)
			case 5:
				_, err = o.WaitForCustomer(ctx, n, who, "", at)
			case 6:
				_, err = o.Resume(ctx, n, who, "", at)
			case 7:
				_, err = o.Close(ctx, n, who, "", at)
			case 8:
				_, err = o.Reopen(ctx, n, who, "", at)
			case 9:
				_, err = o.WithdrawAccess(ctx, n, who, "", at)
			case 10:
				_, err = o.GiveAccess(ctx, n, who, "", at)
			case 11:
				_, err = o.SetContract(ctx, n, who, rapid.SampledFrom([]directory.ContractID{"c1", "p1", "a1", ""}).Draw(r, "other"), at)
			case 12:
				_, err = o.Categorise(ctx, n, rapid.SampledFrom(sla.Categories()).Draw(r, "keyed"), at)
			case 14, 15:
				ago := time.Duration(rapid.Int64Range(-10, int64(at.Sub(monday(3))/time.Second)+10).Draw(r, "ago")) * time.Second
				_, err = o.Enter(ctx, n, who, tickets.Entry{Clock: rapid.SampledFrom(sla.Kinds()).Draw(r, "clock"), At: at.Add(-ago), Text: "forgotten"}, at)
			case 13:
				_, err = o.HandOver(ctx, n, "marco", "anna", "", at)
			case 16:
				_, err = o.UndoAccept(ctx, n, "marco", "no talk", at)
			default:
				_, _, err = o.Look(ctx, n, at)
			}
			var move *tickets.MoveError
			var instant *tickets.InstantError
			if err != nil && !errors.As(err, &move) && !errors.As(err, &instant) {
				r.Fatal(err)
			}
		}
		stands, err := o.store.Ticket(ctx, n)
		if err != nil {
			r.Fatal(err)
		}
		outcomes, err := o.store.Outcomes(ctx, statistics.Span{Since: monday(3), Until: monday(4), Whole: true})
		if err != nil {
			r.Fatal(err)
		}
		for _, x := range outcomes {
			if x.Broken && (x.Account["en"] == "" || x.Account["it"] == "") {
				r.Fatalf("the breach of %s has no account", x.Clock)
			}
		}
		c := o.folded(r, n)
		if !reflect.DeepEqual(c.Clocks, stands.Clocks) || !reflect.DeepEqual(c.Stamps, stands.Stamps) || len(c.Pauses) != len(stands.Pauses) {
			lines, _ := o.store.History(ctx, n)
			r.Fatalf("the rows stand at\n%+v\nthe history folds to\n%+v\n%+v", stands.Clocks, c.Clocks, lines)
		}
	})
}

func TestWaitingForTheCustomerStopsTheClocksAndShowsIt(t *testing.T) {
	o, ctx := openOffice(t), t.Context()
	n := o.blocking(t).Number
	_, err := o.WaitForCustomer(ctx, n, "staff:carla", "which extension?", monday(4))
	must(t, err)
	ticket, err := o.Resume(ctx, n, "staff:carla", "", monday(6))
	must(t, err)
	if due := ticket.Clocks[1].Due; !due.Equal(monday(9)) || len(ticket.Pauses) != 1 {
		t.Errorf("intervention is due %v after two hours of waiting, pauses %+v", due, ticket.Pauses)
	}
	lines, _ := o.store.History(ctx, n)
	if f := lines[len(lines)-1].Facts; f["intervention_was"] != "2026-11-23T08:00:00Z" && f["intervention_due"] != "2026-11-23T09:00:00Z" {
		t.Errorf("the history does not tell the difference: %v", f)
	}
}

func TestAnEngineerWhoTakesAWaitingTicketUpEndsTheWait(t *testing.T) {
	o, ctx := openOffice(t), t.Context()
	n := o.blocking(t).Number
	_, err := o.WaitForCustomer(ctx, n, "staff:carla", "", monday(4))
	must(t, err)
	ticket, err := o.Accept(ctx, n, "marco", false, monday(5))
	must(t, err)
	if ticket.Clocks[1].Paused || !ticket.Clocks[1].Due.Equal(monday(8)) {
		t.Errorf("%+v", ticket.Clocks[1])
	}
}

func TestRestoredWithoutAnInterventionIsSaidInTheHistory(t *testing.T) {
	o, ctx := openOffice(t), t.Context()
	n := o.blocking(t).Number
	_, err := o.Restored(ctx, n, "staff:carla", monday(3).Add(time.Minute))
	must(t, err)
	lines, _ := o.store.History(ctx, n)
	var said []string
	for _, l := range lines {
		said = append(said, string(l.Kind)+" "+l.Facts["clock"])
	}
	if got := strings.Join(said, ", "); got != "opened , restored , implied contact, implied intervention" {
		t.Errorf("history: %s", got)
	}
}

func TestALevelThatChangesMovesNoRunningDeadlineUnlessAsked(t *testing.T) {
	o, ctx := openOffice(t), t.Context()
	n := o.blocking(t).Number
	_, err := o.Contact(ctx, n, "staff:carla", monday(3).Add(time.Minute))
	must(t, err)
	book := o.Book().With(func(b *directory.Book) {
		l := b.Levels[sla.Extended]
		l.Blocking.Intervention, l.Blocking.Contact = 2*time.Hour, time.Minute
		b.Levels[sla.Extended] = l
	})
	moves, err := o.Preview(ctx, book, tickets.OfLevel(sla.Extended), monday(4))
	must(t, err)
	if got := fmt.Sprintf("%d %s %s", len(moves), moves[0].Clock, moves[0].Becomes.UTC().Format("15:04")); got != "2 intervention 05:00" {
		t.Errorf("the preview says %s: %+v", got, moves)
	}
	o.SetBook(book)
	ticket, err := o.Intervene(ctx, n, "staff:carla", monday(4))
	must(t, err)
	if !ticket.Clocks[1].Due.Equal(monday(7)) {
		t.Errorf("an edited level moved a running deadline to %v", ticket.Clocks[1].Due)
	}
	second := o.blocking(t)
	for _, scope := range []tickets.Scope{tickets.OfLevel(sla.Advanced), tickets.OfCalendar(sla.OfficeHours), tickets.OfContract("a1")} {
		if others, err := o.FollowAll(ctx, scope, "staff:carla", monday(4)); others != 0 || err != nil {
			t.Errorf("%d tickets followed an edit that is none of theirs (%v)", others, err)
		}
	}
	count, err := o.FollowAll(ctx, tickets.OfCalendar(sla.RoundTheClock), "staff:carla", monday(4))
	must(t, err)
	ticket, err = o.Ticket(ctx, n)
	must(t, err)
	if count != 1 || !ticket.Clocks[1].Due.Equal(monday(7)) || !ticket.Clocks[0].BrokenAt.IsZero() || second.Clocks[1].Due.Equal(monday(7)) {
		t.Errorf("%d followed; what was kept is now %+v", count, ticket.Clocks)
	}
}

// counting counts the tickets that are read.
type counting struct {
	tickets.Store
	read int
}

func (c *counting) LiveOf(ctx context.Context, of []directory.ContractID, behind tickets.Number, limit int) ([]tickets.Ticket, error) {
	list, err := c.Store.LiveOf(ctx, of, behind, limit)
	c.read += len(list)
	return list, err
}

func (c *counting) List(ctx context.Context, f tickets.Filter) (paging.Page[tickets.Ticket], error) {
	page, err := c.Store.List(ctx, f)
	c.read += len(page.Items)
	return page, err
}

func TestAnEditOfALevelReadsTheTicketsOfThatLevelAlone(t *testing.T) {
	for _, others := range []int{0, 700} {
		o, ctx := openOffice(t), t.Context()
		store := &counting{Store: o.store}
		for n := range 600 + others { // more than are read at once
			x := tickets.Ticket{Number: tickets.Number(1000 + n), State: tickets.Open, OpenedAt: monday(3), Version: 1}
			if x.Contract = "c1"; n >= 600 {
				x.Contract = "a1"
			}
			must(t, o.store.Apply(ctx, tickets.Change{Ticket: x, Events: []tickets.Event{{ID: fmt.Sprint("n", n), Ticket: x.Number, At: monday(3), Kind: tickets.Opened}}}))
		}
		desk := tickets.NewDesk(tickets.DeskConfig{Store: store, Book: o.Book(), Numbers: o.store, PINKey: []byte("key"), Own: sla.OfficeHours, NewID: func() string { return "n" }})
		visited, err := desk.Preview(ctx, o.Book(), tickets.OfLevel(o.Book().Contracts.At("c1").Level), monday(4))
		must(t, err)
		if store.read != 600 {
			t.Errorf("with %d tickets of other levels %d tickets were read (%d moves)", others, store.read, len(visited))
		}
	}
}

func TestARepeatedReplayRefoldsTheClocks(t *testing.T) {
	o, ctx := openOffice(t), t.Context()
	o.sick.set(true)
	ticket := o.blocking(t)
	o.sick.set(false)
	must(t, o.Replay(ctx))
	stands, err := o.store.Ticket(ctx, ticket.Number)
	must(t, err)
	// Another node notes a comment while this one's journal holds an intervention.
	other := stands
	other.Version++
	must(t, o.store.Apply(ctx, tickets.Change{Ticket: other, Expect: 1, Events: []tickets.Event{{ID: "x", Ticket: other.Number, Kind: tickets.Commented}}}))
	late := tickets.Change{Ticket: stands, Expect: 1, Events: []tickets.Event{{ID: "y", Ticket: other.Number, At: monday(4), Kind: tickets.Intervened}}}
	must(t, tickets.Restore(ctx, o.store, late))
	stands, err = o.store.Ticket(ctx, ticket.Number)
	must(t, err)
	if !stands.Clocks[1].MetAt.Equal(monday(4)) || !reflect.DeepEqual(stands.Clocks, o.folded(t, ticket.Number).Clocks) {
		t.Errorf("the replayed intervention is not on the clocks: %+v", stands.Clocks)
	}
}

func TestATicketOfAFormerVersionGetsTheTermsOfItsContract(t *testing.T) {
	o, ctx := openOffice(t), t.Context()
	ticket := o.blocking(t)
	ticket, err := o.Contact(ctx, ticket.Number, "staff:carla", monday(3).Add(time.Minute))
	must(t, err)
	old := ticket
	old.Promise, old.Stamps, old.Version = nil, sla.Stamps{}, ticket.Version+1
	must(t, o.store.Apply(ctx, tickets.Change{Ticket: old, Expect: ticket.Version, Events: []tickets.Event{{ID: "x", Ticket: old.Number, Kind: tickets.Commented}}}))
	ticket, err = o.Intervene(ctx, old.Number, "staff:carla", monday(4))
	must(t, err)
	if ticket.Promise == nil || !ticket.Clocks[0].MetAt.Equal(monday(3).Add(time.Minute)) || !ticket.Clocks[2].Due.Equal(monday(6)) {
		t.Errorf("%+v", ticket.Clocks)
	}
}

// TestAContractWithTheSameTermsIsAnotherContractAllTheSame: its installation cannot be reached.
func TestAContractWithTheSameTermsIsAnotherContractAllTheSame(t *testing.T) {
	o, ctx := openOffice(t), t.Context()
	n := o.blocking(t).Number
	ticket, err := o.SetContract(ctx, n, "staff:carla", "c3", monday(4))
	must(t, err)
	lines, _ := o.store.History(ctx, n)
	if last := lines[len(lines)-1]; ticket.Contract != "c3" || lines[len(lines)-2].Kind != tickets.TermsChanged || last.Kind != tickets.AccessGone || !ticket.Clocks[1].Paused {
		t.Errorf("contract %s, %+v", ticket.Contract, lines)
	}
}

func TestTheHistoryTellsWhatBrokeUnderWhichTermsAndWhatMoved(t *testing.T) {
	o, ctx := openOffice(t), t.Context()
	n := o.blocking(t).Number // three in the night, round the clock: contact is due at four
	_, err := o.SetContract(ctx, n, "staff:carla", "p1", monday(6))
	must(t, err)
	lines, _ := o.store.History(ctx, n)
	var said []string
	for _, l := range lines[1:] {
		said = append(said, string(l.Kind)+" "+l.Facts["clock"])
	}
	if got := strings.Join(said, ", "); got != "warned contact, warned intervention, broken contact, terms " && got != "warned contact, broken contact, warned intervention, terms " {
		t.Errorf("history: %s", got)
	}
	for _, l := range lines {
		if l.Kind == tickets.Broken && !strings.Contains(l.Text, "counted 04:00-05:00; due Monday 23 November 05:00; broken") {
			t.Errorf("the breach is told by other terms than its own: %s", l.Text)
		}
	}
	_, err = o.WaitForCustomer(ctx, n, "staff:carla", "", monday(9))
	must(t, err)
	_, err = o.Intervene(ctx, n, "staff:carla", monday(10))
	must(t, err)
	lines, _ = o.store.History(ctx, n)
	if f := lines[len(lines)-2].Facts; f["restore_was"] == "" || f["intervention_due"] != "2026-11-23T14:00:00Z" {
		t.Errorf("the intervention that ended a wait tells %v of %s", f, lines[len(lines)-2].Kind)
	}
}

// TestAQuestionThatWasBlockingAllTheTimeBreaksWithLineLetterAndAccount: what was done too late for an anomaly breaks
// when a specialist says that it was one.
func TestAQuestionThatWasBlockingAllTheTimeBreaksWithLineLetterAndAccount(t *testing.T) {
	o, ctx := openOffice(t), t.Context()
	ticket, err := o.Open(ctx, tickets.Draft{Identity: o.rossi(t), Channel: tickets.Web, Actor: "staff:carla", Claim: sla.Question}, monday(3))
	must(t, err)
	_, err = o.Intervene(ctx, ticket.Number, "staff:carla", monday(10))
	must(t, err)
	_, err = o.Assess(ctx, ticket.Number, "staff:carla", "", sla.Blocking, monday(11))
	must(t, err)
	lines, _ := o.store.History(ctx, ticket.Number)
	var said []string
	for _, l := range lines[1:] {
		said = append(said, string(l.Kind)+" "+l.Facts["clock"])
	}
	if got := strings.Join(said, ", "); got != "intervention , assessed , broken contact, broken intervention" {
		t.Errorf("history: %s", got)
	}
	letters := 0
	for _, w := range o.store.Waiting() {
		if w.Kind == tickets.WorkNotify && w.Facts["to"] == "manager" {
			letters++
		}
	}
	if letters != 2 {
		t.Errorf("the manager gets %d letters", letters)
	}
	outcomes, err := o.store.Outcomes(ctx, statistics.Span{Since: monday(3), Until: monday(4), Whole: true})
	must(t, err)
	for _, x := range outcomes[:2] {
		if !x.Broken || !strings.Contains(x.Account["en"], "met too late") || !strings.Contains(x.Account["it"], "ritardo") {
			t.Errorf("%s: broken %v, %q, %q", x.Clock, x.Broken, x.Account["en"], x.Account["it"])
		}
	}
}

// TestWhatIsEnteredLaterCountsWhenItHappened: the history keeps the breach and the entry, and the clocks what is true.
func TestWhatIsEnteredLaterCountsWhenItHappened(t *testing.T) {
	o, ctx := openOffice(t), t.Context()
	n := o.blocking(t).Number // at three, round the clock: contact is due at four, the intervention at seven
	_, _, err := o.Look(ctx, n, at(4, 1))
	must(t, err)
	_, err = o.Accept(ctx, n, "anna", false, at(4, 30))
	must(t, err)
	ticket, err := o.Enter(ctx, n, "staff:carla", tickets.Entry{Clock: sla.Contact, At: at(3, 40), Text: "Anna rang back from her own telephone"}, at(5, 0))
	must(t, err)
	if c := ticket.Clocks[0]; !c.BrokenAt.IsZero() || !c.MetAt.Equal(at(3, 40)) || c.Spent != 40*time.Minute || ticket.State != tickets.Assigned {
		t.Errorf("%s, %+v", ticket.State, c)
	}
	lines, _ := o.store.History(ctx, n)
	last := lines[len(lines)-1]
	if last.Kind != tickets.Contacted || !last.At.Equal(at(5, 0)) || last.Facts["at"] != "2026-11-23T03:40:00Z" || last.Facts["entered"] != "later" ||
		last.Text == "" || !strings.Contains(last.Facts["contact_breach"], "undone") {
		t.Errorf("the history says %+v", last)
	}
	_, err = o.WaitForCustomer(ctx, n, "staff:carla", "", at(5, 10))
	must(t, err)
	ticket, err = o.Enter(ctx, n, "staff:carla", tickets.Entry{Clock: sla.Intervention, At: at(4, 40), Text: "forgotten"}, at(5, 30))
	must(t, err)
	if ticket.State != tickets.Waiting || !ticket.Clocks[2].Paused || !ticket.Clocks[2].From.Equal(at(4, 40)) {
		t.Errorf("a wait that began after the intervention: %s, %+v", ticket.State, ticket.Clocks[2])
	}
	ticket, err = o.Enter(ctx, n, "staff:carla", tickets.Entry{Clock: sla.Restore, At: at(5, 20), Text: "it came back by itself"}, at(9, 0))
	must(t, err)
	if c := ticket.Clocks[2]; ticket.State != tickets.Restored || !c.BrokenAt.IsZero() || c.Spent != 30*time.Minute {
		t.Errorf("%s, %+v", ticket.State, c)
	}
	if !reflect.DeepEqual(ticket.Clocks, o.folded(t, n).Clocks) {
		t.Error("the history does not fold to the rows")
	}
}

func TestAnEntryLiesWithinTheTicketsLifeAndBeforeWhatIsOnRecord(t *testing.T) {
	o, ctx := openOffice(t), t.Context()
	n := o.blocking(t).Number
	_, err := o.Intervene(ctx, n, "staff:carla", at(4, 0))
	must(t, err)
	_, err = o.Close(ctx, n, "staff:carla", "", at(6, 0))
	must(t, err)
	for name, c := range map[string]struct {
		entry tickets.Entry
		want  string
	}{
		"before the opening":   {tickets.Entry{Clock: sla.Contact, At: at(2, 59), Text: "so"}, "opened only at"},
		"in the future":        {tickets.Entry{Clock: sla.Restore, At: at(8, 0), Text: "so"}, "not come yet"},
		"after the close":      {tickets.Entry{Clock: sla.Restore, At: at(6, 30), Text: "so"}, "closed before"},
		"later than on record": {tickets.Entry{Clock: sla.Intervention, At: at(4, 30), Text: "so"}, "on record already"},
		"without a reason":     {tickets.Entry{Clock: sla.Restore, At: at(5, 0), Text: " "}, "say why"},
	} {
		if _, err := o.Enter(ctx, n, "staff:carla", c.entry, at(7, 0)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	ticket, err := o.Enter(ctx, n, "staff:carla", tickets.Entry{Clock: sla.Restore, At: at(5, 0), Text: "nobody wrote it down"}, at(7, 0))
	must(t, err)
	if ticket.State != tickets.Closed || !ticket.Clocks[2].MetAt.Equal(at(5, 0)) {
		t.Errorf("%s, %+v", ticket.State, ticket.Clocks[2])
	}
}

// TestAHandOverLeavesATicketAsItStands: nobody has answered what it waits for, and the work that has begun goes on. What the engineer has not in
// hand stays where it is.
func TestAHandOverLeavesATicketAsItStands(t *testing.T) {
	who := "staff:carla"
	do := map[tickets.State]func(o office, n tickets.Number) (tickets.Ticket, error){
		tickets.Assigned: func(o office, n tickets.Number) (tickets.Ticket, error) { return o.Ticket(t.Context(), n) },
		tickets.InProgress: func(o office, n tickets.Number) (tickets.Ticket, error) {
			return o.Intervene(t.Context(), n, who, monday(10))
		},
		tickets.Waiting: func(o office, n tickets.Number) (tickets.Ticket, error) {
			return o.WaitForCustomer(t.Context(), n, who, "", monday(10))
		},
		tickets.Restored: func(o office, n tickets.Number) (tickets.Ticket, error) {
			return o.Restored(t.Context(), n, who, monday(10))
		},
		tickets.Closed: func(o office, n tickets.Number) (tickets.Ticket, error) {
			return o.Close(t.Context(), n, who, "", monday(10))
		},
	}
	for state, get := range do {
		for _, from := range []string{"anna", "luca"} {
			o := openOffice(t)
			n := o.blocking(t).Number
			_, err := o.Assign(t.Context(), n, who, "anna", monday(9))
			must(t, err)
			was, err := get(o, n)
			must(t, err)
			got, err := o.HandOver(t.Context(), n, from, "marco", "handed over", monday(11))
			must(t, err)
			want := "anna"
			if from == "anna" && state.Live() {
				want = "marco"
			}
			if got.State != was.State || got.State != state || got.Assignee != want || !reflect.DeepEqual(got.Pauses, was.Pauses) || !reflect.DeepEqual(got.Clocks, was.Clocks) {
				t.Errorf("%s of %s: %+v, want %s's as it was: %+v", state, from, got, want, was)
			}
			if folded := o.folded(t, n); !reflect.DeepEqual(folded.Pauses, got.Pauses) || !reflect.DeepEqual(folded.Clocks, got.Clocks) {
				t.Errorf("%s: the history folds to %+v, the rows say %+v", state, folded, got)
			}
		}
	}
}
