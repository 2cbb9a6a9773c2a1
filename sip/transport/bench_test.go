package transport

import (
	"log/slog"
	"testing"

	"hotline/sip/syntax"
)

// What reading one INVITE costs: what syntax makes of it, and one pass of sipgo's parser, of which there are two.
func BenchmarkReading(b *testing.B) {
	invite := []byte("INVITE sip:0551234@192.0.2.1 SIP/2.0\r\n" +
		"Via: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bK1;rport\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKa1;received=10.0.0.1\r\n" +
		"Record-Route: <sip:192.0.2.9;lr>\r\nMax-Forwards: 69\r\nFrom: \"Mario Rossi\" <sip:0552468@carrier.example>;tag=f\r\n" +
		"To: <sip:0551234@carrier.example>\r\nCall-ID: c@carrier.example\r\nCSeq: 1 INVITE\r\nContact: <sip:0552468@192.0.2.9>\r\n" +
		"User-Agent: Carrier SBC 7.2\r\nAllow: INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK\r\nSupported: timer, 100rel\r\n" +
		"P-Asserted-Identity: <sip:+390552468@carrier.example>\r\nContent-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=0")
	b.Run("normalise", func(b *testing.B) {
		for b.Loop() {
			syntax.Normalise(invite)
		}
	})
	b.Run("syntax", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			m, err := syntax.Read(syntax.Normalise(invite))
			if err != nil || len(m.Faults) > 0 {
				b.Fatal(err, m.Faults)
			}
		}
	})
	b.Run("sipgo", func(b *testing.B) {
		l := New(Config{Log: slog.New(slog.DiscardHandler)})
		b.ReportAllocs()
		for b.Loop() {
			if !l.Parses(invite) {
				b.Fatal("not read")
			}
		}
	})
}
