package web

import (
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"hotline/app/settings"
	"hotline/atomicfile"
	"hotline/cdr"
	"hotline/config"
	"hotline/oncall"
	"hotline/users"
)

// TestTheFirstStepsLeadToALineThatAnswers: each is done once, and shows that it is.
func TestTheFirstStepsLeadToALineThatAnswers(t *testing.T) {
	o := open(t)
	_, err := o.store.PutRota(t.Context(), oncall.Rota{Zone: "Europe/Rome", Version: 1})
	must(t, err)
	b := o.as(users.Admin)
	b.get("/start").is(200, "carrier", "registered", "Anna Verdi", "On call day and night", "Customers: 1")
	b.post("/start/engineer", "name", "Anna  Verdi", "phone", "0612345").is(422, "no trunk leads there")
	b.post("/start/engineer", "name", "Ugo", "phone", "Ugo's mobile").is(422, "This telephone cannot be rung", "or a telephone number", `role="alert"`, `value="Ugo&#39;s mobile"`)
	b.post("/start/engineer", "name", " ", "phone", "sip:x@127.0.0.1").is(422, "1 to 100", `value="sip:x@127.0.0.1"`)
	b.post("/start/engineer", "name", "Bruno Bianchi", "phone", " sip:bruno@127.0.0.1 ").goes("/start")
	b.post("/start/engineer", "name", "Bruno Bianchi", "phone", "sip:other@127.0.0.1").goes("/start")
	for id, phone := range map[oncall.EngineerID]string{"bruno-bianchi": "sip:bruno@127.0.0.1", "bruno-bianchi-2": "sip:other@127.0.0.1"} {
		if e, err := o.store.Engineer(t.Context(), id); err != nil || e.Name != "Bruno Bianchi" || len(e.Phones) != 1 || e.Phones[0] != phone || e.Language != "en" {
			t.Errorf("%s: %+v, %v", id, e, err)
		}
	}
	b.post("/start/test-call", "engineer", "bruno-bianchi").is(200, "The test call: no answer")
	if len(o.rung) != 1 || o.rung[0].Phone != "sip:bruno@127.0.0.1" || o.rung[0].Engineer != "bruno-bianchi" {
		t.Errorf("%+v", o.rung)
	}
	b.post("/start/test-call", "engineer", "nobody").is(404)

	b.post("/start/rota", "engineer", "nobody").is(422)
	b.post("/start/rota", "engineer", "bruno-bianchi").goes("/start")
	b.post("/start/rota", "engineer", "anna").is(409, "already")
	b.get("/start").is(200, "Somebody is on call")
	b.get("/").is(200, "Bruno Bianchi")

	b.post("/start/customer", "name", "Ditta Àlfa & C.", "level", "nothing").is(422)
	a := b.post("/start/customer", "name", "Ditta Àlfa & C.", "level", "extended").is(200, "The PIN of Ditta Àlfa &amp; C.", "Customers: 2")
	pin := regexp.MustCompile(`class="pin">([0-9]+)<`).FindStringSubmatch(a.Body.String())
	if pin == nil {
		t.Fatalf("no PIN is shown:\n%s", a.main())
	}
	id, alarm, err := o.desk.Identify(pin[1], "", o.clock())
	if err != nil || alarm != "" || id.Customer.Name != "Ditta Àlfa & C." || id.Contract.ID != "ditta-lfa-c" {
		t.Errorf("the line knows the PIN as %+v, %q, %v", id, alarm, err)
	}
	b.get("/start").is(200).hides(pin[1])

	o.calls = []cdr.Call{{ID: "c1", From: "+39061234567", Started: monday(9, 0)}}
	b.get("/start").is(200, "39061234567", `id="start-call" data-live`).hides("the line works")
	o.calls = nil
	must(t, o.store.PutCalls(t.Context(), cdr.Call{ID: "c1", Started: monday(9, 0), Answered: monday(9, 0), Legs: []cdr.Leg{{Engineer: "bruno-bianchi", Result: "accepted"}}}))
	b.get("/start").is(200, "the line works", ", Bruno Bianchi: accepted")
}

func TestTheFirstStepsOfAnEmptyHouse(t *testing.T) {
	o := open(t)
	o.config.Trunks, o.config.TestCall = nil, nil
	o.handler = New(o.config)
	b := o.as(users.Admin)
	b.get("/start").is(200, "There is no trunk yet", `href="/calendars/office/hours"`)
	b.post("/start/test-call", "engineer", "anna").is(409, "rings no telephones")
	if got := b.post("/start/customer", "name", strings.Repeat("ж", 30), "level", "extended").is(200).main(); !strings.Contains(got, "The PIN of") {
		t.Error(got)
	}
	o.as(users.Staff).get("/start").is(403)
}

