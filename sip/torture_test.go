package sip_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline/sip"
	"hotline/sip/siptest"
)

// torture is a row of the tables at work.
type torture struct{ siptest.Torture }

func TestTortureByDatagram(t *testing.T) {
	everyTorture(t, func(t *testing.T, row torture, msg string) {
		w := siptest.NewWire(1)
		a := startTortured(t, w)
		c, err := w.ListenPacket(netip.MustParseAddrPort(row.caller()))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		p := &packets{c, line}
		if strings.HasPrefix(row.From, "[") {
			p.to = line6
		}
		row.Stream = ""
		row.endure(t, p, msg)
		stillServes(t, a, p)
	})
}

func TestTortureByStream(t *testing.T) {
	for name, cut := range map[string]bool{"whole": false, "octet by octet": true} {
		t.Run(name, func(t *testing.T) {
			everyTorture(t, func(t *testing.T, row torture, msg string) {
				if row.Stream == siptest.Datagram {
					return
				}
				w := &pipes{Wire: siptest.NewWire(1), accept: make(chan net.Conn), done: make(chan struct{})}
				a := startTortured(t, w)
				s := w.dial(t, row.caller(), cut)
				row.endure(t, s, msg)
				if row.Stream != "" {
					s = w.dial(t, row.caller(), cut)
				}
				stillServes(t, a, s)
			})
		})
	}
}

// everyTorture runs one test a row, in virtual time, with the octets as they travel.
func everyTorture(t *testing.T, run func(t *testing.T, row torture, msg string)) {
	for folder, rows := range map[string][]siptest.Torture{"rfc4475": siptest.RFC4475(), "rfc5118": siptest.RFC5118()} {
		for _, row := range rows {
			t.Run(folder+"/"+row.Section+" "+row.Name, func(t *testing.T) {
				data, err := os.ReadFile(filepath.Join("testdata", folder, row.Name+".dat"))
				if err != nil {
					t.Fatal(err)
				}
				if folder == "rfc5118" {
					data = siptest.AsSent(data)
				}
				synctest.Test(t, func(t *testing.T) { run(t, torture{row}, string(data)) })
			})
		}
	}
}

var line6 = netip.MustParseAddrPort("[2001:db8::10]:5060")

// startTortured runs an agent whose telephone rings and is never picked up.
func startTortured(t *testing.T, w sip.Wire) *sip.Agent {
	return start(t, w, func(ctx context.Context, in *sip.Invite) {
		_ = in.Ring()
		<-ctx.Done()
	}, func(c *sip.Config) { c.Listen = append(c.Listen, line6) })
}

func (row torture) caller() string {
	if row.From == "" {
		return "192.0.2.9:5060"
	}
	return row.From
}

// endure sends a message and holds what comes back against the row.
func (row torture) endure(t *testing.T, p talker, msg string) {
	t.Helper()
	p.say(msg)
	switch {
	case row.Stream == siptest.Stalls, row.Want == siptest.Silence:
		if got, open := p.hear(); got != "" || open == (row.Stream != "") {
			t.Fatalf("heard %q, open %v; wanted silence: %s", got.line(), open, row.Why)
		}
		return
	case row.Want == siptest.Rings && row.Stream == "":
		takeBack(t, p, msg, row.Why)
		return
	case row.Want == siptest.Rings:
		row.Want = "400"
	}
	got := expect(t, p, row.Want, row.Why)
	if !strings.Contains(string(got), "\r\n"+row.Header) {
		t.Errorf("no %q in the answer: %s", row.Header, got)
	}
	if !strings.Contains(msg, got.get("Call-ID")) || !strings.Contains(msg, got.get("From")) && row.Name != "wsinv" {
		t.Errorf("the answer is not to this request: %s", got)
	}
	if row.Stream == siptest.Closed {
		if got, open := p.hear(); open || got != "" {
			t.Errorf("the connection is still open, heard %q", got.line())
		}
	}
}

// takeBack lets an INVITE ring and cancels it.
func takeBack(t *testing.T, p talker, invite, why string) {
	t.Helper()
	expect(t, p, "100", why)
	if got := expect(t, p, "180", why); strings.Contains(got.get("From"), "tag") != strings.Contains(invite, "tag=") {
		t.Errorf("From is not the caller's: %s", got.get("From"))
	}
	p.say(strings.ReplaceAll(invite, "INVITE", "CANCEL"))
	var to string
	for _, final := range []heard{expect(t, p, "", why), expect(t, p, "", why)} {
		switch {
		case strings.HasSuffix(final.get("CSeq"), "CANCEL") && final.line()[8:11] == "200":
		case strings.HasSuffix(final.get("CSeq"), "INVITE") && final.line()[8:11] == "487":
			to = final.get("To")
		default:
			t.Fatalf("heard %q after the CANCEL", final.line())
		}
	}
	was := regexp.MustCompile(`\r\nTo: [^\r]*`)
	p.say(was.ReplaceAllLiteralString(strings.ReplaceAll(invite, "INVITE", "ACK"), "\r\nTo: "+to))
}

