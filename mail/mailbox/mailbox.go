// Package mailbox takes mail from a mailbox at the house's mail server, over IMAP (RFC 9051, RFC 3501): a second source beside the SMTP
// listener. A mail is kept first and marked afterwards, so that none is lost; one that was kept before a connection broke comes again, and
// the inbox knows it.
//
// Run is one goroutine of its caller. The library has one for each connection, which ends with it.
package mailbox

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"hotline/mail/smtpd"
)

// IMAPEncryption says how the connection is protected.
type IMAPEncryption string

// The ways: TLS from the first octet (RFC 8314), STARTTLS, or in clear, for a server on this machine.
const (
	TLS      IMAPEncryption = "tls"
	StartTLS IMAPEncryption = "starttls"
	None     IMAPEncryption = "none"
)

// Config is a mailbox. Everything but Done, Roots and Password is required.
type Config struct {
	Server   string // host:port
	Security IMAPEncryption
	TLS      *tls.Config // nil: the system's authorities
	User     string
	Password string
	Folder   string // such as INBOX
	Done     string // to which mails go that were taken; empty: they stay, and are marked
	Main     string // the house's address, where a mail names none of the house's
	MaxBytes int64  // of one mail; a larger one is marked and not taken
	// Known tells whether an address is one of this house.
	Known func(address string) bool
	// Keep brings a mail to the disk. Only when it returns nil the mail is marked.
	Keep  func(ctx context.Context, e smtpd.Envelope, raw []byte) error
	Count func(what string)
	Now   func() time.Time
	Log   *slog.Logger
}

// Bounds.
const (
	dialTime = 30 * time.Second
	stepTime = 2 * time.Minute  // one command, and a mail as long again as its octets take over a slow network
	lookTime = time.Minute      // between two looks where the server does not say when something comes
	idleTime = 10 * time.Minute // and where it does: a connection that has died is found so
	settling = 5 * time.Second  // after something came: a server may not tell of what came between the look and the wait
	again    = 5 * time.Second  // after a failure, longer each time
	againMax = 5 * time.Minute
	tellAt   = 3        // failures in a row
	batch    = 100      // mails of one look
	slowest  = 32 << 10 // octets a second in which a mail comes
	besides  = 16 << 20 // octets that a step may bring besides a mail: the numbers of some million mails
)

// Taken marks a mail that was kept, where it stays in its folder: a keyword (RFC 3501 section 2.3.2).
const Taken imap.Flag = "$HotlineTaken"

// Source reads a mailbox. Used by one goroutine.
type Source struct {
	cfg  Config
	dial func(ctx context.Context) (net.Conn, error)
}

// New makes a source; it opens nothing.
func New(c Config) *Source {
	s := &Source{cfg: c}
	s.dial = s.connect
	return s
}

// Run takes mails until ctx ends. What fails is tried again.
func (s *Source) Run(ctx context.Context) {
	for failed := 0; ctx.Err() == nil; {
		began := s.cfg.Now()
		err := s.connected(ctx)
		if ctx.Err() != nil {
			return
		}
		if s.cfg.Now().Sub(began) > againMax {
			failed = 0 // it worked for a while
		}
		failed++
		level := slog.LevelWarn
		if failed >= tellAt {
			level = slog.LevelError
		}
		s.cfg.Count("mailbox")
		s.cfg.Log.Log(ctx, level, "the mailbox is read again later", "server", s.cfg.Server, "folder", s.cfg.Folder, "tries", failed, "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(min(again<<min(failed-1, 10), againMax)):
		}
	}
}

// connected works over one connection until it breaks, or ctx ends.
func (s *Source) connected(ctx context.Context) error {
	news := make(chan struct{}, 1)
	b, err := s.open(ctx, news)
	if err != nil {
		return err
	}
	defer b.close()
	for came := true; ; {
		more, err := b.look(ctx)
		if err != nil {
			return err
		}
		if more {
			continue
		}
		if came, err = b.wait(ctx, news, came); err != nil {
			return err
		}
	}
}

// box is an open connection with its folder selected.
type box struct {
	cfg      Config
	conn     *bounded
	client   *imapclient.Client
	keywords bool              // the server keeps keywords
	passed   map[imap.UID]bool // mails of the folder that were looked at over this connection, and lie there all the same
	refused  error             // what the server would not do with some of them
	ends     func() bool       // the end of ctx does not end the connection any more
}

