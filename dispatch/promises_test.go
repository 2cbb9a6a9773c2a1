package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"hotline/evosupport"
	"hotline/oncall"
	"hotline/prompts"
	"hotline/sla"
	"hotline/tickets"
)

// said is a sentence at the instant at which it is said, and how everything stands then.
type said struct {
	*witness
	to     string // "caller", or an engineer's id
	lang   prompts.Language
	text   string
	now    time.Time
	ticket tickets.Ticket  // that the call is about; Number 0: none yet
	lines  []tickets.Event // of its history, those that wait for the store included
	blind  bool            // the history cannot be read: the store is down
}

// promise is a sentence that tells of something that is done, or that will be, with what must be true for that.
type promise struct {
	id    prompts.ID
	holds func(s said) bool           // where it is said; nil: always
	later func(t tickets.Ticket) bool // once the call is over, of the ticket that it left; nil: always
}

// promises are all of them. A sentence that is neither here nor among those of asking fails the test.
func promises() []promise {
	return slices.Concat(ofRequests(), ofAnnouncements(), ofOpenTickets(), ofSearches(), ofTheirEnds(), ofEngineers(), ofInstalled(), ofTheConsole())
}

// ofRequests are those about a call without a contract, and about the message.
func ofRequests() []promise {
	onRequest := func(t tickets.Ticket) bool { return t.Number == 0 || t.Level == sla.OnRequest }
	var list []promise
	for _, id := range []prompts.ID{"request-no-pin", "request-unknown", "request-expired", "request-no-access", "request-price"} {
		list = append(list, promise{id, nil, onRequest})
	}
	return append(list,
		promise{"request-locked", nil, func(t tickets.Ticket) bool { return t.Number != 0 }}, // the contract's where the PIN was right
		promise{"callback-offer", func(s said) bool { return s.speaksOf(s.from) }, func(t tickets.Ticket) bool { return t.Number == 0 || t.Caller != "" }},
		promise{"callback-none", nil, func(t tickets.Ticket) bool { return t.Number == 0 || t.Caller == "" }},
		promise{"recording-notice", nil, nil}, // message-kept holds it
		promise{"recording-refused", func(s said) bool { return len(s.ticket.Recordings) == 0 }, func(t tickets.Ticket) bool { return t.Number != 0 && len(t.Recordings) == 0 }},
		promise{"talk-ended", nil, nil}, // ../app/talkends_test.go holds it
		promise{"notice-who", nil, nil}, promise{"notice-data", nil, nil}, promise{"notice-rights", nil, nil}, promise{"notice-no-term", func(s said) bool { return s.keepDays() == 0 }, nil},
		promise{"notice-days", func(s said) bool { return s.speaksOf(fmt.Sprint(s.keepDays())) }, nil},
		promise{"message-kept", func(s said) bool { return len(s.ticket.Recordings) > 0 }, func(t tickets.Ticket) bool { return len(t.Recordings) > 0 }},
		promise{"trouble", nil, func(t tickets.Ticket) bool { return t.Number != 0 }},
		promise{"operator-calling", func(s said) bool { return s.operatorIsThere() }, nil},
		promise{"operator-absent", func(s said) bool { return !s.operatorPicked.Load() }, nil},
	)
}

// ofAnnouncements are those about a ticket that stood there before the call.
func ofAnnouncements() []promise {
	owed := func(kind sla.Kind, over bool) func(said) bool {
		return func(s said) bool {
			k, ok := s.ticket.Owed()
			return ok && k.Kind == kind && !k.Paused && over != k.Due.After(s.now) && s.speaksBy(k.Due)
		}
	}
	stands := func(why sla.Reason) func(said) bool {
		return func(s said) bool {
			k, _ := s.ticket.Owed()
			is, ok := s.ticket.Stands(k)
			return ok && is == why
		}
	}
	list := []promise{
		{"known-fault", func(s said) bool { return len(s.Desk.KnownFaults("rossi", s.now)) > 0 }, nil},
		{"announce-ticket", func(s said) bool { return s.speaksOf(fmt.Sprint(s.ticket.Number)) }, nil},
		{"announce-due", owed(sla.Intervention, false), nil}, {"announce-overdue", owed(sla.Intervention, true), nil},
		{"announce-restore", owed(sla.Restore, false), nil}, {"announce-restore-overdue", owed(sla.Restore, true), nil},
		{"announce-received", func(s said) bool { return s.now.Sub(s.ticket.OpenedAt) > 10*time.Hour }, nil},
		{"announce-stands-customer", stands(sla.ForCustomer), nil}, {"announce-stands-access", stands(sla.NoAccess), nil},
		{"announce-stood", func(s said) bool { k, _ := s.ticket.Owed(); return s.ticket.Stood(k) }, nil},
	}
	for _, st := range []tickets.State{tickets.Open, tickets.Assigned, tickets.InProgress, tickets.Waiting} {
		list = append(list, promise{prompts.ID("announce-" + string(st)), func(s said) bool { return s.ticket.State == st }, nil})
	}
	return list
}

