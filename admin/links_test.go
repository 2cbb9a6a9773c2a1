package admin_test

import "testing"

// TestALinkToATicketIsMadeAndRevoked: staff give a customer a link that opens one ticket, and take it back. Where the portal is closed
// there is none.
func TestALinkToATicketIsMadeAndRevoked(t *testing.T) {
	h := open(t)
	h.post("/tickets", `{"claim":"question"}`).is(201, `"number":417`)
	h.post("/tickets/417/link", "").is(422, "portal.url")
	h.config.Locale.Portal = "https://support.example.org"
	h.serve(h.store)
	h.post("/tickets/417/link", "").is(200, `"url":"https://support.example.org/portal/`)
	h.post("/tickets/999/link", "").is(404)
	h.ask("DELETE", "/api/v1/tickets/417/link", "").is(200, `"revoked":1`)
	h.ask("DELETE", "/api/v1/tickets/417/link", "").is(200, `"revoked":0`)
	h.ask("DELETE", "/api/v1/tickets/999/link", "").is(404)
	h.get("/audit?kind=link&document=417").is(200, `"what":"created"`, `"what":"removed"`)
}
