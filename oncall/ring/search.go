package ring

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"hotline/cdr"
	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/ring/recorded"
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

// Duty plans who is rung for a ticket, in which order and how. The telephones of whoever has the ticket in hand stand in front, on
// call or not. What the plan says is what is rung.
type Duty interface {
	Plan(ctx context.Context, now time.Time, t tickets.Ticket) (escalation.Plan, error)
}

// Event is one line for the ticket's history.
type Event struct {
	Kind     tickets.EventKind
	Ticket   tickets.Number
	Engineer oncall.EngineerID // empty where no engineer has to do with it
	At       time.Time
	Text     string
	Plan     *escalation.Plan // of a search that begins
	Awaits   bool             // of an accept: a caller is on the line, and it is undone unless the two talk
}

// Book writes down what a search does. It keeps its own errors: a book that cannot write never stops a search. ctx is alive also
// when the caller is gone. Safe for concurrent use.
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
	Others     Others                     // nodes that ring the same engineers; nil: there are none
	Name       string                     // what a called telephone is shown; "hotline" when empty
	Spoken     func(number string) string // a telephone number as it is read to an engineer; nil: as it is
	// Installed is what stands at the only installation of a ticket's contract; false: there is none, or several. nil: nobody knows.
	Installed func(ctx context.Context, t tickets.Ticket) (Installed, bool)
	Blocking  func(ctx context.Context) ([]tickets.Ticket, error) // those that are open, for who takes over; nil: nobody knows
	// Recording records the talks with customers who are called, by the policy of the ticket's contract; nil, or nil for a ticket: none is.
	Recording func(t tickets.Ticket) *recorded.Session
	Log       *slog.Logger // nil means silence
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
	if c.Name == "" {
		c.Name = "hotline"
	}
	if c.Spoken == nil {
		c.Spoken = func(number string) string { return number }
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Search{Config: c, engaged: newEngaged(c.Others)}
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
	// Recording records the talk with the caller, who was told before; each engineer hears of it in the brief. nil: it is not recorded.
	Recording *recorded.Session
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

// Find rings the plan of those on duty until one of them presses accept, joins him to the caller and returns when their talk is
// over. The plan is kept in the ticket's history. The caller hears music meanwhile. When the caller hangs up, Find lets the
// telephone that rings at that moment ring on. It tells the engineer who picks it up, or who is on the line already, and offers
// to call back. Then it returns ctx's cause.
func (s *Search) Find(ctx context.Context, r Request) (Outcome, error) {
	if r.Until == nil {
		r.Until = context.Background()
	}
	j := &job{search: s, request: r, ticket: true, subject: Subject(r.Ticket), keys: prompts.P(SayBriefKeys), leg: r.Call, words: forEngineer()}
	if r.Caller != nil {
		j.leg = r.Caller.ID()
	}
	j.installed = s.installed(ctx, r.Ticket)
	if j.callsBack() {
		j.keys = prompts.P(SayCallBackKeys)
	}
	if r.Caller != nil {
		j.line = ctx
	}
	ctx, j.leave = context.WithCancelCause(ctx)
	defer j.leave(nil)
	plan, err := s.Duty.Plan(ctx, time.Now(), r.Ticket)
	if err != nil && context.Cause(ctx) == nil {
		return Impossible, fmt.Errorf("planning whom to ring for ticket %d: %w", r.Ticket.Number, err)
	}
	outcome := Nobody
	if plan.Rings() && r.Busy != nil && r.Busy.Begins != nil {
		r.Busy.Begins()
	}
	j.tell(ctx, Event{Kind: tickets.Planned, Text: plan.Note, Plan: &plan})
	if plan.Rings() {
		outcome, _ = j.run(ctx, plan)
	}
	cause := context.Cause(ctx)
	if cause != nil && r.Caller != nil && outcome != Talked && !j.toldGone.Load() {
		j.note(ctx, tickets.CallerGone, "", goneWord(ctx)+" before anybody accepted")
	}
	switch {
	case errors.Is(cause, errLeft):
		return Left, nil
	case outcome == Talked || outcome == CalledOff || cause != nil:
		return outcome, cause
	case plan.Gap || !plan.Rings():
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
// whether one of them talked to the caller. The caller has been told of a session; it is nil where the talk is not recorded.
func (s *Search) Operator(ctx context.Context, caller Caller, lang prompts.Language, calling prompts.Phrase, phones []string, session *recorded.Session) (bool, error) {
	var attempts []oncall.Attempt
	for _, p := range phones {
		attempts = append(attempts, oncall.Attempt{Engineer: "operator", Name: "operator", Phone: p, Language: string(lang)})
	}
	j := &job{
		search: s, request: Request{Caller: caller, Language: lang, Recording: session}, once: true,
		keys: prompts.P(SayOperatorBrief), leg: caller.ID(), words: words{calling, calling},
	}
	j.request.Until, j.leave = context.Background(), func(error) {}
	outcome, err := j.run(ctx, escalation.Plan{Rounds: 1, Steps: []escalation.Group{{Ring: s.Times.Ring, SkipTalking: true, Attempts: attempts}}})
	return outcome == Talked, err
}

// job is one search under way. One goroutine owns it; where several telephones ring together, their goroutines note what they do, and
// only the one that has won the race changes anything else.
type job struct {
	search    *Search
	request   Request
	ticket    bool           // the search belongs to a ticket: its history is written
	once      bool           // the chain is not repeated
	subject   prompts.Phrase // what the call is about
	keys      prompts.Phrase // what the keys do
	installed prompts.Phrase // what stands at the customer's; nothing where that is not known
	words     words
	chain     []oncall.Attempt // in their order
	leg       string           // the call to join
	hold      *hold
	line      context.Context         // ends with the caller's call; nil: there is none
	leave     context.CancelCauseFunc // the caller did not wait
	former    *talk                   // whose engineer waits for a colleague's accept; nil for none
	besides   prompts.Phrase          // what else is open, for that colleague
	walk      *walk                   // that is under way
	seeks     *second                 // for whom it rings; nil: for the first engineer

	toldGone  atomic.Bool // it is written that the caller is gone
	askedBack bool        // an engineer who hung up at once was rung again
}

// words are what the caller hears of a search.
type words struct{ searching, still prompts.Phrase }

func forEngineer() words {
	return words{prompts.P(SaySearching), prompts.P(SayStillSearching)}
}

// run rings a plan while the caller has music.
func (j *job) run(ctx context.Context, p escalation.Plan) (Outcome, error) {
	j.startHold(ctx, j.words.searching)
	defer j.stopHold()
	if j.request.Turn != nil {
		turn, stop := j.untilCalledOff(ctx)
		j.request.Turn(turn)
		stop()
	}
	outcome := j.newWalk(p).run(ctx)
	return outcome, context.Cause(ctx)
}

// owner is who is engaged while a telephone is: an engineer has one mouth, a switchboard one at each telephone.
func (j *job) owner(a oncall.Attempt) string {
	if j.once || a.Engineer == escalation.OverflowEngineer {
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
	if kind == tickets.CallerGone {
		j.toldGone.Store(true)
	}
	j.tell(ctx, Event{Kind: kind, Engineer: who, Text: text})
}

// tell writes a line of the ticket's history.
func (j *job) tell(ctx context.Context, e Event) {
	if j.ticket {
		e.Ticket, e.At = j.request.Ticket.Number, time.Now()
		j.search.Book.Note(context.WithoutCancel(ctx), e)
	}
}
