package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"
)

// TLS: our certificate, which is read again when it changes, and whom we believe.

// TLS is how we prove ourselves on TLS and whom we believe.
type TLS struct {
	// Certificate and Key are PEM files. They are read again when they change; connections that stand keep the one
	// that they began with.
	Certificate, Key string
	// Roots is a PEM file of the authorities whose trunks are believed; empty means the system's.
	Roots string
	// Reread is how often the files are looked at; zero means every 10 s.
	Reread time.Duration
	// Insecure takes any certificate of a trunk, for a first try.
	Insecure bool
}

// handshakeTimeout is how long the other side may take to agree on keys.
const handshakeTimeout = 5 * time.Second

// certificates gives the present certificate, and reads its files again when they change. Safe for concurrent use.
type certificates struct {
	conf TLS
	log  *slog.Logger

	mu      sync.Mutex
	looked  time.Time
	changed time.Time // of the files
	present *tls.Certificate
	warned  int // days before the end that were warned of last
}

func (c *certificates) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	if c.present != nil && now.Sub(c.looked) < c.conf.Reread {
		return c.present, nil
	}
	c.looked = now
	changed := newest(c.conf.Certificate, c.conf.Key)
	if c.present == nil || !changed.Equal(c.changed) {
		pair, err := tls.LoadX509KeyPair(c.conf.Certificate, c.conf.Key)
		if err == nil && pair.Leaf == nil {
			pair.Leaf, err = x509.ParseCertificate(pair.Certificate[0])
		}
		switch {
		case err == nil:
			c.present, c.changed, c.warned = &pair, changed, 0
		case c.present == nil:
			return nil, fmt.Errorf("reading the certificate %s and its key %s: %w", c.conf.Certificate, c.conf.Key, err)
		default:
			c.log.Warn("sip: the new certificate cannot be read, the old one stays", "file", c.conf.Certificate, "error", err.Error())
			c.changed = changed
		}
	}
	return c.present, nil
}

// newest is when one of the files was changed last; a missing one counts as never.
func newest(files ...string) (at time.Time) {
	for _, f := range files {
		if i, err := os.Stat(f); err == nil && i.ModTime().After(at) {
			at = i.ModTime()
		}
	}
	return at
}

// warn tells 21, 7 and 1 days before the certificate ends, each once, and every day after it has.
func (c *certificates) warn(now time.Time) {
	cert, err := c.get(nil)
	if err != nil {
		c.log.Error("sip: no certificate", "error", err.Error())
		return
	}
	left := cert.Leaf.NotAfter.Sub(now)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, days := range []int{1, 7, 21} {
		if left > time.Duration(days)*24*time.Hour {
			continue
		}
		if left > 0 && c.warned != 0 && c.warned <= days {
			return
		}
		c.warned = days
		c.log.Warn("sip: the certificate ends soon: renew it; the new file is read without a restart",
			"file", c.conf.Certificate, "ends", cert.Leaf.NotAfter, "days_left", int(left.Hours()/24))
		return
	}
}

// CertificateEnds is when our certificate ends; zero without one.
func (l *Layer) CertificateEnds() time.Time {
	if l.certs == nil {
		return time.Time{}
	}
	cert, err := l.certs.get(nil)
	if err != nil {
		return time.Time{}
	}
	return cert.Leaf.NotAfter
}

// WatchCertificate warns before the certificate's end, and reads a new one also while nobody calls, until ctx ends. Without a
// certificate it returns at once.
func (l *Layer) WatchCertificate(ctx context.Context) {
	if l.certs == nil {
		return
	}
	every := time.NewTicker(time.Hour)
	defer every.Stop()
	for {
		l.certs.warn(time.Now())
		select {
		case <-every.C:
		case <-ctx.Done():
			return
		}
	}
}

// openTLS reads the certificate and the authorities.
func (l *Layer) openTLS() error {
	conf := l.cfg.TLS
	if conf == nil {
		return nil
	}
	l.dialTLS = &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: conf.Insecure}
	if conf.Roots != "" {
		pem, err := os.ReadFile(conf.Roots)
		if err != nil {
			return fmt.Errorf("sip: reading the authorities: %w", err)
		}
		l.dialTLS.RootCAs = x509.NewCertPool()
		if !l.dialTLS.RootCAs.AppendCertsFromPEM(pem) {
			return fmt.Errorf("sip: %s holds no certificate in PEM", conf.Roots)
		}
	}
	if conf.Certificate == "" {
		if len(l.cfg.Secure) > 0 {
			return errors.New("sip: TLS is to be served, but no certificate is named")
		}
		return nil
	}
	certs := &certificates{conf: *conf, log: l.cfg.Log}
	if conf.Reread <= 0 {
		certs.conf.Reread = 10 * time.Second
	}
	l.certs = certs
	if _, err := certs.get(nil); err != nil {
		return fmt.Errorf("sip: %w", err)
	}
	l.serveTLS = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: certs.get}
	l.dialTLS.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return certs.get(nil) }
	return nil
}

// handshake agrees on keys as the side that connected; name is what the certificate must name.
func (l *Layer) handshake(ctx context.Context, c net.Conn, name string) (net.Conn, error) {
	conf := l.dialTLS
	if conf == nil {
		conf = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	conf = conf.Clone()
	conf.ServerName = name
	t := tls.Client(c, conf)
	ctx, stop := context.WithTimeout(ctx, handshakeTimeout)
	defer stop()
	if err := t.HandshakeContext(ctx); err != nil {
		_ = c.Close()
		return nil, fmt.Errorf("agreeing on TLS with %s: %w", name, err)
	}
	return t, nil
}
