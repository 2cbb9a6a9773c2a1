package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"time"

	"hotline/ivr"
	"hotline/journal"
	"hotline/line"
	"hotline/oncall"
	"hotline/oncall/ring"
	"hotline/prompts"
	"hotline/sla"
	"hotline/tickets"
)

var _ ivr.Human = (*human)(nil)

// human answers a flow's wish for somebody who presses accept, with oncall/ring. Safe for concurrent use.
type human struct {
	search   *ring.Search
	desk     *tickets.Desk
	operator []string
	hours    sla.CalendarID // of the operator
	dials    func(number string) bool
	order    precedence
	watch    func(ctx context.Context, was tickets.Ticket) (until context.Context, stop func())
}

// onHold is the ivr's call as the search sees it.
type onHold struct{ ivr.Call }

// ID is the call's name.
func (c onHold) ID() string { return string(c.Caller().ID) }

// Connect searches for an engineer and comes back when the talk or the search is over, or when it has become pointless.
func (h *human) Connect(ctx context.Context, call ivr.Call, lang prompts.Language, was tickets.Ticket) (ivr.Reach, error) {
	t, err := h.desk.Ticket(ctx, was.Number)
	if err != nil {
		return ivr.Impossible, fmt.Errorf("reading ticket %d for the brief: %w", was.Number, err)
	}
	until, stop := h.watch(context.WithoutCancel(ctx), t)
	defer stop()
	if why := was.Needless(t); why != "" { // staff were faster
		return ivr.Reach(why), nil
	}
	r := ring.Request{Caller: onHold{call}, Language: lang, Ticket: t, CallBack: h.callBack(call, t), Until: until}
	if t.Contract != "" {
		leave := h.order.enter()
		defer leave()
		r.Found = leave // the others wait for the search, not for the talk
	} else {
		r.Turn = h.order.wait
	}
	out, err := h.search.Find(ctx, r)
	if off := (needless{}); out == ring.CalledOff && errors.As(context.Cause(until), &off) {
		return ivr.Reach(off.why), err
	}
	return reach(out), err
}

func reach(o ring.Outcome) ivr.Reach {
	switch o {
	case ring.Talked:
		return ivr.Talked
	case ring.NoRota:
		return ivr.NoRota
	case ring.Impossible:
		return ivr.Impossible
	}
	return ivr.Nobody
}

// callBack is where the customer can be rung: the number of the ticket where the line may dial it, which is one that the
// directory has for a customer, else the telephone that is calling, where it is one of the house's network.
func (h *human) callBack(call ivr.Call, t tickets.Ticket) string {
	if t.Caller != "" && h.dials(t.Caller) {
		return t.Caller
	}
	if l, ok := call.(*line.Line); ok {
		return l.Address()
	}
	return ""
}

// Operator rings the operator's telephones in the operator's hours, while the caller hears calling and music.
func (h *human) Operator(ctx context.Context, call ivr.Call, lang prompts.Language, calling prompts.Phrase) (bool, error) {
	c, ok := h.desk.Book().Calendars[h.hours]
	if len(h.operator) == 0 || !ok {
		return false, nil
	}
	hours, err := c.Hours()
	if err != nil {
		return false, fmt.Errorf("reading the operator's hours: %w", err)
	}
	if !hours.Open(call.Now()) {
		return false, nil
	}
	return h.search.Operator(ctx, onHold{call}, lang, calling, h.operator)
}

// duty plans from the rota as it stands, or as it last stood while the store is down.
type duty struct {
	store oncall.Store
	last  *shelf[rotaFacts]
	disk  journal.Cache
	log   *slog.Logger

	questions questions
}

const rotaTime = 2 * time.Second // a caller waits no longer for the rota

// rotaFacts is what a plan is made of.
type rotaFacts struct {
	Rota      oncall.Rota
	Engineers []oncall.Engineer
}

