package ring

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"hotline/oncall/ring/recorded"
	"hotline/prompts"
	"hotline/tickets"
)

// answer is what a picked-up telephone said by key.
type answer int

const (
	nothing answer = iota // no key in time, or the leg or the caller ended
	mailbox               // a greeting and a beep: no key is waited for any longer
	machine               // a key that a machine may have pressed, and not the code that it was asked for
	accepts
	passes
)

const (
	briefings  = 3               // the brief is spoken once and repeated twice
	breath     = 3 * time.Second // silence between two of them, in which a key is waited for
	maxReplays = 3               // of the caller's message, so that no leg is held for ever
)

// ask speaks the brief until a key comes: 1 accepts, 2 passes, 3 plays the caller's message and asks anew. Who
// has heard that the talk may be recorded refuses that by [recorded.Key], whatever follows. Where a machine may have
// pressed the 1, a code is asked for ([confirmed]), so a mailbox never accepts; and it is not waited for.
func (a *attempt) ask(ctx context.Context, t Telephone, lang prompts.Language) answer {
	heard := listen(ctx, t)
	defer heard.end()
	for range maxReplays + 1 {
		switch a.oneBrief(heard.ctx, t, lang, heard) {
		case '1':
			switch {
			case confirmed(heard.ctx, t, lang, heard):
				return accepts
			case heard.beeped():
				return mailbox
			case heard.ctx.Err() != nil:
				return nothing
			}
			return machine
		case '2':
			return passes
		case '3':
			a.replay(ctx, t, lang)
		default:
			if heard.beeped() {
				return mailbox
			}
			return nothing
		}
	}
	return nothing
}

// oneBrief speaks the brief up to three times and gives the key 1, 2 or 3; 0 when none came within the time after the
// brief's first end.
func (a *attempt) oneBrief(ctx context.Context, t Telephone, lang prompts.Language, heard *listening) byte {
	if a.briefs(ctx, t, lang) != nil {
		return 0
	}
	end := time.Now()
	deadline, soon := end.Add(a.search.Times.Key), min(afterGreeting, a.search.Times.Key)
	within, cancel := context.WithDeadline(ctx, deadline) // cuts a repetition short, and not a key that is down by then
	defer cancel()
	for spoken := 1; ; {
		patience := time.Until(deadline)
		if spoken < briefings {
			patience = min(patience, breath)
		}
		if heard.hasty() {
			patience = time.Until(end.Add(soon))
		}
		for until := time.Now().Add(patience); ; {
			key, err := t.Key(ctx, time.Until(until))
			if err == nil && (key == '1' || key == '2' || (key == '3' && a.ticket)) {
				if key != '1' { // of that one confirmed decides
					heard.keyFrom(t)
				}
				return key
			}
			if err == nil {
				heard.keyFrom(t)
				a.refuses = a.refuses || a.told && key == recorded.Key
			}
			if err != nil && !errors.Is(err, ErrNoKey) {
				return 0
			}
			if err != nil {
				break
			}
		}
		if heard.hasty() && time.Since(end) < soon {
			continue
		}
		if spoken >= briefings || heard.hasty() || a.briefs(within, t, lang) != nil {
			return 0
		}
		spoken++
	}
}

// brief is what an engineer hears first, and what the keys do. An engineer who takes a customer over hears from whom, and what
// else is open.
func (j *job) brief() (subject, keys prompts.Phrase) {
	if from := j.former; from != nil {
		return prompts.Join(prompts.Engineer(string(from.Engineer), from.Name), prompts.P(SayHandsOver), j.subject, j.installed), prompts.Join(j.keys, j.besides)
	}
	if j.request.Busy.waits() {
		return prompts.Join(j.subject, j.installed), j.keys
	}
	return prompts.Join(j.subject, j.installed), prompts.Join(prompts.P(SayDescribing), j.keys)
}

// briefs says the brief. A key cuts it, but not the sentence that the talk may be recorded: whoever accepts has heard that.
func (a *attempt) briefs(ctx context.Context, t Telephone, lang prompts.Language) error {
	subject, keys := a.brief()
	if !a.request.Recording.Runs() {
		return t.Say(ctx, lang, prompts.Join(subject, keys), true)
	}
	if len(subject) > 0 {
		if err := t.Say(ctx, lang, subject, true); err != nil {
			return err
		}
	}
	if a.request.Recording.Runs() { // the caller may have refused meanwhile
		if err := t.Say(ctx, lang, prompts.P(recorded.SayTold), false); err != nil {
			return err
		}
		a.told = true
	}
	return t.Say(ctx, lang, keys, true)
}

