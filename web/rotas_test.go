package web

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
	"hotline/sla"
	"hotline/tickets"
	"hotline/users"
)

// staffed is a house with a second engineer.
func staffed(t *testing.T) *office {
	t.Helper()
	o := open(t)
	_, err := o.store.PutEngineer(t.Context(), oncall.Engineer{ID: "marco", Name: "Marco Neri", Phones: []string{"sip:marco@127.0.0.1", "sip:home@127.0.0.1"}})
	must(t, err)
	return o
}

// rotaForm is what a browser sends of a rota; more replaces fields.
func rotaForm(more ...string) []string {
	return append([]string{
		"do", "save", "id", "night", "name", "Nights", "zone", "Europe/Rome", "contracts", "rossi\n", "category-blocking", "yes",
		"layer-0-name", "weeks", "layer-0-place", "2", "layer-0-level", "1", "layer-0-rotation", "weekly", "layer-0-every", "2", "layer-0-start", "2026-11-23T09:00", "layer-0-turns", "Anna Verdi\r\nmarco\r\n-", "layer-0-hours", "Mon-Fri 18:00-32:00\r\nsat 09:00-13:00 14:00-20:00",
		"layer-1-name", "lengths", "layer-1-place", "1", "layer-1-level", "2", "layer-1-rotation", "custom", "layer-1-start", "2026-11-23T09:00", "layer-1-until", "2027-11-23T09:00", "layer-1-turns", "anna 12:00\r\nMarco Neri 36:30", "layer-1-follow", "office", "layer-1-closed", "yes", "layer-1-beside", "yes",
		"layer-2-name", "", "layer-2-rotation", "weekly",
		"shift-0-engineer", "anna", "shift-0-day", "1", "shift-0-from", "18:00", "shift-0-length", "14", "shift-0-level", "1", "shift-0-order", "1",
		"shift-1-engineer", "", "shift-1-day", "1", "shift-1-from", "00:00", "shift-1-length", "168:00", "shift-1-level", "1", "shift-1-order", "1",
		"shift-2-engineer", "marco", "shift-2-day", "5", "shift-2-from", "20:00", "shift-2-length", "9:30", "shift-2-level", "1", "shift-2-order", "0",
	}, more...)
}

