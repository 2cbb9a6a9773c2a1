package tickets_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hotline/directory"
	"hotline/prove"
	"hotline/sla"
	"hotline/tickets"
)

// worked tells whether somebody works on a ticket, or nobody has to: it is no blocking one, it has ended, the customer owes
// an answer, or somebody has it in hand: by a talk, by an engineer's key, or by staff's word, since it last became open, since the
// caller last added to it, and since it became blocking by another's word.
func worked(t tickets.Ticket, lines []tickets.Event) bool {
	if t.Category() != sla.Blocking || !t.State.Live() || t.State == tickets.Waiting {
		return true
	}
	undone := false
	for i, e := range slices.Backward(lines) {
		switch e.Kind {
		case tickets.Joined, tickets.AssignedTo, tickets.Contacted, tickets.Intervened, tickets.RestoredAt:
			return true
		case tickets.WaitingFor: // who asked the customer knows of what was added before
			return t.State != tickets.Open
		case tickets.CalledAgain:
			return false
		case tickets.Assessed:
			if e.Facts["from"] != string(sla.Blocking) && e.Facts["to"] == string(sla.Blocking) && e.Actor != "engineer:"+t.Assignee {
				return false
			}
		case tickets.Categorised:
			if !slices.ContainsFunc(lines[:i], func(b tickets.Event) bool {
				return b.Kind == tickets.Assessed || b.Facts["claim"] == string(sla.Blocking)
			}) {
				return false
			}
		case tickets.Accepted:
			if !undone {
				return e.Facts[tickets.FactAwaits] == ""
			}
			undone = false
		case tickets.AcceptUndone: // what stood before it counts
			if undone = true; t.State == tickets.Open {
				return false
			}
		case tickets.Opened, tickets.Reopened:
			return false
		}
	}
	return false
}

// willRing tells whether work is due for a ticket that will call the rota, or undo an accept and then call it.
func (o office) willRing(t *rapid.T, n tickets.Number) bool {
	ticket, lines := o.stands(t, n)
	return slices.ContainsFunc(o.store.Waiting(), func(w tickets.Work) bool {
		return w.Kind == tickets.WorkEscalate && w.Ticket == n && tickets.Escalation(ticket, lines, w) != tickets.Settled
	})
}

func (o office) stands(t *rapid.T, n tickets.Number) (tickets.Ticket, []tickets.Event) {
	ticket, err := o.store.Ticket(context.Background(), n)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := o.store.History(context.Background(), n)
	if err != nil {
		t.Fatal(err)
	}
	return ticket, lines
}

// TestABlockingTicketThatNobodyWorksOnAlwaysHasWorkDueThatWillRing walks every command of staff and every line of a search,
// in every order, for each channel: after each of them it must hold.
func TestABlockingTicketThatNobodyWorksOnAlwaysHasWorkDueThatWillRing(t *testing.T) {
	prove.Check(t, func(r *rapid.T) {
		o, ctx := openOffice(t), context.Background()
		at := monday(9)
		ticket, err := o.Open(ctx, tickets.Draft{
			Identity: tickets.Identity{Contract: directory.Contract{ID: rapid.SampledFrom([]directory.ContractID{"c1", "p1", ""}).Draw(r, "contract")}},
			Channel:  rapid.SampledFrom([]tickets.Channel{tickets.Phone, tickets.Web, tickets.Email, tickets.Alert}).Draw(r, "channel"),
			Actor:    "staff:carla", Claim: rapid.SampledFrom(append(sla.Categories(), sla.Uncategorised)).Draw(r, "claim"), Caller: "+39051",
		}, at)
		if err != nil {
			r.Fatal(err)
		}
		for range rapid.IntRange(0, 12).Draw(r, "acts") {
			at = at.Add(time.Duration(rapid.IntRange(0, 3600).Draw(r, "seconds")) * time.Second)
			act := rapid.SampledFrom(o.acts()).Draw(r, "act")
			err := act.do(ctx, r, ticket.Number, at)
			var move *tickets.MoveError
			if err != nil && !errors.As(err, &move) {
				r.Fatalf("%s: %v", act.name, err)
			}
			stands, lines := o.stands(r, ticket.Number)
			if !worked(stands, lines) && !o.willRing(r, ticket.Number) {
				r.Fatalf("after %s the ticket is %s, nobody works on it, and nothing will ring:\n%+v\n%+v", act.name, stands.State, lines, o.store.Waiting())
			}
		}
	})
}

// deed is what somebody may do to a ticket.
type deed struct {
	name string
	do   func(ctx context.Context, r *rapid.T, n tickets.Number, at time.Time) error
}

// String names it in a failure.
func (d deed) String() string { return d.name }

