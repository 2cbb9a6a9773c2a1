package probe_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline/agent/probe"
	"hotline/agent/protocol"
)

// looks makes one check.
func looks(t *testing.T, c protocol.Check) error {
	t.Helper()
	c.ID = "x"
	if c.Timeout == 0 {
		c.Timeout = 30 // a busy machine takes its time
	}
	c = c.Complete()
	if wrong := (protocol.Configuration{Checks: []protocol.Check{c}}).Check(); len(wrong) > 0 {
		t.Fatalf("%+v cannot be right: %v", c, wrong[0])
	}
	return probe.Run(context.Background(), c, time.Now())
}

// finds holds what a check finds against a part of its words; empty: all is well.
func finds(t *testing.T, what string, err error, want string) {
	t.Helper()
	if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("%s: found %v, want %q", what, err, want)
	}
}

// listen serves connections of a port, each by serve, until the test ends.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() { defer conn.Close(); serve(conn) })
		}
	})
	t.Cleanup(func() { l.Close(); all.Wait() })
	return l.Addr().String()
}

// patience is the timeout of a check, in seconds: short where it is waited for.
func patience(want string) int {
	if want == "no answer within 1s" {
		return 1
	}
	return 0
}

// silent takes connections and says nothing until they are ended.
func silent(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

// nobody is a port at which nothing listens, and nothing can until the test ends: it is the near end of a connection, which takes no
// other one, by TCP or by UDP.
func nobody(t *testing.T, network, peer string) string {
	t.Helper()
	c, err := net.Dial(network, peer)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.LocalAddr().String()
}

func TestADiskIsLookedAt(t *testing.T) {
	finds(t, "one percent of the root", looks(t, protocol.Check{Kind: protocol.Disk, Target: "/", Free: 1}), "")
	finds(t, "more than there is", looks(t, protocol.Check{Kind: protocol.Disk, Target: "/proc/self", Free: 10}), "") // one without room and files
	finds(t, "no such folder", looks(t, protocol.Check{Kind: protocol.Disk, Target: "/nowhere"}), "no such file")
	finds(t, "a disk on which something lies", looks(t, protocol.Check{Kind: protocol.Disk, Target: "/", Free: 99}), "% of the ")
}

func TestAProcessIsLookedFor(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"pbx417", "a-program-with-a-long-name"} {
		program := filepath.Join(dir, name)
		if out, err := exec.Command("cp", "/bin/sleep", program).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		finds(t, "before it starts", looks(t, protocol.Check{Kind: protocol.Process, Target: name}), "no such process runs")
		sleeping := exec.Command(program, "60")
		if err := sleeping.Start(); err != nil {
			t.Fatal(err)
		}
		finds(t, name, looks(t, protocol.Check{Kind: protocol.Process, Target: name}), "")
		finds(t, "two of it", looks(t, protocol.Check{Kind: protocol.Process, Target: name, Count: 2}), "1 such processes run, and it should be 2")
		if err := sleeping.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for state := ""; !strings.Contains(state, ") Z"); { // it has ended, and nobody has asked how
			text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", sleeping.Process.Pid))
			if err != nil {
				t.Fatal(err)
			}
			state = string(text)
		}
		finds(t, "one that has ended", looks(t, protocol.Check{Kind: protocol.Process, Target: name}), "no such process runs")
		_ = sleeping.Wait() // it was killed
	}
}

func TestAPageIsAskedFor(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/well":
			fmt.Fprint(w, "all is well")
		case "/moved":
			http.Redirect(w, r, "/well", http.StatusFound)
		case "/broken":
			w.WriteHeader(http.StatusInternalServerError)
		case "/slow":
			<-r.Context().Done()
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer server.Close()
	for _, c := range []struct {
		path string
		more protocol.Check
		want string
	}{
		{"/well", protocol.Check{}, ""},
		{"/well", protocol.Check{Contains: "is well"}, ""},
		{"/well", protocol.Check{Contains: "is ill"}, `"is ill" does not stand in its answer`},
		{"/moved", protocol.Check{Contains: "is well"}, ""},
		{"/moved", protocol.Check{Status: 302}, ""},
		{"/broken", protocol.Check{}, "it answers 500"},
		{"/none", protocol.Check{}, "it answers 404"},
		{"/none", protocol.Check{Status: 404}, ""},
		{"/slow", protocol.Check{Timeout: 1}, "no answer within 1s"},
	} {
		c.more.Kind, c.more.Target = protocol.HTTP, server.URL+c.path
		finds(t, c.path, looks(t, c.more), c.want)
	}
	secure := httptest.NewTLSServer(server.Config.Handler)
	defer secure.Close()
	finds(t, "a certificate of its own", looks(t, protocol.Check{Kind: protocol.HTTP, Target: secure.URL + "/well"}), "certificate")
	finds(t, "a certificate of its own that may be", looks(t, protocol.Check{Kind: protocol.HTTP, Target: secure.URL + "/well", Untrusted: true}), "")
	finds(t, "nobody", looks(t, protocol.Check{Kind: protocol.HTTP, Target: "http://" + nobody(t, "tcp", server.Listener.Addr().String())}), "nothing listens there")
}

func TestAPortIsConnectedTo(t *testing.T) {
	finds(t, "one that listens", looks(t, protocol.Check{Kind: protocol.TCP, Target: listen(t, func(net.Conn) {})}), "")
	finds(t, "one that does not", looks(t, protocol.Check{Kind: protocol.TCP, Target: nobody(t, "tcp", listen(t, silent))}), "the connection was refused")
}

