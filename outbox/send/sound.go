package send

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"hotline/outbox"
)

// WrongError is what is wrong in an endpoint, by its field; an empty field is the endpoint as a whole.
type WrongError struct{ Field, Problem string }

func (e *WrongError) Error() string {
	if e.Field == "" {
		return e.Problem
	}
	return e.Field + ": " + e.Problem
}

// Sound refuses an endpoint that could be told nothing: a *WrongError. contract tells whether there is one.
func Sound(e outbox.Endpoint, contract func(id string) bool) error {
	for _, check := range []func(outbox.Endpoint) error{filters, quiet, request, secrets} {
		if err := check(e); err != nil {
			return err
		}
	}
	for _, id := range e.Contracts {
		if !contract(id) {
			return &WrongError{"contracts", "there is no contract " + id}
		}
	}
	if err := CheckAddress(e); err != nil {
		return &WrongError{"", err.Error()}
	}
	return nil
}

// filters looks at what an endpoint is told of.
func filters(e outbox.Endpoint) error {
	for _, part := range []struct {
		at   string
		list []outbox.Kind
	}{{"kinds", e.Kinds}, {"quiet.except", e.Quiet.Except}} {
		for _, k := range part.list {
			if !slices.Contains(outbox.Kinds(), k) {
				return &WrongError{part.at, fmt.Sprintf("%q is nothing that is told; there are %v", k, outbox.Kinds())}
			}
		}
	}
	for _, name := range e.Categories {
		if !name.Valid() {
			return &WrongError{"categories", fmt.Sprintf("%q is no category", name)}
		}
	}
	return nil
}

// quiet looks at when an endpoint is told.
func quiet(e outbox.Endpoint) error {
	if err := e.Quiet.Check(); err != nil {
		return &WrongError{"quiet", err.Error()}
	}
	if e.Window < 0 || e.Window > outbox.LongestWindow {
		return &WrongError{"bundle_seconds", fmt.Sprintf("messages of a ticket are collected for %d seconds at most; 0 is each by itself", outbox.LongestWindow/time.Second)}
	}
	return nil
}

// request looks at the form of request of one's own.
func request(e outbox.Endpoint) error {
	switch own := e.Template == outbox.Own; {
	case own != (e.Request.Method != ""):
		return &WrongError{"request", "template own needs a request, and no other template has one"}
	case own:
		if err := Check(e.Request); err != nil {
			return &WrongError{"request", err.Error()}
		}
	}
	return nil
}

// secrets looks at what the template needs. A webhook may wait for its signing secret.
func secrets(e outbox.Endpoint) error {
	if secret := e.Secrets[SigningSecret]; e.Template == outbox.Webhook && secret != "" {
		if _, err := SigningKey(secret); err != nil {
			return &WrongError{"secrets.signing", err.Error()}
		}
	}
	if lacks := Lacks(e); lacks != "" && (e.Template != outbox.Webhook || lacks != SigningSecret) {
		return &WrongError{"", fmt.Sprintf("template %s needs %s, which is not given; GET /api/v1/endpoint-templates says what it is", e.Template, lacks)}
	}
	return nil
}

// NewSecret draws a signing secret of 256 bits.
func NewSecret() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails
	return SecretPrefix + base64.StdEncoding.EncodeToString(key)
}
