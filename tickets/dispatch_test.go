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
// caller last added to it, since a talk broke off or never came, and since it became blocking by another's word.
func worked(t tickets.Ticket, lines []tickets.Event) bool {
	if t.Category() != sla.Blocking || !t.State.Live() || t.State == tickets.Waiting {
		return true
	}
	var taken time.Time // the last time; what another node wrote before a line may stand behind it
	since := func(e tickets.Event) bool { return !taken.IsZero() && !taken.Before(e.At) }
	for i, e := range slices.Backward(lines) {
		owed := false
		switch e.Kind {
		case tickets.Joined, tickets.AssignedTo, tickets.Contacted, tickets.Intervened, tickets.RestoredAt:
			taken = latest(taken, e.At)
		case tickets.WaitingFor: // who asked the customer knows of what was added before
			if t.State == tickets.Open {
				return since(e)
			}
			taken = latest(taken, e.At)
		case tickets.CalledAgain, tickets.LegLost, tickets.AcceptUndone:
			owed = true
		case tickets.Assessed:
			owed = e.Facts["from"] != string(sla.Blocking) && e.Facts["to"] == string(sla.Blocking) && e.Actor != "engineer:"+t.Assignee
		case tickets.Categorised:
			owed = !slices.ContainsFunc(lines[:i], func(b tickets.Event) bool {
				return b.Kind == tickets.Assessed || b.Facts["claim"] == string(sla.Blocking)
			})
		case tickets.Accepted:
			if owed = e.Facts[tickets.FactAwaits] != ""; !owed {
				taken = latest(taken, e.At)
			}
		case tickets.Opened:
			return since(e)
		case tickets.Reopened:
			if e.Actor != "system" { // else two nodes moved it, the other one later
				return since(e)
			}
		}
		if owed && !since(e) {
			return false
		}
	}
	return false
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// willRing tells whether work is due for a ticket that will call the rota, or undo an accept and then call it.
func (o office) willRing(t *rapid.T, n tickets.Number) bool {
	ticket, lines := o.stands(t, n)
	return slices.ContainsFunc(o.store.Waiting(), func(w tickets.Work) bool {
		return w.Kind == tickets.WorkEscalate && w.Ticket == n && !o.done[w.ID] && tickets.Escalation(ticket, lines, w) != tickets.Settled
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

// calls does the escalations that are due, as the dispatcher does: each comes once, whatever comes of it.
func (o office) calls(r *rapid.T, n tickets.Number, at time.Time) {
	for _, w := range o.store.Waiting() {
		ticket, lines := o.stands(r, n)
		if w.Kind != tickets.WorkEscalate || w.Due.After(at) || o.done[w.ID] {
			continue
		}
		must := func(_ tickets.Ticket, err error) {
			if err != nil {
				r.Fatal(err)
			}
		}
		ctx, stand := context.Background(), tickets.Escalation(ticket, lines, w)
		if stand == tickets.Untalked {
			must(o.UndoAccept(ctx, n, ticket.Assignee, "no talk", at))
			ticket, _ = o.stands(r, n)
		}
		again, _ := tickets.CallAgain(lines, w)
		if stand == tickets.Unanswered && again.After(at) {
			continue
		}
		if o.done[w.ID] = true; stand == tickets.Settled || stand == tickets.Untalked && ticket.State != tickets.Open {
			continue
		}
		begins := tickets.Event{Kind: tickets.CallingOut, Actor: "system", Facts: map[string]string{tickets.FactFor: w.ID}}
		if ticket.State != tickets.Open {
			begins.Facts[tickets.FactAdded] = "yes"
		}
		must(o.Note(ctx, n, begins, at))
		switch rapid.SampledFrom([]string{"nobody", "a key", "nothing"}).Draw(r, "comes of it") { // nothing: it was called off, or the process died
		case "nobody":
			must(o.Note(ctx, n, tickets.Event{Kind: tickets.Unreached, Actor: "system"}, at))
		case "a key":
			must(o.Accept(ctx, n, "marco", false, at))
		}
	}
}

// begins opens a ticket of any kind.
func (o office) begins(r *rapid.T, at time.Time) tickets.Number {
	ticket, err := o.Open(context.Background(), tickets.Draft{
		Identity: tickets.Identity{Contract: directory.Contract{ID: rapid.SampledFrom([]directory.ContractID{"c1", "p1", ""}).Draw(r, "contract")}},
		Channel:  rapid.SampledFrom([]tickets.Channel{tickets.Phone, tickets.Web, tickets.Email, tickets.Alert}).Draw(r, "channel"),
		Actor:    "staff:carla", Claim: rapid.SampledFrom(append(sla.Categories(), sla.Uncategorised)).Draw(r, "claim"), Caller: "+39051",
	}, at)
	if err != nil {
		r.Fatal(err)
	}
	return ticket.Number
}

// does one of the acts, if the ticket allows it, and gives its name.
func (o office) does(r *rapid.T, n tickets.Number, at time.Time) string {
	act := rapid.SampledFrom(o.acts()).Draw(r, "act")
	err := act.do(context.Background(), r, n, at)
	var move *tickets.MoveError
	if err != nil && !errors.As(err, &move) {
		r.Fatalf("%s: %v", act.name, err)
	}
	return act.name
}

// reached fails where nobody works on a ticket and nothing will ring.
func (o office) reached(r *rapid.T, n tickets.Number, after string) {
	if stands, lines := o.stands(r, n); !worked(stands, lines) && !o.willRing(r, n) {
		r.Fatalf("after %s the ticket is %s, nobody works on it, and nothing will ring:\n%+v\n%+v", after, stands.State, lines, o.store.Waiting())
	}
}

// TestABlockingTicketThatNobodyWorksOnAlwaysHasWorkDueThatWillRing walks every command of staff and every line of a search,
// in every order, for each channel: after each of them it must hold. What is due is done meanwhile, each piece once.
func TestABlockingTicketThatNobodyWorksOnAlwaysHasWorkDueThatWillRing(t *testing.T) {
	prove.Check(t, func(r *rapid.T) {
		o, at := openOffice(t), monday(9)
		n := o.begins(r, at)
		for range rapid.IntRange(0, 12).Draw(r, "acts") {
			at = at.Add(time.Duration(rapid.IntRange(0, 3600).Draw(r, "seconds")) * time.Second)
			o.calls(r, n, at)
			o.reached(r, n, "what was due")
			o.reached(r, n, o.does(r, n, at))
		}
	})
}

// TestSoItIsOfATicketThatTwoNodesChangeApart: the store does not answer one of the nodes now and then, whose changes come to it late. It
// holds whenever the store has all of them.
func TestSoItIsOfATicketThatTwoNodesChangeApart(t *testing.T) {
	prove.Check(t, func(r *rapid.T) {
		o, ctx, at := openOffice(t), context.Background(), monday(9)
		other := o
		other.Desk = o.another(t)
		n := o.begins(r, at)
		for range rapid.IntRange(0, 12).Draw(r, "acts") {
			at = at.Add(time.Duration(rapid.IntRange(0, 3600).Draw(r, "seconds")) * time.Second)
			o.sick.set(rapid.Bool().Draw(r, "this node is cut off"))
			other.calls(r, n, at)
			one := rapid.SampledFrom([]office{o, other}).Draw(r, "node")
			after := one.does(r, n, at)
			o.sick.set(false)
			if !rapid.Bool().Draw(r, "the store answers again") {
				continue
			}
			if err := o.Replay(ctx); err != nil {
				r.Fatal(err)
			}
			o.reached(r, n, after)
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
