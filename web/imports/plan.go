package imports

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"hotline/directory"
	"hotline/directory/entry"
	"hotline/numbers"
	"hotline/prompts"
	"hotline/prompts/written"
	"hotline/sla"
	"hotline/storage"
)

// kind is what a file holds.
type kind struct {
	name            string
	columns, needed []string
	read            func(p *planner, r record) (change, error)
}

func kinds() []kind {
	return []kind{
		{"customers", []string{"id", "name", "email", "numbers", "spoken"}, []string{"id", "name"}, (*planner).customer},
		{"numbers", []string{"customer", "number"}, []string{"customer", "number"}, (*planner).number},
		{"contracts", []string{"id", "customer", "level", "language", "first_day", "last_day", "calendar", "after_hours", "evo_support", "slow_menus", "record_talks", "monthly_statement", "remote_access"},
			[]string{"id", "customer", "level", "first_day", "remote_access"}, (*planner).contract},
	}
}

func kindNamed(name string) (kind, bool) {
	i := slices.IndexFunc(kinds(), func(k kind) bool { return k.name == name })
	if i < 0 {
		return kind{}, false
	}
	return kinds()[i], true
}

// change is what a line comes to.
type change struct {
	line     int
	how      string // new, changed or same
	customer *directory.Customer
	contract *directory.Contract
	access   bool // whether the contract's remote access changes
	terms    bool // whether what running tickets keep changes
}

// plan is a whole file, before anything is written.
type plan struct {
	kind                     kind
	Changes                  []change // in the order of the file, without those of which nothing is changed
	wrong                    []complaint
	Rows, New, Changed, Same int
}

// planner reads lines against what stands, and against the lines before.
type planner struct {
	ctx   context.Context
	book  *directory.Book
	names numbers.Plan
	zone  *time.Location
	ids   map[string]int // lines by the id that they are about
	news  map[directory.CustomerID]directory.Customer
}

// planned is what a file comes to. It writes nothing.
func planned(ctx context.Context, k kind, text string, book *directory.Book, names numbers.Plan, zone *time.Location) plan {
	t, wrong := read(text, k.columns, k.needed)
	p := plan{kind: k, wrong: wrong, Rows: len(t.rows)}
	m := &planner{ctx: ctx, book: book, names: names, zone: zone, ids: map[string]int{}, news: map[directory.CustomerID]directory.Customer{}}
	for _, r := range t.rows {
		c, err := k.read(m, r)
		var bad *refusal
		switch {
		case errors.As(err, &bad):
			p.wrong = append(p.wrong, complaint{r.line, bad.column, bad.id, bad.value})
			continue
		case err != nil:
			p.wrong = append(p.wrong, complaint{Line: r.line, ID: "imports-bad-line"})
			continue
		}
		c.line = r.line
		switch c.how {
		case "new":
			p.New++
		case "changed":
			p.Changed++
		default:
			p.Same++
			continue
		}
		p.Changes = append(p.Changes, c)
	}
	slices.SortStableFunc(p.wrong, func(a, b complaint) int { return a.Line - b.Line })
	return p
}

// refusal is a cell that cannot be right.
type refusal struct{ column, id, value string }

func (r *refusal) Error() string { return r.column + ": " + r.id }

// place is where a field of an entry stands: numbers[2] in the column numbers.
var place = regexp.MustCompile(`\[\d+\]$`)

// columns of entries that are called otherwise in a file.
func columnOf(field string) string {
	switch field = place.ReplaceAllString(field, ""); field {
	case "valid_from":
		return "first_day"
	case "valid_until":
		return "last_day"
	}
	return field
}

// refusedAt tells an entry's refusal at its cell.
func refusedAt(r record, err error) error {
	var e *entry.Refusal
	if !errors.As(err, &e) {
		return err
	}
	column := columnOf(e.Field)
	return &refusal{column, "imports-bad-" + column, r.cells[column]}
}

// once refuses a second line about the same.
func (m *planner) once(r record, column, id string) error {
	if first := m.ids[id]; first > 0 {
		return &refusal{column, "imports-bad-again", fmt.Sprint(first)}
	}
	m.ids[id] = r.line
	return nil
}

