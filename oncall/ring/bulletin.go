package ring

import (
	"context"
	"fmt"
	"time"

	"hotline/cdr"
	"hotline/oncall"
	"hotline/prompts"
	"hotline/sla"
	"hotline/tickets"
)

// Alarm is a clock of a ticket that comes near its end, or has passed it.
type Alarm struct {
	Ticket   tickets.Ticket
	Clock    sla.Kind
	Work     string         // the id of the due work that asks for it
	Account  prompts.Phrase // which clock, and by when
	CallBack string         // where the customer can be rung; empty: nowhere
}

// BulletinRequest is what those on duty are to be told. All of it is required.
type BulletinRequest struct {
	Attempts []oncall.Attempt        // in their order
	Alarms   []Alarm                 // the most urgent first; at least one
	Owed     func(a Alarm) bool      // tells whether it is still to be told
	May      func(phone string) bool // counts a call to a telephone, which is rung at once where it is true
}

// The sentences of a bulletin.
const (
	SayInstallation  prompts.ID = "bulletin-installation"  // one installation
	SayInstallations prompts.ID = "bulletin-installations" // behind their number
	SayAlerts        prompts.ID = "bulletin-alerts"        // behind their number
	SayBulletinKeys  prompts.ID = "bulletin-keys"          // 1 takes all, 2 steps through, 3 passes
	SayStepKeys      prompts.ID = "bulletin-step"          // 1 takes it, 2 goes on
	SayAlarmKeys     prompts.ID = "alarm-keys"             // 1 takes it, 2 passes
	SayAllYours      prompts.ID = "bulletin-taken"
)

// Bulletin rings those on duty once, one after the other, until each alarm was taken, and gives those that nobody took, and
// whether any telephone could be rung at all. One alarm is told by itself. Of several their number is told first: key 1 takes all of them, 2 goes through them one by one, 3 passes. Only a
// pressed key takes a ticket, which is an accept without a caller.
func (s *Search) Bulletin(ctx context.Context, r BulletinRequest) (left []Alarm, rang bool) {
	b := &bulletin{search: s, request: r, taken: map[string]bool{}}
	passed := map[oncall.EngineerID]bool{}
	for _, a := range r.Attempts {
		if b.left = b.owed(); len(b.left) == 0 || ctx.Err() != nil {
			break
		}
		if !passed[a.Engineer] {
			passed[a.Engineer] = b.attempt(ctx, a)
		}
	}
	return b.owed(), b.rang
}

// bulletin is one being told; one goroutine owns it.
type bulletin struct {
	search  *Search
	request BulletinRequest
	left    []Alarm         // that were not taken as the telephone began to ring
	taken   map[string]bool // by the id of their work
	rang    bool            // a telephone was rung, whatever it did
}

func (b *bulletin) owed() (list []Alarm) {
	for _, a := range b.request.Alarms {
		if !b.taken[a.Work] && b.request.Owed(a) {
			list = append(list, a)
		}
	}
	return list
}

// attempt rings one telephone and tells. It tells whether its owner is not to be rung at another one.
func (b *bulletin) attempt(ctx context.Context, a oncall.Attempt) (passed bool) {
	s := b.search
	as := s.engaged.take(string(a.Engineer), false)
	if as == nil {
		return false
	}
	defer as.free()
	if !b.request.May(a.Phone) {
		return false
	}
	b.rang = true
	t, leg, err := s.ring(ctx, a.Phone, s.Times.Ring, Introduction{Name: s.Name, Ticket: b.left[0].Ticket.Number, Whose: string(a.Engineer)})
	if err != nil {
		b.finish(ctx, leg, nil, a, resultOf(err))
		return false
	}
	defer t.Hangup()
	result := b.converse(ctx, t, a, as)
	b.finish(ctx, leg, t, a, result)
	return result == resultPassed || result == resultAccepted
}

// finish writes the leg down, and a line for each ticket.
func (b *bulletin) finish(ctx context.Context, leg cdr.Leg, t Telephone, a oncall.Attempt, result string) {
	leg.Alarm = true
	b.search.write(ctx, "", leg, t, result)
	ctx = context.WithoutCancel(ctx)
	noted := map[tickets.Number]bool{}
	for _, k := range b.left {
		if n := k.Ticket.Number; !noted[n] {
			noted[n] = true
			b.search.Book.Note(ctx, Event{Kind: tickets.Rang, Ticket: n, Engineer: a.Engineer, At: time.Now(), Text: a.Name + " at " + a.Phone + ": " + result})
		}
	}
}

