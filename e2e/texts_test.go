package e2e_test

import (
	"encoding/base64"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/netip"
	"net/smtp"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"hotline/sip/siptest"
)

// channels sends texts into a house by every way that people and machines have: calls, mails, the API, a table of a spreadsheet.
type channels struct {
	*house
	mail   string // the listener for mails, host:port
	staff  *http.Client
	caller *siptest.Phone
	own    []int64 // the tickets of calls of a contract
	sent   int     // calls and mails so far: what must be unique is numbered
}

// together is how many texts one call and one mail have.
const together = 5

// brings sends each text by each way, and waits until all of them stand.
func (c *channels) brings(texts []string) {
	c.t.Helper()
	for five := range slices.Chunk(texts, together) {
		c.sent++
		c.calls(five)
		c.writes(five)
		c.does(http.MethodPost, fmt.Sprintf("/api/v1/tickets/%d/comment", c.own[len(c.own)-1]), map[string]any{"text": strings.Join(five, "\n"), "audience": "customer"})
		for i, text := range five {
			c.documents(text, fmt.Sprintf("k%d-%d", c.sent, i), together*c.sent+i+c.sent/4) // each kind gets other payloads with other ways out of a text
		}
	}
	c.reports(texts)
	c.imports(texts)
	eventually(c.t, time.Minute, "every mail is a ticket, or filed", func() error {
		waiting, err := os.ReadDir(filepath.Join(c.data, "mail", "in"))
		if err == nil && len(waiting) > 0 {
			err = fmt.Errorf("%d mails wait", len(waiting))
		}
		return err
	})
}

