package admin_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline/admin"
	"hotline/directory"
	"hotline/oncall"
	"hotline/storage"
	"hotline/tickets"
)

func TestEngineersAreChanged(t *testing.T) {
	h := open(t)
	h.put("/engineers/marco", `{"name":"Marco","phones":["sip:marco@127.0.0.1:5072","+393331234567"],"language":"en"}`).is(200)
	h.get("/engineers").is(200, `"id":"anna"`, `"id":"marco"`)
	h.get("/engineers/marco").is(200, `"phones":["sip:marco@127.0.0.1:5072","+393331234567"]`, `"language":"en"`)
	h.get("/engineers/nobody").is(404)
	for _, phone := range []string{
		"", "sip:", "tel:anna", "sip:a@b>\\r\\nRoute: <sip:c", "06 x 12", "sip:a b@c", "javascript:alert(1)", "sip:a@b;transport=carrier-pigeon",
	} {
		h.put("/engineers/marco", `{"name":"Marco","phones":["`+phone+`"]}`).is(422, "body.phones[0]")
	}
	h.put("/engineers/marco", `{"name":"Marco","phones":["0612","sip:marco@evil.example"]}`).is(422, "body.phones[1]", "outgoing.sip")
	for _, x := range []string{"sips:marco@127.0.0.1"} {
		h.put("/engineers/marco", `{"name":"Marco","phones":["`+x+`"]}`).is(422, "body.phones[0]")
	}
	h.put("/engineers/Marco", `{"name":"Marco","phones":[]}`).is(422, "path.id")
	h.put("/engineers/marco", `{"name":" ","phones":[]}`).is(422, "body.name")
	h.ask("DELETE", "/api/v1/engineers/anna", "").is(409, "take them off")
	n := h.opened().Number
	h.post(fmt.Sprintf("/tickets/%d/assign", n), `{"engineer":"marco"}`).is(200)
	h.ask("DELETE", "/api/v1/engineers/marco", "").is(409, fmt.Sprintf("ticket %d is assigned", n))
	h.post(fmt.Sprintf("/tickets/%d/close", n), `{}`).is(200)
	if r := h.ask("DELETE", "/api/v1/engineers/marco", ""); r.status != 204 || r.body != "" {
		t.Errorf("removing is answered with %d %q", r.status, r.body)
	}
	h.ask("DELETE", "/api/v1/engineers/marco", "").is(404)
}

func TestRotaIsReplacedWhole(t *testing.T) {
	h := open(t)
	h.get("/rota").is(200, `"zone":"Europe/Rome"`, `"engineer":"anna"`, `"from":"00:00","length":"168:00"`, `"version":1`)
	h.get("/rota/duty").is(200, `"attempts":[{"engineer":"anna","name":"Anna","level":1,"phone":"sip:anna@127.0.0.1:5071"}]`, `"gaps":[]`)
	const night = `{"zone":"Europe/Rome","version":1,"shifts":[{"engineer":"anna","level":1,"day":1,"from":"22:00","length":"08:00"}],
		"overrides":[{"engineer":"anna","level":1,"from":"2026-11-30T00:00:00Z","until":"2026-12-01T12:00:00Z","reason":"at the dentist's"}]}`
	h.put("/rota", night).is(200, `"version":2`, `"reason":"at the dentist's"`)
	h.put("/rota", night).is(409)
	var duty struct {
		Attempts []struct{ Phone string }
		Gaps     []struct{ From, Until string }
	}
	h.get("/rota/duty?at=2026-11-23T22:00:00Z&days=8").is(200).into(&duty)
	if len(duty.Attempts) != 1 || len(duty.Gaps) != 1 || duty.Gaps[0].From != "2026-11-24T05:00:00Z" {
		t.Errorf("duty on Monday night is %+v; the override leaves the next Monday free", duty)
	}
	for body, says := range map[string]string{
		`{"zone":"Local","version":2,"shifts":[],"overrides":[]}`: "Local",
		`{"zone":"Europe/Rome","version":2,"shifts":[{"engineer":"anna","level":1,"day":1,"from":"22:00","length":"08:00"},{"engineer":"anna","level":1,"day":1,"from":"22:00","length":"02:00"}],"overrides":[]}`:                     "shift 2",
		`{"zone":"Europe/Rome","version":2,"shifts":[{"engineer":"anna","level":1,"day":1,"from":"22:00","length":"08:00"}],"overrides":[{"engineer":"anna","level":1,"from":"2026-12-02T00:00:00Z","until":"2026-12-02T12:00:00Z"}]}`: "nobody would be replaced",
		`{"zone":"Mars/Phobos","version":2,"shifts":[],"overrides":[]}`:                                                                                           "Mars/Phobos",
		`{"zone":"Europe/Rome","version":2,"shifts":[{"engineer":"nobody","level":1,"day":1,"from":"22:00","length":"08:00"}],"overrides":[]}`:                    "nobody",
		`{"zone":"Europe/Rome","version":2,"shifts":[{"engineer":"anna","level":0,"day":1,"from":"22:00","length":"08:00"}],"overrides":[]}`:                      "level",
		`{"zone":"Europe/Rome","version":2,"shifts":[{"engineer":"anna","level":1,"day":1,"from":"25:00","length":"08:00"}],"overrides":[]}`:                      "within the day",
		`{"zone":"Europe/Rome","version":2,"shifts":[{"engineer":"anna","level":1,"day":1,"from":"22:00","length":"00:00"}],"overrides":[]}`:                      "long",
		`{"zone":"Europe/Rome","version":2,"shifts":[{"engineer":"anna","level":1,"day":1,"from":"22:99","length":"08:00"}],"overrides":[]}`:                      "from",
		`{"zone":"Europe/Rome","version":2,"shifts":[],"overrides":[{"level":1,"from":"2026-11-30T00:00:00Z","until":"2026-12-01T00:00:00Z"}]}`:                   "names nobody",
		`{"zone":"Europe/Rome","version":2,"shifts":[],"overrides":[{"engineer":"anna","level":1,"from":"2026-12-30T00:00:00Z","until":"2026-12-01T00:00:00Z"}]}`: "ends before",
	} {
		h.put("/rota", body).is(422, says)
	}
}

