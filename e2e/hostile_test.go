package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// messages are the torture messages of the RFCs and plain ones of every method: what mutations begin with.
func messages(t *testing.T, to string) (list [][]byte) {
	t.Helper()
	for _, pattern := range []string{"rfc4475", "rfc5118"} {
		files, err := filepath.Glob(filepath.Join("..", "sip", "testdata", pattern, "*.dat"))
		if err != nil || len(files) == 0 {
			t.Fatalf("no torture messages: %v", err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, b)
		}
	}
	const sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"
	for _, method := range []string{"INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "INFO", "UPDATE", "PRACK", "REFER", "REGISTER"} {
		list = append(list, fmt.Appendf(nil, "%s sip:hotline@%s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKm;rport\r\nMax-Forwards: 70\r\nFrom: \"x\" <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: m\r\nCSeq: 1 %s\r\nContact: <sip:a@127.0.0.1:9>\r\nSession-Expires: 90;refresher=uas\r\nSupported: timer,100rel\r\nRecord-Route: <sip:p;lr>\r\nContent-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s", method, to, method, len(sdp), sdp),
			fmt.Appendf(nil, "SIP/2.0 %d x\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKm\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=2\r\nCall-ID: m\r\nCSeq: 1 %s\r\nContent-Length: 0\r\n\r\n", 100+len(list)%600, method))
	}
	return list
}

// mutated is a message with a few faults: octets changed, cut out, doubled, or lines of another message put in.
func mutated(dice *rand.Rand, list [][]byte, n int) []byte {
	m := append([]byte{}, list[dice.IntN(len(list))]...)
	m = []byte(strings.Replace(string(m), "Call-ID: m", fmt.Sprintf("Call-ID: m%d", n), 1))
	for range 1 + dice.IntN(4) {
		if len(m) < 8 {
			break
		}
		at := dice.IntN(len(m) - 4)
		switch dice.IntN(6) {
		case 0:
			m[at] = byte(dice.Uint32())
		case 1:
			m = append(m[:at], m[at+1+dice.IntN(3):]...)
		case 2:
			m = append(m[:at], append([]byte(strings.Repeat(string(m[at:at+2]), 1+dice.IntN(40))), m[at:]...)...)
		case 3:
			lines := strings.Split(string(list[dice.IntN(len(list))]), "\r\n")
			m = append(m[:at], append([]byte("\r\n"+lines[dice.IntN(len(lines))]+"\r\n"), m[at:]...)...)
		case 4:
			for _, c := range [...]string{"<", ">", "\"", ";", ",", "=", "@", "[", "]", "%", "\\", "\x00", "\r", "\n", "\xff", "4294967296", "-1"}[dice.IntN(17)] {
				m = append(m[:at], append([]byte(string(c)), m[at:]...)...)
			}
		case 5:
			m = m[:at]
		}
	}
	return m[:min(len(m), 65000)]
}

// TestHostileMessagesEndNothing sends twenty thousand broken messages from an address that is trusted, so that nothing
// but the reading of them protects the line, over UDP and TCP. A running call goes on, nothing panics, and afterwards all
// that they took is given back.
func TestHostileMessagesEndNothing(t *testing.T) {
	t.Parallel()
	h := open(t)
	before, err := h.metrics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := h.dial(t, telephone(t, "0612345"))
	list, dice := messages(t, h.sip), rand.New(rand.NewPCG(47, 11))
	udp, err := net.Dial("udp", h.sip)
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	for n := range 16000 {
		_, _ = udp.Write(mutated(dice, list, n)) // what a full buffer loses is lost
		if n%50 == 0 {
			pause(20 * time.Millisecond) // other tests listen to sound at the same time
		}
	}
	for n := range 400 {
		tcp, err := net.Dial("tcp", h.sip)
		if err != nil {
			t.Fatalf("after %d connections: %v", n, err)
		}
		for range 10 {
			if _, err := tcp.Write(mutated(dice, list, n)); err != nil {
				break // it was closed for the message before
			}
		}
		tcp.Close()
	}
	if err := c.Wait(t.Context(), time.Second); err != nil {
		t.Errorf("the running call ended: %v", err)
	}
	c.Hangup()
	if log := h.log.String(); strings.Contains(log, "panic") {
		t.Errorf("something panicked:\n%s", tail(log[strings.Index(log, "panic"):], 3000))
	}
	play(t, h.sip, scenario(t, "afterwards", call()...))
	h.backTo(before)
}
