// Package cover finds an engineer who takes another one's shift, a future one or the one that runs now. It rings the others of
// the rota one after another with the question; key 1 takes the shift. Before the key, the engineer hears the open blocking
// tickets. Whoever takes over a running shift also gets the tickets of the engineer who leaves. The engineer who asked is rung
// back with the answer, and hears it also in the next call to the console.
//
// A restart goes on with what was being asked, and with answers that nobody has heard ([Board.Resume]).
//
// Goroutines: one for each engineer for whom others are asked; [Board.Stop] ends them and waits.
package cover

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"hotline/oncall"
	"hotline/oncall/duty"
	"hotline/oncall/ring"
	"hotline/prompts"
	"hotline/tickets"
)

// Shifts is who is on call. duty.Shifts implements it.
type Shifts interface {
	Others(ctx context.Context, shift duty.Shift) ([]oncall.Attempt, error)
	Successors(ctx context.Context, shift duty.Shift) ([]oncall.Attempt, error)
	Take(ctx context.Context, shift duty.Shift, by oncall.EngineerID, way duty.Way, now time.Time) error
}

// Config is what a [Board] works with. All of it is required.
type Config struct {
	// Ask rings a telephone with a question, as ring.Search.AskByTelephone does.
	Ask      func(ctx context.Context, a oncall.Attempt, q ring.Question) (result string)
	Shifts   Shifts
	Blocking func(ctx context.Context) ([]tickets.Ticket, error) // those that are open
	// Give gives the open blocking tickets that one engineer has in hand to another, and tells how many.
	Give func(ctx context.Context, from, to oncall.Engineer) (int, error)
	Keep Keep // outlasts a restart
	Log  *slog.Logger
}

// Board knows for whom others are being asked, and the answers that nobody has heard yet. Safe for concurrent use.
type Board struct {
	cfg Config

	mu      sync.Mutex
	entries map[oncall.EngineerID]entry
	disk    sync.Mutex // taken before mu
	running sync.WaitGroup
	ctx     context.Context // ends with Stop
	stop    context.CancelFunc
	stopped bool
}

// New makes a board; it starts nothing.
func New(c Config) *Board {
	b := &Board{cfg: c, entries: map[oncall.EngineerID]entry{}}
	b.ctx, b.stop = context.WithCancel(context.Background())
	return b
}

// Stop ends what is being asked, and waits. A shift that somebody has taken stays taken.
func (b *Board) Stop(context.Context) error {
	b.mu.Lock()
	b.stopped = true
	b.mu.Unlock()
	b.stop()
	b.running.Wait()
	return nil
}

// Why nobody is asked.
var (
	ErrAsking = errors.New("the others are being asked already")
	ErrNobody = errors.New("there is nobody else to ask")
)

// Ask begins to ask the others for a shift of an engineer's: ErrAsking while that goes on already, ErrNobody where the rota names
// nobody else who could.
func (b *Board) Ask(ctx context.Context, asks oncall.Engineer, shift duty.Shift) error {
	return b.start(ctx, entry{asks: asks, shift: shift})
}

// HandOver begins to ask the others for an engineer's shift that runs, whoever comes next first; its errors are those of [Board.Ask].
func (b *Board) HandOver(ctx context.Context, asks oncall.Engineer, shift duty.Shift) error {
	return b.start(ctx, entry{asks: asks, shift: shift, handsOver: true})
}

func (b *Board) start(ctx context.Context, e entry) error {
	others, err := b.others(ctx, e)
	if err != nil {
		return err
	}
	if len(others) == 0 {
		return ErrNobody
	}
	if !b.begin(e) {
		return ErrAsking
	}
	b.write()
	return nil
}

// others are those who are asked, in their order.
func (b *Board) others(ctx context.Context, e entry) ([]oncall.Attempt, error) {
	if e.handsOver {
		return b.cfg.Shifts.Successors(ctx, e.shift)
	}
	return b.cfg.Shifts.Others(ctx, e.shift)
}

// begin goes on with a question: the others are asked, or the answer is told. It is false where that goes on already.
func (b *Board) begin(e entry) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if was, ok := b.entries[e.asks.ID]; b.stopped || ok && was.answer == nil {
		return false
	}
	b.entries[e.asks.ID] = e
	b.running.Go(func() {
		if e.answer == nil {
			found, over := b.ask(e)
			if !over {
				return // the next run goes on with it
			}
			e.answer = &found
			b.mu.Lock()
			b.entries[e.asks.ID] = e
			b.mu.Unlock()
			b.write()
		}
		b.tell(e.asks, e.answer)
	})
	return true
}

// ask asks the others. over is false where the program ended before.
func (b *Board) ask(e entry) (found answer, over bool) {
	for {
		others, err := b.others(b.ctx, e)
		if err == nil {
			found = b.find(e, others)
			return found, b.ctx.Err() == nil || found.by != ""
		}
		if errors.Is(err, duty.ErrShiftChanged) {
			return answer{sentence: "console-shift-changed"}, true
		}
		b.cfg.Log.Error("whom to ask for a shift is not known; it is looked again in a minute", "for", e.asks.ID, "error", err)
		if !b.pauses(tellsAgain) {
			return answer{}, false
		}
	}
}

// pauses waits; false when the program ends.
func (b *Board) pauses(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-b.ctx.Done():
		return false
	}
}

// Answer is what an engineer who asked has not heard yet, once.
func (b *Board) Answer(id oncall.EngineerID) (said prompts.Phrase, ok bool) {
	b.mu.Lock()
	e, ok := b.entries[id]
	if ok = ok && e.answer != nil; ok {
		delete(b.entries, id)
	}
	b.mu.Unlock()
	if !ok {
		return nil, false
	}
	b.write()
	return e.answer.phrase(), true
}

