package web

import (
	"fmt"
	"regexp"
	"slices"
	"testing"
	"time"

	"hotline/oncall"
	"hotline/sla"
	"hotline/users"
)

func TestACustomerIsWrittenOnAPage(t *testing.T) {
	o := open(t)
	b := o.as(users.Staff)
	b.get("/customers").is(200, `href="/customers/new"`)
	b.get("/customers/new").is(200, `name="numbers"`)
	fields := []string{"id", "alfa", "name", "Alfa & C.", "email", "it@alfa.example", "numbers", "051 555 1234\n+39 06 5555 1239\n", "spoken", "alfa e soci"}
	b.post("/customers", fields...).goes("/customers/alfa")
	b.post("/customers", fields...).goes("/customers/alfa") // the form is sent twice
	c, err := o.store.Customer(t.Context(), "alfa")
	if must(t, err); c.Name != "Alfa & C." || c.Email != "it@alfa.example" || len(c.Numbers) != 2 || c.Spoken != "alfa e soci" || c.Version != 1 {
		t.Errorf("%+v", c)
	}
	b.post("/customers", "id", "beta", "name", "Beta", "email", "no address").is(422, "cannot be right: E-mail", `value="Beta"`)
	b.post("/customers", "id", "", "name", "Beta").is(422)
	b.get("/customers/alfa").is(200, `href="/customers/alfa/edit"`)
	b.get("/customers/alfa/edit").is(200, `value="Alfa &amp; C."`, `name="version" value="1"`)
	b.post("/customers/alfa", "version", "1", "name", "Alfa S.p.A.", "numbers", "051 555 1234").goes("/customers/alfa")
	b.post("/customers/alfa", "version", "1", "name", "Alfa S.r.l.").is(409, `value="Alfa S.r.l."`, "What stands now: Alfa S.p.A.", `name="version" value="2"`)
	b.post("/customers/alfa", "version", "2", "name", "Alfa S.r.l.").goes("/customers/alfa")
	if _, known := o.desk.Book().Customers.Get("alfa"); !known {
		t.Error("the line does not know the customer")
	}
	b.post("/customers/nobody", "version", "1", "name", "x").is(404)
	o.as(users.Engineer).get("/customers/alfa").is(200).hides("/customers/alfa/edit")
	o.as(users.Engineer).post("/customers/alfa", "version", "3", "name", "x").is(403)
}

// contractForm is what a browser sends of a contract; more replaces fields.
func contractForm(more ...string) []string {
	return append([]string{"level", "extended", "valid_from", "2026-01-01", "remote_access", "yes", "language", "it", "after_hours", "wait"}, more...)
}

func TestAContractIsWrittenOnAPage(t *testing.T) {
	o := open(t)
	b := o.as(users.Admin)
	b.get("/customers/rossi").is(200, `href="/customers/rossi/contracts/new"`, `href="/contracts/rossi"`)
	b.get("/customers/rossi/contracts/new").is(200, `value="2026-11-23"`)
	b.post("/customers/rossi/contracts", contractForm("id", "plant", "remote_access", "")...).is(422, "cannot be right: Remote access")
	a := b.post("/customers/rossi/contracts", contractForm("id", "plant", "valid_until", "2027-06-30", "blocking-contact", "30", "blocking-intervention", "60", "blocking-restore", "120", "slow_menus", "yes", "monthly_statement", "yes", "keep_days", "90")...).is(200, "The new PIN. It i")
	pin := regexp.MustCompile(`class="pin">([0-9]+)<`).FindStringSubmatch(a.Body.String())
	if pin == nil {
		t.Fatalf("no PIN is shown:\n%s", a.main())
	}
	if id, alarm, err := o.desk.Identify(pin[1], "", o.clock()); err != nil || alarm != "" || id.Contract.ID != "plant" {
		t.Errorf("the line knows the PIN as %+v, %q, %v", id, alarm, err)
	}
	b.post("/customers/rossi/contracts", contractForm("id", "plant")...).is(409, "stands already").hides(pin[1])
	c, err := o.store.Contract(t.Context(), "plant")
	if must(t, err); !c.ValidUntil.Equal(time.Date(2027, 6, 30, 22, 0, 0, 0, time.UTC)) || c.Blocking == nil || c.Blocking.Contact != 30*time.Minute || c.Blocking.Restore != 2*time.Hour || c.NonBlocking != nil || !c.SlowMenus || !c.Statement || c.RecordTalks || c.KeepDays != 90 || !c.RemoteAccess {
		t.Errorf("%+v, %+v", c, c.Blocking)
	}
	b.get("/customers/rossi").is(200, "Monthly statement</dt><dd>by mail", "Monthly statement</dt><dd>not sent")
	b.get("/contracts/plant").is(200, `name="monthly_statement" value="yes" checked`, `value="2027-06-30"`, `name="slow_menus" value="yes" checked`, `name="blocking-contact" value="30"`)
	version := fmt.Sprint(c.Version)
	b.post("/contracts/plant", contractForm("version", version, "level", "gold")...).is(422, "cannot be right: Level")
	b.post("/contracts/plant", contractForm("version", version, "valid_from", "soon")...).is(422, "First day")
	b.post("/contracts/plant", contractForm("version", version, "language", "xx")...).is(422, "Spoken language")
	b.post("/contracts/plant", contractForm("version", version, "blocking-restore", "60")...).is(422, "blocking anomaly, ")
	b.post("/contracts/plant", contractForm("version", version, "keep_days", "-1")...).is(422, "Recordings are kept")
	b.post("/contracts/plant", contractForm("version", version, "valid_until", "2025-01-01")...).is(422, "Last day")
	b.post("/contracts/plant", contractForm("version", "7", "level", "advanced", "record_talks", "yes")...).is(409, "What stands now: Extended", "What stands now: no", "What stands now: 2027-06-30")
	n := o.opened("plant", sla.Blocking, "The press stands still.")
	b.post("/contracts/plant", contractForm("version", version, "level", "advanced")...).is(200, fmt.Sprintf(`href="/tickets/%d"`, n), `name="running" value="follow"`)
	b.post("/contracts/plant", contractForm("version", version, "level", "advanced", "running", "keep", "remote_access", "no")...).goes("/customers/rossi")
	ticket, err := o.desk.Ticket(t.Context(), n)
	must(t, err)
	if c, err = o.store.Contract(t.Context(), "plant"); err != nil || c.Level != "advanced" || c.RemoteAccess || c.PINAt.IsZero() || ticket.Level != "extended" || len(ticket.Pauses) != 1 {
		t.Errorf("%+v; of the ticket %s, %+v; %v", c, ticket.Level, ticket.Pauses, err)
	}
	o.as(users.Staff).get("/contracts/plant").is(403)
	o.as(users.Staff).post("/customers/rossi/contracts", contractForm("id", "x")...).is(403)
}

