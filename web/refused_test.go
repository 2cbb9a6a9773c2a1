package web

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"hotline/users"
)

var marked = regexp.MustCompile(`name="([^"]+)"[^>]*aria-invalid="true"`)

// TestARefusalStandsAtTheFieldThatTheCheckNames: the field comes from the check's error, and never from its words.
func TestARefusalStandsAtTheFieldThatTheCheckNames(t *testing.T) {
	o := staffed(t)
	b := o.as(users.Admin)
	b.post("/rotas", rotaForm()...).goes("/rotas/night")
	b.post("/policies", escalationForm()...).goes("/policies")
	b.post("/engineers/marco/contact", "version", "0", "zone", "Europe/Rome").goes("/engineers")
	hours := func(more ...string) []string {
		list := []string{"version", "1", "name", "Office", "holidays", "it"}
		for d := 1; d <= 5; d++ {
			list = append(list, fmt.Sprint("day-", d), "09:00-13:00")
		}
		return append(list, more...)
	}
	shifts := func(more ...string) []string {
		return append([]string{"version", "1", "shift-0-engineer", "", "shift-1-engineer", "anna", "shift-1-day", "1", "shift-1-from", "08:00", "shift-1-length", "4:00", "shift-1-level", "1", "shift-1-order", "1"}, more...)
	}
	changed := func(path string, change ...string) (list []string) {
		fields := successful(t, b.get(path).is(200).Body.String(), path, "")
		for i := 0; i < len(change); i += 2 {
			fields.Set(change[i], change[i+1])
		}
		for name, values := range fields {
			list = append(list, name, values[0])
		}
		return list
	}
	b.refuses([]refusal{
		{"/rotas/night", rotaForm("version", "1", "zone", "Mars"), "zone"},
		{"/rotas/night", rotaForm("version", "1", "layer-0-start", "never"), "layer-0-start"},
		{"/rotas/night", rotaForm("version", "1", "layer-1-until", "never"), "layer-1-until"},
		{"/rotas/night", rotaForm("version", "1", "layer-0-turns", ""), "layer-0-turns"},
		{"/rotas/night", rotaForm("version", "1", "layer-1-turns", "anna 00:01"), "layer-1-turns"},
		{"/rotas/night", rotaForm("version", "1", "layer-0-hours", "Mon 09:00-12:00 11:00-13:00"), "layer-0-hours"},
		{"/rotas/night", rotaForm("version", "1", "layer-0-name", "lengths"), "layer-0-name"},
		{"/rotas/night", rotaForm("version", "1", "shift-2-from", "25:00"), "shift-2-from"},
		{"/rotas/night", rotaForm("version", "1", "shift-2-length", "200:00"), "shift-2-length"},
		{"/rotas/night", rotaForm("version", "1", "shift-2-engineer", "anna", "shift-2-day", "1"), "shift-2-engineer"},
		{"/rotas", rotaForm("id", "other"), "contracts"},
		{"/oncall/shifts", shifts("shift-1-from", "24:00"), "shift-1-from"},
		{"/oncall/shifts", shifts("shift-1-length", "169:00"), "shift-1-length"},
		{"/oncall/shifts", shifts("shift-2-engineer", "anna", "shift-2-day", "1", "shift-2-from", "09:00", "shift-2-length", "1:00", "shift-2-level", "1", "shift-2-order", "1"), "shift-2-engineer"},
		{"/policies/p", escalationForm("version", "1", "step-0-what", "", "step-1-what", ""), "step-0-what"},
		{"/policies", escalationForm("id", "q"), "contracts"},
		{"/engineers/marco/contact", []string{"version", "1", "zone", "Mars"}, "zone"},
		{"/engineers/marco/contact", []string{"version", "1", "zone", "Europe/Rome", "rule-0-phone", "", "rule-1-phone", "sip:marco@127.0.0.1", "rule-1-hours", "Mon 25:00-26:00"}, "rule-1-hours"},
		{"/calendars/office/hours", hours("day-2", "18:00-09:00"), "day-2"},
		{"/calendars/office/hours", hours("day-3", "09:00-13:00 12:00-14:00"), "day-3"},
		{"/calendars/office/hours", hours("day-1", "", "day-2", "", "day-3", "", "day-4", "", "day-5", ""), "day-1"},
		{"/calendars/office/hours", hours("patron", "13-40"), "patron"},
		{"/calendars/office/hours", hours("dates", "2026-12-24 09:00-13:00\n2026-12-24 14:00-15:00"), "dates"},
		{"/calendars/office/hours", hours("dates", "2026-12-24 13:00-09:00"), "dates"},
		{"/levels/professional", changed("/levels/professional", "non_blocking-restore", ""), "non_blocking-restore"},
		{"/contracts/rossi", changed("/contracts/rossi", "blocking-contact", "5", "blocking-intervention", "", "blocking-restore", "5"), "blocking-intervention"},
		{"/customers/rossi/spoken", []string{"version", "1", "spoken", "two\nlines"}, "spoken"},
		{"/engineers/anna/spoken", []string{"version", "1", "spoken", strings.Repeat("a", 201)}, "spoken"},
		{"/users", []string{"name", "Anna Verdi!", "role", "staff"}, "name"},
		{"/users", []string{"name", "carla", "role", "root"}, "role"},
		{"/users", []string{"name", "carla", "role", "staff", "engineer", "nobody"}, "engineer"},
		{"/users/staff/change", []string{"version", fmt.Sprint(o.user("staff").Version), "role", "root"}, "role"},
		{"/users/staff/change", []string{"version", fmt.Sprint(o.user("staff").Version), "role", "staff", "engineer", "nobody"}, "engineer"},
		{"/faults", []string{"id", "f", "note", "n", "kind", "", "contracts", "rossi\nnobody"}, "contracts"},
	})
}