// stillServes proves that the agent has lost neither its voice nor a call.
func stillServes(t *testing.T, a *sip.Agent, p talker) {
	t.Helper()
	p.say("OPTIONS sip:line SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9;branch=z9hG4bKplain;rport\r\nMax-Forwards: 70\r\n" +
		"From: <sip:p@192.0.2.9>;tag=plain\r\nTo: <sip:line>\r\nCall-ID: plain\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")
	if got := expect(t, p, "200", "a plain OPTIONS"); got.get("Call-ID") != "plain" {
		t.Errorf("heard an answer to something else: %s", got)
	}
	synctest.Wait()
	if n := a.Calls(); n != 0 {
		t.Errorf("%d calls left", n)
	}
}

// expect hears the next message, which must have the status, if one is given.
func expect(t *testing.T, p talker, status, why string) heard {
	t.Helper()
	got, _ := p.hear()
	if !strings.HasPrefix(string(got), strings.TrimRight("SIP/2.0 "+status, " ")) {
		t.Fatalf("heard %q, want %s: %s", got.line(), status, why)
	}
	return got
}

// heard is a message that came back.
type heard string

func (h heard) line() string {
	l, _, _ := strings.Cut(string(h), "\r\n")
	return l
}

func (h heard) get(name string) string {
	for l := range strings.SplitSeq(string(h), "\r\n") {
		if v, ok := strings.CutPrefix(l, name+": "); ok {
			return v
		}
	}
	return ""
}

// talker is the far end: hear gives nothing after a while of silence, and open is
// false when a stream has ended.
type talker interface {
	say(msg string)
	hear() (msg heard, open bool)
}

const streamWait = 15 * time.Second // longer than a stream waits for half a message

type packets struct {
	net.PacketConn
	to netip.AddrPort
}

func (p *packets) say(msg string) { _, _ = p.WriteTo([]byte(msg), net.UDPAddrFromAddrPort(p.to)) }

func (p *packets) hear() (heard, bool) {
	_ = p.SetReadDeadline(time.Now().Add(streamWait))
	b := make([]byte, 65535)
	n, _, _ := p.ReadFrom(b)
	return heard(b[:n]), true
}

// pipes is the in-memory wire with streams.
type pipes struct {
	*siptest.Wire
	accept chan net.Conn
	done   chan struct{}
}

func (w *pipes) Listen(at netip.AddrPort) (net.Listener, error) {
	return &pipeListener{w, net.TCPAddrFromAddrPort(at), make(chan struct{})}, nil
}

type pipeListener struct {
	*pipes
	at     net.Addr
	closed chan struct{}
}

func (l *pipeListener) Addr() net.Addr { return l.at }

func (l *pipeListener) Close() error {
	close(l.closed)
	return nil
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.accept:
		return c, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

// pipeEnd is our end of a stream, with the address of who called.
type pipeEnd struct {
	net.Conn
	from, at net.Addr
}

func (e pipeEnd) RemoteAddr() net.Addr { return e.from }
func (e pipeEnd) LocalAddr() net.Addr  { return e.at }

// stream is the far end; a goroutine reads it, since a pipe holds no octet back.
type farEnd struct {
	net.Conn
	cut bool // says each octet for itself
	in  chan heard
}

func (w *pipes) dial(t *testing.T, from string, cut bool) *farEnd {
	far, near := net.Pipe()
	s := &farEnd{Conn: far, cut: cut, in: make(chan heard, 99)}
	w.accept <- pipeEnd{near, net.TCPAddrFromAddrPort(netip.MustParseAddrPort(from)), net.TCPAddrFromAddrPort(line)}
	var listening sync.WaitGroup
	listening.Go(s.listen)
	t.Cleanup(func() { _ = far.Close(); listening.Wait() })
	return s
}

func (s *farEnd) listen() {
	defer close(s.in)
	r := bufio.NewReader(s.Conn)
	for {
		var msg strings.Builder
		for !strings.HasSuffix(msg.String(), "\r\n\r\n") {
			l, err := r.ReadString('\n')
			if err != nil {
				return
			}
			msg.WriteString(l)
		}
		n, _ := strconv.ParseInt(heard(msg.String()).get("Content-Length"), 10, 64)
		_, _ = io.CopyN(&msg, r, n)
		s.in <- heard(msg.String())
	}
}

func (s *farEnd) say(msg string) {
	step := len(msg)
	if s.cut {
		step = 1
	}
	for i := 0; i < len(msg); i += step {
		if _, err := s.Write([]byte(msg[i : i+step])); err != nil {
			return // refused before its end
		}
	}
}

func (s *farEnd) hear() (heard, bool) {
	select {
	case msg, open := <-s.in:
		return msg, open
	case <-time.After(streamWait):
		return "", true
	}
}

// Each file is the archive's, octet for octet, and each has its row.
func TestTortureMessagesAreTheRFCs(t *testing.T) {
	for folder, c := range map[string]struct {
		rows []siptest.Torture
		sum  string
	}{
		"rfc4475": {siptest.RFC4475(), "a027170f419792e5bb50fe912c83d1e456596c7e9e0ae675f34c266d4ffc9398"},
		"rfc5118": {siptest.RFC5118(), "e124e714fc8d99c72de2c880f26a8e2a725bd77609e335ae781fc404ca271dfb"},
	} {
		files, _ := filepath.Glob(filepath.Join("testdata", folder, "*.dat"))
		if len(files) != len(c.rows) {
			t.Errorf("%s: %d files, %d rows", folder, len(files), len(c.rows))
		}
		all := sha256.New()
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(data)
		}
		if sum := hex.EncodeToString(all.Sum(nil)); sum != c.sum {
			t.Errorf("%s: the octets are not the archive's: %s", folder, sum)
		}
	}
}
