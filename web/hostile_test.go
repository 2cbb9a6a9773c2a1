package web

import (
	"fmt"
	"html"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"hotline/app/settings"
	"hotline/attachments"
	"hotline/cdr"
	"hotline/company"
	"hotline/directory"
	"hotline/drafts"
	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
	"hotline/presence"
	"hotline/sla"
	"hotline/tickets"
	"hotline/users"
	"hotline/users/oidc"
	"hotline/web/hostiletest"
	"hotline/web/signon"
)

// shape is the elements of a page with the names of their attributes, in their order.
func shape(t *testing.T, page string) []string {
	t.Helper()
	list, err := hostiletest.Shape(page)
	if err != nil {
		t.Error(err)
	}
	return list
}

// furnished is a house in which every text that comes from outside is one and the same, and its ticket.
func furnished(t *testing.T, text string) (*office, tickets.Number) {
	t.Helper()
	o, ctx := open(t), t.Context()
	customer, err := o.store.Customer(ctx, "rossi")
	must(t, err)
	customer.Name, customer.Email, customer.Numbers, customer.Spoken = text, text, []string{text}, text
	_, err = o.store.PutCustomer(ctx, customer)
	must(t, err)
	must(t, o.store.PutCalls(ctx, cdr.Call{
		ID: "c1", SIPID: "sip", From: text, To: text, Trunk: text, Started: o.clock(), Ending: text, Customer: "rossi", Contract: directory.ContractID(text), Steps: []string{text}, Refusals: []string{text},
		Legs: []cdr.Leg{{Engineer: text, Address: text, Started: o.clock(), Result: text}},
	}))
	_, err = o.store.PutEngineer(ctx, oncall.Engineer{ID: "bruno", Name: text, Phones: []string{text}, Spoken: text})
	must(t, err)
	r, err := o.store.Rota(ctx)
	must(t, err)
	for i := range r.Shifts {
		r.Shifts[i].Engineer = "bruno"
	}
	_, err = o.store.PutRota(ctx, r)
	must(t, err)
	_, err = o.store.PutSchedule(ctx, rota.Rota{ID: "night", Name: text, Zone: "Europe/Rome", Serves: rota.Serves{Contracts: []string{text}, Products: []string{text}}, Layers: []rota.Layer{{Name: text, Level: 1, Rotation: rota.Weekly, Start: "2026-11-23T09:00", Turns: []rota.Turn{{Engineer: "bruno"}}}}})
	must(t, err)
	_, err = o.store.PutPolicy(ctx, escalation.Policy{ID: "p", Name: text, Steps: []escalation.Step{{Rota: "night"}, {Engineers: []oncall.EngineerID{"bruno"}}}, Overflow: []string{text}})
	must(t, err)
	_, err = o.store.PutContact(ctx, escalation.Contact{Engineer: "bruno", Zone: "Europe/Rome", Rules: []escalation.Rule{{Phone: text}}, Silence: &escalation.Silence{By: text, Why: text, At: o.clock()}})
	must(t, err)
	contract, err := o.store.Contract(ctx, "rossi")
	must(t, err)
	ticket, err := o.desk.Open(ctx, tickets.Draft{
		Caller: text, From: text, Language: text, Claim: sla.Blocking, Channel: tickets.Web, Actor: "caller", Text: text, Identity: tickets.Identity{Customer: customer, Contract: contract},
	}, o.clock())
	must(t, err)
	n := ticket.Number
	_, err = o.desk.Keep(ctx, n, tickets.Recording{ID: "r1", Call: "c1", At: o.clock(), Seconds: 1, Law: "alaw"}, o.clock())
	must(t, err)
	_, err = o.desk.Comment(ctx, n, "staff:"+text, text, o.clock())
	must(t, err)
	_, err = o.desk.Note(ctx, n, tickets.Event{Kind: tickets.Rang, Actor: "engineer:" + text, Text: text, Facts: map[string]string{"engineer": text, "result": text, "who": text, "from": text, "due": text}}, o.clock())
	must(t, err)
	_, err = o.desk.Accept(ctx, n, text, false, o.clock())
	must(t, err)
	_, err = o.config.Files.Attach(ctx, o.desk, attachments.Incoming{Ticket: n, Name: text, Type: text, Actor: "staff:" + text}, strings.NewReader(text), o.clock())
	must(t, err)
	_, err = o.store.PutDraft(ctx, drafts.Draft{User: "admin", Ticket: n, Text: text, At: o.clock()})
	must(t, err)
	must(t, o.store.PutTab(ctx, presence.Tab{User: text, Ticket: n, Tab: text, Writing: true, Seen: o.clock()}))
	_, err = o.store.PutFault(ctx, directory.KnownFault{ID: "f1", Note: text, Words: directory.Words{"it": text}, Contracts: []directory.ContractID{directory.ContractID(text)}})
	must(t, err)
	_, err = o.desk.CatchUp(ctx, o.store, o.clock())
	must(t, err)
	o.strange(text)
	return o, n
}

