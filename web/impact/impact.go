// Package impact is what pages ask before they change what running tickets were promised: which deadlines would move, and whether the
// tickets follow or keep what they have.
package impact

import (
	"embed"
	"fmt"
	"html/template"
	"sync"
	"time"

	"hotline/directory"
	"hotline/tickets"
	"hotline/web/ui"
)

// The answers, as the field "running" of a form has them.
const (
	keep   = "keep"
	follow = "follow"
)

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() ui.Templates { return ui.Parse(files) })

// move is one deadline that would move, in words.
type move struct {
	Ticket              tickets.Number
	Clock, Was, Becomes string
}

// Ask asks whether running tickets follow a change that would move deadlines of theirs: it shows which, with the buttons of the answer. It is
// empty where none would move, or where the form says already what they do. Nothing is written.
func Ask(r *ui.Request, desk *tickets.Desk, of tickets.Scope, change func(*directory.Book)) (template.HTML, error) {
	if said := r.FormValue("running"); said == keep || said == follow {
		return "", nil
	}
	found, err := desk.Preview(r.Context(), desk.Book().With(change), of, r.Now)
	if err != nil {
		return "", fmt.Errorf("looking which deadlines would move: %w", err)
	}
	if len(found) == 0 {
		return "", nil
	}
	var list []move
	for _, m := range found {
		list = append(list, move{m.Ticket, r.Words.Clock(string(m.Clock)), instant(r, m.Was), instant(r, m.Becomes)})
	}
	page, err := pages().Page("moves", "", struct {
		ui.View
		Moves []move
	}{r.View, list})
	if err != nil {
		return "", err
	}
	return page.Content, nil
}

// Tell tells the running tickets of a change that was written, and that the desk knows, what the form says.
func Tell(r *ui.Request, desk *tickets.Desk, of tickets.Scope) (err error) {
	switch r.FormValue("running") {
	case follow:
		_, err = desk.FollowAll(r.Context(), of, r.Actor(), r.Now)
	case keep:
		_, err = desk.KeepAll(r.Context(), of, r.Actor(), r.Now)
	}
	if err != nil {
		return fmt.Errorf("telling the running tickets: %w", err)
	}
	return nil
}

func instant(r *ui.Request, t time.Time) string {
	if t.IsZero() {
		return r.T("page-no-deadline")
	}
	return r.View.Clock(t)
}
