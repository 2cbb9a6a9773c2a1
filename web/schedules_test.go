package web

import (
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/net/html"
	"pgregory.net/rapid"

	"hotline/admin"
	"hotline/admin/access"
	"hotline/admin/metrics"
	"hotline/ical"
	"hotline/oncall"
	"hotline/oncall/duty"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
	"hotline/prove"
	"hotline/sla"
	"hotline/tickets"
	"hotline/tokens"
	"hotline/users"
)

// team adds engineers to the office, each with a telephone.
func (o *office) team(names ...string) {
	o.t.Helper()
	for _, name := range names {
		_, err := o.store.PutEngineer(o.t.Context(), oncall.Engineer{ID: oncall.EngineerID(strings.ToLower(name)), Name: name, Phones: []string{"sip:" + strings.ToLower(name) + "@127.0.0.1"}})
		must(o.t, err)
	}
}

// TestAGapIsRedBeforeItHappens: in the week and in the month, with the link that fills it; a viewer has none.
func TestAGapIsRedBeforeItHappens(t *testing.T) {
	o := open(t)
	for _, path := range []string{"/oncall", "/oncall/month", "/oncall/changes", "/oncall/readiness"} {
		o.as(users.Staff).get(path).is(200, "Gaps ahead", "Monday 23 November 2026 12:00", "Monday 30 November 2026 08:00", "/oncall/changes?engineer=&amp;from=2026-11-23T12%3A00&amp;level=1&amp;rota=main&amp;until=2026-11-30T08%3A00#override")
		o.as(users.Viewer).get(path).is(200, "Gaps ahead").hides("#override", "<form method=\"post\" action=\"/oncall")
	}
	o.as(users.Viewer).get("/").is(200, "Gaps ahead: 1", "Not everything is ready.", `href="/oncall/readiness"`)
	o.as(users.Viewer).get("/oncall/month?month=2026-11").is(200, "November 2026", "day holed", "/oncall/month?month=2026-10", "/oncall/month?month=2026-12")
}

// TestDaysWithMissingAndDoubledHoursAreDrawnSo: an hour is as wide on every day.
func TestDaysWithMissingAndDoubledHoursAreDrawnSo(t *testing.T) {
	o := open(t)
	b := o.as(users.Viewer)
	last := func(week string) string {
		page := b.get("/oncall?week=" + week).is(200).Body.String()
		ends := regexp.MustCompile(`<path d="M(\d+)\.0 0v14"/></svg>`).FindAllStringSubmatch(page, -1)
		if len(ends) != 7 || ends[0][1] != "240" {
			t.Fatalf("days end at %v", ends)
		}
		return ends[6][1]
	}
	if spring, autumn := last("2026-03-23"), last("2026-10-19"); spring != "230" || autumn != "250" {
		t.Errorf("the days on which clocks turn end at %s and %s", spring, autumn)
	}
	b.get("/oncall?week=2026-03-23").is(200, "This day has 23")
	b.get("/oncall?week=2026-10-19").is(200, "This day has 25")
	b.get("/oncall?week=2026-11-23").hides("This day has")
}

// TestTheViewersZoneStandsBesideThatOfTheRota where clocks show another time there; a zone that does not exist changes nothing.
func TestTheViewersZoneStandsBesideThatOfTheRota(t *testing.T) {
	o := open(t)
	for zone, want := range map[string]string{"America%2FNew_York": "(02:00-06:00)", "Europe%2FVienna": "", "..%2F..%2Fetc%2Fpasswd": "", "Local": "", "": ""} {
		b := o.as(users.Viewer)
		b.jar.SetCookies(site, []*http.Cookie{{Name: "hotline_zone", Value: zone, Path: "/"}})
		a := b.get("/oncall").is(200, "08:00-12:00", want)
		if want == "" {
			a.hides(`class="quiet also"`)
		}
	}
}

// rotaVersion is the version of a rota as it stands.
func (b *browser) rotaVersion(id string) string {
	b.o.t.Helper()
	page := b.get("/oncall/changes?rota=" + id).is(200)
	version := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(page.Body.String())
	if version == nil {
		b.o.t.Fatalf("no form:\n%s", page.main())
	}
	return version[1]
}

