package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hotline/app/database"
	"hotline/directory"
	"hotline/idempotency"
	"hotline/memory"
	"hotline/postgres"
	"hotline/postgres/local"
)

// edges are what a number or an instant may be at worst.
func edges() []any {
	return []any{
		-1, 0, 1, 1<<31 - 1, 1 << 31, -1 << 31, int64(1<<53 + 1), json.Number("9223372036854775807"), json.Number("-9223372036854775808"), json.Number("9223372036854775808"),
		json.Number("1e400"), 0.5, "0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+14:00", "8999-12-31T23:59:59-12:00", "9000-01-01T00:00:00Z",
		"9999-12-31T23:00:00Z", "9999-12-31T23:59:59-23:59", "2026-02-30T00:00:00Z", "999999-01-01T00:00:00Z", "9999-12-31", "0000-00-00", "99999999:00", "-00:01", "",
	}
}

// bodies are requests that are served, with every number and every instant that the route takes. A route that takes a body
// and is not here fails the test.
func bodies() map[string]string {
	limits := `{"contact":60,"intervention":120,"restore":180}`
	level := `{"version":1,"name":"A","calendar":"office","blocking":` + limits + `,"non_blocking":` + limits + `,"alarms":[{"clock":"contact","share_percent":50,"do":["notify"]},{"clock":"restore","minutes_left":30,"do":["notify"]}]}`
	calendar := `{"version":1,"name":"O","zone":"Europe/Rome","week":[{"day":1,"from":"09:00","until":"18:00"}],"yearly":[{"day":"12-24","since":2020,"hours":[{"day":0,"from":"09:00","until":"12:00"}]}],"exceptions":[{"date":"2026-12-05","hours":[{"day":0,"from":"09:00","until":"13:00"}]}]}`
	contract := `{"version":1,"recordings_days":90,"customer":"rossi","level":"advanced","valid_from":"2026-01-01T00:00:00Z","valid_until":"2028-01-01T00:00:00Z","blocking":` + limits + `,"non_blocking":` + limits + `}`
	hours := `[{"day":1,"from":"09:00","until":"18:00"}]`
	schedule := `"name":"N","zone":"Europe/Rome","serves":{"languages":["en"]},"shifts":[{"engineer":"anna","level":1,"order":1,"day":0,"from":"00:00","length":"168:00"}],` +
		`"layers":[{"name":"a","level":1,"rotation":"daily","every":2,"start":"2026-11-02T09:00","until":"2027-11-02T09:00","turns":[{"engineer":"anna"}],"hours":` + hours + `},` +
		`{"name":"b","level":2,"rotation":"custom","start":"2026-11-02T09:00","turns":[{"engineer":"anna","length":"12:00"}],"follow":"office"}],` +
		`"overrides":[{"instead":"anna","level":1,"from":"2026-11-30T00:00:00Z","until":"2026-12-01T12:00:00Z"}],` +
		`"swaps":[{"engineer":"anna","with":"marco","from":"2026-11-30T00:00:00Z","until":"2026-12-01T12:00:00Z","back_from":"2026-12-02T00:00:00Z","back_until":"2026-12-03T12:00:00Z"}]`
	policy := `"name":"P","steps":[{"level":1,"ring_seconds":20}],"rounds":2,"need":1,"silence":{"why":"w","at":"2026-11-30T00:00:00Z"}`
	return map[string]string{
		"PUT /rotas/{id}": `{"version":1,` + schedule + `}`, "PUT /escalation-policies/{id}": `{"version":1,` + policy + `}`,
		"POST /oncall/replay":           `{"since":"2026-11-20T00:00:00Z","rota":{"id":"x","version":1,` + schedule + `},"policy":{"id":"x","version":1,` + policy + `}}`,
		"PUT /engineers/{id}/absences":  `{"version":1,"absences":[{"from":"2026-11-30T00:00:00Z","until":"2026-12-01T12:00:00Z"}]}`,
		"PUT /engineers/{id}/contact":   `{"version":1,"zone":"Europe/Rome","rules":[{"phone":"0612","hours":` + hours + `}],"silence":{"why":"w","at":"2026-11-30T00:00:00Z"}}`,
		"POST /engineers/{id}/absences": `"BEGIN:VCALENDAR"`,
		"PUT /customers/{id}":           `{"version":1,"name":"Rossi"}`, "PUT /contracts/{id}": contract, "POST /contracts/{id}/preview": contract,
		"POST /contracts":  strings.Replace(contract, `"version":1,`, "", 1),
		"PUT /levels/{id}": level, "POST /levels/{id}/preview": level, "PUT /calendars/{id}": calendar, "POST /calendars/{id}/preview": calendar,
		"PUT /engineers/{id}":              `{"version":1,"name":"Anna","phones":["0612"]}`,
		"PUT /rota":                        `{"version":1,"zone":"Europe/Rome","shifts":[{"engineer":"anna","level":1,"order":1,"day":0,"from":"00:00","length":"168:00"}],"overrides":[{"engineer":"anna","level":1,"from":"2026-11-30T00:00:00Z","until":"2026-12-01T12:00:00Z"}]}`,
		"PUT /faults/{id}":                 `{"version":1,"note":"n","until":"2027-01-01T00:00:00Z"}`,
		"POST /tickets/{number}/call-back": `{"at":"2026-11-24T09:00:00Z"}`, "POST /engineers/{id}/test-call": `{"phone":"sip:anna@127.0.0.1:5071"}`, "POST /trunks/{name}/test-call": `{"phone":"+39333"}`,
		"PUT /alert-mappings/{id}":       `{"version":1,"fingerprint":".id","title":".t"}`,
		"PUT /alert-policies/{id}":       `{"version":1,"window_seconds":60,"again_seconds":60,"storm":{"alerts":5,"within_seconds":60,"quiet_seconds":60},"flapping":{"changes":5,"within_seconds":60,"quiet_seconds":60},"depends":{"rules":[],"wait_seconds":60,"settle_seconds":60}}`,
		"PUT /maintenance-windows/{id}":  `{"version":1,"contract":"rossi","from":"2026-11-30T00:00:00Z","until":"2026-12-01T12:00:00Z"}`,
		"PUT /agents/{id}":               `{"version":1,"contract":"rossi","checks":[{"id":"erp","kind":"tcp","target":"erp:9000","every_seconds":60,"timeout_seconds":10,"failures":3,"successes":2,"free_percent":0,"count":0,"status":0,"days":0}]}`,
		"PUT /heartbeats/{id}":           `{"version":1,"contract":"rossi","title":"t","period_seconds":60,"grace_seconds":60,"longest_run_seconds":60}`,
		"PUT /releases/{id}":             `{"version":1,"releases":[{"name":"7.2","at":"2026-11-23T09:00:00Z","tickets":[417]}]}`,
		"PUT /installations/{id}":        `{"version":1,"contract":"rossi","product":"pbx","release":"7.2"}`,
		"PUT /endpoints/{id}":            `{"version":1,"template":"webhook","values":{"url":"https://x.example"},"bundle_seconds":60}`,
		"POST /heartbeats/preview":       `{"period_seconds":60,"grace_seconds":60,"longest_run_seconds":60}`,
		"POST /alerts/{source}":          `{"fingerprint":"a","title":"t","truncated":1}`,
		"POST /tickets/{number}/time":    `{"minutes":5,"what":"looked"}`,
		"POST /tickets/{number}/contact": `{"at":"2026-11-23T09:02:00Z","reason":"told later"}`, "POST /tickets/{number}/intervention": `{"at":"2026-11-23T09:02:00Z","reason":"told later"}`,
		"POST /tickets/{number}/restored":          `{"at":"2026-11-23T09:02:00Z","reason":"told later"}`,
		"POST /prompts/{language}/{key}/roll-back": `{"version":1}`,
	}
}

