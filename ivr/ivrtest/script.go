package ivrtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"hotline/alarm"
	"hotline/directory"
	"hotline/ivr"
	"hotline/prompts"
	"hotline/sla"
	"hotline/tickets"
)

// Run plays a script against a flow. It must be called in a synctest bubble. The words, one line each:
//
//	at 2026-11-23 10:00 Europe/Rome      when the call comes (first line)
//	from 0612345                         the caller's number; without it none is shown
//	dials en                             the language of the number called
//	logged in rossi en 0612345           the contract as which the caller has logged in before, the language of the page, a number to call back
//	given ticket blocking of 314159      an open ticket
//	given engineer anna 57721566         the telephone that calls is this engineer's, who has this PIN; a language may follow
//	given colleague marco yes            another engineer, and what is answered when that one is asked: yes, no, nothing
//	given answers anna yes               what the one who asked says when rung back
//	given rota anna marco                who is on call by day (08:00 to 20:00) and by night; nobody for a gap
//	given recording line anna            the number called is that of the recording line, and anna may; a second "given recording"
//	given recording takes louder         says what becomes of the takes (louder, softer, broken, or the sentence that refuses one), or fails
//	given customer answers               how a customer's telephone is: answers, silent, nowhere
//	given fault of rossi                 a known fault that covers this contract
//	given fault of rossi a line is cut   and what callers hear of it, in every language
//	given notice of rossi words          a notice for callers of this contract; out_of_hours for one that is said outside its hours
//	given human nobody                   how a search ends: talked, nobody, no-rota, impossible; operator
//	given mail                           staff are told in writing
//	given trouble store                  what fails: one of the faults
//	hears a b c                          the next pieces said, in this order
//	presses 314159#                      keys
//	waits 6s                             time passes
//	speaks 12s, key|silence|length       while it is recorded
//	is silent                            the same, saying nothing
//	an engineer accepts                  while the caller is still busy, or waits
//	hangs up
//	is hung up on                        everything said was heard, and the call ends
//	then ticket category=blocking ...    what is left: number, category, level, priority, state, clocks, recordings, caller, contract
//	then no ticket
//	then told-staff the words            with which the last ticket was opened
//	then last engineer:anna by telephone who wrote the last ticket's last line, and its text
//	then replaced it/welcome by anna     the prompts that were replaced, in order; nothing for none; and no take lies about
//	then steps console-pin console-next  what the record of the call says was asked for
//	then history told recording          the kinds of the last ticket's lines, in order
func Run(t *testing.T, f *ivr.Flow, text string) {
	t.Helper()
	s := &script{T: t, flow: f, ctx: t.Context()}
	for n, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		s.at = n + 1
		s.line(strings.Fields(strings.ReplaceAll(line, ",", " ")))
		if t.Failed() {
			break
		}
	}
	if s.call == nil && !t.Failed() {
		t.Error("nobody calls in this script")
	}
	s.finish()
}

// script is one run.
type script struct {
	*testing.T
	flow    *ivr.Flow
	ctx     context.Context
	at      int
	world   *world
	call    *call
	lang    prompts.Language
	number  string
	company string     // its name as it is said
	login   ivr.Caller // of somebody who has logged in
	fault   fault
	hangUp  context.CancelCauseFunc
	summary chan ivr.Summary
	over    bool
	left    ivr.Summary // once it is over
}

func (s *script) fail(format string, args ...any) {
	s.Helper()
	s.Errorf("line %d: %s", s.at, fmt.Sprintf(format, args...))
}

func (s *script) must(err error) {
	s.Helper()
	if err != nil {
		s.fail("%v", err)
	}
}

func (s *script) line(w []string) {
	s.Helper()
	switch verb, rest := w[0], w[1:]; verb {
	case "at":
		s.begin(rest)
	case "from":
		s.number = rest[0]
	case "company":
		s.company = strings.Join(rest, " ")
	case "dials":
		s.lang = prompts.Language(rest[0])
	case "logged":
		s.login = ivr.Caller{Transport: "browser", Contract: directory.ContractID(rest[1]), Language: prompts.Language(rest[2]), CallBack: rest[3]}
	case "given":
		s.given(rest)
	case "hears":
		s.hears(rest)
	case "presses":
		if s.call == nil {
			s.dial(rest[0])
			return
		}
		s.call.typeAhead(rest[0])
	case "waits":
		d, err := time.ParseDuration(rest[0])
		s.must(err)
		time.Sleep(d)
	case "speaks":
		s.speaks(rest)
	case "hangs":
		s.dial()
		s.hangUp(ivr.ErrHungUp)
		s.ends()
	case "an": // engineer accepts
		close(s.world.human.search.accepted)
	case "is":
		if rest[0] == "silent" {
			return // Record ends by itself
		}
		s.ends()
		s.nothingMore()
	case "then":
		s.then(rest)
	default:
		s.fail("a script does not know %q", verb)
	}
}

