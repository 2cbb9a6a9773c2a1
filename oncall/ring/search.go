package ring

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

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
	NoRota     Outcome = "no rota"    // nobody is on duty
	Impossible Outcome = "impossible" // no outgoing call could even be tried
)

// Caller is the call for which somebody is searched. Its methods are used by one goroutine at a time and return the
// context's cause once the caller is gone.
type Caller interface {
	// ID is the call's name, by which an engineer's leg is joined to it.
	ID() string
	Say(ctx context.Context, lang prompts.Language, p prompts.Phrase, bargeIn bool) error
	// Music plays until stop is called; stop waits.
	Music(ctx context.Context) (stop func())
}

// Duty tells who is on duty: the attempts in their order, or that there is a gap in the rota.
type Duty interface {
	Plan(ctx context.Context, now time.Time) (attempts []oncall.Attempt, gap bool, err error)
}

// Event is one line for the ticket's history.
type Event struct {
	Kind     tickets.EventKind
	Ticket   tickets.Number
	Engineer oncall.EngineerID // empty where no engineer has to do with it
	At       time.Time
	Text     string
}

// Book takes down what a search does. It keeps its own errors: a book that cannot write never stops a search. ctx is
// alive also when the caller is gone. Safe for concurrent use.
type Book interface {
	Note(ctx context.Context, e Event)
	// Leg writes a finished outgoing leg to the record of the call.
	Leg(ctx context.Context, call string, l tickets.Leg)
}

// Times are the spans of a search; zero fields mean the policy's values.
type Times struct {
	Ring    time.Duration // how long a telephone rings: 20 s
	Key     time.Duration // from the brief's first end to "no key": 15 s
	Early   time.Duration // a leg lost so soon after the join sends the caller back to the chain: 30 s
	Silence time.Duration // a joined leg without a packet for so long is lost: 10 s
	Still   time.Duration // between two sentences over the music: 30 s
}

func (t Times) orPolicy() Times {
	set := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	set(&t.Ring, 20*time.Second)
	set(&t.Key, 15*time.Second)
	set(&t.Early, 30*time.Second)
	set(&t.Silence, 10*time.Second)
	set(&t.Still, 30*time.Second)
	return t
}

// Config is what a [Search] works with.
type Config struct {
	Telephones Telephones
	Duty       Duty
	Book       Book
	Times      Times
	Rounds     int          // how often the chain is called; 2 when zero
	Name       string       // what a called telephone is shown; "hotline" when empty
	Log        *slog.Logger // nil means silence
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
}

const rounds = 2 // the chain is called once and repeated once

// Find rings those on duty until one of them presses accept, joins him to the caller and returns when their talk is
// over. The caller hears music meanwhile. When the caller hangs up, Find returns ctx's cause after it has offered an
// engineer who is on the line to call back.
func (s *Search) Find(ctx context.Context, r Request) (Outcome, error) {
	attempts, gap, err := s.Duty.Plan(ctx, time.Now())
	if cause := context.Cause(ctx); cause != nil {
		return Nobody, cause
	}
	if err != nil {
		return Impossible, fmt.Errorf("planning whom to ring for ticket %d: %w", r.Ticket.Number, err)
	}
	if gap || len(attempts) == 0 {
		s.note(ctx, r, tickets.RotaGap, "", "nobody is on duty")
		return NoRota, nil
	}
	j := &job{search: s, request: r, ticket: true, brief: Brief(r.Ticket), leg: r.Call}
	if r.Caller != nil {
		j.leg = r.Caller.ID()
	}
	return j.run(ctx, attempts)
}

// Escalate rings those on duty for a ticket whose caller is not on the line any more: whoever presses accept is offered
// to call back at once. It returns Talked when somebody accepted.
func (s *Search) Escalate(ctx context.Context, r Request) (Outcome, error) {
	r.Caller = nil
	return s.Find(ctx, r)
}

// Operator rings the operator's telephones once, in their order. It tells whether one of them talked to the caller.
func (s *Search) Operator(ctx context.Context, caller Caller, lang prompts.Language, phones []string) (bool, error) {
	var attempts []oncall.Attempt
	for _, p := range phones {
		attempts = append(attempts, oncall.Attempt{Engineer: "operator", Name: "operator", Phone: p, Language: string(lang)})
	}
	j := &job{
		search: s, request: Request{Caller: caller, Language: lang}, once: true,
		brief: OperatorBrief(), leg: caller.ID(),
	}
	outcome, err := j.run(ctx, attempts)
	return outcome == Talked, err
}

// job is one search under way; one goroutine owns it.
type job struct {
	search  *Search
	request Request
	ticket  bool // the search belongs to a ticket: its history is written
	once    bool // the chain is not repeated
	brief   prompts.Phrase
	leg     string // the call to join
	hold    *hold
}

// run walks the chain.
func (j *job) run(ctx context.Context, attempts []oncall.Attempt) (Outcome, error) {
	n := j.search.Rounds
	if j.once {
		n = 1
	}
	j.startHold(ctx, prompts.P(SaySearching))
	defer j.stopHold()
	tried := false
	for range n {
		passed := oncall.EngineerID("")
		for _, a := range attempts {
			if a.Engineer == passed {
				continue // who passes does so on all his telephones
			}
			v, err := j.attempt(ctx, a)
			switch {
			case v == talked: // also when it was the caller who ended the talk: ctx's cause tells
				return Talked, context.Cause(ctx)
			case context.Cause(ctx) != nil:
				return Nobody, context.Cause(ctx)
			case v == passedOn:
				passed = a.Engineer
			case v == lost:
				j.startHold(ctx, prompts.P(SayEngineerLost))
			}
			tried = tried || !errors.Is(err, ErrImpossible)
		}
	}
	if !tried {
		j.note(ctx, tickets.Unreached, "", "outgoing calls do not work")
		return Impossible, nil
	}
	j.note(ctx, tickets.Unreached, "", "the chain was called and nobody accepted")
	return Nobody, nil
}

func (j *job) note(ctx context.Context, kind tickets.EventKind, who oncall.EngineerID, text string) {
	if j.ticket {
		j.search.note(ctx, j.request, kind, who, text)
	}
}

func (s *Search) note(ctx context.Context, r Request, kind tickets.EventKind, who oncall.EngineerID, text string) {
	s.Book.Note(context.WithoutCancel(ctx), Event{
		Kind: kind, Ticket: r.Ticket.Number, Engineer: who, At: time.Now(), Text: text,
	})
}
