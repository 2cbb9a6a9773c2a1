package notify

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emersion/go-msgauth/dkim"
)

// TestLettersAreSigned: another one's verifier finds the signature good, and bad once a word is changed.
func TestLettersAreSigned(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}), 0o600); err != nil {
		t.Fatal(err)
	}
	m, err := New(Config{Server: "localhost:25", Security: None, From: "Assistenza <support@house.example>", DKIM: DKIM{Selector: "s", KeyFile: file}})
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	lookup := func(name string) ([]string, error) {
		if name != "s._domainkey.house.example" {
			t.Errorf("%s is asked", name)
		}
		return []string{"v=DKIM1; k=rsa; p=" + base64.StdEncoding.EncodeToString(public)}, nil
	}
	for _, html := range []bool{false, true} {
		letter, err := m.write(Message{ID: "1.417.x", Thread: "t", To: "guasti@rossi.example", Subject: "[417] Perché", Text: "Riga <uno>\n\nè qui\n", Reply: "support+417.x@house.example", Answers: "1@rossi.example\r\nBcc: x", HTML: html})
		if err != nil {
			t.Fatal(err)
		}
		var sent bytes.Buffer
		if _, err := letter.WriteTo(&sent); err != nil {
			t.Fatal(err)
		}
		text := sent.String()
		for _, want := range []string{"Auto-Submitted: auto-replied\r\n", "Reply-To: <support+417.x@house.example>\r\n", "In-Reply-To: <1@rossi.example  Bcc: x>\r\n"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in\n%s", want, text)
			}
		}
		if html != strings.Contains(text, "Riga &lt;uno&gt;") {
			t.Errorf("HTML: %v\n%s", html, text)
		}
		for change, good := range map[string]bool{"": true, "Riga": false} {
			list, err := dkim.VerifyWithOptions(strings.NewReader(strings.ReplaceAll(text, change, change+change[:min(1, len(change))])), &dkim.VerifyOptions{LookupTXT: lookup})
			if err != nil || len(list) != 1 || (list[0].Err == nil) != good {
				t.Errorf("HTML %v, changed %q: %+v, %v\n%s", html, change, list, err, text)
			}
		}
	}
	if _, err := New(Config{Server: "localhost:25", Security: None, From: "a@b.example", DKIM: DKIM{Selector: "s", KeyFile: "/nowhere"}}); err == nil {
		t.Error("a key that is not there is taken")
	}
}