// ofOpenTickets are those of the read-out.
func ofOpenTickets() []promise {
	number := func(s said) bool { return s.ticket.Number != 0 && s.speaksOf(fmt.Sprint(s.ticket.Number)) }
	owed := func(s said) bool { return s.ticket.State.Live() && s.ticket.State != tickets.Waiting }
	reachable := func(s said) bool { return owed(s) && (s.ticket.Caller != "" || len(s.ticket.Recordings) > 0) }
	return []promise{
		{"readout-ticket", number, nil}, {"readout-again", number, nil}, {"after-talk", number, nil},
		{"readout-added", func(s said) bool { return number(s) && s.has(tickets.CalledAgain) }, nil},
		{"readout-intervention", func(s said) bool { return owed(s) && s.runs(sla.Intervention) }, nil},
		{"readout-soon", reachable, nil},
		{"readout-closed", func(s said) bool {
			own, err := s.Desk.Entitlement("")
			at, never := own.Hours.NextOpen(s.now)
			return reachable(s) && err == nil && never == nil && !own.Hours.Open(s.now) && s.speaksBy(at)
		}, nil},
		{"readout-no-clock", func(s said) bool { return owed(s) && !s.runs(sla.Intervention) }, nil},
		{"next-step", func(s said) bool { return s.ticket.State.Live() }, nil},
	}
}

// ofSearches are those that a caller hears while somebody is searched for him.
func ofSearches() []promise {
	return []promise{
		{"searching", func(s said) bool { return s.searched() }, nil}, {"calling-meanwhile", func(s said) bool { return s.ticket.Category() == sla.Blocking && !s.nobodyOnDuty() && !s.outside() }, nil},
		{"leave-key", func(s said) bool { return s.searched() && !s.callerGone() }, nil},
		{"still-searching", func(s said) bool {
			return s.searched() && (!s.App.Dispatcher().Active().Accepted(s.ticket.Number) || s.lastOf(tickets.Accepted, tickets.LegLost) == tickets.LegLost)
		}, nil},
		{prompts.Connected, func(s said) bool {
			accepted := s.lastOf(tickets.Accepted, tickets.AcceptUndone) == tickets.Accepted && s.App.Dispatcher().Active().Accepted(s.ticket.Number)
			return s.operatorPicked.Load() || accepted
		}, nil},
		{"engineer-lost", func(s said) bool { return s.has(tickets.LegLost) && s.searched() }, nil},
	}
}

// ofTheirEnds are those of a search that ended without a talk. Whatever was promised, the rota is called again.
func ofTheirEnds() []promise {
	settled := func(why tickets.Needless) func(said) bool {
		return func(s said) bool { return s.opened.Needless(s.ticket) == why }
	}
	return []promise{
		{"unreached", func(s said) bool { return s.has(tickets.Rang) && s.has(tickets.Unreached) }, nil},
		{"unrung", func(s said) bool { return !s.rang() }, nil},
		{"rota-gap", func(s said) bool { return s.has(tickets.RotaGap) && s.nobodyOnDuty() }, nil},
		{"informed", func(s said) bool { return s.lettered() }, nil},
		{"call-back-by", func(s said) bool { return (s.runs(sla.Contact) || s.runs(sla.Intervention)) && s.willRing() }, nil},
		{"call-back-soon", func(s said) bool { return s.ticket.State.Live() && s.willRing() }, nil},
		{"stopped-taken", settled(tickets.TakenCharge), nil}, {"stopped-contact", settled(tickets.InContact), nil},
		{"stopped-assessed", settled(tickets.NotBlocking), nil}, {"stopped-waiting", settled(tickets.AnswerOwed), nil},
		{"stopped-restored", func(s said) bool { return s.ticket.State == tickets.Restored }, nil},
		{"stopped-closed", func(s said) bool { return s.ticket.State == tickets.Closed || s.ticket.State == tickets.NotRequest }, nil},
		{"out-of-hours", func(s said) bool { return s.outside() && s.runs(sla.Intervention) && s.willRing() }, nil},
		{"after-hours-price", func(s said) bool { return s.outside() }, nil},
	}
}