// find asks one telephone after another until somebody takes the shift. Who refuses is not rung at another telephone.
func (b *Board) find(e entry, others []oncall.Attempt) (found answer) {
	refused := map[oncall.EngineerID]bool{}
	for _, a := range others {
		if refused[a.Engineer] || b.ctx.Err() != nil {
			continue
		}
		var came error
		asked := false
		result := b.cfg.Ask(b.ctx, a, ring.Question{
			Ask: b.question(e),
			Yes: func(ctx context.Context) (said prompts.Phrase) {
				asked = true
				said, came = b.take(ctx, e, a)
				return said
			},
		})
		b.cfg.Log.Info("asked to take a shift", "engineer", a.Engineer, "for", e.asks.ID, "hands over", e.handsOver, "from", e.shift.From, "until", e.shift.Until, "result", result)
		switch {
		case asked && came == nil:
			return answer{"cover-found", a.Engineer, a.Name}
		case errors.Is(came, duty.ErrShiftChanged):
			return answer{sentence: "console-shift-changed"}
		}
		refused[a.Engineer] = result == ring.ResultNo || result == ring.ResultYes
	}
	return answer{sentence: "cover-not-found"}
}

// question is what somebody is asked: who is handed a shift hears first what is open.
func (b *Board) question(e entry) prompts.Phrase {
	who, span := prompts.Engineer(string(e.asks.ID), e.asks.Name), Span(e.shift, time.Now())
	if e.handsOver {
		return prompts.Join(who, prompts.P("hand-over-asks"), span, b.open(b.ctx), prompts.P("cover-keys"))
	}
	return prompts.Join(who, prompts.P("cover-asks"), span, prompts.P("cover-keys"))
}

// take writes that somebody has the shift, and gives what is said to that.
func (b *Board) take(ctx context.Context, e entry, a oncall.Attempt) (said prompts.Phrase, err error) {
	way := duty.StandsIn
	if e.handsOver {
		way = duty.TakesOver
	}
	err = b.cfg.Shifts.Take(context.WithoutCancel(ctx), e.shift, a.Engineer, way, time.Now())
	switch {
	case err == nil:
		said = prompts.Join(prompts.P("console-on-call-you"), Span(e.shift, time.Now()))
		if e.handsOver {
			return prompts.Join(said, b.give(ctx, e, a)), nil
		}
		return prompts.Join(said, b.open(ctx)), nil
	case errors.Is(err, duty.ErrShiftChanged):
		return prompts.P("console-shift-changed"), err
	case errors.Is(err, duty.ErrAbsent):
		return prompts.P("console-shift-absent"), err
	}
	b.cfg.Log.Error("a shift that somebody takes is not written", "engineer", a.Engineer, "for", e.asks.ID, "error", err)
	return prompts.P("console-trouble"), err
}

// give gives the tickets of who hands over to who has taken the shift, and says so.
func (b *Board) give(ctx context.Context, e entry, a oncall.Attempt) prompts.Phrase {
	given, err := b.cfg.Give(context.WithoutCancel(ctx), e.asks, oncall.Engineer{ID: a.Engineer, Name: a.Name})
	if err != nil {
		b.cfg.Log.Error("tickets of who hands a shift over stay with that engineer", "from", e.asks.ID, "to", a.Engineer, "error", err)
	}
	if given == 0 {
		return nil
	}
	return prompts.P("hand-over-yours")
}

// How who has asked is rung back with the answer.
const (
	mostTries  = 5           // at most, each on every telephone
	tellsAgain = time.Minute // who asked may be in the console still
)

// tell rings who has asked, until the key that confirms it, or until it was heard in the console.
func (b *Board) tell(asks oncall.Engineer, said *answer) {
	confirm := ring.Question{Ask: prompts.Join(said.phrase(), prompts.P("cover-heard")), Yes: func(context.Context) prompts.Phrase { return nil }}
	for range mostTries {
		for _, phone := range asks.Phones {
			if !b.unheard(asks.ID, said) {
				return
			}
			a := oncall.Attempt{Engineer: asks.ID, Name: asks.Name, Phone: phone, Language: asks.Language}
			if result := b.cfg.Ask(b.ctx, a, confirm); result == ring.ResultYes {
				b.Answer(asks.ID)
				return
			}
		}
		b.pauses(tellsAgain)
	}
}

// unheard tells whether an answer waits to be heard: it does not where the engineer has asked anew meanwhile.
func (b *Board) unheard(id oncall.EngineerID, said *answer) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.entries[id].answer == said && b.ctx.Err() == nil
}

// open reads the open blocking tickets to the one who comes.
func (b *Board) open(ctx context.Context) prompts.Phrase {
	ctx, cancel := context.WithTimeout(ctx, opens)
	defer cancel()
	list, err := b.cfg.Blocking(ctx)
	if err != nil {
		b.cfg.Log.Error("the open blocking tickets are not read to who takes a shift", "error", err)
		return nil
	}
	return ring.OpenBlocking(list, MostRead)
}

// opens is how long the store may take to list the open tickets, so that no telephone rings later because of it.
const opens = 2 * time.Second

// MostRead is how many of the open blocking tickets are read to who comes on call; their number is said.
const MostRead = 10

// Span is from when until when a shift is; one that runs is so from now on.
func Span(s duty.Shift, now time.Time) prompts.Phrase {
	now = now.In(s.Zone)
	from := s.From.In(s.Zone)
	if from.Before(now) {
		from = now
	}
	return prompts.Join(prompts.When(from, now), prompts.P("console-until"), prompts.When(s.Until.In(s.Zone), now))
}
