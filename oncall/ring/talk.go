package ring

import (
	"context"
	"time"

	"hotline/oncall"
	"hotline/prompts"
	"hotline/tickets"
)

// accept joins the two. Only a pressed key leads here. With a caller on the line the accept stands only once they have
// talked; without one, pressing the key is taking the ticket in charge.
func (j *job) accept(ctx context.Context, t Telephone, a oncall.Attempt) (verdict, string) {
	j.tell(ctx, Event{Kind: tickets.Accepted, Engineer: a.Engineer, Text: a.Name + " pressed accept", Awaits: j.request.Caller != nil})
	if j.request.Found != nil {
		j.request.Found()
	}
	if j.callsBack() {
		j.callBack(t.Context(), t, a)
		return talked, resultAccepted
	}
	if j.request.Caller == nil {
		j.offer(t, a, prompts.P(SayYours), prompts.P(SayYoursOnly))
		return talked, resultAccepted
	}
	j.stopHold()
	if j.former != nil {
		j.former.release(a.Name)
		j.former = nil
	}
	j.fetch(ctx)
	talk := talk{job: j, phone: t, with: a, parting: parting{unengage: j.free}}
	if context.Cause(ctx) == nil {
		j.announceJoin(ctx, t, prompts.Language(a.Language))
	}
	if context.Cause(ctx) == nil && t.Context().Err() == nil {
		talk.run(ctx)
	}
	return talk.ended(ctx)
}

// fetch brings the caller to the search, out of the middle of a sentence where need be.
func (j *job) fetch(ctx context.Context) {
	if j.request.Busy.waits() {
		return
	}
	j.words.joined = prompts.Join(prompts.P(prompts.Tone), j.words.joined)
	j.request.Busy.Fetch(ctx)
}

// talk is what comes of an accept.
type talk struct {
	*job
	phone  Telephone
	with   oncall.Attempt
	spoken time.Duration // from the join to its end
	proven bool          // both were heard for some seconds
	broken bool          // the join ended otherwise than by a BYE
	parting
}

// run lets the two hear each other; in between the engineer may have the menu.
func (k *talk) run(ctx context.Context) {
	joined := time.Now()
	err := k.join(ctx)
	for parted(ctx, err) && !k.aside(ctx) {
		err = k.join(ctx)
	}
	k.spoken, k.broken = time.Since(joined).Round(time.Second), err != nil
}

// ended tells what is to happen after the join, by who ended it and how.
//
//	caller hung up,   talked    the talk is over
//	caller hung up,   not yet   the engineer is told and has the ticket; without him the accept is undone
//	engineer's BYE,   talked    the talk is over
//	engineer's BYE,   at once   the accept is undone, and he is asked back, once
//	engineer's BYE,   later     the talk is over, but nobody heard anybody: the accept is undone and the call-out goes on
//	leg lost, silent            back to the chain; the accept is undone unless they had talked
//	handed over                 what came of the colleague's talk
func (k *talk) ended(ctx context.Context) (verdict, string) {
	who, after := k.with.Engineer, " after "+k.spoken.String()
	switch {
	case k.released:
		return k.next, resultHanded
	case context.Cause(ctx) != nil && k.proven:
		k.note(ctx, tickets.TalkEnded, who, "the caller hung up"+after)
		return talked, resultAccepted
	case context.Cause(ctx) != nil:
		return k.leftAlone(ctx)
	case k.broken || !k.phone.HungUp():
		k.note(ctx, tickets.LegLost, who, k.with.Name+"'s line was lost"+after)
		k.undo(ctx, "the line was lost before they had talked")
		return lost, resultLost
	}
	k.note(ctx, tickets.TalkEnded, who, k.with.Name+" hung up"+after)
	k.undo(ctx, k.with.Name+" hung up before they had talked")
	switch {
	case k.proven || !k.ticket:
		return talked, resultAccepted
	case k.spoken < k.search.Times.Talk && !k.askedBack:
		return cutShort, resultShort
	}
	k.note(ctx, tickets.Unreached, who, "nobody has talked to the caller")
	return talked, resultUnheard
}

// undo gives back what stood before the accept, unless the two have talked.
func (k *talk) undo(ctx context.Context, why string) {
	if !k.proven {
		k.note(ctx, tickets.AcceptUndone, k.with.Engineer, why)
	}
}

// leftAlone is an engineer who has accepted and whose caller hung up before they had talked: he is told and has the
// ticket. Where he is gone too, or was not there to hear it because his line had fallen silent, nobody has it.
func (k *talk) leftAlone(ctx context.Context) (verdict, string) {
	result, alive := resultGone, k.phone.Context().Err() == nil
	if alive {
		result = k.callerGone(k.phone, k.with, nil, goneWord(ctx))
	}
	there := k.phone.Context().Err() == nil && k.phone.SilentFor() <= k.search.Times.Silence
	if alive && (there || k.phone.HungUp()) {
		k.note(ctx, tickets.Accepted, k.with.Engineer, k.with.Name+" has the ticket")
		return unanswered, result
	}
	k.undo(ctx, "the caller hung up before they had talked, and "+k.with.Name+" is gone too")
	k.note(ctx, tickets.CallerGone, k.with.Engineer, "the caller hung up")
	return unanswered, result
}

// askBack rings an engineer's telephone once more who has hung up before he could talk: by mistake, most likely. Where he
// does not come back the talk is over, for it was he who ended it, and the call-out goes on without the caller.
func (j *job) askBack(ctx context.Context, a oncall.Attempt) verdict {
	j.askedBack = true
	j.startHold(ctx, j.words.searching)
	v, _ := j.attempt(ctx, a)
	if v == unanswered || v == passedOn {
		if context.Cause(ctx) == nil {
			j.note(ctx, tickets.Unreached, a.Engineer, a.Name+" hung up at once and did not come back")
		}
		j.stopHold()
		return talked
	}
	return v
}

// announceJoin tells both at once; it waits for the longer sentence.
func (j *job) announceJoin(ctx context.Context, t Telephone, lang prompts.Language) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = t.Say(ctx, lang, prompts.P(SayJoining), false)
	}()
	_ = j.request.Caller.Say(ctx, j.request.Language, j.words.joined, false)
	<-done
}
