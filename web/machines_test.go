package web

import (
	"context"
	"errors"
	"html"
	"log/slog"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"hotline/agent/keys"
	"hotline/agent/receiver"
	"hotline/heartbeat"
	"hotline/intake"
	"hotline/outbox"
	"hotline/sla"
	"hotline/storage"
	"hotline/users"
)

// quiet takes what is reported, and opens nothing.
type quiet struct{}

func (quiet) Take(context.Context, intake.Origin, intake.Batch, time.Time) (intake.Outcome, error) {
	return intake.Outcome{}, nil
}

// watched is a house that keeps heartbeats and answers agents.
func watched(t *testing.T) *office {
	t.Helper()
	o := open(t)
	o.config.Heartbeats = heartbeat.New(heartbeat.Config{Store: o.store, Intake: quiet{}, Process: "p", NewKey: func() string { return "k3y" }, Log: slog.New(slog.DiscardHandler)})
	o.config.Renew = func(_ context.Context, id string, _ time.Time) (keys.Pair, error) {
		return keys.Pair{Token: id + ".1.t0k3n", Heartbeat: "b34t"}, nil
	}
	o.config.Retire = func(ctx context.Context, id string, version int, _ time.Time) error {
		return o.store.DeleteAgent(ctx, id, version)
	}
	o.handler = New(o.config)
	return o
}

// seenIn is what a form says of the preview that it was shown with.
func seenIn(t *testing.T, a answer) string {
	t.Helper()
	m := regexp.MustCompile(`name="seen" value="([^"]+)"`).FindStringSubmatch(a.Body.String())
	if m == nil {
		t.Fatalf("%s shows no preview:\n%s", a.what, a.main())
	}
	return m[1]
}

// with is a form with more fields, which replace those of the same name.
func with(form []string, more ...string) []string {
	return append(append([]string{}, form...), more...)
}

func TestAHeartbeatIsWrittenOnAPageThatSaysFirstWhenItIsExpected(t *testing.T) {
	o := watched(t)
	b := o.as(users.Admin)
	b.get("/heartbeats").is(200, "There is no heartbeat yet", `href="/heartbeats/new"`)
	b.get("/heartbeats/new?contract=rossi").is(200, `value="rossi"`, `value="0 3 * * *"`, "Europe/Rome")
	form := []string{"id", "backup", "title", "the nightly backup", "contract", "rossi", "severity", "critical", "schedule", "0 3 * * *", "zone", "Europe/Rome", "grace_seconds", "60"}
	a := b.post("/heartbeats", form...).is(200, "Expected next on Tuesday 24 November 2026 03:00, Europe/Rome", "a ticket from Tuesday 24 November 2026 04:00", "Wednesday 25 November", "Nothing is saved yet")
	if _, err := o.store.Heartbeat(t.Context(), "backup"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("the preview has saved it: %v", err)
	}
	seen := seenIn(t, a)
	b.post("/heartbeats", with(form, "seen", seen, "schedule", "0 4 * * *")...).is(200, "24 November 2026 04:00") // not what was shown
	b.post("/heartbeats", with(form, "seen", seen)...).goes("/heartbeats/backup")
	b.post("/heartbeats", with(form, "seen", seen)...).is(409, "backup stands already")
	for field, wrong := range map[string][]string{
		"Zone of the schedule": {"zone", "Nowhere"}, "Every so many minutes": {"period_seconds", "5"}, "Or by a schedule": {"schedule", "often"}, "Contract": {"contract", "none"},
		"May be late": {"grace_seconds", "-1"}, "What it is": {"title", " "}, "Id": {"id", "Back up"},
	} {
		b.post("/heartbeats", with(form, wrong...)...).is(422, "cannot be right", field)
	}
	b.get("/heartbeats/backup").is(200, "It has no key yet").hides("k3y")
	b.post("/heartbeats/backup/key").is(200, "http://desk.example/ping/k3y", "shown this once")
	b.get("/heartbeats/backup").is(200, "Whoever has the key").hides("k3y")
	b.get("/heartbeats").is(200, "the nightly backup", "has not come yet").hides("k3y")
	b.post("/heartbeats/none/key").is(404)
	b.post("/heartbeats/backup", with(form, "version", "1", "do", "try")...).is(200, "Expected next on")
	b.post("/heartbeats/backup", with(form, "version", "1", "title", "the backup")...).goes("/heartbeats/backup") // the rule is the same
	b.post("/heartbeats/backup", with(form, "version", "1", "title", "another one")...).is(409, "What stands now: the backup", `value="another one"`, `name="version" value="2"`)
	b.post("/heartbeats/backup/remove", "version", "1").is(409, "it was not removed")
	b.post("/heartbeats/backup/remove", "version", "2").goes("/heartbeats")
	b.get("/heartbeats/backup").is(404)
	o.as(users.Viewer).get("/heartbeats").is(200).hides("/heartbeats/new")
	for _, role := range []users.Role{users.Viewer, users.Engineer, users.Staff} {
		o.as(role).post("/heartbeats", form...).is(403)
		o.as(role).get("/heartbeats/new").is(403)
	}
}

