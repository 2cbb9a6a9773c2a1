package config

import (
	"fmt"
	"os"

	"hotline/secretfile"
	"hotline/strictyaml"
)

// Files finds which of the files that a configuration names cannot be read by who asks, and which files of secrets are empty.
// Line and File are left empty. A PIN key that is not there is no fault: it is made at the first start.
func Files(c Config) strictyaml.Complaints {
	k := &checker{}
	k.secretFile("database.url_file", c.Database.URLFile)
	k.file("sip.tls.certificate", c.SIP.TLS.Certificate)
	k.file("sip.tls.key", c.SIP.TLS.Key)
	k.file("sip.tls.roots", c.SIP.TLS.Roots)
	for i, a := range c.SIP.Accounts {
		k.secretFile(fmt.Sprintf("sip.accounts[%d].password_file", i), a.PasswordFile)
	}
	for i, t := range c.SIP.Trunks {
		k.secretFile(fmt.Sprintf("sip.trunks[%d].password_file", i), t.PasswordFile)
	}
	k.secretFile("mail.password_file", c.Mail.PasswordFile)
	k.file("mail.roots", c.Mail.Roots)
	k.file("mail.dkim.key_file", c.Mail.DKIM.KeyFile)
	k.secretFile("mail.inbox.imap.password_file", c.Mail.Inbox.IMAP.PasswordFile)
	k.file("mail.inbox.imap.roots", c.Mail.Inbox.IMAP.Roots)
	k.secretFile("speech.key_file", c.Speech.KeyFile)
	k.secretFile("transcription.key_file", c.Transcription.KeyFile)
	k.alertFiles(c.Alerts)
	if c.Bridge.URL != "" {
		k.secretFile("bridge.token_file", c.Bridge.TokenFile)
		k.secretFile("bridge.webhook_secret_file", c.Bridge.WebhookFile)
	}
	k.secretFile("http.oidc.client_secret_file", c.HTTP.OIDC.ClientSecretFile)
	k.file("http.oidc.roots", c.HTTP.OIDC.Roots)
	return k.list
}

func (k *checker) secretFile(field, name string) {
	if name == "" {
		return
	}
	if _, err := secretfile.Read(name); err != nil {
		k.complain(field, err.Error(), "name a file that this user can read, and that holds the secret alone")
	}
}

func (k *checker) file(field, name string) {
	if name == "" {
		return
	}
	f, err := os.Open(name)
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		k.complain(field, err.Error(), "name a file that this user can read")
	}
}
