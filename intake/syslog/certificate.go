package syslog

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// TLS is the certificate that is shown, and the authorities by which names of senders' certificates are believed.
type TLS struct {
	Certificate, Key string // PEM files
	Roots            string // PEM file; empty: no name is believed
}

// identity is what stands in the files of TLS, read again when one of them changes. Safe for concurrent use.
type identity struct {
	files TLS

	mu      sync.Mutex
	changed [3]time.Time
	shown   *tls.Certificate
	roots   *x509.CertPool
}

// now gives the certificate and the roots. While a changed file cannot be read, the former ones hold.
func (i *identity) now() (*tls.Certificate, *x509.CertPool, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	var changed [3]time.Time
	for n, name := range []string{i.files.Certificate, i.files.Key, i.files.Roots} {
		if info, err := os.Stat(name); err == nil {
			changed[n] = info.ModTime()
		}
	}
	if i.shown != nil && changed == i.changed {
		return i.shown, i.roots, nil
	}
	shown, err := tls.LoadX509KeyPair(i.files.Certificate, i.files.Key)
	if err == nil && i.files.Roots != "" {
		var text []byte
		roots := x509.NewCertPool()
		if text, err = os.ReadFile(i.files.Roots); err == nil && !roots.AppendCertsFromPEM(text) {
			err = fmt.Errorf("%s holds no certificate in PEM", i.files.Roots)
		}
		if err == nil {
			i.roots = roots
		}
	}
	switch {
	case err == nil:
		i.shown, i.changed = &shown, changed
	case i.shown == nil:
		return nil, nil, fmt.Errorf("reading the certificate of alerts.syslog.tls: %w", err)
	}
	return i.shown, i.roots, nil
}

// config is that of the listener. Whoever shows no certificate may be known by its address; the others are looked at by who.
func (i *identity) config() *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12, ClientAuth: tls.RequestClientCert,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { c, _, err := i.now(); return c, err },
	}
}

// errCertificate is one that no source is known by.
var errCertificate = errors.New("its certificate is that of no source")

// who are the names by which a sender is known: the fingerprint of its certificate, and the names for which a root vouches.
func (i *identity) who(state tls.ConnectionState, now time.Time) (names []string) {
	if len(state.PeerCertificates) == 0 {
		return nil
	}
	own := state.PeerCertificates[0]
	names = append(names, fingerprint(own.Raw))
	_, roots, err := i.now()
	if err != nil || roots == nil {
		return names
	}
	between := x509.NewCertPool()
	for _, c := range state.PeerCertificates[1:] {
		between.AddCert(c)
	}
	if _, err := own.Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}}); err != nil {
		return names
	}
	for _, n := range append(slices.Clone(own.DNSNames), own.Subject.CommonName) {
		if n != "" {
			names = append(names, strings.ToLower(n))
		}
	}
	return names
}

// fingerprint is how RFC 5425 section 4.2.2 writes one.
func fingerprint(certificate []byte) string {
	sum := sha256.Sum256(certificate)
	digits := strings.ToUpper(hex.EncodeToString(sum[:]))
	var pairs []string
	for at := 0; at < len(digits); at += 2 {
		pairs = append(pairs, digits[at:at+2])
	}
	return "sha-256:" + strings.Join(pairs, ":")
}

// called is a name of a certificate as it is compared.
func called(name string) string {
	if digits, is := strings.CutPrefix(name, "sha-256:"); is {
		return "sha-256:" + strings.ToUpper(digits)
	}
	return strings.ToLower(name)
}
