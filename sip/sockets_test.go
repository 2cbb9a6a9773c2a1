package sip_test

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hotline/sip"
	"hotline/sip/siptest"
)

// real runs an agent on real sockets.
func real(t *testing.T, at string, handle func(context.Context, *sip.Invite)) *sip.Agent {
	t.Helper()
	a, err := sip.New(sip.Config{Listen: []netip.AddrPort{netip.MustParseAddrPort(at)}, Handle: handle})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a
}

func stop(t *testing.T, agents ...*sip.Agent) {
	t.Helper()
	for _, a := range agents {
		if err := a.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	}
}

func TestTwoAgentsOverRealSockets(t *testing.T) {
	for _, c := range []struct{ name, at, to string }{
		{"UDP over IPv4", "127.0.0.1:0", "sip:anna@%s"},
		{"TCP over IPv4", "127.0.0.1:0", "sip:anna@%s;transport=tcp"},
		{"UDP over IPv6", "[::1]:0", "sip:anna@%s"},
		{"TCP over IPv6", "[::1]:0", "sip:anna@%s;transport=tcp"},
		{"UDP, all addresses", "0.0.0.0:0", "sip:anna@%s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer goleak.VerifyNone(t)
			calls := make(chan *sip.Dialog, 1)
			held := make(chan string, 1)
			callee := real(t, c.at, func(ctx context.Context, in *sip.Invite) {
				_ = in.Ring()
				d, err := in.Answer(ctx, []byte("v=0 answer"), sip.OnReinvite(func(offer []byte) ([]byte, error) {
					held <- string(offer)
					return []byte("v=0 held"), nil
				}))
				if err == nil {
					calls <- d
					<-d.Context().Done()
				}
			})
			caller := real(t, c.at, nil)
			defer stop(t, caller, callee)
			to := strings.Replace(callee.Addresses()[0].String(), "0.0.0.0", "127.0.0.1", 1)
			d, answer, err := caller.Dial(t.Context(), sip.DialRequest{To: strings.Replace(c.to, "%s", to, 1), Offer: []byte("v=0 offer")})
			if err != nil {
				t.Fatal(err)
			}
			if string(answer) != "v=0 answer" {
				t.Fatalf("answer %q", answer)
			}
			theirs := <-calls
			if got, err := d.Reinvite(t.Context(), []byte("v=0 hold")); err != nil || string(got) != "v=0 held" || <-held != "v=0 hold" {
				t.Fatal(string(got), err)
			}
			if err := theirs.Hangup("bye"); err != nil {
				t.Fatal(err)
			}
			ending(t, d.Context(), sip.ErrRemoteBye)
			ending(t, theirs.Context(), sip.ErrLocalBye)
		})
	}
}

// stream speaks SIP over one TCP connection by hand.
func stream(t *testing.T, to netip.AddrPort) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", to.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	return c
}

func TestStreamFoldedAndCutAnywhere(t *testing.T) {
	defer goleak.VerifyNone(t)
	got := make(chan *sip.Invite, 1)
	a := real(t, "127.0.0.1:0", func(_ context.Context, in *sip.Invite) {
		got <- in
		_ = in.Refuse(486, "Busy Here")
	})
	defer stop(t, a)
	c := stream(t, a.Addresses()[0])
	defer c.Close()
	msg := "\r\n\r\nINVITE sip:1@line SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bKcut\r\nFrom: <sip:me@x>;\r\n tag=f\r\nTo:\r\n <sip:1@line>\r\n" +
		"Call-ID: cut\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\nSubject: a\r\n  b\r\nContact: <sip:me@127.0.0.1:9;transport=tcp>\r\nContent-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=0"
	for i := range len(msg) {
		if _, err := c.Write([]byte{msg[i]}); err != nil {
			t.Fatal(err)
		}
	}
	in := <-got
	if in.Transport != "TCP" || string(in.Offer) != "v=0" || in.From.User != "me" {
		t.Fatalf("%+v", in)
	}
	var heard strings.Builder
	b := make([]byte, 4096)
	for !strings.Contains(heard.String(), "SIP/2.0 486 ") {
		n, err := c.Read(b)
		if err != nil {
			t.Fatal(err, heard.String())
		}
		heard.Write(b[:n])
	}
	if !strings.HasPrefix(heard.String(), "\r\nSIP/2.0 100 ") {
		t.Errorf("no pong and 100 before the refusal: %q", heard.String()[:20])
	}
}