// shown asks for every page of a house into whose every field a text was written, and gives the shape of each.
func shown(t *testing.T, text string) map[string][]string {
	t.Helper()
	o, n := furnished(t, text)
	o.config.Voice = &tape{}
	viewer, err := o.store.User(t.Context(), "viewer")
	must(t, err)
	viewer.Identity = users.Identity{Issuer: "https://login.example", Subject: text}
	_, err = o.store.PutUser(t.Context(), viewer)
	must(t, err)
	o.config.Provider = signon.Provider{Name: text, Provider: oidc.New(oidc.Config{Issuer: "https://login.example", ClientID: "x", Now: o.clock})}
	o.config.Trunks = func() []Trunk { return []Trunk{{Name: text, State: "failing", Error: text}} }
	o.config.Ladder = messaged(o.clock(), "sip", text)
	_, err = o.store.PutProfile(t.Context(), company.Profile{Name: text, Spoken: text, Trunk: company.Trunk{Server: text, User: text, Domain: text, Realm: text, Number: text, Prefixes: []string{text}}})
	must(t, err)
	must(t, o.config.Owner.(*settings.Settings).CatchUp(t.Context()))
	o.handler = New(o.config)
	b, at := o.as(users.Admin), fmt.Sprintf("/tickets/%d", n)
	pages := map[string]string{
		"board":     b.get("/").is(200).Body.String(),
		"filtered":  b.get("/?q=" + url.QueryEscape(text) + "&state=" + url.QueryEscape(text) + "&customer=" + url.QueryEscape(text) + "&contract=" + url.QueryEscape(text)).is(200).Body.String(),
		"ticket":    b.get(at).is(200).Body.String(),
		"kept":      b.post(at+"/assess", "category", text, "text", text).is(422).Body.String(),
		"calls":     b.get("/calls?number=" + url.QueryEscape(text)).is(200).Body.String(),
		"calls of":  b.get("/calls?ending=" + url.QueryEscape(text) + "&customer=" + url.QueryEscape(text)).is(200).Body.String(),
		"call":      b.get("/calls/c1").is(200).Body.String(),
		"on call":   b.get("/oncall").is(200).Body.String(),
		"duty":      b.get("/oncall/month").is(200).Body.String(),
		"ready":     b.get("/oncall/readiness").is(200).Body.String(),
		"load":      b.get("/oncall/load").is(200).Body.String(),
		"changes":   b.get("/oncall/changes?from=" + url.QueryEscape(text) + "&engineer=" + url.QueryEscape(text)).is(200).Body.String(),
		"absence":   b.post("/oncall/changes/absence", "engineer", "anna", "from", text, "until", text, "note", text).is(422).Body.String(),
		"tokens":    b.post("/tokens", "name", text, "scope", text, "days", text, "contract", text, "installation", text).is(422).Body.String(),
		"flow":      b.post("/flow/check", "yaml", "flow: 1\nname: "+strconv.Quote(text)+"\nlanguages: [it]\nstart: "+strconv.Quote(text)+"\nsteps: {}\n").is(422).Body.String(),
		"prompts":   b.get("/prompts?q=" + url.QueryEscape("no such thing "+text)).is(200).Body.String(),
		"prompt":    b.uploads("/prompts/it/tone", "", "file", text).is(422).Body.String(),
		"faults":    b.get("/faults").is(200).Body.String(),
		"fault":     b.get("/faults/f1").is(200).Body.String(),
		"unfit":     b.post("/faults", "id", "x", "note", text, "kind", text, "words-it", text, "contracts", text, "until", text).is(422).Body.String(),
		"outdated":  b.post("/faults/f1", "note", "x", "words-it", "y", "version", "7").is(409).Body.String(),
		"names":     b.get("/spoken").is(200).Body.String(),
		"name":      b.get("/engineers/bruno/spoken").is(200).Body.String(),
		"tried out": b.post("/customers/rossi/spoken", "spoken", text, "do", "try").Body.String(),
		"users":     b.get("/users").is(200).Body.String(),
		"customers": b.get("/customers?q=" + url.QueryEscape(text)).is(200).Body.String(),
		"customer":  b.get("/customers/rossi").is(200).Body.String(),
		"month":     b.get("/reports?month=" + url.QueryEscape(text) + "&by=" + url.QueryEscape(text)).is(200).Body.String(),
		"tried":     b.uploads("/imports", "customers", "file", table([]string{"id", "name", "email"}, []string{"k1", text, ""}, []string{"k2", "A", text})).is(200).Body.String(),
		"written":   b.uploads("/imports/write", "contracts", "text", table([]string{"id", "customer", "level", "first_day", "remote_access"}, []string{"k1", "rossi", "extended", "2026-01-01", "yes"})).is(200).Body.String(),
		"renewed":   b.post("/contracts/rossi-office/pin", "version", "1").is(200).Body.String(),
		"what if":   b.get("/calendars?level=" + url.QueryEscape(text) + "&category=" + url.QueryEscape(text) + "&at=" + url.QueryEscape(text)).is(200).Body.String(),
		"level":     b.post("/levels/extended", "version", "1", "name", text, "calendar", text, "blocking-contact", text).is(422).Body.String(),
		"sheet":     b.get("/customers/rossi/report").is(200).Body.String(),
		"stale":     b.post(at+"/comment", "text", text, "engineer", text, "category", text, "seen", "e1").is(409).Body.String(),
		"agents":    b.get("/agents").is(200).Body.String(),
		"mails":     b.get("/mails").is(200).Body.String(),
		"mail":      b.get("/mails/m1").is(200).Body.String(),
		"attach":    b.post("/mails/m1/attach", "number", text).is(422).Body.String(),
		"login":     o.browser().post("/login", "name", text, "password", text, "next", text).is(401).Body.String(),
		"not found": b.get("/" + url.PathEscape(text)).is(404).Body.String(),
	}
	maps.Copy(pages, shownWhereItIsKept(b, text))
	maps.Copy(pages, shownOfMachines(b, text))
	if !strings.Contains(html.UnescapeString(pages["ticket"]), text) {
		t.Errorf("%q is not shown at all", text)
	}
	shapes := map[string][]string{}
	for name, page := range pages {
		shapes[name] = unmarked(shape(t, page))
	}
	return shapes
}

