package guard

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	gosip "github.com/emiago/sipgo/sip"

	"hotline/sip/syntax"
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
	parser := gosip.NewParser()
	f.Fuzz(func(t *testing.T, data []byte) {
		neat := syntax.Normalise(data)
		if len(neat) > len(data) {
			t.Fatalf("normalising made %d octets of %d", len(neat), len(data))
		}
		m, err := syntax.Read(neat)
		if err != nil {
			return
		}
		v := check(&m, len(neat))
		if v.Pass && m.Request {
			neat = syntax.WithFromTag(neat, &m)
			_, _ = parser.ParseSIP(neat)
			if again, err := syntax.Read(neat); err != nil || again.CallID != m.CallID || again.Branch() != m.Branch() || again.ToTag() != m.ToTag() {
				t.Fatalf("what is handed down reads otherwise: %+v, %v", again, err)
			}
		}
		if v.Answer == nil {
			return
		}
		if v.Pass || !m.Request || m.Method == "ACK" {
			t.Fatalf("answered what must not be: %+v", v)
		}
		answerTo(&m, from)
		out := Answer(&m, *v.Answer, from, "s")
		if i := bytes.Index(out, []byte("\r\n\r\n")); i != len(out)-4 {
			t.Fatalf("the answer has a body: %q", out)
		}
	})
}

// tortureFiles are the messages of RFC 4475 and RFC 5118.
func tortureFiles(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "testdata", "rfc*", "*.dat"))
	if err != nil || len(files) != 62 {
		t.Fatalf("%d torture messages, %v", len(files), err)
	}
	return files
}
