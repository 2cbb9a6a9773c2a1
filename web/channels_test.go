package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"hotline/agent/keys"
	"hotline/agent/protocol"
	"hotline/agent/receiver"
	"hotline/audit"
	"hotline/evosupport"
	"hotline/heartbeat"
	"hotline/intake"
	"hotline/mail"
	"hotline/outbox"
	"hotline/storage"
	"hotline/tickets"
	"hotline/transcription"
	"hotline/users"
)

// drawer is an inbox with one filed letter of each id; what is said of it goes to the store alone.
type drawer struct {
	*office
	text string
	gone bool
}

func (d drawer) Read(ctx context.Context, id string) (mail.Record, mail.Letter, error) {
	r, err := d.store.Mail(ctx, id)
	if err == nil && d.gone {
		err = mail.ErrElsewhere
	}
	return r, mail.Letter{Name: d.text, ReturnPath: d.text, Text: d.text, Parts: []mail.Part{{Name: d.text, Type: d.text, Data: []byte("x")}}}, err
}

func (d drawer) say(ctx context.Context, r mail.Record, now time.Time) (tickets.Number, error) {
	return r.Ticket, d.store.SettleMail(ctx, r, now)
}

func (d drawer) Open(ctx context.Context, id, actor string, now time.Time) (tickets.Number, error) {
	return d.say(ctx, mail.Record{ID: id, Outcome: mail.Opened, Ticket: 900, By: actor}, now)
}

func (d drawer) AttachTo(ctx context.Context, id string, n tickets.Number, actor string, now time.Time) (tickets.Number, error) {
	if _, err := d.desk.Ticket(ctx, n); err != nil {
		return 0, err
	}
	return d.say(ctx, mail.Record{ID: id, Outcome: mail.Commented, Ticket: n, By: actor}, now)
}

func (d drawer) ThrowAway(ctx context.Context, id, actor string, now time.Time) error {
	_, err := d.say(ctx, mail.Record{ID: id, Outcome: mail.Discarded, By: actor, Done: true}, now)
	return err
}

// strange puts an agent, a filed letter, a refused one, a dead letter, a transcript and a record of the audit into the house, in which every text from outside is one and the same.
func (o *office) strange(text string) {
	ctx := o.t.Context()
	_, err := o.store.PutAgent(ctx, receiver.Agent{ID: "plant", Contract: text, Installation: text, Configuration: protocol.Configuration{
		Checks: []protocol.Check{{ID: text, Kind: protocol.Disk, Target: text}, {ID: "erp", Kind: protocol.HTTP, Target: text}}, Line: text,
	}})
	must(o.t, err)
	must(o.t, o.store.PutAgentState(ctx, receiver.State{ID: "plant", Known: receiver.Known{Dropped: 3, Report: receiver.Report{
		Heard: o.clock(), Host: text, Program: text, ClockOff: 90, Product: text, Release: text, Complaints: []string{text},
	}}}))
	where := intake.ID{Contract: contractID(text), Name: text}
	must(o.t, o.store.PutInstallation(ctx, intake.Installation{ID: where, Problems: []intake.Problem{
		{Installation: where, Key: intake.Key{Source: receiver.Source, Fingerprint: "erp"}, Firing: true, Title: text, Ticket: 417, Since: o.clock(), Heard: o.clock()},
	}}))
	_, err = o.store.KeepMail(ctx, mail.Record{ID: "m1", From: text, Subject: text, At: o.clock(), Outcome: mail.Filed, Machine: text, Rule: text, Done: true, Auth: text})
	must(o.t, err)
	_, err = o.store.PutEndpoint(ctx, outbox.Endpoint{ID: "crm", Template: text, Values: map[string]string{"url": text}, Secrets: map[string]string{"signing": text}, Contracts: []string{text}})
	must(o.t, err)
	m := outbox.Message{Endpoint: "crm", ID: "msg_1", Ticket: 417, Kind: outbox.Closed, At: o.clock(), Body: text, State: outbox.Waiting, Due: o.clock(), Since: o.clock()}
	must(o.t, o.store.AddMessages(ctx, []outbox.Message{m}))
	m.State, m.Error = outbox.Dead, text
	must(o.t, o.store.PutMessage(ctx, m, 0))
	_, err = o.store.PutHeartbeat(ctx, heartbeat.Heartbeat{ID: "beat", Contract: text, Installation: text, Title: text, Severity: text, Rule: heartbeat.Rule{Schedule: text, Zone: text}})
	must(o.t, err)
	must(o.t, o.store.PutBeat(ctx, heartbeat.Beat{ID: "beat", State: heartbeat.State{DownSince: o.clock(), Why: text, Signals: []heartbeat.Signal{{At: o.clock(), Kind: heartbeat.Fail, Run: text, Text: text}}}}))
	policy := intake.Default()
	policy.Rules = []intake.Rule{{Severities: []string{text}, Category: "blocking"}}
	_, err = o.store.PutAlertPolicy(ctx, policy)
	must(o.t, err)
	_, err = o.store.PutAlertMapping(ctx, intake.Mapping{ID: "pumps", Alerts: text, Fingerprint: text, Severity: text, Title: text, Text: text, Installation: text, Resolved: text, Skip: text})
	must(o.t, err)
	_, err = o.store.PutMaintenance(ctx, intake.Maintenance{ID: "w1", Contract: text, Installation: text, From: o.clock(), Until: o.clock(), Note: text})
	must(o.t, err)
	_, err = o.store.PutProduct(ctx, evosupport.Product{ID: "pbx", Releases: []evosupport.Release{{Name: text, Note: text}}})
	must(o.t, err)
	_, err = o.store.PutInstalled(ctx, evosupport.Installed{ID: "plant", Contract: "rossi", Installation: text, Product: "pbx", Release: text})
	must(o.t, err)
	must(o.t, o.store.PutTranscript(ctx, transcription.Transcript{Recording: "r1", At: o.clock(), Engine: text, Language: text, Segments: []transcription.Segment{{Text: text}, {Text: text, Doubtful: true}}, Left: []transcription.Guard{transcription.Digits}}))
	must(o.t, o.store.NoteAudit(ctx, audit.Record{At: o.clock(), Who: text, From: text, Route: text, What: text, Document: audit.Document{Kind: text, ID: text}, Fields: []audit.Field{{Name: text, Before: text, After: text}}}))
	o.config.Mails = drawer{office: o, text: text}
	o.config.Refused = func() []mail.Refusal {
		return []mail.Refusal{{Last: o.clock(), Count: 2, From: text, To: text, Peer: text, Why: "size"}}
	}
}

