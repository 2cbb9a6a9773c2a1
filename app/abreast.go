package app

import (
	"context"
	"errors"
	"time"

	"hotline/tickets"
)

// bookFact names the last change of contracts, levels or calendars, by whichever node: the others read their snapshot anew
// when it differs from the one they know.
const bookFact = "book"

// factTime bounds writing it.
const factTime = 5 * time.Second

// changed keeps a new snapshot on the disk and tells the other nodes. A node that misses it still reads at its next start.
func (a *App) changed(b *tickets.Book) {
	a.keep(b)
	ctx, cancel := context.WithTimeout(context.Background(), factTime)
	defer cancel()
	if err := a.store.PutFact(ctx, bookFact, newID()); err != nil {
		a.log.Warn("other nodes do not know of a change yet", "error", err)
	}
}

// abreast takes over what another node changed, and gives the name of the last change that this one knows.
func (a *App) abreast(ctx context.Context, known string) string {
	last, err := a.store.Fact(ctx, bookFact)
	if err != nil || last == known {
		if err != nil && !errors.Is(err, tickets.ErrNotFound) {
			a.log.Debug("changes of other nodes are not read", "error", err)
		}
		return known
	}
	book, err := tickets.ReadBook(ctx, a.store, time.Now())
	if err != nil {
		a.log.Warn("a change of another node is not known yet", "error", err)
		return known
	}
	a.desk.SetBook(book)
	a.keep(book)
	return last
}
