package line_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"hotline/line"
	"hotline/logtest"
	"hotline/oncall/ring"
	"hotline/prompts"
	"hotline/sip"
	"hotline/sip/siptest"
)

const soon = 30 * time.Second // nothing is decided by it

// datagrams opens real sockets for telephones.
type datagrams struct{}

func (datagrams) ListenPacket(a netip.AddrPort) (net.PacketConn, error) {
	return net.ListenUDP("udp", net.UDPAddrFromAddrPort(a))
}

// ear is a port at which a telephone hears sound.
type ear struct {
	*testing.T
	conn *net.UDPConn
	port int
}

func newEar(t *testing.T) *ear {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return &ear{t, c, c.LocalAddr().(*net.UDPAddr).Port}
}

// packets counts what comes in a while.
func (e *ear) packets(during time.Duration) (n int) {
	b := make([]byte, 1500)
	_ = e.conn.SetReadDeadline(time.Now().Add(during))
	for {
		if _, _, err := e.conn.ReadFrom(b); err != nil {
			return n
		}
		n++
	}
}

// hears waits for sound.
func (e *ear) hears(what string) {
	e.Helper()
	for range 120 {
		if e.packets(250*time.Millisecond) > 5 {
			return
		}
	}
	e.Errorf("%s: no sound", what)
}

// silent waits until the sound has ended, and checks that it stays so.
func (e *ear) silent(what string) {
	e.Helper()
	e.packets(100 * time.Millisecond)
	if n := e.packets(500 * time.Millisecond); n > 0 {
		e.Errorf("%s: %d packets", what, n)
	}
}

// sound describes G.711 at a port.
func sound(host string, port int, more ...string) string {
	family := "IP4"
	if strings.Contains(host, ":") {
		family = "IP6"
	}
	return fmt.Sprintf("v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\nm=audio %d RTP/AVP 8 101\r\na=rtpmap:101 telephone-event/8000\r\n%s", family, host, port, strings.Join(more, ""))
}

// music is a conversation that plays until its end.
func music(ctx context.Context, l *line.Line) {
	stop := l.Music(ctx)
	defer stop()
	<-ctx.Done()
}

func (x *exchange) at() netip.AddrPort { return x.board.Agent().Addresses()[0] }

func answered(t *testing.T, c *siptest.Call) *siptest.Message {
	t.Helper()
	m := c.Expect(200, soon)
	c.Ack("")
	return m
}

// RFC 3264 8.4: a caller may be on hold from the beginning.
func TestACallerOnHoldFromTheBeginningIsAnsweredAndHearsWhenHeResumes(t *testing.T) {
	x := newExchange(t, music)
	for name, held := range map[string]func(port int) string{
		"c=0.0.0.0": func(port int) string { return sound("0.0.0.0", port) },
		"c=::":      func(port int) string { return sound("::", port) },
		"sendonly":  func(port int) string { return sound("127.0.0.1", port, "a=sendonly\r\n") },
	} {
		p, e := siptest.NewPhone(t, datagrams{}, "127.0.0.1:0"), newEar(t)
		c := p.Dial(x.at(), "1", held(e.port))
		if m := answered(t, c); !strings.Contains(m.Body, "a=inactive") && !strings.Contains(m.Body, "a=recvonly") {
			t.Errorf("%s: answered with %q", name, m.Body)
		}
		e.silent(name)
		c.Request("INVITE", sound("127.0.0.1", e.port))
		answered(t, c)
		e.hears(name + ", resumed")
		c.Request("BYE", "")
		c.Expect(200, soon)
	}
}

