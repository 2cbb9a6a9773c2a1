package app_test

import (
	"bytes"
	"compress/flate"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/icholy/digest"

	"hotline/app"
	"hotline/app/apptest"
	"hotline/cdr"
	"hotline/config"
	"hotline/phone"
	"hotline/sip/siptest"
)

// staff are the pages of a program, as somebody who has logged in sees them.
type staff struct {
	*testing.T
	pages  http.Handler
	cookie string
}

func logIn(p *apptest.Program) staff {
	p.Helper()
	s := staff{T: p.T, pages: p.App.Pages(p.Context())}
	q := httptest.NewRequest(http.MethodPost, "/login", strings.NewReader(url.Values{"name": {"demo"}, "password": {app.DemoPassword}}.Encode()))
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.pages.ServeHTTP(w, q)
	if s.cookie, _, _ = strings.Cut(w.Header().Get("Set-Cookie"), ";"); s.cookie == "" {
		p.Fatalf("the login is answered with %d: %s", w.Code, w.Body)
	}
	return s
}

// shows demands texts of the page of a call.
func (s staff) shows(what string, c cdr.Call, texts ...string) {
	s.Helper()
	q := httptest.NewRequest(http.MethodGet, "/calls/"+string(c.ID), nil)
	q.Header.Set("Cookie", s.cookie)
	q.Header.Set("Accept-Language", "en")
	w := httptest.NewRecorder()
	s.pages.ServeHTTP(w, q)
	for _, text := range texts {
		if !strings.Contains(w.Body.String(), text) {
			s.Errorf("%s: the page lacks %q (%d):\n%s", what, text, w.Code, w.Body)
			return
		}
	}
}

// secrets are what a telephone says in its messages and nobody may keep.
var secrets = []string{"telephone-secret", "314159", "inline:", "crypto", "Digest", "nonce", "identity-of-the-caller", "Signal", "m=audio"}

