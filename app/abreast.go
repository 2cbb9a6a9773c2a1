package app

import (
	"context"
	"errors"
	"time"

	"hotline/admin"
	"hotline/tickets"
)

// bookFact names the last change of contracts, levels, calendars or the flow, by whichever node: the others read them anew
// when it differs from the one they know.
const bookFact = "book"

// factTime bounds writing it.
const factTime = 5 * time.Second

// changed keeps a new snapshot on the disk and tells the other nodes.
func (a *App) changed(b *tickets.Book) {
	a.keep(b)
	a.tell()
}

// tell lets the other nodes know that something was changed. One that misses it reads at its next start.
func (a *App) tell() {
	ctx, cancel := context.WithTimeout(context.Background(), factTime)
	defer cancel()
	if err := a.store.PutFact(ctx, bookFact, newID()); err != nil {
		a.log.Warn("other nodes do not know of a change yet", "error", err)
	}
}

// published is the flows as the API changes them: the other nodes hear of it.
type published struct{ *App }

// Check reads a flow.
func (p published) Check(yaml string) (string, []admin.Complaint) { return p.flows.Check(yaml) }

// Use makes a published version the one with which the next call begins, on every node.
func (p published) Use(v tickets.FlowVersion) error {
	if err := p.flows.Use(v); err != nil {
		return err
	}
	p.tell()
	return nil
}

// abreast takes over what another node changed, and gives the name of the last change that this one knows.
func (a *App) abreast(ctx context.Context, known string) string {
	last, err := a.store.Fact(ctx, bookFact)
	if errors.Is(err, tickets.ErrNotFound) || (err == nil && last == known) {
		return known
	}
	if err == nil {
		err = a.readAnew(ctx)
	}
	if err != nil {
		a.log.Debug("changes of other nodes are not known yet", "error", err)
		return known
	}
	return last
}

// readAnew reads contracts, levels, calendars and the flow as they stand now.
func (a *App) readAnew(ctx context.Context) error {
	book, err := tickets.ReadBook(ctx, a.store, time.Now())
	if err != nil {
		return err
	}
	a.desk.SetBook(book)
	a.keep(book)
	list, err := a.store.Flows(ctx)
	if err != nil || len(list) == 0 || list[0].Version == a.flows.now.Load().Version {
		return err
	}
	return a.flows.Use(list[0])
}
