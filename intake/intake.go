package intake

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"hotline/directory"
	"hotline/storage"
	"hotline/tickets"
)

// Errors of Take, beside those of package storage.
var (
	ErrBusy     = errors.New("too many alerts wait to be taken: send them again in a moment")
	ErrContract = errors.New("the contract that the token is bound to is not known any more")
)

// Config is what an intake needs. Everything is required but Counted and Installed.
type Config struct {
	Store    Store
	Desk     Desk
	Numbers  tickets.Numbers
	NewID    func() string
	Language func() string // of tickets whose contract names none; nil: nobody knows
	Counted  func(what string, n int)
	// Installed writes down a version of which an alert's labels tell, where the policy names labels.
	Installed func(ctx context.Context, f Found, now time.Time) error
	Log       *slog.Logger
}

// Intake takes alerts in. Safe for concurrent use.
type Intake struct {
	cfg      Config
	queues   queues
	settings settings
	recorded recorded
}

// New makes an intake.
func New(c Config) *Intake {
	if c.Counted == nil {
		c.Counted = func(string, int) {}
	}
	return &Intake{cfg: c, queues: queues{list: map[ID]*queue{}}}
}

// Take takes a message in. When it returns without an error every alert of it stands in a ticket or in the store with the reason
// for which it needs none. It returns ErrBusy while too many wait, and storage.ErrDown while the store does not answer. What the
// batch says of some installations may be kept then; the sender may send it again.
func (k *Intake) Take(ctx context.Context, o Origin, b Batch, now time.Time) (Outcome, error) {
	if _, known := k.cfg.Desk.Book().Contracts.Get(o.Contract); !known {
		return Outcome{}, fmt.Errorf("contract %s: %w", o.Contract, ErrContract)
	}
	var whole Outcome
	defer func() {
		for what, n := range whole.counts() {
			k.cfg.Counted(what, n)
		}
	}()
	for _, part := range parts(o, b) {
		became, err := k.queues.enter(part, func(list []Delivery) ([]Outcome, error) {
			return k.turn(ctx, part.id, list, now)
		})
		if err != nil {
			return whole, err
		}
		whole.add(became)
		k.record(ctx, part, now)
	}
	return whole, nil
}

// parts are what a message says of each installation, in the order of their first alerts.
func parts(o Origin, b Batch) (list []*waiting) {
	at := map[ID]*waiting{}
	for _, a := range b.Alerts {
		a = a.Bounded()
		id := o.of(a)
		if at[id] == nil {
			at[id] = &waiting{id: id, delivery: Delivery{Source: o.Source, Batch: Batch{Truncated: b.Truncated}}}
			list = append(list, at[id])
		}
		at[id].delivery.Batch.Alerts = append(at[id].delivery.Batch.Alerts, a)
	}
	return list
}

const (
	tries    = 64               // of a turn, because another node was faster
	turnTime = 20 * time.Second // of one turn, the whole of it
)

// turn takes messages about one installation: read, decide, write, carry out. It begins anew when another node was faster.
func (k *Intake) turn(ctx context.Context, id ID, list []Delivery, now time.Time) ([]Outcome, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), turnTime)
	defer cancel()
	facts, err := k.facts(ctx, id, now)
	if err != nil {
		return nil, err
	}
	var named []Key
	for _, d := range list {
		for _, a := range d.Batch.Alerts {
			named = append(named, Key{d.Source, a.Fingerprint})
		}
	}
	for range tries {
		i, err := k.cfg.Store.Installation(ctx, id, named, now)
		if err != nil {
			return nil, fmt.Errorf("reading installation %s of contract %s: %w", id.Name, id.Contract, err)
		}
		told := facts()
		if i, told.Parents, err = k.parents(ctx, i, list, told.Policy.Depends); err != nil {
			return nil, err
		}
		stand, err := k.stand(ctx, i, told.Parents)
		if err != nil {
			return nil, err
		}
		left := overdue(i, now)
		next, became, acts, err := i.Take(list, stand, told)
		if err != nil {
			return nil, err
		}
		if len(next.Problems) == 0 && len(acts) == 0 && len(left) == 0 && i.Due.IsZero() {
			return became, nil // nothing that is to be kept
		}
		switch err := k.cfg.Store.PutInstallation(ctx, next); {
		case errors.Is(err, storage.ErrConflict):
			continue
		case err != nil:
			return nil, fmt.Errorf("writing installation %s of contract %s: %w", id.Name, id.Contract, err)
		}
		k.carryOutAll(ctx, id, append(left, acts...), now)
		return became, nil
	}
	return nil, fmt.Errorf("installation %s of contract %s: %w", id.Name, id.Contract, storage.ErrConflict)
}