// Plan reads the rota and plans; a ticket's own engineer comes first.
func (d *duty) Plan(ctx context.Context, now time.Time, first oncall.EngineerID) ([]oncall.Attempt, bool, error) {
	var f rotaFacts
	err := d.questions.ask(ctx, rotaTime, func(ctx context.Context) (err error) {
		f, err = readRota(ctx, d.store)
		return err
	})
	if err != nil {
		last, ok := d.last.get()
		if !ok {
			if d.disk.Get(cachedRota, &last) != nil {
				return nil, false, fmt.Errorf("reading the rota: %w", err)
			}
			d.last.put(last)
		}
		f = last
	} else if last, ok := d.last.get(); !ok || last.Rota.Version != f.Rota.Version || !reflect.DeepEqual(last.Engineers, f.Engineers) {
		d.last.put(f)
		if err := d.disk.Put(cachedRota, f); err != nil { // a full disk wakes nobody less
			d.log.Warn("the copy of the rota is stale", "error", err)
		}
	}
	attempts, gap, err := oncall.Plan(f.Rota, f.Engineers, now)
	return oncall.First(attempts, f.Engineers, first), gap, err
}

// rings tells whether a telephone is an engineer's, by what the last plan was made of.
func (d *duty) rings(number string, e164 func(string) string) bool {
	f, _ := d.last.get()
	return slices.ContainsFunc(f.Engineers, func(e oncall.Engineer) bool { return among(e.Phones, number, e164) })
}

// listed tells whether a number may be called at all: an engineer's, an operator's, or one of a customer's.
func (a *App) listed(number string) bool {
	e164 := a.plan.E164
	if among(a.cfg.Config.Operator.Numbers, number, e164) || a.duty.rings(number, e164) {
		return true
	}
	_, known := a.desk.Owner(number)
	return known
}

// among tells whether a number is one of a list, however they are spelt.
func among(list []string, number string, e164 func(string) string) bool {
	return slices.ContainsFunc(list, func(other string) bool { return e164(other) == e164(number) })
}

func readRota(ctx context.Context, s oncall.Store) (rotaFacts, error) {
	r, err := s.Rota(ctx)
	if err != nil {
		return rotaFacts{}, err
	}
	e, err := s.Engineers(ctx)
	return rotaFacts{r, e}, err
}

// book writes what a search does into the ticket's history and the call's record.
type book struct {
	desk   *tickets.Desk
	calls  *register
	live   *live
	alarm  func(kind, text string)
	log    *slog.Logger
	silent bool // sabotage of the demo: what the search does is not written
}

// Note writes one line of the ticket's history; accepting assigns until the talk or its undoing, the talk stamps the
// contact.
func (b *book) Note(ctx context.Context, e ring.Event) {
	if b.silent {
		return
	}
	var err error
	switch e.Kind {
	case tickets.Accepted:
		b.live.accept(e.Ticket, true)
		_, err = b.desk.Accept(ctx, e.Ticket, string(e.Engineer), e.Awaits, e.At)
	case tickets.AcceptUndone:
		_, err = b.desk.UndoAccept(ctx, e.Ticket, string(e.Engineer), e.Text, e.At)
		b.live.accept(e.Ticket, false)
	case tickets.Joined:
		_, err = b.desk.Join(ctx, e.Ticket, string(e.Engineer), e.At)
	default:
		actor := "system"
		if e.Engineer != "" {
			actor = "engineer:" + string(e.Engineer)
		}
		_, err = b.desk.Note(ctx, e.Ticket, tickets.Event{Kind: e.Kind, Actor: actor, Text: e.Text}, e.At)
	}
	if err != nil {
		b.log.Error("ticket's history not written", "ticket", e.Ticket, "event", e.Kind, "error", err)
	}
	if e.Kind == tickets.RotaGap || e.Kind == tickets.Unreached {
		b.alarm(string(e.Kind), fmt.Sprintf("ticket %d: %s", e.Ticket, e.Text))
	}
}

// Leg writes an outgoing leg to the record of its call.
func (b *book) Leg(_ context.Context, call string, l tickets.Leg) {
	b.calls.leg(tickets.CallID(call), l)
}
