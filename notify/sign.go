package notify

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"html"
	"os"
	"strings"

	"github.com/emersion/go-msgauth/dkim"
	mail "github.com/wneessen/go-mail"
)

// DKIM is how letters are signed (RFC 6376). The zero value signs none.
type DKIM struct {
	Selector string // the key is published as SELECTOR._domainkey.DOMAIN
	KeyFile  string // PEM, RSA or Ed25519
}

// options reads the key.
func (d DKIM) options(domain string) (*dkim.SignOptions, error) {
	if d.KeyFile == "" {
		return nil, nil
	}
	text, err := os.ReadFile(d.KeyFile)
	if err != nil {
		return nil, fmt.Errorf("reading the key that letters are signed with: %w", err)
	}
	key, err := signer(text)
	if err != nil {
		return nil, fmt.Errorf("reading the key that letters are signed with: %s: %w; make one by: openssl genrsa -out %s 2048", d.KeyFile, err, d.KeyFile)
	}
	return &dkim.SignOptions{
		Domain: domain, Selector: d.Selector, Signer: key, HeaderCanonicalization: dkim.CanonicalizationRelaxed, BodyCanonicalization: dkim.CanonicalizationRelaxed,
		HeaderKeys: []string{"From", "To", "Reply-To", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "Auto-Submitted", "MIME-Version", "Content-Type"},
	}, nil
}

// signer reads a private key in PEM.
func signer(text []byte) (crypto.Signer, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("it holds no PEM key")
	}
	if key, err := x509.ParsePKCS1PrivateKey(block.Bytes); err == nil {
		return key, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	if s, ok := key.(crypto.Signer); ok {
		return s, nil
	}
	return nil, fmt.Errorf("a key of kind %T cannot sign", key)
}

// sign puts a signature in front of a letter. The letter is written once for it, and once more when it is sent: both are the same.
func (m *Mailer) sign(text *mail.Msg) error {
	if m.dkim == nil {
		return nil
	}
	var whole, signed bytes.Buffer
	if _, err := text.WriteTo(&whole); err != nil {
		return err
	}
	if err := dkim.Sign(&signed, &whole, m.dkim); err != nil {
		return fmt.Errorf("signing: %w", err)
	}
	head, _, _ := strings.Cut(signed.String(), "\r\n\r\n")
	var lines []string
	for i, line := range strings.Split(head, "\r\n") {
		if i > 0 && !strings.HasPrefix(line, " ") && !strings.HasPrefix(line, "\t") {
			break
		}
		lines = append(lines, line)
	}
	_, value, _ := strings.Cut(strings.Join(lines, "\r\n"), ": ")
	text.SetGenHeaderPreformatted("DKIM-Signature", value)
	return nil
}

// page is a letter as HTML: paragraphs and lines, nothing that is fetched from anywhere.
func page(text string) string {
	var b strings.Builder
	b.WriteString(`<!doctype html><html><head><meta charset="utf-8"></head><body style="font-family:sans-serif;line-height:1.4">`)
	for _, paragraph := range strings.Split(strings.TrimSpace(text), "\n\n") {
		b.WriteString("<p>" + strings.ReplaceAll(html.EscapeString(strings.TrimSpace(paragraph)), "\n", "<br>\r\n") + "</p>\r\n")
	}
	b.WriteString("</body></html>\r\n")
	return b.String()
}
