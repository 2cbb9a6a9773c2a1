package news

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"hotline/alarm"
	"hotline/directory"
	"hotline/evosupport"
	"hotline/notify"
	"hotline/notify/mailing"
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
	post mailing.Sender[Notice]
	seen map[string]int // version of each product's document that was looked at
}

// New makes an announcer; it starts nothing.
func New(c Config) *Announcer {
	a := &Announcer{cfg: c, seen: map[string]int{}}
	a.post = mailing.Sender[Notice]{
		Claim: c.Store.ClaimNotices, Put: c.Store.PutNotice, Standing: func(n *Notice) *mailing.Standing { return &n.Standing },
		Write: a.compose, Send: c.Send, Alarm: c.Alarm,
	}
	return a
}

// Round looks once. How long Send may take: see mailing.Sender.
func (a *Announcer) Round(ctx context.Context, now time.Time) {
	round := func() error { return a.post.Round(ctx, now, a.look) }
	if a.cfg.Send == nil {
		round = func() error { return a.look(ctx, now) }
	}
	if err := round(); err != nil && ctx.Err() == nil {
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

// compose makes the letter of what was claimed for one address.
func (a *Announcer) compose(ctx context.Context, claimed []Notice, now time.Time) (m notify.Message, told, moot []Notice, err error) {
	items, moot, err := a.sort(ctx, claimed, now)
	if err != nil || len(items) == 0 {
		return m, nil, moot, err
	}
	for _, i := range items {
		told = append(told, i.Notice)
	}
	return a.write(items), told, moot, nil
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
