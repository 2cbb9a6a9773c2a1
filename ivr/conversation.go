package ivr

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"slices"
	"time"

	"hotline/alarm"
	"hotline/directory"
	"hotline/prompts"
	"hotline/sla"
	"hotline/tickets"
)

// Desk is where a conversation takes its request. tickets.Desk is one.
type Desk interface {
	Identify(pin, caller string, now time.Time) (id tickets.Identity, alarm string, err error)
	Admit(c directory.ContractID, now time.Time) (tickets.Identity, error)
	LockedOut(caller string, now time.Time) bool
	PINDelay(caller string, now time.Time) time.Duration
	Announce(ctx context.Context, id tickets.Identity) (tickets.Ticket, bool, error)
	Open(ctx context.Context, d tickets.Draft, now time.Time) (tickets.Ticket, error)
	Keep(ctx context.Context, n tickets.Number, r tickets.Recording, now time.Time) (tickets.Ticket, error)
	Note(ctx context.Context, n tickets.Number, e tickets.Event, now time.Time) (tickets.Ticket, error)
	Ticket(ctx context.Context, n tickets.Number) (tickets.Ticket, error)
	CalledAgainAbout(ctx context.Context, n tickets.Number, call tickets.CallID, what string, now time.Time) (tickets.Ticket, error)
	KnownFaults(c directory.ContractID, now time.Time) []directory.KnownFault
	Entitlement(c directory.ContractID) (directory.Entitlement, error)
	// Informed tells whether those in charge are told in writing that nobody was reached since an instant.
	Informed(ctx context.Context, n tickets.Number, since time.Time) bool
}

// Config is what conversations work with.
type Config struct {
	Desk  Desk
	Human Human
	NewID func() string // opaque, for recordings
	// Language gives the language of a dialled number; nil means Italian.
	Language func(dialled string) prompts.Language
	// Spoken is a telephone number as it is read to the caller; nil: as it is.
	Spoken func(number string) string
	// Typed are keys that were pressed before this conversation, for it: they come before all others.
	Typed    []byte
	House    func() string // the company's name as it is said before the welcome; nil, or empty: none is
	KeepDays int           // for which the house keeps recordings whose contract says nothing else; 0: without a term
	// Alarm tells the operator of the line; nil for nobody.
	Alarm alarm.Func
	Log   *slog.Logger // nil means silence
}

// Summary is what remains of a conversation.
type Summary struct {
	Engineer string // who worked by telephone, where it was no caller's conversation
	Contract directory.ContractID
	Ticket   tickets.Number // 0 for none
	Added    bool           // the ticket stood there before; the caller adds to it
	Language prompts.Language
	Steps    []string // entered, in order; never a key
	Refusals []string // of being recorded, in the words of a ticket's history
	Ending   error    // nil when the conversation came to its own end
}

// conversation is one call on its way through a flow. It is used by one goroutine; its verbs read and write it.
type conversation struct {
	cfg     Config
	line    context.Context // the caller is there as long as it lives
	ctx     context.Context // of the step: it also ends when an engineer has accepted
	search  *search         // nil: nobody is looked for yet
	call    Call
	caller  Caller
	flow    *Flow
	lang    prompts.Language
	began   prompts.Language // what the number dialled, or the setting, says
	chosen  bool             // the caller has switched the language
	typed   typeAhead
	entered map[string]int // how often each step was

	identification
	intake
	summary Summary
}

// identification is what the call has found out about who calls.
type identification struct {
	id          tickets.Identity
	undisclosed tickets.Identity // of a right PIN that the caller is told nothing of: the ticket is its contract's
	keyedPIN    bool             // a PIN was accepted, or the caller had logged in
	wrongPINs   int              // of this call
	reason      prompts.ID       // why it is Support on Request
	hint        string           // for staff: whose PIN it was that did not do
	callBack    string           // number to call back
	settled     bool             // the number to call back was settled
}

