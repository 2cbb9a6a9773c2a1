package sip_test

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline/sip"
	"hotline/sip/siptest"
)

// sound is an INVITE without a fault; the tests below spoil it.
const sound = "INVITE sip:1@192.0.2.1 SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKx;rport\nMax-Forwards: 70\n" +
	"From: <sip:p@192.0.2.9>;tag=f\nTo: <sip:1@192.0.2.1>\nCall-ID: spoilt\nCSeq: 1 INVITE\nContact: <sip:p@192.0.2.9>\nContent-Length: 0\n\n"

func TestFaultsAreAnswered(t *testing.T) {
	method := func(m string) []string { return []string{"INVITE sip", m + " sip", "1 INVITE", "1 " + m} }
	for _, c := range []struct {
		name   string
		change []string // old, new ...
		want   string   // "" is silence
		header string
	}{
		{"sound", nil, "486", ""},
		{"blanks round = and a fold", []string{";tag=f", ";\n tag = f", ";branch=", " ; branch ="}, "486", ""},
		{"no From", []string{"From: <sip:p@192.0.2.9>;tag=f\n", ""}, "400", ""},
		{"no To", []string{"To: <sip:1@192.0.2.1>\n", ""}, "400", ""},
		{"no Call-ID", []string{"Call-ID: spoilt\n", ""}, "400", ""},
		{"no CSeq", []string{"CSeq: 1 INVITE\n", ""}, "400", ""},
		{"no Via", []string{"Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKx;rport\n", ""}, "", ""},
		{"CSeq of another method", []string{"1 INVITE", "1 BYE"}, "400", ""},
		{"two Call-IDs", []string{"Call-ID: spoilt\n", "Call-ID: spoilt\ni: b\n"}, "400", ""},
		{"two Content-Lengths", []string{"Content-Length: 0", "Content-Length: 0\nl: 5"}, "400", ""},
		{"body too short", []string{"Content-Length: 0", "Content-Length: 99"}, "400", ""},
		{"unreadable address", []string{"To: <sip:1@192.0.2.1>", "To: <sip:1@[::"}, "400", ""},
		{"no hops left", []string{"Max-Forwards: 70", "Max-Forwards: 0"}, "483", ""},
		{"version 7", []string{"SIP/2.0\nVia", "SIP/7.0\nVia"}, "505", ""},
		{"REGISTER", method("REGISTER"), "405", "Allow"},
		{"SUBSCRIBE", method("SUBSCRIBE"), "405", "Allow"},
		{"MESSAGE", method("MESSAGE"), "405", "Allow"},
		{"REFER", method("REFER"), "603", ""},
		{"unknown method", method("NEWMETHOD"), "501", "Allow"},
		{"method in lower case", method("invite"), "501", "Allow"},
		{"unknown scheme", []string{"INVITE sip:1@192.0.2.1", "INVITE http:1"}, "416", ""},
		{"Require", []string{"Contact", "Require: 100rel, nothing\nContact"}, "420", "Unsupported"},
		{"not SDP", []string{"Content-Length: 0\n\n", "Content-Type: text/plain\nContent-Length: 2\n\nhi"}, "415", "Accept"},
		{"packed body", []string{"Content-Length: 0", "Content-Encoding: gzip\nContent-Length: 0"}, "415", ""},
		{"too large", []string{"Contact", "Subject: " + strings.Repeat("x", 17000) + "\nContact"}, "513", ""},
		{"re-INVITE of no call", []string{"To: <sip:1@192.0.2.1>", "To: <sip:1@192.0.2.1>;tag=none"}, "481", ""},
		{"BYE of no call", append(method("BYE"), "To: <sip:1@192.0.2.1>", "To: <sip:1@192.0.2.1>;tag=none"), "481", ""},
		{"BYE without a tag", method("BYE"), "481", ""},
		{"CANCEL of no call", method("CANCEL"), "481", ""},
		{"ACK of no call", method("ACK"), "", ""},
		{"OPTIONS", method("OPTIONS"), "200", "Allow"},
		{"scanner", []string{"Contact", "User-Agent: friendly-scanner\nContact"}, "", ""},
		{"junk", []string{"INVITE sip:1@192.0.2.1 SIP/2.0", "\x00\x01\x02"}, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := siptest.NewWire(1)
				start(t, w, func(_ context.Context, in *sip.Invite) { _ = in.Refuse(486, "Busy Here") })
				p := siptest.NewPhone(t, w, "192.0.2.9:5060")
				p.Send(line, strings.NewReplacer(c.change...).Replace(sound))
				if c.want == "" {
					p.Silence("SIP/2.0", 5*time.Second)
					return
				}
				m := p.Expect(" "+c.want+" ", within)
				if c.header != "" && m.Get(c.header) == "" {
					t.Errorf("no %s in %s", c.header, m.Line)
				}
				if m.Get("Call-ID") != "spoilt" && c.name != "no Call-ID" {
					t.Errorf("Call-ID %q", m.Get("Call-ID"))
				}
			})
		})
	}
}