// leaf is a place in a JSON value.
type leaf struct {
	path []any
	name string
}

// leaves are the numbers and texts of a value.
func leaves(v any, path []any, name string) []leaf {
	var list []leaf
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			list = append(list, leaves(x, append(append([]any{}, path...), k), k)...)
		}
	case []any:
		for i, x := range v {
			list = append(list, leaves(x, append(append([]any{}, path...), i), name)...)
		}
	default:
		list = append(list, leaf{path, name})
	}
	return list
}

func put(v any, path []any, x any) any {
	if len(path) == 0 {
		return x
	}
	switch v := v.(type) {
	case map[string]any:
		v[path[0].(string)] = put(v[path[0].(string)], path[1:], x)
	case []any:
		v[path[0].(int)] = put(v[path[0].(int)], path[1:], x)
	}
	return v
}

// edgeCase is an API over some store, with a ticket, a call and everything that bodies name.
type asking func(method, path, body string) (status int, answer string)

func (h *house) asking() asking {
	return func(method, path, body string) (int, string) {
		r := h.ask(method, "/api/v1"+path, body)
		return r.status, r.body
	}
}

// TestNumbersAndInstantsAtTheirEdgesGetAnAnswer puts every edge into every number and instant that any route takes: in its
// path, its query, and its body. Whatever is asked for is served or refused, and the refusal is a whole problem.
func TestNumbersAndInstantsAtTheirEdgesGetAnAnswer(t *testing.T) {
	t.Run("memory", func(t *testing.T) { walkEdges(t, memory.New(417)) })
	t.Run("PostgreSQL", func(t *testing.T) {
		dir := t.TempDir()
		must(t, errors.Join(os.Chmod(filepath.Dir(dir), 0o755), os.Chmod(dir, 0o755))) // the server's user must be able to enter
		server, err := local.Start(t.Context(), local.Config{Dir: filepath.Join(dir, "cluster"), Throwaway: true})
		must(t, err)
		t.Cleanup(func() { server.Stop() })
		s, err := postgres.Open(t.Context(), server.URL(), postgres.Config{})
		must(t, err)
		t.Cleanup(s.Close)
		walkEdges(t, s)
	})
}

