package transport

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"hotline/certificate"
)

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

const (
	handshakeTimeout = 5 * time.Second  // for which the other side may take to agree on keys
	rereadEvery      = 10 * time.Second // where the configuration does not say
)

// endWarning warns before a certificate's end. Used by one goroutine.
type endWarning struct {
	file string
	log  *slog.Logger

	ends time.Time // of the certificate that was warned of
	told int       // days before the end that were warned of last; 0: none yet
}

// look tells 21, 7 and 1 days before the certificate ends, each once, and at every look after it has.
func (w *endWarning) look(ends, now time.Time) {
	if !ends.Equal(w.ends) {
		w.ends, w.told = ends, 0
	}
	left := ends.Sub(now)
	for _, days := range []int{1, 7, 21} {
		if left > time.Duration(days)*24*time.Hour {
			continue
		}
		if left > 0 && w.told != 0 && w.told <= days {
			return
		}
		w.told = days
		w.log.Warn("sip: the certificate ends soon: renew it; the new file is read without a restart",
			"file", w.file, "ends", ends, "days_left", int(left.Hours()/24))
		return
	}
}

// CertificateEnds is when our certificate ends; zero without one.
func (l *Layer) CertificateEnds() time.Time {
	if l.certificate == nil {
		return time.Time{}
	}
	present, _ := l.certificate.Present()
	return present.Leaf.NotAfter
}

// WatchCertificate warns before the certificate's end, and reads a new one also while nobody calls, until ctx ends. Without a
// certificate it returns at once.
func (l *Layer) WatchCertificate(ctx context.Context) {
	if l.certificate == nil {
		return
	}
	warning := &endWarning{file: l.cfg.TLS.Certificate, log: l.cfg.Log}
	every := time.NewTicker(time.Hour)
	defer every.Stop()
	for {
		warning.look(l.CertificateEnds(), time.Now())
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
		roots, err := certificate.Roots(conf.Roots)
		if err != nil {
			return fmt.Errorf("sip: %w", err)
		}
		l.dialTLS.RootCAs = roots
	}
	if conf.Certificate == "" {
		if len(l.cfg.Secure) > 0 {
			return errors.New("sip: TLS is to be served, but no certificate is named")
		}
		return nil
	}
	reread := conf.Reread
	if reread <= 0 {
		reread = rereadEvery
	}
	reader, err := certificate.New(certificate.Config{
		Files: certificate.Files{Certificate: conf.Certificate, Key: conf.Key}, Reread: reread, Now: time.Now, Log: l.cfg.Log,
	})
	if err != nil {
		return fmt.Errorf("sip: %w", err)
	}
	l.certificate, l.serveTLS = reader, reader.Server()
	l.dialTLS.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		present, _ := reader.Present()
		return present, nil
	}
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
