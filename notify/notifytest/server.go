// Package notifytest is a mail server of another maker that keeps the letters it is given, for tests.
package notifytest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"mime"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// Letter is one that the server took.
type Letter struct {
	From, To string // of the envelope
	TLS      bool
	User     string // who proved himself; empty: nobody
	Header   mail.Header
	Subject  string // decoded
	Text     string // decoded, lines ended by \n
}

// Config is how the server behaves. Its account is hotline with the password secret.
type Config struct {
	Implicit bool // TLS from the first octet
	Bare     bool // neither TLS nor authentication is offered
	Abrupt   bool // it closes the connection as soon as it has said that it took a letter
}

// Server keeps what it is given. Safe for concurrent use.
type Server struct {
	Address string // host:port on loopback
	Roots   []byte // PEM certificate that it is believed by

	mu      sync.Mutex
	letters []Letter
	refuse  func(to string) error
}

// Start serves until the test ends.
func Start(t testing.TB, c Config) *Server {
	t.Helper()
	certificate, text := selfSigned(t)
	s := &Server{Roots: text}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.Address = l.Addr().String()
	server := smtp.NewServer(smtp.BackendFunc(func(conn *smtp.Conn) (smtp.Session, error) { return &session{server: s, conn: conn, config: c}, nil }))
	server.Domain, server.MaxRecipients, server.MaxMessageBytes = "mail.test", 1, 1<<20
	server.ReadTimeout, server.WriteTimeout = 10*time.Second, 10*time.Second
	encryption := &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}
	switch {
	case c.Implicit:
		l = tls.NewListener(l, encryption)
	case !c.Bare:
		server.TLSConfig = encryption
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve(l) }()
	t.Cleanup(func() {
		_ = server.Close()
		if err := <-done; err != nil && !errors.Is(err, smtp.ErrServerClosed) {
			t.Errorf("the mail server ended: %v", err)
		}
	})
	return s
}

// Letters are those taken so far, in order.
func (s *Server) Letters() []Letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Letter(nil), s.letters...)
}

// Refuse asks f about each reader; an error is the answer to RCPT TO. nil takes everybody.
func (s *Server) Refuse(f func(to string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = f
}

// Unknown is the answer about a reader who does not exist, Busy that of a server which cannot take the letter now.
func Unknown() error {
	return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
}

// Busy is the answer of a server which cannot take the letter now.
func Busy() error {
	return &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 2, 0}, Message: "try again later"}
}

// session is one conversation.
type session struct {
	server *Server
	conn   *smtp.Conn
	config Config
	letter Letter
	took   bool
}

func (s *session) AuthMechanisms() []string {
	if s.config.Bare {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "hotline" || password != "secret" {
			return smtp.ErrAuthFailed
		}
		s.letter.User = user
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.letter.From = from
	return nil
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	if s.server.refuse != nil {
		if err := s.server.refuse(to); err != nil {
			return err
		}
	}
	s.letter.To = to
	return nil
}

func (s *session) Data(r io.Reader) error {
	m, err := mail.ReadMessage(r)
	if err != nil {
		return err
	}
	var body io.Reader = m.Body
	if m.Header.Get("Content-Transfer-Encoding") == "quoted-printable" {
		body = quotedprintable.NewReader(body)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	letter := s.letter
	_, letter.TLS = s.conn.TLSConnectionState()
	letter.Header, letter.Text = m.Header, strings.ReplaceAll(string(text), "\r\n", "\n")
	if letter.Subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		return err
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.letters = append(s.server.letters, letter)
	s.took = true
	return nil
}

// Reset is called after the answer to DATA, too.
func (s *session) Reset() {
	if s.took && s.config.Abrupt {
		_ = s.conn.Conn().Close()
	}
}

func (s *session) Logout() error { return nil }

// selfSigned makes a certificate for 127.0.0.1 that is its own authority.
func selfSigned(t testing.TB) (tls.Certificate, []byte) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
