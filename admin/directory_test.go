package admin_test

import (
	"errors"
	"strings"
	"testing"

	"hotline/cdr"
	"hotline/oncall"
	"hotline/sla"
	"hotline/storage"
)

func TestCustomersAreAddedReadAndChanged(t *testing.T) {
	h := open(t)
	h.get("/customers").is(200, `{"customers":[{"id":"rossi","name":"Rossi S.p.A.","email":"","numbers":["0612345"],"version":1}]}`)
	made := h.post("/customers", `{"name":"Verdi S.r.l.","email":"guasti@verdi.example","numbers":["+39021234"]}`).is(201, `"version":1`)
	where := strings.TrimPrefix(made.header.Get("Location"), "/api/v1")
	h.get(where).is(200, "Verdi S.r.l.", "guasti@verdi.example")
	h.put(where, `{"name":"Verdi S.p.A.","version":1}`).is(200, `"version":2`, `"numbers":[]`)
	h.put(where, `{"name":"Verdi","version":1}`).is(409, "changed by somebody else")
	h.put("/customers/nobody", `{"name":"Nobody","version":1}`).is(404)
	h.post("/customers", `{"id":"rossi","name":"Rossi again"}`).is(409, "exists already")
	h.get("/customers/nobody").is(404)
	h.post("/customers", `{"name":"y","numbers":["+39 06 555-1239","tel:+39065551239","06 12"]}`).is(201, `"numbers":["+39065551239","0612"]`)
	for body, field := range map[string]string{
		`{"name":""}`:                            "body.name",
		`{"name":"  "}`:                          "body.name",
		`{}`:                                     "body",
		`{"name":"x","email":"a@b\r\nBcc: c@d"}`: "body.email",
		`{"name":"x","email":"Rossi <a@b.example>"}`:  "body.email",
		`{"name":"x","numbers":["06 x 12"]}`:          "body.numbers[0]",
		`{"name":"x","numbers":["061","sip:a@b"]}`:    "body.numbers[1]",
		`{"name":"x","numbers":["061","1-1-2"]}`:      "body.numbers[1]",
		`{"name":"x","id":"../etc"}`:                  "body.id",
		`{"name":"` + strings.Repeat("à", 201) + `"}`: "body.name",
	} {
		h.post("/customers", body).is(422, field)
	}
}

const verdi = `"customer":"rossi","level":"professional","valid_from":"2026-01-01T00:00:00Z","remote_access":true`

func TestPINIsShownOnceAndOpensTheLine(t *testing.T) {
	h := open(t)
	var made struct{ ID, PIN string }
	h.post("/contracts", `{`+verdi+`}`).is(201, `"level":"professional"`, `"after_hours":"wait"`, `"version":1`).into(&made)
	id, _, err := h.desk.Identify(made.PIN, "", monday(9, 0))
	if err != nil || string(id.Contract.ID) != made.ID {
		t.Fatalf("the line knows the new PIN as %v, %v", id, err)
	}
	var renewed struct{ PIN string }
	h.post("/contracts/"+made.ID+"/pin", "").is(200).into(&renewed)
	if _, _, err := h.desk.Identify(made.PIN, "", monday(9, 0)); err == nil || renewed.PIN == made.PIN || renewed.PIN == "" {
		t.Error("the former PIN still opens the line")
	}
	if _, _, err := h.desk.Identify(renewed.PIN, "", monday(9, 0)); err != nil {
		t.Errorf("the line refuses the renewed PIN: %v", err)
	}
	for _, r := range []reply{
		h.get("/contracts"), h.get("/contracts/" + made.ID), h.put("/contracts/"+made.ID, `{`+verdi+`,"version":2}`),
		h.get("/customers"), h.get("/tickets"), h.get("/calls"), h.ask("GET", "/metrics", ""), h.get("/openapi.json"),
	} {
		r.is(200)
		if strings.Contains(r.body, made.PIN) || strings.Contains(r.body, renewed.PIN) || strings.Contains(r.body, `"pin":"`) {
			t.Errorf("an answer holds a PIN: %s", r.body)
		}
	}
	if log := h.log.String(); strings.Contains(log, made.PIN) || strings.Contains(log, renewed.PIN) {
		t.Error("the log holds a PIN")
	}
	h.post("/contracts/nobody/pin", "").is(404)
}

