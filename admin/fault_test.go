package admin_test

import "testing"

func TestAFaultIsMadeKnownAndForgotten(t *testing.T) {
	h := open(t)
	h.put("/faults/provider", `{"note":"the provider is down","contracts":["rossi"]}`).is(200, `"provider"`)
	h.get("/faults").is(200, "the provider is down")
	if !h.desk.KnownFault("rossi", monday(10, 0)) || h.desk.KnownFault("old", monday(10, 0)) {
		t.Error("the line does not know whom the fault covers")
	}
	h.put("/faults/provider", `{"note":" "}`).is(422, "body.note")
	h.put("/faults/x", `{"note":"n","contracts":["nobody"]}`).is(404)
	h.ask("DELETE", "/api/v1/faults/provider", "").is(204)
	h.ask("DELETE", "/api/v1/faults/provider", "").is(404)
	if h.desk.KnownFault("rossi", monday(10, 0)) {
		t.Error("a fault that is over is still told")
	}
}
