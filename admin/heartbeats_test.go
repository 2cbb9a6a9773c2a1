package admin_test

import (
	"log/slog"
	"strings"
	"testing"

	"hotline/heartbeat"
)

// beating is the house of reporting, with a keeper of heartbeats.
func beating(t *testing.T) *house {
	t.Helper()
	h, _ := reporting(t)
	h.config.Machines.Heartbeats = heartbeat.New(heartbeat.Config{
		Store: h.store, Intake: h.config.Machines.Intake, Process: "p", NewKey: func() string { return "k3v9" }, Log: slog.New(slog.DiscardHandler),
	})
	h.serve(h.store)
	return h
}

const nightly = `{"contract":"rossi","title":"the nightly backup","severity":"critical","schedule":"0 3 * * *","zone":"Europe/Rome","grace_seconds":3600}`

func TestAHeartbeatIsWrittenKeyedAndSeenBeating(t *testing.T) {
	h := beating(t)
	h.post("/heartbeats/preview", `{"schedule":"0 3 * * *","zone":"Europe/Rome","grace_seconds":3600}`).is(200,
		`"words":"expected on Tuesday 24 November 2026 at 03:00, Europe/Rome; its silence is a ticket from Tuesday 24 November 2026 at 04:00, Europe/Rome"`,
		`"2026-11-24T02:00:00Z","2026-11-25T02:00:00Z"`)
	h.put("/heartbeats/backup", nightly).is(200, `"state":"new"`, `"has_key":false`, `"version":1`)
	h.put("/heartbeats/backup", strings.Replace(nightly, `"contract"`, `"version":1,"contract"`, 1)).is(200, `"version":1`)
	h.put("/heartbeats/backup", strings.Replace(strings.Replace(nightly, `"contract"`, `"version":1,"contract"`, 1), "the nightly backup", "the backup", 1)).is(200, `"version":2`)
	h.put("/heartbeats/backup", strings.Replace(nightly, `"contract"`, `"version":1,"contract"`, 1)).is(409)
	h.put("/heartbeats/other", strings.Replace(nightly, "rossi", "nobody", 1)).is(422, "there is no contract nobody", "body.contract")
	h.put("/heartbeats/other", strings.Replace(nightly, "0 3 * * *", "at three", 1)).is(422, "five fields", "body.schedule")
	h.put("/heartbeats/other", strings.Replace(nightly, "Europe/Rome", "Roma", 1)).is(422, "is no zone", "body.zone")
	h.post("/heartbeats/none/key", "").is(404)
	h.post("/heartbeats/backup/key", "", "Idempotency-Key", "once").is(200, `"key":"k3v9"`)
	if again := h.post("/heartbeats/backup/key", "", "Idempotency-Key", "once"); strings.Contains(again.body, "k3v9") {
		t.Errorf("a key is kept with the answer: %s", again.body)
	}
	must(t, h.config.Machines.Heartbeats.Signal(t.Context(), "k3v9", heartbeat.Signal{At: monday(9, 0), Kind: heartbeat.Start, Run: "r"}))
	h.get("/heartbeats/backup").is(200, `"state":"running"`)
	must(t, h.config.Machines.Heartbeats.Signal(t.Context(), "k3v9", heartbeat.Signal{At: monday(9, 5), Kind: heartbeat.Fail, Run: "r", Code: 3, Text: "no room"}))
	h.get("/heartbeats").is(200, `"state":"down"`, `"has_key":true`, `"exit_code":3`, `"took_seconds":300`, "no room", `"words":"Tuesday 24 November 2026 at 03:00, Europe/Rome"`)
	h.get("/tickets/417").is(200, `"channel":"alert"`, `"contract":"rossi"`, "it reported a failure, exit code 3")
	h.get("/alerts?firing=true").is(200, `"source":"heartbeat"`)
	h.ask("PATCH", "/api/v1/heartbeats/backup", `{"grace_seconds":7200}`, "Content-Type", "application/merge-patch+json").is(200, `"grace_seconds":7200`, `"schedule":"0 3 * * *"`)
	h.ask("DELETE", "/api/v1/heartbeats/backup", "").is(204)
	h.get("/tickets/417").is(200, `"state":"restored"`)
	h.get("/heartbeats").is(200, `"heartbeats":[]`)
	h.put("/alert-mappings/heartbeat", `{"fingerprint":".id","title":".what"}`).is(422, "choose another name")
}