// overdue is what was decided before and whoever did has not carried out in his time.
func overdue(i Installation, now time.Time) []Action {
	if len(i.State.Pending) == 0 || i.Due.IsZero() || i.Due.After(now) {
		return nil
	}
	return slices.Clone(i.State.Pending)
}

// facts gives what each try of a turn is told. Ticket numbers that a try took and could not use serve the next one.
func (k *Intake) facts(ctx context.Context, id ID, now time.Time) (func() Facts, error) {
	s, err := k.settings.now(ctx, k.cfg.Store, now)
	if err != nil {
		return nil, err
	}
	f := Facts{Now: now.Truncate(time.Second), Policy: s.policy(id.Contract), Maintenance: s.maintenance(id, now), NewID: k.cfg.NewID}
	promised := id.Contract
	if _, _, why := k.entitled(id.Contract, now); why != "" {
		promised = ""
	}
	if e, err := k.cfg.Desk.Entitlement(promised); err == nil {
		f.Night = !e.Hours.Open(now)
	}
	var taken []tickets.Number
	return func() Facts {
		n := 0
		f.Number = func() (tickets.Number, error) {
			if n++; n <= len(taken) {
				return taken[n-1], nil
			}
			number, err := k.cfg.Numbers.Next(ctx)
			if err == nil {
				taken = append(taken, number)
			}
			return number, err
		}
		return f
	}, nil
}

// parents reads the problems for which those of a turn may wait: those of the installation go to its problems, and those of others
// come beside.
func (k *Intake) parents(ctx context.Context, i Installation, list []Delivery, d Depends) (Installation, []Problem, error) {
	var named []Ref
	ask := func(of Ref, title string) {
		for _, parent := range d.parents(of, title) {
			if !slices.Contains(named, parent) {
				named = append(named, parent)
			}
		}
	}
	known := map[Key]bool{}
	for _, p := range i.Problems {
		known[p.Key] = true
		ask(p.ref(), p.Title)
	}
	for _, one := range list {
		for _, a := range one.Batch.Alerts {
			ask(Ref{i.ID.Name, a.Fingerprint}, a.Title)
		}
	}
	if len(named) == 0 {
		return i, nil, nil
	}
	found, err := k.cfg.Store.ProblemsNamed(ctx, i.ID.Contract, named)
	if err != nil {
		return i, nil, fmt.Errorf("reading what alerts of installation %s depend on: %w", i.ID.Name, err)
	}
	var others []Problem
	for _, p := range found {
		switch {
		case p.Installation != i.ID:
			others = append(others, p)
		case !known[p.Key]:
			i.Problems = append(i.Problems, p)
		}
	}
	return i, others, nil
}

// stand reads how the tickets stand that an installation, its problems and those of others name.
func (k *Intake) stand(ctx context.Context, i Installation, others []Problem) (map[tickets.Number]Seen, error) {
	stand := map[tickets.Number]Seen{}
	numbers := []tickets.Number{i.State.Storm.Ticket}
	for _, c := range i.State.Children {
		numbers = append(numbers, c.Ticket)
	}
	for _, p := range others {
		numbers = append(numbers, p.Ticket)
	}
	for _, o := range i.State.Opened {
		numbers = append(numbers, o.Ticket)
	}
	for _, p := range i.Problems {
		numbers = append(numbers, p.Ticket)
	}
	slices.Sort(numbers)
	for _, n := range slices.Compact(numbers) {
		if n == 0 {
			continue
		}
		t, err := k.cfg.Desk.Ticket(ctx, n)
		if errors.Is(err, storage.ErrNotFound) {
			continue // it is being opened
		}
		if err != nil {
			return nil, fmt.Errorf("reading ticket %d of installation %s: %w", n, i.ID.Name, err)
		}
		stand[n] = Seen{State: t.State, Category: t.Category(), ClosedAt: t.ClosedAt}
	}
	return stand, nil
}