func TestAMailServerIsGreeted(t *testing.T) {
	says := func(lines ...string) string {
		return listen(t, func(c net.Conn) {
			r := bufio.NewReader(c)
			for n, line := range lines {
				fmt.Fprint(c, line+"\r\n")
				if n < len(lines)-1 {
					_, _ = r.ReadString('\n')
				}
			}
		})
	}
	for what, c := range map[string]struct{ at, want string }{
		"a server":              {says("220 mail.example", "250-mail.example\r\n250 SIZE", "221 bye"), ""},
		"one that hangs up":     {says("220 mail.example", "250 mail.example"), ""},
		"one that is closed":    {says("554 no service"), `it greets with "554 no service"`},
		"one that fails later":  {says("220 mail.example", "421 too busy"), `it answers "421 too busy" to EHLO`},
		"one that says nothing": {listen(t, silent), "no answer within 1s"},
		"one that is no server": {listen(t, func(net.Conn) {}), "it ended the connection at once"},
	} {
		finds(t, what, looks(t, protocol.Check{Kind: protocol.SMTP, Target: c.at, Timeout: patience(c.want)}), c.want)
	}
}

// responder answers SIP over UDP, after it has let so many requests go by.
func responder(t *testing.T, ignored int, status string) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var done sync.WaitGroup
	done.Go(func() {
		buffer := make([]byte, 65536)
		for n := 0; ; n++ {
			size, from, err := conn.ReadFrom(buffer)
			if err != nil {
				return
			}
			if n >= ignored && status != "" {
				_, _ = conn.WriteTo(reply(string(buffer[:size]), status), from)
			}
		}
	})
	t.Cleanup(func() { conn.Close(); done.Wait() })
	return "sip:" + conn.LocalAddr().String()
}

// reply is an answer with the headers of its request (RFC 3261, section 8.2.6).
func reply(request, status string) []byte {
	head := "SIP/2.0 " + status + "\r\n"
	for line := range strings.SplitSeq(request, "\r\n") {
		name, _, _ := strings.Cut(line, ":")
		switch name {
		case "Via", "From", "To", "Call-ID", "CSeq":
			head += line + "\r\n"
		}
	}
	return []byte(head + "Content-Length: 0\r\n\r\n")
}

func TestASIPServerIsAskedForOPTIONS(t *testing.T) {
	over := listen(t, func(c net.Conn) {
		request := ""
		for r := bufio.NewReader(c); !strings.HasSuffix(request, "\r\n\r\n"); {
			line, err := r.ReadString('\n')
			if err != nil {
				return
			}
			request += line
		}
		_, _ = c.Write(append(reply(request, "100 Trying"), reply(request, "200 OK")...))
	})
	for what, c := range map[string]struct{ at, want string }{
		"one that answers":            {responder(t, 0, "200 OK"), ""},
		"one that hears it again":     {responder(t, 1, "200 OK"), ""},
		"one that refuses strangers":  {responder(t, 0, "403 Forbidden"), ""},
		"one that is overloaded":      {responder(t, 0, "503 Service Unavailable"), "it answers 503 to OPTIONS"},
		"one that is silent":          {responder(t, 0, ""), "no answer within 1s"},
		"one that never decides":      {responder(t, 0, "100 Trying"), "no answer within 1s"},
		"one over TCP":                {"sip:" + over + ";transport=tcp", ""},
		"one over TCP that is silent": {"sip:" + listen(t, silent) + ";transport=tcp", "no answer within 1s"},
		"no port that listens":        {"sip:" + nobody(t, "udp", strings.TrimPrefix(responder(t, 0, ""), "sip:")), "nothing listens there"},
	} {
		finds(t, what, looks(t, protocol.Check{Kind: protocol.SIP, Target: c.at, Timeout: patience(c.want)}), c.want)
	}
}

// secured is a server with a certificate for pbx.example that holds from and until so many days from now.
func secured(t *testing.T, from, until int) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	form := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"pbx.example"}, NotBefore: now.AddDate(0, 0, from), NotAfter: now.AddDate(0, 0, until).Add(time.Hour)}
	made, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	config := &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{made}, PrivateKey: key}}}
	return listen(t, func(c net.Conn) { _ = tls.Server(c, config).Handshake() })
}

func TestACertificateIsLookedAt(t *testing.T) {
	holds := secured(t, -1, 90)
	for what, c := range map[string]struct {
		at, name, want string
	}{
		"one that holds":             {holds, "", ""},
		"one that ends soon":         {secured(t, -80, 10), "", "its certificate ends in 10 days, on "},
		"one that has ended":         {secured(t, -90, -1), "", "its certificate has ended on "},
		"one that does not hold yet": {secured(t, 2, 90), "", "its certificate holds from "},
		"its own name":               {holds, "pbx.example", ""},
		"another name":               {holds, "shop.example", "for another name"},
		"no TLS":                     {listen(t, func(c net.Conn) { _, _ = c.Write([]byte("220 mail.example\r\n")) }), "", "no TLS connection"},
		"nobody":                     {nobody(t, "tcp", listen(t, silent)), "", "nothing listens there"},
	} {
		finds(t, what, looks(t, protocol.Check{Kind: protocol.Certificate, Target: c.at, ServerName: c.name}), c.want)
	}
}
