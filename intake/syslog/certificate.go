package syslog

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"hotline/certificate"
)

// TLS is the certificate that is shown, and the authorities by which names of senders' certificates are believed. The files are read again
// when they change.
type TLS struct {
	Certificate, Key string // PEM files
	Roots            string // PEM file; empty: no name is believed
}

// identity is the certificate that the listener shows, and whom it believes. Safe for concurrent use.
type identity struct{ *certificate.Reader }

// identity reads the files.
func (c Config) identity() (identity, error) {
	r, err := certificate.New(certificate.Config{Files: certificate.Files(c.TLS), Now: c.Now, Log: c.Log})
	if err != nil {
		return identity{}, fmt.Errorf("alerts.syslog.tls: %w", err)
	}
	return identity{r}, nil
}

// config is that of the listener. Whoever shows no certificate may be known by its address; the others are looked at by who.
func (i identity) config() *tls.Config {
	c := i.Server()
	c.ClientAuth = tls.RequestClientCert
	return c
}

// errCertificate is one that no source is known by.
var errCertificate = errors.New("its certificate is that of no source")

// who are the names by which a sender is known: the fingerprint of its certificate, and the names for which a root vouches.
func (i identity) who(state tls.ConnectionState, now time.Time) (names []string) {
	if len(state.PeerCertificates) == 0 {
		return nil
	}
	own := state.PeerCertificates[0]
	names = append(names, fingerprint(own.Raw))
	_, roots := i.Present()
	if roots == nil {
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
