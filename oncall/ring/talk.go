package ring

import (
	"context"
	"time"

	"hotline/oncall"
	"hotline/oncall/ring/recorded"
	"hotline/prompts"
	"hotline/tickets"
)

// accept joins the two. Only a pressed key leads here. With a caller on the line, the accept stands only once the two have
// talked. Without a caller, the key means that the engineer takes the ticket in charge.
func (a *attempt) accept(ctx context.Context, t Telephone) (verdict, string) {
	a.tell(ctx, Event{Kind: tickets.Accepted, Engineer: a.Engineer, Text: a.Name + " pressed accept", Awaits: a.request.Caller != nil})
	if a.request.Found != nil {
		a.request.Found()
	}
	if a.callsBack() {
		a.callBack(t.Context(), t)
		return talked, resultAccepted
	}
	if a.request.Caller == nil {
		a.offer(t, prompts.P(SayYours), prompts.P(SayYoursOnly))
		return talked, resultAccepted
	}
	a.stopHold()
	if a.former != nil {
		a.former.release(a.Name)
		a.former = nil
	}
	a.fetch(ctx)
	talk := talk{attempt: a, phone: t, speech: newSpeechLock(), floor: &floor{caller: a.request.Caller, ctx: ctx, mu: newSpeechLock(), with: 1}}
	if context.Cause(ctx) == nil {
		a.signalJoin(ctx, a.request.Caller, t)
	}
	if context.Cause(ctx) == nil && t.Context().Err() == nil {
		talk.run(ctx)
	}
	return talk.conclude(ctx)
}

// fetch brings the caller to the search, out of the middle of a sentence where need be.
func (j *job) fetch(ctx context.Context) {
	if j.request.Busy.waits() {
		return
	}
	j.request.Busy.Fetch(ctx)
}

// talk is what comes of an accept.
type talk struct {
	*attempt
	phone  Telephone
	spoken time.Duration // from the join to its end
	proven bool          // both were heard for some seconds
	broken bool          // the join ended otherwise than by a BYE
	floor  *floor
	away   bool    // from the floor, in the menu
	other  *second // who is looked for beside, or talks too; nil: nobody
	beside *recorded.Beside
	speech speechLock // of the telephone: the menu, or a sentence in the middle of the talk
	parting
}

// run lets the two hear each other; in between the engineer may have the menu.
func (k *talk) run(ctx context.Context) {
	joined := time.Now()
	k.as.talk()
	k.beside = k.recording().Beside(ctx)
	defer k.beside.Over()
	if k.told {
		k.beside.Hears(k.hearsEnded)
	}
	if k.refuses {
		k.refused(true)
	}
	if k.seeks == nil && k.walk.plan.Need > 1 {
		k.seek(ctx, false)
	}
	err := k.join(ctx)
	for parted(ctx, err) && !k.aside(ctx) {
		err = k.join(ctx)
	}
	k.spoken, k.broken = time.Since(joined).Round(time.Second), err != nil
}

// hearsEnded tells the engineer that the talk is not recorded any more, not in the middle of the menu.
func (k *talk) hearsEnded(ctx context.Context) {
	k.speech.Lock()
	defer k.speech.Unlock()
	saysEnded(k.phone, prompts.Language(k.Language))(ctx)
}

// ended tells what is to happen after the join, by who ended it and how.
//
//	caller hung up,   talked    the talk is over; an engineer who had the menu is told
//	caller hung up,   not yet   the engineer is told and has the ticket; without him the accept is undone
//	engineer's BYE,   talked    the talk is over
//	engineer's BYE,   at once   the accept is undone, and he is asked back, once
//	engineer's BYE,   later     the talk is over, but nobody heard anybody: the accept is undone and the call-out goes on
//	leg lost, silent            back to the chain; the accept is undone unless they had talked
//	handed over                 what came of the colleague's talk
func (k *talk) ended(ctx context.Context) (verdict, string) {
	who, after := k.Engineer, " after "+k.spoken.String()
	switch {
	case k.released:
		return k.next, resultHanded
	case context.Cause(ctx) != nil && k.proven:
		k.note(ctx, tickets.TalkEnded, who, goneWord(ctx)+after)
		if k.unheard && k.phone.Context().Err() == nil {
			call, bare := sayGone(ctx)
			k.offer(k.phone, call, bare)
		}
		return talked, resultAccepted
	case context.Cause(ctx) != nil:
		return k.leftAlone(ctx)
	case k.broken || !k.phone.HungUp():
		k.note(ctx, tickets.LegLost, who, k.Name+"'s line was lost"+after)
		k.undo(ctx, "the line was lost before they had talked")
		return lost, resultLost
	}
	k.note(ctx, tickets.TalkEnded, who, k.Name+" hung up"+after)
	k.undo(ctx, k.Name+" hung up before they had talked")
	switch {
	case k.proven || !k.ticket:
		return talked, resultAccepted
	case k.spoken < k.search.Times.Talk && !k.askedBack:
		k.walk.claims.keep(k.owner(k.Attempt), k.as)
		return cutShort, resultShort
	}
	k.note(ctx, tickets.Unreached, who, "nobody has talked to the caller")
	return talked, resultUnheard
}

// undo gives back what stood before the accept, unless the two have talked.
func (k *talk) undo(ctx context.Context, why string) {
	if !k.proven {
		k.note(ctx, tickets.AcceptUndone, k.Engineer, why)
	}
}

// leftAlone is an engineer who has accepted and whose caller hung up before they had talked: he is told and has the
// ticket. Where he is gone too, or was not there to hear it because his line had fallen silent, nobody has it.
func (k *talk) leftAlone(ctx context.Context) (verdict, string) {
	result, alive := resultGone, k.phone.Context().Err() == nil
	if alive {
		result = k.callerGone(ctx, k.phone, nil)
	}
	there := k.phone.Context().Err() == nil && k.phone.SilentFor() <= k.search.Times.Silence
	if alive && (there || k.phone.HungUp()) {
		k.note(ctx, tickets.Accepted, k.Engineer, k.Name+" has the ticket")
		return unanswered, result
	}
	k.undo(ctx, goneWord(ctx)+" before they had talked, and "+k.Name+" is gone too")
	k.note(ctx, tickets.CallerGone, k.Engineer, goneWord(ctx))
	return unanswered, result
}

// askBack rings an engineer's telephone once more who has hung up before he could talk: by mistake, most likely. Where he
// does not come back the talk is over, for it was he who ended it, and the call-out goes on without the caller.
func (j *job) askBack(ctx context.Context, a oncall.Attempt, t turn) verdict {
	j.askedBack = true
	j.startHold(ctx, j.words.searching)
	v, _ := j.attempt(ctx, a, t)
	if v == unanswered || v == passedOn {
		if context.Cause(ctx) == nil {
			j.note(ctx, tickets.Unreached, a.Engineer, a.Name+" hung up at once and did not come back")
		}
		j.stopHold()
		return talked
	}
	return v
}

// signalJoin lets both hear at once that they are joined now. It is a signal of 80 ms and no sentence, because the engineer and
// the caller must hear each other within 300 ms of the key.
func (a *attempt) signalJoin(ctx context.Context, caller Caller, t Telephone) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = t.Say(ctx, prompts.Language(a.Language), prompts.P(prompts.Connected), false)
	}()
	_ = caller.Say(ctx, a.request.Language, prompts.P(prompts.Connected), false)
	<-done
}
