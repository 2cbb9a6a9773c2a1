package transport

import (
	"bufio"
	"bytes"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"hotline/sip/syntax"
)

// tortureFiles are the messages of RFC 4475 and RFC 5118.
func tortureFiles(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "testdata", "rfc*", "*.dat"))
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
		s := &stream{Conn: c, guard: g, timeouts: usual, in: bufio.NewReaderSize(c, 4096), gone: func() {}}
		read := 0
		for {
			m, err := s.message()
			if err != nil {
				return
			}
			for name, octets := range map[string][]byte{"as it came": m.octets, "normalised": m.normal} {
				e, err := syntax.Read(octets)
				if b := e.Body; err != nil || len(octets) > syntax.MaxMessage || b.Length > 0 && b.Length != len(b.Octets) || !bytes.Equal(b.Octets, m.read.Body.Octets) {
					t.Fatalf("a message %s of %d octets, body %d of %d: %v", name, len(octets), len(b.Octets), b.Length, err)
				}
			}
			if read += len(m.octets); read > len(data) {
				t.Fatalf("%d octets were made of %d", read, len(data))
			}
		}
	})
}