func TestAnEngineerIsWrittenOnAPage(t *testing.T) {
	o := open(t)
	b := o.as(users.Admin)
	b.get("/engineers").is(200, "Anna Verdi", `href="/engineers/anna"`, `href="/engineers/new"`)
	b.get("/engineers/new").is(200)
	fields := []string{"id", "bruno", "name", "Bruno Bianchi", "language", "it", "phones", "sip:bruno@127.0.0.1\r\nsip:home@127.0.0.1\r\n"}
	b.post("/engineers", fields...).goes("/engineers")
	b.post("/engineers", fields...).goes("/engineers") // the form is sent twice
	e, err := o.store.Engineer(t.Context(), "bruno")
	if must(t, err); e.Name != "Bruno Bianchi" || !slices.Equal(e.Phones, []string{"sip:bruno@127.0.0.1", "sip:home@127.0.0.1"}) || e.Language != "it" {
		t.Errorf("%+v", e)
	}
	for _, one := range []struct{ name, phones, language, says string }{
		{"", "sip:b@127.0.0.1", "it", "Name"}, {"Bruno", "b", "it", "Telephones"}, {"Bruno", "0612345", "it", "no trunk leads there"}, {"Bruno", "sip:b@127.0.0.1", "xx", "Spoken language"},
		{"Bruno", "sip:b@127.0.0.1>;x", "it", "Telephones"},
	} {
		b.post("/engineers/bruno", "version", "1", "name", one.name, "phones", one.phones, "language", one.language).is(422, one.says)
	}
	b.post("/engineers/bruno", "version", "1", "name", "Bruno B.", "phones", "", "language", "en").goes("/engineers")
	b.post("/engineers/bruno", "version", "1", "name", "Bruno", "phones", "sip:b@127.0.0.1", "language", "en").is(409, "What stands now: Bruno B.", "What stands now: none", `sip:b@127.0.0.1`)
	o.as(users.Viewer).get("/engineers").is(200, "Anna Verdi").hides(`href="/engineers/anna"`)
	o.as(users.Staff).post("/engineers/bruno", "version", "2", "name", "x").is(403)
}

