package admin_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline/admin/access"
	"hotline/idempotency"
	"hotline/storage"
	"hotline/tokens"
)

// operations lists what the API offers, by the document that it gives to everybody.
func (h *house) operations() map[string][]string {
	var document struct {
		OpenAPI string
		Paths   map[string]map[string]json.RawMessage
	}
	h.ask("GET", "/api/v1/openapi.json", "", "Authorization", "").is(200).into(&document)
	if !strings.HasPrefix(document.OpenAPI, "3.1.") {
		h.t.Errorf("the document is OpenAPI %s", document.OpenAPI)
	}
	list := map[string][]string{}
	for path, methods := range document.Paths {
		for m := range methods {
			list[path] = append(list[path], strings.ToUpper(m))
			listed.Store(strings.ToUpper(m)+" "+path, true)
		}
		sort.Strings(list[path])
	}
	return list
}

func TestDocumentListsEveryRoute(t *testing.T) {
	want := map[string]string{
		"/tickets": "GET POST", "/tickets/{number}": "GET", "/tickets/{number}/history": "GET", "/tickets/{number}/explanation": "GET",
		"/recordings/{id}/audio": "GET", "/tickets/{number}/transcripts": "GET", "/recordings/{id}/accesses": "GET", "/calls": "GET", "/calls/{id}": "GET", "/faults": "GET", "/faults/{id}": "DELETE GET PATCH PUT", "/customers": "GET POST", "/customers/{id}": "GET PATCH PUT", "/customers/{id}/spoken": "GET PUT", "/engineers/{id}/spoken": "GET",
		"/prompts/{language}": "GET", "/prompts/{language}/{key}": "GET PUT", "/prompts/{language}/{key}/versions": "GET", "/prompts/{language}/{key}/roll-back": "POST", "/prompts/{language}/script": "GET", "/prompts/{language}/pack": "GET PUT",
		"/contracts": "GET POST", "/contracts/{id}": "GET PATCH PUT", "/contracts/{id}/pin": "POST", "/engineers": "GET",
		"/engineers/{id}": "DELETE GET PATCH PUT", "/rota": "GET PATCH PUT", "/rota/duty": "GET", "/levels": "GET", "/levels/{id}": "GET PATCH PUT",
		"/calendars": "GET", "/calendars/{id}": "GET PATCH PUT", "/calendars/{id}/closures": "POST", "/calendars/{id}/preview": "POST", "/levels/{id}/preview": "POST",
		"/contracts/{id}/preview": "POST", "/dry-run": "GET", "/report": "GET", "/report.csv": "GET", "/report.svg": "GET", "/report/on-call.csv": "GET", "/time": "GET", "/flows": "GET POST", "/flows/{version}": "GET", "/flows/check": "POST", "/health": "GET", "/trunks": "GET",
	}
	for path, methods := range map[string]string{
		"/rotas": "GET", "/rotas/{id}": "DELETE GET PATCH PUT", "/escalation-policies": "GET", "/escalation-policies/{id}": "DELETE GET PATCH PUT", "/engineers/{id}/absences": "GET PATCH POST PUT",
		"/engineers/{id}/contact": "DELETE GET PATCH PUT", "/engineers/{id}/proofs": "GET", "/engineers/{id}/pin": "DELETE POST", "/oncall/at": "GET", "/oncall/readiness": "GET", "/oncall/replay": "POST", "/oncall/calendar.ics": "GET", "/oncall/line.vcf": "GET", "/chains": "GET", "/engineers/{id}/test-call": "POST", "/trunks/{name}/test-call": "POST",
		"/alerts": "GET", "/alerts/{source}": "POST", "/tickets/{number}/alerts": "GET", "/alert-policies": "GET", "/alert-policies/{id}": "DELETE GET PATCH PUT", "/alert-mappings": "GET",
		"/alert-mappings/{id}": "DELETE GET PATCH PUT", "/maintenance-windows": "GET", "/maintenance-windows/{id}": "DELETE GET PATCH PUT",
		"/recordings/accesses": "GET", "/recordings/export": "GET", "/recordings/{id}/erase": "POST", "/contracts/{id}/hold": "GET POST", "/contracts/{id}/lift-hold": "POST",
		"/bridge": "GET", "/tickets/{number}/twin": "GET", "/agents": "GET", "/agents/{id}": "DELETE GET PATCH PUT", "/agents/{id}/token": "POST",
		"/heartbeats": "GET", "/heartbeats/{id}": "DELETE GET PATCH PUT", "/heartbeats/{id}/key": "POST", "/heartbeats/preview": "POST", "/tickets/{number}/link": "DELETE POST", "/tickets/{number}/attachments": "GET POST", "/attachments/{id}": "DELETE GET",
		"/endpoints": "GET", "/endpoints/{id}": "DELETE GET PATCH PUT", "/endpoints/{id}/secret": "POST", "/endpoints/{id}/test": "POST", "/endpoints/{id}/retry": "POST", "/endpoints/{id}/outgoing/{message}/retry": "POST",
		"/releases": "GET", "/releases/{id}": "DELETE GET PATCH PUT", "/releases/{id}/notices": "GET", "/installations": "GET", "/installations.csv": "GET", "/installations/{id}": "DELETE GET PATCH PUT",
		"/endpoint-templates": "GET", "/outgoing": "GET", "/audit": "GET", "/letters": "GET",
	} {
		want[path] = methods
	}
	for _, verb := range strings.Fields("assess assign comment waiting resume contact intervention restored close reopen time not-a-request access-withdrawn access-back contract follow call-back ring erase-recordings hold lift-hold") {
		want["/tickets/{number}/"+verb] = "POST"
	}
	got := open(t).operations()
	for path, methods := range want {
		if m := strings.Join(got["/api/v1"+path], " "); m != methods {
			t.Errorf("%s offers %q, want %q", path, m, methods)
		}
		delete(got, "/api/v1"+path)
	}
	if len(got) > 0 {
		t.Errorf("this list does not know of %v", got)
	}
}

