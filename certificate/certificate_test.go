package certificate_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hotline/certificate"
)

// house is the files of a certificate that its own authority has signed, and a reader of them.
type house struct {
	t     *testing.T
	files certificate.Files
	now   time.Time
	log   bytes.Buffer
}

func (h *house) config(reread time.Duration) certificate.Config {
	return certificate.Config{Files: h.files, Reread: reread, Now: func() time.Time { return h.now }, Log: slog.New(slog.NewTextHandler(&h.log, nil))}
}

func open(t *testing.T) *house {
	dir := t.TempDir()
	h := &house{t: t, now: time.Now(), files: certificate.Files{Certificate: filepath.Join(dir, "cert.pem"), Key: filepath.Join(dir, "key.pem"), Roots: filepath.Join(dir, "roots.pem")}}
	h.renew(1)
	return h
}

// renew writes a certificate with a serial number, its key and its authority.
func (h *house) renew(serial int64) {
	h.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	h.must(err)
	c := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"}, NotBefore: h.now, NotAfter: h.now.Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	h.must(err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	h.must(err)
	h.write(h.files.Key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
	h.write(h.files.Certificate, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	h.write(h.files.Roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// write writes a file, as changed one second after the last time.
func (h *house) write(file string, text []byte) {
	h.t.Helper()
	h.now = h.now.Add(time.Second)
	h.must(os.WriteFile(file, text, 0o600))
	h.must(os.Chtimes(file, h.now, h.now))
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// shows holds that a reader gives the certificate of a serial number, and the authority that signed it.
func (h *house) shows(r *certificate.Reader, serial int64) {
	h.t.Helper()
	present, roots := r.Present()
	if got := present.Leaf.SerialNumber.Int64(); got != serial {
		h.t.Errorf("the serial is %d, want %d", got, serial)
	}
	if _, err := present.Leaf.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: present.Leaf.NotBefore}); err != nil {
		h.t.Errorf("the authority is not that of serial %d: %v", serial, err)
	}
	served, err := r.Server().GetCertificate(nil)
	if err != nil || served != present {
		h.t.Errorf("a listener shows %v (%v), want %v", served, err, present)
	}
}

func TestANewCertificateIsRead(t *testing.T) {
	h := open(t)
	r, err := certificate.New(h.config(0))
	h.must(err)
	h.shows(r, 1)
	h.renew(2)
	h.shows(r, 2)
}

// A change that cannot be read is told once, and read once it can be: also where that changes no time of the file.
func TestACertificateThatCannotBeReadLeavesTheOldOne(t *testing.T) {
	h := open(t)
	r, err := certificate.New(h.config(0))
	h.must(err)
	h.renew(2)
	whole, err := os.ReadFile(h.files.Certificate)
	h.must(err)
	h.write(h.files.Certificate, whole[:40])
	for range 3 {
		h.shows(r, 1)
	}
	if n := strings.Count(h.log.String(), "the old one stays"); n != 1 {
		t.Errorf("it is told %d times: %s", n, &h.log)
	}
	at := h.now
	h.must(os.WriteFile(h.files.Certificate, whole, 0o600))
	h.must(os.Chtimes(h.files.Certificate, at, at))
	h.shows(r, 2)
	h.write(h.files.Roots, []byte("spoiled"))
	h.shows(r, 2)
	if n := strings.Count(h.log.String(), "the old one stays"); n != 2 {
		t.Errorf("it is told %d times: %s", n, &h.log)
	}
	h.must(os.Remove(h.files.Certificate))
	h.shows(r, 2)
}

func TestFilesAreLookedAtSoOftenAndNoOftener(t *testing.T) {
	h := open(t)
	r, err := certificate.New(h.config(time.Minute))
	h.must(err)
	h.renew(2)
	h.shows(r, 1)
	h.now = h.now.Add(time.Minute)
	h.shows(r, 2)
}

func TestWhatCannotBeReadAtTheStartIsNamed(t *testing.T) {
	for name, spoil := range map[string]func(f *certificate.Files){
		"nothing.pem":                 func(f *certificate.Files) { f.Certificate = "nothing.pem" },
		"nothing.key":                 func(f *certificate.Files) { f.Key = "nothing.key" },
		"holds no certificate in PEM": func(f *certificate.Files) { f.Roots = f.Key },
		"nothing.roots":               func(f *certificate.Files) { f.Roots = "nothing.roots" },
	} {
		h := open(t)
		spoil(&h.files)
		if _, err := certificate.New(h.config(0)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	h := open(t)
	h.files.Roots = ""
	r, err := certificate.New(h.config(0))
	h.must(err)
	if _, roots := r.Present(); roots != nil {
		t.Error("there are authorities that nobody named")
	}
}
