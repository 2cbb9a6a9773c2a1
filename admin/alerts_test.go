package admin_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"hotline/admin/access"
	"hotline/intake"
	"hotline/storage"
	"hotline/tokens"
)

// reporting is the house with the Alerting Manager in it, and a token that speaks for Rossi's plant.
func reporting(t *testing.T) (h *house, token string) {
	t.Helper()
	return open(t).reporting()
}

// reporting lets the installation "plant" report to a house.
func (h *house) reporting() (_ *house, token string) {
	t, ids := h.t, 0
	t.Helper()
	h.config.Machines.Intake = intake.New(intake.Config{
		Store: h.store, Desk: h.desk, Numbers: h.numbers, NewID: func() string { ids++; return fmt.Sprint("a", ids) }, Language: func() string { return "it" },
		Counted: h.metrics.AlertsTaken, Log: slog.New(slog.DiscardHandler),
	})
	h.serve(h.store)
	secret, k := access.NewToken("plant", tokens.ScopeAlerts, monday(9, 0))
	k.Contract, k.Installation = "rossi", "plant"
	must(t, h.store.PutToken(t.Context(), k))
	return h, "Bearer " + secret
}

func TestAnInstallationReportsWithItsToken(t *testing.T) {
	h, token := reporting(t)
	fire := `{"fingerprint":"disk","severity":"critical","title":"the disk is full"}`
	h.post("/alerts/native", fire, "Authorization", token).is(200, `"opened":1`, `"tickets":[417]`)
	h.post("/alerts/native", fire, "Authorization", token).is(200, `"repeated":1`)
	h.get("/tickets/417").is(200, `"channel":"alert"`, `"claim":"blocking"`, `"contract":"rossi"`, "the disk is full", `"kind":"intervention"`)
	h.get("/alerts?contract=rossi&firing=true").is(200, `"installation":"plant"`, `"ticket":417`, `"count":2`)
	h.post("/alerts/native", `{"fingerprint":"disk","status":"resolved"}`, "Authorization", token).is(200, `"resolved":1`)
	h.post("/alerts/native", `{"fingerprint":"disk","status":"resolved"}`, "Authorization", token).is(200, `"unmatched":1`)
	h.get("/tickets/417").is(200, `"state":"restored"`, "to be confirmed")
	h.get("/alerts?firing=true").is(200, `"alerts":[]`)
	h.ask("GET", "/metrics", "").is(200, `hotline_alerts_total{result="opened"} 1`, `hotline_alerts_total{result="unmatched"} 1`)
}

func TestAStormLeavesNoLineOfTheLogForEachAlert(t *testing.T) {
	h, token := reporting(t)
	for i := range 20 {
		h.post("/alerts/native", fmt.Sprintf(`{"fingerprint":"f%d","title":"t"}`, i), "Authorization", token).is(200)
	}
	for line := range strings.Lines(h.log.String()) {
		if strings.Contains(line, "/alerts/native") && !strings.Contains(line, "level=DEBUG") {
			t.Errorf("it says %s", line)
		}
	}
	h.post("/alerts/native", `{}`, "Authorization", token).is(422)
	if !strings.Contains(h.log.String(), `msg="an installed system reported" by=plant method=POST path=/api/v1/alerts/native status=422`) {
		t.Errorf("a refusal is not logged: %s", h.log)
	}
}

func TestATokenOfAnInstallationDoesNothingElse(t *testing.T) {
	h, token := reporting(t)
	h.ask("GET", "/api/v1/tickets", "", "Authorization", token).is(403, "--scope read")
	h.ask("GET", "/api/v1/alerts", "", "Authorization", token).is(403)
	h.post("/tickets", `{"claim":"question"}`, "Authorization", token).is(403)
	h.post("/alerts/native?contract=old", `{}`, "Authorization", token).is(422) // the message is read first
	h.post("/alerts/native?contract=old", `{"fingerprint":"a","title":"t"}`, "Authorization", token).is(403, "rossi alone")
	h.post("/alerts/native", `{"fingerprint":"a","title":"t"}`).is(422, "--scope alerts")
	h.post("/alerts/native?contract=rossi", `{"fingerprint":"a","title":"t"}`).is(200, `"opened":1`)
	h.post("/alerts/native?contract=nobody", `{"fingerprint":"a","title":"t"}`).is(422, "not known any more")
}

func TestAMessageThatCannotBeReadIsRefusedWithItsPlace(t *testing.T) {
	h, token := reporting(t)
	h.post("/alerts/alertmanager", `{"version":"4","alerts":[{"status":"odd"}]}`, "Authorization", token).is(422, "body.alerts[0].status", "firing or resolved")
	h.post("/alerts/nagios", `{}`, "Authorization", token).is(404, "alert-mappings/nagios")
	h.post("/alerts/native", `[`+strings.Repeat(" ", 1<<20)+`]`, "Authorization", token).is(413)
	h.post("/alerts/native", "{\"fingerprint\":\"\xff\"}", "Authorization", token).is(422, "UTF-8")
	h.get("/tickets").is(200, `"tickets":[]`)
}

// TestWhatIsNotTakenIsAskedForAgain: Alertmanager's webhook sends a message again after 5xx alone.
func TestWhatIsNotTakenIsAskedForAgain(t *testing.T) {
	h, token := reporting(t)
	for what, err := range map[string]error{"the store is down": storage.ErrDown, "other nodes are always faster": storage.ErrConflict} {
		h.config.Machines.Intake = intake.New(intake.Config{Store: unwritable{h.store, err}, Desk: h.desk, Numbers: h.numbers, NewID: func() string { return what }, Language: func() string { return "it" }, Log: slog.New(slog.DiscardHandler)})
		h.serve(h.store)
		r := h.post("/alerts/native", `{"fingerprint":"a","title":"t"}`, "Authorization", token).is(503, "again")
		if r.header.Get("Retry-After") == "" {
			t.Errorf("%s: no Retry-After", what)
		}
	}
}

