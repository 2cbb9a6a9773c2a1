package ring

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"hotline/oncall/ring/recorded"
	"hotline/prompts"
	"hotline/tickets"
)

// join lets the two hear each other, and a second engineer who is there, until one of them ends it, or the engineer asks for the menu.
func (k *talk) join(ctx context.Context) error {
	s := k.seeks
	return k.phone.Join(ctx, k.leg, Joining{
		Silence: k.search.Times.Silence, Talk: k.search.Times.Talk, Menu: k.ticket && k.search.Menu != nil, Recording: k.recording(), Refuses: k.refused,
		Talked: func() {
			if !k.proven { // they are joined again behind the menu
				k.proven = true
				if s != nil {
					s.proves()
				}
				k.note(ctx, tickets.Joined, k.Engineer, k.Name+" and the caller talk")
			}
		},
	})
}

// recording is how the talk is recorded, where the caller has been told: who accepts has heard of it in the brief.
func (k *talk) recording() *recorded.Session {
	if t := k.request.Recording; t != nil && t.Told() {
		return t
	}
	return nil
}

// refused ends the recording by a key: the engineer's own, or the caller's, who hears of it here.
func (k *talk) refused(own bool) {
	engineer, name := "", recorded.Caller
	switch {
	case own && k.once:
		name = recorded.Operator
	case own:
		engineer, name = string(k.Engineer), k.Name
	}
	floor, lang := k.floor, k.request.Language
	k.beside.Refuse(engineer, name, func(ctx context.Context) { floor.hears(ctx, saysEnded(floor.caller, lang)) })
}

// aside is the menu of a talk: the engineer has it alone, and the caller hears music, or goes on with the other engineer. over tells
// that the talk is not this engineer's any more.
func (k *talk) aside(ctx context.Context) (over bool) {
	k.steps(true)
	k.speech.Lock()
	wish := k.search.Menu.DuringTalk(k.phone, k.Attempt, k.request.Ticket.Number, k.mayAsk())
	k.speech.Unlock()
	switch there := context.Cause(ctx) == nil && k.phone.Context().Err() == nil; {
	case there && wish == HandOver && k.leavesToOther(ctx):
		over = true
	case there && wish == HandOver:
		k.steps(false)
		over = k.handOver(ctx)
	case there && wish == AddThird && k.mayAsk():
		k.note(ctx, tickets.Commented, k.Engineer, k.Name+" asks a colleague to join, by telephone")
		k.seek(ctx, true)
		_ = k.phone.Say(k.phone.Context(), prompts.Language(k.Language), prompts.P(SayAskingThird), false)
	}
	k.unheard = context.Cause(ctx) != nil
	if !over {
		k.steps(false)
	}
	return over
}

// handOver rings the others of the chain, once, while the caller hears music and the engineer waits. Nobody is released before
// somebody else has pressed accept: it is false where nobody does, and the two are joined again.
func (k *talk) handOver(ctx context.Context) bool {
	k.note(ctx, tickets.Commented, k.Engineer, k.Name+" asks a colleague to take over, by telephone")
	k.startMusic(ctx)
	k.stay(ctx)
	k.former, k.besides = k, k.search.besides(ctx, k.request.Ticket.Number)
	defer func() { k.former, k.besides = nil, nil }()
	now := newRound(time.Now())
	for _, a := range k.chain {
		owner := k.owner(a)
		if owner == k.owner(k.Attempt) || now.passed[owner] || now.engaged[owner] || context.Cause(ctx) != nil {
			continue
		}
		v, err := k.job.attempt(ctx, a, turn{ring: k.rings, skipTalking: true})
		now.learns(owner, ended{a, v, err})
		if k.released {
			if k.next = v; v == cutShort { // the colleague hung up before they talked: the search goes on
				k.next = lost
				k.walk.claims.release()
			}
			k.comes() // the caller may hear nothing now: no goodbye is waited for
			return true
		}
		if v == calledOff {
			break
		}
	}
	k.comes()
	if context.Cause(ctx) == nil {
		_ = k.phone.Say(k.phone.Context(), prompts.Language(k.Language), prompts.P(SayNotHandedOver), false)
	}
	k.stopHold() // only now: the caller has music as long as the engineer hears that
	return false
}