// ofEngineers are those that engineers hear.
func ofEngineers() []promise {
	mine := func(s said) bool { return s.ticket.Assignee == s.to && s.ticket.State == tickets.Assigned }
	return []promise{
		{"passed", func(s said) bool {
			attempts, _ := s.onDuty()
			return slices.ContainsFunc(attempts, func(a oncall.Attempt) bool { return string(a.Engineer) != s.to })
		}, nil},
		{"alarm-soon", nil, nil}, {"alarm-late", nil, nil}, // bulletin/bulletin_test.go holds them
		{"describing", func(s said) bool { return !s.callerGone() && !s.has(tickets.Told) }, nil},
		{"call-back-keys", func(s said) bool {
			_, waits := tickets.PromisedCallBack(s.lines)
			return waits && s.ticket.State.Live()
		}, nil},
		{"no-message", func(s said) bool { return len(s.ticket.Recordings) == 0 }, nil},
		{"caller-gone", func(s said) bool { return s.callerGone() && !s.asksForCall() }, nil}, {"caller-gone-only", func(s said) bool { return s.callerGone() && !s.asksForCall() }, nil},
		{"caller-away", func(s said) bool { return s.callerGone() || s.asksForCall() }, nil}, {"caller-away-only", func(s said) bool { return s.callerGone() || s.asksForCall() }, nil},
		{"called-off", func(s said) bool { return s.opened.Needless(s.ticket) != "" }, nil},
		{"ticket-yours", mine, nil}, {"ticket-yours-only", mine, nil}, {"callback-failed", mine, nil},
		{"customer-number", func(s said) bool { return s.speaksOf(s.plan.Spoken(s.ticket.Caller)) }, nil},
		{"calling-back", func(s said) bool { return s.lastOf(tickets.Accepted, tickets.AcceptUndone) == tickets.Accepted }, nil},
	}
}

// ofTheConsole are those that an engineer hears who works by telephone.
func ofTheConsole() []promise {
	in := func(st tickets.State) func(said) bool { return func(s said) bool { return s.ticket.State == st } }
	talks := func(s said) bool { return s.lastOf(tickets.Accepted, tickets.AcceptUndone) == tickets.Accepted }
	list := []promise{
		{"console-done-take", func(s said) bool { return s.ticket.Assignee == s.to && s.ticket.State == tickets.Assigned }, nil},
		{"console-done-intervention", in(tickets.InProgress), nil}, {"console-done-waiting", in(tickets.Waiting), nil},
		{"console-done-resume", func(s said) bool { return s.lastOf(tickets.WaitingFor, tickets.Resumed) == tickets.Resumed }, nil},
		{"console-done-restored", in(tickets.Restored), nil}, {"console-noted", func(s said) bool { return s.has(tickets.Recorded) }, nil},
		{"asking-third", talks, nil}, {"help-asked", talks, nil}, {"hands-over", talks, nil}, {"second-wanted", talks, nil},
		{"console-call-over", func(s said) bool { return s.has(tickets.TalkEnded) }, nil},
		{"console-no-answer", func(s said) bool { return s.has(tickets.Rang) }, nil},
		{"confirm-closed", in(tickets.Closed), nil}, {"confirm-open", in(tickets.Open), nil}, {"confirm-question", func(s said) bool { return s.has(tickets.RestoredAt) }, nil},
		{"record-heard", nil, nil}, {"record-kept", nil, nil}, // a conversation holds them: there is no ticket
		{"console-cover-asks", nil, nil}, {"cover-found", nil, nil}, {"console-on-call-you", nil, nil}, {"hand-over-yours", nil, nil}, // the conversations hold them
	}
	for _, k := range sla.Kinds() {
		list = append(list, promise{prompts.ID("console-due-" + string(k)), func(s said) bool { return s.runs(k) }, nil})
	}
	return list
}

