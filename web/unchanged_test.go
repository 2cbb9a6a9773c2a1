package web

import (
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"hotline/agent/protocol"
	"hotline/agent/receiver"
	"hotline/directory"
	"hotline/evosupport"
	"hotline/heartbeat"
	"hotline/intake"
	"hotline/numbers"
	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
	"hotline/outbox"
	"hotline/sla"
	"hotline/tickets"
	"hotline/users"
)

// edit is a form that writes a document which stands: the page that has it, where it goes, and the document.
type edit struct {
	pattern    string // of the route that writes it
	page, goes string
	press      string // of its button: "name=value"; empty: one without a name
	stands     func() (any, error)
}

// edits are all forms that write documents which stand.
func (o *office) edits() []edit {
	ctx, s := o.t.Context(), o.store
	return []edit{
		{"POST /customers/{id}", "/customers/alfa/edit", "/customers/alfa", "", func() (any, error) { return s.Customer(ctx, "alfa") }},
		{"POST /customers/{id}/spoken", "/customers/alfa/spoken", "/customers/alfa/spoken", "", func() (any, error) { return s.Customer(ctx, "alfa") }},
		{"POST /contracts/{id}", "/contracts/plant", "/contracts/plant", "", func() (any, error) { return s.Contract(ctx, "plant") }},
		{"POST /engineers/{id}", "/engineers/bruno", "/engineers/bruno", "", func() (any, error) { return s.Engineer(ctx, "bruno") }},
		{"POST /engineers/{id}/spoken", "/engineers/bruno/spoken", "/engineers/bruno/spoken", "", func() (any, error) { return s.Engineer(ctx, "bruno") }},
		{"POST /engineers/{id}/contact", "/engineers/bruno/contact", "/engineers/bruno/contact", "", func() (any, error) { return s.Contact(ctx, "bruno") }},
		{"POST /oncall/readiness/appointment", "/oncall/readiness", "/oncall/readiness/appointment", "engineer=bruno", func() (any, error) { return s.Contact(ctx, "bruno") }},
		{"POST /oncall/shifts", "/oncall/shifts", "/oncall/shifts", "", func() (any, error) { return s.Rota(ctx) }},
		{"POST /rotas/{id}", "/rotas/night", "/rotas/night", "do=save", func() (any, error) { return s.Schedule(ctx, "night") }},
		{"POST /policies/{id}", "/policies/p", "/policies/p", "do=save", func() (any, error) { return s.Policy(ctx, "p") }},
		{"POST /levels/{id}", "/levels/gold", "/levels/gold", "", func() (any, error) { return s.Level(ctx, "gold") }},
		{"POST /calendars/{id}/hours", "/calendars/plant/hours", "/calendars/plant/hours", "", func() (any, error) { return s.Calendar(ctx, "plant") }},
		{"POST /faults/{id}", "/faults/f1", "/faults/f1", "do=save", func() (any, error) { return s.Fault(ctx, "f1") }},
		{"POST /outgoing/{id}", "/outgoing/own", "/outgoing/own", "", func() (any, error) { return s.Endpoint(ctx, "own") }},
		{"POST /outgoing/{id}", "/outgoing/hook", "/outgoing/hook", "", func() (any, error) { return s.Endpoint(ctx, "hook") }},
		{"POST /agents/{id}", "/agents/plant", "/agents/plant", "", func() (any, error) { return s.Agent(ctx, "plant") }},
		{"POST /heartbeats/{id}", "/heartbeats/cron", "/heartbeats/cron", "", func() (any, error) { return s.Heartbeat(ctx, "cron") }},
		{"POST /heartbeats/{id}", "/heartbeats/pulse", "/heartbeats/pulse", "", func() (any, error) { return s.Heartbeat(ctx, "pulse") }},
		{"POST /installations/{id}", "/installations/i1", "/installations/i1", "", func() (any, error) { return s.Installed(ctx, "i1") }},
		{"POST /releases/{id}", "/releases/pbx/edit", "/releases/pbx", "", func() (any, error) { return s.Product(ctx, "pbx") }},
		{"POST /alerts/policies/{id}", "/alerts/policies/default", "/alerts/policies/default", "", func() (any, error) { return s.AlertPolicy(ctx, "default") }},
		{"POST /alerts/mappings/{id}", "/alerts/mappings/fans", "/alerts/mappings/fans", "", func() (any, error) { return s.AlertMapping(ctx, "fans") }},
		{"POST /alerts/windows/{id}", "/alerts/windows/w1", "/alerts/windows/w1", "", func() (any, error) { return s.Maintenance(ctx, "w1") }},
		{"POST /users/{name}/change", "/users", "/users/engineer/change", "", func() (any, error) { return s.User(ctx, "engineer") }},
		{"POST /start/house", "/start", "/start/house", "", func() (any, error) { return s.Profile(ctx) }},
		{"POST /start/trunk", "/start", "/start/trunk", "", func() (any, error) { return s.Profile(ctx) }},
	}
}