// unmarked is a page without the mark of the field that a complaint is about: which of several it is, the text decides.
func unmarked(shape []string) (list []string) {
	for _, element := range shape {
		if element != "p class id lang" {
			list = append(list, strings.TrimSuffix(element, " aria-invalid aria-describedby autofocus"))
		}
	}
	return list
}

// shownWhereItIsKept asks for the pages on which documents are written one at a time, and for those that administrators see.
func shownWhereItIsKept(b *browser, text string) map[string]string {
	return map[string]string{
		"edited":    b.get("/customers/rossi/edit").is(200).Body.String(),
		"refused":   b.post("/customers/rossi", "version", "1", "name", text, "email", text, "numbers", text, "spoken", text).is(422).Body.String(),
		"passed":    b.post("/customers/rossi", "version", "999", "name", "another "+text).is(409).Body.String(),
		"contract":  b.get("/contracts/rossi").is(200).Body.String(),
		"unmeant":   b.post("/contracts/rossi", "version", text, "level", text, "valid_from", text, "valid_until", text, "remote_access", text, "language", text, "calendar", text, "after_hours", text, "blocking-contact", text, "keep_days", text).is(422).Body.String(),
		"people":    b.get("/engineers").is(200).Body.String(),
		"engineer":  b.get("/engineers/bruno").is(200).Body.String(),
		"telephone": b.post("/engineers/bruno", "version", text, "id", text, "name", text, "phones", text, "language", text).is(422).Body.String(),
		"shifts":    b.get("/oncall/shifts").is(200).Body.String(),
		"no shift":  b.post("/oncall/shifts", "version", "2", "shift-0-engineer", text, "shift-0-day", text, "shift-0-from", text, "shift-0-length", text, "shift-0-level", text, "shift-0-order", text).is(422).Body.String(),
		"rotas":     b.get("/rotas").is(200).Body.String(),
		"rota":      b.get("/rotas/night").is(200).Body.String(),
		"no rota":   b.post("/rotas/night", "version", text, "name", text, "zone", text, "contracts", text, "products", text, "layer-0-name", text, "layer-0-place", text, "layer-0-level", text, "layer-0-rotation", text, "layer-0-start", text, "layer-0-turns", text, "layer-0-hours", text, "layer-0-follow", text, "shift-0-engineer", text, "shift-0-from", text).is(422).Body.String(),
		"policies":  b.get("/policies?at=2026-11-23T10:00&contract=" + url.QueryEscape(text)).is(200).Body.String(),
		"policy":    b.get("/policies/p").is(200).Body.String(),
		"no policy": b.post("/policies/p", "version", text, "name", text, "contracts", text, "overflow", text, "rounds", text, "silence", text, "step-0-what", text, "step-0-rota", text, "step-0-engineers", text, "contract", text, "at", text).is(422).Body.String(),
		"contact":   b.get("/engineers/bruno/contact").is(200).Body.String(),
		"unrung":    b.post("/engineers/bruno/contact", "version", text, "zone", text, "silence", text, "rule-0-phone", text, "rule-0-hours", text).is(422).Body.String(),
		"pin":       b.get("/engineers/bruno/pin").is(200).Body.String(),
		"parting":   b.get("/engineers/bruno/remove").is(200).Body.String(),
		"hours":     b.get("/calendars/office/hours").is(200).Body.String(),
		"no hours":  b.post("/calendars/office/hours", "version", text, "name", text, "day-1", text, "holidays", text, "patron", text, "dates", text).is(422).Body.String(),
		"audit":     b.get("/audit?who=" + url.QueryEscape("nobody "+text) + "&kind=" + url.QueryEscape(text) + "&document=" + url.QueryEscape(text) + "&day=" + url.QueryEscape(text)).is(200).Body.String(),
		"all audit": b.get("/audit").is(200).Body.String(),
		"outgoing":  b.get("/outgoing").is(200).Body.String(),
		"wall":      b.get("/?wall=1").is(200).Body.String(),
		"start":     b.get("/start").is(200).Body.String(),
		"begun":     b.post("/start/engineer", "name", text, "phone", text).is(422).Body.String(),
		"script":    b.get("/prompts/it/script").is(200).Body.String(),
		"pack":      b.uploads("/prompts/it/pack/try", "", "file", text).is(200).Body.String(),
		"second":    b.get("/second").is(200).Body.String(),
		"code":      b.post("/second", "code", text, "password", text).is(401).Body.String(),
		"invited":   b.post("/users", "name", text, "role", text, "engineer", text, "subject", text).is(422).Body.String(),
	}
}

