package admin_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"hotline/audit"
	"hotline/audit/audittest"
	"hotline/oncall"
	"hotline/storage"
)

// seen is which routes have left a record in any test of this package, and listed are those of the API's own document.
var (
	seen   audittest.Routes
	listed sync.Map
)

// changesNothing are the routes that change nothing, or what leaves another trace, each with the reason.
func changesNothing() map[string]string {
	return map[string]string{
		"POST /api/v1/alerts/{source}":        "what installed systems report is in the history of the ticket and of the alert",
		"POST /api/v1/calendars/{id}/preview": "a preview",
		"POST /api/v1/levels/{id}/preview":    "a preview",
		"POST /api/v1/contracts/{id}/preview": "a preview",
		"POST /api/v1/heartbeats/preview":     "a preview",
		"POST /api/v1/flows/check":            "a check",
		"POST /api/v1/oncall/replay":          "arithmetic",
	}
}

func TestMain(m *testing.M) {
	seen.Main(m, func() (all []string) {
		listed.Range(func(route, _ any) bool { all = append(all, route.(string)); return true })
		return all
	}, changesNothing())
}

func TestWhatAdministratorsReadOfTheAudit(t *testing.T) {
	h := open(t)
	h.opened()
	h.post("/tickets/417/comment", `{"text":"a note"}`).is(200)
	h.put("/faults/f", `{"note":"the plant in Turin has no power"}`).is(200)
	h.put("/faults/f", `{"note":"it has"}`, "If-Match", `"1"`).is(200)
	h.get("/audit?kind=fault&document=f").is(200, `"who":"staff:demo"`, `"from":"127.0.0.1"`, `"route":"PUT /api/v1/faults/{id}"`, `"what":"changed"`, `"before":1,"after":2`, `{"name":"note","before":"the plant in Turin has no power","after":"it has"}`)
	h.get("/audit?kind=ticket&document=417&who=staff:demo").is(200, `"what":"commented"`)
	h.get("/audit?who=staff:nobody").is(200, `"records":[]`)
	var first struct {
		Records []struct{ What string }
		Next    string
	}
	h.get("/audit?limit=1").is(200).into(&first)
	if len(first.Records) != 1 || first.Next == "" {
		t.Errorf("%+v", first)
	}
	h.get("/audit?limit=1&after="+first.Next).is(200, `"what":"created"`)
	h.get("/audit?after=x").is(422, "query.after")
	h.get("/audit?document=f").is(422, "query.kind")
	h.ask("GET", "/api/v1/audit", "", "Authorization", h.token("laura", "staff", monday(23, 0))).is(403)
}

// unnotable is a store whose audit cannot be written.
type unnotable struct{ *watched }

func (unnotable) NoteAudit(context.Context, audit.Record) error {
	return fmt.Errorf("noting: %w", storage.ErrDown)
}

// TestWhatCannotBeNotedIsNotDone: a test call rings nobody when the store does not note it.
func TestWhatCannotBeNotedIsNotDone(t *testing.T) {
	h := open(t)
	rung := 0
	h.config.Tests = rings{call: func(context.Context, oncall.Attempt) string { rung++; return "no answer" }}
	h.serve(unnotable{h.store})
	h.post("/engineers/anna/test-call", "{}").is(503)
	if rung != 0 {
		t.Error("a telephone rings unseen")
	}
	h.serve(h.store)
	h.post("/engineers/anna/test-call", "{}").is(200)
	h.get("/audit?kind=engineer&document=anna").is(200, `"what":"asked"`)
	if rung != 1 {
		t.Errorf("%d telephones rang", rung)
	}
}

// TestPartsAndRemovalsLeaveARecord uses the routes that no other test of this package uses.
func TestPartsAndRemovalsLeaveARecord(t *testing.T) {
	h, _ := staffed(t).reporting()
	patch := func(path, body string) {
		h.ask("PATCH", "/api/v1"+path, body, "Content-Type", "application/merge-patch+json").is(200)
	}
	remove := func(path string) { h.ask("DELETE", "/api/v1"+path, "").is(204) }
	h.put("/alert-mappings/pumps", `{"fingerprint":".id","title":".what"}`).is(200)
	patch("/alert-mappings/pumps", `{"title":".name"}`)
	h.put("/alert-policies/default", `{"rules":[{"severities":["notice"],"category":"question"}],"otherwise":{"category":"none"}}`).is(200)
	patch("/alert-policies/default", `{"otherwise":{"category":"question"}}`)
	remove("/alert-policies/default")
	h.put("/maintenance-windows/w", `{"contract":"rossi","from":"2026-12-01T00:00:00Z","until":"2026-12-02T00:00:00Z"}`).is(200)
	remove("/maintenance-windows/w")
	h.put("/releases/pbx", `{"releases":[{"name":"7.2","at":"2026-01-01T00:00:00Z"}]}`).is(200)
	h.put("/installations/plant", `{"contract":"rossi","installation":"plant","product":"pbx","release":"7.2"}`).is(200)
	patch("/installations/plant", `{"release":"8.1"}`)
	h.get("/audit?kind=installed&document=plant").is(200, `{"name":"release","before":"7.2","after":"8.1"}`)
	remove("/releases/pbx")
	h.put("/engineers/anna/absences", `{"absences":[]}`).is(200)
	patch("/engineers/anna/absences", `{"absences":[{"from":"2026-12-01T00:00:00Z","until":"2026-12-02T00:00:00Z"}]}`)
	h.put("/engineers/anna/contact", `{"zone":"Europe/Rome"}`).is(200)
	patch("/engineers/anna/contact", `{"zone":"Europe/Berlin"}`)
	h.put("/escalation-policies/night", `{"name":"Night","steps":[{"level":1,"ring_seconds":20}],"rounds":2,"need":1}`).is(200)
	patch("/escalation-policies/night", `{"name":"Nights"}`)
	h.put("/rotas/night", nightRota).is(200)
	patch("/rotas/night", `{"name":"Nights"}`)
}