// intake is what the call is about, and what has come of it.
type intake struct {
	helped    bool           // a human outside the rota pressed accept
	announced tickets.Ticket // heard of by the caller; Number 0 for none
	adding    bool           // to the ticket that was announced
	claim     sla.Category
	ticket    tickets.Ticket // Number 0: not opened yet
	warned    bool           // the caller has heard, to its last sample, that the message is recorded
	refused   bool           // and does not want to be
	refusals  []string       // of being recorded, in the words of a history: the caller's, and any before there was a ticket
	noted     int            // of them that the ticket says
	notices   int            // keys of the offer that were answered
	recorded  bool           // there is a message
	talkTold  bool           // the caller has heard, to its last sample, that the talk with an engineer may be recorded
	unopened  error          // why the last try to open it failed
}

// maxEntries is how often a step may be entered: the limit of every loop in a flow.
const maxEntries = 5

// errLost is a flow that loops.
var errLost = errors.New("the flow entered one step too often")

// Converse runs a call through a flow until the call or the flow ends. If a verb fails or panics on the way, the caller leaves a
// message, so every caller has a human or a ticket in the end.
func Converse(ctx context.Context, cfg Config, f *Flow, call Call) Summary {
	c := &conversation{
		cfg: cfg, line: ctx, ctx: ctx, call: call, caller: call.Caller(), flow: f, lang: prompts.Italian, entered: map[string]int{},
		identification: identification{reason: "request-no-pin"},
	}
	if cfg.Spoken == nil {
		c.cfg.Spoken = func(number string) string { return number }
	}
	if cfg.Log == nil {
		c.cfg.Log = slog.New(slog.DiscardHandler)
	}
	if !slices.Contains(f.Languages, c.lang) {
		c.lang = f.Languages[0]
	}
	if cfg.Language != nil {
		c.speak(cfg.Language(c.caller.Dialled))
	}
	c.began = c.lang
	c.callBack, c.typed.keys = cmp.Or(c.caller.CallBack, c.caller.Number), slices.Clone(cfg.Typed)
	if slices.Contains(f.Languages, c.caller.Language) {
		c.lang, c.chosen = c.caller.Language, true
	}
	err := c.walk()
	if err != nil && !c.gone() {
		c.cfg.Log.Error("conversation broke", "call", c.caller.ID, "steps", c.summary.Steps, "error", err)
		_, err = c.guarded("trouble", func() (string, error) { return "", c.trouble() })
	}
	_, fault := c.guarded("search", func() (string, error) { return "", c.settleSearch() })
	c.report("waiting for the search", fault)
	if c.gone() {
		_, fault = c.guarded("leave", func() (string, error) { c.leave(); return "", nil })
		c.report("seeing to what a caller who hung up leaves behind", fault)
		err = context.Cause(ctx)
	}
	if c.unopened != nil {
		c.alarm(alarm.NoTicket, fmt.Sprintf("call %s from %q stays without a ticket: %v", c.caller.ID, c.caller.Number, c.unopened))
	}
	c.summary.Ending, c.summary.Language = err, c.lang
	c.summary.Contract, c.summary.Ticket, c.summary.Added = cmp.Or(c.id.Contract.ID, c.undisclosed.Contract.ID), c.ticket.Number, c.adding
	c.summary.Refusals = c.refusals
	return c.summary
}

// walk goes from step to step.
func (c *conversation) walk() error {
	for name := c.flow.start; name != ""; {
		s := c.flow.steps[name]
		if s == nil {
			return fmt.Errorf("entering step %q: the flow has none of this name", name)
		}
		if c.entered[name]++; c.entered[name] > maxEntries {
			return fmt.Errorf("entering step %s: %w", name, errLost)
		}
		c.summary.Steps = append(c.summary.Steps, name)
		next, err := c.guarded(name, func() (string, error) { return s.verb.run(c) })
		if errors.Is(context.Cause(c.ctx), errAccepted) && !c.gone() {
			next, err = c.search.step, nil // out of the middle of whatever it was
		}
		if err != nil {
			return fmt.Errorf("step %s: %w", name, err)
		}
		if name = next; name != "" {
			c.searchAhead(name)
		}
	}
	return nil
}