// word is a text in the characters that a Call-ID may have (RFC 3261 section 25.1: word).
func word(text string) string {
	return strings.Map(func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-.!%*_+`'~()<>:\\\"/[]?{}", r)) {
			return r
		}
		return '.'
	}, text)
}

// of is one of some texts, by its number.
func of(texts []string, n int) string { return texts[n%len(texts)] }

// party is an address with a text as its name and another one as its user.
func party(name, user, host string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(name) + `" <sip:` + escaped(user) + "@" + host + ">"
}

// escaped is a text as the user part of a SIP address.
func escaped(text string) string { return strings.ReplaceAll(url.QueryEscape(text), "+", "%20") }

// calls rings the line with texts in every header that a carrier hands on. Each fourth caller asks a question of a contract.
func (c *channels) calls(texts []string) {
	c.t.Helper()
	host := c.caller.At.Addr().String()
	call := c.caller.Call(netip.MustParseAddrPort(c.sip), escaped(of(texts, c.sent)))
	call.CallID = fmt.Sprintf("%s%d", word(of(texts, c.sent+1)), c.sent)
	call.From = fmt.Sprintf("%s;tag=%d", party(of(texts, c.sent+2), of(texts, c.sent+3), host), c.sent)
	call.Remote = party(of(texts, c.sent+4), of(texts, c.sent), c.sip)
	for i, name := range []string{"Subject", "User-Agent", "Organization", "Alert-Info", "X-Text"} {
		call.Extra = append(call.Extra, name+": "+of(texts, c.sent+i))
	}
	call.Extra = append(call.Extra, "P-Asserted-Identity: "+party(of(texts, c.sent+3), of(texts, c.sent+2), host))
	call.SendInvite(strings.NewReplacer("192.0.2.9", host, "s=-", "s="+of(texts, c.sent+1)).Replace(siptest.SDP))
	call.Expect(200, 10*time.Second)
	call.Extra = nil
	call.Ack("")
	if c.sent%4 == 1 {
		before, _ := c.latest()
		call.Extra = []string{"Content-Type: application/dtmf-relay"}
		for _, key := range pin + "#3" {
			call.RequestWith("INFO", "Signal="+string(key))
			call.Expect(200, 10*time.Second)
		}
		eventually(c.t, 20*time.Second, "the call has a ticket", func() error {
			v, err := c.latest()
			if err != nil || v.Number == before.Number || v.Contract != "rossi" {
				return fmt.Errorf("the newest is %d, %v", v.Number, err)
			}
			c.own = append(c.own, v.Number)
			return nil
		})
		call.Extra = nil
	}
	call.Request("BYE", "")
	call.Expect(200, 10*time.Second)
}

// writes sends a mail with texts in everything that a mail has: a customer's, a stranger's, or that of a stranger's machine.
func (c *channels) writes(texts []string) {
	c.t.Helper()
	encoded := func(text string) string { return "=?utf-8?b?" + base64.StdEncoding.EncodeToString([]byte(text)) + "?=" }
	from, headers := "guasti@rossi.example", ""
	switch c.sent % 4 {
	case 1:
		from = fmt.Sprintf("x%d@stranger.example", c.sent)
	case 2:
		from, headers = fmt.Sprintf("x%d@stranger.example", c.sent), "List-Id: <x>\r\n"
	}
	raw := fmt.Sprintf("From: %s <%s>\r\nTo: support@house.example\r\nSubject: %s\r\nMessage-ID: <%d@stranger.example>\r\nDate: Mon, 23 Nov 2026 09:00:00 +0000\r\n%sMIME-Version: 1.0\r\n"+
		"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n--b\r\nContent-Type: application/octet-stream\r\n"+
		"Content-Disposition: attachment; filename=\"%s\"\r\n\r\nx\r\n--b--\r\n",
		encoded(of(texts, c.sent)), from, encoded(of(texts, c.sent+1)), c.sent, headers, strings.Join(texts, "\r\n"), encoded(of(texts, c.sent+2)))
	if err := smtp.SendMail(c.mail, nil, from, []string{"support@house.example"}, []byte(raw)); err != nil {
		c.t.Fatalf("%q: %v", texts, err)
	}
}

// documents writes a text by the API as a document, each time of another kind.
func (c *channels) documents(text, id string, kind int) {
	c.t.Helper()
	name, zone := limited(text, 200), "Europe/Rome"
	type doc = map[string]any
	kinds := [...]struct {
		path string
		doc  doc
	}{
		{"engineers/", doc{"name": name, "phones": []string{"sip:x@127.0.0.1:9"}}},
		{"faults/", doc{"note": text, "words": doc{"it": limited("attenzione "+text, 200)}}},
		{"heartbeats/", doc{"contract": "rossi", "title": name, "period_seconds": 3600, "grace_seconds": 600}},
		{"maintenance-windows/", doc{"contract": "rossi", "from": "2030-01-01T00:00:00Z", "until": "2030-01-02T00:00:00Z", "note": text}},
		{"releases/", doc{"releases": []doc{{"name": "1.0", "at": "2026-01-01T00:00:00Z", "note": text}}}},
		{"calendars/", doc{"name": name, "zone": zone, "week": []doc{{"day": 1, "from": "09:00", "until": "18:00"}}}},
		{"escalation-policies/", doc{"name": name, "serves": doc{"products": []string{name}}, "steps": []doc{{"level": 1}}}},
		{"rotas/", doc{"name": name, "serves": doc{"products": []string{name}}, "zone": zone, "layers": []doc{{"name": name, "level": 1, "rotation": "weekly", "start": "2026-11-23T09:00", "turns": []doc{{"engineer": "anna"}}}}}},
		{"agents/", doc{"contract": "rossi", "checks": []doc{{"id": "disk", "kind": "disk", "target": "/" + text, "title": name, "free_percent": 10}}}},
		{"endpoints/", doc{"template": "own", "paused": true, "request": doc{"method": "POST", "url": "https://crm.example/x", "body": text, "headers": doc{"X-Text": strings.TrimPrefix(text, "\u2028")}}}},
	}
	k := kinds[kind%len(kinds)]
	c.does(http.MethodPut, "/api/v1/"+k.path+id, k.doc)
}

func (c *channels) does(method, path string, body any) {
	c.t.Helper()
	if _, err := c.call(method, path, body, nil); err != nil {
		c.t.Fatal(err)
	}
}

// limited is at most so many characters of a text.
func limited(text string, most int) string {
	list := []rune(text)
	return string(list[:min(len(list), most)])
}

// reports has a monitoring system report an alert for each text.
func (c *channels) reports(texts []string) {
	c.t.Helper()
	var alerts []map[string]any
	for i, text := range texts {
		alerts = append(alerts, map[string]any{
			"status": "firing", "fingerprint": fmt.Sprintf("f%d-%d", c.sent, i), "startsAt": "2026-11-23T09:00:00Z",
			"labels": map[string]string{"alertname": text, "severity": "warning", "host": text}, "annotations": map[string]string{"summary": text},
		})
	}
	c.does(http.MethodPost, "/api/v1/alerts/alertmanager?contract=rossi", map[string]any{"version": "4", "status": "firing", "alerts": alerts})
}

// imports has an administrator upload a table of customers, one for each text.
func (c *channels) imports(texts []string) {
	c.t.Helper()
	rows := "id,name,email,numbers,spoken\n"
	for i, text := range texts {
		rows += fmt.Sprintf("k%d-%d,\"%s\",,,\n", c.sent, i, strings.ReplaceAll(text, `"`, `""`))
	}
	c.uploads("/imports", rows)
	c.uploads("/imports/write", rows)
	eventually(c.t, 20*time.Second, "the customers stand", func() error {
		_, err := c.call(http.MethodGet, fmt.Sprintf("/api/v1/customers/k%d-%d", c.sent, len(texts)-1), nil, nil)
		return err
	})
}

// uploads sends a table by the form of a page.
func (c *channels) uploads(path, table string) {
	c.t.Helper()
	var b strings.Builder
	w := multipart.NewWriter(&b)
	_ = w.WriteField("kind", "customers") // a builder takes everything
	_ = w.WriteField("text", table)
	f, err := w.CreateFormFile("file", "customers.csv")
	if err != nil {
		c.t.Fatal(err)
	}
	_, _ = io.WriteString(f, table)
	_ = w.Close()
	answer, err := c.staff.Post("http://"+c.http+path, w.FormDataContentType(), strings.NewReader(b.String()))
	if err != nil {
		c.t.Fatal(err)
	}
	defer answer.Body.Close()
	if page, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusOK {
		c.t.Fatalf("%s answers %s: %s", path, answer.Status, page)
	}
}

// visits is a browser without script.
func visits(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar, Timeout: 30 * time.Second}
}

// openChannels starts a house that takes calls of a carrier, mails and pages, and logs staff in.
func openChannels(t *testing.T, box string) *channels {
	t.Helper()
	c := &channels{mail: fmt.Sprintf("127.0.0.1:%d", freePort(t)), staff: visits(t), caller: siptest.NewPhone(t, sockets{}, "127.0.0.9:0")}
	c.house = open(t, "--config", settingsFile(t, fmt.Sprintf("mail:\n  server: %q\n  security: none\n  from: hotline@house.example\n"+
		"  inbox: {listen: %q, address: support@house.example, verify: false, relays: [127.0.0.0/8]}\n"+
		"portal: {url: \"http://127.0.0.1\"}\nsip: {trunks: [{name: carrier, addresses: [127.0.0.9/32]}]}\n", box, c.mail)))
	c.does(http.MethodPatch, "/api/v1/customers/rossi", map[string]any{"email": "guasti@rossi.example"})
	answer, err := c.staff.PostForm("http://"+c.http+"/login", url.Values{"name": {"demo"}, "password": {"demo-password"}})
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("logging in: %s", answer.Status)
	}
	return c
}
