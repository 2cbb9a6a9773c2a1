// Package authentic finds who really sent a mail: DKIM (RFC 6376), SPF (RFC 7208) and DMARC (RFC 7489), as facts. It decides nothing.
//
// It asks the name server that it is given, and starts no goroutine of its own.
package authentic

import (
	"bytes"
	"context"
	"errors"
	"net"
	netmail "net/mail"
	"net/netip"
	"strings"
	"time"

	"blitiri.com.ar/go/spf"
	"github.com/emersion/go-msgauth/dkim"
	"github.com/emersion/go-msgauth/dmarc"

	"hotline/mail"
)

// Resolver asks a name server. *net.Resolver is one.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error)
	LookupAddr(ctx context.Context, addr string) ([]string, error)
}

// lookTime bounds what one mail may cost, and signaturesMost how many of its signatures are looked at.
const (
	lookTime       = 5 * time.Second
	signaturesMost = 5
)

// Sender is who the sending server says that it is.
type Sender struct {
	Peer       netip.Addr // not valid: the mail came by a server of the house, so that SPF tells nothing
	Hello      string
	ReturnPath string
	From       string // of the header
}

// Check finds what can be known of a mail. What the name server does not answer in time is a temperror.
func Check(ctx context.Context, r Resolver, s Sender, raw []byte) (a mail.Authentication) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	txt := func(name string) ([]string, error) { return r.LookupTXT(ctx, name) }
	domain := mail.Domain(s.From)
	var signed []string // domains with a good signature
	a.DKIM, a.Domain, signed = signatures(raw, txt, domain)
	var envelope string
	a.SPF, envelope = sender(ctx, r, s)
	a.Proven = domain != "" && proven(a, domain, signed, envelope) && once(raw)
	record, err := dmarc.LookupWithOptions(domain, &dmarc.LookupOptions{LookupTXT: txt})
	parent := false
	if errors.Is(err, dmarc.ErrNoPolicy) && organisation(domain) != domain {
		parent = true
		record, err = dmarc.LookupWithOptions(organisation(domain), &dmarc.LookupOptions{LookupTXT: txt})
	}
	switch {
	case errors.Is(err, dmarc.ErrNoPolicy) || domain == "":
		a.DMARC = mail.None
		return a
	case err != nil && dmarc.IsTempFail(err):
		a.DMARC = "temperror"
		return a
	case err != nil:
		a.DMARC = "permerror"
		return a
	}
	a.Policy = string(record.Policy)
	if parent && record.SubdomainPolicy != "" {
		a.Policy = string(record.SubdomainPolicy)
	}
	a.DMARC = aligned(record, a, domain, signed, envelope, s.Peer.IsValid())
	a.Proven = a.Proven && a.DMARC == mail.Pass
	return a
}

// proven tells whether a good signature, or a good envelope, is of the sender's own domain, as DMARC has it where a domain says nothing.
func proven(a mail.Authentication, domain string, signed []string, envelope string) bool {
	for _, d := range signed {
		if organisation(d) == organisation(domain) {
			return true
		}
	}
	return a.SPF == mail.Pass && organisation(envelope) == organisation(domain)
}

// once tells whether no line of the head that says who writes what to whom stands there twice (RFC 5322 section 3.6). A signature covers the
// last one, and readers take the first: who has got a signed mail could put another head above it and send it again.
func once(raw []byte) bool {
	m, err := netmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return false
	}
	for _, name := range []string{"From", "Sender", "To", "Cc", "Subject", "Date", "Message-Id", "Content-Type"} {
		if len(m.Header[name]) > 1 {
			return false
		}
	}
	return true
}

// aligned tells whether a good signature, or a good envelope, is of the sender's own domain. Where SPF could not be asked and the
// signature says nothing, nothing is known.
func aligned(r *dmarc.Record, a mail.Authentication, domain string, signed []string, envelope string, asked bool) mail.Verdict {
	same := func(other string, mode dmarc.AlignmentMode) bool {
		if mode == dmarc.AlignmentStrict {
			return other == domain
		}
		return organisation(other) == organisation(domain)
	}
	for _, d := range signed {
		if same(d, r.DKIMAlignment) {
			return mail.Pass
		}
	}
	switch {
	case a.SPF == mail.Pass && same(envelope, r.SPFAlignment):
		return mail.Pass
	case a.DKIM == "temperror" || a.SPF == "temperror":
		return "temperror"
	case !asked:
		return mail.None
	}
	return mail.Fail
}

// signatures looks at the signatures; of several the sender's own counts, else the first that is good.
func signatures(raw []byte, txt func(string) ([]string, error), domain string) (v mail.Verdict, by string, good []string) {
	list, err := dkim.VerifyWithOptions(bytes.NewReader(raw), &dkim.VerifyOptions{LookupTXT: txt, MaxVerifications: signaturesMost})
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) {
		return "permerror", "", nil
	}
	v = mail.None
	for _, s := range list {
		is := mail.Fail
		switch {
		case s.Err == nil:
			is = mail.Pass
			good = append(good, strings.ToLower(s.Domain))
		case dkim.IsTempFail(s.Err):
			is = "temperror"
		}
		if v != mail.Pass || is == mail.Pass && strings.EqualFold(s.Domain, domain) {
			v, by = is, strings.ToLower(s.Domain)
		}
	}
	return v, by, good
}

// Envelope finds what can be known of a mail that was not read: SPF alone, in one line; empty: nobody can say. It takes two seconds at most.
func Envelope(ctx context.Context, r Resolver, s Sender) string {
	ctx, cancel := context.WithTimeout(ctx, envelopeTime)
	defer cancel()
	if !s.Peer.IsValid() {
		return ""
	}
	v, domain := sender(ctx, r, s)
	if domain == "" {
		return ""
	}
	return "spf=" + string(v) + " (" + domain + ")"
}

// envelopeTime bounds what a mail may cost that is refused: its sender waits for that.
const envelopeTime = 2 * time.Second

// sender asks SPF about the sending server.
func sender(ctx context.Context, r Resolver, s Sender) (v mail.Verdict, domain string) {
	domain = mail.Domain(s.ReturnPath)
	if s.ReturnPath == "" {
		domain = strings.ToLower(s.Hello)
	}
	if !s.Peer.IsValid() || domain == "" {
		return mail.None, domain
	}
	result, _ := spf.CheckHostWithSender(net.IP(s.Peer.AsSlice()), s.Hello, s.ReturnPath, spf.WithContext(ctx), spf.WithResolver(r)) // the result says it
	return mail.Verdict(result), domain
}
