// Package zammad speaks to one Zammad: the REST API as docs.zammad.org has it, and the signature of its webhooks.
//
// The address comes from the configuration alone. No redirect is followed, no proxy of the environment is used, of an answer eight MiB are
// read, and no error holds the token.
package zammad

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"hotline/limits"
)

// The bounds of one request.
const (
	answerTime = 15 * time.Second
	answerMost = 8 << 20 // octets of an answer: a ticket with very many articles
	shownMost  = 200     // characters of an answer that an error shows
)

// Config is which Zammad, and as whom.
type Config struct {
	URL       string            // such as https://zammad.example; see CheckAddress
	Token     string            // of a user of its own, with the permission ticket.agent
	Transport http.RoundTripper // nil: the system's own connections
}

// Client speaks to one Zammad. Safe for concurrent use.
type Client struct {
	base  string
	token string
	http  *http.Client
}

// New makes a client. It opens nothing.
func New(c Config) (*Client, error) {
	if err := CheckAddress(c.URL); err != nil {
		return nil, err
	}
	if c.Token == "" || strings.ContainsFunc(c.Token, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return nil, errors.New("the token of Zammad is empty, or is no token: write it alone into its file")
	}
	by := c.Transport
	if by == nil {
		by = &http.Transport{TLSHandshakeTimeout: answerTime, ResponseHeaderTimeout: answerTime, MaxResponseHeaderBytes: 64 << 10, MaxIdleConnsPerHost: 2, IdleConnTimeout: 30 * time.Second, ForceAttemptHTTP2: true}
	}
	return &Client{base: strings.TrimSuffix(c.URL, "/"), token: c.Token, http: &http.Client{
		Timeout: answerTime, Transport: by,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Close ends idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// CheckAddress refuses an address at which no Zammad is spoken to. In clear goes nothing but what stays in the house: to this machine, or
// to a private address that is written as digits.
func CheckAddress(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Path != "" && u.Path != "/" {
		return errors.New("this is no address of a Zammad: write it as https://zammad.example")
	}
	if u.Scheme == "https" || u.Hostname() == "localhost" {
		return nil
	}
	if a, err := netip.ParseAddr(u.Hostname()); err != nil || !a.IsLoopback() && !a.IsPrivate() {
		return errors.New("the token would be readable on its way: use https, or an address of the house's own network")
	}
	return nil
}

// Page is the address at which people see a ticket.
func (c *Client) Page(id int64) string { return c.base + "/#ticket/zoom/" + strconv.FormatInt(id, 10) }

// Error is an answer that is none of success.
type Error struct {
	Status int           // of HTTP
	Text   string        // what Zammad says, in one line
	After  time.Duration // for which it asks; 0: it says nothing
}

// Error tells what Zammad said.
func (e *Error) Error() string {
	text := fmt.Sprintf("Zammad answers %d %s", e.Status, http.StatusText(e.Status))
	if e.Text != "" {
		text += ": " + e.Text
	}
	return text
}

// Refused tells whether Zammad has understood and refused: the same request will be refused again.
func (e *Error) Refused() bool {
	return e.Status == http.StatusBadRequest || e.Status == http.StatusNotFound || e.Status == http.StatusUnprocessableEntity || e.Status == http.StatusRequestEntityTooLarge
}

// Gone tells whether an error is an answer that there is no such thing.
func Gone(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Status == http.StatusNotFound
}

// Unknown tells whether after an error nobody knows what Zammad has done: no answer came, or one of a server that broke meanwhile.
func Unknown(err error) bool {
	var e *Error
	return err != nil && (!errors.As(err, &e) || e.Status >= 500)
}

// do asks, and reads the answer into a value; nil: nobody reads it.
func (c *Client) do(ctx context.Context, method, path string, query url.Values, body, answer any) error {
	var text io.Reader
	if body != nil {
		octets, err := json.Marshal(body)
		if err != nil {
			return fmt.Errorf("writing a request to Zammad: %w", err)
		}
		text = bytes.NewReader(octets)
	}
	address := c.base + "/api/v1/" + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, method, address, text)
	if err != nil {
		return fmt.Errorf("making a request to Zammad: %w", err)
	}
	r.Header.Set("Authorization", "Token token="+c.token)
	r.Header.Set("User-Agent", "hotline")
	r.Header.Set("Accept", "application/json")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	got, err := c.http.Do(r)
	if err != nil {
		return fmt.Errorf("asking Zammad: %w", reason(err))
	}
	defer got.Body.Close()
	whole, err := io.ReadAll(io.LimitReader(got.Body, answerMost+1))
	if err != nil {
		return fmt.Errorf("reading what Zammad answers: %w", reason(err))
	}
	if got.StatusCode < 200 || got.StatusCode > 299 {
		return failure(got, bytes.ReplaceAll(whole, []byte(c.token), []byte("***"))) // some servers repeat what they were asked
	}
	if len(whole) > answerMost {
		return fmt.Errorf("what Zammad answers is larger than %d MiB", answerMost>>20)
	}
	if answer == nil {
		return nil
	}
	if err := json.Unmarshal(whole, answer); err != nil {
		return fmt.Errorf("what Zammad answers cannot be read: %w", err)
	}
	return nil
}

// failure is an answer as an error. Zammad says why in "error", and for people in "error_human".
func failure(r *http.Response, body []byte) error {
	e := &Error{Status: r.StatusCode, Text: limits.OneLine(string(body[:min(len(body), 4<<10)]), shownMost)}
	var said struct {
		Error string `json:"error"`
		Human string `json:"error_human"`
	}
	if json.Unmarshal(body, &said) == nil && said.Error+said.Human != "" {
		if e.Text = said.Human; e.Text == "" {
			e.Text = said.Error
		}
		e.Text = limits.OneLine(e.Text, shownMost)
	}
	if r.StatusCode >= 300 && r.StatusCode < 400 {
		e.Text = "redirects are not followed; write the address to which it leads"
	}
	if n, err := strconv.Atoi(r.Header.Get("Retry-After")); err == nil && n > 0 && n <= 86400 { // RFC 9110 section 10.2.3, in seconds
		e.After = time.Duration(n) * time.Second
	}
	return e
}

// reason is why a request came to nothing, without its address, which is long.
func reason(err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		return outer.Err
	}
	return err
}
