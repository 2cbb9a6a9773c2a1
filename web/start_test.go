package web

import (
	"regexp"
	"strings"
	"testing"

	"hotline/cdr"
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
	b.post("/start/engineer", "name", " ", "phone", "sip:x@127.0.0.1").is(422, "1 to 100")
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
	b.get("/start").is(200, "No trunk stands in the configuration file")
	b.post("/start/test-call", "engineer", "anna").is(409, "rings no telephones")
	if got := b.post("/start/customer", "name", strings.Repeat("ж", 30), "level", "extended").is(200).main(); !strings.Contains(got, "The PIN of") {
		t.Error(got)
	}
	o.as(users.Staff).get("/start").is(403)
}
