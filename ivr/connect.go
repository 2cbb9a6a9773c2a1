package ivr

import (
	"slices"
	"strconv"
	"time"

	"hotline/directory"
	"hotline/prompts"
	"hotline/sla"
	"hotline/strictyaml"
	"hotline/tickets"
)

// connect finds an engineer for a blocking ticket, inside the contract's hours. Outside them nobody is rung, unless the contract
// says after_hours: ring and the caller accepts the price. Other tickets skip this step.
type connect struct {
	Do    string        `yaml:"do"`
	Ring  string        `yaml:"ring"` // at once (default): the telephones ring while the caller still speaks; after message
	Price prompts.ID    `yaml:"price"`
	Wait  time.Duration `yaml:"wait"`
	Next  string        `yaml:"next"`
}

// When the telephones begin to ring for a caller inside the contract's hours.
const (
	ringAtOnce       = "at once"
	ringAfterMessage = "after message"
)

func (v *connect) exits() []exit { return []exit{{field: "next", to: v.Next}} }

func (v *connect) prompts() []prompts.ID {
	list := []prompts.ID{v.Price, "out-of-hours", "unreached", "unrung", "rota-gap", "informed", "call-back-by", "call-back-soon", "after-talk", "next-step", talkNotice}
	for _, why := range calledOff() {
		list = append(list, "stopped-"+prompts.ID(why))
	}
	return list
}

// calledOff are the reasons for which a search ends without anybody: the caller hears each in words.
func calledOff() []tickets.Needless {
	return []tickets.Needless{
		tickets.TakenCharge, tickets.InContact, tickets.NotBlocking, tickets.AnswerOwed, tickets.ServiceBack, tickets.TicketEnded,
	}
}

func (v *connect) longest() time.Duration { return 10 * time.Minute }
func (v *connect) waits() bool            { return true }

func (v *connect) check() []strictyaml.Complaint {
	out := times(waitTime{"wait", v.Wait})
	if v.Ring != "" && v.Ring != ringAtOnce && v.Ring != ringAfterMessage {
		out = append(out, strictyaml.Complaint{Field: "ring", Problem: "telephones that ring " + strconv.Quote(v.Ring), Remedy: "write " + ringAtOnce + ", or " + ringAfterMessage})
	}
	return out
}

func (v *connect) run(c *conversation) (string, error) {
	if c.ticket.Category() != sla.Blocking {
		return v.Next, nil
	}
	if c.search == nil {
		ring, err := v.mayRing(c)
		if err != nil || !ring {
			return v.Next, err
		}
	}
	reach, began := Impossible, c.call.Now()
	if c.cfg.Human != nil {
		_, err := c.tellOfTalk(nil) // whom an accept has broken off is joined at once
		if c.gone() {
			return "", err
		}
		reach, began, err = c.join()
		if c.gone() {
			return "", err
		}
		c.report("searching for an engineer", err)
	}
	return v.Next, v.afterwards(c, reach, began)
}

// open tells whether the rota is called now without a question: inside the hours of the contract, or of the owner.
func (v *connect) open(c *conversation) bool {
	terms, err := c.cfg.Desk.Entitlement(c.hoursOf())
	return err == nil && terms.Hours.Open(c.call.Now())
}

// hoursOf is the contract in whose hours engineers are rung. It is empty where the caller must not hear that a PIN was right.
// That caller is treated like one without a PIN, so outside the owner's hours the call-out begins without the caller.
func (c *conversation) hoursOf() directory.ContractID {
	if c.undisclosed.Known() {
		return ""
	}
	return c.ticket.Contract
}

// saysWhen tells whether the caller will hear at once that nobody is called now, and by when somebody acts.
func (v *connect) saysWhen(c *conversation) bool {
	terms, err := c.cfg.Desk.Entitlement(c.ticket.Contract)
	if err != nil || c.ticket.Category() != sla.Blocking || terms.AfterHours == directory.AfterHoursRing || terms.Hours.Open(c.call.Now()) {
		return false
	}
	_, ok := c.due(c.ticket, sla.Intervention)
	return ok
}

