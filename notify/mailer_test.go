package notify_test

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline/notify"
	"hotline/notify/notifytest"
)

var letter = notify.Message{
	ID: "receipt-417", Thread: "ticket-417", To: "guasti@rossi.example", Subject: "[417] Abbiamo ricevuto la vostra richiesta: perché?",
	Text: "Così è stata registrata.\n.\nuna riga " + strings.Repeat("molto ", 300) + "lunga\n",
}

// mailer sends through s as the account says, over TLS of the given kind.
func mailer(t *testing.T, s *notifytest.Server, security notify.SMTPEncryption, password string) *notify.Mailer {
	t.Helper()
	roots := filepath.Join(t.TempDir(), "roots.pem")
	if err := os.WriteFile(roots, s.Roots, 0o600); err != nil {
		t.Fatal(err)
	}
	c := notify.Config{Server: s.Address, Security: security, Roots: roots, User: "hotline", Password: password, From: "Assistenza <hotline@house.example>"}
	if security == notify.None {
		c.User = ""
	}
	m, err := notify.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestALetterArrivesWholeOverEachKindOfConnection(t *testing.T) {
	for security, c := range map[notify.SMTPEncryption]notifytest.Config{notify.StartTLS: {}, notify.TLS: {Implicit: true}, notify.None: {Bare: true}} {
		s := notifytest.Start(t, c)
		if err := mailer(t, s, security, "secret").Send(t.Context(), letter); err != nil {
			t.Fatalf("%s: %v", security, err)
		}
		got := s.Letters()
		if len(got) != 1 {
			t.Fatalf("%s: %d letters", security, len(got))
		}
		l := got[0]
		if l.From != "hotline@house.example" || l.To != letter.To || l.Subject != letter.Subject || l.Text != letter.Text {
			t.Errorf("%s: it came as %+v", security, l)
		}
		if secure := security != notify.None; l.TLS != secure || (l.User == "hotline") != secure {
			t.Errorf("%s: TLS %v, user %q", security, l.TLS, l.User)
		}
		for name, want := range map[string]string{
			"Message-ID": "<receipt-417@house.example>", "References": "<ticket-417@house.example>", "Auto-Submitted": "auto-generated",
		} {
			if got := l.Header.Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", security, name, got, want)
			}
		}
		if _, err := l.Header.Date(); err != nil {
			t.Errorf("%s: its date: %v", security, err)
		}
	}
}

// TestALetterThatTheServerTookIsSentThoughItHangsUpAtOnce: sent again, it would be read twice.
func TestALetterThatTheServerTookIsSentThoughItHangsUpAtOnce(t *testing.T) {
	for security, c := range map[notify.SMTPEncryption]notifytest.Config{
		notify.StartTLS: {Abrupt: true}, notify.TLS: {Implicit: true, Abrupt: true}, notify.None: {Bare: true, Abrupt: true},
	} {
		s := notifytest.Start(t, c)
		if err := mailer(t, s, security, "secret").Send(t.Context(), letter); err != nil {
			t.Errorf("%s: %v", security, err)
		}
		if got := s.Letters(); len(got) != 1 || got[0].Text != letter.Text {
			t.Errorf("%s: it came as %+v", security, got)
		}
	}
}

func TestNothingIsSentInClearWhereTLSWasAskedFor(t *testing.T) {
	s := notifytest.Start(t, notifytest.Config{Bare: true})
	if err := mailer(t, s, notify.StartTLS, "secret").Send(t.Context(), letter); err == nil || errors.Is(err, notify.ErrRefused) {
		t.Errorf("a server without STARTTLS: %v", err)
	}
	stranger := notifytest.Start(t, notifytest.Config{})
	other := notifytest.Start(t, notifytest.Config{})
	stranger.Roots = other.Roots // a certificate that this server does not have
	if err := mailer(t, stranger, notify.StartTLS, "secret").Send(t.Context(), letter); err == nil || errors.Is(err, notify.ErrRefused) {
		t.Errorf("a server that is not believed: %v", err)
	}
	if n := len(s.Letters()) + len(stranger.Letters()); n != 0 {
		t.Errorf("%d letters were sent all the same", n)
	}
}

