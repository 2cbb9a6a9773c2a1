package mailbox_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"hotline/logtest"
	"hotline/mail/mailbox"
	"hotline/mail/smtpd"
)

// server is a mail server with one mailbox.
type server struct {
	t    *testing.T
	at   string
	user *imapmemserver.User
}

func serve(t *testing.T, caps ...imap.Cap) *server {
	t.Helper()
	return serveWith(t, imapserver.Options{InsecureAuth: true}, nil, caps...)
}

// serveWith serves with options; certificate is shown from the first octet, where there is one.
func serveWith(t *testing.T, o imapserver.Options, certificate *tls.Config, caps ...imap.Cap) *server {
	t.Helper()
	user := imapmemserver.NewUser("support", "s3cret")
	memory := imapmemserver.New()
	memory.AddUser(user)
	known := imap.CapSet{imap.CapIMAP4rev1: {}}
	for _, c := range caps {
		known[c] = struct{}{}
	}
	o.NewSession = func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
		return memory.NewSession(), nil, nil
	}
	o.Caps, o.Logger = known, slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug)
	s := imapserver.New(&o)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if certificate != nil {
		l = tls.NewListener(l, certificate)
	}
	var done sync.WaitGroup
	done.Go(func() { _ = s.Serve(l) })
	t.Cleanup(func() { _ = s.Close(); done.Wait() })
	if err := user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	return &server{t, l.Addr().String(), user}
}

func (s *server) deliver(text string) {
	s.t.Helper()
	raw := strings.ReplaceAll(text, "\n", "\r\n")
	if _, err := s.user.Append("INBOX", literal{bytes.NewReader([]byte(raw)), int64(len(raw))}, &imap.AppendOptions{}); err != nil {
		s.t.Fatal(err)
	}
}

type literal struct {
	*bytes.Reader
	size int64
}

func (l literal) Size() int64 { return l.size }

// in counts the mails of a folder.
func (s *server) in(folder string) uint32 {
	s.t.Helper()
	data, err := s.user.Status(folder, &imap.StatusOptions{NumMessages: true})
	if err != nil {
		return 0
	}
	return *data.NumMessages
}

// kept is what came out of the mailbox.
type kept struct {
	mu    sync.Mutex
	list  []string
	fault error
	count map[string]int
}

func (k *kept) keep(_ context.Context, e smtpd.Envelope, raw []byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.fault != nil {
		return k.fault
	}
	_, text, _ := bytes.Cut(raw, []byte("\r\n\r\n"))
	k.list = append(k.list, fmt.Sprintf("%s>%s %s", e.From, strings.Join(e.Recipients, ","), bytes.TrimSpace(text)))
	return nil
}

func (k *kept) set(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.fault = err
}

func (k *kept) all() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.Clone(k.list)
}

// read reads the mailbox until the test ends, or until stop is called.
func (s *server) read(k *kept, change func(*mailbox.Config)) (stop func()) {
	s.t.Helper()
	k.count = map[string]int{}
	c := mailbox.Config{
		Server: s.at, Security: mailbox.None, User: "support", Password: "s3cret", Folder: "INBOX", Main: "support@house.example", MaxBytes: 2000,
		Known: func(a string) bool { return strings.HasPrefix(a, "support") }, Keep: k.keep, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Count: func(what string) { k.mu.Lock(); defer k.mu.Unlock(); k.count[what]++ },
	}
	if change != nil {
		change(&c)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() { mailbox.New(c).Run(ctx) })
	stop = func() { cancel(); done.Wait() }
	s.t.Cleanup(stop)
	return stop
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for !is() {
		select {
		case <-deadline.C:
			t.Fatalf("it never was so: %s", what)
		case <-look.C:
		}
	}
}

const letter = "Return-Path: <guasti@rossi.example>\nDelivered-To: support+417.k3v9@house.example\nFrom: Rossi <anna@rossi.example>\nTo: someone@elsewhere.example\nSubject: fermo\n\nthe press stands still\n"

func TestMailsAreKeptAndThenMovedOrMarked(t *testing.T) {
	for name, c := range map[string]struct {
		caps  []imap.Cap
		done  string
		inbox uint32 // mails that stay in the folder
		moved uint32
	}{
		"moved":                           {[]imap.Cap{imap.CapMove, imap.CapIdle}, "hotline", 0, 2},
		"moved by a server without IDLE":  {[]imap.Cap{imap.CapMove}, "hotline", 0, 2},
		"copied by one that cannot move":  {[]imap.Cap{imap.CapIdle}, "hotline", 2, 2},
		"marked":                          {[]imap.Cap{imap.CapIdle}, "", 2, 0},
		"by a server of the new standard": {[]imap.Cap{imap.CapIMAP4rev2}, "hotline", 0, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, c.caps...)
			s.deliver(letter)
			s.deliver("From: bruno@rossi.example\nTo: Support <support@house.example>, x@y.example\nSubject: x\n\nsecond\n")
			k := &kept{}
			stop := s.read(k, func(m *mailbox.Config) { m.Done = c.done })
			want := []string{"guasti@rossi.example>support+417.k3v9@house.example the press stands still", "bruno@rossi.example>support@house.example second"}
			eventually(t, "both are taken", func() bool {
				return len(k.all()) == 2 && s.in("INBOX") == c.inbox && (c.done == "" || s.in(c.done) == c.moved)
			})
			if got := k.all(); !slices.Equal(got, want) {
				t.Errorf("kept %q, want %q", got, want)
			}
			stop()
			s.read(k, func(m *mailbox.Config) { m.Done = c.done })
			s.deliver("From: <>\nReturn-Path: <>\nSubject: bounce\n\nthird\n")
			eventually(t, "the third is taken", func() bool { return len(k.all()) >= 3 })
			if got := k.all(); len(got) != 3 || got[2] != ">support@house.example third" {
				t.Errorf("after another start: %q", got)
			}
		})
	}
}