// TestARefusalOfOneFormOfAPageStandsAtItsField: also where other forms of the page have fields of the same name.
func TestARefusalOfOneFormOfAPageStandsAtItsField(t *testing.T) {
	b := staffed(t).as(users.Admin)
	duty := func(change ...string) (list []string) {
		fields := map[string]string{"rota": "main", "version": b.rotaVersion("main"), "engineer": "anna", "instead": "", "level": "1", "from": "2026-11-23T10:00", "until": "2026-11-23T11:00"}
		for i := 0; i < len(change); i += 2 {
			fields[change[i]] = change[i+1]
		}
		for name, value := range fields {
			list = append(list, name, value)
		}
		return list
	}
	b.refuses([]refusal{
		{"/oncall/changes/override", duty("level", "0"), "level"},
		{"/oncall/changes/override", duty("from", "soon"), "from"},
		{"/oncall/changes/override", duty("until", "2026-11-23T09:00"), "until"},
		{"/oncall/changes/override", duty("instead", "anna"), "instead"},
		{"/oncall/changes/override", duty("instead", "nobody"), "engineer"},
		{"/oncall/changes/override", duty("reason", "a\nb"), "reason"},
		{"/oncall/changes/swap", duty("instead", "anna"), "instead"},
		{"/oncall/changes/swap", duty("until", "2028-11-23T09:00"), "until"},
		{"/oncall/changes/swap", duty("back_from", "2026-11-25T09:00", "back_until", "2026-11-25T09:00"), "back_until"},
		{"/oncall/changes/swap", duty("engineer", "nobody"), "engineer"},
		{"/oncall/changes/absence", duty("engineer", "nobody"), "engineer"},
		{"/oncall/changes/absence", duty("until", "2026-11-23T09:00"), "until"},
		{"/oncall/changes/absence", duty("note", "a\nb"), "note"},
		{"/tokens", []string{"name", " ", "scope", "read"}, "name"},
		{"/tokens", []string{"name", "t", "scope", "root"}, "scope"},
		{"/tokens", []string{"name", "t", "scope", "read", "days", "soon"}, "days"},
		{"/tokens", []string{"name", "t", "scope", "alerts"}, "contract"},
		{"/tokens", []string{"name", "t", "scope", "alerts", "contract", "nobody"}, "contract"},
		{"/tokens", []string{"name", "t", "scope", "read", "installation", "pbx"}, "installation"},
		{"/tokens", []string{"name", "t", "scope", "alerts", "contract", "rossi", "installation", "a\nb"}, "installation"},
	})
}

// refusal is a form that is refused.
type refusal struct {
	path   string
	sent   []string
	marked string // the field; without anything else the part or the whole
}

// refuses posts forms, each of which must be refused with the complaint at its field.
func (b *browser) refuses(list []refusal) {
	b.o.t.Helper()
	for _, c := range list {
		page := b.post(c.path, c.sent...)
		found := marked.FindAllStringSubmatch(page.Body.String(), -1)
		if page.Code != 422 || len(found) != 1 || found[0][1] != c.marked || !strings.Contains(page.Body.String(), `id="wrong"`) {
			b.o.t.Errorf("%s %v answers %d with the complaint at %v, want it at %s", c.path, c.sent, page.Code, found, c.marked)
		}
	}
}