func TestStaffSeeHowAgentsStandAndRenewTheirTokens(t *testing.T) {
	o := open(t)
	o.config.Renew = func(ctx context.Context, id string, _ time.Time) (keys.Pair, error) {
		if id != "plant" {
			return keys.Pair{}, fmt.Errorf("agent: %w", storage.ErrNotFound)
		}
		beat, err := o.store.Beat(ctx, "agent-plant")
		must(t, err)
		beat.KeyHash[0] = 7 // as heartbeat.Keeper does: the record of the audit tells of the key
		return keys.Pair{Token: "t0k3n", Heartbeat: "b34t"}, o.store.PutBeat(ctx, beat)
	}
	o.handler = New(o.config)
	admin := o.as(users.Admin)
	admin.get("/agents").is(200, "There is no agent yet")
	_, err := o.store.PutAgent(t.Context(), receiver.Agent{ID: "new", Contract: "rossi"})
	must(t, err)
	_, err = o.store.PutAgent(t.Context(), receiver.Agent{ID: "plant", Contract: "rossi", Configuration: protocol.Configuration{
		Checks: []protocol.Check{{ID: "disk", Kind: protocol.Disk, Target: "/var"}, {ID: "erp", Kind: protocol.HTTP, Target: "http://erp"}}, Line: "sip:line",
	}})
	must(t, err)
	heard := o.clock().Add(-20 * time.Minute)
	must(t, o.store.PutAgentState(t.Context(), receiver.State{ID: "plant", Known: receiver.Known{Report: receiver.Report{Heard: heard, Host: "erp-1", Program: "v1.2", Product: "pbx", Release: "7.2"}}}))
	_, err = o.store.PutHeartbeat(t.Context(), heartbeat.Heartbeat{ID: "agent-plant", Contract: "rossi"})
	must(t, err)
	must(t, o.store.PutBeat(t.Context(), heartbeat.Beat{ID: "agent-plant", State: heartbeat.State{Last: o.clock().Add(-time.Minute)}}))
	for name, key := range map[string]intake.Key{"rossi": {Source: receiver.Source, Fingerprint: "erp"}, "elsewhere": {Source: receiver.Source, Fingerprint: "disk"}} {
		where := intake.ID{Contract: "rossi", Name: name}
		must(t, o.store.PutInstallation(t.Context(), intake.Installation{ID: where, Problems: []intake.Problem{
			{Installation: where, Key: key, Firing: true, Title: "http://erp answers 500", Ticket: 417, Since: heard, Heard: heard},
		}}))
	}
	admin.get("/agents").is(200, "v1.2", "pbx 7.2", "erp-1", "23 November 2026 08:59", "problem since Monday 23 November 2026 08:40", "http://erp answers 500", `href="/tickets/417"`, "no problem", "line", "never", "It looks at nothing yet", "New token for plant")
	admin.post("/agents/plant/token").is(200, "t0k3n", "b34t")
	admin.post("/agents/none/token").is(http.StatusNotFound)
	o.as(users.Engineer).get("/agents").is(200, "http://erp answers 500").hides("New token")
	o.as(users.Staff).post("/agents/plant/token").is(403)
	o.as(users.Viewer).get("/agents").is(403)
	o.passes(31 * time.Minute)
	o.as(users.Staff).get("/agents").is(200, "silent for more than half an hour", "not known: the agent is silent")
	o.config.Renew = nil
	o.handler = New(o.config)
	o.as(users.Admin).post("/agents/plant/token").is(http.StatusConflict, "No agents are answered here")
}

