package web

import (
	"regexp"
	"strings"
	"testing"

	"hotline/sla"
	"hotline/users"
)

func TestAYearShowsWhatCountsAsWorkingTime(t *testing.T) {
	o := open(t)
	b := o.as(users.Viewer)
	b.get("/calendars").is(200, "Extended", "Professional", `href="/levels/extended"`, "What would a request be promised?")
	a := b.get("/calendars/office").is(200, "2026", "Europe/Rome", `class="year"`, "/calendars/office?year=2027", "Friday 25 December")
	// 21 working days of 8 hours: the first is New Year, the sixth Epiphany, both on weekdays.
	a.is(200, `<th scope="row">January</th><td>20</td><td>160`+"\u00a0h</td>")
	b.get("/calendars/office?year=nonsense").is(200, "2026")
	b.get("/calendars/office?year=2027").is(200, "Friday 1 January", "/calendars/office?year=2026")
	b.get("/calendars/none").is(404)
}

// TestWhatIfFollowsThePolicy: four hours opened on Friday at 17:00 in office hours end on Monday at 12:00.
func TestWhatIfFollowsThePolicy(t *testing.T) {
	o := open(t)
	b := o.as(users.Viewer)
	b.get("/calendars?level=professional&category=blocking&at=2026-11-20T17:00").is(200, "intervention: Monday 23 November 2026 12:00", "contact: Friday 20 November 2026 18:00")
	b.get("/calendars?level=professional&category=question&at=2026-11-20T17:00").is(200, "no deadline")
	b.get("/calendars?level=professional&category=blocking&at=soon").is(200, "Write the instant as")
	b.get("/calendars?level=gold&category=blocking&at=2026-11-20T17:00").is(200, "There is no such level.")
}

// form is what a level's page would send.
func form(t *testing.T, page string, change ...string) []string {
	t.Helper()
	var fields []string
	for _, m := range regexp.MustCompile(`<input [^>]*name="([a-z_-]+)" value="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if m[1] != "next" {
			fields = append(fields, m[1], m[2])
		}
	}
	fields = append(fields, "calendar", regexp.MustCompile(`<option value="([^"]*)" selected`).FindStringSubmatch(page[strings.Index(page, `name="calendar"`):])[1])
	return append(fields, change...)
}

func TestALevelIsChangedAndRunningTicketsAreAskedAbout(t *testing.T) {
	o := open(t)
	n := o.opened("rossi-office", sla.Blocking, "No sound.")
	due := func() string {
		ticket, err := o.desk.Ticket(t.Context(), n)
		must(t, err)
		for _, c := range ticket.Clocks {
			if c.Kind == sla.Intervention {
				return c.Due.In(o.desk.Zone()).Format("15:04")
			}
		}
		return ""
	}
	was := due()
	b := o.as(users.Admin)
	page := b.get("/levels/professional").is(200, `name="blocking-intervention" value="240"`, `name="version" value="1"`).Body.String()
	change := form(t, page, "blocking-intervention", "120")
	b.post("/levels/professional", change...).is(200, "Deadlines of running tickets that would move", "intervention: Monday 23 November 2026 13:00 → Monday 23 November 2026 11:00", `value="follow"`)
	if l, _ := o.store.Level(t.Context(), sla.Professional); l.Version != 1 {
		t.Error("a preview wrote the level")
	}
	b.post("/levels/professional", append(change, "running", "keep")...).goes("/calendars")
	if got := due(); got != was {
		t.Errorf("the deadline moved to %s", got)
	}
	if l, _ := o.store.Level(t.Context(), sla.Professional); l.Version != 2 || l.Blocking.Intervention.Minutes() != 120 || len(l.Alarms) != 0 {
		t.Errorf("%+v", l)
	}
	b.post("/levels/professional", append(change, "running", "keep", "blocking-intervention", "90")...).is(409, "Somebody else changed this meanwhile", "What stands now: 120", `value="90"`, `name="version" value="2"`)
	page = b.get("/levels/professional").Body.String()
	b.post("/levels/professional", form(t, page, "blocking-intervention", "many")...).is(422, `value="many" min="0" max="527040" aria-invalid="true" aria-describedby="wrong" autofocus`, `id="wrong"`)
	b.post("/levels/professional", form(t, page, "name", "")...).is(422)
	b.post("/levels/professional", form(t, page, "calendar", "none")...).is(422, "is not one of the choices", "Calendar")
	b.post("/levels/on_request", form(t, b.get("/levels/on_request").is(200).Body.String(), "blocking-intervention", "60")...).is(422, "blocking anomaly, contact", "contact limit 0s")
	b.get("/levels/none").is(404)
	o.as(users.Viewer).get("/levels/professional").is(200, "disabled", "Professional").hides("<button>Save</button>")
}
