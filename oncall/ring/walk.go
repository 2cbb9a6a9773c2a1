package ring

import (
	"context"
	"errors"
	"slices"
	"time"

	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/prompts"
)

const mostLosses = 3 // of legs after the join, each of which lets the plan begin anew

// turn is what rings next: one telephone, or several together.
type turn struct {
	attempts    []oncall.Attempt
	ring        time.Duration // how long each of them rings
	skipTalking bool          // who talks to another caller of ours is left out
}

// turns are a plan's groups in the order in which they ring.
func turns(groups []escalation.Group) (list []turn) {
	for _, g := range groups {
		if g.AtOnce {
			list = append(list, turn{g.Attempts, g.Ring, g.SkipTalking})
			continue
		}
		for i := range g.Attempts {
			list = append(list, turn{g.Attempts[i : i+1], g.Ring, g.SkipTalking})
		}
	}
	return list
}

// walk rings a plan: its groups, round after round, then the overflow telephones. One goroutine owns it.
type walk struct {
	*job
	plan            escalation.Plan
	chain, overflow []turn
	rounds          int
	never           string // owner of telephones who is not rung; empty: nobody

	next    int // of the chain's turns, counted over all rounds
	left    int // turns of the chain before the overflow telephones
	over    int // of these, that were rung
	losses  int
	waits   int // rounds in which nobody could be rung
	now     *round
	outcome Outcome

	says   prompts.Phrase // to the caller, once the walk goes on; nothing where the hold goes on
	claims *claims        // by owner of telephones
}

// newWalk walks a plan from its beginning.
func (j *job) newWalk(p escalation.Plan) *walk {
	last := p.OverflowAttempts(string(j.request.Language))
	j.chain = append(p.Attempts(), last...)
	w := &walk{
		job: j, plan: p, chain: turns(p.Steps), overflow: turns([]escalation.Group{{Ring: p.OverflowRing, SkipTalking: true, Attempts: last}}),
		rounds: max(p.Rounds, 1), now: newRound(time.Now()), outcome: Impossible,
		claims: j.search.engaged.claims(),
	}
	w.left = w.rounds * len(w.chain)
	j.walk = w
	return w
}

// rest is where a walk for one more engineer begins: with the next turn, or with this one again where several rang together.
func (w *walk) rest() (next, left, over int) {
	if w.over == 0 && w.next > 0 && len(w.chain[(w.next-1)%len(w.chain)].attempts) > 1 {
		return w.next - 1, w.left + 1, 0
	}
	return w.next, w.left, w.over
}

// begin begins a round.
func (w *walk) begin() {
	w.now = newRound(time.Now())
	if w.never != "" {
		w.now.passed[w.never] = true
	}
}

// run rings until somebody has talked to the caller, ringing has become pointless, the caller is gone, or all was in vain. When a
// leg is lost after the join, the walk goes on with the next telephone for as long as a new walk lasts, so the caller always gets
// the whole plan.
func (w *walk) run(ctx context.Context) Outcome {
	defer w.claims.release()
	for context.Cause(ctx) == nil {
		if w.request.Until.Err() != nil {
			return CalledOff
		}
		t, more := w.turn()
		if !more {
			break
		}
		switch w.ring(ctx, t) {
		case talked: // also when it was the caller who ended the talk: ctx's cause tells
			return Talked
		case calledOff:
			return CalledOff
		case lost:
			w.says = prompts.P(SayEngineerLost)
			if w.losses++; w.losses <= mostLosses && !w.once {
				w.left, w.over = w.rounds*len(w.chain), 0
			}
		}
		if w.over == 0 && len(w.chain) > 0 && w.next%len(w.chain) == 0 {
			w.endRound(ctx)
		}
	}
	return w.outcome
}

