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

	"hotline/limits"
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
		s.refuse("rate", Envelope{From: from, Peer: s.peer, Hello: s.conn.Hostname()}, "")
		return answer(450, smtp.EnhancedCode{4, 7, 1}, "too many mails from there: come again later")
	}
	s.envelope = Envelope{From: from, Peer: s.peer, Hello: s.conn.Hostname()}
	_, s.envelope.TLS = s.conn.TLSConnectionState()
	return nil
}

// refuse remembers what is not taken. Of the same one it is asked once who sent it, and of all of them one after the other: whoever floods
// the listener has no name server asked as often as he likes.
func (s *session) refuse(why string, e Envelope, to string) {
	r := &s.server.refused
	id, first := r.note(why, e, to, s.server.cfg.Now())
	if !first || s.server.cfg.Check == nil || !r.asking.TryLock() {
		return
	}
	defer r.asking.Unlock()
	r.know(id, limits.OneLine(s.server.cfg.Check(context.Background(), e), limits.Line))
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
		s.refuse("unknown", s.envelope, to)
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
		s.refuse("size", s.envelope, "")
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