func TestHealthSaysWhatFails(t *testing.T) {
	h := open(t)
	ask := func() reply { return h.ask("GET", "/api/v1/health", "", "Authorization", "") }
	ask().is(200, `"status":"warning"`, `"rota":"unproven"`) // nobody has ever pressed the key
	engineer, err := h.store.Engineer(t.Context(), "anna")
	if err != nil {
		t.Fatal(err)
	}
	for version, c := range []struct {
		ago  time.Duration
		says string
	}{{oncall.ProofTime + time.Hour, `"rota":"unproven"`}, {oncall.ProofTime - time.Hour, `"rota":"ok"`}} {
		proof := oncall.Proof{Engineer: "anna", Phone: engineer.Phones[0], At: h.config.Now().Add(-c.ago), Key: true, Sound: true}
		if _, err := h.store.PutProofs(t.Context(), oncall.Proofs{Engineer: "anna", Version: version, List: []oncall.Proof{proof}}); err != nil {
			t.Fatal(err)
		}
		ask().is(200, c.says)
	}
	ask().is(200, `"status":"ok"`)
	h.put("/rota", `{"zone":"Europe/Rome","version":1,"shifts":[],"overrides":[]}`).is(200)
	ask().is(200, `"status":"warning"`, `"rota":"gap"`)
	for _, down := range []struct {
		name string
		what *error
	}{{"store", &h.health.store}, {"line", &h.health.line}, {"disk", &h.health.disk}} {
		*down.what = storage.ErrDown
		r := ask()
		if r.status != 503 || !strings.Contains(r.body, `"`+down.name+`":"failing"`) || !strings.Contains(r.body, `"status":"failing"`) {
			t.Errorf("without %s health is %d %s", down.name, r.status, r.body)
		}
		if strings.Contains(r.body, storage.ErrDown.Error()) || !strings.Contains(h.log.String(), storage.ErrDown.Error()) {
			t.Error("the cause belongs into the log, not into an answer that needs no token")
		}
		*down.what = nil
	}
}

func TestHealthTellsForAnHourThatMessagesOfMachinesWereLost(t *testing.T) {
	h := open(t)
	if r := h.ask("GET", "/api/v1/health", "", "Authorization", ""); strings.Contains(r.body, `"alerts"`) {
		t.Errorf("nothing is listened to, and health says %s", r.body)
	}
	var last time.Time
	h.config.Machines.Lost = func() time.Time { return last }
	h.handler = admin.New(h.config)
	for _, x := range []struct {
		last time.Time
		says string
	}{{time.Time{}, `"alerts":"ok"`}, {h.config.Now(), `"alerts":"lost"`}, {h.config.Now().Add(-2 * time.Hour), `"alerts":"ok"`}} {
		last = x.last
		h.ask("GET", "/api/v1/health", "", "Authorization", "").is(200, x.says)
	}
}

