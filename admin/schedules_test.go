package admin_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"hotline/admin"
	"hotline/cdr"
	"hotline/oncall"
	"hotline/tickets"
	"hotline/tokens"
)

const nightRota = `{"name":"Night","zone":"Europe/Rome","serves":{"contracts":["rossi"]},
	"layers":[{"name":"days","level":1,"rotation":"daily","start":"2026-11-02T09:00","turns":[{"engineer":"anna"},{"engineer":"marco"}]}],
	"overrides":[{"engineer":"anna","instead":"marco","level":1,"from":"2026-11-24T08:00:00Z","until":"2026-11-25T08:00:00Z"}]}`

// staffed is a house with a second engineer.
func staffed(t *testing.T) *house {
	h := open(t)
	h.put("/engineers/marco", `{"name":"Marco","phones":["sip:marco@127.0.0.1:5072"]}`).is(200)
	return h
}

func TestRotasStandBesideTheMainOne(t *testing.T) {
	h := staffed(t)
	h.get("/rotas").is(200, `"id":"main"`, `"length":"168:00"`)
	h.get("/rotas/night").is(404)
	h.get("/rotas/main").is(200, `"shifts":[{"engineer":"anna"`)
	h.put("/rotas/night", nightRota).is(200, `"version":1`, `"start":"2026-11-02T09:00"`, `"rotation":"daily"`)
	h.get("/rotas/night").is(200, `"contracts":["rossi"]`).etag(t, `"1"`)
	h.put("/rotas/night", strings.Replace(nightRota, `"Night"`, `"Nights"`, 1)).is(428)
	h.put("/rotas/night", nightRota, "If-Match", `"7"`).is(412)
	h.put("/rotas/night", strings.Replace(nightRota, `"Night"`, `"Nights"`, 1), "If-Match", `"1"`).is(200, `"version":2`)
	h.put("/rota", `{"zone":"Europe/Rome","version":1,"shifts":[],"overrides":[]}`).is(200, `"version":2`) // the main one is another document
	h.get("/rotas/night").is(200, `"Nights"`)
	for from, to := range map[string]string{
		`"Europe/Rome"`: `"Local"`, `"daily"`: `"yearly"`, `"marco"}`: `"zoe"}`, `2026-11-02T09:00`: `tomorrow`, `"level":1,"rotation"`: `"level":0,"rotation"`,
		`"turns"`: `"follow":"none","turns"`, `"2026-11-24T08:00:00Z"`: `"2026-11-26T08:00:00Z"`,
	} {
		h.put("/rotas/other", strings.Replace(strings.Replace(nightRota, "rossi", "verdi", 1), from, to, 1)).is(422)
	}
	h.put("/rotas/other", nightRota).is(422, "body.serves", "night")
	h.put("/rotas/main", nightRota).is(422, "/rota")
	h.ask("DELETE", "/api/v1/engineers/marco", "").is(409, "take them off")
	h.ask("DELETE", "/api/v1/rotas/night", "", "If-Match", `"1"`).is(412)
	h.ask("DELETE", "/api/v1/rotas/night", "").is(204)
	h.ask("DELETE", "/api/v1/rotas/night", "").is(404)
}

func TestWhoIsOnCallIsToldAtAnyInstant(t *testing.T) {
	h := staffed(t)
	h.put("/rotas/night", nightRota).is(200)
	h.get("/oncall/at?t=2026-11-24T12:00:00Z").is(200, `"rota":"main"`, `"rota":"night"`, `{"engineer":"marco","name":"Marco","level":1,"why":"override 1","for":"anna"}`, `"policy":"default"`, `"rotas":["main"]`)
	h.get("/oncall/at?t=2026-11-24T12:00:00Z&contract=rossi").is(200, `"rotas":["night","main"]`, `"phones":[{"engineer":"marco","name":"Marco","level":1,"phone":"sip:marco@127.0.0.1:5072","why":`)
	h.get("/oncall/at?t=2026-11-25T12:00:00Z&contract=rossi").is(200, `"phones":[{"engineer":"marco"`)
	h.get("/oncall/at?category=question").is(200, `"ring":false`, `"caller":"staff_answer"`)
	h.get("/oncall/at?category=joke").is(422)
}

