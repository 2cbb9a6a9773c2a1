package tickets

import "time"

// The budgets for wrong PINs and for tickets of unknown callers (PRODUCT, PINs and abuse). A guess finds a contract with at
// most 1 / rarity, so that wrongUnknown + wrongKnown + wrongOwn guesses a day leave more than ten years until one does.
const (
	wrongPerNumber   = 6   // an hour, for each number that is in no contract
	wrongUnknown     = 250 // a day, for all numbers together that are in no contract
	wrongKnown       = 12  // a day, under all known numbers together: beyond, a caller is told of his own contracts' PINs only
	wrongOwn         = 9   // a day, for each customer beyond that: then a PIN still counts, and nobody is told whether it was right
	ticketsPerNumber = 3   // an hour, for each unknown caller number; further calls are bundled
)

// When a customer's numbers are used to guess.
const (
	firstAlarm   = 6                // wrong PINs within a day under the numbers of one customer; again at twice as many
	withoutDelay = 3                // those of one call
	longestDelay = 10 * time.Second // before a PIN is judged
)

// judgement is what a caller is told of the PIN that he keys.
type judgement int

const (
	notAsked judgement = iota // he is in no contract and has keyed too many wrong ones
	told                      // whether it is right
	toldOwn                   // whether it is one of the contracts of the customer whose number he shows
	untold                    // nothing: a right one counts all the same
)

// Budgets counts wrong PINs and unknown callers' tickets over sliding spans. It knows numbers and instants, never a
// digit of a PIN. One goroutine at a time.
type Budgets struct {
	wrong   spans       // of an hour, by caller number in no contract
	unknown []time.Time // of a day, of all numbers in no contract
	known   []time.Time // of a day, of all known numbers, while a PIN of any contract is told
	own     spans       // of a day, by customer, beyond that
	blamed  spans       // of a day, by customer: every wrong PIN
	opened  map[string][]opening
}

// spans are instants by key, oldest first.
type spans map[string][]time.Time

// opening is a ticket of an unknown caller.
type opening struct {
	at     time.Time
	ticket Number
}

// NewBudgets gives fresh budgets.
func NewBudgets() *Budgets {
	return &Budgets{wrong: spans{}, own: spans{}, blamed: spans{}, opened: map[string][]opening{}}
}

// judges is what a caller is told of his next PIN. customer is whose number he shows, empty for an unknown one. Numbers are
// forged, so no count ever keeps a known one from being asked, nor a right PIN from leading to its contract.
func (b *Budgets) judges(number string, customer CustomerID, now time.Time) judgement {
	b.forget(now)
	switch {
	case customer != "" && len(b.known) < wrongKnown:
		return told
	case customer != "" && len(b.own[string(customer)]) < wrongOwn:
		return toldOwn
	case customer != "":
		return untold
	case len(b.wrong[number]) >= wrongPerNumber && number != "", len(b.unknown) >= wrongUnknown:
		return notAsked
	}
	return told
}

// delay is how long the next PIN of a caller waits before it is judged: longer with each wrong one under the numbers of
// the customer.
func (b *Budgets) delay(customer CustomerID, now time.Time) time.Duration {
	b.forget(now)
	wrong := len(b.blamed[string(customer)])
	if customer == "" || wrong < withoutDelay {
		return 0
	}
	return min(time.Second<<min(wrong-withoutDelay, 10), longestDelay)
}

// Spend notes a wrong PIN. alarm is true when so many were keyed under the numbers of a customer that somebody should look.
func (b *Budgets) Spend(number string, customer CustomerID, now time.Time) (alarm bool) {
	b.forget(now)
	if customer == "" {
		if number != "" {
			b.wrong[number] = append(b.wrong[number], now)
		}
		b.unknown = append(b.unknown, now)
		return false
	}
	key := string(customer)
	if len(b.known) < wrongKnown {
		b.known = append(b.known, now)
	} else if len(b.own[key]) < wrongOwn {
		b.own[key] = append(b.own[key], now)
	}
	b.blamed[key] = append(b.blamed[key], now)
	n := len(b.blamed[key])
	return n%firstAlarm == 0 && (n/firstAlarm)&(n/firstAlarm-1) == 0
}