// carryOutAll does what was decided, in its order, and notes what is done. What fails is tried again by Due.
func (k *Intake) carryOutAll(ctx context.Context, id ID, acts []Action, now time.Time) {
	done := map[string]bool{}
	for _, a := range acts {
		if err := k.carryOut(ctx, id, a, now); err != nil {
			k.cfg.Log.Warn("an alert's ticket waits, and is tried again", "ticket", a.Ticket, "action", a.Kind, "error", err)
			break
		}
		done[a.ID] = true
	}
	for n := 0; len(done) > 0 && n < tries; n++ {
		i, err := k.cfg.Store.Installation(ctx, id, nil, time.Time{})
		if err == nil {
			i.State.Pending = slices.DeleteFunc(slices.Clone(i.State.Pending), func(a Action) bool { return done[a.ID] })
			i.Due, i.Problems = i.State.due(now), nil
			err = k.cfg.Store.PutInstallation(ctx, i)
		}
		if !errors.Is(err, storage.ErrConflict) {
			if err != nil {
				k.cfg.Log.Warn("what alerts did is not noted, and is done again", "installation", id.Name, "error", err)
			}
			return
		}
	}
}

// dueAtOnce is how many installations one look goes through.
const dueAtOnce = 200

// Due does what is due: maintenance that ended, problems that stayed quiet, lines of histories, and what a process that died
// had decided. Call it every few seconds, on every node: what one has done another one does not find.
func (k *Intake) Due(ctx context.Context, now time.Time) error {
	list, err := k.cfg.Store.DueInstallations(ctx, now, dueAtOnce)
	if err != nil {
		return fmt.Errorf("looking for installations: %w", err)
	}
	var failed []error
	for _, id := range list {
		if ctx.Err() != nil { // a turn is taken to its end; the next ones are another node's, or wait for the next start
			return errors.Join(append(failed, ctx.Err())...)
		}
		w := &waiting{id: id}
		_, err := k.queues.enter(w, func(list []Delivery) ([]Outcome, error) { return k.turn(ctx, id, list, now) })
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// Contract finds a contract that alerts may be taken for.
func (k *Intake) Contract(id directory.ContractID) bool {
	_, known := k.cfg.Desk.Book().Contracts.Get(id)
	return known
}

// Mapping finds a mapping by its name, as it stands within a second.
func (k *Intake) Mapping(ctx context.Context, id string, now time.Time) (Mapping, error) {
	s, err := k.settings.now(ctx, k.cfg.Store, now)
	if err != nil {
		return Mapping{}, err
	}
	m, ok := s.mappings[id]
	if !ok {
		return Mapping{}, fmt.Errorf("alert mapping %s: %w", id, storage.ErrNotFound)
	}
	return m, nil
}

func (o *Outcome) add(more Outcome) {
	o.Opened += more.Opened
	o.Joined += more.Joined
	o.Repeated += more.Repeated
	o.Reopened += more.Reopened
	o.Resolved += more.Resolved
	o.Unmatched += more.Unmatched
	o.Ignored += more.Ignored
	o.Held += more.Held
	o.Waiting += more.Waiting
	for _, n := range more.Tickets {
		o.concerns(n)
	}
}

func (o Outcome) counts() map[string]int {
	return map[string]int{
		"opened": o.Opened, "joined": o.Joined, "repeated": o.Repeated, "reopened": o.Reopened,
		"resolved": o.Resolved, "unmatched": o.Unmatched, "ignored": o.Ignored, "held": o.Held, "waiting": o.Waiting,
	}
}