func TestAbsencesAreImportedAndLeaveAGap(t *testing.T) {
	h := staffed(t)
	h.put("/engineers/anna/absences", `{"absences":[{"from":"2026-12-01T00:00:00Z","until":"2026-12-02T00:00:00Z","note":"dentist"}]}`).is(200, `"version":1`)
	file := "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20261124\r\nSUMMARY:Ferie\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nDTSTART:20261201\r\nRRULE:FREQ=DAILY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
	for range 2 { // those of the file before are replaced
		h.post("/engineers/anna/absences?zone=Europe/Rome", file, "Content-Type", "text/calendar").is(200, `"note":"dentist"`, `"from":"2026-11-24T00:00:00+01:00","until":"2026-11-25T00:00:00+01:00","note":"Ferie","uid":"1"`, "RRULE")
	}
	if n := strings.Count(h.get("/engineers/anna/absences").is(200).body, `"from"`); n != 2 {
		t.Errorf("%d absences are kept", n)
	}
	h.get("/oncall/at?t=2026-11-24T12:00:00Z").is(200, `"on_call":[]`, `"gap":true`, `"caller":"called_back"`)
	h.get("/oncall/readiness?days=3").is(200, `"ready":false`, "nobody with a telephone is on call from Tue 2026-11-24 00:00 CET until Wed 2026-11-25 00:00 CET")
	h.put("/engineers/anna/absences", `{"absences":[{"from":"2026-12-01T00:00:00Z","until":"2026-11-02T00:00:00Z"}]}`, "If-Match", "*").is(422, "ends before")
	h.post("/engineers/anna/absences?zone=Mars", file, "Content-Type", "text/calendar").is(422, "Mars")
	h.post("/engineers/anna/absences", "hello", "Content-Type", "text/calendar").is(422, "VCALENDAR")
	h.get("/engineers/nobody/absences").is(404)
}

func TestSilenceIsWrittenDownWithWhoChoseIt(t *testing.T) {
	h := staffed(t)
	h.get("/engineers/anna/contact").is(404)
	h.put("/engineers/anna/contact", `{"zone":"Europe/Rome","silence":{"why":""}}`).is(422)
	h.put("/engineers/anna/contact", `{"zone":"Europe/Rome","rules":[{"phone":"sip:zoe@127.0.0.1"}]}`).is(422, "no telephone of anna")
	h.put("/engineers/anna/contact", `{"zone":"Europe/Rome","silence":{"why":"parental leave"}}`).is(200, `"by":"staff:demo"`)
	h.get("/oncall/at").is(200, `"ring":false`, "anna is not rung by the choice of staff:demo: parental leave")
	h.put("/engineers/anna/contact", `{"version":1,"zone":"Europe/Rome","test_call":{"day":1,"at":"10:00"}}`).is(200, `"test_call":{"day":1,"at":"10:00"}`)
	h.get("/engineers/anna/contact").is(200, `"test_call":{"day":1,"at":"10:00"}`)
	for _, bad := range []string{`{"day":7,"at":"10:00"}`, `{"day":1,"at":"24:00"}`, `{"day":1}`} {
		h.put("/engineers/anna/contact", `{"version":2,"zone":"Europe/Rome","test_call":`+bad+`}`).is(422)
	}
	h.ask("DELETE", "/api/v1/engineers/anna/contact", "").is(204)
	h.get("/oncall/at").is(200, `"ring":true`)
}