// change posts a form with the version of the rota as it stands.
func (b *browser) change(what, id string, fields ...string) answer {
	b.o.t.Helper()
	return b.post("/oncall/changes/"+what, append([]string{"rota", id, "version", b.rotaVersion(id)}, fields...)...)
}

// TestOverridesAreMadeAndRemovedByForm: somebody fills a gap, stands in, and is taken back.
func TestOverridesAreMadeAndRemovedByForm(t *testing.T) {
	o := open(t)
	o.team("Bruno")
	b := o.as(users.Engineer)
	gap := []string{"engineer", "", "instead", "bruno", "level", "1", "from", "2026-11-23T12:00", "until", "2026-11-23T18:00"}
	b.change("override", "main", gap...).goes("/oncall/changes?rota=main")
	b.change("override", "main", "engineer", "anna", "instead", "bruno", "level", "1", "from", "2026-11-23T10:00", "until", "2026-11-23T11:00", "reason", "at the dentist").goes("/oncall/changes?rota=main")
	b.get("/oncall").is(200, "10:00-11:00", "for Anna Verdi", "12:00-18:00")
	b.get("/oncall/changes").is(200, "nobody: one more is on call", "Monday 23 November 2026 18:00", "at the dentist")
	for _, c := range [][]string{
		{"from", "2026-11-23T18:00", "until", "2026-11-23T12:00"}, {"instead", ""}, {"instead", "nobody"}, {"level", "0"}, {"level", "x"}, {"from", "soon"}, {"reason", strings.Repeat("x", 201)}, {"reason", "two\nlines"},
		{"engineer", "anna", "from", "2026-11-24T10:00", "until", "2026-11-24T11:00"}, // who is not on call then
	} {
		b.change("override", "main", append(slices.Clone(gap), c...)...).is(422, "This does not fit")
	}
	b.post("/oncall/changes/override", append([]string{"rota", "main", "version", "1"}, gap...)...).is(409, "A colleague changed this")
	b.post("/oncall/changes/override", append([]string{"rota", "none", "version", "1"}, gap...)...).is(404)
	b.change("remove", "main", "kind", "override", "index", "1").goes("/oncall/changes?rota=main")
	b.change("remove", "main", "kind", "override", "index", "7").is(422)
	b.get("/oncall").is(200, "08:00-12:00").hides("for Anna Verdi")
	if !strings.Contains(o.log.String(), "by=engineer rota=main what=/oncall/changes/override") {
		t.Error("who changed the rota is not logged")
	}
}

// TestSwapsAreMadeAndRemovedByForm: in the main rota as overrides, in others as a swap that is one entry.
func TestSwapsAreMadeAndRemovedByForm(t *testing.T) {
	o := open(t)
	o.team("Bruno")
	_, err := o.store.PutSchedule(t.Context(), rota.Rota{ID: "nights", Name: "Nights", Zone: "Europe/Rome", Serves: rota.Serves{Contracts: []string{"rossi"}},
		Layers: []rota.Layer{{Name: "days", Level: 1, Rotation: rota.Daily, Start: "2026-11-23T00:00", Turns: []rota.Turn{{Engineer: "anna"}, {Engineer: "bruno"}}}}})
	must(t, err)
	b := o.as(users.Staff)
	b.change("swap", "nights", "engineer", "anna", "instead", "bruno", "from", "2026-11-25T00:00", "until", "2026-11-26T00:00", "back_from", "2026-11-26T00:00", "back_until", "2026-11-27T00:00").goes("/oncall/changes?rota=nights")
	b.get("/oncall/changes?rota=nights").is(200, "Thursday 26 November 2026 00:00 - Friday 27 November 2026 00:00")
	r, err := o.store.Schedule(t.Context(), "nights")
	must(t, err)
	if len(r.Swaps) != 1 || r.Swaps[0].With != "bruno" {
		t.Errorf("%+v", r.Swaps)
	}
	b.change("remove", "nights", "kind", "swap", "index", "0").goes("/oncall/changes?rota=nights")
	b.change("swap", "nights", "engineer", "anna", "instead", "anna", "from", "2026-11-25T00:00", "until", "2026-11-26T00:00").is(422)
	b.change("swap", "main", "engineer", "anna", "instead", "bruno", "from", "2026-11-30T00:00", "until", "2026-12-01T00:00").goes("/oncall/changes?rota=main")
	main, err := o.store.Rota(t.Context())
	must(t, err)
	if len(main.Overrides) != 1 || main.Overrides[0].Instead != "bruno" || main.Overrides[0].From.In(o.desk.Zone()).Hour() != 8 {
		t.Errorf("%+v", main.Overrides)
	}
	b.change("swap", "main", "engineer", "bruno", "instead", "anna", "from", "2026-11-24T00:00", "until", "2026-11-25T00:00").is(422)     // neither is on call
	for _, slip := range [][]string{{"until", "9026-12-01T00:00"}, {"back_from", "2026-12-01T00:00", "back_until", "9026-12-02T00:00"}} { // a year that was mistyped costs no core
		b.change("swap", "main", append([]string{"engineer", "anna", "instead", "bruno", "from", "2026-11-30T00:00", "until", "2026-12-01T00:00"}, slip...)...).is(422, "366 days")
	}
}

