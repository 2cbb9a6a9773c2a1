package notify

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	netmail "net/mail"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-msgauth/dkim"
	mail "github.com/wneessen/go-mail"

	"hotline/certificate"
)

// SMTPEncryption says how the connection to the mail server is protected.
type SMTPEncryption string

// StartTLS begins in clear and goes no further without TLS (RFC 3207), TLS is encrypted from the first octet (RFC 8314),
// None sends in clear, for a server on this machine.
const (
	StartTLS SMTPEncryption = "starttls"
	TLS      SMTPEncryption = "tls"
	None     SMTPEncryption = "none"
)

// Config is the mail server through which letters leave.
type Config struct {
	Server   string // host:port
	Security SMTPEncryption
	Roots    string // PEM file of the authorities that the server is believed by; empty: the system's
	User     string // empty: no authentication
	Password string
	From     string // address, with or without a name
	DKIM     DKIM
}

// ErrRefused is a letter that the server will never take: no retry helps.
var ErrRefused = errors.New("refused by the mail server")

// sendTime bounds one letter, the connection included.
const sendTime = 30 * time.Second

// Mailer sends letters through one server, each over a connection of its own. Immutable and safe for concurrent use.
type Mailer struct {
	from   string
	domain string // of Message-IDs
	host   string
	tls    bool              // from the first octet
	dkim   *dkim.SignOptions // nil: letters are not signed
	opts   []mail.Option
}

// New checks what it is given and opens nothing.
func New(c Config) (*Mailer, error) {
	host, port, err := net.SplitHostPort(c.Server)
	number, convert := strconv.Atoi(port)
	if err != nil || convert != nil || host == "" {
		return nil, fmt.Errorf("mail server %q: write it as host:port, such as mail.example.org:587", c.Server)
	}
	from, err := netmail.ParseAddress(c.From)
	if err != nil {
		return nil, fmt.Errorf("sender %q: write it as name@example.org", c.From)
	}
	_, domain, _ := strings.Cut(from.Address, "@")
	encryption := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if c.Roots != "" {
		if encryption.RootCAs, err = certificate.Roots(c.Roots); err != nil {
			return nil, fmt.Errorf("the authorities of the mail server: %w", err)
		}
	}
	signing, err := c.DKIM.options(domain)
	if err != nil {
		return nil, err
	}
	m := &Mailer{dkim: signing, from: c.From, domain: domain, host: host, opts: []mail.Option{
		mail.WithPort(number), mail.WithTimeout(sendTime), mail.WithTLSConfig(encryption), mail.WithoutNoop(),
	}}
	switch c.Security {
	case StartTLS:
		m.opts = append(m.opts, mail.WithTLSPolicy(mail.TLSMandatory))
	case TLS:
		m.tls = true
		m.opts = append(m.opts, mail.WithSSL())
	case None:
		m.opts = append(m.opts, mail.WithTLSPolicy(mail.NoTLS))
	default:
		return nil, fmt.Errorf("security %q: use starttls, tls or none", c.Security)
	}
	if c.User != "" {
		m.opts = append(m.opts, mail.WithSMTPAuth(mail.SMTPAuthAutoDiscover), mail.WithUsername(c.User), mail.WithPassword(c.Password))
	}
	return m, nil
}

// Send hands one letter to the server. An error that wraps ErrRefused is for ever; any other may be over the next time.
func (m *Mailer) Send(ctx context.Context, letter Message) error {
	text, err := m.write(letter)
	if err != nil {
		return fmt.Errorf("writing to %s: %w: %w", letter.To, err, ErrRefused)
	}
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	client, err := mail.NewClient(m.host, m.cut(ctx)...)
	if err != nil {
		return fmt.Errorf("opening the mail server: %w", err)
	}
	if err = client.DialAndSendWithContext(ctx, text); err == nil || text.IsDelivered() {
		return nil // once taken it is the server's (RFC 5321 section 4.1.1.4), though the connection end badly
	}
	var refused *mail.SendError
	if errors.As(err, &refused) && forEver(refused) {
		return fmt.Errorf("sending to %s: %w: %w", letter.To, err, ErrRefused)
	}
	return fmt.Errorf("sending to %s through %s: %w", letter.To, m.host, err)
}

// cut makes the library's connection end with ctx, where it would else wait for a silent server to the last. With TLS from
// the first octet the library must connect by itself, to know that it may show a password: there sendTime is the bound.
func (m *Mailer) cut(ctx context.Context) []mail.Option {
	if m.tls {
		return m.opts
	}
	return append(slices.Clip(m.opts), mail.WithDialContextFunc(func(dialling context.Context, network, address string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(dialling, network, address)
		if err == nil {
			context.AfterFunc(ctx, func() { _ = c.Close() }) // closed already where the letter was sent
		}
		return c, err
	}))
}

// forEver tells whether the reader or the letter itself was refused. A sender that may not send is the operator's to
// mend, so those letters wait.
func forEver(e *mail.SendError) bool {
	return !e.IsTemp() && e.ErrorCode() >= 500 && (e.Reason == mail.ErrSMTPRcptTo || e.Reason == mail.ErrSMTPDataClose || e.Reason == mail.ErrSMTPData)
}

// write makes the message of a letter. An address that cannot be read is an error.
func (m *Mailer) write(letter Message) (*mail.Msg, error) {
	text := mail.NewMsg(mail.WithEncoding(mail.EncodingQP))
	if err := text.From(m.from); err != nil {
		return nil, err
	}
	if err := text.To(letter.To); err != nil {
		return nil, err
	}
	text.Subject(oneLine(letter.Subject))
	text.SetDate()
	text.SetMessageIDWithValue(letter.ID + "@" + m.domain)
	references, submitted := "<"+letter.Thread+"@"+m.domain+">", "auto-generated"
	if letter.Answers != "" {
		answers := "<" + oneLine(letter.Answers) + ">"
		text.SetGenHeader(mail.HeaderInReplyTo, answers)
		references, submitted = references+" "+answers, "auto-replied"
	}
	text.SetGenHeader(mail.HeaderReferences, references)
	text.SetGenHeader("Auto-Submitted", submitted) // RFC 3834: no robot answers
	text.SetGenHeader("X-Auto-Response-Suppress", "All")
	if letter.Reply != "" {
		if err := text.ReplyTo(letter.Reply); err != nil {
			return nil, err
		}
	}
	text.SetBodyString(mail.TypeTextPlain, letter.Text)
	if letter.HTML {
		text.SetBoundary("hotline-" + rand.Text()) // each writing of the letter must be the same, for its signature
		text.AddAlternativeString(mail.TypeTextHTML, page(letter.Text))
	}
	return text, m.sign(text)
}

// oneLine takes what would end a header out of a text.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}
