package syslog

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"hotline/intake"
	"hotline/intake/listener"
	"hotline/intake/listener/listenertest"
	"hotline/storage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// heard is a listener for tests: UDP, TCP and TLS at ports of their own.
type heard struct {
	*Listener
	*listenertest.Manager
	t    *testing.T
	stop func()
}

func listen(t *testing.T, files TLS, certificates ...string) *heard {
	t.Helper()
	at := []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}
	h := &heard{t: t, Manager: listenertest.New(t)}
	c := Config{
		UDP: at, TCP: at, TLS: files, Rules: rulesOf(t), Taker: h.Manager, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Counts: h.Manager.Counts("syslog", slog.New(slog.DiscardHandler)),
		Sources: []Source{
			{Origin: intake.Origin{Contract: "wide"}, Networks: listener.Networks{netip.MustParsePrefix("127.0.0.0/28")}},
			{Origin: intake.Origin{Contract: "rossi", Installation: "plant"}, Networks: listener.Networks{netip.MustParsePrefix("127.0.0.1/32")}},
			{Origin: intake.Origin{Contract: "verdi"}, Certificates: certificates},
		},
	}
	if files.Certificate != "" {
		c.Secure = at
	}
	var err error
	if h.Listener, err = Open(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	h.stop = listenertest.Run(t, h.Listener)
	return h
}

// logger runs the logger of util-linux.
func (h *heard) logger(way int, args ...string) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 30*time.Second)
	defer cancel()
	at := h.Addresses()[way]
	args = append([]string{"--server", at.Addr().String(), "--port", fmt.Sprint(at.Port()), []string{"--udp", "--tcp"}[way]}, args...)
	if out, err := exec.CommandContext(ctx, "logger", args...).CombinedOutput(); err != nil {
		h.t.Fatalf("logger %s: %v %s", strings.Join(args, " "), err, out)
	}
}

func TestARealLoggerIsHeardOnEveryWay(t *testing.T) {
	h := listen(t, TLS{})
	for _, x := range []struct {
		way  int
		args []string
	}{{0, []string{"--rfc5424"}}, {0, []string{"--rfc3164"}}, {1, []string{"--rfc5424"}}, {1, []string{"--rfc5424", "--octet-count"}}, {1, []string{"--rfc3164"}}} {
		h.logger(x.way, append(x.args, "-p", "local0.crit", "-t", "asterisk", "the trunk is down")...)
		h.Becomes(listener.Alerts)
		got := h.Next()
		if a := got.Batch.Alerts[0]; got.Origin != (intake.Origin{Contract: "rossi", Installation: "plant", Source: "syslog"}) || a.Severity != "crit" || !strings.HasSuffix(a.Fingerprint, "/asterisk/the trunk is down") || !strings.HasSuffix(a.Title, "asterisk: the trunk is down") {
			t.Errorf("%v: %+v", x.args, got)
		}
		h.logger(x.way, append(x.args, "-p", "local0.info", "-t", "asterisk", "all is well")...)
		h.Becomes(listener.Counted)
	}
}

func TestOnlyNamedSourcesAreHeard(t *testing.T) {
	h := listen(t, TLS{})
	for from, want := range map[string]listener.Result{"127.0.0.5": listener.Alerts, "127.0.0.77": listener.Stranger} {
		for _, network := range []string{"udp", "tcp"} {
			var local net.Addr = &net.UDPAddr{IP: net.ParseIP(from)}
			at := h.Addresses()[0]
			if network == "tcp" {
				local, at = &net.TCPAddr{IP: net.ParseIP(from)}, h.Addresses()[1]
			}
			c, err := (&net.Dialer{LocalAddr: local}).Dial(network, at.String())
			if err != nil {
				t.Fatal(err)
			}
			_, _ = c.Write([]byte("<2>Nov 29 12:00:00 pbx kernel: fire\n"))
			h.Becomes(want)
			_ = c.Close()
			if want == listener.Alerts {
				if got := h.Next(); got.Origin.Contract != "wide" {
					t.Errorf("%+v", got)
				}
			}
		}
	}
}

