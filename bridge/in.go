package bridge

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"hotline/bridge/states"
	"hotline/bridge/twins"
	"hotline/bridge/zammad"
	"hotline/directory"
	"hotline/limits"
	"hotline/storage"
	"hotline/tickets"
)

// The facts of lines that came from there.
const (
	FactArticle = "bridge_article" // the id of the article
	FactType    = "bridge_type"    // what it is there: note, email, phone
	FactFiles   = "bridge_files"   // names of its files, which stay there
	FactState   = "bridge_state"   // the state that was set there
	FactUnknown = "bridge_unknown" // the same, of one that the configuration does not name
	FactOwner   = "bridge_owner"   // who was made the owner there
	FactRefused = "bridge_refused" // why that changes nothing here
)

// sync reads how a ticket stands there, and has the one here follow: words first, then the owner, then the state.
func (b *Bridge) sync(ctx context.Context, id int64, now time.Time) error {
	twin, err := b.twinOf(ctx, id)
	if err != nil {
		return err
	}
	if twin.Ticket != 0 {
		leave := b.turns.Take(ctx, twin.Ticket)
		defer leave()
	}
	stands, err := b.Client.Ticket(ctx, id)
	if err != nil {
		return err
	}
	articles, err := b.Client.Articles(ctx, id)
	if err != nil {
		return err
	}
	if twin, err = b.twinOf(ctx, id); err != nil { // after it was read there: so what is being written from here is noted in it
		return err
	}
	if twin.Ticket == 0 {
		if twin, err = b.born(ctx, stands, articles, now); err != nil || twin.Ticket == 0 {
			return err
		}
	}
	if err := b.opened(ctx, &twin, stands, articles, now); err != nil {
		return err
	}
	for _, a := range articles {
		if a.ID <= twin.Article {
			continue
		}
		if err := b.hear(ctx, &twin, a, now); err != nil {
			return ours(err)
		}
		twin.Article = a.ID
	}
	if err := b.follow(ctx, &twin, stands, now); err != nil {
		return ours(err)
	}
	twin.Read = stands.UpdatedAt
	_, err = b.Store.PutTwin(ctx, twin)
	return ours(err)
}

// twinOf is the twin of a ticket there; the zero value: there is none.
func (b *Bridge) twinOf(ctx context.Context, id int64) (twins.Twin, error) {
	twin, err := b.Store.TwinOf(ctx, id)
	if errors.Is(err, storage.ErrNotFound) {
		return twins.Twin{}, nil
	}
	return twin, ours(err)
}

// born is what becomes of a ticket there that is nobody's twin. One that we have opened waits for Send to find it. One that another hotline
// has opened, or people there, is opened here where the configuration says so and the customer is known.
func (b *Bridge) born(ctx context.Context, stands zammad.Ticket, articles []zammad.Article, now time.Time) (twins.Twin, error) {
	m, marked := firstMarker(articles)
	if marked && m.Name == b.Name || len(articles) == 0 || !slices.Contains(b.Born, stands.Group) {
		return twins.Twin{}, nil
	}
	if marked && m.Hop >= HopsMost {
		b.Log.Warn("a ticket of Zammad has passed too many hotlines and is not opened here: somebody has built a ring", "id", stands.ID, "from", m.Name, "hops", m.Hop)
		return twins.Twin{}, nil
	}
	if b.command(stands.State) == states.Close {
		return twins.Twin{}, nil // it was over before it was seen
	}
	who, err := b.Client.User(ctx, stands.CustomerID)
	if err != nil {
		return twins.Twin{}, err
	}
	if _, ok := b.customer(who.Email); !ok {
		return twins.Twin{}, nil
	}
	n, err := b.Numbers.Next(ctx)
	if err != nil {
		return twins.Twin{}, ours(err)
	}
	twin := twins.Twin{Ticket: n, Foreign: stands.ID, Number: stands.Number, There: true, Hop: m.Hop + 1, Began: now, Heard: twins.Stand{State: stands.State, Owner: zammad.Nobody}}
	twin, err = b.Store.PutTwin(ctx, twin)
	return twin, ours(err)
}

// opened opens the ticket of a twin that was born there, once.
func (b *Bridge) opened(ctx context.Context, twin *twins.Twin, stands zammad.Ticket, articles []zammad.Article, now time.Time) error {
	if !twin.There || twin.Began.IsZero() || len(articles) == 0 {
		return nil
	}
	_, err := b.Desk.Ticket(ctx, twin.Ticket)
	told := twins.Ours{State: tickets.Open} // one that a try before has opened may have been moved since, and that is news
	if errors.Is(err, storage.ErrNotFound) {
		var who zammad.User
		if who, err = b.Client.User(ctx, stands.CustomerID); err != nil {
			return err
		}
		owner, _ := b.customer(who.Email)
		var t tickets.Ticket
		t, err = b.Desk.Open(ctx, b.draft(*twin, owner, stands, articles[0], now), now)
		told = twins.OursOf(t)
	}
	if err != nil {
		return ours(err)
	}
	twin.Began, twin.Article, twin.Told = time.Time{}, articles[0].ID, told
	*twin, err = b.Store.PutTwin(ctx, *twin)
	return ours(err)
}

