package oidc

import (
	"cmp"
	"io"
	"net/http"
)

// largest bounds an answer of the provider, in octets.
const largest = 1 << 20

// bounded reads no more of an answer than its bound.
type bounded struct{ next http.RoundTripper }

// RoundTrip asks, and bounds the answer.
func (b bounded) RoundTrip(q *http.Request) (*http.Response, error) {
	a, err := cmp.Or[http.RoundTripper](b.next, http.DefaultTransport).RoundTrip(q)
	if err == nil {
		a.Body = limited{io.LimitReader(a.Body, largest), a.Body}
	}
	return a, err
}

// limited is a body of which only a part is read.
type limited struct {
	io.Reader
	io.Closer
}