// ofInstalled are those about what stands at the customer's.
func ofInstalled() []promise {
	stands := func(holds func(i evosupport.Standing) bool) func(said) bool {
		return func(s said) bool {
			all, err := evosupport.Standings(context.Background(), s.Store, s.Desk.Book().Contracts, s.ticket.Contract, func() time.Time { return s.now })
			return err == nil && len(all) == 1 && holds(all[0])
		}
	}
	return []promise{
		{"brief-version", stands(func(evosupport.Standing) bool { return true }), nil},
		{"brief-newest", stands(func(i evosupport.Standing) bool { return i.Lags }), nil},
		{"brief-is-newest", stands(func(i evosupport.Standing) bool { return !i.Lags && i.Newest == i.Release }), nil},
		{"brief-entitled", stands(func(i evosupport.Standing) bool { return i.Entitled }), nil},
		{"brief-not-entitled", stands(func(i evosupport.Standing) bool { return !i.Entitled }), nil},
	}
}

// asking are the sentences that greet, ask, or name something, and promise nothing.
func asking() []prompts.ID {
	var letters []prompts.ID
	for l := 'a'; l <= 'z'; l++ {
		letters = append(letters, prompts.ID("letter-"+string(l)))
	}
	return append(letters, []prompts.ID{
		"welcome", "language-offer", "language-offer-2", "language-offer-3", "language-offer-4", "language", "enter-pin", "pin-wrong-1", "pin-wrong-2", "callback-choose", "callback-enter", "callback-short", "callback-read",
		"callback-confirm", "announce-add", "menu", "menu-others", "menu-short", "wrong-key", "no-key", "menu-given-up", "operator-brief", "describe", "describe-add",
		"recorded-menu", "recording-offer", "talk-notice", "talk-told", "no-speech", "too-long", "brief-keys", "point", "confirm-code", "test-call", "test-passed", "bulletin-installation", "bulletin-installations", "bulletin-alerts", "bulletin-keys", "bulletin-step", "bulletin-taken",
		"alarm-keys", "alarm-contact", "alarm-intervention", "alarm-restore", "a-customer", "a-colleague", "a-contract", "ticket", "level-professional", "level-advanced", "level-extended", "level-on_request",
		"category-blocking", "category-non_blocking", "category-question", "category-change", "category-feature", "name-rossi-s-p-a", "name-verdi-s-r-l",
		"name-bianchi-s-n-c", "goodbye",
		"console-pin", "console-pin-caller", "console-pin-wrong", "console-pin-over", "console-hello", "console-as-caller", "console-key-next", "console-key-number",
		"console-key-caller", "console-key-again", "console-key-account", "console-key-recordings", "console-key-take", "console-key-intervention", "console-key-waiting",
		"console-key-resume", "console-key-restored", "console-key-note", "console-key-on", "console-key-back", "console-refused", "console-state-open", "console-state-assigned",
		"console-state-in_progress", "console-state-waiting", "console-state-restored", "console-state-closed", "console-state-not_request", "console-yours", "console-others",
		"console-over-contact", "console-over-intervention", "console-over-restore", "console-stands-customer", "console-stands-remote_access", "console-stands-closed",
		"console-recordings", "console-last-note", "console-recording", "console-no-recordings", "console-no-sound", "console-enter-number", "console-no-ticket",
		"console-none-open", "console-from-first", "console-dictate", "console-no-note", "console-moment", "console-trouble", "console-key-reach", "console-enter-time", "console-no-time", "console-away", "console-key-return", "console-returned", "console-talk", "console-talk-back", "console-hand-over", "handing-over", "handed-over", "not-handed-over", "console-add-third", "no-third",
		"console-key-shifts", "console-key-who", "console-key-take-shift", "console-key-cover", "console-key-hand-over", "console-not-on-call", "hand-over-asks", "console-on-call", "console-on-call-nobody", "console-on-call-next", "console-on-call-gap",
		"console-until", "console-shift-of", "console-shift-free", "console-from", "console-key-take-it", "console-no-shift", "console-no-own-shift",
		"console-shift-changed", "console-shift-absent", "console-your-shift", "console-key-ask", "console-cover-asked", "console-cover-nobody",
		"console-blocking", "console-no-blocking", "confirm-restored", "cover-asks", "cover-keys", "cover-not-found", "cover-heard", "console-key-call", "console-no-customer",
		"talk-refuse", "record-denied", "record-it", "record-en", "record-de", "record-fr", "record-es", "record-number", "record-number-next", "record-none", "record-prompt", "record-speak",
		"record-raised", "record-lowered", "record-cut", "record-keep", "record-again", "record-next", "record-listen", "record-other", "record-leave",
		"record-quiet", "record-loud", "record-long", "record-short", "record-full",
	}...)
}

