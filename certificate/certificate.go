// Package certificate reads TLS certificates and authorities from PEM files, and reads them again when the files change, so that
// a renewed certificate needs no restart. SIP, mail and syslog use it.
package certificate

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// Files are the names of PEM files.
type Files struct {
	Certificate string // of this program, with what leads to its authority
	Key         string // the private key of Certificate
	Roots       string // authorities that are believed; empty: none are read
}

// Config is what a reader needs.
type Config struct {
	Files  Files
	Reread time.Duration    // how often the files are looked at; 0: each time that somebody asks
	Now    func() time.Time // the wall clock
	Log    *slog.Logger     // hears once of each change that cannot be read
}

// Reader gives what stands in the files now. While a changed file cannot be read, what was read last holds. Safe for concurrent use.
type Reader struct {
	cfg Config

	mu      sync.Mutex
	looked  time.Time
	changed [3]time.Time // of the files, as they were read
	refused [3]time.Time // of the files, as the log has it that they cannot be read
	present *tls.Certificate
	roots   *x509.CertPool
}

// New reads the files. The error names the one that cannot be read.
func New(c Config) (*Reader, error) {
	r := &Reader{cfg: c, looked: c.Now(), changed: c.Files.changed()}
	var err error
	if r.present, r.roots, err = c.Files.read(); err != nil {
		return nil, err
	}
	return r, nil
}

// Present is the certificate, its Leaf included, and the authorities; these are nil where no file of them is named.
func (r *Reader) Present() (*tls.Certificate, *x509.CertPool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := r.cfg.Now(); now.Sub(r.looked) >= r.cfg.Reread {
		r.looked = now
		r.look()
	}
	return r.present, r.roots
}

// look reads the files again where they have changed. A change that cannot be read is tried again at the next look: the rest of it may
// come, or the permission to read it, which changes no time. r.mu is held.
func (r *Reader) look() {
	changed := r.cfg.Files.changed()
	if changed == r.changed {
		return
	}
	present, roots, err := r.cfg.Files.read()
	if err == nil {
		r.present, r.roots, r.changed = present, roots, changed
		return
	}
	if changed != r.refused {
		r.refused = changed
		r.cfg.Log.Warn("a new certificate cannot be read, the old one stays", "file", r.cfg.Files.Certificate, "error", err)
	}
}

// Server is the configuration of a listener: TLS 1.2 at the least, with the present certificate for each connection.
func (r *Reader) Server() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		present, _ := r.Present()
		return present, nil
	}}
}

// changed is when each file was changed last; a missing one counts as never.
func (f Files) changed() (at [3]time.Time) {
	for n, name := range []string{f.Certificate, f.Key, f.Roots} {
		if info, err := os.Stat(name); err == nil {
			at[n] = info.ModTime()
		}
	}
	return at
}

func (f Files) read() (*tls.Certificate, *x509.CertPool, error) {
	pair, err := tls.LoadX509KeyPair(f.Certificate, f.Key)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the certificate %s and its key %s: %w", f.Certificate, f.Key, err)
	}
	if f.Roots == "" {
		return &pair, nil, nil
	}
	roots, err := Roots(f.Roots)
	return &pair, roots, err
}

// Roots reads the authorities of a PEM file.
func Roots(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading authorities: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate in PEM", file)
	}
	return pool, nil
}