// TestTelephonesAreTriedAndAppointmentsMade: each telephone of an engineer is rung for a test by a button, test calls of every week are
// agreed by form, and the card has the line's numbers; who only looks has the card.
func TestTelephonesAreTriedAndAppointmentsMade(t *testing.T) {
	o := open(t)
	b := o.as(users.Engineer)
	const anna = "sip:anna@127.0.0.1"
	b.get("/oncall/readiness").is(200, "Ring it now", anna, "/oncall/line.vcf", "never")
	o.as(users.Viewer).get("/oncall/readiness").is(200, "/oncall/line.vcf").hides("Ring it now", "<form method=\"post\" action=\"/oncall")
	b.post("/oncall/readiness/test", "engineer", "anna", "phone", anna).is(200, "Test call to "+anna+": no answer")
	if len(o.rung) != 1 || o.rung[0].Phone != anna || o.rung[0].Engineer != "anna" {
		t.Errorf("rung are %+v", o.rung)
	}
	b.post("/oncall/readiness/test", "engineer", "anna", "phone", "+39199").is(409)
	b.post("/oncall/readiness/test", "engineer", "nobody", "phone", anna).is(404)
	o.as(users.Viewer).post("/oncall/readiness/test", "engineer", "anna", "phone", anna).is(403)
	b.post("/oncall/readiness/appointment", "engineer", "anna", "day", "2", "at", "10:30").goes("/oncall/readiness")
	b.get("/oncall/readiness").is(200, "next: Tuesday 24 November 2026 10:30", `<option value="2" selected>Tuesday</option>`, `value="10:30"`)
	for _, bad := range [][]string{{"day", "7"}, {"day", "x"}, {"day", "1", "at", "25:00"}, {"day", "1", "at", ""}} {
		b.post("/oncall/readiness/appointment", append([]string{"engineer", "anna", "at", "10:30"}, bad...)...).is(422, "such as 10:00")
	}
	kept, err := o.store.Contact(t.Context(), "anna")
	must(t, err)
	if kept.Zone != "Europe/Rome" || kept.Test == nil || kept.Test.Day != time.Tuesday || kept.Test.At != 10*time.Hour+30*time.Minute {
		t.Errorf("kept is %+v", kept)
	}
	b.post("/oncall/readiness/appointment", "engineer", "anna", "day", "", "at", "10:30").goes("/oncall/readiness")
	b.get("/oncall/readiness").is(200).hides("next: Tuesday")
	card := o.as(users.Viewer).get("/oncall/line.vcf").is(200, "BEGIN:VCARD", "TEL;TYPE=WORK,VOICE:+39051123456")
	if got := card.Header().Get("Content-Type"); got != "text/vcard; charset=utf-8" {
		t.Errorf("the card is %s", got)
	}
	o.config.Numbers, o.config.TestCall = nil, nil
	o.handler = New(o.config)
	b = o.as(users.Engineer)
	b.get("/oncall/line.vcf").is(404)
	b.get("/oncall/readiness").is(200).hides("line.vcf", "Ring it now")
	b.post("/oncall/readiness/test", "engineer", "anna", "phone", anna).is(409)
}