func TestStaffSayWhatBecomesOfFiledMails(t *testing.T) {
	o := open(t)
	staff := o.as(users.Staff)
	staff.get("/mails").is(200, "No mail is taken in here", "Every mail is on a ticket")
	staff.get("/mails/m1").is(404)
	staff.post("/mails/m1/open").is(404)
	o.config.Mails = drawer{office: o, text: "the pump <stands>"}
	o.config.Refused = func() []mail.Refusal {
		return []mail.Refusal{{First: o.clock(), Last: o.clock(), Count: 7, From: "a@b.example", To: "nobody@house.example", Peer: "192.0.2.1", Why: "unknown", Auth: "spf=softfail (b.example)"}}
	}
	o.handler = New(o.config)
	for _, id := range []string{"m1", "m2", "m3"} {
		_, err := o.store.KeepMail(t.Context(), mail.Record{
			ID: id, From: "news@shop.example", Subject: "Sale " + id, At: o.clock(), Outcome: mail.Filed, Machine: "List-Id (RFC 2919)", Rule: "a stranger's machine is filed", Done: true, Auth: "dkim=pass (shop.example), spf=pass, dmarc=none",
		})
		must(t, err)
	}
	staff.get("/mails").is(200, "Sale m2", "news@shop.example", "a stranger&#39;s machine is filed: List-Id", "dkim=pass (shop.example)", "nobody@house.example", "192.0.2.1", "no such address here", ">7<", "spf=softfail (b.example)")
	staff.get("/mails/m1").is(200, "the pump &lt;stands&gt;", "dkim=pass (shop.example), spf=pass", "Open a ticket", "1 kB").hides("<stands>")
	n := o.opened("rossi", "blocking", "the press stands still")
	staff.post("/mails/m1/open").goes("/tickets/900")
	for _, number := range []string{"", "x", "-1", "99999", "99999999999999999999"} {
		staff.post("/mails/m2/attach", "number", number).is(422, "There is no ticket with this number")
	}
	staff.post("/mails/m2/attach", "number", fmt.Sprintf(" %d ", n)).goes(fmt.Sprintf("/tickets/%d", n))
	staff.post("/mails/m3/discard").goes("/mails")
	staff.post("/mails/m1/open").goes("/tickets/900") // somebody else was faster
	staff.post("/mails/m1/attach", "number", fmt.Sprint(n)).goes("/tickets/900")
	staff.post("/mails/m1/discard").is(http.StatusConflict, "Somebody has said already")
	staff.post("/mails/m3/open").is(http.StatusConflict, "Somebody has said already") // it was thrown away
	staff.get("/mails/m1").is(200, `href="/tickets/900"`).hides("Throw it away")
	staff.get("/mails").is(200, "Every mail is on a ticket")
	o.as(users.Admin).get("/audit?kind=mail").is(200, "m1", "m2", "m3", "thrown away", "POST /mails/{id}/discard")
	for _, role := range []users.Role{users.Viewer, users.Engineer} {
		o.as(role).get("/mails").is(403)
		o.as(role).post("/mails/m1/open").is(403)
	}
	if _, err := o.store.Mail(t.Context(), "none"); !errors.Is(err, storage.ErrNotFound) {
		t.Fatal(err)
	}
	staff.get("/mails/none").is(404)
}

func TestAFiledMailOfAnotherNodeCanBeThrownAway(t *testing.T) {
	o := open(t)
	o.config.Mails = drawer{office: o, gone: true}
	o.handler = New(o.config)
	_, err := o.store.KeepMail(t.Context(), mail.Record{ID: "m1", Subject: "Sale", At: o.clock(), Outcome: mail.Filed, Done: true})
	must(t, err)
	o.as(users.Staff).get("/mails/m1").is(200, "is not on this node", "Throw it away").hides("Open a ticket")
	o.as(users.Staff).post("/mails/m1/discard").goes("/mails")
}