func walkEdges(t *testing.T, s database.Store) {
	h, _ := openOver(t, s).reporting()
	h.opened()
	h.put("/faults/f", `{"note":"n"}`).is(200)
	h.put("/engineers/marco", `{"name":"Marco","phones":["0613"]}`).is(200)
	ask, asked := h.asking(), 0
	try := func(method, path, body string) {
		asked++
		status, answer := ask(method, path, body)
		if status >= 500 || status == 0 {
			t.Errorf("%s %s %s: %d %s", method, path, body, status, answer)
		}
		file := status == http.StatusOK && slices.ContainsFunc([]string{".csv", ".svg", ".ics", "/spoken"}, func(part string) bool { return strings.Contains(path, part) })
		if !json.Valid([]byte(answer)) && !file && answer != "" {
			t.Errorf("%s %s %s: half an answer: %s", method, path, body, answer)
		}
	}
	names := map[string]string{"{id}": "rossi", "{number}": "417", "{version}": "1", "{source}": "native"}
	for _, op := range h.described() {
		path := regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllStringFunc(op.path, func(p string) string {
			for within, id := range map[string]string{"/levels": "advanced", "/calendars": "office", "/engineers": "anna", "/faults": "f"} {
				if strings.HasPrefix(op.path, within) {
					return id
				}
			}
			return names[p]
		})
		query := "?"
		for _, p := range op.required {
			query += p + "=" + map[string]string{"level": "advanced", "category": "blocking", "at": "2026-11-20T17:00:00Z", "month": "2026-11"}[p] + "&"
		}
		for _, edge := range edges() {
			text := strings.NewReplacer("+", "%2B", " ", "%20").Replace(fmt.Sprint(edge))
			for _, p := range op.query {
				try(op.method, path+query+p+"="+text, "")
			}
			if strings.Contains(op.path, "{number}") || strings.Contains(op.path, "{version}") {
				try(op.method, regexp.MustCompile(`\{(number|version)\}`).ReplaceAllString(op.path, text)+query, bodies()[op.method+" "+op.path])
			}
		}
		body, has := bodies()[op.method+" "+op.path]
		if missing := op.lacking(body); len(missing) > 0 {
			t.Errorf("%s %s takes %v, which the bodies of this test lack", op.method, op.path, missing)
		}
		if !has {
			continue
		}
		var v any
		must(t, json.Unmarshal([]byte(body), &v))
		for _, l := range leaves(v, nil, "") {
			for _, edge := range edges() {
				var fresh any
				must(t, json.Unmarshal([]byte(body), &fresh))
				text, err := json.Marshal(put(fresh, l.path, edge))
				must(t, err)
				try(op.method, path+"?running=keep", string(text))
				if op.method == "PUT" {
					try(op.method, path, string(text))
				}
			}
		}
	}
	t.Logf("%d requests", asked)
	if asked < 3000 {
		t.Errorf("only %d requests were made", asked)
	}
}

// operation is what the OpenAPI document says of one.
type operation struct {
	method, path    string
	query, required []string // parameters
	named           []string // numbers and instants in the body
}

func (o operation) lacking(body string) []string {
	var missing []string
	for _, n := range o.named {
		if !strings.Contains(body, `"`+n+`"`) {
			missing = append(missing, n)
		}
	}
	return missing
}

func (h *house) described() []operation {
	type schema struct {
		Ref        string `json:"$ref"`
		Type       any
		Format     string
		Properties map[string]json.RawMessage
		Items      json.RawMessage
	}
	var doc struct {
		Paths map[string]map[string]struct {
			Parameters []struct {
				Name, In string
				Required bool
			}
			RequestBody struct {
				Content map[string]struct{ Schema json.RawMessage }
			}
		}
		Components struct{ Schemas map[string]json.RawMessage }
	}
	h.ask("GET", "/api/v1/openapi.json", "").is(200).into(&doc)
	var walk func(raw json.RawMessage, name string) []string
	walk = func(raw json.RawMessage, name string) (list []string) {
		var s schema
		if len(raw) == 0 || json.Unmarshal(raw, &s) != nil {
			return nil
		}
		if s.Ref != "" {
			return walk(doc.Components.Schemas[s.Ref[strings.LastIndex(s.Ref, "/")+1:]], name)
		}
		if kind := fmt.Sprint(s.Type); strings.Contains(kind, "integer") || strings.Contains(kind, "number") || s.Format == "date-time" {
			list = append(list, name)
		}
		for n, p := range s.Properties {
			list = append(list, walk(p, n)...)
		}
		return append(list, walk(s.Items, name)...)
	}
	var all []operation
	for path, methods := range doc.Paths {
		for method, op := range methods {
			o := operation{method: strings.ToUpper(method), path: strings.TrimPrefix(path, "/api/v1")}
			for _, p := range op.Parameters {
				if p.In == "query" {
					o.query = append(o.query, p.Name)
				}
				if p.In == "query" && p.Required {
					o.required = append(o.required, p.Name)
				}
			}
			o.named = walk(op.RequestBody.Content["application/json"].Schema, "")
			all = append(all, o)
		}
	}
	return all
}