// TestAbsencesAreMadeAndRemovedByForm: an absent engineer leaves a gap.
func TestAbsencesAreMadeAndRemovedByForm(t *testing.T) {
	o := open(t)
	b := o.as(users.Staff)
	b.post("/oncall/changes/absence", "rota", "main", "engineer", "anna", "from", "2026-11-30T00:00", "until", "2026-12-01T00:00", "note", "dentist").goes("/oncall/changes?rota=main")
	b.get("/oncall/changes").is(200, "dentist", "Tuesday 1 December 2026 00:00")
	b.get("/oncall?week=2026-11-30").is(200).hides("Anna Verdi</span>", "Anna Verdi</a>")
	b.post("/oncall/changes/absence", "rota", "main", "engineer", "nobody", "from", "2026-11-30T00:00", "until", "2026-12-01T00:00").is(422)
	b.post("/oncall/changes/present", "rota", "main", "engineer", "anna", "version", "9", "index", "0").is(409)
	b.post("/oncall/changes/present", "rota", "main", "engineer", "anna", "version", "1", "index", "0").goes("/oncall/changes?rota=main")
	b.get("/oncall?week=2026-11-30").is(200, "Anna Verdi</a>")
}

// TestReadinessOfEachPerson: a proof within a week counts, and an older one does not.
func TestReadinessOfEachPerson(t *testing.T) {
	o := open(t)
	b := o.as(users.Viewer)
	b.get("/oncall/readiness").is(200, "Anna Verdi", "has proven no telephone", "not proven", "not covered", "Not everything is ready")
	_, err := o.store.PutProofs(t.Context(), oncall.Proofs{Engineer: "anna", List: []oncall.Proof{{Engineer: "anna", Phone: "sip:anna@127.0.0.1", At: o.clock(), Key: true, Sound: true}}})
	must(t, err)
	b.get("/oncall/readiness").is(200, "proven until Monday 30 November 2026 09:00", "covered").hides("has proven no telephone")
	o.passes(8 * 24 * time.Hour)
	o.as(users.Viewer).get("/oncall/readiness").is(200, "has proven no telephone")
}

// TestAMonthOnCallIsAPageAndATable of the same figures.
func TestAMonthOnCallIsAPageAndATable(t *testing.T) {
	o := open(t)
	b := o.as(users.Viewer)
	b.get("/oncall/load?month=2026-11").is(200, "Anna Verdi", "13:00", "As it is now", "/oncall/load.csv?month=2026-11")
	b.get("/oncall/load.csv?month=2026-11").is(200, "anna,Anna Verdi,13:00,0,0,0,0,")
	b.get("/oncall/load?month=2026-10").is(200, "16:00", "Published")
	b.get("/oncall/load?month=nonsense").is(422, "Write the month")
}

// TestAMonthIsNotPublishedWhileARotaCannotBeWorkedOut: what its engineers worked would be missing for ever.
func TestAMonthIsNotPublishedWhileARotaCannotBeWorkedOut(t *testing.T) {
	o := open(t)
	o.team("Bruno")
	nights := rota.Rota{ID: "nights", Name: "Nights", Zone: "Europe/Rome", Serves: rota.Serves{Contracts: []string{"rossi"}},
		Layers: []rota.Layer{{Name: "days", Level: 1, Rotation: rota.Daily, Start: "2026-10-01T00:00", Follow: rota.Follow{Calendar: "gone"}, Turns: []rota.Turn{{Engineer: "bruno"}}}}}
	nights, err := o.store.PutSchedule(t.Context(), nights)
	must(t, err)
	b := o.as(users.Viewer)
	b.get("/oncall/load?month=2026-10").is(200, "As it is now", "gone").hides("Bruno", "Published")
	o.api()("/report/on-call.csv?month=2026-10")
	nights.Layers[0].Follow = rota.Follow{}
	_, err = o.store.PutSchedule(t.Context(), nights)
	must(t, err)
	b.get("/oncall/load?month=2026-10").is(200, "Bruno", "Published")
}