var between = regexp.MustCompile(`[|,;\n]+`)

func (m *planner) customer(r record) (change, error) {
	stands, known := m.book.Customers.Get(directory.CustomerID(r.cells["id"]))
	e := entry.Customer{ID: r.cells["id"], Name: r.cells["name"], Email: stands.Email, Numbers: stands.Numbers, Spoken: stands.Spoken}
	if text, given := r.cells["email"]; given {
		e.Email = text
	}
	if text, given := r.cells["spoken"]; given {
		e.Spoken = text
	}
	if text, given := r.cells["numbers"]; given {
		e.Numbers = slices.DeleteFunc(between.Split(text, -1), func(n string) bool { return strings.TrimSpace(n) == "" })
	}
	c, err := e.Check(m.names)
	if err == nil {
		err = m.once(r, "id", e.ID)
	}
	if err != nil {
		return change{}, refusedAt(r, err)
	}
	return m.changed(c, stands, known), nil
}

func (m *planner) changed(c, stands directory.Customer, known bool) change {
	c.Version = stands.Version
	same := known && c.Name == stands.Name && c.Email == stands.Email && c.Spoken == stands.Spoken && slices.Equal(c.Numbers, stands.Numbers)
	return change{how: how(known, same), customer: &c}
}

func how(known, same bool) string {
	switch {
	case same:
		return "same"
	case known:
		return "changed"
	}
	return "new"
}

// number adds one telephone number to a customer; of several lines about one customer each adds to what those before it made.
func (m *planner) number(r record) (change, error) {
	id := directory.CustomerID(r.cells["customer"])
	stands, err := m.Customer(m.ctx, id)
	if err != nil {
		return change{}, &refusal{"customer", "imports-bad-customer", string(id)}
	}
	number, ok := entry.Telephone(m.names, r.cells["number"])
	if !ok {
		return change{}, &refusal{"number", "imports-bad-numbers", r.cells["number"]}
	}
	if slices.Contains(stands.Numbers, number) {
		return change{how: "same"}, nil
	}
	c, err := entry.Customer{ID: string(id), Name: stands.Name, Email: stands.Email, Numbers: append(slices.Clone(stands.Numbers), number), Spoken: stands.Spoken}.Check(m.names)
	if err != nil {
		return change{}, refusedAt(r, err)
	}
	c.Version = stands.Version
	m.news[id] = c // what the line after this one finds
	return change{how: "changed", customer: &c}, nil
}

// Customer, Level and Calendar are what a contract may name.
func (m *planner) Customer(_ context.Context, id directory.CustomerID) (directory.Customer, error) {
	if c, ok := m.news[id]; ok {
		return c, nil
	}
	if c, ok := m.book.Customers.Get(id); ok {
		return c, nil
	}
	return directory.Customer{}, storage.ErrNotFound
}

// Level is one that the book has.
func (m *planner) Level(_ context.Context, id sla.LevelID) (sla.Level, error) {
	if l, ok := m.book.Levels[id]; ok {
		return l, nil
	}
	return sla.Level{}, storage.ErrNotFound
}

// Calendar is one that the book has.
func (m *planner) Calendar(_ context.Context, id sla.CalendarID) (sla.Calendar, error) {
	if c, ok := m.book.Calendars[id]; ok {
		return c, nil
	}
	return sla.Calendar{}, storage.ErrNotFound
}

