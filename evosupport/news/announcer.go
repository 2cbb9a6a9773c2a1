package news

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"hotline/alarm"
	"hotline/directory"
	"hotline/evosupport"
	"hotline/notify"
	"hotline/prompts"
	"hotline/prompts/written"
	"hotline/sla"
	"hotline/tickets"
)

// Desk knows tickets and contracts. tickets.Desk implements it.
type Desk interface {
	Ticket(ctx context.Context, n tickets.Number) (tickets.Ticket, error)
	Book() *directory.Book
	Zone() *time.Location // of the house: in it days are written
}

// Config is what an announcer works with. All of it is required, but for Reply.
type Config struct {
	Store Store
	Desk  Desk
	Own   sla.CalendarID // of the house
	// Send hands a letter to the mail server; an error that wraps notify.ErrRefused is for ever. Nil: there is no server. Then versions are
	// noted, and nobody is told of them, later either.
	Send  func(ctx context.Context, m notify.Message) error
	Reply func(c directory.ContractID) string // address for answers, by contract; nil: answers are not taken in
	Alarm alarm.Func
	Log   *slog.Logger
}

// Announcer looks for versions that are new, and sends what is due. Used by one goroutine.
type Announcer struct {
	cfg  Config
	seen map[string]int // version of each product's document that was looked at
}

// New makes an announcer; it starts nothing.
func New(c Config) *Announcer { return &Announcer{c, map[string]int{}} }

const (
	claimed    = 2 * time.Minute    // for the sending of one letter; a node that dies meanwhile lets others try it then
	keepTrying = 7 * 24 * time.Hour // what the mail server does not take: four days (RFC 5321 section 4.5.4.1) behind a long weekend
	beginTime  = time.Minute        // of a round, in which letters begin: what is claimed in it counts from its first instant
	longestGap = time.Hour          // between two tries
	most       = 50                 // letters in one round
)

// Round looks once. Send must take no longer than claimed lasts beyond beginTime: else another node writes to the same address.
func (a *Announcer) Round(ctx context.Context, now time.Time) {
	fresh, cancel := context.WithTimeout(ctx, beginTime)
	defer cancel()
	err := a.look(ctx, now)
	for range most {
		if err != nil || fresh.Err() != nil {
			break
		}
		var some bool
		if some, err = a.send(ctx, now); !some {
			break
		}
	}
	if err != nil && ctx.Err() == nil {
		a.cfg.Log.Warn("customers are told of published versions later", "error", err)
	}
}

// look notes versions that are new, with those who are told.
func (a *Announcer) look(ctx context.Context, now time.Time) error {
	products, err := a.cfg.Store.Products(ctx)
	if err != nil {
		return err
	}
	var installed []evosupport.Installed
	for _, p := range products {
		if a.seen[p.ID] == p.Version || len(p.Releases) == 0 {
			continue
		}
		if installed == nil && a.cfg.Send != nil {
			if installed, err = a.cfg.Store.InstalledOf(ctx, ""); err != nil {
				return err
			}
		}
		var names []string
		for _, r := range p.Releases {
			names = append(names, r.Name)
		}
		about := About(p, installed, a.cfg.Desk.Book(), a.cfg.Own, now)
		fresh, err := a.cfg.Store.NoteReleases(ctx, p.ID, names, about)
		if err != nil {
			return fmt.Errorf("noting the versions of %s: %w", p.ID, err)
		}
		if fresh {
			a.cfg.Log.Info("a version was published", "product", p.ID, "version", names[len(names)-1], "contracts_told", len(about))
		}
		a.seen[p.ID] = p.Version
	}
	return nil
}

// send writes one letter, if one is due.
func (a *Announcer) send(ctx context.Context, now time.Time) (some bool, err error) {
	if a.cfg.Send == nil {
		return false, nil
	}
	list, err := a.cfg.Store.ClaimNotices(ctx, now, now.Add(claimed))
	if err != nil || len(list) == 0 {
		return false, err
	}
	items, moot, err := a.sort(ctx, list, now)
	if err != nil {
		return false, err
	}
	if err := a.settle(ctx, moot, Moot, nil, now); err != nil || len(items) == 0 {
		return true, err
	}
	notices := make([]Notice, 0, len(items))
	for _, i := range items {
		notices = append(notices, i.Notice)
	}
	m := a.write(items)
	switch err := a.cfg.Send(ctx, m); {
	case err == nil:
		return true, a.settle(ctx, notices, Sent, nil, now)
	case errors.Is(err, notify.ErrRefused) || now.Sub(notices[0].Noted) > keepTrying:
		a.cfg.Alarm(alarm.Mail, fmt.Sprintf("%q is not delivered to %s: %v", m.Subject, m.To, err))
		return true, a.settle(ctx, notices, Failed, err, now)
	default:
		return true, a.putOff(ctx, notices, err, now)
	}
}

// sort gives what is still news, and the rest. The release's own words are read when the letter goes out.
func (a *Announcer) sort(ctx context.Context, list []Notice, now time.Time) (items []item, moot []Notice, err error) {
	products, err := a.cfg.Store.Products(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, n := range list {
		installed, err := a.cfg.Store.InstalledOf(ctx, n.Contract)
		if err != nil {
			return nil, nil, err
		}
		lag := still(n, installed, products, a.cfg.Desk.Book(), now)
		if len(lag) == 0 {
			moot = append(moot, n)
			continue
		}
		at := slices.IndexFunc(products, func(p evosupport.Product) bool { return p.ID == n.Product })
		newest, _ := products[at].Newest()
		items = append(items, item{n, newest, lag, a.wishes(ctx, newest, n.Contract)})
	}
	return items, moot, nil
}

// wishes are the contract's requests for a feature that a version brings. One that cannot be read now is left out.
func (a *Announcer) wishes(ctx context.Context, r evosupport.Release, c directory.ContractID) (list []tickets.Number) {
	for _, n := range r.Tickets {
		if t, err := a.cfg.Desk.Ticket(ctx, n); err == nil && t.Contract == c {
			list = append(list, n)
		}
	}
	return list
}

// write writes the letter, in the language of the first contract.
func (a *Announcer) write(items []item) notify.Message {
	book, first := a.cfg.Desk.Book(), items[0].Contract
	contract := book.Contracts.At(first)
	m := letter(book.Customers.At(contract.Customer).Name, items, a.cfg.Desk.Zone(), a.cfg.Reply != nil, written.In(prompts.Language(contract.Language)))
	if a.cfg.Reply != nil {
		m.Reply = a.cfg.Reply(first)
	}
	return m
}

// settle writes the last state of notices.
func (a *Announcer) settle(ctx context.Context, list []Notice, s State, why error, now time.Time) error {
	var failed []error
	for _, n := range list {
		n.State, n.Settled, n.Error = s, now, ""
		if why != nil {
			n.Error = why.Error()
		}
		failed = append(failed, a.cfg.Store.PutNotice(ctx, n))
	}
	return errors.Join(failed...)
}

// putOff has notices wait for another try, longer each time.
func (a *Announcer) putOff(ctx context.Context, list []Notice, why error, now time.Time) error {
	var failed []error
	for _, n := range list {
		n.Error = why.Error()
		n.Due = now.Add(min(time.Minute<<min(n.Tries, 10), longestGap))
		failed = append(failed, a.cfg.Store.PutNotice(ctx, n))
	}
	return errors.Join(failed...)
}
