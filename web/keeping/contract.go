package keeping

import (
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"time"

	"hotline/directory"
	"hotline/directory/entry"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
	"hotline/web/room"
	"hotline/web/running"
)

// Bounds of a contract's fields.
const (
	minutesMost  = 366 * 24 * 60
	keepDaysMost = 36_500
)

// limitFields are the spans that a contract promises instead of its level's, in minutes; empty: as the level.
func limitFields(r *room.Request, c sla.Category, l *sla.Limits) (list []field) {
	for i, k := range sla.Kinds() {
		f := field{Name: fmt.Sprintf("%s-%s", c, k), Label: r.Words.Category(string(c)) + ": " + r.Words.Clock(string(k)), Kind: "number", Most: minutesMost}
		if l != nil {
			f.Value = strconv.Itoa(int([]time.Duration{l.Contact, l.Intervention, l.Restore}[i] / time.Minute))
		}
		if c == sla.NonBlocking && k == sla.Restore {
			f.Text = r.T("keeping-limits")
		}
		list = append(list, f)
	}
	return list
}

func ticked(yes bool) string {
	if yes {
		return "yes"
	}
	return ""
}

// lastDay is the day before an instant at which a day begins.
func lastDay(t time.Time, zone *time.Location) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Add(-time.Second).Format(time.DateOnly)
}

func (h House) contractFields(r *room.Request, c directory.Contract) ([]field, error) {
	levels, err := h.Store.Levels(r.Context())
	if err != nil {
		return nil, fmt.Errorf("reading the levels: %w", err)
	}
	calendars, err := h.Store.Calendars(r.Context())
	if err != nil {
		return nil, fmt.Errorf("reading the calendars: %w", err)
	}
	of, hours := []option{}, []option{{"", r.T("keeping-as-level")}}
	for _, l := range levels {
		of = append(of, option{string(l.ID), l.Name})
	}
	for _, c := range calendars {
		hours = append(hours, option{string(c.ID), c.Name})
	}
	access := ""
	if c.ID != "" {
		access = map[bool]string{true: "yes", false: "no"}[c.RemoteAccess]
	}
	first := ""
	if !c.ValidFrom.IsZero() {
		first = c.ValidFrom.In(r.Zone).Format(time.DateOnly)
	}
	keep := ""
	if c.KeepDays > 0 {
		keep = strconv.Itoa(c.KeepDays)
	}
	list := []field{
		{Name: "level", Label: r.T("page-level-name"), Value: string(c.Level), Kind: "choice", Options: of},
		{Name: "valid_from", Label: r.T("keeping-first-day"), Value: first, Kind: "day", Needed: true},
		{Name: "valid_until", Label: r.T("keeping-last-day"), Value: lastDay(c.ValidUntil, r.Zone), Kind: "day", Text: r.T("keeping-last-day-text")},
		{Name: "remote_access", Label: r.T("page-access"), Value: access, Kind: "choice", Options: []option{{"", r.T("keeping-choose")}, {"yes", r.T("page-access-yes")}, {"no", r.T("page-access-no")}}, Needed: true, Text: r.T("keeping-access")},
		{Name: "language", Label: r.T("keeping-language"), Value: c.Language, Kind: "choice", Options: languages(r)},
		{Name: "calendar", Label: r.T("imports-column-calendar"), Value: string(c.Calendar), Kind: "choice", Options: hours},
		{Name: "after_hours", Label: r.T("keeping-after-hours"), Value: string(c.AfterHours), Kind: "choice", Options: []option{{string(directory.AfterHoursWait), r.T("keeping-wait")}, {string(directory.AfterHoursRing), r.T("keeping-ring")}}},
	}
	list = append(append(list, limitFields(r, sla.Blocking, c.Blocking)...), limitFields(r, sla.NonBlocking, c.NonBlocking)...)
	return append(list,
		field{Name: "evo_support", Label: r.T("keeping-evo"), Value: ticked(c.EvoSupport), Kind: "tick"},
		field{Name: "confirm", Label: r.T("keeping-confirm"), Value: ticked(c.ConfirmByCall), Kind: "tick"},
		field{Name: "slow_menus", Label: r.T("keeping-slow"), Value: ticked(c.SlowMenus), Kind: "tick"},
		field{Name: "record_talks", Label: r.T("keeping-talks"), Value: ticked(c.RecordTalks), Kind: "tick"},
		field{Name: "monthly_statement", Label: r.T("keeping-statement"), Value: ticked(c.Statement), Kind: "tick", Text: r.T("keeping-statement-text")},
		field{Name: "keep_days", Label: r.T("keeping-keep-days"), Value: keep, Kind: "number", Most: keepDaysMost, Text: r.T("keeping-keep-days-text")}), nil
}