func (m *planner) contract(r record) (change, error) {
	stands, known := m.book.Contracts.Get(directory.ContractID(r.cells["id"]))
	e := entry.Contract{
		ID: r.cells["id"], Customer: r.cells["customer"], Level: r.cells["level"], Language: stands.Language, Calendar: string(stands.Calendar),
		AfterHours: string(stands.AfterHours), EvoSupport: stands.EvoSupport, ConfirmByCall: stands.ConfirmByCall, KeepDays: stands.KeepDays, SlowMenus: stands.SlowMenus, RecordTalks: stands.RecordTalks, Statement: stands.Statement, Blocking: stands.Blocking, NonBlocking: stands.NonBlocking,
	}
	var err error
	if e.ValidFrom, err = m.day(r, "first_day", 0); err != nil {
		return change{}, err
	}
	if text, given := r.cells["last_day"]; given && text != "" {
		until, err := m.day(r, "last_day", 1)
		if err != nil {
			return change{}, err
		}
		e.ValidUntil = &until
	} else if !given && !stands.ValidUntil.IsZero() {
		e.ValidUntil = &stands.ValidUntil
	}
	if err = m.words(r, &e); err != nil {
		return change{}, err
	}
	c, err := e.Check(m.ctx, m)
	if err == nil {
		err = m.once(r, "id", e.ID)
	}
	if err != nil {
		return change{}, refusedAt(r, err)
	}
	c.Version, c.PINAt = stands.Version, stands.PINAt
	same := known && c.Customer == stands.Customer && c.Level == stands.Level && c.Language == stands.Language && c.ValidFrom.Equal(stands.ValidFrom) &&
		c.ValidUntil.Equal(stands.ValidUntil) && c.Calendar == stands.Calendar && c.AfterHours == stands.AfterHours && c.EvoSupport == stands.EvoSupport && c.SlowMenus == stands.SlowMenus && c.RecordTalks == stands.RecordTalks && c.Statement == stands.Statement && c.RemoteAccess == stands.RemoteAccess
	return change{how: how(known, same), contract: &c, access: known && c.RemoteAccess != stands.RemoteAccess, terms: known && (c.Level != stands.Level || c.Calendar != stands.Calendar)}, nil
}

// words reads the cells that hold one of a few words.
func (m *planner) words(r record, e *entry.Contract) error {
	if text, given := r.cells["language"]; given {
		if text != "" && !slices.Contains(prompts.Languages(), prompts.Language(text)) {
			return &refusal{"language", "imports-bad-language", text}
		}
		e.Language = text
	}
	if text, given := r.cells["calendar"]; given {
		e.Calendar = text
	}
	if text, given := r.cells["after_hours"]; given {
		e.AfterHours = text
	}
	if e.AfterHours == "" {
		e.AfterHours = string(directory.AfterHoursWait)
	}
	if a := directory.AfterHours(e.AfterHours); a != directory.AfterHoursWait && a != directory.AfterHoursRing {
		return &refusal{"after_hours", "imports-bad-after_hours", e.AfterHours}
	}
	for _, c := range []struct {
		column string
		field  *bool
	}{{"evo_support", &e.EvoSupport}, {"slow_menus", &e.SlowMenus}, {"record_talks", &e.RecordTalks}, {"monthly_statement", &e.Statement}} {
		text, given := r.cells[c.column]
		if !given {
			continue
		}
		yes, ok := yes(text)
		if !ok && text != "" {
			return &refusal{c.column, "imports-bad-yes", text}
		}
		*c.field = yes
	}
	yes, ok := yes(r.cells["remote_access"])
	if !ok {
		return &refusal{"remote_access", "imports-bad-remote_access", r.cells["remote_access"]}
	}
	e.RemoteAccess = &yes
	return nil
}

// day reads a day as 2026-12-31 or 31/12/2026, so many days later, at its beginning in the house's zone; an instant as it is written.
func (m *planner) day(r record, column string, later int) (time.Time, error) {
	for _, form := range []string{time.DateOnly, "02/01/2006", "2/1/2006", "02.01.2006"} {
		if t, err := time.ParseInLocation(form, r.cells[column], m.zone); err == nil {
			return t.AddDate(0, 0, later), nil
		}
	}
	if t, err := time.Parse(time.RFC3339, r.cells[column]); err == nil {
		return t, nil
	}
	return time.Time{}, &refusal{column, "imports-bad-" + column, r.cells[column]}
}

// yes reads a yes or a no, in any language.
func yes(text string) (yes, ok bool) {
	for _, lang := range prompts.Written() {
		words := written.In(lang)
		if slices.Contains(strings.Fields(words.Text("imports-cells-yes")), strings.ToLower(text)) {
			return true, true
		}
		if slices.Contains(strings.Fields(words.Text("imports-cells-no")), strings.ToLower(text)) {
			return false, true
		}
	}
	return false, false
}