// open connects, logs in and selects the folder. news hears of mails that come.
func (s *Source) open(ctx context.Context, news chan<- struct{}) (_ *box, err error) {
	b := &box{cfg: s.cfg, passed: map[imap.UID]bool{}}
	conn, err := s.dial(ctx)
	if err != nil {
		return nil, fmt.Errorf("connecting: %w", err)
	}
	b.conn = &bounded{Conn: conn}
	b.ends = context.AfterFunc(ctx, func() { _ = b.conn.Close() })
	defer func() {
		if err != nil {
			b.close()
		}
	}()
	options := &imapclient.Options{TLSConfig: s.tls(), UnilateralDataHandler: &imapclient.UnilateralDataHandler{Mailbox: func(d *imapclient.UnilateralDataMailbox) {
		if d.NumMessages != nil {
			select {
			case news <- struct{}{}:
			default:
			}
		}
	}}}
	b.bound()
	if s.cfg.Security == StartTLS {
		if b.client, err = imapclient.NewStartTLS(b.conn, options); err != nil {
			return nil, fmt.Errorf("starting TLS: %w", err)
		}
	} else {
		b.client = imapclient.New(b.conn, options)
	}
	if err = b.client.WaitGreeting(); err != nil {
		return nil, fmt.Errorf("waiting for the greeting: %w", err)
	}
	b.bound()
	if err = b.client.Login(s.cfg.User, s.cfg.Password).Wait(); err != nil {
		return nil, fmt.Errorf("logging in as %s: %w", s.cfg.User, err)
	}
	return b, b.choose()
}

// choose selects the folder, and makes the one to which mails go.
func (b *box) choose() error {
	b.bound()
	if b.cfg.Done != "" {
		if err := b.client.Create(b.cfg.Done, nil).Wait(); err != nil && !exists(err) {
			return fmt.Errorf("making the folder %s: %w", b.cfg.Done, err)
		}
	}
	data, err := b.client.Select(b.cfg.Folder, nil).Wait()
	if err != nil {
		return fmt.Errorf("opening the folder %s: %w", b.cfg.Folder, err)
	}
	for _, f := range data.PermanentFlags {
		b.keywords = b.keywords || f == imap.FlagWildcard || f == Taken
	}
	if b.cfg.Done == "" && !b.keywords {
		return errors.New("the server keeps no keywords, by which mails that were taken would be known: name a folder to which they go (done)")
	}
	return nil
}

// exists tells whether a folder could not be made because there is one: servers that do not say so (RFC 5530) are asked by opening it.
func exists(err error) bool {
	var answer *imap.Error
	return errors.As(err, &answer) && (answer.Code == imap.ResponseCodeAlreadyExists || answer.Type == imap.StatusResponseTypeNo)
}

func (s *Source) tls() *tls.Config {
	host, _, _ := net.SplitHostPort(s.cfg.Server)
	c := &tls.Config{}
	if s.cfg.TLS != nil {
		c = s.cfg.TLS.Clone()
	}
	c.ServerName, c.MinVersion = host, tls.VersionTLS12
	return c
}

// connect connects to the server.
func (s *Source) connect(ctx context.Context) (net.Conn, error) {
	dialling, cancel := context.WithTimeout(ctx, dialTime)
	defer cancel()
	if s.cfg.Security == TLS {
		return (&tls.Dialer{Config: s.tls()}).DialContext(dialling, "tcp", s.cfg.Server)
	}
	return (&net.Dialer{}).DialContext(dialling, "tcp", s.cfg.Server)
}

// bound gives the next command its time; a server that is silent for longer, or sends without end, is left.
func (b *box) bound() { b.conn.allow(stepTime, b.cfg.MaxBytes+besides) }

// close ends the connection.
func (b *box) close() {
	b.ends()
	if b.client != nil {
		_ = b.client.Close()
	}
	_ = b.conn.Close()
}

// wait waits until something comes, or for a while; a short one where something came last time. It tells whether something came.
func (b *box) wait(ctx context.Context, news <-chan struct{}, before bool) (came bool, err error) {
	span := lookTime
	var idle *imapclient.IdleCommand
	if b.client.Caps().Has(imap.CapIdle) {
		if span = idleTime; before {
			span = settling
		}
		if idle, err = b.client.Idle(); err != nil {
			return false, fmt.Errorf("waiting for mails: %w", err)
		}
	}
	b.conn.allow(span+stepTime, besides)
	t := time.NewTimer(span)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case <-news:
		came = true
	case <-t.C:
	case <-b.client.Closed():
		return false, errors.New("the server has ended the connection")
	}
	b.bound()
	if idle == nil {
		return came, nil
	}
	if err := idle.Close(); err != nil {
		return false, fmt.Errorf("waiting for mails: %w", err)
	}
	if err := idle.Wait(); err != nil {
		return false, fmt.Errorf("waiting for mails: %w", err)
	}
	return came, nil
}
