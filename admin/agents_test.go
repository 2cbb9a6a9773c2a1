package admin_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"hotline/agent/protocol"
	"hotline/agent/receiver"
)

const atThePlant = `{"contract":"rossi","installation":"hall","checks":[{"id":"erp","kind":"tcp","target":"erp:9000","title":"the ERP is dead","severity":"critical"}],"line":"sip:hotline.example"}`

func TestAnAgentIsWrittenGetsATokenAndIsSeen(t *testing.T) {
	h := beating(t)
	h.config.Machines.Agents = receiver.New(receiver.Config{Store: h.store, Installed: h.store, Intake: h.config.Machines.Intake, House: []byte("secret"), Log: slog.New(slog.DiscardHandler)})
	h.serve(h.store)
	h.get("/agents").is(200, `"agents":[]`)
	h.put("/agents/plant", atThePlant).is(200, `"version":1`, `"target":"erp:9000"`, `"complaints":[]`)
	h.put("/agents/plant", strings.Replace(atThePlant, `"contract"`, `"version":1,"contract"`, 1)).is(200, `"version":1`)
	h.put("/agents/plant", strings.Replace(strings.Replace(atThePlant, `"contract"`, `"version":1,"contract"`, 1), "the ERP is dead", "the ERP is silent", 1)).is(200, `"version":2`)
	h.put("/agents/plant", strings.Replace(atThePlant, `"contract"`, `"version":1,"contract"`, 1)).is(409)
	h.put("/agents/plant", strings.Replace(strings.Replace(atThePlant, `"contract"`, `"version":2,"contract"`, 1), "hall", "yard", 1)).is(422, "an agent stays with its installation")
	h.put("/agents/other", strings.Replace(atThePlant, "rossi", "nobody", 1)).is(422, "there is no contract nobody", "body.contract")
	h.put("/agents/other", strings.Replace(atThePlant, "erp:9000", "erp", 1)).is(422, "write host and port", "body.checks[0].target")
	h.put("/agents/other", strings.Replace(atThePlant, `"tcp"`, `"ping"`, 1)).is(422)
	h.post("/agents/none/token", "").is(404)

	given := h.post("/agents/plant/token", "", "Idempotency-Key", "once")
	given.is(200, `"secret":"plant.1.`, `"key":"k3v9"`)
	if again := h.post("/agents/plant/token", "", "Idempotency-Key", "once"); strings.Contains(again.body, "plant.1.") {
		t.Errorf("the token is shown twice: %s", again.body)
	}
	h.get("/heartbeats/agent-plant").is(200, `"has_key":true`, `"period_seconds":60`, `"remote_access":true`, "nothing is heard of the agent of hall")
	token, err := protocol.ParseToken(given.body[strings.Index(given.body, `"secret":"`)+len(`"secret":"`):][:len("plant.1.")+43])
	must(t, err)
	said := receiver.NewHandler(h.config.Machines.Agents, h.config.Now)
	say := func(body string) int {
		r := httptest.NewRequest(http.MethodPost, protocol.MessagesPath("plant"), strings.NewReader(body))
		token.SignRequest(r, []byte(body), h.config.Now())
		w := httptest.NewRecorder()
		said.ServeHTTP(w, r)
		return w.Code
	}
	if status := say(`{"sequence":1,"process":"p","spool":"s","host":"pbx1","configuration":2,"facts":[{"number":1,"at":"` + h.config.Now().Format(time.RFC3339) + `","check":"erp","severity":"critical","title":"the ERP is dead"}]}`); status != 200 {
		t.Fatalf("the message is answered %d", status)
	}
	h.get("/agents").is(200, `"host":"pbx1"`, `"applied":2`, `"heard":"`)
	h.get("/alerts?firing=true").is(200, `"source":"agent"`, `"fingerprint":"erp"`)
	h.put("/alert-mappings/agent", `{"fingerprint":".id","title":".what"}`).is(422, "choose another name")
	h.ask("PATCH", "/api/v1/agents/plant", `{"line":null}`, "Content-Type", "application/merge-patch+json").is(200, `"version":3`)
	h.ask("DELETE", "/api/v1/agents/plant", "").is(204)
	h.get("/alerts?firing=true").is(200, `"alerts":[]`)
	h.get("/heartbeats").is(200, `"heartbeats":[]`)
	if status := say(`{"sequence":2,"process":"p","spool":"s","facts":[]}`); status != 401 {
		t.Errorf("an agent that was removed is answered %d", status)
	}
	h.put("/agents/plant", atThePlant).is(200)
	if status := say(`{"sequence":3,"process":"p","spool":"s","facts":[]}`); status != 401 {
		t.Errorf("the token of an agent that was removed is known again: %d", status)
	}
	h.post("/agents/plant/token", "").is(200, `"secret":"plant.3.`)
}
