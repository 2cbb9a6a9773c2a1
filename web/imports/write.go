package imports

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"time"

	"hotline/directory"
	"hotline/storage"
	"hotline/tickets"
	"hotline/web/ui"
)

// writer writes the changes of one import, one after the other.
type writer struct {
	Handlers
	r        *ui.Request
	done     int
	wrong    []complaintView
	letters  []template.HTML
	told     []change                     // of which running tickets are to be told
	versions map[directory.CustomerID]int // of customers that this import wrote already
}

// What is written with one wait for the disk.
const (
	togetherMost = 50
	togetherTime = 500 * time.Millisecond // the store lets nobody hold it for long
)

// outcomeOf is a change that stands, where the store could keep it.
type outcomeOf struct {
	change
	pin string // of a new contract
	err error
}

// some writes the first of some changes together, and tells how many it tried.
func (w *writer) some(list []change) int {
	var tried []outcomeOf
	began := w.Now()
	err := w.Store.Together(w.r.Context(), func(ctx context.Context) error {
		tried = nil
		for _, c := range list[:min(len(list), togetherMost)] {
			if len(tried) > 0 && w.Now().Sub(began) > togetherTime {
				break
			}
			tried = append(tried, w.one(ctx, c))
		}
		return nil
	})
	if len(tried) == 0 { // nothing was even begun
		tried = append(tried, outcomeOf{change: list[0]})
	}
	for _, c := range tried {
		if c.err == nil {
			c.err = err
		}
		if c.err != nil {
			w.failed(c.change, c.err)
			continue
		}
		w.done++
		if c.terms || c.access {
			w.told = append(w.told, c.change)
		}
		if c.pin != "" {
			customer, _ := w.Desk.Book().Customers.Get(c.contract.Customer) // it was looked up before
			w.letters = append(w.letters, ui.Letter(w.r.View, customer.Name, string(c.contract.ID), c.pin))
		}
	}
	if len(w.told) > 0 { // at once, not at the end of a long import
		w.tell()
	}
	return len(tried)
}

// one writes a change.
func (w *writer) one(ctx context.Context, c change) outcomeOf {
	done := outcomeOf{change: c}
	switch {
	case c.customer != nil:
		if v, ok := w.versions[c.customer.ID]; ok {
			c.customer.Version = v
		}
		var stands directory.Customer
		if stands, done.err = w.Store.PutCustomer(ctx, *c.customer); done.err == nil {
			w.versions[stands.ID] = stands.Version
		}
	case c.how == "new":
		_, done.pin, done.err = w.PINs.NewContract(ctx, *c.contract, w.Now())
	default:
		_, done.err = w.Store.PutContract(ctx, *c.contract)
	}
	return done
}

// tellTime bounds how long the line and the running tickets are told of what was just written.
const tellTime = time.Minute

// tell lets the line hear of what was just written, and then the running tickets. It is done although the time of the import is up: what is
// written is not written again when the same file comes once more.
func (w *writer) tell() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.r.Context()), tellTime)
	defer cancel()
	_, err := w.Desk.CatchUp(ctx, w.Edits, w.Now())
	if err != nil { // the nodes' own look at what is new brings it then
		w.Log.WarnContext(ctx, "the line hears of an import a moment later", "error", err)
	}
	for _, c := range w.told {
		if failed := errors.Join(err, w.follow(ctx, c)); failed != nil {
			w.Log.WarnContext(ctx, "running tickets are not told of an import", "line", c.line, "error", failed)
			w.wrong = append(w.wrong, told(w.r.View, complaint{Line: c.line, ID: "imports-bad-told"}))
		}
	}
	w.told = nil
}

// follow tells running tickets of a contract that was changed: they keep the terms with which they were opened.
func (w *writer) follow(ctx context.Context, c change) error {
	now := w.Now()
	if c.terms {
		if _, err := w.Desk.KeepAll(ctx, tickets.OfContract(c.contract.ID), w.r.Actor(), now); err != nil {
			return fmt.Errorf("keeping the terms of the tickets of contract %s: %w", c.contract.ID, err)
		}
	}
	if c.access {
		if err := w.Desk.AccessChanged(ctx, c.contract.ID, c.contract.RemoteAccess, w.r.Actor(), now); err != nil {
			return fmt.Errorf("telling the tickets of contract %s of its remote access: %w", c.contract.ID, err)
		}
	}
	return nil
}

// failed keeps what is to be told of a change that was not written.
func (w *writer) failed(c change, err error) {
	id := "imports-bad-write"
	switch {
	case errors.Is(err, storage.ErrConflict), errors.Is(err, storage.ErrExists):
		id = "imports-bad-conflict"
	case w.r.Context().Err() != nil:
		id = "imports-bad-time"
	}
	w.Log.WarnContext(w.r.Context(), "a line of an import is not written", "line", c.line, "error", err)
	w.wrong = append(w.wrong, told(w.r.View, complaint{Line: c.line, ID: id}))
}

// outcomePage says what became of an import.
type outcomePage struct {
	ui.View
	Done    int
	Plan    plan
	Wrong   []complaintView
	Refused int // lines that the file's check left out
	Letters []template.HTML
}

func (w *writer) outcome(p plan) outcomePage {
	return outcomePage{View: w.r.View, Done: w.done, Plan: p, Wrong: w.wrong, Refused: len(p.wrong), Letters: w.letters}
}