func TestAHeartbeatKeepsWhatItsFormDoesNotShow(t *testing.T) {
	o := watched(t)
	_, err := o.store.PutHeartbeat(t.Context(), heartbeat.Heartbeat{ID: "pulse", Contract: "rossi", Title: "the pulse", Rule: heartbeat.Rule{Period: 90, Grace: 30}})
	must(t, err)
	o.as(users.Admin).post("/heartbeats/pulse", "version", "1", "title", "its pulse", "contract", "rossi", "period_seconds", "1").goes("/heartbeats/pulse")
	if h, err := o.store.Heartbeat(t.Context(), "pulse"); err != nil || h.Rule.Period != 90 || h.Rule.Grace != 30 || h.Title != "its pulse" {
		t.Errorf("%+v, %v", h, err)
	}
}

// policyForm is what a browser sends of a policy.
func policyForm(more ...string) []string {
	return append([]string{
		"id", "rossi", "rule-0-severities", "critical, page", "rule-0-category", "blocking", "rule-1-severities", "warning", "rule-1-category", "non_blocking", "rule-1-night", "none", "otherwise-category", "question",
		"window", "3600", "again", "3600", "storm.alerts", "5", "storm.within", "60", "storm.quiet", "600", "flapping.changes", "5", "flapping.within", "1800", "flapping.quiet", "900",
		"depends-0-fingerprint", "port:*", "depends-0-parent_fingerprint", "ping:switch", "depends-1-title", "", "depends-2-title", "a; b", "depends-2-parent_installation", "headquarters", "depends-2-parent_fingerprint", "ping:router", "depends.wait", "15", "depends.settle", "120", "labels.product", "product", "labels", "pbx_version", "source", "native",
	}, more...)
}

