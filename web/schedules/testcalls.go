package schedules

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"hotline/audit"
	"hotline/ical"
	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/storage"
	"hotline/web/ui"
)

// appointment is when an engineer has agreed to be rung for a test.
type appointment struct {
	Day  int    // 0 is Sunday
	At   string // of the day
	Next string // in the zone of the contact
}

// Days are the days of a week in the order in which people read them.
func (readinessPage) Days() []time.Weekday {
	return []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday, time.Sunday}
}

// Is tells whether a day is that of an appointment.
func (a *appointment) Is(day time.Weekday) bool { return a != nil && a.Day == int(day) }

// agreed is an engineer's appointment; nil where there is none.
func agreed(r *ui.Request, f escalation.Facts, id oncall.EngineerID) *appointment {
	for _, c := range f.Contacts {
		if c.Engineer != id || c.Test == nil {
			continue
		}
		a := &appointment{Day: int(c.Test.Day), At: time.Time{}.Add(c.Test.At).Format(timeOfDay)}
		if next, comes := c.TestAfter(r.Now); comes {
			zone, _ := time.LoadLocation(c.Zone) // it was read already
			v := r.View
			v.Zone = zone
			a.Next = v.Clock(next)
		}
		return a
	}
	return nil
}

// timeOfDay is how forms write it.
const timeOfDay = "15:04"

// testCall rings one telephone of an engineer's, and shows what came of it.
func (h Handlers) testCall(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	e, err := h.Store.Engineer(r.Context(), oncall.EngineerID(r.FormValue("engineer")))
	if err != nil {
		return nil, fmt.Errorf("reading an engineer: %w", err)
	}
	phone := r.FormValue("phone")
	if h.TestCall == nil || !slices.Contains(e.Phones, phone) {
		return nil, &ui.Refusal{Status: http.StatusConflict, ID: "page-start-no-ring"}
	}
	result := h.TestCall(r.Context(), oncall.Attempt{Engineer: e.ID, Name: e.Name, Phone: phone, Language: e.Language})
	h.Log.InfoContext(r.Context(), "web: staff wrote", "by", r.User.Name, "engineer", string(e.ID), "what", "test call", "result", result)
	return h.showReadiness(r, http.StatusOK, readinessPage{Tried: phone, Result: r.Word(result)})
}

// agree writes down when an engineer is rung for a test every week, or that no more is.
func (h Handlers) agree(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	ctx, id := r.Context(), oncall.EngineerID(r.FormValue("engineer"))
	e, err := h.Store.Engineer(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("reading an engineer: %w", err)
	}
	c, err := h.Store.Contact(ctx, id)
	if errors.Is(err, storage.ErrNotFound) {
		var d escalation.Documents
		d, err = escalation.Read(ctx, h.Store)
		c = escalation.Contact{Engineer: id, Zone: h.mainZone(d).String()}
	}
	if err != nil {
		return nil, fmt.Errorf("reading how %s is rung: %w", id, err)
	}
	stands := c
	c.Test = nil
	if r.FormValue("day") != "" {
		day, wrong := strconv.Atoi(r.FormValue("day"))
		at, bad := time.Parse(timeOfDay, r.FormValue("at"))
		c.Test = &escalation.Appointment{Day: time.Weekday(day), At: time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute}
		if wrong != nil || bad != nil || c.Check(e) != nil {
			return h.showReadiness(r, http.StatusUnprocessableEntity, readinessPage{Problem: r.T("schedules-test-unfit")})
		}
	}
	if !audit.Same(stands, c) {
		_, err = h.Store.PutContact(ctx, c)
	}
	switch {
	case errors.Is(err, storage.ErrConflict):
		return h.showReadiness(r, http.StatusConflict, readinessPage{Problem: r.T("schedules-stale")})
	case err != nil:
		return nil, fmt.Errorf("writing when %s is rung for a test: %w", id, err)
	}
	h.Log.InfoContext(ctx, "web: staff wrote", "by", r.User.Name, "engineer", string(id), "what", r.URL.Path)
	http.Redirect(w, r.Request, "/oncall/readiness", http.StatusSeeOther)
	return nil, nil
}

// card gives the line's numbers for an engineer's telephone: what is among its favourites rings in spite of do-not-disturb.
func (h Handlers) card(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	if len(h.Numbers) == 0 {
		return nil, fmt.Errorf("the line shows no telephone number: %w", storage.ErrNotFound)
	}
	w.Header().Set("Content-Type", "text/vcard; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="hotline.vcf"`)
	_, _ = w.Write(ical.Card("Hotline", h.Numbers)) // a browser that is gone wants nothing
	return nil, nil
}
