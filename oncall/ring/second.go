package ring

import (
	"context"
	"errors"
	"runtime/debug"
	"slices"
	"sync"

	"hotline/oncall"
	"hotline/prompts"
	"hotline/tickets"
)

// second is another engineer who is looked for while the first one is with the caller, and who joins the talk as its third. Whoever
// of the two stays has the caller. It has the one goroutine that rings; first waits for it.
type second struct {
	first   *talk
	asked   bool // by the first one's key; else the policy wants two
	stop    context.CancelCauseFunc
	done    chan struct{}   // closed when the search is over, and the talk of whoever was found
	talks   context.Context // ends when the first one is not with the caller any more
	leaves  context.CancelFunc
	verdict verdict // of a talk that the first one has left; it stands when done is closed

	mu     sync.Mutex
	stage  stage
	found  *talk
	talked bool // the second one and the caller
}

// stage is how far the search for a second engineer has come. It only rises.
type stage int

const (
	seeking stage = iota
	joined        // both engineers are with the caller
	leading       // the first one has left: the talk is the second one's
	settled       // nobody was found, or the second one has left
)

// errAlone is why nobody is rung for a second engineer any more.
var errAlone = errors.New("the talk that somebody was to join is over")

// goneResult is the result of a leg whose caller is gone, or whose talk has ended without the caller's doing.
func goneResult(ctx context.Context) string {
	if errors.Is(context.Cause(ctx), errAlone) {
		return resultOff
	}
	return resultGone
}

// mayAsk tells whether this engineer may have a colleague join now.
func (k *talk) mayAsk() bool {
	k.inherit()
	return k.seeks == nil && (k.other == nil || k.other.is(settled))
}

// seek begins to look for a second engineer: once through the chain where the first one asks, else by the rest of the plan.
func (k *talk) seek(ctx context.Context, asked bool) {
	s := &second{first: k, asked: asked, done: make(chan struct{})}
	ctx, s.stop = context.WithCancelCause(ctx)
	s.talks, s.leaves = context.WithCancel(context.Background())
	j := &job{search: k.search, request: k.request, ticket: true, keys: prompts.P(SayBriefKeys), installed: k.installed, leg: k.leg, seeks: s, leave: func(error) {}}
	r := &j.request
	r.Caller, r.CallsBack, r.Busy, r.Left, r.Turn, r.Found = nil, false, nil, nil, nil, nil
	j.subject = prompts.Join(prompts.P(SaySecondWanted), Subject(r.Ticket))
	if asked {
		j.subject = prompts.Join(prompts.Engineer(string(k.Engineer), k.Name), prompts.P(SayHelpAsked), Subject(r.Ticket))
	}
	w := j.newWalk(k.walk.plan)
	w.never = k.owner(k.Attempt)
	w.begin()
	j.chain = slices.DeleteFunc(slices.Clone(j.chain), func(a oncall.Attempt) bool { return j.owner(a) == w.never })
	if w.rounds, w.left = 1, len(w.chain); !asked {
		w.rounds = k.walk.rounds
		w.next, w.left, w.over = k.walk.rest()
	}
	k.other = s
	go func() {
		defer close(s.done)
		defer s.stop(nil)
		defer s.leaves()
		defer func() {
			if fault := recover(); fault != nil { // the first one talks on
				j.search.Log.Error("panic in the search for a second engineer", "ticket", r.Ticket.Number, "panic", fault, "stack", string(debug.Stack()))
			}
		}()
		if !asked {
			j.note(ctx, tickets.Commented, "", "the policy wants two engineers: another one is called while "+k.Name+" talks to the caller")
		}
		w.run(ctx)
		s.settle(ctx)
	}()
}

// settle ends a search that has found nobody.
func (s *second) settle(ctx context.Context) {
	s.mu.Lock()
	vain := s.stage == seeking
	if vain {
		s.stage = settled
	}
	s.mu.Unlock()
	k := s.first
	if !vain || context.Cause(ctx) != nil {
		return
	}
	k.note(ctx, tickets.Commented, "", "no second engineer has accepted; "+k.Name+" is with the caller")
	if s.asked {
		k.speech.Lock() // not in the middle of the menu
		defer k.speech.Unlock()
		_ = k.phone.Say(ctx, prompts.Language(k.Language), prompts.P(SayNoThird), false)
	}
}

