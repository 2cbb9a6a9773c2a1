package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"hotline/sip/siptest"
)

// TestOutOfFileDescriptorsTheLineComesBack lets connections take every file descriptor that the program may have. The
// datagram socket goes on answering meanwhile; once the connections are closed, calls come by TCP as before.
func TestOutOfFileDescriptorsTheLineComesBack(t *testing.T) {
	t.Parallel()
	h := open(t)
	m, err := h.metrics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	few := uint64(m["process_open_fds"]) + 20
	if err := unix.Prlimit(h.cmd.Process.Pid, unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: few, Max: few}, nil); err != nil {
		t.Fatalf("taking file descriptors away: %v", err)
	}
	var connections []net.Conn
	for i := range 120 {
		d := net.Dialer{Timeout: time.Second, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 6, byte(1+i%8))}}
		if c, err := d.Dial("tcp", h.sip); err == nil { // the kernel takes them also while the program cannot
			connections = append(connections, c)
		}
	}
	eventually(t, 30*time.Second, "the log says that files are short", func() error {
		if !strings.Contains(h.log.String(), "accept: ") {
			return fmt.Errorf("it says %q", tail(h.log.String(), 300))
		}
		return nil
	})
	play(t, h.sip, scenarioFile(t, "options"), "-t", "u1")
	refused := scenario(t, "no room for sound", refusal(503, nil)...)
	// The program may close files of its own, and a call may have them before the connections that wait do.
	eventually(t, 30*time.Second, "there is no room for sound", func() error { return plays(t, h.sip, refused, "-t", "u1") })
	for _, c := range connections {
		c.Close()
	}
	eventually(t, 30*time.Second, "the connections are gone", func() error {
		m, err := h.metrics(t.Context())
		if err == nil && uint64(m["process_open_fds"]) > few-10 {
			err = fmt.Errorf("%v files are open", m["process_open_fds"])
		}
		return err
	})
	play(t, h.sip, scenario(t, "afterwards", call()...), "-t", "t1")
}

// TestAHostilePartyInACallHurtsItselfAlone sends broken requests inside an established call, descriptions above all. The
// call ends by its own BYE or earlier; another one that runs beside it goes on.
func TestAHostilePartyInACallHurtsItselfAlone(t *testing.T) {
	t.Parallel()
	h := open(t)
	before, err := h.metrics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	beside := h.dial(t, telephone(t, "0612345"))
	p := siptest.NewPhone(t, sockets{}, fmt.Sprintf("127.0.0.1:%d", freePort(t)))
	dice, line := rand.New(rand.NewPCG(8, 15)), netip.MustParseAddrPort(h.sip)
	sdp := strings.ReplaceAll(siptest.SDP, "192.0.2.9", "127.0.0.1")
	descriptions := [][]byte{[]byte(sdp), []byte(sdp + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^31|1:1\r\na=ptime:60\r\na=rtcp:9\r\na=rtcp-mux\r\n"),
		[]byte(strings.ReplaceAll(sdp, "RTP/AVP", "RTP/SAVP")), []byte(strings.ReplaceAll(sdp, "127.0.0.1", "0.0.0.0") + "a=inactive\r\nm=video 9 RTP/AVP 34\r\n")}
	for range 20 {
		c := p.Dial(line, "hotline", sdp)
		c.Expect(200, 10*time.Second)
		c.Ack("")
		for n := range 100 {
			body := string(mutated(dice, descriptions, n))
			method := [...]string{"INVITE", "UPDATE", "INFO", "PRACK", "OPTIONS", "INVITE", "REFER", "ACK"}[dice.IntN(8)]
			c.Extra = []string{"Content-Type: " + [...]string{"application/sdp", "application/dtmf-relay", "application/dtmf"}[dice.IntN(3)],
				[...]string{"Session-Expires: 90;refresher=uas", "Session-Expires: 1", "RAck: 1 1 INVITE", "Supported: timer,100rel", "Require: 100rel", "X: y"}[dice.IntN(6)]}
			c.RequestWith(method, body)
			if n%10 == 0 {
				for p.Hear(5*time.Millisecond) != nil {
				}
			}
		}
		c.Extra = nil
		c.Request("BYE", "")
	}
	if err := beside.Wait(t.Context(), time.Second); err != nil {
		t.Errorf("the call beside ended: %v", err)
	}
	beside.Hangup()
	if log := h.log.String(); strings.Contains(log, "panic") {
		t.Errorf("something panicked:\n%s", tail(log[strings.Index(log, "panic"):], 3000))
	}
	h.backTo(before)
}
