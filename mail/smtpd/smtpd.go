// Package smtpd takes mail in over SMTP (RFC 5321): for addresses of this house alone, so much at once and so often, and a mail is taken
// only once it is kept.
//
// Goroutines: the listener's and one for each connection, all awaited by Close.
package smtpd

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"hotline/sip/ratelimit"
)

// Envelope is what the sending server says of a mail.
type Envelope struct {
	From       string     `json:"from"` // Return-Path; empty for reports
	Recipients []string   `json:"recipients"`
	Peer       netip.Addr `json:"peer"`
	Hello      string     `json:"hello,omitempty"`
	TLS        bool       `json:"tls,omitempty"`
	At         time.Time  `json:"at"`
}

// Config is what a server needs. Everything but TLS, Relays and Check is required.
type Config struct {
	Domain   string         // the name that the server says
	TLS      *tls.Config    // nil: STARTTLS is not offered
	MaxBytes int64          // of one mail
	Relays   []netip.Prefix // the house's own mail servers, which are not limited
	// Known tells whether an address is one of this house.
	Known func(address string) bool
	// Keep brings a mail to the disk. Only when it returns nil the mail is taken.
	Keep func(ctx context.Context, e Envelope, raw []byte) error
	// Check finds what can be known of who sent a mail that is refused; nil: nobody looks.
	Check func(ctx context.Context, e Envelope) string
	Count func(what string) // one answer: taken, or why not
	Now   func() time.Time
	Log   *slog.Logger
}

// Bounds that keep the line's file descriptors and this machine's memory.
const (
	connectionsMost = 64
	perSource       = 8
	recipientsMost  = 20
	timeout         = 3 * time.Minute // of one command, and of the mail after DATA
	keepTime        = 30 * time.Second
	closeTime       = 3 * time.Second
)

// The rates of one host and of one sender, in mails.
func ofHost() ratelimit.Rate   { return ratelimit.Rate{PerSecond: 1, Burst: 60} }
func ofSender() ratelimit.Rate { return ratelimit.Rate{PerSecond: 0.05, Burst: 30} }
func ofAll() ratelimit.Rate    { return ratelimit.Rate{PerSecond: 200, Burst: 2000} }

// Server is a listener for mail. Safe for concurrent use.
type Server struct {
	cfg            Config
	smtp           *smtp.Server
	hosts, senders *ratelimit.Sources
	refused        refused
	done           sync.WaitGroup
}

// New makes a server; it opens nothing.
func New(c Config) *Server {
	s := &Server{cfg: c, hosts: ratelimit.NewSources(), senders: ratelimit.NewSources()}
	s.smtp = smtp.NewServer(smtp.BackendFunc(func(conn *smtp.Conn) (smtp.Session, error) {
		return &session{server: s, conn: conn, peer: addressOf(conn.Conn().RemoteAddr())}, nil
	}))
	s.smtp.Domain, s.smtp.MaxRecipients, s.smtp.MaxMessageBytes = c.Domain, recipientsMost, c.MaxBytes
	s.smtp.ReadTimeout, s.smtp.WriteTimeout, s.smtp.TLSConfig, s.smtp.EnableSMTPUTF8 = timeout, timeout, c.TLS, true
	s.smtp.ErrorLog = slog.NewLogLogger(c.Log.Handler(), slog.LevelDebug)
	return s
}

// Serve takes mail at a listener until Close.
func (s *Server) Serve(l net.Listener) {
	s.done.Go(func() {
		if err := s.smtp.Serve(&bounded{Listener: l, open: map[netip.Addr]int{}, refused: func() { s.cfg.Count("connections") }}); err != nil && !errors.Is(err, smtp.ErrServerClosed) {
			s.cfg.Log.Error("the mail listener ended", "error", err)
		}
	})
}

// Close ends all connections, and waits. A mail whose keeping has begun is kept, and comes a second time if its sender did not hear so.
func (s *Server) Close(ctx context.Context) error {
	last, cancel := context.WithTimeout(ctx, closeTime)
	defer cancel()
	if err := s.smtp.Shutdown(last); err != nil {
		_ = s.smtp.Close() // those who do not end by themselves
	}
	s.done.Wait()
	return nil
}

func addressOf(a net.Addr) netip.Addr {
	at, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Addr{}
	}
	return at.Addr().Unmap()
}