// writesNothingThatStands are the forms in which no document stands that could be lost: acts, new ones, files and questions, each with the reason.
func writesNothingThatStands() map[string]string {
	reasons := map[string]string{
		"POST /flow/publish": "a text, which TestAFlowIsDrawnCheckedPublishedAndRolledBack publishes", "POST /flow/roll-back": "a version by its number",
		"POST /prompts/{language}/{key}": "a file", "POST /prompts/{language}/{key}/roll-back": "a version by its number", "POST /prompts/{language}/pack": "a file",
		"POST /imports/write": "a file", "POST /tickets/{number}/attachments": "a file", "POST /users/{name}/identity": "only with an identity provider: one text, which TestAnIdentityIsWritten reads back",
		"POST /releases/{id}/publish": "a version is added", "POST /login": "no document", "POST /logout": "no document", "POST /password": "secrets", "POST /second": "secrets", "POST /second/end": "secrets", "POST /sessions/end": "no document",
		"POST /setup/{token}": "secrets", "POST /invite/{name}/{token}": "secrets",
	}
	for _, pattern := range []string{
		"/customers", "/customers/{id}/contracts", "/engineers", "/rotas", "/policies", "/faults", "/outgoing", "/agents", "/heartbeats", "/installations", "/releases", "/alerts/policies", "/alerts/mappings", "/alerts/windows", "/users", "/tokens", "/browsers",
		"/start/customer", "/start/engineer", "/start/rota", "/oncall/changes/override", "/oncall/changes/swap", "/oncall/changes/absence",
	} {
		reasons["POST "+pattern] = "a new one"
	}
	for pattern := range rules() {
		_, what, _ := strings.Cut(strings.TrimPrefix(pattern, "POST /tickets/{number}"), "/")
		if strings.HasPrefix(pattern, "POST /tickets/{number}/") && !strings.Contains(what, "/") {
			reasons[pattern] = "an act on a ticket, whose history keeps all"
		}
	}
	for _, pattern := range []string{
		"/agents/{id}/token", "/browsers/moved", "/browsers/{id}/test", "/contracts/{id}/pin", "/engineers/{id}/pin", "/engineers/{id}/pin/end", "/faults/{id}/end", "/heartbeats/{id}/key", "/mails/{id}/attach", "/mails/{id}/discard", "/mails/{id}/open",
		"/oncall/changes/present", "/oncall/changes/remove", "/oncall/readiness/test", "/outgoing/{endpoint}/messages/{id}/retry", "/outgoing/{endpoint}/retry", "/outgoing/{endpoint}/test", "/outgoing/{id}/secret", "/start/test-call", "/tokens/remove",
		"/users/{name}/disable", "/users/{name}/enable", "/users/{name}/reset", "/users/{name}/end",
	} {
		reasons["POST "+pattern] = "an act"
	}
	for pattern, why := range changesNothing() {
		reasons[pattern] = why
	}
	for pattern := range rules() {
		if strings.HasSuffix(pattern, "/remove") {
			reasons[pattern] = "a removal"
		}
	}
	return reasons
}