func TestFlowsAreCheckedAndPublished(t *testing.T) {
	h := open(t)
	h.get("/flows").is(200, `{"flows":[]}`)
	h.post("/flows/check", `{"yaml":"name: Main line\nsteps: {}"}`).is(200, `{"ok":true,"name":"Main line","complaints":[]}`)
	h.post("/flows/check", `{"yaml":"steps"}`).is(200, `"ok":false`, `{"line":3,"step":"main","field":"keys","problem":"key 1 leads nowhere","remedy":"name a step"}`)
	h.get("/flows").is(200, `{"flows":[]}`)
	h.post("/flows", `{"yaml":"steps"}`).is(422, "line 3, step main, field keys", "key 1 leads nowhere: name a step")
	made := h.post("/flows", `{"yaml":"name: Main line\nsteps: {}"}`).is(201, `"version":1`, `"by":"demo"`)
	h.post("/flows", `{"yaml":"name: Second\n"}`).is(201, `"version":2`)
	h.get("/flows").is(200, `{"flows":[{"version":2,"name":"Second"`)
	h.ask("GET", made.header.Get("Location"), "").is(200, `"yaml":"name: Main line\nsteps: {}"`)
	h.get("/flows/3").is(404)
	if len(h.flows.used) != 2 || h.flows.used[1] != 2 {
		t.Errorf("the line was given the versions %v", h.flows.used)
	}
	h.post("/flows/check", `{"yaml":""}`).is(422)
}

func TestMetricsCountTheLine(t *testing.T) {
	h := open(t)
	h.opened()
	h.post("/tickets", `{}`).is(201, `"claim":""`)
	h.metrics.CallBegan()
	h.metrics.CallBegan()
	h.metrics.CallAnswered(30_000_000)
	h.metrics.CallEnded("joined")
	h.metrics.CallRefused()
	h.metrics.Breached("contact")
	h.metrics.Unreachable()
	h.ask("GET", "/metrics", "").is(200,
		`hotline_calls_total{result="joined"} 1`, `hotline_calls_total{result="refused"} 1`, `hotline_calls_total{result="ticket"} 0`,
		"hotline_calls_active 1", `hotline_call_setup_seconds_bucket{le="0.05"} 1`, `hotline_call_setup_seconds_bucket{le="0.025"} 0`,
		`hotline_tickets_open{priority="1"} 1`, `hotline_tickets_open{priority="none"} 1`, `hotline_tickets_open{priority="5"} 0`,
		`hotline_sla_breaches_total{kind="contact"} 1`, `hotline_sla_breaches_total{kind="restore"} 0`,
		"hotline_oncall_unreachable_total 1", "hotline_media_legs 2", "hotline_media_packets_late_total 7", "go_goroutines")
	h.post("/tickets/417/close", "").is(200)
	h.ask("GET", "/metrics", "").is(200, `hotline_tickets_open{priority="1"} 0`)
	h.ask("GET", "/metrics", "", "Authorization", "").is(401)
}

func TestManyWhoAskForHealthAtOnceCostOneProbe(t *testing.T) {
	h := open(t)
	noon := monday(12, 0)
	var mu sync.Mutex
	now := noon
	h.handler = admin.New(admin.Config{
		Desk: h.desk, Store: h.store, Oncall: h.store, Schedules: admin.Schedules{Store: h.store}, PINs: directory.Issuer{Store: h.store}, Flows: h.flows, Health: h.health, Metrics: h.metrics,
		Log: slog.New(slog.DiscardHandler), Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now },
		Kept: admin.Kept{Recordings: func(context.Context, tickets.Recording) (io.ReadSeekCloser, error) { return nil, storage.ErrNotFound }},
	})
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if r := h.ask("GET", "/api/v1/health", "", "Authorization", ""); r.status != 200 {
				t.Errorf("answered %d", r.status)
			}
		})
	}
	all.Wait()
	if n := h.health.asked.Load(); n != 1 {
		t.Errorf("the store was probed %d times", n)
	}
	mu.Lock()
	now = noon.Add(time.Second)
	mu.Unlock()
	h.health.disk = storage.ErrDown
	h.ask("GET", "/api/v1/health", "", "Authorization", "") // 503
	if n := h.health.asked.Load(); n != 2 {
		t.Errorf("a second later the store was probed %d times", n)
	}
}