// unwritable is a store whose installations cannot be written.
type unwritable struct {
	intake.Store
	err error
}

func (u unwritable) PutInstallation(context.Context, intake.Installation) error { return u.err }

func TestAMappingIsUsedAsSoonAsItIsWritten(t *testing.T) {
	h, token := reporting(t)
	h.put("/alert-mappings/native", `{"fingerprint":".id","title":".what"}`).is(422, "choose another name")
	h.put("/alert-mappings/pumps", `{"fingerprint":".id[","title":".what"}`).is(422, "body.fingerprint", "no jq")
	h.put("/alert-mappings/pumps", `{"fingerprint":".id","title":".what","severity":"\"critical\"","resolved":".over"}`).is(200, `"version":1`)
	h.post("/alerts/pumps", `{"id":7,"what":"pump 7 stands still"}`, "Authorization", token).is(200, `"opened":1`)
	h.post("/alerts/pumps", `{"id":7,"over":true}`, "Authorization", token).is(200, `"resolved":1`)
	h.post("/alerts/pumps", `{"id":7,"over":"perhaps"}`, "Authorization", token).is(422, "true or false")
	h.ask(http.MethodDelete, "/api/v1/alert-mappings/pumps", "").is(204)
	h.post("/alerts/pumps", `{"id":7}`, "Authorization", token).is(404)
}

func TestAPolicyAndMaintenanceAreDocuments(t *testing.T) {
	h, token := reporting(t)
	h.put("/alert-policies/default", `{"storm":{"alerts":1,"within_seconds":60,"quiet_seconds":60}}`).is(422)
	h.put("/alert-policies/default", `{"rules":[{"severities":["a"],"category":"blocking"},{"severities":["A"],"category":"none"}]}`).is(422, "rules[1].severities")
	h.put("/alert-policies/default", `{"rules":[{"severities":["notice"],"category":"question"}],"otherwise":{"category":"none"}}`).is(200, `"window_seconds":3600`)
	h.post("/alerts/native", `[{"fingerprint":"a","title":"t","severity":"NOTICE"},{"fingerprint":"b","title":"t","severity":"critical"}]`, "Authorization", token).is(200, `"opened":1`, `"ignored":1`)
	h.get("/tickets/417").is(200, `"claim":"question"`)
	from, until := monday(8, 0).Format(time.RFC3339), monday(23, 0).Format(time.RFC3339)
	h.put("/maintenance-windows/w", fmt.Sprintf(`{"contract":"rossi","from":%q,"until":%q}`, until, from)).is(422, "after from")
	h.put("/maintenance-windows/w", fmt.Sprintf(`{"contract":"nobody","from":%q,"until":%q}`, from, until)).is(422, "no contract")
	h.put("/maintenance-windows/w", fmt.Sprintf(`{"contract":"rossi","from":%q,"until":%q,"note":"new disks"}`, from, until)).is(200)
	h.post("/alerts/native", `{"fingerprint":"c","title":"t","severity":"notice"}`, "Authorization", token).is(200, `"held":1`)
	h.get("/alerts?contract=rossi").is(200, `"held":"maintenance"`, `"held_until":"2026-11-23T23:00:00Z"`)
	h.ask("PATCH", "/api/v1/maintenance-windows/w", `{"note":"more disks"}`, "Content-Type", "application/merge-patch+json").is(200, "more disks")
	h.get("/maintenance-windows").is(200, "more disks")
}

func TestAPolicyNamesParents(t *testing.T) {
	h, token := reporting(t)
	h.put("/alert-policies/rossi", `{"depends":{"rules":[{"fingerprint":"*","parent_fingerprint":"wan"},{"parent_fingerprint":"power"}]}}`).is(422, "nobody can wait in a ring: wan of installation * waits for power")
	h.put("/alert-policies/rossi", `{"depends":{"rules":[{"parent_fingerprint":"wan"}],"wait_seconds":0}}`).is(200, `"wait_seconds":0`, `"settle_seconds":120`)
	h.post("/alerts/native", `[{"fingerprint":"wan","title":"the uplink is down","severity":"critical"},{"fingerprint":"a","title":"a is unreachable","severity":"critical"}]`, "Authorization", token).is(200, `"opened":1`, `"waiting":1`, `"tickets":[417]`)
	h.get("/alerts?ticket=417").is(200, `"fingerprint":"a"`, `"held":"parent"`, `"held_until"`)
	h.get("/tickets/417").is(200, "wait for this and open no ticket of their own: 1, such as")
	h.ask("GET", "/metrics", "").is(200, `hotline_alerts_total{result="waiting"} 1`)
}

func TestATicketByTelephoneShowsWhatTheInstallationReported(t *testing.T) {
	h, token := reporting(t)
	h.post("/alerts/native", `{"fingerprint":"fan","title":"the fan is loud","severity":"info"}`, "Authorization", token).is(200, `"ignored":1`)
	k := h.opened()
	h.get(fmt.Sprintf("/tickets/%d/alerts", k.Number)).is(200, "the fan is loud", `"held":"severity"`, `"ticket":null`)
	h.get("/tickets/999/alerts").is(404)
}