// TestEveryFormIsKnownByWhatItWrites: a new form stands among the edits, or among those that write nothing that stands.
func TestEveryFormIsKnownByWhatItWrites(t *testing.T) {
	edits, others := map[string]bool{}, writesNothingThatStands()
	for _, e := range open(t).edits() {
		edits[e.pattern] = true
	}
	for pattern := range rules() {
		if _, other := others[pattern]; strings.HasPrefix(pattern, "POST ") && edits[pattern] == other {
			t.Errorf("%s is an edit: %v; it has a reason to be none: %v", pattern, edits[pattern], other)
		}
		delete(edits, pattern)
	}
	for pattern := range edits {
		t.Errorf("there is no route %s", pattern)
	}
}

// octets are those of a document, with its version.
func octets(t *testing.T, stands func() (any, error)) string {
	t.Helper()
	v, err := stands()
	must(t, err)
	b, err := json.MarshalIndent(v, "", " ")
	must(t, err)
	return string(b)
}

// TestWhatNobodyChangedStaysAsItStands: the version stays, too. Every form of every document that has something in each field is sent as it was shown, in each language.
func TestWhatNobodyChangedStaysAsItStands(t *testing.T) {
	o := crowded(t)
	for _, lang := range []string{"en", "it"} {
		for _, e := range o.edits() {
			t.Run(lang+e.page+" "+e.goes, func(t *testing.T) {
				b := o.as(users.Admin)
				b.header.Set("Accept-Language", lang)
				was := octets(t, e.stands)
				form := successful(t, b.get(e.page).is(200).Body.String(), e.goes, e.press)
				if form == nil {
					t.Fatalf("%s has no form that goes to %s", e.page, e.goes)
				}
				if a := b.do(http.MethodPost, e.goes, form); a.Code != http.StatusSeeOther {
					t.Fatalf("%s as it was shown: %d\n%s", e.goes, a.Code, a.main())
				}
				if now := octets(t, e.stands); now != was {
					t.Errorf("%s is changed:\n%s\nwas\n%s", e.goes, now, was)
				}
			})
		}
	}
}

// TestTheCrowdedHouseUsesEveryField: a field that is empty in each document of a kind would be lost and nobody would see it.
func TestTheCrowdedHouseUsesEveryField(t *testing.T) {
	used := map[string]bool{}
	for _, e := range crowded(t).edits() {
		v, err := e.stands()
		must(t, err)
		notes(reflect.ValueOf(v), used)
	}
	for _, none := range []string{"outbox.Endpoint.Owner", "users.User.Second", "users.User.Disabled", "users.User.Identity", "users.Identity.Issuer", "users.Identity.Subject"} { // of other forms
		used[none] = true
	}
	for name, is := range used {
		if !is {
			t.Errorf("%s is empty in each document", name)
		}
	}
}

// notes notes of each field below a value whether anything stands in it.
func notes(v reflect.Value, used map[string]bool) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		notes(v.Elem(), used)
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			notes(v.Index(i), used)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				name := v.Type().String() + "." + f.Name
				used[name] = used[name] || !v.Field(i).IsZero()
				notes(v.Field(i), used)
			}
		}
	}
}

