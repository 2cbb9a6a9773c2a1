package bridge

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"hotline/bridge/twins"
	"hotline/bridge/zammad"
	"hotline/limits"
	"hotline/outbox"
	"hotline/storage"
	"hotline/tickets"
)

// IndexTime is how long Zammad's search may not know a ticket that was opened: only after it may one that is not found be opened again.
const IndexTime = time.Minute

// Send brings one line of a history to the twin of its ticket: the twin is opened where there is none, and the line becomes an article
// where it is none yet. State, priority and owner follow as they stand now. It does nothing twice, whatever ended the try before.
func (b *Bridge) Send(ctx context.Context, _ outbox.Endpoint, m outbox.Message) error {
	if m.Kind == outbox.Test {
		if findings, err := b.Check(ctx); err != nil || len(findings) > 0 {
			return &outbox.Failure{Why: strings.TrimSpace(strings.Join(append(findings, text(err)), "; "))}
		}
		return nil
	}
	var p outbox.Payload
	if err := json.Unmarshal([]byte(m.Body), &p); err != nil {
		return &outbox.Failure{Why: "the message cannot be read: " + err.Error(), Final: true}
	}
	leave := b.turns.Take(ctx, m.Ticket)
	defer leave()
	now := time.Now()
	err := b.tell(ctx, p, now)
	b.noted(err, now)
	return failed(err)
}