// acts are all of them.
func (o office) acts() []deed {
	only := func(_ tickets.Ticket, err error) error { return err }
	const who = "staff:carla"
	engineer := func(r *rapid.T) string { return rapid.SampledFrom([]string{"anna", "marco"}).Draw(r, "engineer") }
	list := []deed{
		{"assess", func(ctx context.Context, r *rapid.T, n tickets.Number, at time.Time) error {
			return only(o.Assess(ctx, n, who, "", rapid.SampledFrom(sla.Categories()).Draw(r, "category"), at))
		}},
		{"assess as an engineer", func(ctx context.Context, r *rapid.T, n tickets.Number, at time.Time) error {
			anna := engineer(r)
			return only(o.Assess(ctx, n, "engineer:"+anna, anna, rapid.SampledFrom(sla.Categories()).Draw(r, "category"), at))
		}},
		{"categorise", func(ctx context.Context, r *rapid.T, n tickets.Number, at time.Time) error {
			return only(o.Categorise(ctx, n, rapid.SampledFrom(sla.Categories()).Draw(r, "keyed"), at))
		}},
		{"assign", func(ctx context.Context, r *rapid.T, n tickets.Number, at time.Time) error {
			return only(o.Assign(ctx, n, who, engineer(r), at))
		}},
		{"accept", func(ctx context.Context, r *rapid.T, n tickets.Number, at time.Time) error {
			return only(o.Accept(ctx, n, engineer(r), rapid.Bool().Draw(r, "awaits"), at))
		}},
		{"undo the accept", func(ctx context.Context, r *rapid.T, n tickets.Number, at time.Time) error {
			return only(o.UndoAccept(ctx, n, engineer(r), "no talk", at))
		}},
		{"contract", func(ctx context.Context, r *rapid.T, n tickets.Number, at time.Time) error {
			return only(o.SetContract(ctx, n, who, rapid.SampledFrom([]directory.ContractID{"c1", "p1", "a1", ""}).Draw(r, "other"), at))
		}},
		{"add", func(ctx context.Context, _ *rapid.T, n tickets.Number, at time.Time) error {
			return only(o.CalledAgainAbout(ctx, n, "call-2", tickets.Adds, at))
		}},
		{"contact", func(ctx context.Context, _ *rapid.T, n tickets.Number, at time.Time) error {
			return only(o.Contact(ctx, n, who, at))
		}},
		{"look", func(ctx context.Context, _ *rapid.T, n tickets.Number, at time.Time) error {
			_, _, err := o.Look(ctx, n, at)
			return err
		}},
	}
	plain := map[string]func(context.Context, tickets.Number, string, time.Time) (tickets.Ticket, error){
		"intervene": o.Intervene, "restore": o.Restored, "resume": func(ctx context.Context, n tickets.Number, who string, at time.Time) (tickets.Ticket, error) {
			return o.Resume(ctx, n, who, "", at)
		}, "not a request": o.MarkNotRequest, "follow": o.Follow, "join": o.Join,
	}
	said := map[string]func(context.Context, tickets.Number, string, string, time.Time) (tickets.Ticket, error){
		"wait": o.WaitForCustomer, "close": o.Close, "reopen": o.Reopen, "access gone": o.WithdrawAccess, "access back": o.GiveAccess,
	}
	for name, f := range plain {
		list = append(list, deed{name, func(ctx context.Context, _ *rapid.T, n tickets.Number, at time.Time) error {
			return only(f(ctx, n, who, at))
		}})
	}
	for name, f := range said {
		list = append(list, deed{name, func(ctx context.Context, _ *rapid.T, n tickets.Number, at time.Time) error {
			return only(f(ctx, n, who, "said", at))
		}})
	}
	for _, kind := range []tickets.EventKind{tickets.CallerGone, tickets.Unreached, tickets.RotaGap, tickets.CallingOut, tickets.Rang, tickets.TalkEnded, tickets.LegLost} {
		list = append(list, deed{string(kind), func(ctx context.Context, _ *rapid.T, n tickets.Number, at time.Time) error {
			return only(o.Note(ctx, n, tickets.Event{Kind: kind, Actor: "system"}, at))
		}})
	}
	slices.SortFunc(list, func(a, b deed) int { return map[bool]int{true: -1, false: 1}[a.name < b.name] })
	return list
}

// TestAReopenedTicketIsNobodysUntilSomebodyTakesItAgain: the engineer who had it stands on it as the one to ring first, and
// nothing else counts as his work, also after it has waited for the customer.
func TestAReopenedTicketIsNobodysUntilSomebodyTakesItAgain(t *testing.T) {
	prove.Check(t, func(r *rapid.T) {
		o, ctx, at := openOffice(t), context.Background(), monday(9)
		const who = "staff:carla"
		ticket, err := o.Open(ctx, tickets.Draft{
			Identity: tickets.Identity{Contract: directory.Contract{ID: "c1"}}, Channel: tickets.Web, Actor: who, Claim: sla.Blocking, Caller: "+39051",
		}, at)
		if err != nil {
			r.Fatal(err)
		}
		steps := []func() (tickets.Ticket, error){
			func() (tickets.Ticket, error) { return o.Assign(ctx, ticket.Number, who, "anna", at) },
			func() (tickets.Ticket, error) { return o.Close(ctx, ticket.Number, who, "", at) },
			func() (tickets.Ticket, error) { return o.Reopen(ctx, ticket.Number, who, "", at) },
			func() (tickets.Ticket, error) { return o.WaitForCustomer(ctx, ticket.Number, who, "", at) },
			func() (tickets.Ticket, error) { return o.Resume(ctx, ticket.Number, who, "", at) },
		}
		if rapid.Bool().Draw(r, "an intervention had begun") {
			steps[0] = func() (tickets.Ticket, error) { return o.Intervene(ctx, ticket.Number, "engineer:anna", at) }
		}
		for n, step := range steps {
			at = at.Add(time.Minute)
			stands, err := step()
			if err != nil {
				r.Fatal(err)
			}
			if open := n == 2 || n == 4; open && (stands.State != tickets.Open || !o.willRing(r, ticket.Number)) {
				r.Errorf("after step %d the ticket is %s of %q, and nothing will ring", n, stands.State, stands.Assignee)
			}
		}
	})
}
