// Package send brings messages of the outbox to their endpoints by HTTP: signed as Standard Webhooks, or in the form of a template.
//
// It dials nothing but public addresses and those that the configuration names, follows no redirect, reads little of an answer, and
// tells no secret in an error.
package send

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"hotline/limits"
	"hotline/outbox"
)

// Sender sends messages. Safe for concurrent use.
type Sender struct {
	secure  *http.Client // https, to public addresses and to private ones
	clear   *http.Client // http, to private ones alone
	private []netip.Prefix
}

var _ outbox.Sender = (*Sender)(nil)

// The bounds of one try.
const (
	dialTime   = 5 * time.Second
	answerTime = 15 * time.Second
	answerMost = 4 << 10 // octets of an answer that are read
	shownMost  = 200     // characters of it that an error shows
)

// New makes a sender. private are the networks beside the public ones that may be reached, and the only ones in clear.
func New(private []netip.Prefix) *Sender {
	s := &Sender{private: private}
	s.secure = client(func(a netip.Addr) error {
		if s.named(a) || public(a) {
			return nil
		}
		return errAddress
	})
	s.clear = client(func(a netip.Addr) error {
		if s.named(a) {
			return nil
		}
		return errClear
	})
	return s
}

// client makes requests of one kind. allowed judges the address that is really dialled, after every name was resolved.
func client(allowed func(netip.Addr) error) *http.Client {
	dialer := &net.Dialer{Timeout: dialTime, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return errAddress
		}
		return allowed(at.Addr().Unmap().WithZone(""))
	}}
	return &http.Client{
		Timeout: answerTime,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: dialTime, ResponseHeaderTimeout: answerTime, MaxResponseHeaderBytes: 16 << 10,
			MaxIdleConnsPerHost: 1, IdleConnTimeout: 30 * time.Second, ForceAttemptHTTP2: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Close ends idle connections.
func (s *Sender) Close() {
	s.secure.CloseIdleConnections()
	s.clear.CloseIdleConnections()
}

// Addresses that must not be reached.
var (
	errAddress = errors.New("this address is not public, and outbox.private of the configuration does not name it")
	errClear   = errors.New("messages go in clear only to addresses that outbox.private of the configuration names: use https")
)

func (s *Sender) named(a netip.Addr) bool {
	return slices.ContainsFunc(s.private, func(p netip.Prefix) bool { return p.Contains(a) })
}

// public tells whether an address is one of the open internet (IANA's registries of special-purpose addresses, RFC 6890).
func public(a netip.Addr) bool {
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, special := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "fec0::/10", "5f00::/16", "3fff::/20",
	} {
		if netip.MustParsePrefix(special).Contains(a) {
			return false
		}
	}
	return true
}

// Send sends one message. Everything but 2xx is a failure; 410 is one for ever, as Standard Webhooks has it.
func (s *Sender) Send(ctx context.Context, e outbox.Endpoint, m outbox.Message) error {
	r, err := Request(ctx, e, m)
	if err != nil {
		return &outbox.Failure{Why: scrubbed(err.Error(), e)}
	}
	return s.Do(r, e)
}

// Do makes the request of a message to an endpoint, whoever has written it, and judges the answer. No secret of the endpoint stands in an error.
func (s *Sender) Do(r *http.Request, e outbox.Endpoint) error {
	by := s.secure
	if r.URL.Scheme == "http" {
		by = s.clear
	}
	answer, err := by.Do(r)
	if err != nil {
		return &outbox.Failure{Why: scrubbed(reason(err), e)}
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, answerMost)) // what is shown of it; the status has said enough
	if answer.StatusCode >= 200 && answer.StatusCode < 300 {
		return nil
	}
	why := fmt.Sprintf("it answers %d %s", answer.StatusCode, http.StatusText(answer.StatusCode))
	if answer.StatusCode >= 300 && answer.StatusCode < 400 {
		why += ": redirects are not followed; write the address to which it leads"
	} else if shown := limits.OneLine(string(text), shownMost); shown != "" {
		why += ": " + shown
	}
	return &outbox.Failure{Why: scrubbed(why, e), After: retryAfter(answer.Header.Get("Retry-After")), Final: answer.StatusCode == http.StatusGone, Status: answer.StatusCode}
}

// retryAfter is how long a receiver asks to wait (RFC 9110 section 10.2.3, in seconds).
func retryAfter(v string) time.Duration {
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 || n > 86400 {
		return 0
	}
	return time.Duration(n) * time.Second
}

// reason is why a request came to nothing, without its address, in which a secret may stand.
func reason(err error) string {
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	return err.Error()
}

// scrubbed is a text without the endpoint's secrets.
func scrubbed(text string, e outbox.Endpoint) string {
	longest := func(a, b string) int { return cmp.Compare(len(b), len(a)) } // one may begin another one
	for _, secret := range slices.SortedFunc(maps.Values(e.Secrets), longest) {
		if len(secret) >= 4 {
			for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret)} {
				text = strings.ReplaceAll(text, form, "***")
			}
		}
	}
	return strings.TrimSpace(limits.OneLine(text, limits.Line))
}

// Request is a message as its endpoint wants it.
func Request(ctx context.Context, e outbox.Endpoint, m outbox.Message) (*http.Request, error) {
	t, err := requestOf(e)
	if err != nil {
		return nil, err
	}
	whole, err := filled(t, e, m)
	if err != nil {
		return nil, err
	}
	if err := reachable(whole.URL); err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, whole.Method, whole.URL, strings.NewReader(whole.Body))
	if err != nil {
		return nil, fmt.Errorf("making the request: %s", reason(err))
	}
	r.Header.Set("User-Agent", "hotline")
	for name, value := range whole.Headers {
		if value != "" { // one whose secret was not given
			r.Header.Set(name, value)
		}
	}
	if e.Template == outbox.Webhook {
		return r, sign(r, e, m, time.Now())
	}
	return r, nil
}

// reachable refuses an address to which nothing can be sent.
func reachable(address string) error {
	at, err := url.Parse(address)
	if err != nil || at.Host == "" || at.User != nil || at.Scheme != "https" && at.Scheme != "http" {
		return errors.New("the address of the endpoint is none of http or https, or holds a user or a password: write one such as https://name.example/path")
	}
	return nil
}

// sign adds the headers of Standard Webhooks 1.0.
func sign(r *http.Request, e outbox.Endpoint, m outbox.Message, now time.Time) error {
	at := strconv.FormatInt(now.Unix(), 10)
	signature, err := Signature(e.Secrets[SigningSecret], m.ID, at, m.Body)
	if err != nil {
		return err
	}
	r.Header.Set("webhook-id", m.ID)
	r.Header.Set("webhook-timestamp", at)
	r.Header.Set("webhook-signature", signature)
	return nil
}

// SecretPrefix begins a signing secret; base64 of 24 to 64 octets follows (Standard Webhooks 1.0).
const SecretPrefix = "whsec_"

// SigningSecret is the name of a webhook's secret.
const SigningSecret = "signing"

// ErrSecret is a secret that signs nothing.
var ErrSecret = errors.New("a signing secret is whsec_ and base64 of 24 to 64 octets; POST /api/v1/endpoints/ID/secret makes one")

// SigningKey is the key in a secret.
func SigningKey(secret string) ([]byte, error) {
	text, ok := strings.CutPrefix(secret, SecretPrefix)
	key, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(key) < 24 || len(key) > 64 {
		return nil, ErrSecret
	}
	return key, nil
}
