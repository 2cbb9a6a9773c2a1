package ring

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"hotline/cdr"
	"hotline/oncall"
	"hotline/prompts"
	"hotline/tickets"
)

// Outcome is how a search ended.
type Outcome string

// The ends of a search. Only Talked means that somebody pressed accept.
const (
	Talked     Outcome = "talked"     // joined, and the talk ended by the engineer
	Nobody     Outcome = "nobody"     // the chain was called twice in vain
	NoRota     Outcome = "no rota"    // nobody is on duty, and the ticket's own engineer, where it has one, was rung in vain
	Impossible Outcome = "impossible" // no outgoing call could even be tried
	CalledOff  Outcome = "called off" // Request.Until ended: whom to ring for is settled
	Left       Outcome = "left"       // the caller did not wait, and is to be called back
)

// Caller is the call for which somebody is searched. Its methods are used by one goroutine at a time and return the
// context's cause once the caller is gone.
type Caller interface {
	// ID is the call's name, by which an engineer's leg is joined to it.
	ID() string
	Say(ctx context.Context, lang prompts.Language, p prompts.Phrase, bargeIn bool) error
	// Music plays until stop is called; stop waits.
	Music(ctx context.Context) (stop func())
	// Key takes the caller's next key, waiting so long at most; Flush forgets those that wait.
	Key(ctx context.Context, wait time.Duration) (byte, error)
	Flush()
}

// Duty tells who is rung for a ticket: the attempts in their order, and whether nobody on call can be rung. The telephones of
// whoever has the ticket in hand stand in front, on call or not.
type Duty interface {
	Plan(ctx context.Context, now time.Time, t tickets.Ticket) (attempts []oncall.Attempt, gap bool, err error)
}

// Event is one line for the ticket's history.
type Event struct {
	Kind     tickets.EventKind
	Ticket   tickets.Number
	Engineer oncall.EngineerID // empty where no engineer has to do with it
	At       time.Time
	Text     string
	Awaits   bool // of an accept: a caller is on the line, and it is undone unless the two talk
}

// Book takes down what a search does. It keeps its own errors: a book that cannot write never stops a search. ctx is
// alive also when the caller is gone. Safe for concurrent use.
type Book interface {
	Note(ctx context.Context, e Event)
	// Leg writes a finished outgoing leg to the record of the call.
	Leg(ctx context.Context, call string, l cdr.Leg)
}

// Times are the spans of a search; zero fields mean the policy's values.
type Times struct {
	Ring    time.Duration // how long a telephone rings: 20 s
	Key     time.Duration // from the brief's first end to "no key": 15 s
	Talk    time.Duration // both were heard for so long: they have talked. Who hangs up sooner is asked back once: 5 s
	Silence time.Duration // a joined leg without a packet for so long is lost: 10 s
	Still   time.Duration // between two sentences over the music: 20 s
}

func (t Times) orPolicy() Times {
	set := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	set(&t.Ring, 20*time.Second)
	set(&t.Key, 15*time.Second)
	set(&t.Talk, 5*time.Second)
	set(&t.Silence, 10*time.Second)
	set(&t.Still, 20*time.Second)
	return t
}

// Config is what a [Search] works with.
type Config struct {
	Telephones Telephones
	Duty       Duty
	Book       Book
	Times      Times
	Menu       Menu                       // of a talk; nil: there is none
	Rounds     int                        // how often the chain is called; 2 when zero
	Name       string                     // what a called telephone is shown; "hotline" when empty
	Spoken     func(number string) string // a telephone number as it is read to an engineer; nil: as it is
	Log        *slog.Logger               // nil means silence
}

// Search finds somebody who presses the key. One value serves all calls: it knows which telephones it is ringing, so
// that two callers of one night do not ring the same engineer at once. Safe for concurrent use.
type Search struct {
	Config
	engaged *engaged
}

