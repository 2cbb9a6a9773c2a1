package dialplan

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"hotline/budgets"
	"hotline/config"
	"hotline/oncall/ring"
	"hotline/tickets"
)

// Shares of a cap.
const (
	internalFactor = 10 // telephones of the house cost nothing: so many times as many calls, counted by themselves
	alarmShare     = 2  // half of a cap is spent: somebody should look before nobody is rung any more
	reserveShare   = 3  // the last third of an hour's calls is for tickets that had no chain yet ...
	chainCalls     = 4  // ... which is so many calls, or ...
	chainShare     = 15 // ... where more may be placed this share of them
)

// account is a budget that nobody else's calls are paid from.
type account struct {
	budget ring.Budget
	own    bool // telephones of the house
}

// key names a account in the store.
func (p account) key() string {
	if p.own {
		return string(p.budget) + " own"
	}
	return string(p.budget)
}

// placement is one call.
type placement struct {
	at     time.Time
	ticket tickets.Number // 0: of none
}

// caps counts the calls of the last day. Safe for concurrent use.
type caps struct {
	limits config.Outgoing
	alarm  func(text string)
	spent  func(budgets.Spending)

	mu     *sync.Mutex
	placed map[account][]placement // oldest first
	warned map[string]bool         // by account and span: said, and not yet far below
}

func newCaps(l config.Outgoing, alarm func(string), spent func(budgets.Spending)) caps {
	c := caps{limits: l, alarm: alarm, spent: spent, mu: &sync.Mutex{}, placed: map[account][]placement{}, warned: map[string]bool{}}
	if c.alarm == nil {
		c.alarm = func(string) {}
	}
	if c.spent == nil {
		c.spent = func(budgets.Spending) {}
	}
	return c
}

// cap is what a account may spend in an hour and in a day, and the fields that say so.
func (c *caps) cap(p account) (hour, day int, field string) {
	hour, day, field = c.limits.PerHour, c.limits.PerDay, "outgoing.per_hour and per_day"
	if p.budget != ring.UnderContract {
		hour, day, field = c.limits.RequestPerHour, c.limits.RequestPerDay, "outgoing.request_per_hour and request_per_day"
	}
	if p.own {
		hour, day = hour*internalFactor, day*internalFactor
	}
	return hour, day, field
}

// spend pays one call, or tells why it is not placed.
func (c *caps) spend(own bool, as ring.Introduction, now time.Time) error {
	p := account{as.Budget, own}
	c.mu.Lock()
	hour, same, day := c.count(p, as.Ticket, now)
	most, mostDay, field := c.cap(p)
	var refused error
	switch {
	case hour >= most:
		refused = fmt.Errorf("%d calls %s were placed within the hour: %w", hour, p.words(), ErrNotAllowed)
	case day >= mostDay:
		refused = fmt.Errorf("%d calls %s were placed within the day: %w", day, p.words(), ErrNotAllowed)
	case as.Ticket != 0 && same >= max(chainCalls, most/chainShare) && hour*reserveShare >= most*(reserveShare-1):
		refused = fmt.Errorf("%d of %d calls within the hour were for ticket %d, and the rest is kept for others: %w", same, hour, as.Ticket, ErrNotAllowed)
	default:
		c.placed[p] = append(c.placed[p], placement{now, as.Ticket})
		hour, day = hour+1, day+1
	}
	words := c.near(p, "hour", hour, most, field, as.Ticket) + c.near(p, "day", day, mostDay, field, as.Ticket)
	c.mu.Unlock()
	if refused == nil {
		c.spent(budgets.Spending{Budget: budgets.KindOutgoing, Key: strconv.FormatInt(int64(as.Ticket), 10), Whose: p.key(), At: now})
	}
	if words != "" {
		c.alarm(words)
	}
	return refused
}

// count forgets what is older than a day, and counts the calls of an hour, those of them for a ticket, and those of the day.
func (c *caps) count(p account, ticket tickets.Number, now time.Time) (hour, same, day int) {
	list := c.placed[p]
	for len(list) > 0 && now.Sub(list[0].at) > 24*time.Hour {
		list = list[1:]
	}
	c.placed[p] = list
	for _, x := range list {
		if now.Sub(x.at) > time.Hour {
			continue
		}
		hour++
		if x.ticket == ticket {
			same++
		}
	}
	return hour, same, len(list)
}

// near gives an alarm when half of a cap is spent, and another one when all of it is; each once, until calls are few again.
func (c *caps) near(p account, span string, spent, most int, field string, ticket tickets.Number) string {
	half, whole := p.key()+" "+span, p.key()+" "+span+" reached"
	switch {
	case spent*alarmShare < most:
		delete(c.warned, half)
		delete(c.warned, whole)
		return ""
	case spent >= most && !c.warned[whole]:
		c.warned[half], c.warned[whole] = true, true
		return fmt.Sprintf("nobody is called any more %s: %d calls were placed within the %s, the last for ticket %d; see who caused them, then raise %s if they were right. ", p.words(), spent, span, ticket, field)
	case !c.warned[half]:
		c.warned[half] = true
		return fmt.Sprintf("%d of the %d calls that may be placed within the %s %s are spent, the last for ticket %d: see who causes them; when all are spent nobody is called; %s set how many there are. ", spent, most, span, p.words(), ticket, field)
	}
	return ""
}

// words says for whom.
func (p account) words() string {
	words := map[ring.Budget]string{ring.UnderContract: "for tickets under contract", ring.OnRequest: "for Support on Request", ring.ForOperator: "to the operator", ring.ForTests: "to test telephones"}[p.budget]
	if p.own {
		words += " at telephones of the house"
	}
	return words
}

func (c *caps) recall(list []budgets.Spending) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, s := range list {
		if s.Budget != budgets.KindOutgoing {
			continue
		}
		budget, own := strings.CutSuffix(s.Whose, " own")
		n, _ := strconv.ParseInt(s.Key, 10, 64) // we wrote it
		p := account{ring.Budget(budget), own}
		c.placed[p] = append(c.placed[p], placement{s.At, tickets.Number(n)})
	}
}