// shownAt is who stands on the week's page at an instant, by rota in the order of the page.
func shownAt(t *testing.T, page string, at time.Time) (list []string) {
	root, err := html.Parse(strings.NewReader(page))
	must(t, err)
	attr := func(n *html.Node, key string) string {
		for _, a := range n.Attr {
			if a.Key == key {
				return a.Val
			}
		}
		return ""
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || attr(n, "data-from") == "" {
			continue
		}
		from, err := time.Parse(time.RFC3339, attr(n, "data-from"))
		must(t, err)
		until, err := time.Parse(time.RFC3339, attr(n, "data-until"))
		must(t, err)
		if at.Before(from) || !at.Before(until) {
			continue
		}
		for c := range n.Descendants() {
			if attr(c, "class") == "who" {
				list = append(list, c.FirstChild.Data)
			}
		}
	}
	return list
}

// house is the API over the stores of the office, and a token for it.
func (o *office) api() (ask func(path string) string) {
	secret, token := access.NewToken("test", tokens.ScopeStaff, o.clock())
	must(o.t, o.store.PutToken(o.t.Context(), token))
	api := admin.New(admin.Config{
		Desk: o.desk, Store: o.store, Oncall: o.store, Schedules: admin.Schedules{Store: o.store}, PINs: o.config.PINs, Telephone: o.config.Telephone, Metrics: metrics.New(prometheus.NewRegistry(), func() metrics.MediaCounts { return metrics.MediaCounts{} }, func() metrics.LineCounts { return metrics.LineCounts{} }), Log: o.config.Log, Now: o.clock,
	})
	return func(path string) string {
		q := httptest.NewRequestWithContext(o.t.Context(), http.MethodGet, "http://desk.example/api/v1"+path, nil)
		q.RemoteAddr = "127.0.0.1:50000"
		q.Header.Set("Authorization", "Bearer "+secret)
		w := httptest.NewRecorder()
		api.ServeHTTP(w, q)
		if w.Code != 200 {
			o.t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
		return w.Body.String()
	}
}

// TestPageAPIFeedAndRingingNameTheSamePerson at random instants of random rotas, over a night in which clocks turn.
func TestPageAPIFeedAndRingingNameTheSamePerson(t *testing.T) {
	o := open(t)
	o.now = time.Date(2026, 3, 24, 12, 0, 0, 0, time.UTC)
	o.team("Bruno", "Carla", "Dario")
	_, err := o.store.PutAbsences(t.Context(), rota.Absences{Engineer: "carla", List: []rota.Absence{{Engineer: "carla", From: o.now.Add(24 * time.Hour), Until: o.now.Add(72 * time.Hour)}}})
	must(t, err)
	ask, browser, named := o.api(), o.as(users.Viewer), 0
	prove.Check(t, func(rt *rapid.T) {
		who := rapid.SampledFrom([]oncall.EngineerID{"anna", "bruno", "carla", "dario"})
		main := oncall.Rota{Zone: rapid.SampledFrom([]string{"Europe/Rome", "America/New_York"}).Draw(rt, "zone")}
		for range rapid.IntRange(1, 8).Draw(rt, "shifts") {
			main.Shifts = append(main.Shifts, oncall.Shift{
				Engineer: who.Draw(rt, "engineer"), Level: rapid.IntRange(1, 2).Draw(rt, "level"), Day: time.Weekday(rapid.IntRange(0, 6).Draw(rt, "day")),
				From: time.Duration(rapid.IntRange(0, 47).Draw(rt, "from")) * 30 * time.Minute, Length: time.Duration(rapid.IntRange(1, 48).Draw(rt, "length")) * time.Hour,
			})
		}
		main.Overrides = []oncall.Override{{Instead: who.Draw(rt, "instead"), Level: 1, From: o.now, Until: o.now.Add(time.Duration(rapid.IntRange(1, 100).Draw(rt, "hours")) * time.Hour)}}
		stands, err := o.store.Rota(t.Context())
		must(t, err)
		main.Version = stands.Version
		_, err = o.store.PutRota(t.Context(), main)
		must(t, err)
		events := feedOf(t, ask("/oncall/calendar.ics"))
		for range 4 {
			at := o.now.Add(time.Duration(rapid.IntRange(0, 7*24*60).Draw(rt, "minutes")) * time.Minute)
			zone, err := time.LoadLocation(main.Zone)
			must(t, err)
			page := shownAt(t, browser.get("/oncall?week="+at.In(zone).Format(time.DateOnly)).is(200).Body.String(), at)
			var api []string
			for _, m := range regexp.MustCompile(`"name":"([A-Za-z ]+)","level"`).FindAllStringSubmatch(cutPlan(ask("/oncall/at?t="+at.UTC().Format(time.RFC3339))), -1) {
				api = append(api, m[1])
			}
			plan := rungAt(t, o, at)
			named += len(page)
			if !slices.Equal(page, api) {
				rt.Errorf("at %s the page names %v, the API %v", at, page, api)
			}
			if sorted(page) != sorted(events(at)) {
				rt.Errorf("at %s the page names %v, the feed %v", at, page, events(at))
			}
			if !slices.Equal(once(page), plan) {
				rt.Errorf("at %s the page names %v, and rung are %v", at, page, plan)
			}
		}
	})
	if named == 0 {
		t.Error("nobody was ever on call")
	}
}

func sorted(list []string) string {
	list = slices.Clone(list)
	slices.Sort(list)
	return strings.Join(list, ",")
}

// once is a list in which nobody stands twice: who is on call at two levels is rung at the first.
func once(list []string) (out []string) {
	for _, one := range list {
		if !slices.Contains(out, one) {
			out = append(out, one)
		}
	}
	return out
}

// cutPlan is the part of an answer that says who is on call.
func cutPlan(answer string) string {
	before, _, _ := strings.Cut(answer, `"plan"`)
	return before
}

// noCopy keeps nothing on the disk.
type noCopy struct{}

func (noCopy) Put(string, any) error { return nil }
func (noCopy) Get(string, any) error { return os.ErrNotExist }

// rungAt is who is rung for a blocking ticket at an instant, in order.
func rungAt(t *testing.T, o *office, at time.Time) (list []string) {
	t.Helper()
	var blocking tickets.Ticket
	blocking.Contract, blocking.Level, blocking.Language = "rossi", sla.Extended, "it"
	plan, err := duty.New(o.store, noCopy{}, escalation.Defaults{}, o.config.Log).Plan(t.Context(), at, blocking)
	must(t, err)
	if plan.Gap {
		return nil
	}
	for _, a := range plan.Attempts() {
		list = append(list, a.Name)
	}
	return list
}

// feedOf reads who is on call at an instant out of a feed.
func feedOf(t *testing.T, feed string) func(at time.Time) []string {
	t.Helper()
	lines, err := ical.Read(strings.NewReader(feed))
	must(t, err)
	type event struct {
		from, until time.Time
		who         string
	}
	var events []event
	for _, l := range lines {
		switch l.Name {
		case "BEGIN":
			events = append(events, event{})
		case "DTSTART", "DTEND":
			at, err := time.Parse("20060102T150405Z", l.Value)
			must(t, err)
			if e := &events[len(events)-1]; l.Name == "DTSTART" {
				e.from = at
			} else {
				e.until = at
			}
		case "SUMMARY":
			events[len(events)-1].who, _, _ = strings.Cut(l.Value, " on call")
		}
	}
	return func(at time.Time) (list []string) {
		for _, e := range events {
			if !at.Before(e.from) && at.Before(e.until) {
				list = append(list, e.who)
			}
		}
		return list
	}
}