func TestAnAlertPolicyIsWrittenOnAPageAndTriedBefore(t *testing.T) {
	o := watched(t)
	b := o.as(users.Admin)
	b.get("/alerts").is(200, "No installation reports a problem", "the policy that ships holds", `href="/alerts/policies/new?for=default"`)
	b.get("/alerts/policies/new?for=default").is(200, `value="default"`, "sev1", "Rule 3")
	message := `[{"fingerprint":"disk","severity":"page","title":"/var is <full>"},{"fingerprint":"fan","severity":"warning","title":"a fan"},{"fingerprint":"old","severity":"page","status":"resolved"}]`
	b.post("/alerts/policies", policyForm("do", "try", "message", message)...).is(200, "open a ticket", "blocking anomaly", "/var is &lt;full&gt;", "non-blocking anomaly", "end the problem").hides("<full>")
	b.post("/alerts/policies", policyForm("do", "try", "message", message, "night", "yes")...).is(200, "be counted alone")
	b.post("/alerts/policies", policyForm("do", "try", "message", "{")...).is(422, "Message", `lang="en"`)
	if all, err := o.store.AlertPolicies(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("trying has saved %+v, %v", all, err)
	}
	for field, wrong := range map[string][]string{
		"Rule 2, Severities": {"rule-1-severities", "Critical"}, "Rule 1, Becomes": {"rule-0-category", "catastrophe"}, "For": {"id", "nobody"}, "Storm: one ticket for all, New problems": {"storm.alerts", "1"},
		"Repeats": {"window", ""}, "Every other severity": {"otherwise-category", ""},
		"What depends on what, Who waits for whom": {"depends-0-fingerprint", "a", "depends-0-parent_fingerprint", "b", "depends-2-fingerprint", "b", "depends-2-title", "", "depends-2-parent_installation", "", "depends-2-parent_fingerprint", "a"}, "Dependency 3, The parent&#39;s fingerprint": {"depends-2-parent_fingerprint", ""}, "Dependency 1, The parent&#39;s fingerprint": {"depends-0-parent_fingerprint", "ping:*"}, "Who comes first": {"depends.wait", "121"}, "What stands there, Label of its version": {"labels.product", ""},
	} {
		b.post("/alerts/policies", policyForm(wrong...)...).is(422, "cannot be right", field)
	}
	b.post("/alerts/policies", policyForm()...).goes("/alerts")
	p, err := o.store.AlertPolicy(t.Context(), "rossi")
	if must(t, err); len(p.Rules) != 2 || p.Rules[1].Night != intake.NoTicket || p.Category("PAGE", false) != sla.Blocking || p.Otherwise.Category != sla.Question || p.Storm.Alerts != 5 {
		t.Errorf("%+v", p)
	}
	rules := []intake.Dependence{{Fingerprint: "port:*", ParentFingerprint: "ping:switch"}, {Title: "a; b", ParentInstallation: "headquarters", ParentFingerprint: "ping:router"}}
	if want := (intake.Depends{Rules: rules, Wait: 15, Settle: 120}); !reflect.DeepEqual(p.Depends, want) || p.Labels != (intake.Labels{Product: "product", Version: "pbx_version"}) {
		t.Errorf("%+v, %+v", p.Depends, p.Labels)
	}
	b.get("/alerts/policies/rossi").is(200, `name="depends-0-fingerprint" value="port:*"`, `name="depends-1-title" value="a; b"`, `name="depends-2-title" value=""`, `value="pbx_version"`)
	b.get("/alerts").is(200, `href="/alerts/policies/rossi"`, "critical, page")
	b.post("/alerts/policies/rossi", policyForm("version", "1", "rule-1-severities", "")...).goes("/alerts")
	b.post("/alerts/policies/rossi", policyForm("version", "1", "rule-0-severities", "down")...).is(409, "What stands now: critical, page", "What stands now: none", `value="down"`)
	b.post("/alerts/policies/rossi/remove", "version", "2").goes("/alerts")
	for _, role := range []users.Role{users.Viewer, users.Engineer, users.Staff} {
		o.as(role).get("/alerts").is(200).hides("/alerts/policies/new", "/alerts/try")
		o.as(role).post("/alerts/policies", policyForm()...).is(403)
		o.as(role).post("/alerts/try", "source", "native", "message", message).is(403)
	}
}

// What a form does not show would be lost when it is saved: a document with something in every part is the same after its form was sent as
// it was shown.
func TestAFormThatNobodyChangedChangesNothing(t *testing.T) {
	o := watched(t)
	b := o.as(users.Admin)
	policy := intake.Default()
	policy.Rules[0].Night, policy.Otherwise.Night = sla.Question, intake.NoTicket
	policy.Depends.Rules = []intake.Dependence{{Installation: "plant; two", Fingerprint: "port:*", Title: "say \"down\"", ParentInstallation: "office", ParentFingerprint: "ping"}}
	policy.Labels = intake.Labels{Product: "product", Version: "version"}
	policy, err := o.store.PutAlertPolicy(t.Context(), policy)
	must(t, err)
	mapping, err := o.store.PutAlertMapping(t.Context(), intake.Mapping{
		ID: "fans", Alerts: ".[]", Fingerprint: ".id", Severity: ".level", Title: ".what", Text: ".more", Installation: ".at", Resolved: ".over", Skip: ".skip", Labels: "{product: .kind}",
	})
	must(t, err)
	for _, document := range []any{policy, mapping} {
		for v, i := reflect.ValueOf(document), 0; i < v.NumField(); i++ {
			if v.Field(i).IsZero() {
				t.Errorf("%T.%s is empty here", document, v.Type().Field(i).Name)
			}
		}
	}
	for _, path := range []string{"/alerts/policies/default", "/alerts/mappings/fans"} {
		fields := sent(b.get(path).is(200).Body.String())
		if len(fields) == 0 {
			t.Fatalf("%s has no form", path)
		}
		b.post(path, fields...).goes("/alerts")
	}
	if got, err := o.store.AlertPolicy(t.Context(), policy.ID); err != nil || !reflect.DeepEqual(got, policy) {
		t.Errorf("the policy is\n%+v, %v, and was\n%+v", got, err, policy)
	}
	if got, err := o.store.AlertMapping(t.Context(), mapping.ID); err != nil || got != mapping {
		t.Errorf("the mapping is\n%+v, %v, and was\n%+v", got, err, mapping)
	}
}