// crowded is a house in which every document has something in every field that its API knows.
func crowded(t *testing.T) *office {
	o := watched(t)
	ctx, s := t.Context(), o.store
	second := func(h, m, sec int) time.Time { return monday(h, m).Add(time.Duration(sec) * time.Second).UTC() }
	week := []sla.Interval{{Day: time.Sunday, From: 8 * time.Hour, Until: 9 * time.Hour}, {Day: time.Friday, From: 22 * time.Hour, Until: 32*time.Hour + 30*time.Minute}, {Day: time.Monday, From: 9 * time.Hour, Until: 13 * time.Hour}, {Day: time.Monday, From: 14 * time.Hour, Until: 18 * time.Hour}}
	serves := rota.Serves{Contracts: []string{"plant", "rossi"}, Products: []string{"pbx", "desk  two"}, Categories: []sla.Category{sla.Question, sla.Blocking}, Levels: []sla.LevelID{"gold", sla.Extended, "gone"}, Languages: []string{"it", "en", "de"}}
	put := func(_ any, err error) {
		t.Helper()
		must(t, err)
	}
	put(s.PutCalendar(ctx, sla.Calendar{
		ID: "plant", Name: "Plant", Zone: "Europe/Rome", Week: week[:2], Holidays: "it", Patron: "12-07", Yearly: []sla.Yearly{{Day: "12-24", Hours: []sla.Interval{{From: 8 * time.Hour, Until: 12 * time.Hour}}, Note: "eve", Since: 2020, Until: 2030}},
		Exceptions: []sla.Exception{{Date: "2026-12-28", Note: "closed; #2 of two"}, {Date: "2026-12-24", Hours: []sla.Interval{{Day: time.Thursday, From: 9 * time.Hour, Until: 12 * time.Hour}, {Day: time.Thursday, From: 13 * time.Hour, Until: 14 * time.Hour}}, Note: "half"}, {Date: "2026-12-31"}},
	}))
	put(s.PutLevel(ctx, sla.Level{
		ID: "gold", Name: "Gold  Plus", Calendar: "plant", Blocking: sla.Limits{Contact: 90 * time.Second, Intervention: time.Hour, Restore: 2 * time.Hour}, NonBlocking: sla.Limits{Contact: time.Hour, Intervention: 2 * time.Hour, Restore: 48 * time.Hour},
		Stops: sla.Stops{sla.ForCustomer: {sla.Restore}}, Alarms: []sla.Alarm{{Clock: sla.Restore, Share: 50, Do: []sla.Action{sla.Ring}, Night: sla.NightAct}, {Clock: sla.Restore, Left: time.Hour, Do: []sla.Action{sla.Ring}}},
	}))
	put(s.PutCustomer(ctx, directory.Customer{ID: "alfa", Name: "Alfa  & C.", Email: "it@alfa.example", Numbers: []string{"0515551234", "+390655551239", "+4989123456"}, Spoken: "alfa e soci"}))
	put(s.PutContract(ctx, directory.Contract{
		ID: "plant", Customer: "alfa", Level: "gold", Language: "de", ValidFrom: second(10, 30, 15).AddDate(-1, 0, 0), ValidUntil: second(11, 20, 7).AddDate(2, 0, 0), Calendar: "plant",
		Blocking: &sla.Limits{Contact: 90 * time.Second, Intervention: time.Hour, Restore: 2*time.Hour + 30*time.Second}, NonBlocking: &sla.Limits{Contact: time.Hour, Intervention: 2 * time.Hour, Restore: 5 * time.Hour},
		AfterHours: directory.AfterHoursRing, EvoSupport: true, ConfirmByCall: true, RemoteAccess: true, KeepDays: 30, SlowMenus: true, RecordTalks: true, Statement: true, PINAt: second(8, 0, 1),
	}))
	put(s.PutEngineer(ctx, oncall.Engineer{ID: "bruno", Name: "Bruno; il Vecchio", Phones: []string{"sip:bruno@127.0.0.1", "sip:home@127.0.0.1", "sip:car@127.0.0.1"}, Language: "it", Spoken: "bruno"}))
	put(s.PutContact(ctx, escalation.Contact{
		Engineer: "bruno", Zone: "America/New_York", Silence: &escalation.Silence{By: "staff:boss", Why: "on  leave", At: second(8, 0, 3)}, Test: &escalation.Appointment{Day: time.Tuesday, At: 10*time.Hour + 30*time.Minute},
		Rules: []escalation.Rule{{Phone: "sip:home@127.0.0.1", Hours: week, Categories: []sla.Category{sla.Question, sla.Blocking}}, {Phone: "sip:bruno@127.0.0.1"}, {Phone: "sip:home@127.0.0.1", Hours: week[:1]}},
	}))
	shifts := []oncall.Shift{{Engineer: "bruno", Level: 3, Order: -2, Day: time.Sunday, From: 22*time.Hour + 15*time.Minute, Length: 30 * time.Hour}, {Engineer: "anna", Level: 1, Day: time.Monday, From: 8 * time.Hour, Length: 4 * time.Hour}}
	stands, err := s.Rota(ctx)
	must(t, err)
	overrides := []oncall.Override{{Instead: "bruno", Level: 7, From: second(9, 0, 1), Until: second(10, 0, 1), Reason: "more"}}
	put(s.PutRota(ctx, oncall.Rota{Zone: "Europe/Rome", Shifts: shifts, Overrides: append(overrides, oncall.Override{Engineer: "anna", Instead: "bruno", Level: 1, From: second(9, 0, 1), Until: second(10, 0, 1)}), Version: stands.Version}))
	put(s.PutSchedule(ctx, rota.Rota{
		ID: "night", Name: "Nights  of Alfa", Zone: "Europe/London", Serves: serves, Shifts: shifts, Overrides: overrides,
		Swaps: []rota.Swap{{Engineer: "anna", With: "bruno", From: second(9, 0, 1), Until: second(10, 0, 1), BackFrom: second(11, 0, 1), BackUntil: second(12, 0, 1)}},
		Layers: []rota.Layer{
			{Name: "weeks", Level: 2, Beside: true, Rotation: rota.Weekly, Every: 2, Start: "2026-11-23T09:00", Until: "2027-11-23T09:00", Turns: []rota.Turn{{Engineer: "anna"}, {}, {Engineer: "bruno"}}, Hours: week, Follow: rota.Follow{Calendar: "plant", Closed: true}},
			{Name: "lengths", Level: 1, Rotation: rota.Custom, Start: "2026-11-23T09:00", Turns: []rota.Turn{{Engineer: "bruno", Length: 12 * time.Hour}, {Length: 15 * time.Minute}, {Engineer: "anna", Length: 100*time.Hour + time.Minute}}},
			{Name: "days", Level: 1, Rotation: rota.Daily, Every: 3, Start: "2026-11-23T09:00", Turns: []rota.Turn{{Engineer: "anna"}}},
		},
	}))
	put(s.PutPolicy(ctx, escalation.Policy{
		ID: "p", Name: "Alfa  first", Serves: serves, Rounds: 3, Need: 2, Overflow: []string{"sip:front@127.0.0.1", "sip:back@127.0.0.1"}, Silence: &escalation.Silence{By: "staff:boss", Why: "closed", At: second(8, 0, 3)},
		Steps: []escalation.Step{{Rota: "night", Level: 2, AtOnce: true, Ring: 45 * time.Second}, {Engineers: []oncall.EngineerID{"bruno", "anna"}, SkipTalking: true}, {SkipTalking: true}, {Rota: rota.Main, Ring: 5 * time.Second}},
	}))
	put(s.PutFault(ctx, directory.KnownFault{ID: "f1", Note: "the  carrier\nis down", Kind: directory.Notice, Words: directory.Words{"it": "guasto", "en": "a fault", "de": "Störung"}, Contracts: []directory.ContractID{"rossi", "plant"}, Until: second(18, 0, 42)}))
	crowdedMachines(o, second)
	_, err = o.desk.CatchUp(ctx, s, o.clock())
	must(t, err)
	o.opened("plant", sla.Blocking, "down")
	return o
}

