package sip_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"hotline/sip"
	"hotline/sip/siptest"
)

// certificate writes a certificate of its own authority for localhost and gives the names of its files.
func certificate(t *testing.T, dir string, serial int64, life time.Duration) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(life),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// onSockets runs an agent on sockets of the machine.
func onSockets(t *testing.T, change func(*sip.Config)) *sip.Agent {
	t.Helper()
	cfg := sip.Config{Listen: []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}}
	change(&cfg)
	a, err := sip.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Stop(context.Background()) })
	return a
}

func TestACallOverTLS(t *testing.T) {
	cert, key := certificate(t, t.TempDir(), 1, time.Hour)
	calls := make(chan *sip.Dialog, 1)
	callee := onSockets(t, func(c *sip.Config) {
		c.Secure = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}
		c.TLS = &sip.TLS{Certificate: cert, Key: key}
		c.Handle = answering(calls)
	})
	to := fmt.Sprintf("sip:anna@%s;transport=tls", callee.Secure()[0])
	caller := onSockets(t, func(c *sip.Config) { c.TLS = &sip.TLS{Roots: cert} })
	d, answer, err := caller.Dial(t.Context(), sip.DialRequest{To: to, Offer: []byte(siptest.SDP)})
	if err != nil || string(answer) != siptest.SDP {
		t.Fatal(err)
	}
	theirs := <-calls
	if err := theirs.Hangup(""); err != nil { // the callee's BYE comes back over the connection
		t.Fatal(err)
	}
	ending(t, d.Context(), sip.ErrRemoteBye)

	distrusting := onSockets(t, func(*sip.Config) {})
	if _, _, err := distrusting.Dial(t.Context(), sip.DialRequest{To: to, Offer: []byte(siptest.SDP)}); err == nil {
		t.Error("a certificate of an unknown authority was taken")
	}
}

func TestANewCertificateIsReadWithoutDroppingAConnection(t *testing.T) {
	dir := t.TempDir()
	cert, key := certificate(t, dir, 1, time.Hour)
	a := onSockets(t, func(c *sip.Config) {
		c.Secure = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}
		c.TLS = &sip.TLS{Certificate: cert, Key: key, Reread: time.Millisecond}
	})
	connect := func() (*tls.Conn, int64) {
		c, err := tls.Dial("tcp", a.Secure()[0].String(), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = c.Close() })
		return c, c.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	old, serial := connect()
	if serial != 1 {
		t.Fatalf("serial %d", serial)
	}
	certificate(t, dir, 2, 2*time.Hour)
	for end := time.Now().Add(30 * time.Second); serial != 2; _, serial = connect() {
		if time.Now().After(end) {
			t.Fatal("the old certificate is shown for ever")
		}
	}
	if err := os.WriteFile(cert, []byte("spoiled"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, serial = connect(); serial != 2 {
		t.Errorf("after a spoiled file the serial is %d", serial)
	}
	fmt.Fprintf(old, "OPTIONS sip:x@localhost SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1:1;branch=z9hG4bK1\r\nMax-Forwards: 70\r\nFrom: <sip:x@y>;tag=1\r\nTo: <sip:x@localhost>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n")
	_ = old.SetReadDeadline(time.Now().Add(30 * time.Second))
	b := make([]byte, 100)
	if n, err := old.Read(b); err != nil || string(b[:11]) != "SIP/2.0 200" {
		t.Errorf("the connection that stood: %q %v", b[:n], err)
	}
	if ends := a.CertificateEnds(); time.Until(ends) < 90*time.Minute {
		t.Errorf("ends %s", ends)
	}
}

func TestAHandshakeThatNobodyFinishesIsEnded(t *testing.T) {
	cert, key := certificate(t, t.TempDir(), 1, time.Hour)
	a := onSockets(t, func(c *sip.Config) {
		c.Secure = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:0")}
		c.TLS = &sip.TLS{Certificate: cert, Key: key}
	})
	c, err := net.Dial("tcp", a.Secure()[0].String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
	if _, err := c.Read(make([]byte, 1)); err == nil || os.IsTimeout(err) {
		t.Errorf("a silent connection is still open: %v", err)
	}
}
