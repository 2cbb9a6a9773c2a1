package sip

import (
	"bufio"
	"bytes"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// The guard meets every octet the internet sends first.
func FuzzGuard(f *testing.F) {
	for _, s := range []string{
		"OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK1;rport\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: i\r\nCSeq: 1 OPTIONS\r\n\r\n",
		"SIP/2.0 200 OK\r\nv: SIP/2.0/UDP [::1]:5\r\nf: x ; tag = \"y\r\nt:\r\n z\r\ni:1\r\nCSeq: 1 A\r\n\r\n",
		"INVITE  SIP/2.0\r\n:\r\n\r\n", "\r\n\r\n", "A B SIP/\r\nVia: ,;=\r\n\r\n",
	} {
		f.Add([]byte(s))
	}
	for _, name := range tortureFiles(f) {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	from := netip.MustParseAddrPort("192.0.2.9:5060")
	a, err := New(Config{Listen: []netip.AddrPort{netip.MustParseAddrPort("192.0.2.1:5060")}, AcceptAnyone: true})
	if err != nil {
		f.Fatal(err)
	}
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
		if v.pass && e.request {
			neat = withTag(neat, &e)
			a.parses(neat)
			if again, err := readEnvelope(neat); err != nil || again.callID != e.callID || again.branch() != e.branch() || again.toTag() != e.toTag() {
				t.Fatalf("what is handed down reads otherwise: %+v, %v", again, err)
			}
		}
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

// tortureFiles are the messages of RFC 4475 and RFC 5118.
func tortureFiles(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "rfc*", "*.dat"))
	if err != nil || len(files) != 62 {
		t.Fatalf("%d torture messages, %v", len(files), err)
	}
	return files
}

// heap is a connection whose octets are all there already.
type heap struct {
	net.Conn
	*bytes.Reader
}

func (h heap) Read(b []byte) (int, error)     { return h.Reader.Read(b) }
func (heap) Write(b []byte) (int, error)      { return len(b), nil }
func (heap) Close() error                     { return nil }
func (heap) SetReadDeadline(time.Time) error  { return nil }
func (heap) SetWriteDeadline(time.Time) error { return nil }

// A stream is cut into messages that are whole, and never grows beyond the cap.
func FuzzStream(f *testing.F) {
	const options = "OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\nContent-Length: 3\r\n\r\nabc"
	f.Add([]byte(options + "\r\n\r\n" + options))
	f.Add([]byte("SIP/2.0 200 OK\r\nl:0\r\n\r\n\r\nBYE sip:x SIP/2.0\r\nVia:\r\n a\r\n\r\n"))
	for _, name := range tortureFiles(f) {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	g := quietGuard()
	f.Fuzz(func(t *testing.T, data []byte) {
		c := heap{Reader: bytes.NewReader(data)}
		s := &guardedStream{Conn: c, guard: g, timers: Timers{}.orRFC(), in: bufio.NewReaderSize(c, 4096), gone: func() {}}
		read := 0
		for {
			m, err := s.message()
			if err != nil {
				return
			}
			e, err := readEnvelope(m)
			if err != nil || len(m) > maxMessage || e.length > 0 && e.length != len(e.body) {
				t.Fatalf("a message of %d octets, body %d of %d: %v", len(m), len(e.body), e.length, err)
			}
			if read += len(m); read > len(data) {
				t.Fatalf("%d octets were made of %d", read, len(data))
			}
		}
	})
}