func (s *second) is(is stage) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stage == is
}

// proves notes that the second one and the caller have talked.
func (s *second) proves() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.talked = true
}

// claim lets a talk be the one that joins; false where the first one's has just ended.
func (s *second) claim(k *talk) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stage != seeking {
		return false
	}
	s.stage, s.found = joined, k
	return true
}

// hand gives the caller to the second one where both are there; else nobody joins any more. to is nil then.
func (s *second) hand(ctx context.Context) (to *talk, talked bool) {
	defer s.leaves()
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.stage == seeking:
		s.stage = settled
		s.stop(errAlone)
	case s.stage == joined && context.Cause(ctx) == nil:
		s.stage = leading
	}
	if s.stage == leading {
		return s.found, s.talked
	}
	return nil, false
}

// part ends the second one's part while the first one is there; false where the talk is the second one's.
func (s *second) part() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stage == leading {
		return false
	}
	s.stage = settled
	return true
}

// farewell ends a telephone that has picked up for a talk that is over. Nobody who waits for a caller listens to a sentence.
func (s *second) farewell(ctx context.Context, t Telephone, lang prompts.Language) (result string) {
	if result = goneResult(ctx); result == resultGone {
		_ = t.Say(t.Context(), lang, prompts.P(SayCalledOff, SayGoodbye), false)
	}
	return result
}

// join is the accept of a second engineer, who is with the first one and the caller from now on. The ticket stays the first one's
// until that one leaves.
func (s *second) join(ctx context.Context, a *attempt, t Telephone) (verdict, string) {
	k := &talk{attempt: a, phone: t, floor: s.first.floor, speech: newSpeechLock()}
	if !s.claim(k) {
		return talked, s.farewell(ctx, t, prompts.Language(a.Language))
	}
	a.note(ctx, tickets.Commented, a.Engineer, a.Name+" pressed accept, and joins "+s.first.Name+" and the caller")
	k.floor.joins(func(caller Caller) { a.signalJoin(ctx, caller, t) })
	k.run(ctx)
	if k.inherit(); k.seeks != nil && s.part() {
		k.leavesFloor()
		result, how := resultAccepted, "hung up"
		switch {
		case context.Cause(ctx) != nil:
			return talked, result
		case k.left:
			result, how = resultHanded, "left by key"
			k.farewell(s.talks.Done())
			k.finish(ctx, k.rung, t, result)
		case k.broken || !t.HungUp():
			result, how = resultLost, "was lost"
		}
		k.note(ctx, tickets.Commented, a.Engineer, a.Name+" "+how+" after "+k.spoken.String()+"; "+s.first.Name+" stays with the caller")
		return talked, result
	}
	k.inherit()
	v, result := k.conclude(ctx)
	s.verdict = v
	return talked, result
}

// inherit is called when the first engineer leaves the caller with the second. It gives the second one's talk what the first
// one's search has: the caller, and the words. Others who were rung with the second one keep theirs.
func (k *talk) inherit() {
	s := k.seeks
	if s == nil || !s.is(leading) {
		return
	}
	was := s.first.job
	k.job = &job{search: k.search, request: was.request, ticket: true, subject: Subject(was.request.Ticket), keys: was.keys, installed: was.installed, words: was.words, chain: k.chain, leg: was.leg, line: was.line, leave: was.leave, walk: k.walk}
}

// leavesToOther lets an engineer go by key whose colleague is with the caller; false where there is none. A colleague who is still
// looked for is not any more.
func (k *talk) leavesToOther(ctx context.Context) bool {
	if s := k.seeks; s != nil {
		if k.left = s.part(); !k.left {
			k.inherit()
			return false
		}
	} else if s := k.other; s != nil {
		to, _ := s.hand(ctx)
		if k.left = to != nil; !k.left {
			<-s.done
		}
	}
	return k.left
}

