package e2e_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/icholy/digest"

	"hotline/app"
	"hotline/sip/siptest"
)

// sockets are the machine's, for siptest's telephones.
type sockets struct{}

func (sockets) ListenPacket(at netip.AddrPort) (net.PacketConn, error) {
	return net.ListenUDP("udp", net.UDPAddrFromAddrPort(at))
}

// settingsFile writes a configuration.
func settingsFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "hotline.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// certificate writes a certificate for 127.0.0.1 and its key.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	dir := t.TempDir()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "127.0.0.1"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(48 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
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
	for file, b := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(b), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// TestSoftphonesOfAnotherMakerOverEveryTransport calls with baresip over UDP, TCP and TLS, plain and encrypted, and reads
// in the record of calls what came over.
func TestSoftphonesOfAnotherMakerOverEveryTransport(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t)
	secure := freePort(t)
	h := open(t, "--config", settingsFile(t, fmt.Sprintf("sip:\n  listen: [\"127.0.0.1:5060\"]\n  secure: [\"127.0.0.1:%d\"]\n  tls: {certificate: %s, key: %s}\n", secure, cert, key)))
	silence := waveFile(t, "silence", make([]int16, 8000))
	for _, c := range []struct {
		name, to  string
		encrypted bool
	}{
		{"udp", "sip:hotline@" + h.sip, false},
		{"tcp", "sip:hotline@" + h.sip + ";transport=tcp", false},
		{"tls", fmt.Sprintf("sip:hotline@127.0.0.1:%d;transport=tls", secure), false},
		{"udp-srtp", "sip:hotline@" + h.sip, true},
		{"tls-srtp", fmt.Sprintf("sip:hotline@127.0.0.1:%d;transport=tls", secure), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			var account []string
			if c.encrypted {
				account = append(account, "mediaenc=srtp-mand")
			}
			caller := softphone(t, "caller-"+c.name, silence, false, account...)
			caller.dial(c.to)
			caller.await("CALL_ESTABLISHED", 1, 30*time.Second)
			pause(3 * time.Second)
			caller.hangUp()
			eventually(t, 30*time.Second, "the call stands in the book with its sound", func() error {
				var calls struct{ Calls []callView }
				if _, err := h.call(http.MethodGet, "/api/v1/calls", nil, &calls); err != nil {
					return err
				}
				for _, k := range calls.Calls {
					if k.From != "caller-"+c.name || k.Ended.IsZero() {
						continue
					}
					if q := k.Quality; q.Encrypted != c.encrypted || q.PacketsIn < 100 || q.PacketsOut < 100 {
						return fmt.Errorf("%+v", q)
					}
					return nil
				}
				return fmt.Errorf("%d calls, none of them this one", len(calls.Calls))
			})
		})
	}
}

// TestATrunkByRegistration lets the shipped binary register at a carrier that challenges it, and take a call from
// there.
func TestATrunkByRegistration(t *testing.T) {
	t.Parallel()
	carrier := siptest.NewPhone(t, sockets{}, fmt.Sprintf("127.0.0.9:%d", freePort(t)))
	h := launch(t, dataFolder(t), "--demo", "--config", settingsFile(t, fmt.Sprintf(`
sip:
  trust_loopback: false
  trunks:
    - {name: carrier, registrar: "sip:%s", register: true, user: "0612345", password: secret, realm: carrier, expires: 2m}
`, carrier.At)))
	r := carrier.Requested("REGISTER", 30*time.Second)
	r.Extra = []string{`WWW-Authenticate: Digest realm="carrier", nonce="n1", qop="auth", algorithm=SHA-256`}
	r.Respond(401, "")
	r = carrier.Requested("REGISTER", 30*time.Second)
	c, err := digest.ParseCredentials(r.Invite.Get("Authorization"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := digest.Digest(&digest.Challenge{Realm: "carrier", Nonce: "n1", Algorithm: "SHA-256", QOP: []string{"auth"}},
		digest.Options{Method: "REGISTER", URI: c.URI, Username: "0612345", Password: "secret", Count: c.Nc, Cnonce: c.Cnonce})
	if err != nil || want.Response != c.Response {
		t.Fatalf("wrong credentials: %v", err)
	}
	r.Respond(200, "")
	h.waitHealthy()
	status := func() (string, error) {
		out, err := exec.Command(program(), "trunk", "status", "--api", "http://"+h.http, "--token", app.DemoToken).CombinedOutput()
		return string(out), err
	}
	if out, err := status(); err != nil || !strings.Contains(out, "carrier  registered since") || !strings.Contains(out, carrier.At.String()) {
		t.Errorf("hotline trunk status: %v\n%s", err, out)
	}
	line := netip.MustParseAddrPort(h.sip)
	call := carrier.Dial(line, "0612345", strings.ReplaceAll(siptest.SDP, "192.0.2.9", "127.0.0.9"))
	call.Expect(200, 30*time.Second)
	call.Ack("")
	call.Request("BYE", "")
	call.Expect(200, 30*time.Second)

	ctx, stop := context.WithTimeout(t.Context(), 30*time.Second)
	defer stop()
	metrics, err := h.metrics(ctx)
	if err != nil || metrics[`hotline_trunk_up{trunk="carrier"}`] != 1 {
		t.Errorf("metrics: %v %v", err, metrics)
	}
}
