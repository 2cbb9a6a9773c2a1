package smtpd

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net/netip"
	"slices"
	"strings"

	"github.com/emersion/go-smtp"
)

// session is one connection's. It is one goroutine.
type session struct {
	server   *Server
	conn     *smtp.Conn
	peer     netip.Addr
	envelope Envelope
}

// Reset forgets the mail that was begun.
func (s *session) Reset() { s.envelope = Envelope{} }

// Logout ends the connection.
func (s *session) Logout() error { return nil }

// Mail begins a mail.
func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if !s.relayed() && (!s.may(from)) {
		s.server.cfg.Count("rate")
		s.server.refused.note("rate", Envelope{From: from, Peer: s.peer}, "", s.server.cfg.Now())
		return answer(450, smtp.EnhancedCode{4, 7, 1}, "too many mails from there: come again later")
	}
	s.envelope = Envelope{From: from, Peer: s.peer, Hello: s.conn.Hostname()}
	_, s.envelope.TLS = s.conn.TLSConnectionState()
	return nil
}

// relayed tells whether the mail comes from a server of the house.
func (s *session) relayed() bool {
	return slices.ContainsFunc(s.server.cfg.Relays, func(p netip.Prefix) bool { return p.Contains(s.peer) })
}

func (s *session) may(from string) bool {
	now := s.server.cfg.Now()
	if !s.server.hosts.TakeShared(s.peer, now, ofHost(), ofAll()) {
		return false
	}
	return from == "" || s.server.senders.Take(hashed(from), now, ofSender())
}

// hashed is a sender as the buckets tell sources apart.
func hashed(sender string) netip.Addr {
	h := sha256.Sum256([]byte(strings.ToLower(sender)))
	return netip.AddrFrom16([16]byte(h[:16]))
}

// Rcpt takes a recipient of this house.
func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if !s.server.cfg.Known(to) {
		s.server.cfg.Count("unknown")
		s.server.refused.note("unknown", s.envelope, to, s.server.cfg.Now())
		return answer(550, smtp.EnhancedCode{5, 1, 1}, "there is no such address here")
	}
	s.envelope.Recipients = append(s.envelope.Recipients, to)
	return nil
}

// Data takes the mail: after a nil it is kept.
func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if errors.Is(err, smtp.ErrDataTooLarge) {
		s.server.cfg.Count("size")
		s.server.refused.note("size", s.envelope, "", s.server.cfg.Now())
		return err
	}
	if err != nil {
		return err // the connection broke: nothing was promised
	}
	e := s.envelope
	e.At = s.server.cfg.Now()
	ctx, cancel := context.WithTimeout(context.Background(), keepTime) // a sender who hangs up has not withdrawn his mail
	defer cancel()
	if err := s.server.cfg.Keep(ctx, e, raw); err != nil {
		s.server.cfg.Log.Warn("a mail is not taken now, and its sender tries again", "error", err)
		s.server.cfg.Count("later")
		return answer(451, smtp.EnhancedCode{4, 3, 0}, "it cannot be kept now: come again later")
	}
	s.server.cfg.Count("taken")
	return nil
}

func answer(code int, enhanced smtp.EnhancedCode, text string) error {
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: text}
}