func TestAMappingIsWrittenOnAPageAndTriedBefore(t *testing.T) {
	o := watched(t)
	b := o.as(users.Admin)
	form := []string{"id", "pumps", "alerts", ".events[]", "fingerprint", `"pump-\(.id)"`, "severity", ".level", "title", ".what", "resolved", `.state == "off"`, "labels", `{product: "pump"}`}
	message := `{"events":[{"id":7,"level":"critical","what":"pump 7 stands still"},{"id":8,"level":"critical","what":"pump 8","state":"off"}]}`
	b.get("/alerts/mappings/new").is(200, "/api/v1/alerts/ID")
	b.post("/alerts/mappings", with(form, "do", "try", "message", message)...).is(200, "pump-7", "open a ticket", "pump 7 stands still", "end the problem")
	b.post("/alerts/mappings", with(form, "do", "try", "message", `{"events":3}`)...).is(422, "Message")
	for field, wrong := range map[string][]string{"Fingerprint": {"fingerprint", ".("}, "Title": {"title", ""}, "Id": {"id", "zabbix"}, ": Id": {"id", "agent"}} {
		b.post("/alerts/mappings", with(form, wrong...)...).is(422, "cannot be right", field)
	}
	b.post("/alerts/mappings", form...).goes("/alerts")
	b.get("/alerts").is(200, `href="/alerts/mappings/pumps"`, "POST /api/v1/alerts/pumps")
	b.get("/alerts/try").is(200, "mapping pumps", "alertmanager")
	b.post("/alerts/try", "source", "pumps", "message", message).is(200, "pump-7", "By the policy default")
	b.post("/alerts/try", "source", "pumps", "message", message, "contract", "nobody").is(422, "Contract")
	b.post("/alerts/try", "source", "nothing", "message", message).is(422, "Source")
	b.post("/alerts/mappings/pumps", with(form, "version", "1", "title", ".text")...).goes("/alerts")
	b.post("/alerts/mappings/pumps", with(form, "version", "1", "title", ".name")...).is(409, "What stands now: .text", ">.name</textarea>")
	b.post("/alerts/mappings/pumps/remove", "version", "2").goes("/alerts")
	o.as(users.Staff).get("/alerts/mappings/new").is(403)
}

func TestAMaintenanceWindowIsWrittenOnAPage(t *testing.T) {
	o := watched(t)
	staff := o.as(users.Staff)
	staff.get("/alerts/windows/new?contract=rossi&installation=plant").is(200, `value="rossi"`, `value="plant"`, `value="2026-11-23T09:00"`)
	form := []string{"id", "w1", "contract", "rossi", "installation", "plant", "from", "2026-11-23T08:00", "until", "2026-11-23T12:00", "note", "a new switch"}
	staff.post("/alerts/windows", with(form, "until", "2026-11-23T07:00")...).is(422, "Until", "after from")
	staff.post("/alerts/windows", with(form, "from", "soon")...).is(422, "From")
	staff.post("/alerts/windows", with(form, "contract", "nobody")...).is(422, "Contract")
	staff.post("/alerts/windows", form...).goes("/alerts")
	staff.post("/alerts/windows", form...).goes("/alerts") // the form is sent twice
	m, err := o.store.Maintenance(t.Context(), "w1")
	if must(t, err); !m.From.Equal(monday(8, 0)) || !m.Until.Equal(monday(12, 0)) {
		t.Errorf("%+v", m)
	}
	where := intake.ID{Contract: "rossi", Name: "plant"}
	must(t, o.store.PutInstallation(t.Context(), intake.Installation{ID: where, Problems: []intake.Problem{
		{Installation: where, Key: intake.Key{Source: "zabbix", Fingerprint: "1"}, Firing: true, Title: "the link is down", Severity: "high", Held: intake.HeldMaintenance, Since: o.clock(), Heard: o.clock()},
	}}))
	staff.get("/alerts").is(200, "a new switch", "goes on", "the link is down", "maintenance")
	staff.post("/alerts/windows/w1", with(form, "version", "1", "until", "2026-11-23T10:00")...).goes("/alerts")
	staff.post("/alerts/windows/w1", with(form, "version", "1", "until", "2026-11-23T11:00")...).is(409, "What stands now: 2026-11-23T10:00")
	staff.post("/alerts/windows/w1/remove", "version", "2").goes("/alerts")
	o.as(users.Engineer).get("/alerts").is(200).hides("/alerts/windows/new")
	o.as(users.Engineer).post("/alerts/windows", form...).is(403)
}