func TestARotaIsWrittenOnAPage(t *testing.T) {
	o := staffed(t)
	b := o.as(users.Staff)
	b.get("/rotas").is(200, `href="/rotas/new"`, "Main rota", "Anna Verdi")
	b.get("/rotas/new").is(200, `name="layer-0-name"`, `value="Europe/Rome"`, "Engineers: Anna Verdi, Marco Neri")
	b.post("/rotas", rotaForm("do", "look")...).is(200, "The next four weeks", "Anna Verdi", `name="layer-2-name"`, `value="Nights"`, "Nobody at all is reached")
	if _, err := o.store.Schedule(t.Context(), "night"); err == nil {
		t.Error("a look has written the rota")
	}
	b.post("/rotas", rotaForm()...).goes("/rotas/night")
	b.post("/rotas", rotaForm()...).goes("/rotas/night") // the form is sent twice
	got, err := o.store.Schedule(t.Context(), "night")
	must(t, err)
	hours := []sla.Interval{}
	for d := time.Monday; d <= time.Friday; d++ {
		hours = append(hours, sla.Interval{Day: d, From: 18 * time.Hour, Until: 32 * time.Hour})
	}
	hours = append(hours, sla.Interval{Day: time.Saturday, From: 9 * time.Hour, Until: 13 * time.Hour}, sla.Interval{Day: time.Saturday, From: 14 * time.Hour, Until: 20 * time.Hour})
	want := rota.Rota{
		ID: "night", Name: "Nights", Zone: "Europe/Rome", Version: 1, Serves: rota.Serves{Contracts: []string{"rossi"}, Categories: []sla.Category{sla.Blocking}},
		Shifts: []oncall.Shift{{Engineer: "anna", Level: 1, Order: 1, Day: time.Monday, From: 18 * time.Hour, Length: 14 * time.Hour}, {Engineer: "marco", Level: 1, Day: time.Friday, From: 20 * time.Hour, Length: 9*time.Hour + 30*time.Minute}},
		Layers: []rota.Layer{
			{Name: "lengths", Level: 2, Beside: true, Rotation: rota.Custom, Start: "2026-11-23T09:00", Until: "2027-11-23T09:00", Turns: []rota.Turn{{Engineer: "anna", Length: 12 * time.Hour}, {Engineer: "marco", Length: 36*time.Hour + 30*time.Minute}}, Follow: rota.Follow{Calendar: "office", Closed: true}},
			{Name: "weeks", Level: 1, Rotation: rota.Weekly, Every: 2, Start: "2026-11-23T09:00", Turns: []rota.Turn{{Engineer: "anna"}, {Engineer: "marco"}, {}}, Hours: hours},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	b.get("/rotas/night").is(200, "Monday 18:00-32:00", "Saturday 09:00-13:00 14:00-20:00", "Anna Verdi 12:00\nMarco Neri 36:30", `name="shift-1-from" value="20:00"`, `name="shift-2-engineer"`, "The next four weeks")
	b.get("/rotas").is(200, "contracts rossi; categories: blocking anomaly", `href="/rotas/night"`)
	o.as(users.Engineer).get("/rotas").is(200, "Nights").hides(`href="/rotas/night"`)
	for _, role := range []users.Role{users.Viewer, users.Engineer} {
		o.as(role).get("/rotas/night").is(403)
		o.as(role).post("/rotas/night", rotaForm("version", "1")...).is(403)
		o.as(role).post("/rotas/night/remove", "version", "1").is(403)
	}
}

// TestWhatAPageShowsOfARotaIsWhatItWrites: a form that is sent back as it was shown changes nothing, in each language.
func TestWhatAPageShowsOfARotaIsWhatItWrites(t *testing.T) {
	o := staffed(t)
	_, err := o.store.PutEngineer(t.Context(), oncall.Engineer{ID: "anna-2", Name: "anna verdi"}) // whose name is no longer clear
	must(t, err)
	admin := o.as(users.Admin)
	admin.post("/rotas", rotaForm("layer-0-turns", "anna\nmarco\n-")...).goes("/rotas/night")
	was, err := o.store.Schedule(t.Context(), "night")
	must(t, err)
	for _, lang := range []string{"it", "en"} {
		b := o.as(users.Admin)
		b.header.Set("Accept-Language", lang)
		fields := sent(b.get("/rotas/night").is(200).Body.String())
		b.post("/rotas/night", append(fields, "do", "save")...).goes("/rotas/night")
		now, err := o.store.Schedule(t.Context(), "night")
		must(t, err)
		if !reflect.DeepEqual(now, was) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", lang, now, was)
		}
	}
}

func TestARotaThatCannotBeRightIsRefusedInWords(t *testing.T) {
	o := staffed(t)
	b := o.as(users.Staff)
	b.post("/rotas", rotaForm()...).goes("/rotas/night")
	for says, wrong := range map[string][]string{
		"Name": {"name", ""}, "Time zone": {"zone", ""}, "zone &#34;Mars&#34; is unknown": {"zone", "Mars"}, "Layer 1, Turns": {"layer-0-turns", "Bruno"}, "it has 0 turns": {"layer-0-turns", ""}, "Layer 2, Turns": {"layer-1-turns", "anna"},
		"Layer 1, Only in these hours": {"layer-0-hours", "someday 09:00-10:00"}, "overlap": {"layer-0-hours", "Mon 09:00-12:00 11:00-13:00"}, "Layer 1, Turns change": {"layer-0-rotation", "monthly"}, "Layer 1, Level of calls": {"layer-0-level", "one"},
		"start &#34;soon&#34;": {"layer-0-start", "soon"}, "Shift 1, From": {"shift-0-from", "late"}, "Shift 3, Engineer": {"shift-2-engineer", "nobody"}, "Shift 3, Lasts": {"shift-2-length", "200:00"}, "Layer 1, The first turn begins": {"layer-0-start", "never"}, "a name that no other layer has": {"layer-1-name", "weeks"}, "Layer 1, Only while": {"layer-0-follow", "nowhere"},
	} {
		t.Run(says, func(t *testing.T) {
			b.post("/rotas/night", rotaForm(append(wrong, "version", "1")...)...).is(422, says, `role="alert"`)
			b.post("/rotas/night", rotaForm(append(wrong, "version", "1", "do", "look")...)...).is(422, says)
		})
	}
	b.post("/rotas", rotaForm("id", "other")...).is(422, "rota night serves some of the same requests")
	b.post("/rotas", rotaForm("id", "main")...).is(422)
	b.post("/rotas", rotaForm("id", "../x")...).is(422)
	b.post("/rotas/nobody", rotaForm("version", "1")...).is(404)
	b.post("/rotas/main", rotaForm("version", "1")...).is(404) // it has a page of its own
}

// TestAStaleRotaShowsWhatStands: a second browser was faster; overrides that were written meanwhile stay.
func TestAStaleRotaShowsWhatStands(t *testing.T) {
	o := staffed(t)
	first, second := o.as(users.Staff), o.as(users.Admin)
	first.post("/rotas", rotaForm()...).goes("/rotas/night")
	first.post("/rotas/night", rotaForm("version", "1", "name", "Nights of Rossi", "layer-2-name", "third", "layer-2-level", "3", "layer-2-start", "2026-11-23T09:00", "layer-2-turns", "marco")...).goes("/rotas/night")
	second.post("/rotas/night", rotaForm("version", "1", "name", "Mine")...).is(409, `value="Mine"`, "What stands now: Nights of Rossi", "What stands now: third", `name="version" value="2"`)
	r, err := o.store.Schedule(t.Context(), "night")
	must(t, err)
	r.Overrides = []oncall.Override{{Instead: "marco", Level: 1, From: monday(10, 0), Until: monday(11, 0)}}
	_, err = o.store.PutSchedule(t.Context(), r)
	must(t, err)
	second.post("/rotas/night", rotaForm("version", "2", "name", "Mine")...).is(409)
	second.post("/rotas/night", rotaForm("version", "3", "name", "Mine")...).goes("/rotas/night")
	if r, err = o.store.Schedule(t.Context(), "night"); err != nil || r.Name != "Mine" || len(r.Overrides) != 1 || len(r.Layers) != 2 {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestARotaIsRemovedWhereNoPolicyNamesIt(t *testing.T) {
	o := staffed(t)
	b := o.as(users.Admin)
	b.post("/rotas", rotaForm()...).goes("/rotas/night")
	_, err := o.store.PutPolicy(t.Context(), escalation.Policy{ID: "p", Name: "Rossi first", Steps: []escalation.Step{{Rota: "night"}}})
	must(t, err)
	b.post("/rotas/night/remove", "version", "1").is(409, "was not removed", `href="/policies/p"`, "Rossi first")
	must(t, o.store.DeletePolicy(t.Context(), "p", 0))
	b.post("/rotas/night/remove", "version", "7").is(409)
	b.post("/rotas/night/remove", "version", "1").goes("/rotas")
	b.get("/rotas/night").is(404)
}

// escalationForm is what a browser sends of an escalation policy; more replaces fields.
func escalationForm(more ...string) []string {
	return append([]string{
		"do", "save", "id", "p", "name", "Rossi first", "contracts", "rossi", "rounds", "3", "need", "2", "overflow", "sip:front@127.0.0.1", "at", "2026-11-23T10:00", "contract", "rossi",
		"step-0-what", "engineers", "step-0-place", "2", "step-0-engineers", "Marco Neri\nanna", "step-0-ring", "30", "step-0-at-once", "yes",
		"step-1-what", "rota", "step-1-place", "1", "step-1-rota", "main", "step-1-level", "1", "step-1-skip", "yes",
		"step-2-what", "", "step-2-skip", "yes",
	}, more...)
}

func TestAPolicyIsWrittenOnAPageAndSaysWhoWouldBeRung(t *testing.T) {
	o := staffed(t)
	b := o.as(users.Admin)
	b.get("/policies").is(200, "There is no policy yet", `href="/policies/new"`)
	b.get("/policies/new").is(200, `name="step-0-what"`, `name="step-1-what"`)
	b.post("/policies", escalationForm("do", "look")...).is(200, "Blocking call, contract rossi", "Anna Verdi: sip:anna@127.0.0.1", "Marco Neri: sip:marco@127.0.0.1", "all telephones at once, 30 s each", "sip:front@127.0.0.1", "a technician is being called", "Walked 3 times; engineers who must accept: 2")
	if _, err := o.store.Policy(t.Context(), "p"); err == nil {
		t.Error("a look has written the policy")
	}
	b.post("/policies", escalationForm()...).goes("/policies")
	b.post("/policies", escalationForm()...).goes("/policies") // the form is sent twice
	got, err := o.store.Policy(t.Context(), "p")
	must(t, err)
	want := escalation.Policy{
		ID: "p", Name: "Rossi first", Serves: rota.Serves{Contracts: []string{"rossi"}}, Rounds: 3, Need: 2, Overflow: []string{"sip:front@127.0.0.1"}, Version: 1,
		Steps: []escalation.Step{{Rota: "main", Level: 1, SkipTalking: true}, {Engineers: []oncall.EngineerID{"marco", "anna"}, AtOnce: true, Ring: 30 * time.Second}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	b.get("/policies/p").is(200, "contracts rossi", `href="/contracts/rossi"`, `name="step-1-ring" value="30"`)
	b.post("/policies/p", append(sent(b.get("/policies/p").Body.String()), "do", "save")...).goes("/policies") // as it was shown
	if got, err = o.store.Policy(t.Context(), "p"); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
	o.as(users.Viewer).get("/policies?contract=rossi&at=2026-11-23T10:00").is(200, "Rossi first", "Anna Verdi: sip:anna@127.0.0.1").hides(`href="/policies/p"`)
	o.as(users.Viewer).get("/policies?contract=&at=2026-11-22T10:00").is(200, "contract none", "Nobody is rung then", "none of its own")
	o.as(users.Viewer).get("/policies?contract=nobody&at=2026-11-23T10:00").is(200, "There is no such contract")
	for _, role := range []users.Role{users.Viewer, users.Engineer, users.Staff} {
		o.as(role).get("/policies/p").is(403)
		o.as(role).post("/policies/p", escalationForm("version", "1")...).is(403)
		o.as(role).post("/policies/p/remove", "version", "1").is(403)
	}
}

func TestAPolicyThatCannotBeRightIsRefusedInWords(t *testing.T) {
	o := staffed(t)
	b := o.as(users.Admin)
	b.post("/policies", escalationForm()...).goes("/policies")
	for says, wrong := range map[string][]string{
		"Name": {"name", ""}, "it has 0 steps": {"step-0-what", "", "step-1-what", ""}, "Step 1, Engineers": {"step-0-engineers", "Bruno"}, "name 1 to 50 engineers": {"step-0-engineers", ""}, "Step 1, Each telephone": {"step-0-ring", "3"},
		"Step 2, Level of calls": {"step-1-level", "101"}, "Step 2, Rota": {"step-1-rota", "nowhere"}, "Overflow telephones": {"overflow", "0612345"}, "from 1 to 10": {"rounds", "11"}, "How many engineers": {"need", "6"}, "How often": {"rounds", "x"},
	} {
		t.Run(says, func(t *testing.T) {
			b.post("/policies/p", escalationForm(append(wrong, "version", "1")...)...).is(422, says, `role="alert"`)
		})
	}
	b.post("/policies/p", escalationForm("do", "look", "version", "1", "contract", "nobody")...).is(422, "there is no contract")
	b.post("/policies/p", escalationForm("do", "look", "version", "1", "at", "soon")...).is(422, "write a day and a time")
	b.post("/policies", escalationForm("id", "q")...).is(422, "policy p serves some of the same requests")
	b.post("/policies", escalationForm("id", "Q")...).is(422)
}

// TestSilenceIsAWrittenChoice: a policy or an engineer that rings nobody says who chose so, and keeps saying it when others save.
func TestSilenceIsAWrittenChoice(t *testing.T) {
	o := staffed(t)
	b := o.as(users.Admin)
	b.post("/policies", escalationForm("silence", "the plant is closed")...).goes("/policies")
	o.passes(time.Hour)
	b.post("/policies/p", escalationForm("version", "1", "silence", "the plant is closed", "name", "Closed")...).goes("/policies")
	p, err := o.store.Policy(t.Context(), "p")
	if must(t, err); p.Silence == nil || p.Silence.By != "staff:admin" || !p.Silence.At.Equal(monday(9, 0)) || p.Name != "Closed" {
		t.Errorf("%+v, %+v", p, p.Silence)
	}
	b.get("/policies?contract=rossi&at=2026-11-23T10:00").is(200, "nobody is not rung: the choice of staff:admin. Reason: the plant is closed", "somebody will call back")
	b.post("/engineers/marco/contact", "version", "0", "zone", "Europe/Rome", "silence", "on leave").goes("/engineers")
	c, err := o.store.Contact(t.Context(), "marco")
	if must(t, err); c.Silence == nil || c.Silence.Why != "on leave" || c.Silence.By != "staff:admin" {
		t.Errorf("%+v", c)
	}
	b.post("/engineers/marco/contact", "version", "1", "zone", "Europe/Rome", "silence", "").goes("/engineers")
	if c, err = o.store.Contact(t.Context(), "marco"); err != nil || c.Silence != nil {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestAStalePolicyShowsWhatStandsAndIsNotRemoved(t *testing.T) {
	o := staffed(t)
	first, second := o.as(users.Admin), o.as(users.Admin)
	first.post("/policies", escalationForm()...).goes("/policies")
	first.post("/policies/p", escalationForm("version", "1", "rounds", "5", "step-2-what", "rota", "step-2-level", "2")...).goes("/policies")
	second.post("/policies/p", escalationForm("version", "1")...).is(409, "What stands now: 5", "What stands now: who is on call", `name="version" value="2"`)
	second.post("/policies/p/remove", "version", "1").is(409, "it was not removed")
	second.post("/policies/p/remove", "version", "2").goes("/policies")
	second.get("/policies/p").is(404)
}

func TestHowAnEngineerIsRungIsWrittenOnAPage(t *testing.T) {
	o := staffed(t)
	b := o.as(users.Admin)
	_, err := o.store.PutProofs(t.Context(), oncall.Proofs{Engineer: "marco", List: []oncall.Proof{{Engineer: "marco", Phone: "sip:home@127.0.0.1", At: monday(8, 0), Key: true, Sound: true}}})
	must(t, err)
	b.get("/engineers").is(200, `href="/engineers/marco/contact"`, `href="/engineers/marco/pin"`, `href="/engineers/marco/remove"`)
	b.get("/engineers/marco/contact").is(200, "sip:home@127.0.0.1: proven until", "not proven", `value="Europe/Rome"`, `name="rule-0-phone"`)
	form := func(more ...string) []string {
		return append([]string{"zone", "Europe/Rome", "rule-0-phone", "sip:home@127.0.0.1", "rule-0-place", "2", "rule-0-hours", "mon-sun 20:00-32:00", "rule-0-blocking", "yes", "rule-1-phone", "sip:marco@127.0.0.1", "rule-1-place", "1", "rule-1-hours", ""}, more...)
	}
	b.post("/engineers/marco/contact", form("version", "0")...).goes("/engineers")
	c, err := o.store.Contact(t.Context(), "marco")
	if must(t, err); len(c.Rules) != 2 || c.Rules[0].Phone != "sip:marco@127.0.0.1" || len(c.Rules[1].Hours) != 7 || !slices.Equal(c.Rules[1].Categories, []sla.Category{sla.Blocking}) {
		t.Errorf("%+v", c)
	}
	c.Test = &escalation.Appointment{Day: time.Monday, At: 10 * time.Hour}
	_, err = o.store.PutContact(t.Context(), c)
	must(t, err)
	b.post("/engineers/marco/contact", form("version", "1", "zone", "Europe/Berlin")...).is(409, "What stands now: Europe/Rome")
	b.post("/engineers/marco/contact", append(sent(b.get("/engineers/marco/contact").Body.String()), "do", "save")...).goes("/engineers")
	if now, err := o.store.Contact(t.Context(), "marco"); err != nil || now.Test == nil || now.Version != 2 || !reflect.DeepEqual(now.Rules, c.Rules) {
		t.Errorf("%+v, %v", now, err)
	}
	for says, wrong := range map[string][]string{"Time zone": {"zone", ""}, "zone &#34;Mars&#34; is unknown": {"zone", "Mars"}, "Rule 1, Telephone": {"rule-0-phone", "sip:other@127.0.0.1"}, "Rule 1, Only in these hours": {"rule-0-hours", "always"}} {
		b.post("/engineers/marco/contact", form(append(wrong, "version", "2")...)...).is(422, says)
	}
	b.post("/engineers/marco/contact/remove", "version", "1").is(409)
	b.post("/engineers/marco/contact/remove", "version", "2").goes("/engineers")
	b.get("/engineers/nobody/contact").is(404)
	for _, role := range []users.Role{users.Viewer, users.Engineer, users.Staff} {
		o.as(role).get("/engineers/marco/contact").is(403)
		o.as(role).post("/engineers/marco/contact", form("version", "0")...).is(403)
	}
}

func TestAnEngineersPINIsShownOnce(t *testing.T) {
	o := staffed(t)
	b := o.as(users.Admin)
	b.get("/engineers/marco/pin").is(200, "There is no PIN", "Give a PIN").hides("End the PIN")
	shown := pinShown(b.post("/engineers/marco/pin", "version", "0").is(200, "It is not shown again").Body.String())
	stands, err := o.store.EngineerPIN(t.Context(), "marco")
	if must(t, err); len(shown) != oncall.PINDigits || !stands.Is([]byte("key"), shown) {
		t.Errorf("%q is not the PIN %+v", shown, stands)
	}
	b.get("/engineers/marco/pin").is(200, "Given: ", "another PIN").hides(shown)
	b.post("/engineers/marco/pin", "version", "0").is(409).hides(shown) // a second browser, or the form sent twice
	b.post("/engineers/marco/pin", "version", "1").is(409).hides(shown) // within ten seconds
	o.passes(time.Minute)
	if another := pinShown(b.post("/engineers/marco/pin", "version", "1").is(200).Body.String()); another == shown || another == "" {
		t.Errorf("%q after %q", another, shown)
	}
	b.post("/engineers/marco/pin/end", "version", "1").is(409)
	b.post("/engineers/marco/pin/end", "version", "2").goes("/engineers/marco/pin")
	b.post("/engineers/marco/pin/end", "version", "0").is(409)
	b.get("/engineers/marco/pin").is(200, "There is no PIN")
	for _, role := range []users.Role{users.Viewer, users.Engineer, users.Staff} {
		o.as(role).get("/engineers/marco/pin").is(403)
		o.as(role).post("/engineers/marco/pin", "version", "0").is(403)
		o.as(role).post("/engineers/marco/pin/end", "version", "0").is(403)
	}
}

func TestAnEngineerIsRemovedOnceNothingNamesThem(t *testing.T) {
	o := staffed(t)
	b := o.as(users.Admin)
	b.post("/rotas", rotaForm()...).goes("/rotas/night")
	b.post("/policies", escalationForm()...).goes("/policies")
	r, err := o.store.Rota(t.Context())
	must(t, err)
	r.Overrides = []oncall.Override{{Engineer: "anna", Instead: "marco", Level: 1, From: monday(8, 30), Until: monday(8, 45)}, {Instead: "marco", Level: 2, From: monday(10, 0), Until: monday(11, 0)}}
	r, err = o.store.PutRota(t.Context(), r)
	must(t, err)
	b.get("/engineers/marco/remove").is(200, `href="/rotas/night"`, `href="/policies/p"`, `href="/oncall/changes?rota=main"`, "cannot be removed while")
	b.post("/engineers/marco/remove", "version", "1", "ended", "yes").is(409, "Nothing was removed")
	b.post("/policies/p/remove", "version", "1").goes("/policies")
	b.post("/rotas/night/remove", "version", "1").goes("/rotas")
	r.Overrides = r.Overrides[:1]
	_, err = o.store.PutRota(t.Context(), r)
	must(t, err)
	held, err := o.desk.Open(t.Context(), tickets.Draft{Claim: sla.Blocking, Channel: tickets.Web, Actor: "staff:carla"}, o.clock())
	must(t, err)
	_, err = o.desk.Assign(t.Context(), held.Number, "staff:carla", "marco", o.clock())
	must(t, err)
	b.get("/engineers/marco/remove").is(200, fmt.Sprintf(`href="/tickets/%d"`, held.Number), "in hand")
	b.post("/engineers/marco/remove", "version", "1", "ended", "yes").is(409, "Nothing was removed")
	_, err = o.desk.Assign(t.Context(), held.Number, "staff:carla", "anna", o.clock())
	must(t, err)
	b.get("/engineers/marco/remove").is(200, "1 overrides and swaps", `name="ended"`)
	b.post("/engineers/marco/remove", "version", "1").is(409) // what is over was not ticked
	b.post("/engineers/marco/remove", "version", "7", "ended", "yes").is(409, "Somebody else changed something")
	b.post("/engineers/marco/remove", "version", "1", "ended", "yes").goes("/engineers")
	b.get("/engineers/marco/remove").is(404)
	if r, err = o.store.Rota(t.Context()); err != nil || len(r.Overrides) != 0 || len(r.Shifts) != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	b.get("/engineers/anna/remove").is(200, `href="/oncall/shifts"`)
	for _, role := range []users.Role{users.Viewer, users.Engineer, users.Staff} {
		o.as(role).get("/engineers/anna/remove").is(403)
		o.as(role).post("/engineers/anna/remove", "version", "1").is(403)
	}
}

// TestThePreviewNamesWhomTheRotaNames: each span of the next four weeks stands in the preview as the rota gives it.
func TestThePreviewNamesWhomTheRotaNames(t *testing.T) {
	o := staffed(t)
	b := o.as(users.Staff)
	b.post("/rotas", rotaForm()...).goes("/rotas/night")
	made, err := o.store.Schedule(t.Context(), "night")
	must(t, err)
	d, err := escalation.Read(t.Context(), o.store)
	must(t, err)
	ready, err := made.Ready(d.Known())
	must(t, err)
	page := b.get("/rotas/night").is(200)
	for day := range 28 {
		at := time.Date(2026, 11, 23+day, 0, 0, 0, 0, ready.Zone())
		for _, s := range ready.Spans(at, at.AddDate(0, 0, 1)) {
			end := s.Until.Format("15:04")
			if end == "00:00" {
				end = "24:00"
			}
			page.is(200, fmt.Sprintf(`<span class="quiet">%s-%s</span>`, s.From.Format("15:04"), end))
		}
	}
}