func TestEveryRouteButHealthAsksForAToken(t *testing.T) {
	h := open(t)
	asked := 0
	for path, methods := range h.operations() {
		if path == "/api/v1/health" {
			continue
		}
		path = regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllString(path, "1")
		for _, m := range methods {
			asked++
			for _, token := range []string{"", "demo", "Basic demo", "Bearer ", "Bearer DEMO", "Bearer hl_00", "Bearer demo'; --", "Bearer " + strings.Repeat("x", 5000)} {
				r := h.ask(m, path, "{}", "Authorization", token).is(401)
				if r.header.Get("WWW-Authenticate") != "Bearer" {
					t.Errorf("%s %s does not say how to come in", m, path)
				}
			}
		}
	}
	if asked < 35 {
		t.Errorf("only %d operations were asked", asked)
	}
	h.ask("GET", "/api/v1/healthy", "", "Authorization", "").is(401)
	h.ask("GET", "/api/v1/openapi/../tickets", "", "Authorization", "").is(401)
}

func TestNewTokenComesInAndItsHashAloneIsKept(t *testing.T) {
	h := open(t)
	secret, token := access.NewToken("laura", tokens.ScopeStaff, monday(9, 0))
	other, _ := access.NewToken("laura", tokens.ScopeStaff, monday(9, 0))
	if !regexp.MustCompile(`^hl_[0-9a-f]{64}$`).MatchString(secret) || secret == other {
		t.Errorf("tokens are %q and %q", secret, other)
	}
	if token.Hash != sha256.Sum256([]byte(secret)) || token.Name != "laura" {
		t.Errorf("kept is %+v", token)
	}
	must(t, h.store.PutToken(t.Context(), token))
	h.post("/tickets", `{"claim":"question"}`, "Authorization", "bearer "+secret).is(201, `"actor":"staff:laura"`)
	if used, err := h.store.Token(t.Context(), token.Hash); err != nil || used.Used.IsZero() {
		t.Errorf("the use of a token is not noted: %+v, %v", used, err)
	}
	if !strings.Contains(h.log.String(), `msg="staff wrote" by=laura method=POST path=/api/v1/tickets status=201`) {
		t.Errorf("the log does not say who wrote: %s", h.log)
	}
	if strings.Contains(h.log.String(), secret) {
		t.Error("the log holds a token")
	}
}

