package calendars

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"hotline/directory"
	"hotline/directory/entry"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
	"hotline/web/impact"
	"hotline/web/ui"
)

// change changes a level. The form names the version that it was shown with. Where deadlines of running tickets would move, the page
// shows which, and asks whether they follow.
func (h Handlers) change(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	ctx := r.Context()
	stands, err := h.Store.Level(ctx, sla.LevelID(r.PathValue("id")))
	if err != nil {
		return nil, fmt.Errorf("reading a level: %w", err)
	}
	made, p, bad := h.said(r, stands)
	if bad {
		p.Problem = r.T("calendars-bad-field")
		return h.show(p, http.StatusUnprocessableEntity)
	}
	if strconv.Itoa(stands.Version) != p.Version {
		return h.stale(r, p, stands)
	}
	var refused *entry.Refusal
	if err := entry.Level(ctx, h.Store, made); errors.As(err, &refused) {
		p.Problem = r.T("calendars-refused")
		if refused.Field == "calendar" {
			p.Problem = r.T("imports-bad-calendar")
		}
		return h.show(p, http.StatusUnprocessableEntity)
	} else if err != nil {
		return nil, fmt.Errorf("checking a level: %w", err)
	}
	of := tickets.OfLevel(made.ID)
	if p.Question, err = impact.Ask(r, h.Desk, of, func(b *directory.Book) { b.Levels[made.ID] = made }); err != nil {
		return nil, err
	}
	if p.Question != "" {
		return h.show(p, http.StatusOK)
	}
	if _, err = h.Store.PutLevel(ctx, made); errors.Is(err, storage.ErrConflict) {
		return h.stale(r, p, stands)
	} else if err != nil {
		return nil, fmt.Errorf("writing level %s: %w", made.ID, err)
	}
	if _, err := h.Desk.CatchUp(ctx, h.Store, r.Now); err != nil {
		return nil, fmt.Errorf("telling the line of level %s: %w", made.ID, err)
	}
	if err := impact.Tell(r, h.Desk, of); err != nil {
		return nil, fmt.Errorf("level %s: %w", made.ID, err)
	}
	http.Redirect(w, r.Request, "/calendars", http.StatusSeeOther)
	return nil, nil
}

// stale shows what stands beside what was about to be written.
func (h Handlers) stale(r *ui.Request, p levelPage, stands sla.Level) (*ui.Page, error) {
	p.Problem = r.T("calendars-stale")
	p.Level, p.Version = stands, strconv.Itoa(stands.Version)
	now := h.page(r, stands)
	for i := range p.Limits {
		if p.Limits[i].Value != now.Limits[i].Value {
			p.Limits[i].Label += " " + r.T("calendars-now", now.Limits[i].Value)
		}
	}
	return h.show(p, http.StatusConflict)
}