// guarded runs one step and turns a panic into its error.
func (c *conversation) guarded(step string, run func() (string, error)) (next string, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			c.cfg.Log.Error("panic in a conversation", "step", step, "panic", fault, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", fault)
		}
	}()
	return run()
}

// pause lets a caller wait in silence.
func (c *conversation) pause(d time.Duration) error {
	if d <= 0 {
		return nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-c.ctx.Done():
		return context.Cause(c.ctx)
	}
}

// gone tells whether the caller is.
func (c *conversation) gone() bool { return c.line.Err() != nil }

// brokenOff tells whether the step is to end at once: the caller is gone, or an engineer has accepted.
func (c *conversation) brokenOff() bool { return c.ctx.Err() != nil }

// after is a context for what must be done though the caller has hung up.
func (c *conversation) after() context.Context { return context.WithoutCancel(c.line) }

// leave writes down what remains when the caller hangs up (the policy of PRODUCT). If the caller has heard of an open ticket, its
// history gets a line. If the caller has given a PIN or confirmed a number, the staff's list gets a ticket without category.
func (c *conversation) leave() {
	now := c.call.Now()
	switch {
	case c.ticket.Number != 0, c.helped:
	case c.announced.Number != 0:
		_, err := c.cfg.Desk.CalledAgainAbout(c.after(), c.announced.Number, c.caller.ID, "heard the state and hung up", now)
		c.report("noting the call on the ticket", err)
	case c.keyedPIN || c.settled:
		c.report("opening a ticket for a caller who hung up", c.open(c.after(), now))
	}
}

// alarm tells the operator of the line.
func (c *conversation) alarm(kind alarm.Kind, text string) {
	if c.cfg.Alarm != nil {
		c.cfg.Alarm(kind, text)
	}
}

// report logs an error that must not stop the conversation.
func (c *conversation) report(doing string, err error) {
	if err != nil {
		c.cfg.Log.Error("conversation goes on without something", "doing", doing, "call", c.caller.ID, "error", err)
	}
}

// open opens the call's ticket, if it has none.
func (c *conversation) open(ctx context.Context, now time.Time) error {
	if c.ticket.Number != 0 {
		return nil
	}
	identity := c.id
	if !identity.Known() {
		identity = c.undisclosed
	}
	t, err := c.cfg.Desk.Open(ctx, tickets.Draft{
		Call: c.caller.ID, Caller: c.callBack, From: c.caller.Number, Language: string(c.lang), Identity: identity, Claim: c.claim, Channel: tickets.Phone,
		Actor: "caller", Text: c.hint,
	}, now)
	c.unopened = err
	if err == nil {
		c.ticket = t
		c.noteRefusals()
	}
	return err
}

// trouble is the way out when something broke on our side: the caller is told so and leaves a message, which a ticket keeps.
func (c *conversation) trouble() error {
	c.report("opening a ticket in spite of the fault", c.open(c.after(), c.call.Now()))
	told, err := c.toldOfRecording()
	if err != nil {
		return err
	}
	var got Recorded
	if told {
		if err := c.say(prompts.P("trouble", prompts.Tone), false); err != nil {
			return err
		}
		if got, err = c.take(recordTimes{}); err != nil {
			return err
		}
	}
	if c.ticket.Number == 0 { // the fault may be over by now
		c.report("opening a ticket after the message", c.open(c.after(), c.call.Now()))
		c.keep(got)
	}
	if c.ticket.Number != 0 {
		if err := c.say(prompts.Join(prompts.P("readout-ticket"), digits(c.ticket.Number)), true); err != nil {
			return err
		}
	}
	if c.search != nil && !c.search.joined {
		return nil // an engineer is being called, and the caller waits
	}
	return c.say(prompts.P("goodbye"), false)
}