// TestNoFilterIsLeftOutForItsInstant asks each list with an instant as if its filter began with time: it is refused, or it filters.
func TestNoFilterIsLeftOutForItsInstant(t *testing.T) {
	h := open(t)
	for _, o := range h.described() {
		for _, name := range o.query {
			if slices.Contains([]string{"since", "until", "due_before", "t", "at"}, name) && o.method == http.MethodGet {
				for _, at := range []string{"0001-01-01T00:00:00Z", "0001-01-01T01:00:00%2B01:00"} {
					q := "?" + name + "=" + at
					for _, r := range o.required {
						if r != name {
							q += "&" + r + "=x"
						}
					}
					h.get(o.path + q).is(http.StatusUnprocessableEntity)
				}
			}
		}
	}
}

// TestADryRunAtTheEndOfTimeIsRefusedInWords: what follows it cannot be written as a time.
func TestADryRunAtTheEndOfTimeIsRefusedInWords(t *testing.T) {
	h := open(t)
	for _, at := range []string{"9999-12-31T23:00:00Z", "9999-12-31+23:00", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00Z"} {
		h.get("/dry-run?level=professional&category=blocking&at="+at).is(422, "query.at", "1970 to 8999")
	}
}

// TestWhatFollowsACommitIsDoneThoughTheClientHasGone hangs up at the commit of every kind of edit that the line must hear
// of. The line serves by it all the same.
func TestWhatFollowsACommitIsDoneThoughTheClientHasGone(t *testing.T) {
	for path, body := range documents() {
		h := open(t)
		h.put("/faults/network", `{"note":"known"}`).is(200)
		gone := &departing{watched: h.store}
		h.serve(gone)
		ctx, hangUp := context.WithCancel(t.Context())
		gone.hangUp = hangUp
		r := httptest.NewRequestWithContext(ctx, http.MethodPut, "/api/v1"+path+"?running=follow", strings.NewReader(body(1)))
		if path == "/customers/rossi" || path == "/engineers/anna" || path == "/rota" || path == "/faults/network" {
			r.URL.RawQuery = ""
		}
		r.Header.Set("Authorization", "Bearer demo")
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("If-Match", "*")
		r.Header.Set("Idempotency-Key", "k")
		h.handler.ServeHTTP(httptest.NewRecorder(), r)
		if ctx.Err() == nil {
			t.Fatalf("%s was not written", path)
		}
		want, err := directory.ReadBook(t.Context(), h.store, monday(9, 0))
		must(t, err)
		if got := h.desk.Book(); got.Revision < want.Revision && path != "/engineers/anna" && path != "/rota" {
			t.Errorf("%s: the line knows revision %d, %d stands", path, got.Revision, want.Revision)
		}
		if a := h.ask("PUT", "/api/v1"+path+"?"+r.URL.RawQuery, body(1), "If-Match", "*", "Idempotency-Key", "k"); a.status != 200 || a.header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("%s: its answer was not kept: %d %s", path, a.status, a.body)
		}
	}
}

// departing is a store whose client hangs up at the first revision that is written, and that serves nobody who has gone.
type departing struct {
	*watched
	hangUp func()
}

// Edits is what follows every commit.
func (d *departing) Edits(ctx context.Context, since int64) (directory.Edits, error) {
	if err := ctx.Err(); err != nil {
		return directory.Edits{}, err
	}
	return d.watched.Edits(ctx, since)
}

// Remember serves the claim, and hangs up behind it: whatever follows is done without a client.
func (d *departing) Remember(ctx context.Context, r idempotency.Reply) (idempotency.Reply, bool, error) {
	if err := ctx.Err(); err != nil {
		return idempotency.Reply{}, false, err
	}
	if strings.HasPrefix(r.Key, "claim") && d.hangUp != nil {
		defer d.hangUp()
	}
	return d.watched.Remember(ctx, r)
}
