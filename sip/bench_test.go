package sip_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"hotline/sip"
	"hotline/sip/siptest"
)

// benchLine is an agent on a real socket and a caller's socket connected to it.
func benchLine(b *testing.B, handle func(context.Context, *sip.Invite)) *net.UDPConn {
	b.Helper()
	a, err := sip.New(sip.Config{Listen: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}, Handle: handle})
	if err != nil {
		b.Fatal(err)
	}
	if err := a.Start(b.Context()); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = a.Stop(context.Background()) })
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(a.Addresses()[0]))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Close() })
	return c
}

// message is a request of the caller, as a carrier's proxy would send it.
func message(c *net.UDPConn, method string, call, seq int, tag, contentType, body string) []byte {
	at, line := c.LocalAddr().String(), c.RemoteAddr().String()
	if tag != "" {
		tag = ";tag=" + tag
	}
	return fmt.Appendf(nil, "%s sip:0551234@%s SIP/2.0\r\n"+
		"Via: SIP/2.0/UDP %s;branch=z9hG4bK%s%d.%d;rport\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKa%d;received=10.0.0.1\r\n"+
		"Record-Route: <sip:%s;lr>\r\nMax-Forwards: 69\r\nFrom: \"Mario Rossi\" <sip:0552468@carrier.example>;tag=f%d\r\n"+
		"To: <sip:0551234@carrier.example>%s\r\nCall-ID: c%d@carrier.example\r\nCSeq: %d %s\r\nContact: <sip:0552468@%s>\r\n"+
		"User-Agent: Carrier SBC 7.2\r\nAllow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK\r\nSupported: timer, 100rel\r\n"+
		"P-Asserted-Identity: <sip:+390552468@carrier.example>\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s",
		method, line, at, method, call, seq, call, at, call, tag, call, seq, method, at, contentType, len(body), body)
}

// await reads answers until one of them has a word in its first line.
func await(b *testing.B, c *net.UDPConn, word string) []byte {
	b.Helper()
	buf := make([]byte, 4096)
	for {
		_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
		n, err := c.Read(buf)
		if err != nil {
			b.Fatalf("waiting for %s: %v", word, err)
		}
		if first, _, _ := bytes.Cut(buf[:n], []byte("\r\n")); bytes.Contains(first, []byte(word)) {
			return buf[:n]
		}
	}
}

// An INVITE from the socket to the handler: guard, sipgo's transport and transaction layers, the call's goroutine.
func BenchmarkInviteToHandler(b *testing.B) {
	reached := make(chan time.Time, 1)
	c := benchLine(b, func(_ context.Context, in *sip.Invite) {
		reached <- time.Now()
		_ = in.Refuse(486, "Busy Here")
	})
	var way time.Duration
	call := 0
	b.ReportAllocs()
	for b.Loop() {
		call++
		invite := message(c, "INVITE", call, 1, "", "application/sdp", siptest.SDP)
		sent := time.Now()
		_, _ = c.Write(invite)
		way += (<-reached).Sub(sent)
		tag := tagIn(await(b, c, " 486 "))
		_, _ = c.Write(message(c, "ACK", call, 1, tag, "application/sdp", ""))
	}
	b.ReportMetric(float64(way.Nanoseconds())/float64(b.N), "ns-to-handler")
}

// A key by INFO from the socket to the owner of the call, and its 200 back.
func BenchmarkInfoInDialog(b *testing.B) {
	reached := make(chan time.Time, 1)
	c := benchLine(b, func(ctx context.Context, in *sip.Invite) {
		d, err := in.Answer(ctx, []byte(siptest.SDP), sip.OnInfo(func(string, []byte) bool { reached <- time.Now(); return true }))
		if err == nil {
			<-d.Context().Done()
		}
	})
	_, _ = c.Write(message(c, "INVITE", 1, 1, "", "application/sdp", siptest.SDP))
	tag := tagIn(await(b, c, " 200 "))
	_, _ = c.Write(message(c, "ACK", 1, 1, tag, "application/sdp", ""))
	var way time.Duration
	seq := 1
	b.ReportAllocs()
	for b.Loop() {
		seq++
		info := message(c, "INFO", 1, seq, tag, "application/dtmf-relay", "Signal=5\r\nDuration=160\r\n")
		sent := time.Now()
		_, _ = c.Write(info)
		way += (<-reached).Sub(sent)
		await(b, c, " 200 ")
	}
	b.ReportMetric(float64(way.Nanoseconds())/float64(b.N), "ns-to-handler")
}

// OPTIONS, which the guard answers by itself.
func BenchmarkOptions(b *testing.B) {
	c := benchLine(b, nil)
	seq := 0
	b.ReportAllocs()
	for b.Loop() {
		seq++
		_, _ = c.Write(message(c, "OPTIONS", seq, 1, "", "application/sdp", ""))
		await(b, c, " 200 ")
	}
}

// tagIn is the To tag of an answer.
func tagIn(answer []byte) string {
	_, rest, _ := bytes.Cut(answer, []byte("\r\nTo: "))
	to, _, _ := bytes.Cut(rest, []byte("\r\n"))
	_, tag, _ := bytes.Cut(to, []byte(";tag="))
	return string(tag)
}