// begin moves the bubble's clock, which starts at midnight UTC 2000-01-01, and opens the world.
func (s *script) begin(w []string) {
	s.Helper()
	zone, err := time.LoadLocation(w[2])
	s.must(err)
	at, err := time.ParseInLocation("2006-01-02 15:04", w[0]+" "+w[1], zone)
	s.must(err)
	time.Sleep(time.Until(at))
	s.world, err = newWorld(s.ctx, at)
	s.must(err)
	s.lang = prompts.Italian
}

func (s *script) given(w []string) {
	s.Helper()
	switch w[0] {
	case "ticket":
		s.must(s.world.given(s.ctx, w[3], w[1], time.Now()))
	case "engineer":
		s.must(s.world.engineer(s.ctx, w[1:], s.number))
	case "colleague":
		s.must(s.world.colleague(s.ctx, w[1], w[2]))
	case "answers":
		s.world.answers(w[1], w[2])
	case "rota":
		s.must(s.world.rota(s.ctx, w[1], w[2]))
	case "recording":
		s.world.recording(w[1:])
	case "customer":
		s.world.customer = w[1]
	case "step": // of ticket 417, by staff
		s.must(s.world.step(s.ctx, w[1], time.Now()))
	case "human":
		s.world.human.reach = ivr.Reach(strings.ReplaceAll(w[1], "-", " "))
		s.world.human.operator = w[1] == "operator"
	case "mail":
		s.world.mail = true
	case "trouble":
		s.fault = fault(w[1])
	case "notice", "out_of_hours":
		s.must(s.world.known(s.ctx, directory.AnnouncementKind(w[0]), directory.ContractID(w[2]), strings.Join(w[3:], " ")))
	case "fault":
		s.must(s.world.known(s.ctx, directory.OfFault, directory.ContractID(w[2]), strings.Join(w[3:], " ")))
	}
}

// dial begins the call, once. What was typed is there before the first word is said.
func (s *script) dial(typed ...string) {
	if s.call != nil {
		return
	}
	caller := s.login
	caller.ID, caller.Number, caller.At = "call", s.number, time.Now()
	s.call = newCall(caller)
	s.call.fault = s.fault
	for _, keys := range typed {
		s.call.typeAhead(keys)
	}
	s.world.human.heard, s.world.engineers.heard = s.call.heard, s.call.heard
	if s.fault == noHuman {
		s.world.human.fail = errors.New("the rota cannot be read")
	}
	ctx, hangUp := context.WithCancelCause(s.ctx)
	s.hangUp, s.summary = hangUp, make(chan ivr.Summary, 1)
	cfg := ivr.Config{
		Desk: s.world.desk, Human: &s.world.human, NewID: s.world.newID, Language: func(string) prompts.Language { return s.lang },
		Spoken: func(number string) string { return strings.TrimPrefix(number, "+39") }, // the house is in Italy
	}
	cfg.Log, cfg.House = s.world.log, func() string { return s.company }
	if s.fault != "" {
		cfg.Desk = &broken{Desk: s.world.desk, fault: s.fault}
		cfg.Alarm = func(kind alarm.Kind, _ string) { s.call.heard <- "(alarm-" + string(kind) + ")" }
	}
	converse := s.world.console().Before(ivr.Converse)
	go func() { s.summary <- converse(ctx, cfg, s.flow, s.call) }()
}

func (s *script) hears(want []string) {
	s.Helper()
	s.dial()
	for _, w := range want {
		select {
		case got := <-s.call.heard:
			if got = strings.ReplaceAll(got, " ", "-"); got != w {
				s.fail("hears %q, want %q", got, w)
				return
			}
		case <-time.After(5 * time.Minute):
			s.fail("hears nothing, want %q", w)
			return
		}
	}
}

func (s *script) speaks(w []string) {
	s.Helper()
	d, err := time.ParseDuration(w[0])
	s.must(err)
	end := map[string]ivr.RecordEnd{"key": ivr.EndedByKey, "silence": ivr.EndedBySilence, "length": ivr.EndedByLength}[w[1]]
	s.call.speech <- speech{length: d, end: end}
}

// ends waits for the end of the conversation.
func (s *script) ends() {
	s.Helper()
	if s.over || s.call == nil {
		return
	}
	select {
	case s.left = <-s.summary:
		s.over = true
	case <-time.After(time.Hour):
		s.fail("the call does not end")
	}
}

func (s *script) nothingMore() {
	s.Helper()
	select {
	case w := <-s.call.heard:
		s.fail("hears %q after all", w)
	default:
	}
}

func (s *script) finish() {
	if s.hangUp != nil {
		s.hangUp(ivr.ErrHungUp)
		s.ends()
	}
	if s.world != nil && s.world.cover != nil {
		_ = s.world.cover.Stop(s.ctx)
	}
}