// draft is a request as it was born there. It claims no category: staff assess it, so that nobody is woken by a form of another house.
func (b *Bridge) draft(twin twins.Twin, owner directory.Customer, stands zammad.Ticket, first zammad.Article, now time.Time) tickets.Draft {
	d := tickets.Draft{
		Number: twin.Ticket, Channel: tickets.Web, Actor: b.actor(first), Language: b.Language(),
		Identity: tickets.Identity{Customer: owner}, Text: stands.Title + "\n\n" + b.words(first), Facts: b.facts(first),
	}
	var valid []directory.Contract
	book := b.Desk.Book()
	for _, id := range book.ContractsOf(owner.ID) {
		if c := book.Contracts.At(id); c.Valid(now) {
			valid = append(valid, c)
		}
	}
	if len(valid) == 1 && valid[0].RemoteAccess { // of several nobody knows which one is meant; staff say it
		d.Identity.Contract = valid[0]
		if valid[0].Language != "" {
			d.Language = valid[0].Language
		}
	}
	return d
}

// customer is whose an address is.
func (b *Bridge) customer(address string) (directory.Customer, bool) {
	if address == "" {
		return directory.Customer{}, false
	}
	var found directory.Customer
	for _, c := range b.Desk.Book().Customers.All() {
		if strings.EqualFold(c.Email, address) && (found.ID == "" || c.ID < found.ID) {
			found = c
		}
	}
	return found, found.ID != ""
}

// hear writes an article there into the history here, once. What this hotline has written, and what a machine there says by itself, is none.
func (b *Bridge) hear(ctx context.Context, twin *twins.Twin, a zammad.Article, now time.Time) error {
	if m, ok := markerOf(a); ok && (m.Name == b.Name || m.Hop > HopsMost) || a.Sender == "System" {
		return nil
	}
	e := tickets.Event{ID: b.line("article", a.ID), Kind: tickets.Commented, Actor: b.actor(a), Text: b.words(a), Facts: b.facts(a)}
	if err := b.once(ctx, twin.Ticket, e, now); err != nil {
		return err
	}
	if a.Sender != "Customer" {
		return nil
	}
	before, err := b.Desk.Ticket(ctx, twin.Ticket)
	if err != nil || before.State != tickets.Waiting {
		return err
	}
	t, err := b.Desk.Resume(ctx, twin.Ticket, e.Actor, "", now) // the answer that it waits for
	var refused *tickets.MoveError
	if errors.As(err, &refused) {
		return nil // staff were faster
	}
	if err == nil {
		took(twin, before, t)
	}
	return err
}

// line is the id of a line that something there brings: the same one at every try.
func (b *Bridge) line(what string, id any) string {
	return fmt.Sprintf("zammad-%s-%s-%v", b.Name, what, id)
}

// actor is who has written an article, as histories name people.
func (b *Bridge) actor(a zammad.Article) string {
	who := a.CreatedBy
	if a.Sender == "Customer" && a.From != "" {
		who = a.From
	}
	return actorPrefix + limits.OneLine(who, limits.Line/2)
}

// words are those of an article, as text.
func (b *Bridge) words(a zammad.Article) string {
	body := a.Body
	if strings.Contains(a.ContentType, "html") {
		body = b.Text(body)
	}
	if body = strings.TrimSpace(limits.Plain(body, limits.Text)); body == "" {
		return a.Subject
	}
	return body
}

func (b *Bridge) facts(a zammad.Article) map[string]string {
	f := map[string]string{FactArticle: strconv.FormatInt(a.ID, 10), FactType: a.Type}
	var names []string
	for _, file := range a.Attachments {
		names = append(names, file.Filename)
	}
	if len(names) > 0 {
		f[FactFiles] = limits.OneLine(strings.Join(names, ", "), limits.Line)
	}
	return f
}

// once writes a line unless it stands there.
func (b *Bridge) once(ctx context.Context, n tickets.Number, e tickets.Event, now time.Time) error {
	lines, err := b.Desk.History(ctx, n)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(lines, func(l tickets.Event) bool { return l.ID == e.ID }) {
		return nil
	}
	_, err = b.Desk.Note(ctx, n, e, now)
	return err
}