// mayRing tells whether the rota is called now, and tells the caller when it is not.
func (v *connect) mayRing(c *conversation) (bool, error) {
	terms, err := c.cfg.Desk.Entitlement(c.hoursOf())
	if err != nil {
		c.report("reading the contract's hours", err)
		return true, nil // in doubt somebody is woken
	}
	switch {
	case terms.Hours.Open(c.call.Now()):
		return true, nil
	case terms.AfterHours == directory.AfterHoursRing:
		c.flush() // a key pressed before the price was said accepts none
		k, err := c.choice(prompts.P(v.Price), "1", v.Wait, 2)
		if err != nil || k == '1' {
			if k == '1' {
				c.told("a call outside the hours has its price; the caller pressed 1", map[string]string{tickets.FactNight: "accepted"})
			}
			return k == '1', err
		}
	}
	now := c.standing()
	due, ok := c.due(now, sla.Intervention)
	if !ok { // the read-out has said already that somebody calls back as soon as possible
		return false, nil
	}
	if err := c.say(prompts.Join(prompts.P("out-of-hours"), c.when(c.ticket.Contract, due)), true); err != nil {
		return false, err
	}
	c.told("outside the hours: "+c.inWords(now), nil)
	return false, nil
}

// afterwards says what comes next: after a talk the number, otherwise by when the caller is called back.
func (v *connect) afterwards(c *conversation, r Reach, began time.Time) error {
	now := c.standing()
	if r == Talked {
		return c.say(prompts.Join(prompts.P("after-talk"), digits(c.ticket.Number), prompts.P(afterTalk(now))), true)
	}
	if r == Left {
		return v.callBack(c, nil, "the caller did not wait for an engineer")
	}
	if why := v.settled(c.ticket, now, r); why != "" {
		c.told("why nobody is called any more: "+string(why), nil)
		return c.say(prompts.Join(prompts.P("stopped-"+prompts.ID(why)), prompts.P("after-talk"), digits(c.ticket.Number)), true)
	}
	phrase, told := prompts.P(v.why(r)), "nobody was reached"
	if c.cfg.Desk.Informed(c.after(), c.ticket.Number, began) {
		phrase, told = append(phrase, prompts.P("informed")...), told+"; the person in charge is informed"
	}
	return v.callBack(c, phrase, told)
}

// callBack says phrase, and then by when the caller is called back. A caller who has not heard the whole read-out before hears
// the ticket's number again.
func (v *connect) callBack(c *conversation, phrase prompts.Phrase, told string) error {
	now := c.standing()
	due, ok := c.due(now, sla.Contact)
	if !ok {
		due, ok = c.due(now, sla.Intervention)
	}
	by, promise := prompts.P("call-back-soon"), "as soon as possible"
	if ok {
		by, promise = prompts.Join(prompts.P("call-back-by"), c.when(c.ticket.Contract, due)), "by "+due.UTC().Format(time.RFC3339)
	}
	phrase = append(phrase, by...)
	if c.search != nil && c.search.step != "" {
		phrase = prompts.Join(phrase, prompts.P("after-talk"), digits(c.ticket.Number))
	}
	if err := c.say(phrase, true); err != nil {
		return err
	}
	c.told(told+"; called back "+promise, nil)
	return nil
}

// settled is why nobody is called any more: by the search, or by what staff have just done. Whether somebody has the ticket only
// the search may say, since that may be the engineer whose line was lost.
func (v *connect) settled(was, now tickets.Ticket, r Reach) tickets.Needless {
	if why := tickets.Needless(r); slices.Contains(calledOff(), why) {
		return why
	}
	switch why := was.Needless(now); why {
	case tickets.NotBlocking, tickets.AnswerOwed, tickets.ServiceBack, tickets.TicketEnded:
		return why
	}
	return ""
}

// afterTalk is what follows a talk: what staff or the engineer did meanwhile may have ended the ticket.
func afterTalk(now tickets.Ticket) prompts.ID {
	switch {
	case now.State == tickets.Restored:
		return "stopped-restored"
	case !now.State.Live():
		return "stopped-closed"
	}
	return "next-step"
}

// why is the prompt that says why nobody comes to the line. "Nobody answered" is said only if somebody was rung.
func (v *connect) why(r Reach) prompts.ID {
	switch r {
	case NoRota:
		return "rota-gap"
	case Impossible:
		return "unrung"
	}
	return "unreached"
}