// RFC 3261 14.2: a re-INVITE without SDP asks for our offer; the answer in its ACK counts.
func TestAReinviteThatAsksForOurOfferHoldsResumesAndMoves(t *testing.T) {
	x := newExchange(t, music)
	p, e, moved := siptest.NewPhone(t, datagrams{}, "127.0.0.1:0"), newEar(t), newEar(t)
	c := p.Dial(x.at(), "1", sound("127.0.0.1", e.port))
	answered(t, c)
	e.hears("the call")
	asks := func(answer string) {
		t.Helper()
		c.Request("INVITE", "")
		if m := c.Expect(200, soon); !strings.Contains(m.Body, "m=audio") {
			t.Fatalf("no offer: %q", m.Body)
		}
		c.Ack(answer)
	}
	asks(sound("127.0.0.1", e.port, "a=sendonly\r\n"))
	e.silent("hold by the answer in an ACK")
	asks(sound("127.0.0.1", e.port))
	e.hears("resumed by the answer in an ACK")
	asks(sound("127.0.0.1", moved.port))
	moved.hears("a new port in the answer of an ACK")
	e.silent("the port before")
	asks(sound("0.0.0.0", moved.port))
	moved.silent("hold by the address 0.0.0.0 in an ACK")
	asks("v=0\r\nm=audio 9 RTP/AVP 18\r\n") // nothing that we speak: the session is as it was, and the call lives
	asks(sound("127.0.0.1", moved.port))
	moved.hears("after an answer that was not taken")
	c.Request("BYE", "")
	c.Expect(200, soon)
}

// RFC 5621: the SDP is one part of several.
func TestASessionDescriptionAmongOtherPartsIsFound(t *testing.T) {
	x := newExchange(t, music)
	e := newEar(t)
	plain := "Content-Type: application/sdp\r\n\r\n" + sound("127.0.0.1", e.port)
	isup := "Content-Type: application/ISUP;version=itu-t92+\r\nContent-Disposition: signal;handling=optional\r\n\r\n\x01\x00\x49\x00"
	place := "Content-Type: application/pidf+xml\r\nContent-ID: <place@x>\r\n\r\n<presence/>"
	needed := "Content-Type: application/ISUP\r\nContent-Disposition: signal; Handling=\"required\"\r\n\r\n\x01"
	mixed := func(parts ...string) string {
		return "--b-1\r\n" + strings.Join(parts, "\r\n--b-1\r\n") + "\r\n--b-1--\r\n"
	}
	for _, c := range []struct {
		name, kind, body string
		status           int
	}{
		{"first", "multipart/mixed;boundary=b-1", mixed(plain, isup), 200},
		{"last, the boundary in quotes and capitals", `Multipart/Mixed; Boundary="b-1"`, mixed(isup, place, plain), 200},
		{"within another multipart", "multipart/mixed;boundary=b-1", mixed(isup, "Content-Type: multipart/alternative;boundary=in\r\n\r\n--in\r\n"+place+"\r\n--in\r\n"+plain+"\r\n--in--\r\n"), 200},
		{"beside a part that must be understood", "multipart/mixed;boundary=b-1", mixed(plain, needed), 415},
		{"without a boundary", "multipart/mixed", mixed(plain), 400},
		{"an unknown body", "application/ISUP", "\x01", 415},
	} {
		p := siptest.NewPhone(t, datagrams{}, "127.0.0.1:0")
		call := p.Call(x.at(), "1")
		p.Spell = func(m string) string {
			return strings.Replace(m, "Content-Type: application/sdp", "Content-Type: "+c.kind, 1)
		}
		call.SendInvite(c.body)
		m := call.Expect(c.status, soon)
		p.Spell = nil
		switch c.status {
		case 200:
			call.Ack("")
			e.hears(c.name)
			call.Request("BYE", "")
			call.Expect(200, soon)
		case 415:
			if !strings.Contains(m.Get("Accept"), "application/sdp") || !strings.Contains(m.Get("Accept"), "multipart/mixed") {
				t.Errorf("%s: accepts %q", c.name, m.Get("Accept"))
			}
		}
	}
}

