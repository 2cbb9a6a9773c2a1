package send

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"hotline/outbox"
)

// body is a message as the outbox writes it.
func body(t testing.TB, summary string) string {
	t.Helper()
	text, err := json.Marshal(outbox.Payload{Type: outbox.Breach, Timestamp: time.Unix(1614265330, 0).UTC(), Data: outbox.Data{
		Summary: summary, Text: summary + "\nà fond", Ticket: outbox.Ticket{Number: 417, Category: "blocking", Name: "Rossi S.p.A.", Clocks: []outbox.Clock{}}, Event: outbox.Line{ID: "e1"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestASignatureIsThatOfStandardWebhooks: the example of the specification's own libraries.
func TestASignatureIsThatOfStandardWebhooks(t *testing.T) {
	got, err := Signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", `{"test": 2432232314}`)
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; err != nil || got != want {
		t.Errorf("signed %q, %v, want %q", got, err, want)
	}
	for _, bad := range []string{"", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_x", "whsec_" + strings.Repeat("A", 8)} {
		if _, err := SigningKey(bad); !errors.Is(err, ErrSecret) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestNoPartOfASecretIsShown, not even where one secret begins another one.
func TestNoPartOfASecretIsShown(t *testing.T) {
	e := outbox.Endpoint{Secrets: map[string]string{"a": "open sesame", "b": "open sesame, all of you", "c": "open"}}
	for range 20 { // a map has no order
		if got := scrubbed("bad key open+sesame%2C+all+of+you or open sesame, all of you", e); got != "bad key *** or ***" {
			t.Fatal(got)
		}
	}
}

// loopback lets a sender reach this machine.
func loopback(t *testing.T) *Sender {
	s := New([]netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")})
	t.Cleanup(s.Close)
	return s
}

func webhook(url string) outbox.Endpoint {
	return outbox.Endpoint{ID: "w", Template: outbox.Webhook, Values: map[string]string{"url": url}, Secrets: map[string]string{SigningSecret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}}
}

func TestAWebhookArrivesSigned(t *testing.T) {
	var got *http.Request
	var text []byte
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = r
		text, _ = io.ReadAll(r.Body)
	}))
	defer server.Close()
	m := outbox.Message{ID: "msg_e1", Body: body(t, "x")}
	if err := loopback(t).Send(t.Context(), webhook(server.URL+"/in"), m); err != nil {
		t.Fatal(err)
	}
	want, err := Signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_e1", got.Header.Get("webhook-timestamp"), string(text))
	if err != nil || got.Header.Get("webhook-signature") != want || got.Header.Get("webhook-id") != "msg_e1" || string(text) != m.Body || got.Method != "POST" {
		t.Errorf("%s %v %s, want the signature %s, %v", got.Method, got.Header, text, want, err)
	}
}

func TestWhatAReceiverAnswersIsUnderstood(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(w http.ResponseWriter)
		want   outbox.Failure
	}{
		"taken":     {func(w http.ResponseWriter) { w.WriteHeader(204) }, outbox.Failure{}},
		"broken":    {func(w http.ResponseWriter) { http.Error(w, "no room\x00 left", 500) }, outbox.Failure{Why: "it answers 500 Internal Server Error: no room left", Status: 500}},
		"gone":      {func(w http.ResponseWriter) { w.WriteHeader(410) }, outbox.Failure{Why: "it answers 410 Gone", Final: true, Status: 410}},
		"busy":      {func(w http.ResponseWriter) { w.Header().Set("Retry-After", "120"); w.WriteHeader(429) }, outbox.Failure{Why: "it answers 429 Too Many Requests", After: 2 * time.Minute, Status: 429}},
		"elsewhere": {func(w http.ResponseWriter) { w.Header().Set("Location", "http://127.0.0.1:1/"); w.WriteHeader(302) }, outbox.Failure{Why: "it answers 302 Found: redirects are not followed; write the address to which it leads", Status: 302}},
		"tells the secret": {func(w http.ResponseWriter) {
			http.Error(w, "bad key whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", http.StatusUnauthorized)
		}, outbox.Failure{Why: "it answers 401 Unauthorized: bad key ***", Status: 401}},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { c.answer(w) }))
			defer server.Close()
			err := loopback(t).Send(t.Context(), webhook(server.URL), outbox.Message{ID: "m", Body: body(t, "x")})
			var got *outbox.Failure
			if errors.As(err, &got); (err == nil) != (c.want.Why == "") || got != nil && *got != c.want {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}

func TestAnEndlessAnswerIsNotRead(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(500)
		for r.Context().Err() == nil {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
	}))
	defer server.Close()
	if err := loopback(t).Send(t.Context(), webhook(server.URL), outbox.Message{ID: "m", Body: body(t, "x")}); err == nil {
		t.Error("it is taken")
	}
}

// TestNoPrivateAddressIsReached: by its number, by a name that leads there, and mapped into IPv6; nothing is sent, not even a greeting.
func TestNoPrivateAddressIsReached(t *testing.T) {
	reached := false
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer server.Close()
	port := server.URL[strings.LastIndex(server.URL, ":")+1:]
	s := New(nil)
	defer s.Close()
	for _, host := range []string{"127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "[::1]", "0.0.0.0", "169.254.169.254", "10.1.2.3", "[fe80::1]", "[fd00::1]", "100.64.1.1", "[64:ff9b::7f00:1]"} {
		for _, scheme := range []string{"https", "http"} {
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			err := s.Send(ctx, webhook(scheme+"://"+host+":"+port), outbox.Message{ID: "m", Body: body(t, "x")})
			cancel()
			if err == nil || !strings.Contains(err.Error(), "outbox.private") {
				t.Errorf("%s://%s: %v", scheme, host, err)
			}
		}
	}
	if reached {
		t.Error("the server was reached")
	}
	for a, want := range map[string]bool{"93.184.216.34": true, "2606:2800:220:1::1": true, "192.168.1.1": false, "203.0.113.9": false, "255.255.255.255": false, "224.0.0.1": false, "::": false, "2002:7f00:1::": false} {
		if public(netip.MustParseAddr(a)) != want {
			t.Errorf("%s public: %v", a, !want)
		}
	}
}

// endpoints are one of each template that ships, with everything that it takes.
func endpoints() (list []outbox.Endpoint) {
	for _, t := range Templates() {
		e := outbox.Endpoint{ID: t.Name, Template: t.Name, Values: map[string]string{}, Secrets: map[string]string{}}
		for name := range t.Values {
			e.Values[name] = "https://x.example/" + name
		}
		for name := range t.Secrets {
			e.Secrets[name] = "https://x.example/s3cr3t"
		}
		if t.Name == outbox.Webhook {
			e.Secrets[SigningSecret] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
		}
		list = append(list, e)
	}
	return list
}

// TestEveryTemplateMakesARequest whose body is JSON, whatever the text of a message, and needs what it says.
func TestEveryTemplateMakesARequest(t *testing.T) {
	if got := len(endpoints()); got < 7 {
		t.Fatalf("%d templates ship", got)
	}
	for _, e := range endpoints() {
		for _, summary := range []string{"plain", `quote " back \ slash`, "line\nline", "{{.secrets}}", "<script>&\u2028"} {
			r, err := Request(t.Context(), e, outbox.Message{ID: "m", Body: body(t, summary)})
			if err != nil {
				t.Errorf("%s: %v", e.ID, err)
				continue
			}
			text, _ := io.ReadAll(r.Body)
			if !json.Valid(text) {
				t.Errorf("%s of %q writes no JSON: %s", e.ID, summary, text)
			}
			if r.URL.Scheme != "https" {
				t.Errorf("%s asks %s", e.ID, r.URL)
			}
		}
		if err := CheckAddress(e); err != nil {
			t.Errorf("%s: %v", e.ID, err)
		}
		if lacks := Lacks(e); lacks != "" {
			t.Errorf("%s lacks %s", e.ID, lacks)
		}
		if bare := (outbox.Endpoint{Template: e.Template, Values: e.Values}); Lacks(bare) == "" {
			if _, err := Request(t.Context(), bare, outbox.Message{ID: "m", Body: body(t, "x")}); err != nil {
				t.Errorf("%s without any secret: %v", e.ID, err)
			}
		}
		for name := range shipped()[e.ID].Secrets {
			poor := e.Clone()
			delete(poor.Secrets, name)
			_, err := Request(t.Context(), poor, outbox.Message{ID: "m", Body: body(t, "x")})
			if optional := strings.HasPrefix(shipped()[e.ID].Secrets[name], "optional"); (err == nil) != optional || (Lacks(poor) == "") != optional {
				t.Errorf("%s without %s: %v, lacks %q", e.ID, name, err, Lacks(poor))
			}
		}
	}
}

func TestWhatAnOwnTemplateMayNot(t *testing.T) {
	for name, r := range map[string]outbox.Request{
		"a method":         {Method: "DELETE", URL: "https://x.example"},
		"another scheme":   {Method: "POST", URL: "file:///etc/passwd"},
		"a broken gap":     {Method: "POST", URL: "https://x.example", Body: "{{.x"},
		"a function":       {Method: "POST", URL: "https://x.example", Body: "{{exec .x}}"},
		"a broken header":  {Method: "POST", URL: "https://x.example", Headers: map[string]string{"A": "{{end}}"}},
		"nothing to begin": {Method: "POST"},
		"a long loop":      {Method: "POST", URL: "https://x.example", Body: "{{range 1000000000}}{{end}}"},
		"another one":      {Method: "POST", URL: "https://x.example", Body: "{{if .x}}{{range len .text}}{{end}}{{end}}"},
		"a third":          {Method: "POST", URL: "https://x.example", Body: "{{$x := 1000000000}}{{range $x}}{{end}}"},
		"a fourth":         {Method: "POST", URL: "https://x.example", Body: "{{with 1000000000}}{{range .}}{{end}}{{end}}"},
		"deep loops":       {Method: "POST", URL: "https://x.example", Body: "{{range .a}}{{range .b}}{{range .c}}{{end}}{{end}}{{end}}"},
		"itself":           {Method: "POST", URL: "https://x.example", Body: "{{template \"headers\" .}}"},
		"one of its own":   {Method: "POST", URL: "https://x.example", Body: "{{define \"a\"}}x{{end}}"},
	} {
		if Check(r) == nil {
			t.Errorf("%s is taken", name)
		}
	}
	for name, r := range map[string]outbox.Request{
		"another scheme by a value": {Method: "POST", URL: "{{.values.url}}"},
		"a gap that nobody fills":   {Method: "POST", URL: "https://x.example", Body: "{{.values.none}}"},
		"too much":                  {Method: "POST", URL: "https://x.example", Body: strings.Repeat(`{{range .ticket}}{{range $.ticket}}{{$.text}}{{end}}{{end}}`, 40)},
		"a line in a header":        {Method: "POST", URL: "https://x.example", Headers: map[string]string{"A": "x{{.text}}"}},
	} {
		e := outbox.Endpoint{Template: outbox.Own, Request: r, Values: map[string]string{"url": "gopher://x.example"}}
		if err := New(nil).Send(t.Context(), e, outbox.Message{ID: "m", Body: body(t, "x")}); err == nil {
			t.Errorf("%s is sent", name)
		}
	}
}

// TestAnAddressThatTheMessageDecidesIsLeftToIt: what cannot be known before is no reason to refuse an endpoint.
func TestAnAddressThatTheMessageDecidesIsLeftToIt(t *testing.T) {
	for address, right := range map[string]bool{
		"https://x.example/{{.ticket.number}}": true, "{{.values.url}}/x": true, "{{.values.other}}/x": false, "https://{{.values.host}}": false, "https:///x": false,
	} {
		e := outbox.Endpoint{Template: outbox.Own, Request: outbox.Request{Method: "POST", URL: address}, Values: map[string]string{"url": "http://x.example", "other": "ftp://x.example", "host": "me:secret@x.example"}}
		if err := CheckAddress(e); (err == nil) != right {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func FuzzATemplateIsReadOrRefused(f *testing.F) {
	f.Add("{{.ticket.number}} {{json .text}}", "x")
	f.Add("{{first 3 .summary}}{{query .text}}", "é")
	f.Add("{{range .ticket.clocks}}{{.}}{{end}}", "\"")
	f.Add("{{template \"own\"}}{{define \"own\"}}{{template \"own\"}}{{end}}", "")
	f.Fuzz(func(t *testing.T, text, summary string) {
		r := outbox.Request{Method: "POST", URL: "https://x.example", Body: text}
		if Check(r) != nil {
			return
		}
		out, err := filled(r, outbox.Endpoint{Template: outbox.Own, Request: r}, outbox.Message{ID: "m", Body: body(t, summary)})
		if err == nil && len(out.Body) > partMost {
			t.Errorf("%d octets", len(out.Body))
		}
	})
}

// TestATemplateWalksThroughTheLinesOfABundle, and has none of a message that came alone.
func TestATemplateWalksThroughTheLinesOfABundle(t *testing.T) {
	e := outbox.Endpoint{Template: outbox.Own, Request: outbox.Request{Method: "POST", URL: "https://x.example/", Body: `{{.summary}}:{{range .lines}} {{.id}} {{.type}} {{.event.text}};{{end}}`}}
	if err := Check(e.Request); err != nil {
		t.Fatal(err)
	}
	for body, want := range map[string]string{
		`{"data": {"summary": "a"}}`: "a:",
		`{"data": {"summary": "a (+1)", "lines": [{"id": "1", "type": "ticket.opened", "event": {"text": "x"}}, {"id": "2", "type": "ticket.closed", "event": {"text": ""}}]}}`: "a (+1): 1 ticket.opened x; 2 ticket.closed ;",
	} {
		r, err := Request(t.Context(), e, outbox.Message{ID: "m", Body: body})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r.Body); err != nil || string(got) != want {
			t.Errorf("sent %q, %v, want %q", got, err, want)
		}
	}
}
