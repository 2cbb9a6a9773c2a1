package sip

import (
	"fmt"
	"net/netip"
	"runtime"
	"testing"

	"hotline/sip/guard"
)

// A million forged sources must cost neither memory nor answers without end.
func TestAMillionForgedSourcesCostNoMemory(t *testing.T) {
	a, err := New(Config{Listen: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:5060")}, Accounts: Accounts{List: []Account{{User: "desk", Password: "x"}}}})
	if err != nil {
		t.Fatal(err)
	}
	const invite = "INVITE sip:900113@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.1:5060;branch=z9hG4bK%d\r\nMax-Forwards: 70\r\n" +
		"From: <sip:a@b>;tag=%d\r\nTo: <sip:c@d>\r\nCall-ID: %d\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	passed, answered := 0, 0
	for i := range 1_000_000 {
		from := netip.AddrPortFrom(netip.AddrFrom4([4]byte{11, byte(i >> 16), byte(i >> 8), byte(i)}), 5060)
		message := []byte("junk")
		if i%16 == 0 {
			message = fmt.Appendf(nil, invite, i, i, i)
		}
		d := a.guard.Judge(message, guard.Origin{From: from, Transport: "UDP"})
		if d.Pass != nil {
			passed++
		}
		if d.Answer != nil {
			answered++
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 8<<20 {
		t.Errorf("the heap grew by %d octets", grown)
	}
	if passed != 0 || len(a.calls.invites) != 0 || answered > 20000 {
		t.Errorf("%d passed, %d were answered, %d are remembered", passed, answered, len(a.calls.invites))
	}
}