// crowdedMachines adds what machines report and what goes out.
func crowdedMachines(o *office, second func(h, m, s int) time.Time) {
	t, ctx, s := o.t, o.t.Context(), o.store
	put := func(_ any, err error) {
		t.Helper()
		must(t, err)
	}
	put(s.PutEndpoint(ctx, outbox.Endpoint{
		ID: "own", Template: outbox.Own, Request: outbox.Request{Method: "PUT", URL: "https://crm.example/{{.number}}", Headers: map[string]string{"X-B": "b: c", "Authorization": "Bearer {{.token}}"}, Body: "\n{\n  \"n\": {{.number}}\n}\n"},
		Values: map[string]string{"b": "2 = two", "a": "1"}, Secrets: map[string]string{"token": "s3cret", "other": "0ther"}, Kinds: []outbox.Kind{outbox.Closed, outbox.Opened}, Contracts: []string{"rossi", "plant"}, Categories: []sla.Category{sla.Question, sla.Blocking},
		Quiet: outbox.Quiet{From: "22:00", Until: "07:00", Zone: "Europe/Rome", Except: []outbox.Kind{outbox.Closed, outbox.Opened}}, Paused: true, Window: 95 * time.Second, Since: second(8, 0, 5),
	}))
	put(s.PutEndpoint(ctx, outbox.Endpoint{ID: "hook", Template: outbox.Webhook, Values: map[string]string{"url": "https://hook.example/x"}, Secrets: map[string]string{"signing": "whsec_" + strings.Repeat("AAAA", 8)}, Assignees: []string{"bruno"}, Since: second(8, 0, 5)}))
	check := protocol.Check{ID: "web", Kind: protocol.HTTP, Target: "https://erp.example/x", Title: "the  web", Severity: "page", Every: 60, Timeout: 5, Failures: 3, Successes: 2, Status: 204, Contains: "ok", Untrusted: true}
	put(s.PutAgent(ctx, receiver.Agent{ID: "plant", Contract: "plant", Installation: "hall", Configuration: protocol.Configuration{
		Line: "sip:line@127.0.0.1", Product: "pbx", ReleaseFile: "/etc/release", Checks: []protocol.Check{check, {ID: "disk", Kind: protocol.Disk, Target: "/var", Free: 10}, {ID: "cert", Kind: protocol.Certificate, Target: "erp.example:443", Days: 20, ServerName: "erp.example"}, {ID: "proc", Kind: protocol.Process, Target: "erp", Count: 2}},
	}}))
	put(s.PutHeartbeat(ctx, heartbeat.Heartbeat{ID: "cron", Contract: "plant", Installation: "hall", Title: "the  backup", Severity: "warning", RemoteAccess: true, Rule: heartbeat.Rule{Schedule: "*/7 3 * * 1-5", Zone: "Europe/Rome", Grace: 90, Longest: 3700}}))
	put(s.PutHeartbeat(ctx, heartbeat.Heartbeat{ID: "pulse", Contract: "plant", Title: "pulse", Rule: heartbeat.Rule{Period: 90, Grace: 30, Longest: 61}}))
	n := o.opened("rossi", sla.Feature, "a wish")
	put(s.PutProduct(ctx, evosupport.Product{ID: "pbx", Releases: []evosupport.Release{{Name: "8.0", At: second(7, 0, 9), Note: "one\ntwo  three\n"}, {Name: "8.1", At: second(8, 0, 9), Note: "new", Tickets: []tickets.Number{n}}}}))
	put(s.PutInstalled(ctx, evosupport.Installed{ID: "i1", Contract: "plant", Installation: "hall", Product: "pbx", Release: "8.0", Seen: second(7, 30, 11)}))
	policy := intake.Default()
	policy.Rules[0].Night, policy.Otherwise.Night = sla.Question, intake.NoTicket
	policy.Depends.Rules = []intake.Dependence{{Installation: "plant; two", Fingerprint: "port:*", Title: "say \"down\"", ParentInstallation: "office", ParentFingerprint: "ping"}, {Fingerprint: "a", ParentFingerprint: "b"}}
	policy.Labels = intake.Labels{Product: "product", Version: "version"}
	put(s.PutAlertPolicy(ctx, policy))
	put(s.PutAlertMapping(ctx, intake.Mapping{ID: "fans", Alerts: ".[]", Fingerprint: ".id", Severity: ".level", Title: "\n.what |\n  .x\n", Text: ".more", Installation: ".at", Resolved: ".over", Skip: ".skip", Labels: "{product: .kind}"}))
	put(s.PutMaintenance(ctx, intake.Maintenance{ID: "w1", Contract: "plant", Installation: "hall", From: second(9, 0, 13), Until: second(19, 0, 14), Note: "a  move"}))
	o.config.Plan = numbers.Plan{}
	o.handler = New(o.config)
	b := o.as(users.Admin) // the password of a trunk is sealed
	b.post("/start/house", "name", "Officine  Gialli", "spoken", "gialli", "language", "it", "zone", "Europe/Rome", "version", "0").goes("/start")
	b.post("/start/trunk", "server", "sip.example:5070", "transport", "tls", "user", "u", "password", "pw", "registers", "yes", "domain", "d.example", "realm", "r", "number", "+39051123456", "prefixes", "+39, +49", "version", "1").goes("/start")
}