func TestContractsOverrideTheirLevel(t *testing.T) {
	h := open(t)
	h.post("/contracts", `{"id":"verdi",`+verdi+`,"calendar":"always","blocking":{"contact":600,"intervention":1200,"restore":1800},
		"valid_until":"2027-01-01T00:00:00Z","after_hours":"ring","evo_support":true,"language":"en","slow_menus":true,"record_talks":true,"monthly_statement":true}`).is(201, `"monthly_statement":true`, `"slow_menus":true`, `"record_talks":true`,
		`"blocking":{"contact":600,"intervention":1200,"restore":1800}`, `"valid_until":"2027-01-01T00:00:00Z"`, `"after_hours":"ring"`)
	var k ticket
	h.post("/tickets", `{"contract":"verdi","claim":"blocking"}`).is(201, `"language":"en"`, `"evo_support":true`, `"limit_seconds":1200`).into(&k)
	h.put("/contracts/verdi", `{`+verdi+`,"version":1}`).is(409, "would move (417)")
	h.put("/contracts/verdi?running=keep", `{`+verdi+`,"version":1}`).is(200, `"version":2`)
	h.put("/contracts/verdi", `{`+verdi+`,"version":1}`).is(409)
	h.put("/contracts/verdi", `{`+verdi+`,"evo_support":true}`).is(428, "send its ETag as If-Match")
	h.put("/contracts/nobody", `{`+verdi+`,"version":1}`).is(404)
	h.post("/contracts", `{"id":"verdi",`+verdi+`}`).is(409)
	for body, field := range map[string]string{
		`{"customer":"nobody","level":"extended","valid_from":"2026-01-01T00:00:00Z","remote_access":true}`: "body.customer",
		`{"customer":"rossi","level":"platinum","valid_from":"2026-01-01T00:00:00Z","remote_access":true}`:  "body.level",
		`{` + verdi + `,"calendar":"moon"}`:                                                                                         "body.calendar",
		`{` + verdi + `,"language":"pt"}`:                                                                                           "body.language",
		`{` + verdi + `,"after_hours":"shout"}`:                                                                                     "body.after_hours",
		`{` + verdi + `,"valid_until":"2025-01-01T00:00:00Z"}`:                                                                      "body.valid_until",
		`{` + verdi + `,"blocking":{"contact":-1,"intervention":0,"restore":0}}`:                                                    "body.blocking.contact",
		`{` + verdi + `,"blocking":{"contact":60,"intervention":0,"restore":60}}`:                                                   "body.blocking",
		`{` + verdi + `,"pin":"314159"}`:                                                                                            "body.pin",
		`{"customer":"rossi","level":"extended","valid_from":"0001-01-01T00:00:00Z","remote_access":true}`:                          "body.valid_from",
		`{"customer":"rossi","level":"extended","valid_from":"soon"}`:                                                               "body.valid_from",
		`{` + verdi + `,"non_blocking":{"contact":9223372036854775807,"intervention":9223372036854775807,"restore":9999999999999}}`: "body.non_blocking",
	} {
		h.post("/contracts", body).is(422, field)
	}
}

