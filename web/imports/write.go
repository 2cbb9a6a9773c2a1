package imports

import (
	"errors"
	"fmt"
	"html/template"

	"hotline/directory"
	"hotline/storage"
	"hotline/tickets"
	"hotline/web/room"
)

// writer writes the changes of one import, one after the other.
type writer struct {
	House
	r        *room.Request
	done     int
	wrong    []complaintView
	letters  []template.HTML
	versions map[directory.CustomerID]int // of customers that this import wrote already
}

// one writes a change.
func (w *writer) one(c change) error {
	ctx, now := w.r.Context(), w.Now()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case c.customer != nil:
		if v, ok := w.versions[c.customer.ID]; ok {
			c.customer.Version = v
		}
		stands, err := w.Store.PutCustomer(ctx, *c.customer)
		if err != nil {
			return fmt.Errorf("writing customer %s: %w", c.customer.ID, err)
		}
		w.versions[stands.ID] = stands.Version
	case c.how == "new":
		stands, pin, err := w.PINs.NewContract(ctx, *c.contract, now)
		if err != nil {
			return fmt.Errorf("adding contract %s: %w", c.contract.ID, err)
		}
		customer, _ := w.Desk.Book().Customers.Get(stands.Customer) // it was looked up before
		w.letters = append(w.letters, room.Letter(w.r.View, customer.Name, string(stands.ID), pin))
	default:
		if err := w.contract(c); err != nil {
			return err
		}
	}
	w.done++
	return nil
}

// contract writes a contract that stands. Its running tickets keep the terms with which they were opened.
func (w *writer) contract(c change) error {
	ctx, now := w.r.Context(), w.Now()
	stands, err := w.Store.PutContract(ctx, *c.contract)
	if err != nil {
		return fmt.Errorf("writing contract %s: %w", c.contract.ID, err)
	}
	if c.terms {
		if _, err := w.Desk.KeepAll(ctx, tickets.OfContract(stands.ID), w.r.Actor(), now); err != nil {
			return fmt.Errorf("keeping the terms of the tickets of contract %s: %w", stands.ID, err)
		}
	}
	if c.access {
		if err := w.Desk.AccessChanged(ctx, stands.ID, stands.RemoteAccess, w.r.Actor(), now); err != nil {
			return fmt.Errorf("telling the tickets of contract %s of its remote access: %w", stands.ID, err)
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
	room.View
	Done    int
	Plan    plan
	Wrong   []complaintView
	Refused int // lines that the file's check left out
	Letters []template.HTML
}

func (w *writer) outcome(p plan) outcomePage {
	return outcomePage{View: w.r.View, Done: w.done, Plan: p, Wrong: w.wrong, Refused: len(p.wrong), Letters: w.letters}
}
