package protocol_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"hotline/agent/protocol"
)

func TestWhatCannotBeMeantIsSaidByItsField(t *testing.T) {
	tcp := func(change func(*protocol.Check)) protocol.Configuration {
		c := protocol.Check{ID: "erp", Kind: protocol.TCP, Target: "erp:9000"}
		change(&c)
		return protocol.Configuration{Checks: []protocol.Check{c}}
	}
	of := func(kind protocol.Kind, target string) protocol.Configuration {
		return tcp(func(c *protocol.Check) { c.Kind, c.Target = kind, target })
	}
	for _, c := range []struct {
		is   protocol.Configuration
		want string // field and a part of the problem; empty: nothing is wrong
	}{
		{protocol.Configuration{}, ""},
		{tcp(func(*protocol.Check) {}), ""},
		{tcp(func(c *protocol.Check) { c.ID = "Web Shop" }), "checks[0].id: \"Web Shop\" is no name"},
		{tcp(func(c *protocol.Check) { c.ID = "line" }), "checks[0].id: line is the name of"},
		{protocol.Configuration{Checks: []protocol.Check{{ID: "a", Kind: protocol.TCP, Target: "b:1"}, {ID: "a", Kind: protocol.TCP, Target: "b:1"}}}, "checks[1].id: a stands here twice"},
		{tcp(func(c *protocol.Check) { c.Kind = "ping" }), "checks[0].kind: \"ping\" is none"},
		{tcp(func(c *protocol.Check) { c.Every = 4 }), "checks[0].every_seconds: use 5 to 86400"},
		{tcp(func(c *protocol.Check) { c.Failures = -1 }), "checks[0].failures: use 1 to 100"},
		{tcp(func(c *protocol.Check) { c.Every, c.Timeout = 5, 6 }), "checks[0].timeout_seconds: a check must end before"},
		{tcp(func(c *protocol.Check) { c.Days = 5 }), "checks[0].days: it is for checks of kind certificate alone"},
		{tcp(func(c *protocol.Check) { c.Contains = "x" }), "checks[0].contains: it is for checks of kind http alone"},
		{tcp(func(c *protocol.Check) { c.Untrusted = true }), "checks[0].any_certificate: it is for checks of kind http alone"},
		{tcp(func(c *protocol.Check) { c.ServerName = "x" }), "checks[0].server_name: it is for checks of kind certificate alone"},
		{tcp(func(c *protocol.Check) { c.Title = "two\nlines" }), "checks[0].title: use one line"},
		{of(protocol.TCP, "erp"), "checks[0].target: write host and port"},
		{of(protocol.TCP, "erp:0"), "checks[0].target: write host and port"},
		{of(protocol.TCP, ""), "checks[0].target: say in one line"},
		{of(protocol.SMTP, "[2001:db8::1]:25"), ""},
		{of(protocol.Certificate, "erp:443"), ""},
		{of(protocol.Disk, "var"), "checks[0].target: write the whole path"},
		{of(protocol.Disk, "/var"), ""},
		{of(protocol.Process, "/usr/sbin/asterisk"), "checks[0].target: write the name of the program alone"},
		{of(protocol.Process, "asterisk"), ""},
		{of(protocol.HTTP, "shop.example"), "checks[0].target: write an address such as"},
		{of(protocol.HTTP, "http://user:secret@shop.example"), "without a name and a password"},
		{of(protocol.HTTP, "https://shop.example/health"), ""},
		{of(protocol.SIP, "pbx.example"), "checks[0].target: write a SIP address"},
		{of(protocol.SIP, "sip:pbx.example"), ""},
		{protocol.Configuration{Line: "tel:+39"}, "line: write a SIP address"},
		{protocol.Configuration{Line: "sip:hotline.example:5060;transport=tcp"}, ""},
		{protocol.Configuration{Product: "pbx"}, "release_file: product and release_file belong together"},
		{protocol.Configuration{Product: "pbx", ReleaseFile: "VERSION"}, "release_file: write the whole path"},
		{protocol.Configuration{Product: "pbx", ReleaseFile: "/opt/pbx/VERSION"}, ""},
		{protocol.Configuration{Checks: make([]protocol.Check, 101)}, "checks: there are 101"},
	} {
		wrong := c.is.Check()
		got := ""
		if len(wrong) > 0 {
			got = wrong[0].Error()
		}
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%+v: %q, want %q", c.is, got, c.want)
		}
	}
}

func TestASIPAddressIsRead(t *testing.T) {
	for uri, want := range map[string]string{
		"sip:pbx.example": "udp pbx.example:5060", "sip:100@pbx.example:5070": "udp pbx.example:5070", "sip:[2001:db8::1]": "udp [2001:db8::1]:5060",
		"sip:[::1]:5070;transport=tcp": "tcp [::1]:5070", "sip:pbx.example;transport=udp": "udp pbx.example:5060", "sips:pbx.example": "", "sip:": "", "sip:@": "",
		"sip:pbx.example;transport=tls": "", "sip:pbx example": "", "sip:pbx.example:x": "",
	} {
		network, address, err := protocol.SIPAddress(uri)
		if got := strings.TrimSpace(network + " " + address); got != want || (err == nil) != (want != "") {
			t.Errorf("%s is asked at %q, %v; want %q", uri, got, err, want)
		}
	}
}

