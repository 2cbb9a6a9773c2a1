package statement

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"hotline/alarm"
	"hotline/directory"
	"hotline/notify"
	"hotline/sla"
	"hotline/storage"
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
	month string                        // that ended, of which the rest is
	done  map[directory.ContractID]bool // noted, or too late for it
	told  map[directory.ContractID]bool // the log has that there is no address
}

// New makes an announcer; it starts nothing.
func New(c Config) *Announcer { return &Announcer{cfg: c} }

const (
	claimed    = 2 * time.Minute    // for the sending of one letter; a node that dies meanwhile lets others try it then
	keepTrying = 7 * 24 * time.Hour // what the mail server does not take: four days (RFC 5321 section 4.5.4.1) behind a long weekend
	beginTime  = time.Minute        // of a round, in which letters begin: what is claimed in it counts from its first instant
	longestGap = time.Hour          // between two tries
	most       = 50                 // letters in one round
)

// Round looks once. Send must take no longer than claimed lasts beyond beginTime: else another node sends the same letter.
func (a *Announcer) Round(ctx context.Context, now time.Time) {
	fresh, cancel := context.WithTimeout(ctx, beginTime)
	defer cancel()
	err := a.look(ctx, now)
	for range most {
		if err != nil || fresh.Err() != nil {
			break
		}
		err = a.send(ctx, now)
	}
	if err != nil && !errors.Is(err, storage.ErrNotFound) && ctx.Err() == nil {
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
		if strings.TrimSpace(book.Customers.At(c.Customer).Email) == "" {
			if !a.told[id] {
				a.cfg.Log.Warn("a statement has no address to go to", "contract", id, "month", a.month)
			}
			a.told[id] = true
			continue
		}
		if err := a.cfg.Store.NoteStatement(ctx, Letter{Contract: id, Month: a.month, Noted: now, State: Waiting, Due: now}); err != nil {
			return fmt.Errorf("noting the statement of contract %s: %w", id, err)
		}
		a.done[id] = true
	}
	return nil
}

// send writes one letter; storage.ErrNotFound where none is due.
func (a *Announcer) send(ctx context.Context, now time.Time) error {
	l, err := a.cfg.Store.ClaimStatement(ctx, now, now.Add(claimed))
	if err != nil {
		return err
	}
	m, wanted, err := a.write(ctx, l, now)
	if err != nil {
		return err
	}
	if !wanted {
		return a.settle(ctx, l, Moot, nil, now)
	}
	switch err := a.cfg.Send(ctx, m); {
	case err == nil:
		return a.settle(ctx, l, Sent, nil, now)
	case errors.Is(err, notify.ErrRefused) || now.Sub(l.Noted) > keepTrying:
		a.cfg.Alarm(alarm.Mail, fmt.Sprintf("%q is not delivered to %s: %v", m.Subject, m.To, err))
		return a.settle(ctx, l, Failed, err, now)
	default:
		l.Error, l.Due = err.Error(), now.Add(min(time.Minute<<min(l.Tries, 10), longestGap))
		return a.cfg.Store.PutStatement(ctx, l)
	}
}

// write writes the letter in the contract's language. wanted is false where nobody wants it any more.
func (a *Announcer) write(ctx context.Context, l Letter, now time.Time) (m notify.Message, wanted bool, err error) {
	book, zone := a.cfg.Desk.Book(), a.cfg.Desk.Zone()
	c, known := book.Contracts.Get(l.Contract)
	customer := book.Customers.At(c.Customer)
	if !known || !c.Statement || strings.TrimSpace(customer.Email) == "" {
		return m, false, nil
	}
	begins, err := time.ParseInLocation("2006-01", l.Month, zone)
	if err != nil {
		return m, false, fmt.Errorf("the statement of contract %s: %w", l.Contract, statistics.ErrBadMonth)
	}
	found, err := statistics.MonthOf(ctx, a.cfg.Figures, []directory.ContractID{l.Contract}, l.Month, zone, now)
	if err != nil {
		return m, false, err
	}
	m = letter(customer, c, found, begins, book.Levels, a.cfg.Reply != nil)
	if a.cfg.Reply != nil {
		m.Reply = a.cfg.Reply(l.Contract)
	}
	return m, true, nil
}

// settle writes the last state of a letter.
func (a *Announcer) settle(ctx context.Context, l Letter, s State, why error, now time.Time) error {
	l.State, l.Settled, l.Error = s, now, ""
	if why != nil {
		l.Error = why.Error()
	}
	return a.cfg.Store.PutStatement(ctx, l)
}
