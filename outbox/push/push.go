// Package push brings messages of the outbox to browsers of the staff: web push by RFC 8030, encrypted for each browser alone (RFC 8291)
// and signed as this house (RFC 8292). A browser is an endpoint of the outbox, so that it is told at least once, tried again, and left
// alone in its quiet hours as every other one (docs/outbox.md).
//
// Push is never the only way by which somebody is reached: push services promise nothing.
package push

import (
	"bytes"
	"context"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"hotline/outbox"
	"hotline/prompts"
	"hotline/prompts/written"
)

// Config is what a [Sender] works with. All of it is required.
type Config struct {
	Key     Key
	Contact string // how the people of a push service reach the house: mailto: or https: (RFC 8292 section 2.1)
	Names   bool   // the customer's name may stand on a locked screen
	// Do makes a request: see send.Sender.Do.
	Do func(r *http.Request, e outbox.Endpoint) error
	// Uses tells whether somebody still uses the pages and may be told.
	Uses func(ctx context.Context, user string) (bool, error)
	// Other sends to every other endpoint.
	Other outbox.Sender
}

// Sender sends messages to browsers. Safe for concurrent use.
type Sender struct{ cfg Config }

var _ outbox.Sender = (*Sender)(nil)

// New makes a sender; it starts nothing.
func New(c Config) *Sender { return &Sender{c} }

// keepTime is how long a push service keeps a message for a browser that is away (RFC 8030 section 5.2): what is older is not news.
const keepTime = 12 * time.Hour

// Send sends one message. A browser that the push service does not know any more, and one of somebody who does not use the pages any
// more, is gone (RFC 8030 section 7.3: 404; most services say 410).
func (s *Sender) Send(ctx context.Context, e outbox.Endpoint, m outbox.Message) error {
	if e.Template != outbox.Push {
		return s.cfg.Other.Send(ctx, e, m)
	}
	uses, err := s.cfg.Uses(ctx, e.Owner)
	if err != nil {
		return &outbox.Failure{Why: err.Error()}
	}
	if !uses {
		return &outbox.Failure{Why: "nobody who uses the pages has this browser", Final: true, Gone: true}
	}
	if e.Values[service] != s.cfg.Key.Public() {
		return &outbox.Failure{Why: "the browser has subscribed to another key: put outbox.push.key_file back, or have the browser told anew"}
	}
	r, err := s.request(ctx, e, m)
	if err != nil {
		return &outbox.Failure{Why: err.Error(), Final: errors.Is(err, errLong)}
	}
	err = s.cfg.Do(r, e)
	var f *outbox.Failure
	if errors.As(err, &f) && (f.Status == http.StatusNotFound || f.Status == http.StatusGone) {
		gone := *f
		gone.Final, gone.Gone = true, true
		return &gone
	}
	return err
}

// request is a message as a push service takes it.
func (s *Sender) request(ctx context.Context, e outbox.Endpoint, m outbox.Message) (*http.Request, error) {
	p, err := read(m)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(show(p, s.cfg.Names, written.In(prompts.Language(e.Values[Lang]))))
	if err != nil {
		return nil, fmt.Errorf("writing a push message: %w", err)
	}
	body, err := seal(text, e)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, e.Secrets[address], bytes.NewReader(body))
	if err != nil {
		return nil, ErrAddress // without the address, which is a secret
	}
	proof, err := s.cfg.Key.authorization(r.URL, s.cfg.Contact, time.Now())
	if err != nil {
		return nil, err
	}
	urgency := "normal"
	if urgent(p) {
		urgency = "high"
	}
	for name, value := range map[string]string{
		"Authorization": proof, "Content-Encoding": "aes128gcm", "Content-Type": "application/octet-stream", "TTL": strconv.Itoa(int(keepTime / time.Second)),
		"Urgency": urgency, "Topic": topic(p),
	} {
		r.Header.Set(name, value)
	}
	return r, nil
}

// seal encrypts a text for a browser, with a key and a salt of its own.
func seal(text []byte, e outbox.Endpoint) ([]byte, error) {
	public, secret, err := keys(e)
	if err != nil {
		return nil, err
	}
	own, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	salt := make([]byte, saltLength)
	_, _ = rand.Read(salt) // it never fails
	return encrypt(text, public, secret, own, salt)
}