func TestATokenIsWrittenAndRead(t *testing.T) {
	house := []byte("secret of the house")
	for _, id := range []string{"plant", "rossi.plant-2", "a"} {
		token := protocol.NewToken(house, id, 17)
		got, err := protocol.ParseToken(" " + token.String() + "\n")
		if err != nil || got.Agent != id || got.Generation != 17 || string(got.Secret) != string(token.Secret) {
			t.Errorf("%s is read as %+v, %v", token, got, err)
		}
	}
	seen := map[string]bool{}
	for _, token := range []protocol.Token{protocol.NewToken(house, "a", 1), protocol.NewToken(house, "a", 2), protocol.NewToken(house, "b", 1), protocol.NewToken([]byte("other"), "a", 1), protocol.NewToken(house, "a\n1", 1)} {
		if seen[string(token.Secret)] {
			t.Errorf("%s has the secret of another one", token)
		}
		seen[string(token.Secret)] = true
	}
	for _, text := range []string{"", "plant", "plant.1", "plant.1.abc", "plant.0." + strings.Repeat("A", 43), "Plant.1." + strings.Repeat("A", 43), "demo"} {
		if _, err := protocol.ParseToken(text); err == nil || !strings.Contains(err.Error(), "no token of an agent") {
			t.Errorf("%q is read as a token: %v", text, err)
		}
	}
}

// TestASignatureCoversAllOfAQuestionAndItsAnswer: whatever is changed on the way is seen.
func TestASignatureCoversAllOfAQuestionAndItsAnswer(t *testing.T) {
	token := protocol.NewToken([]byte("house"), "plant", 1)
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	question := func() *http.Request {
		r := httptest.NewRequest(http.MethodPost, "/behind/a/proxy/agent/plant/messages", nil)
		token.SignRequest(r, []byte("body"), at)
		r.URL.Path = "/agent/plant/messages"
		return r
	}
	if signed, ok := token.Verified(question(), []byte("body")); !ok || !signed.Equal(at) {
		t.Errorf("a question as it was signed: %v at %s", ok, signed)
	}
	for what, change := range map[string]func(*http.Request) []byte{
		"body": func(*http.Request) []byte { return []byte("bodx") },
		"time": func(r *http.Request) []byte {
			r.Header.Set(protocol.TimeHeader, fmt.Sprint(at.Unix()+1))
			return []byte("body")
		},
		"path":      func(r *http.Request) []byte { r.URL.Path = "/agent/plant/configuration"; return []byte("body") },
		"method":    func(r *http.Request) []byte { r.Method = http.MethodGet; return []byte("body") },
		"signature": func(r *http.Request) []byte { r.Header.Set(protocol.SignatureHeader, "v1=0"); return []byte("body") },
		"no time":   func(r *http.Request) []byte { r.Header.Del(protocol.TimeHeader); return []byte("body") },
	} {
		r := question()
		body := change(r)
		if _, ok := token.Verified(r, body); ok {
			t.Errorf("a changed %s is not seen", what)
		}
	}
	answer := func() *http.Response {
		h := http.Header{"Etag": {`"3"`}}
		token.SignAnswer(h, "question", 200, `"3"`, []byte("body"), at)
		return &http.Response{StatusCode: 200, Header: h}
	}
	weak := answer()
	weak.Header.Set("ETag", `W/"3"`) // of a proxy that compresses
	for _, r := range []*http.Response{answer(), weak} {
		if told, ok := token.Answered(r, "question", []byte("body")); !ok || !told.Equal(at) {
			t.Errorf("an answer as it was signed: %v at %s", ok, told)
		}
	}
	for what, change := range map[string]func(*http.Response) (question, body string){
		"question": func(*http.Response) (string, string) { return "another", "body" },
		"body":     func(*http.Response) (string, string) { return "question", "bodx" },
		"status":   func(r *http.Response) (string, string) { r.StatusCode = 304; return "question", "body" },
		"tag":      func(r *http.Response) (string, string) { r.Header.Set("ETag", `"4"`); return "question", "body" },
		"time": func(r *http.Response) (string, string) {
			r.Header.Set(protocol.TimeHeader, "1")
			return "question", "body"
		},
	} {
		r := answer()
		q, body := change(r)
		if _, ok := token.Answered(r, q, []byte(body)); ok {
			t.Errorf("a changed %s of an answer is not seen", what)
		}
	}
}

// TestAnAgentOfAnOlderVersionGoesOn: what it does not know is left out and told, the rest is done.
func TestAnAgentOfAnOlderVersionGoesOn(t *testing.T) {
	c, complaints, err := protocol.ParseConfiguration([]byte(`{"checks":[{"id":"a","kind":"tcp","target":"b:1","colour":"red"},{"id":"b","kind":"quantum","target":"x"},{"id":"a","kind":"tcp","target":"b:1"}],"line":"tel:1","product":"pbx","more":1}`))
	if err != nil || len(c.Checks) != 1 || c.Checks[0].ID != "a" || c.Line != "" || c.Product != "" || len(complaints) != 4 || !strings.Contains(complaints[0], "check b is not made: checks[1].kind") {
		t.Errorf("%+v, %q, %v", c, complaints, err)
	}
}

func FuzzConfiguration(f *testing.F) {
	f.Add([]byte(`{"checks":[{"id":"a","kind":"tcp","target":"b:1"}],"line":"sip:a"}`))
	f.Add([]byte(`{"checks":[{"id":"a","kind":"sip","target":"sip:[::1]:5;transport=tcp"}]}`))
	f.Add([]byte(`{"checks":[{"id":"a","kind":"http","target":"http://[::1"}],"product":"p","release_file":"/v"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		c, _, err := protocol.ParseConfiguration(body)
		if err != nil {
			return
		}
		if wrong := c.Check(); len(wrong) > 0 {
			t.Errorf("%s is read as %+v, in which %v", body, c, wrong[0])
		}
		text, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if again, complaints, err := protocol.ParseConfiguration(text); err != nil || len(complaints) > 0 || len(again.Checks) != len(c.Checks) {
			t.Errorf("%s is read as %s, which is read as %+v, %q, %v", body, text, again, complaints, err)
		}
	})
}