// speaksOf tells whether a sentence names figures.
func (s said) speaksOf(figures string) bool {
	return figures != "" && strings.Contains(s.text, figures)
}

// keepDays is for how many days recordings of the ticket's contract are kept; 0: without a term.
func (s said) keepDays() int {
	return s.Desk.Book().Contracts.At(s.ticket.Contract).KeepDays
}

// speaksBy tells whether a sentence names an instant, in the zone of the contract.
func (s said) speaksBy(due time.Time) bool {
	terms, err := s.Desk.Entitlement(s.ticket.Contract)
	if err != nil {
		return false
	}
	zone := terms.Hours.Zone()
	return strings.Contains(s.text, s.books[s.lang].Text(prompts.When(due.In(zone), s.now.In(zone))))
}

// runs tells whether a clock of the ticket runs, and whether the sentence names its end.
func (s said) runs(kind sla.Kind) bool {
	return slices.ContainsFunc(s.ticket.Clocks, func(k sla.Clock) bool { return k.Kind == kind && k.Runs() && k.Due.After(s.now) && s.speaksBy(k.Due) })
}

func (s said) has(kind tickets.EventKind) bool {
	return slices.ContainsFunc(s.lines, func(e tickets.Event) bool { return e.Kind == kind && !e.At.Before(s.began) })
}

// lastOf is the kind of the last line of one of these kinds.
func (s said) lastOf(kinds ...tickets.EventKind) tickets.EventKind {
	for _, e := range slices.Backward(s.lines) {
		if slices.Contains(kinds, e.Kind) {
			return e.Kind
		}
	}
	return ""
}

// outside tells whether the contract's hours are over.
func (s said) outside() bool {
	terms, err := s.Desk.Entitlement(s.ticket.Contract)
	return err == nil && !terms.Hours.Open(s.now)
}

// willRing tells whether the rota is called for the ticket once the caller is gone: by work in the store, or with a change
// that waits for the store.
func (s said) willRing() bool {
	if s.Desk.Waiting() > 0 {
		return true
	}
	return slices.ContainsFunc(s.Store.Waiting(), func(w tickets.Work) bool {
		return w.Kind == tickets.WorkEscalate && w.Ticket == s.ticket.Number && tickets.Escalation(s.ticket, s.lines, w) != tickets.Settled
	})
}

// lettered tells whether a letter that nobody was reached stands in the store for a line of this call, or has left it.
func (s said) lettered() bool {
	lines, err := s.Store.History(context.Background(), s.ticket.Number)
	return err == nil && slices.ContainsFunc(lines, func(e tickets.Event) bool {
		if e.Update() != tickets.UpdateUnreached || e.At.Before(s.began) {
			return false
		}
		return slices.ContainsFunc(s.Store.Waiting(), func(w tickets.Work) bool { return w.Facts[tickets.FactLine] == e.ID }) ||
			slices.ContainsFunc(lines, func(o tickets.Event) bool { return o.Kind == tickets.Notified && o.Facts[tickets.FactLine] == e.ID })
	})
}

// onDuty is whom the rota names now, and whether it has a gap.
func (s said) onDuty() ([]oncall.Attempt, bool) {
	ctx := context.Background()
	rota, unread := s.Store.Rota(ctx)
	engineers, unknown := s.Store.Engineers(ctx)
	attempts, gap, err := oncall.Plan(rota, engineers, s.now)
	if err := errors.Join(unread, unknown, err); err != nil {
		s.Error(err)
	}
	return attempts, gap
}

func (s said) nobodyOnDuty() bool {
	_, gap := s.onDuty()
	return gap
}
