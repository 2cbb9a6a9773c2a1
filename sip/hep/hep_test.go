package hep

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"hotline/sip/capture"
)

// chunks takes a packet apart as a tracing tool does: what each kind holds, in hexadecimal, but for the message.
func chunks(t *testing.T, packet []byte) map[uint16]string {
	t.Helper()
	if string(packet[:4]) != "HEP3" || int(binary.BigEndian.Uint16(packet[4:])) != len(packet) {
		t.Fatalf("%q is no packet of %d octets", packet[:6], len(packet))
	}
	found := map[uint16]string{}
	for rest := packet[6:]; len(rest) > 0; {
		vendor, kind, n := binary.BigEndian.Uint16(rest), binary.BigEndian.Uint16(rest[2:]), int(binary.BigEndian.Uint16(rest[4:]))
		if vendor != 0 || n < 6 || n > len(rest) {
			t.Fatalf("a chunk of vendor %d, kind %d, %d octets of %d", vendor, kind, n, len(rest))
		}
		found[kind] = fmt.Sprintf("%x", rest[6:n])
		if kind == 15 {
			found[kind] = string(rest[6:n])
		}
		rest = rest[n:]
	}
	return found
}

func TestACopyOfAMessageReachesTheTracingTool(t *testing.T) {
	tool, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer tool.Close()
	tracer, err := New(tool.LocalAddr().String(), 7)
	if err != nil {
		t.Fatal(err)
	}
	defer tracer.Close()
	at := time.Date(2026, 3, 2, 9, 0, 0, 250_000_000, time.UTC)
	for name, c := range map[string]struct {
		from, to, transport string
		want                map[uint16]string
	}{
		"IPv4 over UDP": {"192.0.2.9:5060", "192.0.2.1:5061", "UDP", map[uint16]string{1: "02", 2: "11", 3: "c0000209", 4: "c0000201", 7: "13c4", 8: "13c5"}},
		"IPv6 over TLS": {"[2001:db8::9]:5060", "[2001:db8::1]:5061", "TLS", map[uint16]string{
			1: "0a", 2: "06", 5: "20010db8000000000000000000000009", 6: "20010db8000000000000000000000001", 7: "13c4", 8: "13c5",
		}},
	} {
		tracer.Capture(capture.Message{
			At: at, From: netip.MustParseAddrPort(c.from), To: netip.MustParseAddrPort(c.to), Transport: c.transport, Octets: []byte("OPTIONS sip:x SIP/2.0\r\n\r\n"),
		})
		b := make([]byte, 65535)
		if err := tool.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, _, err := tool.ReadFrom(b)
		if err != nil {
			t.Fatal(err)
		}
		got := chunks(t, b[:n])
		c.want[9], c.want[10] = fmt.Sprintf("%08x", at.Unix()), fmt.Sprintf("%08x", 250_000)
		c.want[11], c.want[12], c.want[15] = "01", "00000007", "OPTIONS sip:x SIP/2.0\r\n\r\n"
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%s:\n got %v\nwant %v", name, got, c.want)
		}
	}
}

func TestALongMessageIsCutToWhatADatagramHolds(t *testing.T) {
	here := netip.MustParseAddrPort("127.0.0.1:5060")
	p := packet(capture.Message{At: time.Now(), From: here, To: here, Transport: "TCP", Octets: []byte(strings.Repeat("x", 70_000))}, 1)
	if got := chunks(t, p)[15]; len(p) > 65_507 || len(got) != 60_000 {
		t.Errorf("a packet of %d octets with %d of the message", len(p), len(got))
	}
}