func TestBadRequestsGetAClearProblem(t *testing.T) {
	h := open(t)
	h.opened()
	for _, c := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{"GET", "/tickets/999999", "", 404, "ticket 999999: not found"},
		{"GET", "/tickets/0", "", 404, "not found"},
		{"GET", "/tickets/-1", "", 404, "not found"},
		{"GET", "/tickets/417x", "", 422, "path.number"},
		{"GET", "/tickets/99999999999999999999", "", 422, "path.number"},
		{"GET", "/nothing", "", 404, "nothing at"},
		{"PATCH", "/tickets", "", 405, "PATCH"},
		{"POST", "/tickets", `{"claim":`, 400, ""},
		{"POST", "/tickets", `not json`, 400, ""},
		{"POST", "/tickets", `[]`, 422, "object"},
		{"POST", "/tickets", `null`, 422, ""},
		{"POST", "/tickets", `{"text":"\u0000"}`, 422, "NUL"},
		{"POST", "/tickets", "{\"text\":\"\xff\xfe\"}", 422, "UTF-8"},
		{"POST", "/tickets", strings.Repeat("[", 20_000), 400, ""},
		{"POST", "/tickets", `{"text":"` + strings.Repeat("a", 1<<20) + `"}`, 413, "larger than"},
		{"PUT", "/rota", strings.Repeat(" ", 1<<20+1), 413, "larger than"},
		{"POST", "/customers", `{"name":"Rossi\nS.p.A."}`, 422, "one line of text"},
		{"POST", "/customers", `{"name":"\u001b[31mRossi"}`, 422, "body.name"},
		{"PUT", "/engineers/x", `{"name":"A\r\nB","phones":[]}`, 422, "body.name"},
		{"GET", "/tickets?q=%00", "", 422, "plain text"},
		{"GET", "/tickets?q=%ff", "", 422, "plain text"},
		{"GET", "/tickets?q=%zz", "", 400, "plain text"},
		{"GET", "/customers/%ff", "", 400, "plain text"},
	} {
		h.ask(c.method, "/api/v1"+c.path, c.body).is(c.status, c.says)
	}
	for _, kind := range []string{"application/xml", "application/x-www-form-urlencoded"} { // the second one is what curl -d sends
		h.post("/tickets", `{"text":"a"}`, "Content-Type", kind).is(415, "unknown content type: "+kind+"; send the header Content-Type: application/json")
	}
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
	} {
		if got := h.get("/tickets").header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestAMethodThatIsNotServedNamesThoseThatAre(t *testing.T) {
	h := open(t)
	for path, want := range map[string]string{
		"/tickets": "GET, POST, HEAD", "/customers/rossi": "GET, PUT, PATCH, HEAD", "/tickets/417/close": "POST", "/faults/f": "GET, PUT, PATCH, DELETE, HEAD",
	} {
		if r := h.ask("OPTIONS", "/api/v1"+path, "{}").is(405, path); r.header.Get("Allow") != want {
			t.Errorf("%s allows %q, want %q", path, r.header.Get("Allow"), want)
		}
	}
	if r := h.ask("HEAD", "/api/v1/tickets", ""); r.status != 200 || r.header.Get("Content-Type") != "application/json" {
		t.Errorf("the head of a list is answered with %d, %v", r.status, r.header)
	}
}

func TestAProblemDoesNotSendALongBodyBack(t *testing.T) {
	h := open(t)
	long := strings.Repeat("x", 20_000)
	r := h.post("/tickets", `{"text":"`+long+`","claim":"urgent"}`).is(422, "body.text", `"value":"urgent"`)
	if len(r.body) > 1000 {
		t.Errorf("the problem has %d octets", len(r.body))
	}
	if r := h.post("/tickets", long).is(400); len(r.body) > 1000 {
		t.Errorf("the problem of no JSON has %d octets", len(r.body))
	}
}

func TestNaughtyStringsComeBackAsTheyWent(t *testing.T) {
	h := open(t)
	h.opened()
	for _, s := range []string{
		`'; DROP TABLE tickets; --`, `<script>alert(1)</script>`, `\u0000 as text`, "{{7*7}} ${7*7} %s %n", "Σ ß ﷽ 👩‍🚒", "\u202eolleh\u2066", "../../etc/passwd",
		"line\r\nX-Injected: 1", "\ufeffBOM", "NULL", "\x7f\x1b[31m", `"quoted" \ back`,
	} {
		text, err := json.Marshal(map[string]string{"text": s})
		must(t, err)
		var k ticket
		r := h.post("/tickets/417/comment", string(text)).is(200)
		r.into(&k)
		if got := k.History[len(k.History)-1].Text; got != s {
			t.Errorf("%q came back as %q", s, got)
		}
		if r.header.Get("X-Injected") != "" {
			t.Errorf("%q became a header", s)
		}
		h.get("/customers/" + strings.NewReplacer("/", "%2F", "%", "%25", "\x00", "", " ", "%20", "\r", "", "\n", "", "\x7f", "", "\x1b", "", "?", "", "#", "").Replace("zz"+s)).is(404)
	}
}

func TestStoreThatIsDownIsSaidSo(t *testing.T) {
	h := open(t)
	h.store.fail(storage.ErrDown)
	h.get("/tickets").is(503, "ask again")
	h.store.fail(fmt.Errorf("password of the database is swordfish"))
	if r := h.get("/tickets").is(500); strings.Contains(r.body, "swordfish") || !strings.Contains(h.log.String(), "swordfish") {
		t.Errorf("the cause belongs into the log alone: %s", r.body)
	}
}

func TestPanicOfOneRequestIsAnswered(t *testing.T) {
	h := open(t)
	h.post("/flows/check", `{"yaml":"panic"}`).is(500)
	h.post("/flows", `{"yaml":"panic"}`, "Idempotency-Key", "p").is(500)
	h.post("/flows", `{"yaml":"panic"}`, "Idempotency-Key", "p").is(409, "interrupted")
	h.get("/flows").is(200)
	if !strings.Contains(h.log.String(), "a flow that nobody thought of") {
		t.Error("the log says nothing of the panic")
	}
}

func TestSameKeyGivesTheSameAnswer(t *testing.T) {
	h := open(t)
	first := h.post("/tickets", `{"claim":"question"}`, "Idempotency-Key", "k1").is(201)
	again := h.post("/tickets", `{"claim":"question"}`, "Idempotency-Key", "k1").is(201)
	if first.header.Get("Location") != "/api/v1/tickets/417" || again.header.Get("Location") != first.header.Get("Location") {
		t.Errorf("made at %q, then %q", first.header.Get("Location"), again.header.Get("Location"))
	}
	if first.body != again.body || again.header.Get("Idempotent-Replayed") != "true" || first.header.Get("Idempotent-Replayed") != "" {
		t.Errorf("first %s, then %s", first.body, again.body)
	}
	h.post("/tickets", `{"claim":"feature"}`, "Idempotency-Key", "k1").is(422, "another request")
	h.post("/tickets", `{"claim":"question"}`, "Idempotency-Key", "k2").is(201, `"number":418`)
	h.post("/tickets/417/close", "", "Idempotency-Key", "k1").is(200)
	h.post("/tickets/417/close", "", "Idempotency-Key", "k1").is(200, `"state":"closed"`)
	h.post("/tickets/417/close", "", "Idempotency-Key", "k3").is(409)
	h.post("/tickets/417/reopen", "").is(200)
	h.post("/tickets/417/close", "", "Idempotency-Key", "k3").is(409, "cannot become")
	h.post("/tickets", `{}`, "Idempotency-Key", strings.Repeat("k", 201)).is(422)
	secret, token := access.NewToken("laura", tokens.ScopeStaff, monday(9, 0))
	must(t, h.store.PutToken(t.Context(), token))
	h.post("/tickets", `{"claim":"question"}`, "Idempotency-Key", "k1", "Authorization", "Bearer "+secret).is(201, `"number":419`)
}

func TestSameKeyAtOnceWritesOnce(t *testing.T) {
	h := open(t)
	var all sync.WaitGroup
	bodies := make([]string, 20)
	for i := range bodies {
		all.Go(func() {
			bodies[i] = h.ask("POST", "/api/v1/tickets", `{"claim":"question"}`, "Idempotency-Key", "at once").body
		})
	}
	all.Wait()
	for _, b := range bodies {
		if b != bodies[0] || !strings.Contains(b, `"number":417`) {
			t.Errorf("answers differ: %s", b)
		}
	}
	h.get("/tickets").is(200, `"total":1`)
}

func TestKeptAnswerHoldsNoPIN(t *testing.T) {
	h := open(t)
	var made struct{ PIN string }
	h.post("/contracts", `{"id":"verdi",`+verdi+`}`, "Idempotency-Key", "k").is(201).into(&made)
	again := h.post("/contracts", `{"id":"verdi",`+verdi+`}`, "Idempotency-Key", "k").is(201, `"id":"verdi"`)
	if made.PIN == "" || strings.Contains(again.body, made.PIN) || strings.Contains(again.body, `"pin":`) {
		t.Errorf("first PIN %q, repeated answer %s", made.PIN, again.body)
	}
	h.get("/contracts").is(200, `"id":"verdi"`)
}

func TestInterruptedWriteIsNeverDoneTwice(t *testing.T) {
	h := open(t)
	token, request := sha256.Sum256([]byte("demo")), sha256.Sum256([]byte("POST /api/v1/tickets\nk"))
	key := fmt.Sprintf("%x\n%x", token, request)
	digest := sha256.Sum256([]byte("\x00" + `{"claim":"question"}`))
	_, _, err := h.store.Remember(t.Context(), idempotency.Reply{Key: "claim\n" + key, Digest: digest, At: time.Now()})
	must(t, err)
	for range 2 {
		h.post("/tickets", `{"claim":"question"}`, "Idempotency-Key", "k").is(409, "interrupted")
	}
	h.get("/tickets").is(200, `"total":0`)
}

func TestStoreThatFailsInTheMiddleIsNotRemembered(t *testing.T) {
	h := open(t)
	h.store.failContracts(storage.ErrDown)
	h.post("/contracts", `{"id":"verdi",`+verdi+`}`, "Idempotency-Key", "k").is(503)
	h.store.failContracts(nil)
	h.post("/contracts", `{"id":"verdi",`+verdi+`}`, "Idempotency-Key", "k").is(409, "use a new key")
	h.post("/contracts", `{"id":"verdi",`+verdi+`}`, "Idempotency-Key", "k2").is(201)
}

func FuzzSpanIsReadAsItIsWritten(f *testing.F) {
	for _, s := range []string{"09:00", "168:00", "0:00", "24:60", "9", "-1:00", "", "09:00:00", "１２:００"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		h := open(t)
		until, err := json.Marshal(text)
		must(t, err)
		r := h.put("/calendars/f", `{"name":"x","zone":"Europe/Rome","week":[{"day":1,"from":"00:00","until":`+string(until)+`}]}`)
		switch r.status {
		case 200:
			if padded := strings.TrimLeft(text, "0"); !strings.Contains(r.body, padded+`"`) {
				t.Errorf("%q was read as %s", text, r.body)
			}
		case 422:
		default:
			t.Errorf("%q is answered with %d", text, r.status)
		}
	})
}
