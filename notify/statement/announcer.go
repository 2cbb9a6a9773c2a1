package statement

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"hotline/alarm"
	"hotline/directory"
	"hotline/notify"
	"hotline/notify/mailing"
	"hotline/sla"
	"hotline/tickets/statistics"
)

// Desk knows contracts. tickets.Desk implements it.
type Desk interface {
	Book() *directory.Book
	Zone() *time.Location // of the house: in it months begin, as on the portal
}

// Config is what an announcer works with. All of it is required, but for Reply.
type Config struct {
	Store   Store
	Figures statistics.Store // what a statement is added up from
	Desk    Desk
	Own     sla.CalendarID // of the house
	// Send hands a letter to the mail server; an error that wraps notify.ErrRefused is for ever.
	Send  func(ctx context.Context, m notify.Message) error
	Reply func(c directory.ContractID) string // address for answers, by contract; nil: answers are not taken in
	Alarm alarm.Func
	Log   *slog.Logger
}

// Announcer notes the letters of a month, and sends what is due. Used by one goroutine.
type Announcer struct {
	cfg   Config
	post  mailing.Sender[Letter]
	month string                        // that ended, of which the rest is
	done  map[directory.ContractID]bool // noted, or too late for it
	told  map[directory.ContractID]bool // noted that there is no address
}

// New makes an announcer; it starts nothing.
func New(c Config) *Announcer {
	a := &Announcer{cfg: c}
	a.post = mailing.Sender[Letter]{
		Claim: c.Store.ClaimStatements, Put: c.Store.PutStatement, Standing: func(l *Letter) *mailing.Standing { return &l.Standing },
		Write: a.write, Send: c.Send, Alarm: c.Alarm,
	}
	return a
}

// Round looks once. How long Send may take: see mailing.Sender.
func (a *Announcer) Round(ctx context.Context, now time.Time) {
	if err := a.post.Round(ctx, now, a.look); err != nil && ctx.Err() == nil {
		a.cfg.Log.Warn("customers get the statement of a month later", "error", err)
	}
}

// look notes the letters that are due by now.
func (a *Announcer) look(ctx context.Context, now time.Time) error {
	since, until := ended(now, a.cfg.Desk.Zone())
	if month := since.Format("2006-01"); month != a.month {
		a.month, a.done, a.told = month, map[directory.ContractID]bool{}, map[directory.ContractID]bool{}
	}
	book := a.cfg.Desk.Book()
	for id, c := range book.Contracts.All() {
		if !c.Statement || a.done[id] || !inForce(c, since, until) {
			continue
		}
		day := opens(book, id, a.cfg.Own, until)
		if now.Before(day) {
			continue
		}
		if now.Sub(day) >= late {
			a.done[id] = true
			continue
		}
		l := Letter{Contract: id, Month: a.month, Standing: mailing.Standing{Noted: now, State: mailing.Waiting, Due: now}}
		reached := book.Customers.At(c.Customer).Address() != ""
		if !reached && a.told[id] {
			continue
		}
		if !reached {
			a.cfg.Log.Warn("a statement has no address to go to", "contract", id, "month", a.month)
			l.State, l.Settled = mailing.NoAddress, now
		}
		if err := a.cfg.Store.NoteStatement(ctx, l); err != nil {
			return fmt.Errorf("noting the statement of contract %s: %w", id, err)
		}
		if a.told[id] = true; !reached { // it may have one tomorrow
			continue
		}
		a.done[id] = true
	}
	return nil
}

// write writes the letter in the contract's language; none where nobody wants it any more.
func (a *Announcer) write(ctx context.Context, claimed []Letter, now time.Time) (m notify.Message, told, left []Letter, err error) {
	book, zone, l := a.cfg.Desk.Book(), a.cfg.Desk.Zone(), claimed[0]
	c, known := book.Contracts.Get(l.Contract)
	customer := book.Customers.At(c.Customer)
	if !known || !c.Statement {
		return m, nil, claimed, nil
	}
	if customer.Address() == "" {
		l.State = mailing.NoAddress
		return m, nil, []Letter{l}, nil
	}
	begins, err := time.ParseInLocation("2006-01", l.Month, zone)
	if err != nil {
		return m, nil, nil, fmt.Errorf("the statement of contract %s: %w", l.Contract, statistics.ErrBadMonth)
	}
	found, err := statistics.MonthOf(ctx, a.cfg.Figures, []directory.ContractID{l.Contract}, l.Month, zone, now)
	if err != nil {
		return m, nil, nil, err
	}
	m = letter(customer, c, found, begins, book.Levels, a.cfg.Reply != nil)
	if a.cfg.Reply != nil {
		m.Reply = a.cfg.Reply(l.Contract)
	}
	l.Address = m.To
	return m, []Letter{l}, nil, nil
}