// A sender by TCP waits while the store does not answer, and nothing of what it said is lost.
func TestByTCPTheSenderWaits(t *testing.T) {
	h := listen(t, TLS{})
	h.Fails(storage.ErrDown)
	c, err := net.Dial("tcp", h.Addresses()[1].String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	const sent = listener.SourceMost + 500
	written := make(chan error, 1)
	go func() {
		var all bytes.Buffer
		for i := range sent {
			fmt.Fprintf(&all, "<2>1 - pbx app - M%d - x\n", i)
		}
		_, err := c.Write(all.Bytes())
		written <- err
	}()
	for range listener.SourceMost {
		h.Becomes(listener.Alerts)
	}
	h.Fails(nil)
	taken := 0
	for taken < sent {
		got := h.Next()
		taken += len(got.Batch.Alerts)
		if got.Batch.Truncated != 0 {
			t.Errorf("%d are lost", got.Batch.Truncated)
		}
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	h := listen(t, TLS{})
	var open []net.Conn
	for range ofOneAddress + 1 {
		c, err := net.Dial("tcp", h.Addresses()[1].String())
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
	}
	h.Becomes(listener.Connections)
	_, _ = open[0].Write([]byte("1x"))
	h.Becomes(listener.Malformed)
	_, _ = open[1].Write([]byte("100 <1>"))
	_ = open[1].Close()
	h.Becomes(listener.Disconnect)
	h.stop() // with the others open
	for _, c := range open {
		_ = c.Close()
	}
}

// authority makes certificates for tests.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	n    int64
}

func (a *authority) issue(name string) tls.Certificate {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	a.n++
	c := &x509.Certificate{
		SerialNumber: big.NewInt(a.n), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: a.cert == nil, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = c, key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	if err != nil {
		a.t.Fatal(err)
	}
	if a.cert == nil {
		a.key = key
		if a.cert, err = x509.ParseCertificate(der); err != nil {
			a.t.Fatal(err)
		}
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// written writes a certificate, and its key, as PEM files.
func written(t *testing.T, dir, name string, c tls.Certificate) (cert, key string) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	cert, key = filepath.Join(dir, name+".pem"), filepath.Join(dir, name+".key")
	err = errors.Join(err,
		os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Certificate[0]}), 0o600),
		os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

func TestByTLSACertificateSaysWhoItIs(t *testing.T) {
	a, strange, dir := &authority{t: t}, &authority{t: t}, t.TempDir()
	roots, _ := written(t, dir, "roots", a.issue("the authority"))
	strange.issue("another authority")
	cert, key := written(t, dir, "server", a.issue("hotline.example"))
	pinned, pinnedByNobody := strange.issue("pinned"), strange.issue("pbx.verdi.example")
	h := listen(t, TLS{Certificate: cert, Key: key, Roots: roots}, "PBX.verdi.example", strings.ToLower(fingerprint(pinned.Certificate[0])))
	for _, x := range []struct {
		what     string
		from     string
		shown    *tls.Certificate
		contract string // empty: it is not heard
	}{
		{"a name that a root vouches for", "127.0.0.99", ptr(a.issue("pbx.verdi.example")), "verdi"},
		{"a fingerprint", "127.0.0.99", &pinned, "verdi"},
		{"a name for which nobody vouches", "127.0.0.99", &pinnedByNobody, ""},
		{"another name", "127.0.0.99", ptr(a.issue("pbx.neri.example")), ""},
		{"an address", "127.0.0.1", nil, "rossi"},
		{"a certificate goes before the address", "127.0.0.1", &pinned, "verdi"},
		{"nothing", "127.0.0.99", nil, ""},
	} {
		c := &tls.Config{ServerName: "hotline.example", RootCAs: x509.NewCertPool(), MinVersion: tls.VersionTLS12}
		c.RootCAs.AddCert(a.cert)
		if x.shown != nil {
			c.Certificates = []tls.Certificate{*x.shown}
		}
		conn, err := tls.DialWithDialer(&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(x.from)}}, "tcp", h.Addresses()[2].String(), c)
		if err != nil {
			t.Fatal(err)
		}
		const message = "<34>1 - pbx app - - - fire"
		_, _ = fmt.Fprintf(conn, "%d %s", len(message), message)
		if x.contract == "" {
			h.Becomes(listener.Stranger)
		} else {
			h.Becomes(listener.Alerts)
			if got := h.Next(); string(got.Origin.Contract) != x.contract {
				t.Errorf("%s: %+v", x.what, got)
			}
		}
		_ = conn.Close()
	}
	plain, err := net.Dial("tcp", h.Addresses()[2].String())
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	_, _ = plain.Write([]byte("<34>Nov 29 12:00:00 pbx app: fire\n"))
	h.Becomes(listener.Refused)
}

// Whoever is not known by its address gets so many handshakes, and no more.
func TestHandshakesOfStrangersAreBounded(t *testing.T) {
	a, dir := &authority{t: t}, t.TempDir()
	a.issue("the authority")
	cert, key := written(t, dir, "server", a.issue("hotline.example"))
	h := listen(t, TLS{Certificate: cert, Key: key})
	results := map[listener.Result]int{}
	const tried = 60
	for range tried {
		c, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP("127.0.0.99")}}).Dial("tcp", h.Addresses()[2].String())
		if err != nil {
			t.Fatal(err)
		}
		_, _ = c.Write([]byte("no TLS\n"))
		results[<-h.Results]++
		_ = c.Close()
	}
	if results[listener.Refused] < int(ofStranger.Burst) || results[listener.Connections] == 0 || results[listener.Refused]+results[listener.Connections] != tried {
		t.Errorf("%v", results)
	}
}

func ptr[T any](v T) *T { return &v }