func TestStreamWithoutBoundaryIsClosed(t *testing.T) {
	defer goleak.VerifyNone(t)
	a := real(t, "127.0.0.1:0", nil)
	defer stop(t, a)
	for _, junk := range []string{
		"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nContent-Length: 99999999\r\n\r\n",
		strings.Repeat("x", 40000),
	} {
		c := stream(t, a.Addresses()[0])
		_, _ = c.Write([]byte(junk))
		b := make([]byte, 4096)
		for {
			_, err := c.Read(b)
			if err == nil {
				continue
			}
			if ne, ok := err.(net.Error); ok && ne.Timeout() {
				t.Errorf("still open after %.20q", junk)
			}
			break
		}
		_ = c.Close()
	}
}

func TestPortInUse(t *testing.T) {
	defer goleak.VerifyNone(t)
	a := real(t, "127.0.0.1:0", nil)
	defer stop(t, a)
	b, err := sip.New(sip.Config{Listen: a.Addresses()})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Start(t.Context()); err == nil || !strings.Contains(err.Error(), "listening on 127.0.0.1") {
		t.Fatal(err)
	}
	if err := b.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := b.Dial(t.Context(), sip.DialRequest{To: "sip:x@127.0.0.1"}); !errors.Is(err, sip.ErrTransport) && !errors.Is(err, sip.ErrStopped) {
		t.Fatal(err)
	}
}

// A hotline's answer through many proxies is above 1300 octets and must not be lost.
func TestLongAnswerGoesByDatagram(t *testing.T) {
	a := real(t, "127.0.0.1:0", func(ctx context.Context, in *sip.Invite) {
		if d, err := in.Answer(ctx, []byte(strings.Repeat("a", 3000))); err == nil {
			<-d.Context().Done()
		}
	})
	defer stop(t, a)
	p := siptest.NewPhone(t, sockets{}, "127.0.0.1:0")
	c := p.Dial(a.Addresses()[0], "1", siptest.SDP)
	if m := c.Expect(200, 30*time.Second); len(m.Body) != 3000 {
		t.Fatal(len(m.Body))
	}
	c.Ack("")
}

type sockets struct{}

func (sockets) ListenPacket(a netip.AddrPort) (net.PacketConn, error) {
	return net.ListenUDP("udp", net.UDPAddrFromAddrPort(a))
}

// A request above 1300 octets goes by TCP where the other side has it, and by UDP where it has not.
func TestALongRequestGoesByTCP(t *testing.T) {
	took := make(chan string, 1)
	callee := real(t, "127.0.0.1:0", func(ctx context.Context, in *sip.Invite) { took <- in.Transport })
	caller := real(t, "127.0.0.1:0", nil)
	defer stop(t, callee, caller)
	long := []byte(strings.Repeat("a", 1400))
	dial := func(to string, offer []byte) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		var final *sip.FinalError
		if _, _, err := caller.Dial(ctx, sip.DialRequest{To: to, Offer: offer}); !errors.As(err, &final) {
			t.Errorf("calling %s: %v", to, err)
		}
	}
	for offer, want := range map[string]string{string(long): "TCP", "v=0": "UDP"} {
		dial("sip:1@"+callee.Addresses()[0].String(), []byte(offer))
		if got := <-took; got != want {
			t.Errorf("an offer of %d octets came by %s, want %s", len(offer), got, want)
		}
	}
	p := siptest.NewPhone(t, sockets{}, "127.0.0.1:0") // UDP alone
	done := make(chan struct{})
	go func() {
		defer close(done)
		dial("sip:1@"+p.At.String(), long)
	}()
	c := p.Incoming(30 * time.Second)
	if len(c.Invite.Body) != len(long) {
		t.Errorf("%d octets of offer came by UDP", len(c.Invite.Body))
	}
	c.Respond(486, "")
	<-done
}