func TestLevelsAndCalendarsChangeWhatTheNextTicketIsPromised(t *testing.T) {
	h := open(t)
	h.get("/levels").is(200, `"id":"extended"`, `"blocking":{"contact":3600,"intervention":14400,"restore":7200}`)
	h.get("/calendars").is(200, `{"day":1,"from":"09:00","until":"13:00"}`, `{"day":0,"from":"00:00","until":"168:00"}`)
	h.put("/calendars/night", `{"name":"Nights","zone":"Europe/Rome","week":[{"day":1,"from":"22:00","until":"30:00"}],
		"patron":"06-29","exceptions":[{"date":"2026-12-24","note":"closed"}]}`).is(200, `"until":"30:00"`, `"date":"2026-12-24"`)
	h.put("/levels/extended", `{"name":"Extended","calendar":"night","blocking":{"contact":60,"intervention":120,"restore":180},
		"non_blocking":{"contact":0,"intervention":0,"restore":0}}`, "If-Match", `"1"`).is(200)
	h.opened()
	k, err := h.desk.Ticket(t.Context(), 417)
	must(t, err)
	if due := k.Clocks[0].Due; due.UTC().Format("15:04") != "21:01" {
		t.Errorf("contact is due at %s, want one minute into the night shift in Rome", due)
	}
	limits := `{"contact":0,"intervention":0,"restore":0}`
	for path, bodies := range map[string]map[string]string{
		"/levels/extended": {
			`{"name":"x","calendar":"moon","blocking":` + limits + `,"non_blocking":` + limits + `}`: "body.calendar",
			`{"name":"x","calendar":"always"}`: "blocking",
			`{"name":"x","calendar":"always","blocking":{"contact":0,"intervention":60,"restore":60},"non_blocking":` + limits + `}`: "body.blocking.contact",
		},
		"/levels/on_request": {
			`{"name":"x","calendar":"always","blocking":{"contact":60,"intervention":60,"restore":60},"non_blocking":` + limits + `}`: "no deadline",
		},
		"/calendars/night": {
			`{"name":"x","zone":"Europe/Atlantis","week":[]}`:                                                                              "Europe/Atlantis",
			`{"name":"x","zone":"Europe/Rome","week":[]}`:                                                                                  "never opens",
			`{"name":"x","zone":"Europe/Rome","week":[{"day":7,"from":"09:00","until":"10:00"}]}`:                                          "day",
			`{"name":"x","zone":"Europe/Rome","week":[{"day":1,"from":"9","until":"10:00"}]}`:                                              "from",
			`{"name":"x","zone":"Europe/Rome","week":[{"day":1,"from":"09:00","until":"13:00"},{"day":1,"from":"12:00","until":"18:00"}]}`: "overlaps",
			`{"name":"x","zone":"Europe/Rome","week":[{"day":1,"from":"10:00","until":"09:00"}]}`:                                          "after it began",
			`{"name":"x","zone":"Europe/Rome","week":[{"day":1,"from":"09:00","until":"10:00"}],"patron":"13-40"}`:                         "patron",
			`{"name":"x","zone":"Europe/Rome","week":[{"day":1,"from":"09:00","until":"10:00"}],"exceptions":[{"date":"2026-02-30"}]}`:     "date",
			`{"name":"x","zone":"Europe/Rome","holidays":"xx","week":[{"day":1,"from":"09:00","until":"10:00"}]}`:                          "holidays",
		},
		"/calendars/..": {`{}`: ""},
	} {
		for body, field := range bodies {
			h.put(path, body).is(422, field)
		}
	}
}

func TestTheLineHearsOfEveryChange(t *testing.T) {
	h := open(t)
	h.post("/customers", `{"id":"verdi","name":"Verdi"}`).is(201)
	h.post("/contracts", `{"id":"verdi",`+verdi+`}`).is(201)
	h.post("/contracts/verdi/pin", "").is(200)
	b := h.desk.Book()
	if b.Customers.At("verdi").Name != "Verdi" || b.Contracts.At("verdi").Level != sla.Professional || b.PINs.Len() != 2 {
		t.Errorf("the desk works with %+v", b)
	}
	h.get("/customers/%00").is(400)
}

