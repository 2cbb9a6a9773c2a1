package smtpd_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"net/smtp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hotline/mail"
	"hotline/mail/smtpd"
)

// listener is a server with what it has kept.
type listener struct {
	at      string
	mu      sync.Mutex
	kept    []string // sender, recipients and text
	fault   error
	answers map[string]int
	refused func() []mail.Refusal
}

func (l *listener) keep(_ context.Context, e smtpd.Envelope, raw []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fault == nil {
		l.kept = append(l.kept, fmt.Sprintf("%s>%s tls=%v %s", e.From, strings.Join(e.Recipients, ","), e.TLS, raw))
	}
	return l.fault
}

func (l *listener) whole() (int, map[string]int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.kept), l.answers
}

func serve(t *testing.T, change func(*smtpd.Config)) *listener {
	t.Helper()
	l := &listener{answers: map[string]int{}}
	c := smtpd.Config{
		Domain: "house.example", MaxBytes: 10_000, Relays: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Keep: l.keep, Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Known: func(a string) bool { return a == "support@house.example" },
		Count: func(what string) { l.mu.Lock(); defer l.mu.Unlock(); l.answers[what]++ },
	}
	if change != nil {
		change(&c)
	}
	at, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := smtpd.New(c)
	l.at, l.refused = at.Addr().String(), s.Refused
	s.Serve(at)
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	return l
}

func (l *listener) send(to, text string) error {
	return smtp.SendMail(l.at, nil, "a@b.example", []string{to}, []byte(text))
}

func begins(err error, code string) bool { return err != nil && strings.HasPrefix(err.Error(), code) }

func TestTakenIsKept(t *testing.T) {
	l := serve(t, nil)
	if err := l.send("support@house.example", "Subject: x\r\n\r\n.dot\r\n"); err != nil {
		t.Fatal(err)
	}
	l.mu.Lock()
	if len(l.kept) != 1 || l.kept[0] != "a@b.example>support@house.example tls=false Subject: x\r\n\r\n.dot\r\n" {
		t.Errorf("kept: %q", l.kept)
	}
	l.fault = errors.New("the disk is full")
	l.mu.Unlock()
	if err := l.send("support@house.example", "Subject: y\r\n\r\nx\r\n"); !begins(err, "451") {
		t.Errorf("a mail that cannot be kept: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	l := serve(t, nil)
	if err := l.send("x@elsewhere.example", "x"); !begins(err, "550") {
		t.Errorf("another one's address: %v", err)
	}
	if err := l.send("support@house.example", strings.Repeat("a long line\r\n", 2000)); !begins(err, "552") {
		t.Errorf("a large mail: %v", err)
	}
	c, err := net.Dial("tcp", l.at)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(c, "EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<support@house.example>\r\nDATA\r\nSubject: half\r\n\r\n")
	_ = c.Close() // in the middle of it
	if err := l.send("support@house.example", "Subject: z\r\n\r\nz\r\n"); err != nil {
		t.Fatal(err)
	}
	if n, answers := l.whole(); n != 1 || answers["unknown"] != 1 || answers["size"] != 1 || answers["taken"] != 1 {
		t.Errorf("%d kept, %v", n, answers)
	}
}

// TestRefusalsAreRemembered: who was refused, and why; the same one again is counted, and of very many the last stay.
func TestRefusalsAreRemembered(t *testing.T) {
	asked := 0
	l := serve(t, func(c *smtpd.Config) {
		c.Check = func(_ context.Context, e smtpd.Envelope) string { asked++; return "spf=fail (" + e.From + ")" }
	})
	for range 2 {
		if err := l.send("x@elsewhere.example", "x"); !begins(err, "550") {
			t.Fatal(err)
		}
	}
	if err := l.send("support@house.example", strings.Repeat("a long line\r\n", 2000)); !begins(err, "552") {
		t.Fatal(err)
	}
	list := l.refused()
	if asked != 2 || list[0].Auth != "spf=fail (a@b.example)" || list[1].Auth != "spf=fail (a@b.example)" {
		t.Errorf("asked %d times: %+v", asked, list)
	}
	if len(list) != 2 || list[0].Why != "size" || list[0].From != "a@b.example" || list[1].Why != "unknown" || list[1].To != "x@elsewhere.example" || list[1].Count != 2 || list[1].Peer != "127.0.0.1" || list[1].Last.Before(list[1].First) {
		t.Fatalf("%+v", list)
	}
	c, err := smtp.Dial(l.at)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.Mail("a@b.example"); err != nil {
		t.Fatal(err)
	}
	for n := range 300 {
		if err := c.Rcpt(fmt.Sprintf("%d@house.example", n)); !begins(err, "550") {
			t.Fatal(err)
		}
	}
	if list = l.refused(); len(list) != 200 || list[0].To != "299@house.example" || list[199].To != "100@house.example" {
		t.Errorf("%d are remembered, from %+v to %+v", len(list), list[0], list[len(list)-1])
	}
}

func TestASenderWhoWritesTooMuchComesAgain(t *testing.T) {
	var now atomic.Int64
	l := serve(t, func(c *smtpd.Config) { c.Relays, c.Now = nil, func() time.Time { return time.Unix(1e9+now.Load(), 0) } })
	refused := 0
	for range 40 {
		if err := l.send("support@house.example", "x\r\n"); begins(err, "450") {
			refused++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if refused != 10 {
		t.Errorf("%d of 40 are put off, want those beyond 30", refused)
	}
	now.Store(60)
	if err := l.send("support@house.example", "x\r\n"); err != nil {
		t.Errorf("a minute later: %v", err)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	l := serve(t, nil)
	var open []net.Conn
	defer func() {
		for _, c := range open {
			_ = c.Close()
		}
	}()
	greeting := func() string {
		c, err := net.Dial("tcp", l.at)
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
		_ = c.SetReadDeadline(time.Now().Add(30 * time.Second))
		line, _ := bufio.NewReader(c).ReadString('\n')
		return line
	}
	for i := range 64 {
		if line := greeting(); !strings.HasPrefix(line, "220") {
			t.Fatalf("connection %d: %q", i, line)
		}
	}
	if line := greeting(); !strings.HasPrefix(line, "421") {
		t.Errorf("one too many: %q", line)
	}
}

func TestSTARTTLS(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"house.example"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	l := serve(t, func(c *smtpd.Config) {
		c.TLS = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	})
	certificate, _ := x509.ParseCertificate(der)
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	c, err := smtp.Dial(l.at)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, step := range []func() error{
		func() error { return c.StartTLS(&tls.Config{ServerName: "house.example", RootCAs: roots}) },
		func() error { return c.Mail("a@b.example") }, func() error { return c.Rcpt("support@house.example") },
		func() error {
			w, err := c.Data()
			if err == nil {
				_, _ = w.Write([]byte("x\r\n"))
				err = w.Close()
			}
			return err
		},
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	if l.mu.Lock(); len(l.kept) != 1 || !strings.Contains(l.kept[0], "tls=true") {
		t.Errorf("kept: %q", l.kept)
	}
	l.mu.Unlock()
}