// replay plays the caller's latest message, or what there is of it so far.
func (j *job) replay(ctx context.Context, t Telephone, lang prompts.Language) {
	id := ""
	for _, r := range j.request.Ticket.Recordings {
		if r.Kind == tickets.Message {
			id = r.ID
		}
	}
	if j.request.Busy != nil {
		id = cmp.Or(j.request.Busy.Message(), id)
	}
	if id == "" || t.Replay(ctx, id) != nil {
		_ = t.Say(ctx, lang, prompts.P(SayNoMessage), true)
	}
}

// question is a phrase that is said until one of its keys comes.
type question struct {
	says  prompts.Phrase
	keys  string        // 1 accepts
	times int           // it is said, at most
	wait  time.Duration // for a key, each time
	human bool          // who is asked has proven already to be one
}

// ask gives the key; 0 where none came, or the telephone or ctx ended. What is most likely a mailbox is not asked again: heard tells,
// nil where that is no matter. A key that is none of the question's changes nothing. A 1 that a machine may have pressed needs the code.
func (q question) ask(ctx context.Context, t Telephone, lang prompts.Language, heard *listening) byte {
	for range q.times {
		if t.Say(ctx, lang, q.says, true) != nil {
			return 0
		}
		for until := time.Now().Add(q.wait); ; {
			key, err := t.Key(ctx, time.Until(until))
			if errors.Is(err, ErrNoKey) {
				break
			}
			if err != nil {
				return 0
			}
			accepts := key == '1' && strings.Contains(q.keys, "1")
			if accepts && !q.human && !confirmed(ctx, t, lang, heard) {
				return 0
			}
			heard.keyFrom(t)
			if strings.IndexByte(q.keys, key) >= 0 {
				return key
			}
		}
		if heard.hasty() {
			return 0
		}
	}
	return 0
}

// callerGone tells an engineer on the line that the caller whose call ctx is does not wait any more, and offers one key to call back; subject
// is what he has not heard yet. It gives the leg's result for the record.
func (a *attempt) callerGone(ctx context.Context, t Telephone, subject prompts.Phrase) (result string) {
	a.note(t.Context(), tickets.CallerGone, a.Engineer, goneWord(ctx)+"; "+a.Name+" was told")
	call, bare := sayGone(ctx)
	if a.offer(t, prompts.Join(subject, call), prompts.Join(subject, bare)) {
		return resultCalledBack
	}
	return resultGone
}

// sayGone is what an engineer hears of a caller whose call ctx is, and who does not wait any more: with the key to call back, and without.
// Only who has put the receiver down has hung up.
func sayGone(ctx context.Context) (call, bare prompts.Phrase) {
	if cause := context.Cause(ctx); errors.Is(cause, errLeft) || errors.Is(cause, ErrLineLost) {
		return prompts.P(SayCallerAway), prompts.P(SayCallerAwayOnly)
	}
	return prompts.P(SayCallerGone), prompts.P(SayCallerGoneOnly)
}

// offer offers an engineer one key to call the customer; bare is said where the line may not call him, and his number. It
// runs on the engineer's own context: the caller's may have ended.
func (a *attempt) offer(t Telephone, call, bare prompts.Phrase) (called bool) {
	ctx, lang := t.Context(), prompts.Language(a.Language)
	if !a.ticket || a.request.CallBack == "" {
		_ = t.Say(ctx, lang, prompts.Join(bare, a.search.number(a.request.Ticket), prompts.P(SayGoodbye)), false)
		return false
	}
	q := question{says: call, keys: "1", times: briefings - 1, wait: a.search.Times.Key / 2, human: a.human}
	switch {
	case q.ask(ctx, t, lang, nil) == 0:
		_ = t.Say(ctx, lang, prompts.P(SayGoodbye), false)
		return false
	case !a.wins(): // another one calls the customer already
		a.dismiss(t)
		return false
	}
	a.callBack(ctx, t)
	return true
}