// farewell is said to an engineer who has left by key. It stops when the other one leaves, too: the caller is alone then and must
// not wait for it.
func (k *talk) farewell(alone <-chan struct{}) {
	ctx, cut := context.WithCancel(k.phone.Context())
	defer cut()
	said := make(chan struct{})
	go func() {
		defer close(said)
		_ = k.phone.Say(ctx, prompts.Language(k.Language), prompts.P(SayHandedOver, SayGoodbye), false)
	}()
	select {
	case <-said:
	case <-alone:
		cut()
		<-said
	}
}

// conclude tells what is to happen after a talk: it is over, or the second engineer goes on with it.
func (k *talk) conclude(ctx context.Context) (verdict, string) {
	s := k.other
	if s == nil {
		return k.ended(ctx)
	}
	to, talked := s.hand(ctx)
	if to == nil {
		<-s.done
		return k.ended(ctx)
	}
	k.leavesFloor()
	after, kind, result := " after "+k.spoken.String()+"; "+to.Name+" stays with the caller", tickets.TalkEnded, resultAccepted
	switch {
	case k.left:
		result = resultHanded
		k.note(ctx, kind, k.Engineer, k.Name+" handed over to "+to.Name+after)
	case k.broken || !k.phone.HungUp():
		result = resultLost
		k.note(ctx, tickets.LegLost, k.Engineer, k.Name+"'s line was lost"+after)
	default:
		k.note(ctx, kind, k.Engineer, k.Name+" hung up"+after)
	}
	k.undo(ctx, k.Name+" left before they had talked")
	k.tell(ctx, Event{Kind: tickets.Accepted, Engineer: to.Engineer, Text: to.Name + " has the caller", Awaits: !talked})
	if k.left {
		k.farewell(s.done)
	}
	k.phone.Hangup()
	k.as.free()
	k.finish(ctx, k.rung, k.phone, result)
	<-s.done
	if to.toldGone.Load() {
		k.toldGone.Store(true)
	}
	if s.verdict == cutShort { // the other one hung up before they talked: the search goes on
		return lost, resultHanded
	}
	return s.verdict, resultHanded
}

// floor is who of the engineers hears the caller. While none of them does and one comes back, the caller hears music. Safe for
// concurrent use.
type floor struct {
	caller Caller
	ctx    context.Context // the caller's

	mu    speechLock
	with  int    // engineers who hear the caller
	away  int    // who have the menu, and come back
	quiet func() // ends the music; nil: none plays
}

// change counts who comes and goes.
func (f *floor) change(with, away int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.with, f.away = f.with+with, f.away+away
	switch alone := f.with == 0 && f.away > 0; {
	case alone && f.quiet == nil:
		f.quiet = f.caller.Music(f.ctx)
	case !alone && f.quiet != nil:
		f.quiet()
		f.quiet = nil
	}
}

// joins counts one more, and lets the caller hear it.
func (f *floor) joins(signal func(Caller)) {
	f.change(1, 0)
	f.mu.Lock()
	defer f.mu.Unlock()
	signal(f.caller)
}

// hears has the caller hear a sentence beside the talk.
func (f *floor) hears(ctx context.Context, say func(context.Context)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.quiet == nil {
		say(ctx)
		return
	}
	f.quiet()
	say(ctx)
	f.quiet = f.caller.Music(f.ctx)
}

// steps takes an engineer away from the caller, or back.
func (k *talk) steps(away bool) {
	switch {
	case away && !k.away:
		k.floor.change(-1, 1)
	case !away && k.away:
		k.floor.change(1, -1)
	}
	k.away = away
}

// leavesFloor is the end of an engineer's part.
func (k *talk) leavesFloor() {
	if k.away {
		k.floor.change(0, -1)
		return
	}
	k.floor.change(-1, 0)
}

// speechLock is a lock that is held while somebody hears a sentence; a channel, so that virtual time goes on meanwhile.
type speechLock chan struct{}

func newSpeechLock() speechLock { return make(speechLock, 1) }

// Lock waits for it.
func (b speechLock) Lock() { b <- struct{}{} }

// Unlock gives it back.
func (b speechLock) Unlock() { <-b }