func TestStrangersAreForbidden(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		got := make(chan *sip.Invite, 9)
		start(t, w, func(_ context.Context, in *sip.Invite) { got <- in }, func(c *sip.Config) {
			c.AcceptAnyone = false
			c.Trunks = []sip.Trunk{{Name: "carrier", Addresses: []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24")}}}
			c.Phones = []netip.Prefix{netip.MustParsePrefix("192.0.2.9/32")}
		})
		asserted := strings.Replace(sound, "Contact", "P-Asserted-Identity: \"Rossi\" <sip:0552468@carrier.example>\nContact", 1)
		stranger := siptest.NewPhone(t, w, "203.0.113.5:5060")
		stranger.Send(line, asserted)
		stranger.Expect(" 403 ", within)
		trunk := siptest.NewPhone(t, w, "198.51.100.7:5060")
		trunk.Send(line, strings.ReplaceAll(asserted, "spoilt", "a"))
		if in := <-got; in.Trunk != "carrier" || in.Asserted.User != "0552468" {
			t.Fatalf("%+v", in)
		}
		trunk.Expect(" 480 ", within)
		for id, private := range map[string]bool{"id": true, "user;critical": true, "none": false} {
			trunk.Send(line, strings.NewReplacer("spoilt", id, "z9hG4bKx", "z9hG4bKp"+id[:2], "Contact", "Privacy: "+id+"\nContact").Replace(asserted))
			if in := <-got; in.Private != private {
				t.Errorf("Privacy: %s: private is %v", id, in.Private)
			}
			trunk.Expect(" 480 ", within)
		}
		phone := siptest.NewPhone(t, w, "192.0.2.9:5060")
		phone.Send(line, strings.NewReplacer("spoilt", "b", "z9hG4bKx", "z9hG4bKb").Replace(asserted))
		if in := <-got; in.Trunk != "" || in.Asserted.User != "" {
			t.Fatalf("a phone's asserted identity was believed: %+v", in)
		}
	})
}

func TestOneCallForOneInvite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, calls := siptest.NewWire(1), make(chan *sip.Dialog, 9)
		start(t, w, answering(calls))
		p := siptest.NewPhone(t, w, "192.0.2.9:5060")
		c := p.Dial(line, "1", siptest.SDP)
		c.Expect(200, within)
		c.Ack("")
		for range 3 {
			was := c.Remote
			c.Remote = "<sip:1@" + line.String() + ">"
			c.SendInvite(siptest.SDP) // a repeat
			merged := *c
			merged.Branch += "other"
			merged.SendInvite(siptest.SDP)
			merged.Expect(482, within)
			c.Remote = was
		}
		time.Sleep(time.Minute)
		if len(calls) != 1 {
			t.Fatalf("%d calls", len(calls))
		}
	})
}

func TestFullAndDraining(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, calls := siptest.NewWire(1), make(chan *sip.Dialog, 9)
		a := start(t, w, answering(calls), func(c *sip.Config) { c.MaxCalls = 1 })
		p := siptest.NewPhone(t, w, "192.0.2.9:5060")
		c := p.Dial(line, "1", siptest.SDP)
		c.Expect(200, within)
		c.Ack("")
		if m := p.Dial(line, "1", siptest.SDP).Expect(503, within); m.Get("Retry-After") == "" {
			t.Fatal("no Retry-After")
		}
		drained := make(chan error, 1)
		go func() { drained <- a.Drain(t.Context()) }()
		synctest.Wait()
		p.Send(line, strings.NewReplacer("INVITE sip", "OPTIONS sip", "1 INVITE", "1 OPTIONS").Replace(sound))
		p.Expect(" 503 ", within)
		c.Request("BYE", "")
		c.Expect(200, within)
		if err := <-drained; err != nil {
			t.Fatal(err)
		}
	})
}

func TestStopHangsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, calls := siptest.NewWire(1), make(chan *sip.Dialog, 9)
		a := start(t, w, answering(calls))
		p := siptest.NewPhone(t, w, "192.0.2.9:5060")
		c := p.Dial(line, "1", siptest.SDP)
		c.Expect(200, within)
		c.Ack("")
		synctest.Wait()
		stopped := make(chan error, 1)
		go func() { stopped <- a.Stop(context.Background()) }()
		c.Respond(200, "", p.Expect("BYE ", within))
		if err := <-stopped; err != nil {
			t.Fatal(err)
		}
		if err := a.Stop(context.Background()); err != nil {
			t.Fatal("second stop:", err)
		}
	})
}

// Whoever is told that the agent has stopped may open its address again.
func TestASecondStopWaitsForTheFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, calls := siptest.NewWire(1), make(chan *sip.Dialog, 9)
		a := start(t, w, answering(calls))
		p := siptest.NewPhone(t, w, "192.0.2.9:5060")
		c := p.Dial(line, "1", siptest.SDP)
		c.Expect(200, within)
		c.Ack("")
		synctest.Wait()
		first := make(chan error, 1)
		go func() { first <- a.Stop(context.Background()) }()
		p.Expect("BYE ", within)                       // nobody answers it
		time.Sleep(2*time.Second + 5*time.Millisecond) // given up, and about to close the sockets
		for range 2 {
			if err := a.Stop(context.Background()); err != nil {
				t.Fatal(err)
			}
			again, err := w.ListenPacket(line)
			if err != nil {
				t.Fatal("stopped, and its address is in use:", err)
			}
			_ = again.Close()
		}
		if err := <-first; err != nil {
			t.Fatal(err)
		}
	})
}