func TestAnEndpointIsWrittenOnAPageAndItsSecretsAreNeverShownAgain(t *testing.T) {
	o := watched(t)
	b := o.as(users.Admin)
	b.get("/outgoing").is(200, `href="/outgoing/new"`)
	b.get("/outgoing/new").is(200, "ntfy", `href="/outgoing/new?template=own"`)
	b.get("/outgoing/new?template=webhook").is(200, `name="value.url"`, `name="secret.signing"`, "a clock passed unmet")
	hook := []string{"template", "webhook", "id", "crm", "value.url", "https://crm.example.org/in", "kinds", "ticket.breach", "quiet.from", "22:00", "quiet.until", "07:00", "quiet.zone", "Europe/Rome", "bundle_seconds", "300"}
	for says, wrong := range map[string][]string{
		"3600": {"bundle_seconds", "3601"}, "needs url": {"value.url", ""}, "Told": {"kinds", "ticket.lost"}, "there is no contract": {"contracts", "nobody"}, "Such as": {"quiet.until", "22:00"}, "Id": {"id", ""}, "https": {"value.url", "ftp://crm.example.org"}, "cannot be right": {"secret.signing", "s1gning"},
	} {
		if says == "Told" {
			says = "It is told when"
		}
		b.post("/outgoing", with(hook, wrong...)...).is(422, says).hides("s1gning")
	}
	b.post("/outgoing", hook...).goes("/outgoing/crm")
	b.post("/outgoing", hook...).is(409, "stands already")
	b.get("/outgoing/crm").is(200, "There is no signing secret yet")
	shown := regexp.MustCompile(`whsec_[^<]+`).FindString(b.post("/outgoing/crm/secret").is(200, "shown this once").Body.String())
	secret := html.UnescapeString(shown)
	e, err := o.store.Endpoint(t.Context(), "crm")
	if must(t, err); secret == "" || e.Secrets["signing"] != secret || e.Values["url"] != "https://crm.example.org/in" || len(e.Kinds) != 1 || e.Kinds[0] != outbox.Breach || e.Quiet.Until != "07:00" || e.Window != 5*time.Minute || e.Since.IsZero() {
		t.Errorf("%q, %+v", secret, e)
	}
	b.get("/outgoing/crm").is(200, "Messages are signed", "It is given, and never shown").hides(secret, shown)
	b.post("/outgoing/crm", with(hook, "version", "1", "paused", "yes")...).is(409, "What stands now: no").hides(secret, shown)
	b.post("/outgoing/crm", with(hook, "version", "2", "paused", "yes")...).goes("/outgoing/crm")
	if e, err = o.store.Endpoint(t.Context(), "crm"); err != nil || !e.Paused || e.Secrets["signing"] != secret {
		t.Errorf("%+v, %v", e, err)
	}
	b.post("/outgoing/crm", with(hook, "version", "3", "forget.signing", "yes")...).goes("/outgoing/crm")
	if e, err = o.store.Endpoint(t.Context(), "crm"); err != nil || e.Secrets["signing"] != "" {
		t.Errorf("%+v, %v", e, err)
	}
	own := []string{
		"template", "own", "id", "sms", "request.method", "POST", "request.url", "https://sms.example/send", "request.headers", "X-Key: {{.secrets.key}}", "request.body", `{"text": {{json .summary}}}`, "values", "to=+390612345",
		"secret-name-0", "key", "secret-text-0", "0wn",
	}
	b.post("/outgoing", with(own, "request.body", "{{nothing}}")...).is(422, "cannot be right").hides("0wn")
	b.post("/outgoing", with(own, "values", "nonsense")...).is(422, "Values").hides("0wn")
	b.post("/outgoing", own...).goes("/outgoing/sms")
	b.get("/outgoing/sms").is(200, "to=&#43;390612345", `name="secret.key"`, "X-Key: {{.secrets.key}}").hides("0wn")
	b.post("/outgoing/sms/secret").is(409, "Only webhooks sign")
	b.get("/audit").is(200, "sms").hides("0wn", secret, shown)
	for id, form := range map[string]string{"zammad": outbox.Bridged, "phone": outbox.Push} {
		_, err := o.store.PutEndpoint(t.Context(), outbox.Endpoint{ID: id, Template: form})
		must(t, err)
		b.get("/outgoing").is(200).hides(`href="/outgoing/` + id)
		b.post("/outgoing/"+id+"/remove", "version", "1").is(map[string]int{"zammad": 409, "phone": 303}[id])
	}
	b.post("/outgoing/sms/remove", "version", "1").goes("/outgoing")
	o.as(users.Staff).get("/outgoing/new").is(403)
	o.as(users.Staff).post("/outgoing", hook...).is(403)
	if strings.Contains(o.log.String(), secret) || strings.Contains(o.log.String(), "0wn") {
		t.Error("a secret stands in the log")
	}
}