func TestPoliciesSayHowItIsRung(t *testing.T) {
	h := staffed(t)
	const policy = `{"name":"Two","serves":{"contracts":["rossi"]},"steps":[{"level":1,"at_once":true,"ring_seconds":30},{"engineers":["marco"]}],"need":2,"overflow":["06 12 34 567"]}`
	h.put("/escalation-policies/two", policy).is(200, `"ring_seconds":30`, `"version":1`, `"overflow":["061234567"]`)
	h.get("/escalation-policies").is(200, `"id":"two"`)
	h.get("/escalation-policies/two").is(200, `"need":2`).etag(t, `"1"`)
	h.get("/oncall/at?contract=rossi").is(200, `"policy":"two"`, `"at_once":true,"ring_seconds":30,"phones":[{"engineer":"anna"`, `"ring_seconds":20,"phones":[{"engineer":"marco"`, `"need":2`)
	h.put("/escalation-policies/other", policy).is(422, "body.serves")
	h.put("/escalation-policies/other", `{"name":"x"}`).is(422, "steps")
	h.put("/escalation-policies/other", `{"name":"x","steps":[{"engineers":["zoe"]}]}`).is(422, "zoe")
	h.put("/escalation-policies/other", `{"name":"x","steps":[{}],"overflow":["sip:x@evil.example"]}`).is(422, "body.overflow[0]")
	h.ask("DELETE", "/api/v1/escalation-policies/two", "").is(204)
}

// TestTheLineHasACard: with its numbers; where it shows none, the answer says what to write.
func TestTheLineHasACard(t *testing.T) {
	h := staffed(t)
	h.get("/oncall/line.vcf").is(404, "caller_number")
	h.config.Locale.Numbers = []string{"+390612345"}
	h.handler = admin.New(h.config)
	card := h.get("/oncall/line.vcf").is(200, "FN:Hotline", "TEL;TYPE=WORK,VOICE:+390612345")
	if kind := card.header.Get("Content-Type"); kind != "text/vcard; charset=utf-8" {
		t.Errorf("the card is %s", kind)
	}
}

func TestTheCalendarTakesATokenInItsAddress(t *testing.T) {
	h := staffed(t)
	bearer := func(scope tokens.Scope) string {
		return strings.TrimPrefix(h.token("feed-"+string(scope), scope, time.Time{}), "Bearer ")
	}
	feed := func(token, more string) reply {
		return h.ask("GET", "/api/v1/oncall/calendar.ics?token="+token+more, "", "Authorization", "")
	}
	own := bearer(tokens.ScopeCalendar)
	r := feed(own, "").is(200, "BEGIN:VCALENDAR", "SUMMARY:Anna on call\\, level 1 (main)")
	if kind := r.header.Get("Content-Type"); kind != "text/calendar; charset=utf-8" {
		t.Errorf("the feed is %s", kind)
	}
	feed(own, "&engineer=marco").is(200)
	feed(own, "&engineer=zoe").is(404)
	feed(own, "&rota=none").is(404)
	feed(bearer(tokens.ScopeAdmin), "").is(403, "scope calendar")
	feed("guess", "").is(401)
	feed("", "").is(401)
	h.ask("GET", "/api/v1/tickets?token="+own, "", "Authorization", "").is(401)
	h.ask("GET", "/api/v1/tickets", "", "Authorization", "Bearer "+own).is(403)
	if log := h.log.String(); strings.Contains(log, own) || strings.Contains(log, "guess") {
		t.Error("a token of an address is in the log")
	}
}

