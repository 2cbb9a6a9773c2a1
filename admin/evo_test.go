package admin_test

import (
	"strings"
	"testing"
)

func TestATicketTellsWhichVersionStandsThereAndWhichIsTheNewest(t *testing.T) {
	h := open(t)
	h.put("/installations/plant", `{"contract":"rossi","installation":"plant","product":"pbx","release":"7.2"}`).is(200, `"newest":""`, `"lags":false`, `"entitled":false`)
	h.put("/releases/pbx", `{"releases":[{"name":"7.2","at":"2026-01-01T00:00:00Z"},{"name":"8.1","at":"2026-11-01T00:00:00Z","note":"faster"}]}`).is(200, `"version":1`)
	h.get("/installations/plant").is(200, `"newest":"8.1"`, `"lags":true`)
	h.post("/tickets", `{"contract":"rossi","claim":"feature"}`).is(201)
	h.get("/tickets/417").is(200, `"release":"7.2"`, `"newest":"8.1"`, `"entitled":false`)
	h.ask("PATCH", "/api/v1/contracts/rossi", `{"evo_support":true}`, "Content-Type", "application/merge-patch+json").is(200)
	h.get("/tickets/417").is(200, `"entitled":true`)
	h.get("/installations?lagging=true").is(200, `"id":"plant"`)
	h.get("/installations.csv?lagging=true").is(200, "plant,rossi,plant,pbx,7.2,8.1,true,true,")
	h.put("/installations/plant", `{"version":1,"contract":"rossi","installation":"plant","product":"pbx","release":"8.1"}`).is(200, `"lags":false`)
	h.get("/installations?lagging=true").is(200, `"installations":[]`)
	h.put("/installations/other", `{"contract":"nobody","product":"pbx","release":"1"}`).is(422, "there is no contract nobody", "body.contract")
	h.put("/releases/pbx", `{"version":1,"releases":[{"name":"1","at":"2026-01-01T00:00:00Z"},{"name":"1","at":"2026-01-01T00:00:00Z"}]}`).is(422, "stands here twice")
	h.ask("DELETE", "/api/v1/installations/plant", "").is(204)
	if shown := h.get("/tickets/417").is(200, `"installations":[]`); strings.Contains(shown.body, "8.1") {
		t.Error(shown.body)
	}
}

// TestAWishIsLinkedToTheVersionThatBroughtIt, and nothing but a wish is; it stays linked when it is assessed otherwise later.
func TestAWishIsLinkedToTheVersionThatBroughtIt(t *testing.T) {
	h := open(t)
	h.post("/tickets", `{"contract":"rossi","claim":"feature"}`).is(201)
	h.post("/tickets", `{"contract":"rossi","claim":"question"}`).is(201)
	release := func(tickets string) string {
		return `{"releases":[{"name":"8.1","at":"2026-11-01T00:00:00Z","tickets":[` + tickets + `]}]}`
	}
	h.put("/releases/pbx", release("418")).is(422, "only wishes for a feature", "body.releases[0].tickets")
	h.put("/releases/pbx", release("9999")).is(422, "ticket 9999 cannot be read")
	h.put("/releases/pbx", release("417")).is(200)
	h.get("/tickets/417").is(200, `"released_in":"pbx 8.1"`)
	if other := h.get("/tickets/418").is(200); strings.Contains(other.body, "released_in") {
		t.Error(other.body)
	}
	h.post("/tickets/417/assess", `{"category":"change"}`)
	h.ask("PATCH", "/api/v1/releases/pbx", `{"releases":[{"name":"8.2","at":"2026-11-02T00:00:00Z","tickets":[417]}]}`, "Content-Type", "application/merge-patch+json").is(200, `"name":"8.2"`)
}
