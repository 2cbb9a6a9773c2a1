package admin_test

import (
	"context"
	"errors"
	"testing"

	"hotline/bridge"
	"hotline/tickets"
)

// joined is a bridge of which a test says how it fares.
type joined struct {
	trouble  bridge.Trouble
	findings []string
	err      error
}

func (j joined) Trouble() bridge.Trouble { return j.trouble }

func (j joined) Check(context.Context) ([]string, error) { return j.findings, j.err }

func (joined) Twin(_ context.Context, n tickets.Number) (bridge.Link, bool, error) {
	return bridge.Link{Number: "22001", URL: "https://zammad.example/#ticket/zoom/1"}, n == 417, nil
}

// TestTheBridgeTellsHowItFares: in words for administrators, in one word for monitors.
func TestTheBridgeTellsHowItFares(t *testing.T) {
	h := open(t)
	h.post("/tickets", `{"claim":"question"}`).is(201, `"number":417`)
	h.get("/bridge").is(200, `"configured":false`, `"findings":[]`)
	h.get("/tickets/417/twin").is(200, `{`)
	h.config.Machines.Bridge = joined{findings: []string{"the user may not change"}}
	h.serve(h.store)
	h.get("/bridge").is(200, `"configured":true`, `"findings":["the user may not change"]`)
	h.get("/health").is(200, `"bridge":"ok"`)
	h.get("/tickets/417/twin").is(200, `"number":"22001"`, `"url":"https://zammad.example/#ticket/zoom/1"`)
	h.get("/tickets/999/twin").is(404)
	h.get("/tickets/0/twin").is(422)
	must(t, bridge.Establish(t.Context(), h.store, true, monday(8, 0)))
	h.get("/endpoints/zammad").is(200, `"template":"zammad"`, `"ticket.noted"`)
	h.ask("PUT", "/api/v1/endpoints/zammad", `{"template":"webhook","values":{"url":"https://desk.example"}}`, "If-Match", `"1"`).is(422, "bridge")
	h.ask("DELETE", "/api/v1/endpoints/zammad", "").is(422, "bridge")
	h.ask("DELETE", "/api/v1/endpoints/nobody", "").is(404)
	h.config.Machines.Bridge = joined{trouble: bridge.Trouble{Since: monday(8, 0), Why: "Zammad answers 502"}, err: errors.New("asking Zammad: refused")}
	h.serve(h.store)
	h.get("/bridge").is(200, `"failing_since":"2026-`, `"why":"Zammad answers 502"`, `"asking Zammad: refused"`)
	h.get("/health").is(200, `"bridge":"failing"`, `"status":"warning"`)
}