// shownOfMachines asks for the pages of what machines report, of what goes out and of what is installed, and sends every form of theirs.
func shownOfMachines(b *browser, text string) map[string]string {
	form := func(names string) (fields []string) {
		for name := range strings.FieldsSeq(names) {
			fields = append(fields, name, text)
		}
		return fields
	}
	pages := map[string]string{}
	for _, path := range []string{
		"/alerts", "/alerts/try", "/alerts/policies/default", "/alerts/mappings/pumps", "/alerts/windows/w1", "/heartbeats", "/heartbeats/beat", "/outgoing/crm", "/outgoing/new?template=own", "/agents/plant",
		"/installations", "/installations/plant", "/releases", "/releases/pbx", "/releases/pbx/edit", "/tokens",
	} {
		pages[path] = b.get(path).is(200).Body.String()
	}
	for path, fields := range map[string][]string{
		"/alerts/try":              form("contract source message night"),
		"/alerts/policies":         form("id rule-0-severities rule-0-category rule-0-night otherwise-category window depends-0-fingerprint depends-0-parent_fingerprint depends.wait labels.product labels source message"),
		"/alerts/policies/default": form("version rule-0-severities rule-0-category otherwise-category window storm.alerts source message"),
		"/alerts/mappings":         form("id alerts fingerprint title installation labels message do"),
		"/alerts/windows":          form("id contract installation from until note"),
		"/heartbeats":              form("id contract installation title severity schedule zone grace_seconds"),
		"/outgoing":                form("id template request.method request.url request.headers request.body values kinds contracts categories quiet.from secret-name-0 secret-text-0"),
		"/outgoing/crm":            form("version value.url kinds contracts categories secret.signing"),
		"/agents":                  form("id contract installation line product release_file checks-0-id checks-0-kind checks-0-target checks-0-title checks-0-every_seconds"),
		"/agents/plant":            form("version line checks-0-id checks-0-kind checks-0-target checks-0-title checks-0-every_seconds"),
		"/installations":           append(form("id installation product"), "contract", "nobody "+text, "release", ""),
		"/releases/pbx":            form("version releases-0-name releases-0-at releases-0-note releases-0-tickets"),
		"/releases/pbx/publish":    form("version name note tickets"),
	} {
		pages["POST "+path] = b.post(path, fields...).is(422).Body.String()
	}
	return pages
}

// TestHostileTextsAreTextAlone puts two hundred of them into every field that a page shows: the document has the same elements, with
// the same attributes, as with a harmless one. One goroutine does it all, and under the race detector it takes nine times as long for
// nothing: there each twenty-fifth text is tried, and `make test` runs this test by itself for the others.
func TestHostileTextsAreTextAlone(t *testing.T) {
	list := hostiletest.Texts()
	if len(list) != 200 {
		t.Fatalf("%d texts", len(list))
	}
	want := shown(t, "harmless")
	for i, text := range list {
		if raced && i%25 != 0 {
			continue
		}
		for name, got := range shown(t, text) {
			if !slices.Equal(got, want[name]) {
				t.Errorf("%q changes the page %s:\n got %q\nwant %q", text, name, got, want[name])
			}
		}
	}
}
