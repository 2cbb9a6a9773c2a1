package admin_test

import "testing"

func TestAFaultIsMadeKnownAndForgotten(t *testing.T) {
	h := open(t)
	h.put("/faults/provider", `{"note":"the provider is down","contracts":["rossi"]}`).is(200, `"provider"`, `"kind":"fault"`)
	h.get("/faults").is(200, "the provider is down")
	if len(h.desk.KnownFaults("rossi", monday(10, 0))) != 1 || len(h.desk.KnownFaults("old", monday(10, 0))) != 0 {
		t.Error("the line does not know whom the fault covers")
	}
	h.put("/faults/provider", `{"note":"n","words":{"it":"Una linea è interrotta.","pt":"Linha"}}`).is(422, "body.words")
	h.put("/faults/provider", `{"note":"n","words":{"it":"Una linea è interrotta.\nA Milano."}}`).is(422, "body.words.it")
	h.put("/faults/cut", `{"note":"n","words":{"it":"Una linea è interrotta."}}`).is(200, "interrotta")
	h.ask("DELETE", "/api/v1/faults/cut", "").is(204)
	h.put("/faults/closing", `{"note":"n","kind":"notice"}`).is(422, "body.words")
	h.put("/faults/closing", `{"note":"n","kind":"party","words":{"it":"Chiudiamo."}}`).is(422, "body.kind")
	h.put("/faults/closing", `{"note":"n","kind":"out_of_hours","words":{"it":"Chiudiamo."}}`).is(200, `"kind":"out_of_hours"`)
	h.ask("DELETE", "/api/v1/faults/closing", "").is(204)
	h.put("/faults/provider", `{"note":" "}`).is(422, "body.note")
	h.put("/faults/x", `{"note":"n","contracts":["nobody"]}`).is(404)
	h.ask("DELETE", "/api/v1/faults/provider", "").is(204)
	h.ask("DELETE", "/api/v1/faults/provider", "").is(404)
	if len(h.desk.KnownFaults("rossi", monday(10, 0))) != 0 {
		t.Error("a fault that is over is still told")
	}
}