// secretive is a telephone that belongs to the house: it proves itself by digest, and its messages have all that must not be kept.
func secretive(p *apptest.Program) *siptest.Call {
	p.Helper()
	line := netip.MustParseAddrPort("127.0.0.1:5060")
	s := siptest.NewPhone(p.T, p.SIP, "198.51.100.7:5060")
	s.Spell = func(m string) string {
		m = strings.ReplaceAll(m, "a=rtpmap:101", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\r\na=rtpmap:101")
		head, body, _ := strings.Cut(m, "\r\n\r\n")
		head, _, _ = strings.Cut(head, "\r\nContent-Length:")
		return fmt.Sprintf("%s\r\nIdentity: identity-of-the-caller;info=<https://x/314159>\r\nSubject: 314159\r\nContent-Length: %d\r\n\r\n%s", head, len(body), body)
	}
	asked := s.Dial(line, "hotline", siptest.SDP)
	challenge, err := digest.ParseChallenge(asked.Expect(401, time.Second).Get("WWW-Authenticate"))
	if err != nil {
		p.Fatal(err)
	}
	asked.AckRefusal()
	c := s.Call(line, "hotline")
	c.CallID, c.From = asked.CallID, asked.From
	proof := func(method string) string {
		made, err := digest.Digest(challenge, digest.Options{Method: method, URI: c.URI, Username: "desk", Password: "telephone-secret", Count: 1})
		if err != nil {
			p.Fatal(err)
		}
		return made.String()
	}
	c.Extra = []string{"Authorization: " + proof("REGISTER"), "Proxy-Authorization: " + proof("INVITE")}
	c.Ask("REGISTER") // in the dialog of the call
	c.Extra = []string{"Authorization: " + proof("INVITE")}
	c.Request("INVITE", siptest.SDP)
	c.Expect(200, time.Second)
	c.Extra = nil
	c.Ack("")
	return c
}

// keyed keys digits by INFO.
func keyed(p *apptest.Program, c *siptest.Call, keys string) {
	c.Extra = []string{"Content-Type: application/dtmf-relay"}
	for _, k := range keys {
		c.RequestWith("INFO", fmt.Sprintf("Signal=%c\r\nDuration=160\r\n", k))
		p.Passes(300 * time.Millisecond)
	}
	c.Extra = nil
}

// plain is what stands in a store of a ladder, without its compression.
func plain(t *testing.T, octets []byte) string {
	t.Helper()
	var all []byte
	for len(octets) > 0 {
		length, n := binary.Uvarint(octets)
		part, err := io.ReadAll(flate.NewReader(bytes.NewReader(octets[n : n+int(length)])))
		if err != nil {
			t.Fatal(err)
		}
		all, octets = append(all, part...), octets[n+int(length):]
	}
	return string(all)
}

// secondNode changes the configuration of the second program on the store of the first: it has an address of its own, and the keys of the first.
func secondNode(first *apptest.Program) func(*app.Config) {
	return func(c *app.Config) {
		first.Helper()
		key, err := os.ReadFile(filepath.Join(first.Config.Config.Data, "pin.key"))
		if err == nil {
			err = os.WriteFile(filepath.Join(c.Config.Data, "pin.key"), key, 0o600)
		}
		if err != nil {
			first.Fatal(err)
		}
		c.Config.SIP.Listen = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.2:5060")}
		c.Virtual.Store = first.Store
	}
}

// callsOf are the records of calls, the newest first.
func callsOf(p *apptest.Program) []cdr.Call {
	p.Helper()
	page, err := p.Store.Calls(context.Background(), cdr.Filter{})
	if err != nil {
		p.Fatal(err)
	}
	return page.Items
}

// TestTheLadderOfACallIsShownByEveryNodeAndAfterARestart: a telephone of the house proves itself by digest, keys a PIN by INFO, and an engineer
// talks to it. While it lasts its node shows it, and the other node says where it is; afterwards both show it, also once the first has started
// anew. Of what must not be kept the store has nothing.
func TestTheLadderOfACallIsShownByEveryNodeAndAfterARestart(t *testing.T) {
	apptest.Run(t, func(t *testing.T, a *apptest.Program) {
		b := apptest.Start(t, secondNode(a))
		t.Cleanup(b.Stop)
		var rings apptest.Rings
		a.Engineers(rings.Accepts(4*time.Second, time.Minute), rings.Busy)
		atA, atB := logIn(a), logIn(b)
		c := secretive(a)
		a.Passes(5 * time.Second)
		keyed(a, c, "314159#1")
		a.Passes(25 * time.Second) // no sound comes from this telephone: for longer its line would be lost
		call := callsOf(a)[0]
		atA.shows("while it lasts, its own node", call, `<svg class="ladder"`, "→ hotline: INVITE", "→ hotline: INFO")
		atB.shows("while it lasts, the other node", call, "The messages are in the memory of another node")
		c.Request("BYE", "")
		c.Expect(200, time.Second)
		a.Passes(10 * time.Second)
		if call = callsOf(a)[0]; call.Ended.IsZero() || len(call.Legs) > 0 { // its record is open: the engineer hears that the caller is gone
			t.Fatalf("the call is %+v\n%s", call, strings.Join(a.Said(), "\n"))
		}
		want := []string{
			`<svg class="ladder"`, "→ hotline: REGISTER", "→ hotline: INVITE", "hotline → ", ": 200 OK (INVITE)", "→ hotline: INFO", "→ hotline: BYE", ": 198.51.100.7:5060 → 127.0.0.1:5060, UDP",
		}
		atB.shows("once the caller has left, the other node", call, want...)
		a.Passes(2 * time.Minute)
		if call = callsOf(a)[0]; call.Contract != "rossi" || len(call.Legs) == 0 {
			t.Fatalf("the call is %+v\n%s", call, strings.Join(a.Said(), "\n"))
		}
		want = append(want, "hotline → Anna: INVITE", "Anna → hotline: 200 OK (INVITE)", "hotline → Anna: SR", "Anna → hotline: SR")
		atA.shows("once it has ended, its own node", call, want...)
		atB.shows("once it has ended, the other node", call, want...)
		stands, err := a.Store.Ladder(t.Context(), call.ID)
		if err != nil {
			t.Fatal(err)
		}
		text := plain(t, stands.Parts)
		for _, secret := range secrets {
			if strings.Contains(text, secret) || bytes.Contains(stands.Parts, []byte(secret)) {
				t.Errorf("the store has %q:\n%s", secret, text)
			}
		}
		t.Logf("%d octets, %d before compression", len(stands.Parts), len(text))
		a.Stop()
		a.Restart()
		logIn(a).shows("after its node has started anew", call, want...)
	}, func(c *app.Config) {
		c.Config.SIP.Accept, c.Config.SIP.Accounts, c.Config.SIP.TrustLoopback = config.AcceptKnown, []config.Account{{User: "desk", Password: "telephone-secret"}}, false
		c.Config.SIP.Phones = []config.Network{{Prefix: netip.MustParsePrefix("127.0.0.1/32")}} // of the engineers
	})
}

// TestTheMessagesOfACallOutlastTheProgramThatItEndsWith: the end of a program cuts a call off, and another node shows its messages.
func TestTheMessagesOfACallOutlastTheProgramThatItEndsWith(t *testing.T) {
	apptest.Run(t, func(t *testing.T, a *apptest.Program) {
		b := apptest.Start(t, secondNode(a))
		t.Cleanup(b.Stop)
		a.Engineers((&apptest.Rings{}).Busy, (&apptest.Rings{}).Busy)
		f := a.Phone("127.0.0.8:6000", "0612345", nil)
		t.Cleanup(func() { _ = f.Stop(context.Background()) })
		var caller *phone.Call
		var err error
		if caller, err = f.Dial(t.Context(), apptest.Line); err != nil {
			t.Fatal(err)
		}
		if err := caller.Press(t.Context(), "314159#1"); err != nil {
			t.Fatal(err)
		}
		a.Passes(20 * time.Second)
		if err := a.App.Stop(t.Context()); err != nil {
			t.Error(err)
		}
		caller.Hangup()
		call := callsOf(a)[0]
		logIn(b).shows("after the end of its node", call, `<svg class="ladder"`, "→ hotline: INVITE", "486 Busy Here (INVITE)")
		a.Restart()
	})
}