func (s *script) then(w []string) {
	s.Helper()
	s.ends()
	if w[0] == "steps" {
		if got := strings.Join(s.left.Steps, " "); got != strings.Join(w[1:], " ") {
			s.fail("the record has the steps %s", got)
		}
		return
	}
	if w[0] == "replaced" {
		s.replaced(strings.Join(w[1:], " "))
		return
	}
	page, err := s.world.store.List(s.ctx, tickets.Filter{})
	s.must(err)
	list, total := page.Items, page.Total
	if w[0] == "no" {
		if total != 0 {
			s.fail("there is ticket %d", list[0].Number)
		}
		return
	}
	if total == 0 {
		s.fail("there is no ticket")
		return
	}
	switch w[0] {
	case "history":
		s.history(list[0].Number, w[1:])
	case "last":
		s.last(list[0].Number, strings.Join(w[1:], " "))
	case "told-staff":
		s.toldStaff(list[0].Number, strings.Join(w[1:], " "))
	default:
		s.compare(list[0], w[1:])
	}
}

// replaced compares the prompts that were replaced.
func (s *script) replaced(want string) {
	s.Helper()
	line := s.world.prompts
	if got := strings.Join(append(line.kept, "nothing")[:max(1, len(line.kept))], " "); got != want {
		s.fail("replaced is %s", got)
	}
	if len(line.lie) > 0 {
		s.fail("the takes %v lie on the disk", line.lie)
	}
}

// last compares the last line of a ticket's history.
func (s *script) last(n tickets.Number, want string) {
	s.Helper()
	events, err := s.world.store.History(s.ctx, n)
	s.must(err)
	e := events[len(events)-1]
	if got := strings.TrimSpace(e.Actor + " " + e.Text); got != want {
		s.fail("the last line is of %q, want %q", got, want)
	}
	if age := time.Since(e.At); age > time.Hour {
		s.fail("the last line is of %s", e.At)
	}
}

// toldStaff looks for words in the line with which a ticket was opened.
func (s *script) toldStaff(n tickets.Number, want string) {
	s.Helper()
	events, err := s.world.store.History(s.ctx, n)
	s.must(err)
	if got := strings.ReplaceAll(events[0].Text, ",", ""); got != want {
		s.fail("staff read %q, want %q", got, want)
	}
}

func (s *script) compare(t tickets.Ticket, want []string) {
	s.Helper()
	is := map[string]string{
		"number": fmt.Sprint(t.Number), "category": string(t.Claim), "level": string(t.Level), "priority": fmt.Sprint(t.Priority),
		"state": string(t.State), "clocks": fmt.Sprint(len(t.Clocks)), "recordings": fmt.Sprint(len(t.Recordings)),
		"caller": t.Caller, "contract": string(t.Contract), "language": t.Language, "assignee": t.Assignee,
	}
	for _, w := range want {
		name, value, _ := strings.Cut(w, "=")
		got, known := is[name]
		if !known || got != value {
			s.fail("the ticket has %s=%s, want %s", name, got, w)
		}
	}
}

func (s *script) history(n tickets.Number, want []string) {
	s.Helper()
	events, err := s.world.store.History(s.ctx, n)
	s.must(err)
	var got []string
	for _, e := range events {
		got = append(got, string(e.Kind))
	}
	if !slices.Equal(got, want) {
		s.fail("the history has %v, want %v", got, want)
	}
}

// Leftover is what a call left behind.
type Leftover struct {
	Summary ivr.Summary
	Tickets []tickets.Ticket // newest first
	History []tickets.Event  // of the oldest one
}

// Abandoned is a call on a Monday at 10 whose caller types keys at once, speaks for 5 s when he is recorded, and hangs
// up after a while. Open opens a ticket of PIN 314159 before. It must be called in a synctest bubble.
type Abandoned struct {
	Keys  string
	Open  sla.Category
	After time.Duration
}

// Run has the call.
func (a Abandoned) Run(t *testing.T, f *ivr.Flow) Leftover {
	t.Helper()
	s := &script{T: t, flow: f, ctx: t.Context()}
	s.begin([]string{"2026-11-23", "10:00", "Europe/Rome"})
	if a.Open != "" {
		s.must(s.world.given(s.ctx, "314159", string(a.Open), time.Now()))
	}
	s.number = "0612345"
	s.dial()
	hung := time.AfterFunc(a.After, func() { s.hangUp(ivr.ErrHungUp) })
	defer hung.Stop()
	for i := range len(a.Keys) {
		s.call.press(a.Keys[i])
	}
	s.call.speech <- speech{length: 5 * time.Second, end: ivr.EndedByKey}
	left := Leftover{Summary: <-s.summary}
	s.hangUp(ivr.ErrHungUp)
	if end := left.Summary.Ending; end != nil && !errors.Is(end, ivr.ErrHungUp) {
		s.fail("the conversation ended with %v", end)
	}
	page, err := s.world.store.List(s.ctx, tickets.Filter{})
	s.must(err)
	left.Tickets = page.Items
	if n := len(left.Tickets); n > 0 {
		left.History, err = s.world.store.History(s.ctx, left.Tickets[n-1].Number)
		s.must(err)
	}
	return left
}