func TestCallsAreListedWithTheirLegs(t *testing.T) {
	h := open(t)
	must(t, h.store.PutCalls(t.Context(), cdr.Call{ID: "c1", From: "0612345", Started: monday(9, 0)}))
	must(t, h.store.PutCalls(t.Context(), cdr.Call{ID: "c2", From: "anonymous", Started: monday(9, 5), Steps: []string{"welcome", "pin"}, Legs: []cdr.Leg{
		{Engineer: "anna", Address: "sip:anna@127.0.0.1:5071", Result: "no key"},
	}}))
	var list struct {
		Total int
		Calls []struct{ ID string }
	}
	h.get("/calls").is(200, `"legs":[]`, `"result":"no key"`).into(&list)
	if list.Total != 2 || list.Calls[0].ID != "c2" {
		t.Errorf("the calls are %+v", list)
	}
	for query, want := range map[string]string{
		"?number=0612345": "c1", "?day=2026-11-23": "c2 c1", "?day=2026-11-24": "", "?ending=busy": "", "?trunk=none": "", "?customer=rossi": "",
		"?contract=rossi": "", "?since=2026-11-23T09:01:00Z": "c2", "?day=2026-11-23&until=2026-11-23T09:01:00Z": "c1",
	} {
		h.get("/calls" + query).is(200).into(&list)
		var got []string
		for _, c := range list.Calls {
			got = append(got, c.ID)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q lists %v, want %s", query, got, want)
		}
	}
	for _, query := range []string{"?offset=1", "?after=417", "?day=monday", "?day=2026-02-30", "?limit=0"} {
		h.get("/calls"+query).is(422, `"location":"query.`)
	}
	h.get("/calls/c2").is(200, `"steps":["welcome","pin"]`)
	h.get("/calls/none").is(404)
	h.get("/calls?limit=501").is(422)
}

func TestATicketSpeaksTheLanguageThatWasSaidElseTheContractsElseTheHouses(t *testing.T) {
	h := open(t)
	h.post("/contracts", `{"id":"verdi",`+verdi+`,"language":"en"}`).is(201)
	h.post("/tickets", `{"contract":"verdi","claim":"question","language":"it"}`).is(201, `"language":"it"`)
	h.post("/tickets", `{"contract":"verdi","claim":"question"}`).is(201, `"language":"en"`)
	h.post("/tickets", `{"claim":"question"}`).is(201, `"language":"it"`)
}

func TestClosuresComeFromAnICalendarFile(t *testing.T) {
	h := open(t)
	file := "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261224\r\nSUMMARY:Chiusura\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
	h.post("/calendars/office/closures", file, "Content-Type", "text/calendar").is(200, `{"date":"2026-12-24","note":"Chiusura"}`)
	folded := "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261228\nSUMMARY:Citt\xc3\r\n \xa0\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART:20261229\nSTATUS:CANCELLED\nEND:VEVENT\nEND:VCALENDAR\n"
	h.post("/calendars/office/closures", folded, "Content-Type", "text/calendar").is(200, `{"date":"2026-12-28","note":"Città"}`, `"import":{"dates":1,"days":0,"left_out":[{"line":7,"why":"the event is cancelled"}]}`)
	h.post("/calendars/office/closures", "hello", "Content-Type", "text/calendar").is(422, "line 1")
	h.post("/calendars/moon/closures", file, "Content-Type", "text/calendar").is(404)
}

func TestAContractWithoutACalendarCannotBeSaved(t *testing.T) {
	h := open(t)
	_, err := h.store.PutLevel(t.Context(), sla.Level{ID: "bare", Calendar: "gone"})
	must(t, err)
	h.post("/contracts", `{"customer":"rossi","level":"bare","valid_from":"2026-01-01T00:00:00Z","remote_access":true}`).is(422, "body.calendar")
}