func TestNightsThatWereArePlayedThroughAnotherRota(t *testing.T) {
	h := staffed(t)
	x := h.blocking()
	began := monday(2, 0)
	must(t, h.store.PutCalls(t.Context(), cdr.Call{ID: "c", Started: began, Ticket: x, Legs: []cdr.Leg{
		{Engineer: "anna", Address: "sip:anna@127.0.0.1:5071", Started: began, Ended: began.Add(20 * time.Second), Result: "no answer"},
		{Engineer: "anna", Address: "sip:anna@127.0.0.1:5071", Started: began.Add(time.Hour), Answered: began.Add(time.Hour + 8*time.Second), Ended: began.Add(2 * time.Hour), Result: "accepted"},
	}}))
	changed := `"rota":{"id":"main","name":"main","zone":"Europe/Rome","shifts":[{"engineer":"marco","level":1,"day":0,"from":"00:00","length":"168:00"}]}`
	h.post("/oncall/replay", `{"since":"2026-11-20T00:00:00Z"}`).is(200, "anna at sip:anna@127.0.0.1:5071 after 0s (no answer)", "anna accepts after 8s")
	h.post("/oncall/replay", `{"since":"2026-11-20T00:00:00Z",`+changed+`}`).is(200, "marco at sip:marco@127.0.0.1:5072 after 0s (unknown", "not rung any more: [anna]")
	policy := func(step string) string {
		return `"policy":{"id":"p","name":"p","rounds":1,"steps":[` + step + `]}`
	}
	h.post("/oncall/replay", `{"since":"2026-11-20T00:00:00Z",`+policy(`{"engineers":["marco"]},{"engineers":["anna"]}`)+`}`).is(200, "marco at sip:marco@127.0.0.1:5072 after 0s (unknown", "anna at sip:anna@127.0.0.1:5071 after 20s")
	h.post("/oncall/replay", `{"since":"2026-11-20T00:00:00Z",`+changed+`,`+policy(`{"level":1,"ring_seconds":40},{"engineers":["anna"]}`)+`}`).is(200, "marco at sip:marco@127.0.0.1:5072 after 0s (unknown", "anna at sip:anna@127.0.0.1:5071 after 40s", "anna accepts after 48s")
	y, later := h.blocking(), monday(4, 0) // which came by no call
	must(t, h.store.PutLeg(t.Context(), cdr.Leg{Ticket: y, Engineer: "anna", Address: "sip:anna@127.0.0.1:5071", Started: later, Ended: later.Add(9 * time.Second), Result: "passed"}))
	must(t, h.store.PutLeg(t.Context(), cdr.Leg{Ticket: y, Alarm: true, Engineer: "anna", Address: "sip:anna@127.0.0.1:5071", Started: later.Add(time.Hour), Ended: later.Add(2 * time.Hour), Result: "declined"}))
	by := h.post("/oncall/replay", `{"since":"2026-11-20T00:00:00Z"}`).is(200, fmt.Sprintf("ticket %d, 2026-11-23 05:00 CET: anna at sip:anna@127.0.0.1:5071 after 0s (passed)", y))
	if strings.Contains(by.body, "declined") {
		t.Error("what rang for an alarm is taken for a search")
	}
	h.post("/oncall/replay", `{"since":"2020-11-20T00:00:00Z"}`).is(422, "400 days")
	h.post("/oncall/replay", `{"since":"2026-11-20T00:00:00Z","policy":{"id":"p","name":"p"}}`).is(422, "steps")
	stands, err := h.store.Rota(t.Context())
	must(t, err)
	if stands.Shifts[0].Engineer != "anna" {
		t.Error("a replay has changed the rota")
	}
}

func TestProofsAreShown(t *testing.T) {
	h := staffed(t)
	h.get("/engineers/anna/proofs").is(200, `"proofs":[]`)
	h.get("/oncall/readiness").is(200, `"ready":false`, "Anna (anna) has proven no telephone by key and sound within 7 days")
	_, err := h.store.PutProofs(t.Context(), oncall.Proofs{Engineer: "anna", List: []oncall.Proof{{Engineer: "anna", Phone: "sip:anna@127.0.0.1:5071", At: monday(9, 0), Key: true, Sound: true}}})
	must(t, err)
	h.get("/oncall/readiness").is(200, `"ready":true`, `"lines":[]`, `"proven_until":"2026-11-30T`)
	h.get("/engineers/anna/proofs").is(200, `"key":true,"sound":true`)
}

// blocking opens a blocking ticket and gives its number.
func (h *house) blocking() tickets.Number {
	h.t.Helper()
	var made struct{ Number int64 }
	h.post("/tickets", `{"contract":"rossi","claim":"blocking"}`).into(&made)
	return tickets.Number(made.Number)
}

func (r reply) etag(t *testing.T, want string) {
	t.Helper()
	if got := r.header.Get("ETag"); got != want {
		t.Errorf("the entity tag is %s, want %s", got, want)
	}
}