func TestTheWeeklyShiftsAreWrittenOnAPage(t *testing.T) {
	o := open(t)
	b := o.as(users.Admin)
	r, err := o.store.Rota(t.Context())
	must(t, err)
	r.Overrides = []oncall.Override{{Instead: "anna", Level: 2, From: monday(10, 0), Until: monday(11, 0)}}
	r, err = o.store.PutRota(t.Context(), r)
	must(t, err)
	b.get("/oncall/shifts").is(200, `name="shift-0-from" value="08:00"`, `name="shift-0-length" value="04:00"`, `name="shift-3-engineer"`, "Europe/Rome")
	version := fmt.Sprint(r.Version)
	shift := func(i int, engineer, day, from, length string) []string {
		at := fmt.Sprintf("shift-%d-", i)
		return []string{at + "engineer", engineer, at + "day", day, at + "from", from, at + "length", length, at + "level", "1", at + "order", "1"}
	}
	both := append(shift(0, "anna", "1", "08:00", "4:00"), shift(1, "anna", "2", "22:30", "10")...)
	for name, wrong := range map[string][]string{
		"unknown": shift(0, "nobody", "1", "08:00", "4:00"), "no time": shift(0, "anna", "1", "late", "4:00"), "too long": shift(0, "anna", "1", "08:00", "169:00"), "no day": shift(0, "anna", "x", "08:00", "4:00"),
		"twice": append(shift(0, "anna", "1", "08:00", "4:00"), shift(1, "anna", "1", "09:00", "4:00")...),
	} {
		t.Run(name, func(t *testing.T) {
			b.post("/oncall/shifts", append(wrong, "version", version)...).is(422, "cannot be right", `role="alert"`)
		})
	}
	b.post("/oncall/shifts", append(append(both, shift(2, "", "1", "00:00", "168:00")...), "version", version)...).goes("/oncall")
	stands, err := o.store.Rota(t.Context())
	must(t, err)
	want := []oncall.Shift{{Engineer: "anna", Level: 1, Order: 1, Day: time.Monday, From: 8 * time.Hour, Length: 4 * time.Hour}, {Engineer: "anna", Level: 1, Order: 1, Day: time.Tuesday, From: 22*time.Hour + 30*time.Minute, Length: 10 * time.Hour}}
	if !slices.Equal(stands.Shifts, want) || len(stands.Overrides) != 1 {
		t.Errorf("%+v", stands)
	}
	b.post("/oncall/shifts", append(shift(0, "anna", "3", "08:00", "4:00"), "version", version)...).is(409, "What stands now", "anna: Tuesday from 22:30 for 10:00, level 1, place 1", `value="3" selected`)
	o.as(users.Staff).get("/oncall/shifts").is(403)
}

func TestTheHoursOfACalendarAreChangedAndRunningTicketsAreAskedAbout(t *testing.T) {
	o := open(t)
	b := o.as(users.Admin)
	b.get("/calendars/office").is(200, `href="/calendars/office/hours"`)
	b.get("/calendars/office/hours").is(200, `value="09:00-13:00 14:00-18:00"`)
	form := func(more ...string) []string {
		list := []string{"version", "1", "name", "Office", "holidays", "it", "dates", "2026-12-24 09:00-12:00 # half a day\n2026-12-28\n"}
		for d := 1; d <= 5; d++ {
			list = append(list, fmt.Sprint("day-", d), "09:00-13:00, 14:00-17:00")
		}
		return append(list, more...)
	}
	for name, wrong := range map[string][]string{
		"no time": {"day-1", "nine to five"}, "backwards": {"day-1", "18:00-09:00"}, "no date": {"dates", "tomorrow"}, "no hours of a date": {"dates", "2026-12-24 noon"}, "unknown holidays": {"holidays", "xx"}, "no name": {"name", ""},
	} {
		t.Run(name, func(t *testing.T) {
			b.post("/calendars/office/hours", form(wrong...)...).is(422, "This cannot be right: ", `lang="en"`)
		})
	}
	n := o.opened("rossi-office", sla.NonBlocking, "The fan is loud.")
	b.post("/calendars/office/hours", form()...).is(200, fmt.Sprintf(`href="/tickets/%d"`, n), `name="running" value="follow"`)
	b.post("/calendars/office/hours", form("running", "follow")...).goes("/calendars/office")
	c, err := o.store.Calendar(t.Context(), "office")
	must(t, err)
	if len(c.Week) != 10 || c.Week[1].Until != 17*time.Hour || len(c.Exceptions) != 2 || c.Exceptions[0].Note != "half a day" || len(c.Exceptions[1].Hours) != 0 || c.Zone != "Europe/Rome" {
		t.Errorf("%+v", c)
	}
	ticket, err := o.desk.Ticket(t.Context(), n)
	if must(t, err); !ticket.Clocks[1].Due.Equal(monday(18, 0).AddDate(0, 0, 0).Add(16 * time.Hour)) { // 8 h from 09:00 on a day of 7 h: Tuesday 10:00
		t.Errorf("the intervention is due %s", ticket.Clocks[1].Due)
	}
	b.post("/calendars/office/hours", form("day-1", "08:00-12:00")...).is(409, "What stands now", "half a day", `value="08:00-12:00"`)
	o.as(users.Staff).get("/calendars/office/hours").is(403)
	o.as(users.Staff).post("/calendars/office/hours", form()...).is(403)
}
