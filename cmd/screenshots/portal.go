package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/emersion/go-smtp"
)

// mailbox is the customer's mail: a server that keeps the letters it is given. Safe for concurrent use.
type mailbox struct {
	address string
	server  *smtp.Server

	mu      sync.Mutex
	letters []string
}

func openMailbox() (*mailbox, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	b := &mailbox{address: l.Addr().String()}
	b.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return delivery{b}, nil }))
	b.server.Domain = "mail.example.org"
	go func() {
		if err := b.server.Serve(l); err != nil && !errors.Is(err, smtp.ErrServerClosed) {
			fmt.Fprintln(os.Stderr, "the customer's mail:", err)
		}
	}()
	return b, nil
}

// delivery takes one letter.
type delivery struct{ *mailbox }

func (delivery) Mail(string, *smtp.MailOptions) error { return nil }
func (delivery) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (delivery) Reset()                               {}
func (delivery) Logout() error                        { return nil }

func (d delivery) Data(r io.Reader) error {
	letter, err := io.ReadAll(r)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.letters = append(d.letters, string(letter))
	return err
}

var mailedCode = regexp.MustCompile(`\r?\n    (\d{6})\r?\n`)

// code waits for the code that is mailed next, and takes it out.
func (b *mailbox) code(ctx context.Context) (string, error) {
	for again := time.NewTicker(50 * time.Millisecond); ; {
		b.mu.Lock()
		for i, letter := range b.letters {
			if m := mailedCode.FindStringSubmatch(letter); m != nil {
				b.letters = append(b.letters[:i], b.letters[i+1:]...)
				b.mu.Unlock()
				again.Stop()
				return m[1], nil
			}
		}
		b.mu.Unlock()
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("waiting for the code by mail: %w", ctx.Err())
		case <-again.C:
		}
	}
}

// configure writes a configuration with a portal that mails to a box.
func configure(data, site string, b *mailbox) (file string, err error) {
	file = filepath.Join(data, "hotline.yaml")
	text := fmt.Sprintf("mail: {server: %q, security: none, from: hotline@example.org}\nportal: {url: %q, notice: {it: %q, en: %[3]q}}\n"+
		// an identity provider, which is asked nothing before somebody logs in by it
		"http: {oidc: {issuer: \"https://login.example.org\", name: Office account, client_id: hotline}}\n"+
		"browser: {udp: [\"127.0.0.1:0\"]}\noutbox: {push: {contact: support@example.org}}\n", b.address, site,
		"Controller: Example Services Ltd, privacy@example.org.")
	return file, os.WriteFile(file, []byte(text), 0o644)
}

// customers gives the customer Verdi an address, a known fault, words of the staff on his ticket, and a link to it.
func (h *house) customers(ctx context.Context) error {
	var list struct{ Tickets []struct{ Number int64 } }
	text, err := h.api(ctx, http.MethodGet, "/tickets?contract=verdi", nil)
	if err == nil {
		err = json.Unmarshal(text, &list)
	}
	if err != nil || len(list.Tickets) == 0 {
		return fmt.Errorf("looking for the customer's ticket: %d, %w", len(list.Tickets), err)
	}
	ticket := fmt.Sprintf("/tickets/%d", list.Tickets[0].Number)
	for _, one := range []struct {
		method, path string
		body         any
	}{
		{http.MethodPatch, "/customers/verdi", map[string]any{"email": "guasti@verdi.example"}},
		{http.MethodPut, "/faults/cable", map[string]any{"note": "A cable in Rome.", "words": map[string]string{"en": "The carrier repairs a cable in Rome: outside calls may drop."}}},
		{http.MethodPost, ticket + "/comment", map[string]string{"text": "We see the fault from here. Please leave the switchboard on.", "audience": "customer"}},
		{http.MethodPost, ticket + "/link", nil},
	} {
		if text, err = h.api(ctx, one.method, one.path, one.body); err != nil {
			return err
		}
	}
	var link struct{ URL string }
	err = json.Unmarshal(text, &link)
	h.linked = strings.TrimPrefix(link.URL, h.site)
	return err
}

// sessionCookie is the portal's.
const sessionCookie = "hotline_portal"

// enter logs the customer in: the first time by PIN and code, then by the same session.
func (h *house) enter(ctx context.Context) error {
	if h.session != "" {
		_, err := chromedp.Call(ctx, network.SetCookie, network.SetCookieParams{Name: sessionCookie, Value: h.session, URL: h.site + "/portal", Path: "/portal"})
		return err
	}
	if err := chromedp.Do(ctx, chromedp.Navigate(h.site+"/portal/login"), chromedp.SendKeys("input[name=pin]", "271828\r"), chromedp.WaitReady("input[name=code]")); err != nil {
		return fmt.Errorf("asking for a code: %w", err)
	}
	code, err := h.box.code(ctx)
	if err != nil {
		return err
	}
	if err := chromedp.Do(ctx, chromedp.SendKeys("input[name=code]", code+"\r"), chromedp.WaitReady(".list")); err != nil {
		return fmt.Errorf("logging in as a customer: %w", err)
	}
	found, err := chromedp.Call(ctx, network.GetCookies, network.GetCookiesParams{})
	for _, c := range found.Cookies {
		if c.Name == sessionCookie {
			h.session = c.Value
		}
	}
	return err
}

// portal walks over the customers' pages.
func (h *house) portal(ctx context.Context, take func(name, path string) error) error {
	for _, name := range []string{"login", "code"} {
		if err := take("portal-"+name, "/portal/"+name); err != nil {
			return err
		}
	}
	if err := h.enter(ctx); err != nil {
		return err
	}
	ticket, err := h.link(ctx, "/portal", ".list a")
	if err != nil {
		return err
	}
	for _, p := range []struct{ name, path string }{
		{"portal-tickets", "/portal"}, {"portal-closed", "/portal?closed=1"}, {"portal-ticket", ticket}, {"portal-open", "/portal/open"}, {"portal-call", "/portal/call"},
		{"portal-statement", "/portal/statement"}, {"portal-notice", "/portal/notice"}, {"portal-link", h.linked}, {"portal-nothing", "/portal/nothing"},
	} {
		if err := take(p.name, p.path); err != nil {
			return err
		}
	}
	return nil
}
