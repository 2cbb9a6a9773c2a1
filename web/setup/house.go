package setup

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"hotline/company"
	"hotline/prompts"
	"hotline/sla"
	"hotline/storage"
	"hotline/web/ui"
)

// Owner is what was said of the house. Safe for concurrent use.
type Owner interface {
	// House is what the browser has said; the password of its trunk stays sealed.
	Profile() company.Profile
	// InFile tells where the configuration file says a field, which is then not the browser's to change.
	InFile(field string) (file string, line int, ok bool)
	// Language is what holds of the two.
	Language() prompts.Language
	// Save writes what is said, and takes it over at once. An empty password keeps the one that stands. Its errors are those of
	// package company, and storage.ErrConflict.
	Save(ctx context.Context, h company.Profile, password string) error
}

// place is where the configuration file says something.
type place struct {
	File string
	Line int
}

// owned is what the page shows of the house.
type owned struct {
	House     company.Profile
	Language  prompts.Language
	Languages []prompts.Language
	Zone      string
	Zones     []string
	InFile    map[string]*place // by field; nil: the file does not say it
}

// zones are suggested; every other one of the world may be written, too.
var zones = [...]string{"Europe/Rome", "Europe/Berlin", "Europe/Vienna", "Europe/Zurich", "Europe/Paris", "Europe/Madrid", "Europe/London", "Europe/Lisbon", "Europe/Athens", "Europe/Bucharest", "Europe/Helsinki", "UTC"}

// owned reads what the page shows of the house; nil where this process asks nobody.
func (h Handlers) owned() *owned {
	if h.Owner == nil {
		return nil
	}
	o := &owned{House: h.Owner.Profile(), Language: h.Owner.Language(), Languages: prompts.Languages(), Zone: h.Desk.Zone().String(), Zones: zones[:], InFile: map[string]*place{}}
	for _, field := range []string{"language", "sip.trunks", "outgoing.prefixes"} {
		if file, line, ok := h.Owner.InFile(field); ok {
			o.InFile[field] = &place{file, line}
		}
	}
	return o
}

// Prefixes are the prefixes as the form has them.
func (o owned) Prefixes() string { return strings.Join(o.House.Trunk.Prefixes, " ") }

// Transports are those of a trunk.
func (o owned) Transports() []string { return []string{"udp", "tcp", "tls"} }

// refusals are what the page says of what cannot be kept.
var refusals = [...]struct {
	err error
	id  string
}{
	{company.ErrName, "page-start-name"}, {company.ErrLanguage, "page-unfit"}, {company.ErrServer, "page-start-bad-server"}, {company.ErrTransport, "page-unfit"}, {company.ErrUser, "page-start-bad-user"},
	{company.ErrDomain, "page-start-bad-domain"}, {company.ErrNumber, "page-start-bad-number"}, {company.ErrPrefix, "page-start-bad-prefix"},
}

// save writes what was said, and goes back to the steps.
func (h Handlers) save(w http.ResponseWriter, r *ui.Request, said company.Profile, password, what string) (*ui.Page, error) {
	if r.FormValue("version") != fmt.Sprint(said.Version) {
		return nil, late(stale)
	}
	err := h.Owner.Save(r.Context(), said, password)
	for _, known := range refusals {
		if errors.Is(err, known.err) {
			if errors.Is(err, company.ErrName) {
				return nil, bad(known.id, company.NameMost)
			}
			return nil, bad(known.id)
		}
	}
	if errors.Is(err, storage.ErrConflict) {
		return nil, late(stale)
	}
	return h.done(w, r, what, err)
}

// unasked refuses where this process asks nobody about the house.
func (h Handlers) unasked() error {
	if h.Owner == nil {
		return late("page-start-no-owner")
	}
	return nil
}

// words is a text of a line, without blanks around it and with one between its words.
func words(r *ui.Request, field string) string {
	return strings.Join(strings.Fields(r.FormValue(field)), " ")
}

// house writes the company's name, the language and the time zone.
func (h Handlers) house(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	if err := h.unasked(); err != nil {
		return nil, err
	}
	said := h.Owner.Profile()
	if r.FormValue("version") != fmt.Sprint(said.Version) { // before the zone moves
		return nil, late(stale)
	}
	if said.Name, said.Spoken = words(r, "name"), words(r, "spoken"); said.Name == "" {
		return nil, bad("page-start-name", company.NameMost)
	}
	if _, _, fixed := h.Owner.InFile("language"); !fixed {
		said.Language = prompts.Language(r.FormValue("language"))
	}
	zone := strings.TrimSpace(r.FormValue("zone"))
	if _, err := sla.Zone(zone); err != nil {
		return nil, bad("page-start-bad-zone")
	}
	if err := said.Check(); err == nil && zone != h.Desk.Zone().String() {
		if err := h.move(r, zone); err != nil {
			return nil, err
		}
	}
	return h.save(w, r, said, "", "the house")
}

// move puts the calendars and the rota of the house's former zone into another one.
func (h Handlers) move(r *ui.Request, zone string) error {
	ctx, former := r.Context(), h.Desk.Zone().String()
	calendars, err := h.Store.Calendars(ctx)
	if err != nil {
		return fmt.Errorf("reading the calendars: %w", err)
	}
	for _, c := range calendars {
		if c.Zone != former {
			continue
		}
		c.Zone = zone
		if _, err := h.Store.PutCalendar(ctx, c); err != nil {
			return fmt.Errorf("writing calendar %s: %w", c.ID, err)
		}
	}
	rota, err := h.Store.Rota(ctx)
	if err == nil && rota.Zone == former {
		rota.Zone = zone
		_, err = h.Store.PutRota(ctx, rota)
	}
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return fmt.Errorf("writing the rota: %w", err)
	}
	if _, err := h.Desk.CatchUp(ctx, h.Store, r.Now); err != nil { // the nodes' own look at what is new brings it then
		h.Log.WarnContext(ctx, "the line hears of another zone a moment later", "error", err)
	}
	return nil
}

// trunk writes by which carrier the house is reached. An empty server takes it away.
func (h Handlers) trunk(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	if err := h.unasked(); err != nil {
		return nil, err
	}
	if _, _, fixed := h.Owner.InFile("sip.trunks"); fixed {
		return nil, late("page-start-fixed")
	}
	said, password := h.Owner.Profile(), r.FormValue("password")
	said.Trunk = company.Trunk{
		Server: strings.TrimSpace(r.FormValue("server")), Transport: r.FormValue("transport"), Registers: r.FormValue("registers") != "",
		User: strings.TrimSpace(r.FormValue("user")), Domain: strings.TrimSpace(r.FormValue("domain")), Realm: strings.TrimSpace(r.FormValue("realm")),
		Number: strings.ReplaceAll(words(r, "number"), " ", ""), Prefixes: strings.FieldsFunc(r.FormValue("prefixes"), func(c rune) bool { return c == ' ' || c == ',' }),
	}
	if len(password) > passwordMost {
		return nil, bad("page-start-bad-user")
	}
	if !said.Trunk.Set() {
		said.Trunk = company.Trunk{}
	}
	return h.save(w, r, said, password, "the trunk")
}

// passwordMost is how many octets a password of a trunk may have.
const passwordMost = 200