// spans reads the spans of a category: nil where all are left empty. One that is empty beside others is 0, which the checks refuse.
func spans(fields []field, c sla.Category) (*sla.Limits, error) {
	l, any := &sla.Limits{}, false
	for i, k := range sla.Kinds() {
		name := fmt.Sprintf("%s-%s", c, k)
		text := value(fields, name)
		if text == "" {
			continue
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 || n > minutesMost {
			return nil, &entry.Refusal{Field: name, Text: "write whole minutes"}
		}
		any = true
		*[]*time.Duration{&l.Contact, &l.Intervention, &l.Restore}[i] = time.Duration(n) * time.Minute
	}
	if !any {
		return nil, nil
	}
	return l, nil
}

// contractSaid is the contract as a form says it; else an *entry.Refusal, or an error of the store.
func (h House) contractSaid(r *room.Request, fields []field, stands directory.Contract) (directory.Contract, error) {
	c := entry.Contract{
		ID: string(stands.ID), Customer: string(stands.Customer), Level: value(fields, "level"), Language: value(fields, "language"), Calendar: value(fields, "calendar"), AfterHours: value(fields, "after_hours"),
		EvoSupport: value(fields, "evo_support") != "", ConfirmByCall: value(fields, "confirm") != "", SlowMenus: value(fields, "slow_menus") != "", RecordTalks: value(fields, "record_talks") != "", Statement: value(fields, "monthly_statement") != "",
	}
	for _, f := range fields {
		if f.Kind == "choice" && f.Value != "" && !f.has(f.Value) {
			return stands, &entry.Refusal{Field: f.Name, Text: fmt.Sprintf("%q is not one of the choices", f.Value)}
		}
	}
	if access := value(fields, "remote_access"); access != "" {
		c.RemoteAccess = new(access == "yes")
	}
	var err error
	if c.ValidFrom, err = time.ParseInLocation(time.DateOnly, value(fields, "valid_from"), r.Zone); err != nil {
		return stands, &entry.Refusal{Field: "valid_from", Text: "write a day"}
	}
	if text := value(fields, "valid_until"); text != "" {
		last, err := time.ParseInLocation(time.DateOnly, text, r.Zone)
		if err != nil {
			return stands, &entry.Refusal{Field: "valid_until", Text: "write a day, or nothing"}
		}
		c.ValidUntil = new(last.AddDate(0, 0, 1))
		if text == lastDay(stands.ValidUntil, r.Zone) { // it may be an instant within a day, which the form does not show
			c.ValidUntil = &stands.ValidUntil
		}
	}
	if value(fields, "valid_from") == stands.ValidFrom.In(r.Zone).Format(time.DateOnly) {
		c.ValidFrom = stands.ValidFrom
	}
	if c.Blocking, err = spans(fields, sla.Blocking); err != nil {
		return stands, err
	}
	if c.NonBlocking, err = spans(fields, sla.NonBlocking); err != nil {
		return stands, err
	}
	if text := value(fields, "keep_days"); text != "" {
		if c.KeepDays, err = strconv.Atoi(text); err != nil || c.KeepDays < 1 || c.KeepDays > keepDaysMost {
			return stands, &entry.Refusal{Field: "keep_days", Text: "write whole days, or nothing"}
		}
	}
	made, err := c.Check(r.Context(), h.Store)
	made.PINAt, made.Version = stands.PINAt, stands.Version
	return made, err
}

// has tells whether a value is one of the choices.
func (f field) has(value string) bool {
	for _, o := range f.Options {
		if o.Value == value {
			return true
		}
	}
	return false
}

// newContract is the form of one more contract of a customer.
func (h House) newContract(_ http.ResponseWriter, r *room.Request) (*room.Page, error) {
	p, stands, err := h.another(r)
	if err != nil {
		return nil, err
	}
	p.ID = newID()
	stands.Language, stands.AfterHours, stands.ValidFrom = string(r.Lang), directory.AfterHoursWait, r.Now
	if p.Fields, err = h.contractFields(r, stands); err != nil {
		return nil, err
	}
	return h.show(r, r.T("keeping-new-contract"), p, http.StatusOK)
}

// another is a contract that a customer does not have yet.
func (h House) another(r *room.Request) (p formPage, c directory.Contract, err error) {
	of, err := h.Store.Customer(r.Context(), directory.CustomerID(r.PathValue("id")))
	if err != nil {
		return p, c, fmt.Errorf("reading a customer: %w", err)
	}
	back := "/customers/" + string(of.ID)
	return formPage{Back: back, BackName: of.Name, To: back + "/contracts", ID: r.FormValue("id")}, directory.Contract{Customer: of.ID}, nil
}

// pinPage shows the PIN of a new contract, once.
type pinPage struct {
	room.View
	Back, BackName string
	Contract       directory.ContractID
	PIN            string
	Letter         template.HTML // tells the customer the PIN, on paper
}

// addContract writes a contract with its first PIN, and shows that once.
func (h House) addContract(_ http.ResponseWriter, r *room.Request) (*room.Page, error) {
	p, stands, err := h.another(r)
	if err != nil {
		return nil, err
	}
	title := r.T("keeping-new-contract")
	if p.Fields, err = h.contractFields(r, stands); err != nil {
		return nil, err
	}
	p.Fields, stands.ID = said(r, p.Fields), directory.ContractID(p.ID)
	made, err := h.contractSaid(r, p.Fields, stands)
	if err != nil {
		return h.refused(r, title, p, err)
	}
	made, pin, err := h.PINs.NewContract(r.Context(), made, r.Now)
	if twice(err) {
		return nil, &room.Refusal{Status: http.StatusConflict, ID: "keeping-twice"}
	}
	if err == nil {
		err = h.Tell(r.Context())
	}
	if err != nil {
		return nil, fmt.Errorf("writing contract %s: %w", p.ID, err)
	}
	h.Log.InfoContext(r.Context(), "web: staff wrote", "by", r.User.Name, "what", "contract "+p.ID)
	return pages().Page("pin", title, pinPage{r.View, p.Back, p.BackName, made.ID, pin, room.Letter(r.View, p.BackName, p.ID, pin)})
}

func (h House) contractOf(r *room.Request) (c directory.Contract, p formPage, title string, err error) {
	if c, err = h.Store.Contract(r.Context(), directory.ContractID(r.PathValue("id"))); err != nil {
		return c, p, "", fmt.Errorf("reading a contract: %w", err)
	}
	back := "/customers/" + string(c.Customer)
	p = formPage{Back: back, BackName: r.T("page-customer"), To: "/contracts/" + string(c.ID), Version: strconv.Itoa(c.Version)}
	p.Fields, err = h.contractFields(r, c)
	return c, p, r.T("page-contract") + " " + string(c.ID), err
}

func (h House) contractForm(_ http.ResponseWriter, r *room.Request) (*room.Page, error) {
	_, p, title, err := h.contractOf(r)
	if err != nil {
		return nil, err
	}
	return h.show(r, title, p, http.StatusOK)
}

// writeContract changes a contract. Where deadlines of running tickets would move, the page shows which, and asks whether they follow.
func (h House) writeContract(w http.ResponseWriter, r *room.Request) (*room.Page, error) {
	stands, p, title, err := h.contractOf(r)
	if err != nil {
		return nil, err
	}
	now := append([]field{}, p.Fields...)
	p.Fields = said(r, p.Fields)
	made, err := h.contractSaid(r, p.Fields, stands)
	if err != nil {
		p.Version = r.FormValue("version")
		return h.refused(r, title, p, err)
	}
	if p.Version != r.FormValue("version") {
		return h.stale(r, title, p, now, stands.Version)
	}
	of := tickets.OfContract(made.ID)
	if p.Moves, err = running.Moves(r, h.Desk, of, func(b *directory.Book) { b.Contracts = b.Contracts.With(made.ID, made) }); err != nil {
		return nil, err
	}
	if len(p.Moves) > 0 {
		return h.show(r, title, p, http.StatusOK)
	}
	_, err = h.Store.PutContract(r.Context(), made)
	if errors.Is(err, storage.ErrConflict) {
		return h.stale(r, title, p, now, stands.Version)
	}
	if err == nil {
		err = h.Tell(r.Context())
	}
	tell := h.Desk.AccessStands // which an earlier change may have failed to say
	if made.RemoteAccess != stands.RemoteAccess {
		tell = h.Desk.AccessChanged // a fact of the installation: its running tickets stand still, or run on
	}
	if err == nil {
		err = errors.Join(running.Tell(r, h.Desk, of), tell(r.Context(), made.ID, made.RemoteAccess, r.Actor(), r.Now))
	}
	return h.written(w, r, "contract "+string(made.ID), p.Back, err)
}