// failed is an error as the outbox wants it.
func failed(err error) error {
	var answer *zammad.Error
	var later *later
	switch {
	case err == nil:
		return nil
	case errors.As(err, &later):
		return &outbox.Failure{Why: err.Error(), After: later.after}
	case errors.As(err, &answer):
		return &outbox.Failure{Why: err.Error(), After: answer.After, Final: answer.Refused()}
	}
	return &outbox.Failure{Why: err.Error()}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// later is a try that has to wait.
type later struct {
	after time.Duration
	why   string
}

func (l *later) Error() string { return l.why }

// tell brings one line there.
func (b *Bridge) tell(ctx context.Context, p outbox.Payload, now time.Time) error {
	n := tickets.Number(p.Data.Ticket.Number)
	t, err := b.Desk.Ticket(ctx, n)
	if err != nil {
		return ours(err)
	}
	twin, err := b.Store.Twin(ctx, n)
	if errors.Is(err, storage.ErrNotFound) {
		twin, err = twins.Twin{Ticket: n, Hop: 1}, nil
	}
	if err != nil {
		return ours(err)
	}
	if twin.Foreign == 0 {
		if Foreign(p.Data.Event.Actor) {
			return nil // the next line of ours opens one
		}
		if twin, err = b.open(ctx, twin, t, p, now); err != nil {
			return err
		}
	}
	if Foreign(p.Data.Event.Actor) { // its words stand there, or it has none; ours may have moved on since
		return b.write(ctx, twin, t, nil, now)
	}
	articles, err := b.Client.Articles(ctx, twin.Foreign)
	if err != nil {
		return err
	}
	if b.stands(articles, n, p.Data.Event.ID) {
		if twin, err = b.confirm(ctx, twin, now); err != nil {
			return err
		}
		return b.write(ctx, twin, t, nil, now)
	}
	article, err := b.article(ctx, twin, p)
	if err != nil {
		return err
	}
	return b.write(ctx, twin, t, article, now)
}

// stands tells whether a line is an article there.
func (b *Bridge) stands(articles []zammad.Article, n tickets.Number, line string) bool {
	return slices.ContainsFunc(articles, func(a zammad.Article) bool {
		m, ok := markerOf(a)
		return ok && m.Name == b.Name && m.Ticket == n && m.Line == line
	})
}

// confirm takes over what was being written when the try before ended: it was written together with the article that stands there. What
// people have done there since may have been taken for it, so the ticket is read once more.
func (b *Bridge) confirm(ctx context.Context, twin twins.Twin, now time.Time) (twins.Twin, error) {
	if twin.Saying == (twins.Stand{}) && twin.Meant == (twins.Ours{}) {
		return twin, nil
	}
	twin.Heard = twin.Heard.With(twin.Saying)
	twin.Told, twin.Saying, twin.Meant = twin.Meant, twins.Stand{}, twins.Ours{}
	twin, err := b.Store.PutTwin(ctx, twin)
	if err == nil {
		err = b.Store.AddPoke(ctx, twin.Foreign, now)
	}
	return twin, ours(err)
}

// news is what has changed here since it was told, as it is called there, and what a try is saying whose end is not known: that may have been
// written. What has no name there is left as it is.
func (b *Bridge) news(twin twins.Twin, t tickets.Ticket) (s twins.Stand) {
	is, told, saying := twins.OursOf(t), twin.Told, twin.Saying
	if is.State != told.State || saying.State != "" {
		s.State = b.Said[is.State]
	}
	if is.Priority != told.Priority || saying.Priority != "" {
		s.Priority = b.Priorities[is.Priority]
	}
	if is.Assignee != told.Assignee || saying.Owner != "" {
		s.Owner = b.Owners[is.Assignee]
	}
	return s
}

// changeOf is a stand as Zammad is asked for it.
func changeOf(s twins.Stand, now time.Time) zammad.Change {
	c := zammad.Change{State: s.State, Priority: s.Priority, Owner: s.Owner}
	if strings.HasPrefix(s.State, "pending") { // Zammad takes no pending state without an end
		end := now.Add(pendingTime).UTC().Truncate(time.Second)
		c.Pending = &end
	}
	return c
}

// pendingTime is how long a pending state there lasts that shows one of ours: until we say another one, a week at most.
const pendingTime = 7 * 24 * time.Hour

// write writes an article and what has changed here, in one request. That it is being written is noted before.
func (b *Bridge) write(ctx context.Context, twin twins.Twin, t tickets.Ticket, article *zammad.NewArticle, now time.Time) error {
	say := b.news(twin, t)
	if article == nil && say == (twins.Stand{}) {
		if twin.Told == twins.OursOf(t) {
			return nil
		}
		twin.Told = twins.OursOf(t) // what changed has no name there
		_, err := b.Store.PutTwin(ctx, twin)
		return ours(err)
	}
	twin.Saying, twin.Meant = say, twins.OursOf(t)
	twin, err := b.Store.PutTwin(ctx, twin)
	if err != nil {
		return ours(err)
	}
	c := changeOf(say, now)
	c.Article = article
	stands, err := b.Client.Update(ctx, twin.Foreign, c)
	if err != nil {
		return err
	}
	if say.State != "" {
		twin.Heard.State = stands.State
	}
	if say.Owner != "" {
		twin.Heard.Owner = stands.Owner
	}
	twin.Told, twin.Saying, twin.Meant = twin.Meant, twins.Stand{}, twins.Ours{}
	_, err = b.Store.PutTwin(ctx, twin)
	return ours(err)
}

// open finds the twin that a try before has opened, or opens it.
func (b *Bridge) open(ctx context.Context, twin twins.Twin, t tickets.Ticket, p outbox.Payload, now time.Time) (twins.Twin, error) {
	found, err := b.find(ctx, t.Number)
	if err != nil {
		return twin, err
	}
	if found.ID == 0 {
		if wait := IndexTime - now.Sub(twin.Began); !twin.Began.IsZero() && wait > 0 {
			return twin, &later{wait, "it is not known whether the ticket was opened in Zammad, whose search is some time behind: it is looked for again"}
		}
		twin.Began, twin.Saying, twin.Meant = now, b.news(twins.Twin{}, t), twins.OursOf(t)
		if twin, err = b.Store.PutTwin(ctx, twin); err != nil {
			return twin, ours(err)
		}
		if found, err = b.create(ctx, twin, t, p, now); err != nil {
			if !zammad.Unknown(err) { // it was not opened, so that the next try need not wait
				twin.Began, twin.Saying, twin.Meant = time.Time{}, twins.Stand{}, twins.Ours{}
				if _, failed := b.Store.PutTwin(ctx, twin); failed != nil {
					b.Log.Warn("the next try to open a ticket in Zammad waits for a minute", "ticket", t.Number, "error", failed)
				}
			}
			return twin, err
		}
	}
	twin.Foreign, twin.Number, twin.Began = found.ID, found.Number, time.Time{}
	// What people have set there before it was found is news, so what was heard is what was asked for, and not how it stands.
	twin.Heard = twins.Stand{State: found.State, Priority: found.Priority, Owner: zammad.Nobody}.With(twin.Saying)
	twin.Told, twin.Saying, twin.Meant = twin.Meant, twins.Stand{}, twins.Ours{}
	twin, err = b.Store.PutTwin(ctx, twin)
	if err == nil {
		err = b.Store.AddPoke(ctx, twin.Foreign, now) // what people have written there meanwhile
	}
	return twin, ours(err)
}

// find looks for a ticket there that bears our tag, and whose first article is ours: the oldest, where somebody made several.
func (b *Bridge) find(ctx context.Context, n tickets.Number) (found zammad.Ticket, err error) {
	list, err := b.Client.Tagged(ctx, Tag(b.Name, n))
	if err != nil {
		return found, err
	}
	slices.SortFunc(list, func(a, b zammad.Ticket) int { return cmp.Compare(a.ID, b.ID) })
	for _, t := range list {
		articles, err := b.Client.Articles(ctx, t.ID)
		if err != nil {
			return found, err
		}
		if m, ok := firstMarker(articles); !ok || m.Name != b.Name || m.Ticket != n {
			continue
		}
		if found.ID == 0 {
			found = t
		} else {
			b.Log.Warn("a ticket has two twins in Zammad; the older one follows, the other may be merged into it", "ticket", n, "older", found.ID, "other", t.ID)
		}
	}
	return found, nil
}

// firstMarker is the marker of the first article.
func firstMarker(articles []zammad.Article) (Marker, bool) {
	if len(articles) == 0 {
		return Marker{}, false
	}
	return markerOf(articles[0])
}

// create opens the twin, with the line as its first article.
func (b *Bridge) create(ctx context.Context, twin twins.Twin, t tickets.Ticket, p outbox.Payload, now time.Time) (zammad.Ticket, error) {
	article, err := b.article(ctx, twin, p)
	if err != nil {
		return zammad.Ticket{}, err
	}
	c := changeOf(twin.Saying, now)
	c.Title, c.Group, c.Article, c.Tags = fmt.Sprintf("%s (hotline %d)", limits.OneLine(cmp.Or(t.Name, t.Caller, "?"), limits.Line), t.Number), b.Group, article, Tag(b.Name, t.Number)
	c.Customer = "guess:" + b.Customer
	if owner, ok := b.Desk.Book().Customers.Get(t.Customer); ok && owner.Email != "" {
		c.Customer = "guess:" + owner.Email
	}
	return b.Client.Create(ctx, c)
}

// article is a line as an article. People of the other house read it, customers never do.
func (b *Bridge) article(ctx context.Context, twin twins.Twin, p outbox.Payload) (*zammad.NewArticle, error) {
	e := p.Data.Event
	body := p.Data.Text
	if p.Type != outbox.Opened { // the whole stands in the first one
		body = fmt.Sprintf("%s\n%s, %s", p.Data.Summary, p.Timestamp.UTC().Format("2006-01-02 15:04 MST"), e.Actor)
		if e.Text != "" {
			body += "\n\n" + e.Text
		}
	}
	var files []zammad.File
	if id := e.Facts["attachment"]; id != "" && e.Kind == string(tickets.Attached) {
		file, words, err := b.file(ctx, id, tickets.Number(p.Data.Ticket.Number))
		if err != nil {
			return nil, err
		}
		if body += "\n\n" + words; file.Filename != "" {
			files = append(files, file)
		}
	}
	m := Marker{b.Name, twin.Ticket, e.ID, twin.Hop}
	return zammad.Note(m.subject(p.Data.Summary), limits.Plain(body, limits.Text), files...), nil
}

// file is a file of a ticket: whole, or as a link to it.
func (b *Bridge) file(ctx context.Context, id string, n tickets.Number) (whole zammad.File, words string, err error) {
	f, err := b.File(ctx, id)
	if errors.Is(err, storage.ErrNotFound) {
		return whole, "", nil
	}
	if err != nil {
		return whole, "", ours(err)
	}
	if b.Files == ByFile {
		return zammad.File{Filename: f.Name, Data: f.Data, MIMEType: cmp.Or(f.Type, "application/octet-stream")}, f.Name, nil
	}
	if b.Site == "" {
		return whole, f.Name, nil
	}
	return whole, fmt.Sprintf("%s: %s/tickets/%d#attachments", f.Name, strings.TrimSuffix(b.Site, "/"), n), nil
}
