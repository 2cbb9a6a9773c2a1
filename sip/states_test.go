package sip

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
)

func TestDialogEndsOnce(t *testing.T) {
	seen := map[[2]uint8]bool{}
	for _, m := range moves {
		k := [2]uint8{uint8(m.from), uint8(m.event)}
		if seen[k] {
			t.Errorf("two moves from %d at %d", m.from, m.event)
		}
		seen[k] = true
		if m.from == ended {
			t.Errorf("a dialog goes on after its end: %s", m.rule)
		}
		if (m.to == ended) != (m.cause != nil) {
			t.Errorf("ending and cause do not go together: %s", m.rule)
		}
		if !strings.HasPrefix(m.rule, "RFC ") {
			t.Errorf("no rule beside %d at %d", m.from, m.event)
		}
	}
	if _, ok := next(ended, byeReceived); ok {
		t.Error("BYE after the end")
	}
}

// The guard meets every octet the internet sends first.
func FuzzGuard(f *testing.F) {
	for _, s := range []string{
		"OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1;rport\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: i\r\nCSeq: 1 OPTIONS\r\n\r\n",
		"SIP/2.0 200 OK\r\nv: SIP/2.0/UDP [::1]:5\r\nf: x ; tag = \"y\r\nt:\r\n z\r\ni:1\r\nCSeq: 1 A\r\n\r\n",
		"INVITE  SIP/2.0\r\n:\r\n\r\n", "\r\n\r\n", "A B SIP/\r\nVia: ,;=\r\n\r\n",
	} {
		f.Add([]byte(s))
	}
	from := netip.MustParseAddrPort("192.0.2.9:5060")
	f.Fuzz(func(t *testing.T, data []byte) {
		neat := tidy(data)
		if len(neat) > len(data) {
			t.Fatalf("tidy made %d octets of %d", len(neat), len(data))
		}
		e, err := readEnvelope(neat)
		if err != nil {
			return
		}
		v := check(&e, len(neat))
		if v.answer == nil {
			return
		}
		if v.pass || !e.request || e.method == "ACK" {
			t.Fatalf("answered what must not be: %+v", v)
		}
		backTo(&e, from)
		out := reply(&e, *v.answer, from, "s")
		if i := bytes.Index(out, []byte("\r\n\r\n")); i != len(out)-4 {
			t.Fatalf("the answer has a body: %q", out)
		}
	})
}