func TestAnAgentIsAddedOnAPageAndItsTokenIsShownOnce(t *testing.T) {
	o := watched(t)
	b := o.as(users.Admin)
	b.get("/agents/new?contract=rossi").is(200, `value="rossi"`, "PBX (SIP)")
	form := []string{"id", "plant", "contract", "rossi", "installation", "hall", "line", "sip:line.example", "checks-0-id", "disk", "checks-0-kind", "disk", "checks-0-target", "/var", "checks-0-free_percent", "20"}
	for field, wrong := range map[string][]string{
		"Check 1, What exactly": {"checks-0-target", "var"}, "Check 1, Id": {"checks-0-id", "line"}, "Check 2, Looks at": {"checks-1-id", "x", "checks-1-target", "x"}, "Contract": {"contract", "nobody"}, "SIP address": {"line", "line"},
		"Check 1, Certificate: holds for days": {"checks-0-days", "3"}, "Check 1, Disk: free per cent": {"checks-0-free_percent", "100"},
	} {
		b.post("/agents", with(form, wrong...)...).is(422, "cannot be right", field).hides("t0k3n")
	}
	b.post("/agents", form...).is(200, "token: plant.1.t0k3n", "heartbeat: b34t", "server: http://desk.example", "systemctl enable --now hotline-agent")
	b.post("/agents", form...).is(409, "stands already").hides("t0k3n")
	b.get("/agents").is(200, `href="/agents/plant"`).hides("t0k3n", "b34t")
	b.get("/agents/plant").is(200, "rossi, hall", `value="/var"`).hides("t0k3n", `name="contract"`)
	more := with(form, "version", "1", "contract", "rossi-office", "checks-1-id", "erp", "checks-1-kind", "tcp", "checks-1-target", "10.0.0.5:9000", "checks-1-title", "the ERP does not answer")
	b.post("/agents/plant", more...).goes("/agents")
	a, err := o.store.Agent(t.Context(), "plant")
	if must(t, err); a.Contract != "rossi" || len(a.Configuration.Checks) != 2 || a.Configuration.Checks[1].Title != "the ERP does not answer" || a.Configuration.Checks[0].Free != 20 {
		t.Errorf("%+v", a)
	}
	b.post("/agents/plant", with(form, "version", "1", "checks-0-target", "/srv")...).is(409, "What stands now: /var", "What stands now: erp", `value="/srv"`)
	b.post("/agents/plant/remove", "version", "1").is(409, "not removed")
	b.post("/agents/plant/remove", "version", "2").goes("/agents")
	if _, err := o.store.Agent(t.Context(), "plant"); !errors.Is(err, storage.ErrNotFound) {
		t.Error(err)
	}
	_, err = o.store.PutAgent(t.Context(), receiver.Agent{ID: "other", Contract: "rossi"})
	must(t, err)
	for _, role := range []users.Role{users.Viewer, users.Engineer, users.Staff} {
		o.as(role).post("/agents", form...).is(403)
		o.as(role).get("/agents/other").is(403)
	}
	o.config.Retire = nil
	o.handler = New(o.config)
	o.as(users.Admin).post("/agents/other/remove", "version", "3").is(409)
}