// New makes a search; it starts nothing.
func New(c Config) *Search {
	c.Times = c.Times.orPolicy()
	if c.Rounds <= 0 {
		c.Rounds = rounds
	}
	if c.Name == "" {
		c.Name = "hotline"
	}
	if c.Spoken == nil {
		c.Spoken = func(number string) string { return number }
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Search{Config: c, engaged: newEngaged()}
}

// Request is one caller's need.
type Request struct {
	Caller   Caller           // nil for Escalate
	Call     string           // for Escalate: the call whose record gets the legs
	Language prompts.Language // of the caller
	Ticket   tickets.Ticket   // as it stands now
	CallBack string           // address at which the customer can be called back; none when empty
	Busy     *Busy            // the caller still speaks with somebody else; nil: the caller waits here from the beginning
	// Left hears that the caller has pressed the key to be called back and is not spoken to any more; the search goes on as
	// after a hang-up. nil: the key is not offered.
	Left func()
	// Turn waits until this search may ring anybody, or ctx ends, while the caller has music; nil: at once.
	Turn func(ctx context.Context)
	// Until ends, with a reason as its cause, when it has become pointless to ring: the telephone that rings stops at once.
	// What comes after an accept it does not touch. nil: never.
	Until context.Context
	// CallsBack has the customer rung at once for whoever accepts, where CallBack is known; without it a key is offered for that.
	CallsBack bool
	// Found hears that somebody pressed accept and the search is over, before the talk begins; nil for nobody.
	Found func()
}

// Busy is a caller who is still in the conversation while telephones ring already. All of it is required, but for Begins.
type Busy struct {
	// Waits is closed when the caller has nothing left to do but wait for the search. Until then nobody here speaks to the caller.
	Waits <-chan struct{}
	// Begins hears that there is somebody to ring, before the first telephone is; nil for nobody.
	Begins func()
	// Fetch ends at once what the caller is doing. It comes back when the caller waits here, or when ctx ends.
	Fetch func(ctx context.Context)
	// Message is the id of what the caller has recorded so far, also while it is being recorded; empty for none.
	Message func() string
}

// waits tells whether the caller waits for the search.
func (b *Busy) waits() bool {
	if b == nil {
		return true
	}
	select {
	case <-b.Waits:
		return true
	default:
		return false
	}
}

const (
	rounds     = 2 // the chain is called once and repeated once
	mostLosses = 3 // of legs after the join, each of which lets the chain begin anew
)

// Find rings those on duty until one of them presses accept, joins him to the caller and returns when their talk is
// over. The engineer who has the ticket in hand comes first. The caller hears music meanwhile. When the caller hangs up,
// Find lets the telephone that rings just then ring on, tells the engineer who picks it up, or who is on the line
// already, offers to call back, and returns ctx's cause.
func (s *Search) Find(ctx context.Context, r Request) (Outcome, error) {
	if r.Until == nil {
		r.Until = context.Background()
	}
	j := &job{search: s, request: r, ticket: true, subject: Subject(r.Ticket), keys: prompts.P(SayBriefKeys), leg: r.Call, words: forEngineer()}
	if r.Caller != nil {
		j.leg = r.Caller.ID()
	}
	if j.callsBack() {
		j.keys = prompts.P(SayCallBackKeys)
	}
	ctx, j.leave = context.WithCancelCause(ctx)
	defer j.leave(nil)
	attempts, gap, err := s.Duty.Plan(ctx, time.Now(), r.Ticket)
	if err != nil && context.Cause(ctx) == nil {
		return Impossible, fmt.Errorf("planning whom to ring for ticket %d: %w", r.Ticket.Number, err)
	}
	outcome := Nobody
	if len(attempts) > 0 {
		if r.Busy != nil && r.Busy.Begins != nil {
			r.Busy.Begins()
		}
		outcome, _ = j.run(ctx, attempts)
	}
	cause := context.Cause(ctx)
	if cause != nil && r.Caller != nil && outcome != Talked && !j.toldGone {
		j.note(ctx, tickets.CallerGone, "", goneWord(ctx)+" before anybody accepted")
	}
	switch {
	case errors.Is(cause, errLeft):
		return Left, nil
	case outcome == Talked || outcome == CalledOff || cause != nil:
		return outcome, cause
	case gap:
		outcome = NoRota
		j.note(ctx, tickets.RotaGap, "", "nobody is on duty")
	case outcome == Impossible:
		j.note(ctx, tickets.Unreached, "", "outgoing calls do not work")
	default:
		j.note(ctx, tickets.Unreached, "", "the chain was called and nobody accepted")
	}
	return outcome, nil
}

// Escalate rings those on duty for a ticket whose caller is not on the line any more: whoever presses accept is offered
// to call back at once. It returns Talked when somebody accepted.
func (s *Search) Escalate(ctx context.Context, r Request) (Outcome, error) {
	r.Caller = nil
	return s.Find(ctx, r)
}

// Operator rings the operator's telephones once, in their order, while the caller hears calling and music. It tells
// whether one of them talked to the caller.
func (s *Search) Operator(ctx context.Context, caller Caller, lang prompts.Language, calling prompts.Phrase, phones []string) (bool, error) {
	var attempts []oncall.Attempt
	for _, p := range phones {
		attempts = append(attempts, oncall.Attempt{Engineer: "operator", Name: "operator", Phone: p, Language: string(lang)})
	}
	j := &job{
		search: s, request: Request{Caller: caller, Language: lang}, once: true,
		keys: prompts.P(SayOperatorBrief), leg: caller.ID(), words: words{calling, calling, prompts.P(SayOperatorJoined)},
	}
	j.request.Until, j.leave = context.Background(), func(error) {}
	outcome, err := j.run(ctx, attempts)
	return outcome == Talked, err
}

// job is one search under way; one goroutine owns it.
type job struct {
	search  *Search
	request Request
	ticket  bool           // the search belongs to a ticket: its history is written
	once    bool           // the chain is not repeated
	subject prompts.Phrase // what the call is about
	keys    prompts.Phrase // what the keys do
	words   words
	chain   []oncall.Attempt // in their order
	leg     string           // the call to join
	hold    *hold
	leave   context.CancelCauseFunc // the caller did not wait
	free    func()                  // of the attempt under way: somebody else may ring its engineer
	former  *talk                   // whose engineer waits for a colleague's accept; nil for none

	toldGone  bool // it is written that the caller is gone
	askedBack bool // an engineer who hung up at once was rung again
}

// words are what the caller hears of a search.
type words struct{ searching, still, joined prompts.Phrase }

func forEngineer() words {
	return words{prompts.P(SaySearching), prompts.P(SayStillSearching), prompts.P(SayJoined)}
}

// run walks the chain, once and again. A leg that is lost after the join lets the walk go on with the next telephone and
// lasts as long as a new one, so that the caller never ends up with less than the whole chain.
func (j *job) run(ctx context.Context, attempts []oncall.Attempt) (Outcome, error) {
	j.chain = attempts
	walk := j.search.Rounds * len(attempts)
	if j.once {
		walk = len(attempts)
	}
	j.startHold(ctx, j.words.searching)
	defer j.stopHold()
	if j.request.Turn != nil {
		turn, stop := j.untilCalledOff(ctx)
		j.request.Turn(turn)
		stop()
	}
	outcome, losses, waits := Impossible, 0, 0
	var now *round
	for i, left := 0, walk; left > 0 && context.Cause(ctx) == nil; i, left = i+1, left-1 {
		if i%len(attempts) == 0 {
			now = newRound(time.Now())
		}
		if j.request.Until.Err() != nil {
			return CalledOff, nil
		}
		a := attempts[i%len(attempts)]
		v, err := now.attempt(ctx, j, a)
		if v == cutShort {
			v = j.askBack(ctx, a)
		}
		switch v {
		case talked: // also when it was the caller who ended the talk: ctx's cause tells
			return Talked, context.Cause(ctx)
		case calledOff:
			return CalledOff, nil
		case lost:
			j.startHold(ctx, prompts.P(SayEngineerLost))
			if losses++; losses <= mostLosses && !j.once {
				left = walk + 1
			}
		}
		if !errors.Is(err, ErrImpossible) && v != skipped {
			outcome = Nobody
		}
		if (i+1)%len(attempts) != 0 {
			continue
		}
		if now.inVain() && waits < j.search.Rounds {
			waits++
			left += len(attempts) // a round in which nobody could be rung is none
		}
		if left > 1 {
			j.pause(ctx, now)
		}
	}
	return outcome, context.Cause(ctx)
}

// pause waits before the next round while somebody of this one was busy: until one of those who talk to our callers is free,
// or the round has lasted as long as one telephone rings.
func (j *job) pause(ctx context.Context, r *round) {
	if most := j.search.Times.Ring - time.Since(r.began); (r.busy || len(r.engaged) > 0) && most > 0 {
		until, stop := j.untilCalledOff(ctx)
		defer stop()
		j.search.engaged.wait(until, r.engaged, most)
	}
}

// round is one walk of the chain.
type round struct {
	began   time.Time
	passed  map[oncall.EngineerID]bool // who passes does so on all his telephones
	engaged map[string]bool            // who talks to another caller does so too
	rang    bool
	busy    bool // somebody's telephone said so
}

func newRound(now time.Time) *round {
	return &round{began: now, passed: map[oncall.EngineerID]bool{}, engaged: map[string]bool{}}
}

// inVain tells whether nobody was rung because all were engaged.
func (r *round) inVain() bool { return !r.rang && len(r.engaged) > 0 }

// attempt rings the next telephone, unless its owner is known not to answer it.
func (r *round) attempt(ctx context.Context, j *job, a oncall.Attempt) (verdict, error) {
	if (r.passed[a.Engineer] && !j.once) || r.engaged[j.owner(a)] {
		return skipped, nil
	}
	v, err := j.attempt(ctx, a)
	var refused *Refusal
	r.busy = r.busy || errors.As(err, &refused) && refused.Word() == "busy"
	switch {
	case errors.Is(err, errEngaged):
		r.engaged[j.owner(a)] = true
	case v == passedOn:
		r.passed[a.Engineer] = true
	}
	r.rang = r.rang || !errors.Is(err, errEngaged)
	return v, err
}

// owner is who is engaged while a telephone is: an engineer has one mouth, a switchboard one at each telephone.
func (j *job) owner(a oncall.Attempt) string {
	if j.once {
		return a.Phone
	}
	return string(a.Engineer)
}

// untilCalledOff is a context that also ends when ringing has become pointless, with the reason as its cause.
func (j *job) untilCalledOff(ctx context.Context) (context.Context, context.CancelFunc) {
	both, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(j.request.Until, func() { cancel(context.Cause(j.request.Until)) })
	return both, func() { stop(); cancel(nil) }
}

func (j *job) note(ctx context.Context, kind tickets.EventKind, who oncall.EngineerID, text string) {
	j.toldGone = j.toldGone || kind == tickets.CallerGone
	j.tell(ctx, Event{Kind: kind, Engineer: who, Text: text})
}

// tell writes a line of the ticket's history.
func (j *job) tell(ctx context.Context, e Event) {
	if j.ticket {
		e.Ticket, e.At = j.request.Ticket.Number, time.Now()
		j.search.Book.Note(context.WithoutCancel(ctx), e)
	}
}