// A refusal says to the other side what would be taken, and in the log whose call it was and what it offered.
func TestA488SaysWhyAndTheLogWhoseItWas(t *testing.T) {
	log := &logtest.Log{}
	x := newExchange(t, music, func(c *line.Config) {
		c.Log = slog.New(slog.NewTextHandler(log, nil))
		c.SIP.Log = c.Log
		c.SIP.Trunks = []sip.Trunk{{Name: "carrier", Addresses: []netip.Prefix{netip.MustParsePrefix("127.0.0.7/32")}, Proxy: "sip:127.0.0.7", KeepAlive: -1}}
	})
	p := siptest.NewPhone(t, datagrams{}, "127.0.0.7:0")
	head := "v=0\r\nc=IN IP4 127.0.0.7\r\n"
	offers := map[string]struct{ sdp, warning, logged string }{
		"codec":     {head + "m=audio 4000 RTP/AVP 18 101\r\na=rtpmap:18 G729/8000\r\na=rtpmap:101 telephone-event/8000\r\n", "305 ", "audio RTP/AVP G729/8000 TELEPHONE-EVENT/8000"},
		"fax":       {head + "m=image 4000 udptl t38\r\n", "304 ", "image UDPTL t38"},
		"transport": {head + "m=audio 4000 UDP/TLS/RTP/SAVPF 8\r\n", "302 ", "audio UDP/TLS/RTP/SAVPF PCMA/8000"},
		"network":   {"v=0\r\nc=AF IP4 127.0.0.7\r\nm=audio 4000 RTP/AVP 8\r\n", "301 ", "audio RTP/AVP PCMA/8000"},
		"family":    {"v=0\r\nc=IN IP7 127.0.0.7\r\nm=audio 4000 RTP/AVP 8\r\n", "301 ", "audio RTP/AVP PCMA/8000"},
	}
	for name, c := range offers {
		log.Reset()
		call := p.Dial(x.at(), "1", c.sdp)
		m := call.Expect(488, soon)
		call.AckRefusal()
		if w := m.Get("Warning"); !strings.HasPrefix(w, c.warning) {
			t.Errorf("%s: Warning %q", name, w)
		}
		if got := log.String(); !strings.Contains(got, "trunk=carrier") || !strings.Contains(got, c.logged) {
			t.Errorf("%s: the log says %q", name, got)
		}
	}
	e := newEar(t)
	call := p.Dial(x.at(), "1", sound("127.0.0.7", e.port))
	answered(t, call)
	for name, c := range offers {
		log.Reset()
		call.Request("INVITE", c.sdp)
		m := call.Expect(488, soon)
		call.AckRefusal()
		if got := log.String(); !strings.HasPrefix(m.Get("Warning"), c.warning) || !strings.Contains(got, "carrier") || !strings.Contains(got, c.logged) {
			t.Errorf("%s in a call: Warning %q, log %q", name, m.Get("Warning"), got)
		}
	}
	call.Request("BYE", "")
	call.Expect(200, soon)
}

// RFC 3261 13.2.1: an engineer behind a carrier with early media is reached.
func TestAnEngineerWhoIsDescribedOnlyByA183IsReached(t *testing.T) {
	x := newExchange(t, nil)
	p, e := siptest.NewPhone(t, datagrams{}, "127.0.0.1:0"), newEar(t)
	type reached struct {
		t   ring.Telephone
		err error
	}
	done := make(chan reached, 1)
	go func() {
		t, err := x.board.Ring(context.Background(), "sip:anna@"+p.At.String(), ring.Introduction{Name: "hotline"})
		done <- reached{t, err}
	}()
	c := p.Incoming(soon)
	c.Respond(183, sound("127.0.0.1", e.port))
	c.Respond(200, "")
	p.Expect("ACK ", soon)
	got := <-done
	if got.err != nil {
		t.Fatal(got.err)
	}
	said := make(chan error, 1)
	go func() { said <- got.t.Say(context.Background(), prompts.English, prompts.P("welcome"), false) }()
	e.hears("the brief")
	if err := <-said; err != nil {
		t.Error(err)
	}
	got.t.Hangup()
	c.Respond(200, "", p.Expect("BYE ", soon))
}