// parting is what a talk needs to be handed over.
type parting struct {
	hush     context.CancelFunc // ends the words for the engineer who waits
	company  sync.WaitGroup     // of those words
	released bool
	left     bool    // by key, to a colleague who is with the caller
	unheard  bool    // the caller hung up while the engineer did not hear the line
	next     verdict // of the talk that followed
}

// stay tells the engineer who waits, again and again, that a colleague is rung.
func (k *talk) stay(ctx context.Context) {
	ctx, k.hush = context.WithCancel(ctx)
	k.company.Go(func() {
		for ctx.Err() == nil {
			if k.phone.Say(ctx, prompts.Language(k.Language), prompts.P(SayHandingOver), false) != nil {
				return
			}
			wait(ctx, k.search.Times.Still/2)
		}
	})
}

// comes has the engineer waited for to the end of the words.
func (k *talk) comes() {
	k.hush()
	k.company.Wait()
}

// release lets the engineer go whose customer a colleague has accepted: it is said while the others are joined.
func (k *talk) release(to string) {
	k.comes()
	k.released = true
	bye, cut := context.WithCancel(k.phone.Context())
	k.hush = cut
	k.company.Go(func() {
		_ = k.phone.Say(bye, prompts.Language(k.Language), prompts.P(SayHandedOver, SayGoodbye), false)
		k.phone.Hangup()
		k.as.free()
		k.finish(k.phone.Context(), k.rung, k.phone, resultHanded)
	})
	k.note(k.phone.Context(), tickets.TalkEnded, k.Engineer, k.Name+" handed over to "+to)
}

// startMusic has the caller hear music until the hold is stopped, and from time to time that a colleague is rung.
func (j *job) startMusic(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	h := &hold{cancel: cancel, done: make(chan struct{})}
	j.hold = h
	go func() {
		defer close(h.done)
		for j.plays(ctx, j.search.Times.Still) {
			_ = j.request.Caller.Say(ctx, j.request.Language, prompts.P(SayHandingOver), false) // a sentence that is missing leaves the music
		}
	}()
}

// plays has the caller hear music for a while; false when ctx ended before.
func (j *job) plays(ctx context.Context, d time.Duration) bool {
	defer j.request.Caller.Music(ctx)()
	wait(ctx, d)
	return ctx.Err() == nil
}

// parted tells whether a join has ended for the menu, with both still there.
func parted(ctx context.Context, err error) bool {
	return errors.Is(err, ErrMenu) && context.Cause(ctx) == nil
}

// OpenBlocking is what somebody hears of the open blocking tickets who comes on call: their number, and what each of the first ones is
// about; most is how many.
func OpenBlocking(list []tickets.Ticket, most int) prompts.Phrase {
	if len(list) == 0 {
		return prompts.P(SayNoBlocking)
	}
	p := prompts.Join(prompts.P(SayBlocking), prompts.Number(len(list)))
	for _, t := range list[:min(len(list), most)] {
		p = prompts.Join(p, prompts.Pause(500*time.Millisecond), Subject(t))
	}
	return p
}

// mostBesides is how many of the other open blocking tickets are told to who takes a customer over: that one waits.
const mostBesides = 3

// besides are the other open blocking tickets. An engineer who takes over a ticket hears them after the keys. It is empty where
// there are none, or where the store does not answer at once.
func (s *Search) besides(ctx context.Context, but tickets.Number) prompts.Phrase {
	if s.Blocking == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, atOnce)
	defer cancel()
	list, err := s.Blocking(ctx)
	list = slices.DeleteFunc(slices.Clone(list), func(t tickets.Ticket) bool { return t.Number == but })
	if err != nil {
		s.Log.Error("the open blocking tickets are not read to who takes a customer over", "ticket", but, "error", err)
		return nil
	}
	if len(list) == 0 {
		return nil
	}
	return OpenBlocking(list, mostBesides)
}