// nobody is a port at which nothing listens, and nothing can until the test ends: it is the near end of a connection.
func nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.LocalAddr().String()
}

func TestOnlyWhatIsRefusedForEverIsGivenUp(t *testing.T) {
	s := notifytest.Start(t, notifytest.Config{})
	m := mailer(t, s, notify.StartTLS, "secret")
	s.Refuse(func(string) error { return notifytest.Unknown() })
	if err := m.Send(t.Context(), letter); !errors.Is(err, notify.ErrRefused) {
		t.Errorf("no such user: %v", err)
	}
	s.Refuse(func(string) error { return notifytest.Busy() })
	if err := m.Send(t.Context(), letter); err == nil || errors.Is(err, notify.ErrRefused) {
		t.Errorf("try again later: %v", err)
	}
	s.Refuse(nil)
	if err := mailer(t, s, notify.StartTLS, "wrong").Send(t.Context(), letter); err == nil || errors.Is(err, notify.ErrRefused) {
		t.Errorf("a wrong password is the operator's to mend: %v", err)
	}
	closed, err := notify.New(notify.Config{Server: nobody(t), Security: notify.None, From: "hotline@house.example"})
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Send(t.Context(), letter); err == nil || errors.Is(err, notify.ErrRefused) {
		t.Errorf("a server that is down: %v", err)
	}
	bad := letter
	bad.To = "guasti@rossi.example\r\nBcc: everybody@rossi.example"
	if err := m.Send(t.Context(), bad); !errors.Is(err, notify.ErrRefused) {
		t.Errorf("an address with a line end: %v", err)
	}
	bad = letter
	bad.Subject = "Rossi\r\nBcc: everybody@rossi.example"
	if err := m.Send(t.Context(), bad); err != nil {
		t.Errorf("a name with a line end: %v", err)
	}
	if got := s.Letters(); len(got) != 1 || got[0].Header.Get("Bcc") != "" || got[0].Subject != "Rossi  Bcc: everybody@rossi.example" {
		t.Errorf("it came as %+v", got)
	}
}

func TestAMailServerIsCheckedAtTheStart(t *testing.T) {
	for want, c := range map[string]notify.Config{
		"host:port":             {Server: "mail.example.org", Security: notify.TLS, From: "a@b.example"},
		"name@example.org":      {Server: "mail.example.org:25", Security: notify.TLS, From: "nobody"},
		"starttls":              {Server: "mail.example.org:25", Security: "maybe", From: "a@b.example"},
		"no such file":          {Server: "mail.example.org:25", Security: notify.TLS, From: "a@b.example", Roots: filepath.Join(t.TempDir(), "none")},
		"no certificate in PEM": {Server: "mail.example.org:25", Security: notify.TLS, From: "a@b.example", Roots: "mailer_test.go"},
	} {
		if _, err := notify.New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

// TestAServerThatSaysNothingIsLeft: after the greeting, or before it, the caller's patience decides.
func TestAServerThatSaysNothingIsLeft(t *testing.T) {
	for _, greeting := range []string{"", "220 mail.test ESMTP\r\n"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		var accepting sync.WaitGroup
		t.Cleanup(func() { l.Close(); accepting.Wait() })
		accepting.Go(func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				t.Cleanup(func() { c.Close() })
				_, _ = c.Write([]byte(greeting))
			}
		})
		m, err := notify.New(notify.Config{Server: l.Addr().String(), Security: notify.None, From: "hotline@house.example"})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		began := time.Now()
		if err := m.Send(ctx, letter); err == nil || errors.Is(err, notify.ErrRefused) {
			t.Errorf("greeting %q: %v", greeting, err)
		}
		cancel()
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("greeting %q: it took %s", greeting, took)
		}
	}
}
