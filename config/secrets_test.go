package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEveryFileWithASecretThatOthersMayReadIsNamedWithItsRemedy(t *testing.T) {
	dir := t.TempDir()
	file := func(name string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("secret"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	open, shut := file("open", 0o644), file("shut", 0o640)
	for _, c := range []struct {
		name  string
		set   func(*Config)
		pin   string
		field string // of the warning; "-" for none
	}{
		{"a configuration without a password", func(*Config) {}, "", "-"},
		{"a mail password", func(c *Config) { c.Mail.Password = "x" }, "", ""},
		{"a trunk's password", func(c *Config) { c.SIP.Trunks = []Trunk{{Account: Account{Password: "x"}}} }, "", ""},
		{"an account's password", func(c *Config) { c.SIP.Accounts = []Account{{Password: "x"}} }, "", ""},
		{"a database password", func(c *Config) { c.Database.URL = "postgres://a:b@db/hotline" }, "", ""},
		{"a database without a password", func(c *Config) { c.Database.URL = "postgres://a@db/hotline" }, "", "-"},
		{"the PIN key", func(*Config) {}, open, "pin_key_file"},
		{"a closed PIN key", func(*Config) {}, shut, "-"},
		{"a PIN key that is not there", func(*Config) {}, filepath.Join(dir, "none"), "-"},
		{"a database URL's file", func(c *Config) { c.Database.URLFile = open }, "", "database.url_file"},
		{"the certificate's key", func(c *Config) { c.SIP.TLS.Key = open }, "", "sip.tls.key"},
		{"an account's file", func(c *Config) { c.SIP.Accounts = []Account{{PasswordFile: open}} }, "", "sip.accounts[0].password_file"},
		{"a trunk's file", func(c *Config) { c.SIP.Trunks = []Trunk{{Account: Account{PasswordFile: open}}} }, "", "sip.trunks[0].password_file"},
		{"the keys of the recordings", func(c *Config) { c.Recordings.KeyFile = open }, "", "recordings.key_file"},
		{"the secret for the identity provider", func(c *Config) { c.HTTP.OIDC.ClientSecret = "x" }, "", ""},
		{"its file", func(c *Config) { c.HTTP.OIDC.ClientSecretFile = open }, "", "http.oidc.client_secret_file"},
		{"the voice's token", func(c *Config) { c.Speech.KeyFile = open }, "", "speech.key_file"},
		{"the recogniser's token", func(c *Config) { c.Transcription.KeyFile = open }, "", "transcription.key_file"},
		{"the mail's file", func(c *Config) { c.Mail.PasswordFile = open }, "", "mail.password_file"},
	} {
		config := Default()
		c.set(&config)
		list := Exposed(config, open, c.pin, config.Recordings.KeyFile)
		if c.field == "-" {
			if len(list) > 0 {
				t.Errorf("%s: %v", c.name, list)
			}
			continue
		}
		if len(list) != 1 || list[0].Field != c.field || !strings.Contains(list[0].Remedy, "chmod o-rwx "+open) {
			t.Errorf("%s: %+v", c.name, list)
		}
	}
}