// Bundle gives the tickets that an unknown caller opened within the hour, newest first, once there are so many that his
// further calls are bundled; none while he gets tickets of his own.
func (b *Budgets) Bundle(number string, now time.Time) (into []Number) {
	b.forget(now)
	if len(b.opened[number]) < ticketsPerNumber {
		return nil
	}
	for _, o := range b.opened[number] {
		into = append([]Number{o.ticket}, into...)
	}
	return into
}

// NoteOpened counts a ticket of an unknown caller.
func (b *Budgets) NoteOpened(number string, t Number, now time.Time) {
	b.opened[number] = append(b.opened[number], opening{now, t})
}

// forget drops what lies outside the spans, so that the counts stay small.
func (b *Budgets) forget(now time.Time) {
	hour, day := now.Add(-time.Hour), now.Add(-24*time.Hour)
	b.unknown, b.known = since(b.unknown, day), since(b.known, day)
	b.wrong.forget(hour)
	b.own.forget(day)
	b.blamed.forget(day)
	for number, list := range b.opened {
		for len(list) > 0 && !list[0].at.After(hour) {
			list = list[1:]
		}
		b.opened[number] = list
		if len(list) == 0 {
			delete(b.opened, number)
		}
	}
}

func (s spans) forget(from time.Time) {
	for key, instants := range s {
		s[key] = since(instants, from)
		if len(s[key]) == 0 {
			delete(s, key)
		}
	}
}

func since(instants []time.Time, from time.Time) []time.Time {
	for len(instants) > 0 && !instants[0].After(from) {
		instants = instants[1:]
	}
	return instants
}

// Spending is one entry of a budget that outlasts a restart and that all nodes of a house share.
type Spending struct {
	Place  int64  // of the store; rises with each entry
	Budget string // whose rule it counts for
	Key    string // of a wrong PIN the number that called, of an outgoing call the ticket
	Whose  string // of a wrong PIN the customer who has this number, of an outgoing call the purse that paid
	At     time.Time
	Node   string // which process wrote it
}

// The budgets that are kept.
const (
	BudgetPIN      = "pin"      // wrong PINs
	BudgetOutgoing = "outgoing" // calls placed
)

// spent hands a wrong PIN on to be kept. d.mu is held.
func (d *Desk) spent(number string, customer CustomerID, now time.Time) {
	if d.cfg.Spent != nil {
		d.cfg.Spent(Spending{Budget: BudgetPIN, Key: number, Whose: string(customer), At: now})
	}
}

// Recall counts wrong PINs that a former process or another node has seen, oldest first.
func (d *Desk) Recall(list []Spending) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range list {
		if s.Budget == BudgetPIN {
			d.budgets.Spend(s.Key, CustomerID(s.Whose), s.At)
		}
	}
}

// patience is how long after a chain that ended with nobody it is called again: after the first one, the second and so on.
// One ticket that nobody answers must not use up the calls of the others.
func patience(unanswered int) time.Duration {
	steps := [...]time.Duration{afterChain, 2 * afterChain, 4 * afterChain, 6 * afterChain}
	return steps[min(max(unanswered, 1), len(steps))-1]
}

// CallAgain is when an escalation may call the rota: at once, unless what asked for it is one more chain that ended with
// nobody. Chains count from the last time that the caller, staff or an engineer did something about the ticket. over is true
// when another chain has ended with nobody since: its own escalation goes on, and one ticket has one.
func CallAgain(lines []Event, w Work) (at time.Time, over bool) {
	unanswered := 0
	for _, e := range lines {
		switch e.Kind {
		case Unreached:
			unanswered++
			if over = !at.IsZero(); w.ID == "escalate-"+e.ID {
				at = e.At.Add(patience(unanswered))
			}
		case Accepted, Reopened, Resumed, Assessed, TermsChanged, CalledAgain, CallerGone:
			unanswered = 0
		}
	}
	return at, over
}
