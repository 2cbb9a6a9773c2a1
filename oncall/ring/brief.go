package ring

import (
	"context"
	"strconv"
	"strings"
	"time"

	"hotline/prompts"
	"hotline/sla"
	"hotline/tickets"
)

// The sentences of a search, by their names in the catalogue.
const (
	SaySearching      prompts.ID = "searching"       // caller: an engineer is being called
	SayStillSearching prompts.ID = "still-searching" // caller: over the music
	SayLeaveKey       prompts.ID = "leave-key"       // caller: 1 to be called back instead of waiting
	SayEngineerLost   prompts.ID = "engineer-lost"   // caller: the engineer's line dropped
	SayDescribing     prompts.ID = "describing"      // engineer: the customer is still describing the fault
	SayBriefKeys      prompts.ID = "brief-keys"      // engineer: 1 accepts, 2 passes, 3 plays the message
	SayVersion        prompts.ID = "brief-version"   // engineer: what is installed, and what follows of it
	SayNewest         prompts.ID = "brief-newest"
	SayIsNewest       prompts.ID = "brief-is-newest"
	SayEntitled       prompts.ID = "brief-entitled"
	SayNotEntitled    prompts.ID = "brief-not-entitled"
	SayConfirmCode    prompts.ID = "confirm-code"   // engineer: the two digits to press now, which follow
	SayCallBackKeys   prompts.ID = "call-back-keys" // engineer: the customer is to be called back; 1 connects, 2 passes, 3 plays the message
	SayTestCall       prompts.ID = "test-call"      // engineer: this is a test call, 1 proves the telephone
	SayTestPassed     prompts.ID = "test-passed"    // engineer: it is proven
	SayPassed         prompts.ID = "passed"         // engineer
	SayNoMessage      prompts.ID = "no-message"     // engineer: the caller left none
	SayCallerGone     prompts.ID = "caller-gone"    // engineer: the caller hung up, 1 calls back
	SayCallerGoneOnly prompts.ID = "caller-gone-only"
	SayCallerAway     prompts.ID = "caller-away" // engineer: the line was lost, or the caller asked to be called back; 1 calls back
	SayCallerAwayOnly prompts.ID = "caller-away-only"
	SayCalledOff      prompts.ID = "called-off"   // engineer: somebody has it in hand, or it is no request any more
	SayYours          prompts.ID = "ticket-yours" // engineer: accepted without a caller on the line, 1 calls the customer
	SayYoursOnly      prompts.ID = "ticket-yours-only"
	SayCustomerNumber prompts.ID = "customer-number" // engineer: a number that the line does not dial for him
	SayCallingBack    prompts.ID = "calling-back"
	SayNoAnswer       prompts.ID = "callback-failed"
	SayNoCall         prompts.ID = "console-no-customer" // engineer: the line could not ring the customer
	SayHandingOver    prompts.ID = "handing-over"        // engineer who waits: a colleague is rung
	SayHandedOver     prompts.ID = "handed-over"
	SayNotHandedOver  prompts.ID = "not-handed-over"
	SayAskingThird    prompts.ID = "asking-third"     // engineer: a colleague is rung, and the customer is on the line meanwhile
	SayNoThird        prompts.ID = "no-third"         // engineer in the talk: no colleague has accepted
	SayHelpAsked      prompts.ID = "help-asked"       // engineer: a colleague, whose name stands before it, asks for help with the ticket that follows
	SaySecondWanted   prompts.ID = "second-wanted"    // engineer: a colleague talks to the customer, and a second one is wanted
	SayHandsOver      prompts.ID = "hands-over"       // engineer: a colleague, whose name stands before it, hands the customer of the ticket that follows over
	SayBlocking       prompts.ID = "console-blocking" // engineer: how many blocking tickets are open, which follow
	SayNoBlocking     prompts.ID = "console-no-blocking"
	SayGoodbye        prompts.ID = "goodbye"
	SayOperatorBrief  prompts.ID = "operator-brief" // operator: a caller for you, 1 accepts, 2 passes
)

// number says twice on which number the customer can be called back; nothing where none is known.
func (s *Search) number(t tickets.Ticket) prompts.Phrase {
	digits := strings.TrimPrefix(s.Spoken(t.Caller), "+")
	if len(digits) < 3 || strings.Trim(digits, "0123456789") != "" {
		return nil
	}
	once := prompts.Join(prompts.P(SayCustomerNumber), prompts.Digits(digits))
	return prompts.Join(once, prompts.Pause(time.Second), once)
}

// Subject is what an engineer hears at once: who, which level, which category, which ticket.
func Subject(t tickets.Ticket) prompts.Phrase {
	p := prompts.Phrase{{Kind: prompts.Name, ID: prompts.ID(t.Customer), Text: t.Name}}
	level := t.Level
	if level == "" {
		level = sla.OnRequest
	}
	p = append(p, prompts.Level(string(level))...)
	if c := t.Category(); c.Valid() {
		p = append(p, prompts.P(prompts.ID("category-"+string(c)))...)
	}
	p = append(p, prompts.P("ticket")...)
	return append(p, prompts.Digits(strconv.FormatInt(int64(t.Number), 10))...)
}

// Installed is which version stands at the customer's, beside what is published.
type Installed struct {
	Release, Newest string // Newest is empty where nothing was published
	Entitled        bool   // the contract entitles to the newest one
}

// betweenVersions is the silence that ends a number.
const betweenVersions = 250 * time.Millisecond

// longestVersion is how many numbers of a version are said.
const longestVersion = 4

// version says the name of a version in numbers, such as 8.1; nothing where it is no such name: it would not be understood.
func version(name string) prompts.Phrase {
	var p prompts.Phrase
	parts := strings.Split(name, ".")
	for i, part := range parts {
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil || len(parts) > longestVersion || part != strconv.FormatUint(n, 10) {
			return nil
		}
		if i > 0 {
			p = append(p, prompts.P("point")...)
		}
		p = append(p, prompts.Number(int(n))...)
	}
	return p
}

// atOnce is how long the store may take to tell what is installed: nobody is rung later for it.
const atOnce = 300 * time.Millisecond

// installed says what stands at the customer's.
func (s *Search) installed(ctx context.Context, t tickets.Ticket) prompts.Phrase {
	if s.Installed == nil || t.Contract == "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, atOnce)
	defer cancel()
	if i, ok := s.Installed(ctx, t); ok {
		return i.Phrase()
	}
	return nil
}

// Phrase says it; nothing where a version cannot be said.
func (i Installed) Phrase() prompts.Phrase {
	stands, newest := version(i.Release), version(i.Newest)
	switch {
	case stands == nil || i.Newest != "" && newest == nil:
		return nil
	case i.Newest == "":
		return prompts.Join(prompts.P(SayVersion), stands)
	case i.Newest == i.Release:
		return prompts.Join(prompts.P(SayVersion), stands, prompts.Pause(betweenVersions), prompts.P(SayIsNewest))
	}
	entitled := SayNotEntitled
	if i.Entitled {
		entitled = SayEntitled
	}
	return prompts.Join(prompts.P(SayVersion), stands, prompts.Pause(betweenVersions), prompts.P(SayNewest), newest, prompts.Pause(betweenVersions), prompts.P(entitled))
}