// TestAContractSaysWhetherItsInstallationCanBeReached: left out, it would turn a right PIN into paid work.
func TestAContractSaysWhetherItsInstallationCanBeReached(t *testing.T) {
	h := open(t)
	h.post("/contracts", `{"id":"verdi",`+verdi+`}`).is(201, `"remote_access":true`)
	const silent = `"customer":"rossi","level":"professional","valid_from":"2026-01-01T00:00:00Z"`
	h.post("/contracts", `{"id":"bianchi",`+silent+`}`).is(422, "body.remote_access", "true or false", "Support on Request")
	h.get("/contracts/bianchi").is(404)
	for _, null := range []string{"", `,"remote_access":null`} {
		h.put("/contracts/verdi", `{`+silent+null+`,"version":1}`).is(422, "remote_access")
		h.post("/contracts/verdi/preview", `{`+silent+null+`,"version":1}`).is(422, "remote_access")
	}
	h.get("/contracts/verdi").is(200, `"remote_access":true`, `"version":1`)
	h.post("/contracts", `{"id":"bianchi",`+silent+`,"remote_access":false}`).is(201, `"remote_access":false`)
}

// TestALanguageThatNobodySetStaysUnset: a caller who dialled the English number and keys the PIN goes on in English.
func TestALanguageThatNobodySetStaysUnset(t *testing.T) {
	h := open(t)
	if got := h.post("/contracts", `{"id":"verdi",`+verdi+`}`).is(201).body; strings.Contains(got, `"language"`) {
		t.Errorf("a language was set: %s", got)
	}
	if c, err := h.store.Contract(t.Context(), "verdi"); err != nil || c.Language != "" {
		t.Errorf("language %q, %v", c.Language, err)
	}
	h.post("/contracts", `{"id":"bianchi",`+verdi+`,"language":"en"}`).is(201, `"language":"en"`)
}

// An engineer's PIN is in the answer that gives it, and nowhere else: not in a repeated answer, a list, the log, or the store.
func TestAnEngineersPINIsShownOnce(t *testing.T) {
	h := open(t)
	type shown struct{ Engineer, PIN string }
	var first, second, repeated shown
	h.post("/engineers/anna/pin", "", "Idempotency-Key", "k").is(200, `"pin_at":"`).into(&first)
	if len(first.PIN) != oncall.PINDigits || first.Engineer != "anna" {
		t.Fatalf("the first PIN is of %q and has %d digits", first.Engineer, len(first.PIN))
	}
	h.post("/engineers/anna/pin", "", "Idempotency-Key", "k").is(200).into(&repeated)
	if repeated.PIN != "" {
		t.Error("a repeated answer shows the PIN again")
	}
	h.post("/engineers/anna/pin", "").is(200).into(&second)
	kept, err := h.store.EngineerPIN(t.Context(), "anna")
	if err != nil || !kept.Is([]byte(pinKey), second.PIN) || kept.Is([]byte(pinKey), first.PIN) || first.PIN == second.PIN {
		t.Errorf("kept is %+v, %v", kept, err)
	}
	for _, r := range []reply{h.get("/engineers"), h.get("/engineers/anna"), h.get("/openapi.json"), h.ask("GET", "/metrics", "")} {
		if r.is(200); strings.Contains(r.body, first.PIN) || strings.Contains(r.body, second.PIN) || strings.Contains(r.body, kept.Hash) {
			t.Errorf("an answer holds a PIN: %s", r.body)
		}
	}
	if log := h.log.String(); strings.Contains(log, first.PIN) || strings.Contains(log, second.PIN) {
		t.Error("the log holds a PIN")
	}
	h.ask("DELETE", "/api/v1/engineers/anna/pin", "").is(204)
	h.ask("DELETE", "/api/v1/engineers/anna/pin", "").is(404)
	if _, err := h.store.EngineerPIN(t.Context(), "anna"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("a PIN that has ended: %v", err)
	}
	h.put("/engineers/marco", `{"name":"Marco","phones":["0612"]}`).is(200)
	h.atOnce.Store(true) // no time passes from here on
	answers := atOnce(20, func(int) reply { return h.post("/engineers/marco/pin", "") })
	if won := count(answers, 200); won != 1 || count(answers, 409) != 19 {
		t.Errorf("%d of 20 renewals won, %d got 409", won, count(answers, 409))
	}
	h.post("/engineers/marco/pin", "").is(409, "a moment ago")
	h.post("/engineers/nobody/pin", "").is(404)
}