// turn is what rings next; false when nothing does any more.
func (w *walk) turn() (t turn, more bool) {
	switch {
	case w.left > 0:
		at := w.next % len(w.chain)
		if at == 0 {
			w.begin()
		}
		w.next, w.left = w.next+1, w.left-1
		return w.chain[at], true
	case w.over < len(w.overflow):
		w.over++
		return w.overflow[w.over-1], true
	}
	return turn{}, false
}

// ring rings one turn.
func (w *walk) ring(ctx context.Context, t turn) verdict {
	all := []ended{{of: t.attempts[0]}}
	if len(t.attempts) > 1 {
		all = w.together(ctx, t)
	} else {
		all[0].v, all[0].err = w.alone(ctx, t)
	}
	counts := ended{v: unanswered}
	for _, e := range all {
		w.now.learns(w.owner(e.of), e)
		if !errors.Is(e.err, ErrImpossible) && e.v != skipped {
			w.outcome = Nobody
		}
		if e.v.decides() {
			counts = e
		}
	}
	if counts.v == cutShort {
		return w.askBack(ctx, counts.of, t)
	}
	return counts.v
}

// alone rings one telephone, unless its owner is known not to answer it.
func (w *walk) alone(ctx context.Context, t turn) (verdict, error) {
	owner := w.owner(t.attempts[0])
	if w.now.passed[owner] || w.now.engaged[owner] {
		return skipped, nil
	}
	return w.attempt(ctx, t.attempts[0], t)
}

// endRound waits before the next round, where there is one and somebody of this one was busy.
func (w *walk) endRound(ctx context.Context) {
	w.claims.release()
	if w.now.inVain() && w.waits < w.rounds {
		w.waits++
		w.left += len(w.chain) // a round in which nobody could be rung is none
	}
	if w.left > 0 {
		w.pause(ctx, w.now)
	}
}

// pause waits until one of those who talk to our callers is free, or the round has lasted as long as one telephone rings.
func (w *walk) pause(ctx context.Context, r *round) {
	most := w.search.Times.Ring - time.Since(r.began)
	if !r.busy && len(r.engaged) == 0 || most <= 0 {
		return
	}
	w.goesOn(ctx)
	until, stop := w.untilCalledOff(ctx)
	defer stop()
	if len(r.engaged) == 0 {
		wait(until, most)
		return
	}
	w.claims.wait(until, r.engaged, w.hopes(), most)
}

// hopes are whom the next round rings, turn by turn.
func (w *walk) hopes() (list []hope) {
	for _, t := range w.chain {
		h := hope{talking: !t.skipTalking}
		for _, a := range t.attempts {
			if owner := w.owner(a); owner != w.never && !slices.Contains(h.names, owner) {
				h.names = append(h.names, owner)
			}
		}
		list = append(list, h)
	}
	return list
}

// goesOn has the caller hear that the search goes on, once it does: somebody is rung, or waited for.
func (w *walk) goesOn(ctx context.Context) {
	if w.says != nil {
		w.startHold(ctx, w.says)
		w.says = nil
	}
}

// round is one walk of the chain. Its maps are by the owner of a telephone.
type round struct {
	began   time.Time
	passed  map[string]bool // who passes does so on all telephones
	engaged map[string]bool // who talks to another caller does so too
	rang    bool
	busy    bool // somebody's telephone said so
}

func newRound(now time.Time) *round {
	return &round{began: now, passed: map[string]bool{}, engaged: map[string]bool{}}
}

// learns notes how an attempt ended.
func (r *round) learns(owner string, e ended) {
	var refused *Refusal
	r.busy = r.busy || errors.As(e.err, &refused) && refused.Word() == "busy"
	switch {
	case e.v == skipped:
		return
	case errors.Is(e.err, errEngaged):
		r.engaged[owner] = true
		return
	case e.v == passedOn:
		r.passed[owner] = true
	}
	r.rang = true
}

// inVain tells whether nobody was rung because all were engaged.
func (r *round) inVain() bool { return !r.rang && len(r.engaged) > 0 }