// TestTheHouseIsNamedInTheBrowser: name, language, zone and trunk are written there, and hold at once.
func TestTheHouseIsNamedInTheBrowser(t *testing.T) {
	o := open(t)
	_, err := o.store.PutRota(t.Context(), oncall.Rota{Zone: "Europe/Rome", Version: 1})
	must(t, err)
	b, said := o.as(users.Admin), o.config.Owner
	b.get("/start").is(200, `name="zone" required maxlength="60" autocomplete="off" list="start-zones" value="Europe/Rome"`, `<option value="it" selected>`, `name="prefixes" maxlength="200" autocomplete="off" value="&#43;39"`)
	b.post("/start/house", "name", " ", "language", "it", "zone", "Europe/Rome", "version", "0").is(422, "1 to 100")
	b.post("/start/house", "name", "Gialli", "language", "it", "zone", "Europe/Atlantis", "version", "0").is(422, "no such time zone")
	b.post("/start/house", "name", "Gialli", "language", "xx", "zone", "Europe/Berlin", "version", "0").is(422)
	if z := o.desk.Zone().String(); z != "Europe/Rome" {
		t.Errorf("what was refused has moved the house to %s", z)
	}
	b.post("/start/house", "name", "Officine  <Gialli>", "spoken", "officine gialli", "language", "de", "zone", "Europe/Berlin", "version", "0").goes("/start")
	h := said.Profile()
	rota, err := o.store.Rota(t.Context())
	must(t, err)
	if h.Name != "Officine <Gialli>" || h.SpokenName() != "officine gialli" || said.Language() != "de" || o.desk.Zone().String() != "Europe/Berlin" || rota.Zone != "Europe/Berlin" {
		t.Errorf("%+v, %s, %s, rota in %s", h, said.Language(), o.desk.Zone(), rota.Zone)
	}
	b.get("/start").is(200, `value="Officine &lt;Gialli&gt;"`, `<option value="de" selected>`)
	b.post("/start/house", "name", "Somebody was faster", "language", "it", "zone", "Europe/Rome", "version", "0").is(409, "meanwhile", `value="Somebody was faster"`, "What stands now: Officine &lt;Gialli&gt;", "What stands now: Deutsch", "What stands now: Europe/Berlin", `name="version" value="1"`)

	trunk := func(version string, fields ...string) answer {
		return b.post("/start/trunk", append([]string{"version", version, "transport", "tcp", "registers", "yes", "number", "+39 06 12345", "prefixes", "+39, 0"}, fields...)...)
	}
	trunk("1", "server", "sip:carrier.example", "user", "0612345", "password", "open sesame").is(422, "written as a host", `value="sip:carrier.example"`, `value="&#43;39 06 12345"`, `<option selected>tcp</option>`, `id="start-line"`).hides("open sesame")
	trunk("1", "server", "carrier.example").is(422, "needs a user")
	trunk("1", "server", "carrier.example", "user", "0612345", "password", "open sesame").goes("/start")
	a := b.get("/start").is(200, `value="carrier.example"`, `placeholder="unchanged"`).hides("open sesame")
	got := said.(*settings.Settings).Trunks()
	if len(got) != 1 || got[0].Proxy != "sip:carrier.example;transport=tcp" || got[0].Password != "open sesame" || got[0].CallerNumber != "+390612345" || len(said.(*settings.Settings).Prefixes()) != 2 {
		t.Errorf("%+v\n%s", got, a.main())
	}
	trunk("2", "server", "carrier.example", "user", "0612345", "realm", "carrier").goes("/start") // the password stays
	if got := said.(*settings.Settings).Trunks(); got[0].Password != "open sesame" || got[0].Realm != "carrier" {
		t.Errorf("%+v", got)
	}
	trunk("3", "server", "evil.example", "user", "0612345").goes("/start") // it is never sent to another server
	if got := said.(*settings.Settings).Trunks(); got[0].Password != "" {
		t.Errorf("%+v", got)
	}
	trunk("4", "server", "").goes("/start")
	if got := said.(*settings.Settings).Trunks(); len(got) != 0 {
		t.Errorf("%+v", got)
	}
	o.as(users.Staff).post("/start/trunk", "server", "carrier.example", "version", "5").is(403)
	b.get("/audit").is(200).hides("open sesame")
}

// TestWhatTheFileSaysIsChangedThere: the page names the file and the line.
func TestWhatTheFileSaysIsChangedThere(t *testing.T) {
	o := open(t)
	file, err := config.Parse("/etc/hotline/hotline.yaml", []byte("language: en\nsip:\n  trunks:\n    - {name: carrier, proxy: \"sip:192.0.2.1\"}\noutgoing: {prefixes: [\"+39\"]}\n"))
	must(t, err)
	said := settings.New(settings.Config{File: file, Store: o.store, Secret: []byte("key"), Cache: atomicfile.Values{Dir: t.TempDir()}, Log: slog.New(slog.DiscardHandler)})
	o.config.Owner = said
	o.handler = New(o.config)
	b := o.as(users.Admin)
	b.get("/start").is(200, "English. Set in hotline.yaml, line 1: change it there.", "Set in hotline.yaml, line 3: change it there.").hides(`action="/start/trunk"`, `<select name="language"`)
	b.post("/start/trunk", "server", "evil.example", "version", "0").is(409, "configuration file")
	b.post("/start/house", "name", "Gialli", "language", "it", "zone", "Europe/Rome", "version", "0").goes("/start")
	if said.Language() != "en" || len(said.Trunks()) != 1 || said.Trunks()[0].Proxy != "sip:192.0.2.1" || said.Prefixes()[0] != "+39" {
		t.Errorf("%s, %+v", said.Language(), said.Trunks())
	}
}