// TestWhatComesLaterIsTakenAtOnce where the server says so.
func TestWhatComesLaterIsTakenAtOnce(t *testing.T) {
	s, k := serve(t, imap.CapIdle, imap.CapMove), &kept{}
	s.read(k, func(m *mailbox.Config) { m.Done = "hotline" })
	eventually(t, "the folder is made", func() bool {
		_, err := s.user.Status("hotline", &imap.StatusOptions{NumMessages: true})
		return err == nil
	})
	for n := range 3 {
		s.deliver(fmt.Sprintf("From: a@b.example\nSubject: %d\n\nmail %d\n", n, n))
		eventually(t, "it is taken within a minute", func() bool { return len(k.all()) == n+1 })
	}
}

func TestWhatCannotBeKeptStaysInTheMailbox(t *testing.T) {
	s, k := serve(t, imap.CapIdle, imap.CapMove), &kept{fault: errors.New("the disk is full")}
	s.deliver(letter)
	stop := s.read(k, func(m *mailbox.Config) { m.Done = "hotline" })
	eventually(t, "it was tried", func() bool { k.mu.Lock(); defer k.mu.Unlock(); return k.count["later"] > 0 })
	stop()
	if s.in("INBOX") != 1 || s.in("hotline") != 0 {
		t.Errorf("%d in the inbox, %d moved", s.in("INBOX"), s.in("hotline"))
	}
	k.set(nil)
	s.read(k, func(m *mailbox.Config) { m.Done = "hotline" })
	eventually(t, "it is taken then", func() bool { return len(k.all()) == 1 && s.in("INBOX") == 0 })
}

func TestATooLargeMailKeepsNobodyWaiting(t *testing.T) {
	s, k := serve(t, imap.CapIdle, imap.CapMove), &kept{}
	s.deliver("From: a@b.example\nSubject: large\n\n" + strings.Repeat("a long line\n", 500))
	s.deliver(letter)
	s.read(k, func(m *mailbox.Config) { m.Done = "hotline" })
	eventually(t, "the other one is taken", func() bool { return len(k.all()) == 1 && s.in("hotline") == 2 })
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.count["size"] != 1 || k.count["taken"] != 1 {
		t.Errorf("counted %v", k.count)
	}
}

func TestAWrongPasswordIsToldAndTriedAgain(t *testing.T) {
	s, k := serve(t, imap.CapIdle), &kept{}
	var log logtest.Log
	stop := s.read(k, func(m *mailbox.Config) {
		m.Password, m.Log = "wr0ng", slog.New(slog.NewTextHandler(&log, nil))
	})
	eventually(t, "it is told", func() bool { return strings.Contains(log.String(), "logging in as support") })
	stop()
	if strings.Contains(log.String(), "wr0ng") {
		t.Errorf("the password is in the log: %s", log.String())
	}
}

// TestThePasswordIsSentOverTLSAlone: by a server whose certificate is believed, from the first octet or by STARTTLS; else nothing is sent.
func TestThePasswordIsSentOverTLSAlone(t *testing.T) {
	https := httptest.NewTLSServer(nil)
	defer https.Close()
	ours, roots := &tls.Config{Certificates: https.TLS.Certificates}, x509.NewCertPool()
	roots.AddCert(https.Certificate())
	for _, c := range []struct {
		name     string
		o        imapserver.Options
		first    *tls.Config
		security mailbox.IMAPEncryption
		trust    *tls.Config
		taken    bool
	}{
		{"from the first octet", imapserver.Options{}, ours, mailbox.TLS, &tls.Config{RootCAs: roots}, true},
		{"by STARTTLS", imapserver.Options{TLSConfig: ours}, nil, mailbox.StartTLS, &tls.Config{RootCAs: roots}, true},
		{"a server that nobody knows", imapserver.Options{}, ours, mailbox.TLS, nil, false},
		{"nobody knows it after STARTTLS", imapserver.Options{TLSConfig: ours}, nil, mailbox.StartTLS, nil, false},
		{"a server without STARTTLS", imapserver.Options{InsecureAuth: true}, nil, mailbox.StartTLS, &tls.Config{RootCAs: roots}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, k := serveWith(t, c.o, c.first, imap.CapIdle, imap.CapMove), &kept{}
			s.deliver(letter)
			var log logtest.Log
			stop := s.read(k, func(m *mailbox.Config) {
				m.Security, m.TLS, m.Done, m.Log = c.security, c.trust, "hotline", slog.New(slog.NewTextHandler(&log, nil))
			})
			eventually(t, "it is taken, or told why not", func() bool { return len(k.all()) == 1 || strings.Contains(log.String(), "read again later") })
			stop()
			if taken := len(k.all()) == 1; taken != c.taken {
				t.Errorf("taken: %v; %s", taken, log.String())
			}
		})
	}
}