// converse tells the bulletin to whoever picked up, and gives the leg's result.
func (b *bulletin) converse(ctx context.Context, t Telephone, a oncall.Attempt, as *engagement) (result string) {
	heard := listen(ctx, t)
	defer heard.end()
	lang, before := prompts.Language(a.Language), len(b.taken)
	var key byte
	if len(b.left) == 1 {
		key = b.choose(heard, t, lang, prompts.Join(Subject(b.left[0].Ticket), b.left[0].Account, prompts.P(SayAlarmKeys)), "12")
	} else {
		key = b.choose(heard, t, lang, prompts.Join(b.sums(), prompts.P(SayBulletinKeys)), "123")
	}
	switch {
	case key == '1' && len(b.left) == 1:
		b.take(ctx, a, b.left)
		j := &job{search: b.search, ticket: true, request: Request{Ticket: b.left[0].Ticket, CallBack: b.left[0].CallBack}}
		accepted := &attempt{job: j, Attempt: a, as: as, human: true}
		accepted.offer(t, prompts.P(SayYours), prompts.P(SayYoursOnly))
	case key == '1':
		b.take(ctx, a, b.left)
		_ = t.Say(ctx, lang, prompts.P(SayAllYours, SayGoodbye), false)
	case key == '2' && len(b.left) > 1:
		b.step(ctx, heard, t, a)
	case key != 0:
		_ = t.Say(ctx, lang, prompts.P(SayGoodbye), false)
		return resultPassed
	}
	switch {
	case len(b.taken) > before:
		return resultAccepted
	case heard.beeped():
		return resultMailbox
	case t.Context().Err() != nil:
		return resultOfEnd(t.Context())
	case key == '2':
		return resultPassed
	}
	return resultNoKey
}

// step goes through the alarms one by one, until a key does not come.
func (b *bulletin) step(ctx context.Context, heard *listening, t Telephone, a oncall.Attempt) {
	lang := prompts.Language(a.Language)
	for _, k := range b.left {
		if b.taken[k.Work] { // with another alarm of its ticket
			continue
		}
		switch b.choose(heard, t, lang, prompts.Join(Subject(k.Ticket), k.Account, prompts.P(SayStepKeys)), "12") {
		case '1':
			b.take(ctx, a, []Alarm{k})
		case 0:
			return
		}
	}
	_ = t.Say(ctx, lang, prompts.P(SayGoodbye), false)
}

// take gives tickets to whoever pressed the key, with all their alarms.
func (b *bulletin) take(ctx context.Context, a oncall.Attempt, list []Alarm) {
	for _, k := range list {
		if b.taken[k.Work] {
			continue
		}
		for _, other := range b.request.Alarms {
			if other.Ticket.Number == k.Ticket.Number {
				b.taken[other.Work] = true
			}
		}
		b.search.Book.Note(context.WithoutCancel(ctx), Event{
			Kind: tickets.Accepted, Ticket: k.Ticket.Number, Engineer: a.Engineer, At: time.Now(), Text: fmt.Sprintf("%s pressed accept in a bulletin of %d", a.Name, len(b.left)),
		})
	}
}

// sums is how many installations have how many alarms.
func (b *bulletin) sums() prompts.Phrase {
	sites := map[string]bool{}
	for _, k := range b.left {
		site := string(k.Ticket.Contract)
		if site == "" { // without a contract each request is one
			site = fmt.Sprint("ticket ", k.Ticket.Number)
		}
		sites[site] = true
	}
	where := prompts.Join(prompts.Number(len(sites)), prompts.P(SayInstallations))
	if len(sites) == 1 {
		where = prompts.P(SayInstallation)
	}
	return prompts.Join(where, prompts.Number(len(b.left)), prompts.P(SayAlerts))
}

// choose says a phrase until one of the keys comes; 0 when none came, or a mailbox was heard.
func (b *bulletin) choose(heard *listening, t Telephone, lang prompts.Language, p prompts.Phrase, keys string) byte {
	return question{says: p, keys: keys, times: briefings, wait: b.search.Times.Key / briefings}.ask(heard.ctx, t, lang, heard)
}
