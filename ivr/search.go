package ivr

import (
	"context"
	"errors"
	"sync"
	"time"

	"hotline/prompts"
	"hotline/sla"
)

// errAccepted is why a step is broken off in its middle: an engineer has pressed accept and waits for the caller.
var errAccepted = errors.New("an engineer has accepted and waits for the caller")

// search is the search for an engineer while the caller still describes the fault. The zero value is no search.
type search struct {
	Search
	step     string // connect, to which the caller is brought
	began    time.Time
	watching sync.WaitGroup
	over     context.CancelCauseFunc // of the steps until then
	joined   bool
}

// searchAhead begins the search for an engineer as soon as there is a blocking ticket, if the steps from next on can only lead to
// a connect step. When an engineer accepts, the step that is under way ends.
func (c *conversation) searchAhead(next string) {
	if c.search != nil || c.ticket.Number == 0 || c.ticket.Category() != sla.Blocking || c.cfg.Human == nil {
		return
	}
	step, v := c.flow.connectAhead(next)
	if v == nil || step == next || v.Ring == ringAfterMessage || !v.open(c) {
		return
	}
	s := &search{Search: c.cfg.Human.Search(c.line, c.call, c.lang, c.ticket), step: step, began: c.call.Now()}
	c.search = s
	c.agrees()
	c.ctx, s.over = context.WithCancelCause(c.line)
	steps := c.ctx
	s.watching.Go(func() {
		select {
		case <-s.Accepted():
			s.over(errAccepted)
		case <-steps.Done():
		}
	})
}

// join brings the caller to the search that is under way, or to one that begins now.
func (c *conversation) join() (Reach, time.Time, error) {
	s := c.search
	if s == nil {
		s = &search{Search: c.cfg.Human.Search(c.line, c.call, c.lang, c.ticket), began: c.call.Now(), over: func(error) {}}
		c.search = s
		c.agrees()
	}
	s.over(nil)
	s.watching.Wait()
	s.joined, c.ctx = true, c.line
	reach, err := s.Join(c.line)
	if !c.gone() {
		c.flush() // keys of the talk and of the waiting answer nothing that follows
	}
	return reach, s.began, err
}

// settleSearch ends a search that the caller never came to, because the caller is gone or the flow broke on the way.
func (c *conversation) settleSearch() error {
	if c.search == nil || c.search.joined {
		return nil
	}
	reach, began, err := c.join()
	if c.gone() {
		return nil
	}
	c.report("searching for an engineer", err)
	if err := c.flow.steps[c.search.step].verb.(*connect).afterwards(c, reach, began); err != nil {
		return err
	}
	return c.say(prompts.P("goodbye"), false)
}

// message tells the search what the engineer may hear of the caller.
func (c *conversation) message(recording string) {
	if c.search != nil {
		c.search.Message(recording)
	}
}

// connectAhead is the connect step to which the steps from name on lead without a choice; nil where they may lead elsewhere.
func (f *Flow) connectAhead(name string) (string, *connect) {
	for range len(f.steps) {
		s := f.steps[name]
		if s == nil {
			return "", nil
		}
		if v, ok := s.verb.(*connect); ok {
			return name, v
		}
		exits := s.verb.exits()
		if len(exits) != 1 {
			return "", nil
		}
		name = exits[0].to
	}
	return "", nil
}

// talkNotice is what a caller hears whose contract has talks recorded.
const talkNotice prompts.ID = "talk-notice"

// tellOfTalk says once that the talk may be recorded, after before and ahead of any join. It says so where the contract has talks
// recorded and the caller has not refused. It counts only if it was sent to its last sample, as with the notice. It tells whether
// anything was said.
func (c *conversation) tellOfTalk(before prompts.Phrase) (said bool, err error) {
	if !c.id.Contract.RecordTalks || c.talkTold || c.refused || c.cfg.Human == nil || c.brokenOff() {
		return false, nil
	}
	c.passSecondHash()
	err = c.call.Say(c.ctx, c.lang, prompts.Join(before, prompts.P(talkNotice)), false)
	if c.brokenOff() {
		return true, context.Cause(c.ctx)
	}
	c.talkTold = err == nil
	c.report("saying that the talk may be recorded", err)
	c.agrees()
	return true, nil
}

// agrees tells the search whether the talk may be recorded.
func (c *conversation) agrees() {
	if c.search != nil {
		c.search.MayRecord(c.talkTold && !c.refused)
	}
}
