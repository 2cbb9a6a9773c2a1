package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"

	"hotline/outbox"
	"hotline/tickets"
)

// dumb is another system that takes nothing.
type dumb struct{}

func (dumb) Send(context.Context, outbox.Endpoint, outbox.Message) error {
	return errors.New("it answers 500 Internal Server Error")
}

// telling is a house that tells other systems.
func telling(t *testing.T) *house {
	t.Helper()
	h, _ := reporting(t)
	h.config.Machines.Outbox = outbox.New(outbox.Config{
		Store: h.store, Desk: h.config.Desk, Sender: dumb{}, Counted: func(outbox.Outcome) {}, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
		Written: func(tickets.Ticket, tickets.Event) (summary, text string) { return "s", "t" },
	})
	h.serve(h.store)
	return h
}

const toZammad = `{"template":"webhook","values":{"url":"https://zammad.example/in"},"kinds":["ticket.opened"],"contracts":["rossi"],"quiet":{"from":"22:00","until":"07:00","zone":"Europe/Rome"},"bundle_seconds":300}`

func TestAnEndpointIsWrittenTriedAndItsSecretsAreNeverShownAgain(t *testing.T) {
	h := telling(t)
	h.put("/endpoints/zammad", toZammad).is(200, `"version":1`, `"secrets_given":[]`, `"waiting":0`, `"bundle_seconds":300`)
	h.put("/endpoints/zammad", toZammad).is(200, `"version":1`) // the same
	h.post("/endpoints/zammad/secret", "", "Idempotency-Key", "once").is(200, `"secret":"whsec_`)
	if again := h.post("/endpoints/zammad/secret", "", "Idempotency-Key", "once"); strings.Contains(again.body, "whsec_") {
		t.Errorf("a secret is kept with the answer: %s", again.body)
	}
	h.get("/endpoints/zammad").is(200, `"secrets_given":["signing"]`)
	h.ask("PATCH", "/api/v1/endpoints/zammad", `{"paused":true}`, "Content-Type", "application/merge-patch+json").is(200, `"paused":true`, `"secrets_given":["signing"]`, `"version":3`)
	h.put("/endpoints/chat", `{"template":"telegram","values":{"chat":"1"},"secrets":{"token":"s3cr3t"}}`).is(200)
	if shown := h.get("/endpoints"); strings.Contains(shown.body, "s3cr3t") || strings.Contains(shown.body, "whsec_") {
		t.Errorf("secrets are shown: %s", shown.body)
	}
	h.post("/endpoints/chat/test", "").is(200, `"taken":false`, "it answers 500")
	h.post("/endpoints/chat/secret", "").is(422, "only webhooks sign")
	h.post("/endpoints/none/test", "").is(404)
	h.get("/endpoint-templates").is(200, `"name":"ntfy"`, `"name":"teams"`)
	for at, body := range map[string]string{
		"body.kinds":           strings.Replace(toZammad, "ticket.opened", "ticket.lost", 1),
		"body.bundle_seconds":  strings.Replace(toZammad, ":300", ":3601", 1),
		"body.contracts":       strings.Replace(toZammad, `"rossi"`, `"nobody"`, 1),
		"body.quiet":           strings.Replace(toZammad, "22:00", "late", 1),
		"template webhook":     strings.Replace(toZammad, `"url"`, `"uri"`, 1),
		"body.template":        strings.Replace(toZammad, `"webhook"`, `"pigeon"`, 1),
		"body.secrets.signing": strings.Replace(toZammad, `"kinds"`, `"secrets":{"signing":"x"},"kinds"`, 1),
		"body.request":         `{"template":"own"}`,
		"body.quiet.except":    strings.Replace(toZammad, `"zone"`, `"except":["ticket.lost"],"zone"`, 1),
		"none of http":         strings.Replace(toZammad, "https://zammad", "ftp://zammad", 1),
		"holds a user":         strings.Replace(toZammad, "https://zammad", "https://me:s3cr3t@zammad", 1),
		"gopher":               `{"template":"own","request":{"method":"POST","url":"gopher://x"}}`,
	} {
		if r := h.put("/endpoints/other", body); r.status != 422 || !strings.Contains(r.body, strings.Replace(at, "gopher", "neither with", 1)) {
			t.Errorf("%s: %d %s", at, r.status, r.body)
		}
	}
	h.ask("DELETE", "/api/v1/endpoints/zammad", "").is(204)
	h.get("/endpoints").is(200, `"id":"chat"`)
}

func TestDeadLettersAreShownAndSentAgain(t *testing.T) {
	h := telling(t)
	h.put("/endpoints/zammad", toZammad).is(200)
	m := outbox.Message{Endpoint: "zammad", ID: "msg_1", Ticket: 417, Kind: outbox.Opened, At: monday(9, 0), Body: "{}", State: outbox.Waiting, Due: monday(9, 0), Since: monday(9, 0)}
	must(t, h.store.AddMessages(t.Context(), []outbox.Message{m}))
	m.State, m.Error, m.Tries = outbox.Dead, "it answers 410 Gone", 4
	must(t, h.store.PutMessage(t.Context(), m, 0))
	h.get("/endpoints/zammad").is(200, `"dead":1`)
	h.get("/outgoing?state=dead").is(200, `"id":"msg_1"`, "it answers 410 Gone", `"tries":4`)
	h.get("/outgoing?state=lost").is(422)
	h.post("/endpoints/zammad/outgoing/msg_1/retry", "").is(200, `"state":"waiting"`, `"next_try"`)
	h.post("/endpoints/zammad/outgoing/none/retry", "").is(404)
	h.get("/endpoints/zammad").is(200, `"waiting":1`, `"dead":0`)
	must(t, h.store.PutMessage(t.Context(), m, 4))
	h.post("/endpoints/zammad/retry", "").is(200, `"again":1`)
	h.post("/endpoints/none/retry", "").is(404)
	var list struct{ Messages []struct{ State string } }
	must(t, json.Unmarshal([]byte(h.get("/outgoing?endpoint=zammad").is(200).body), &list))
	if len(list.Messages) != 1 || list.Messages[0].State != "waiting" {
		t.Errorf("%+v at %s", list, time.Now())
	}
}
