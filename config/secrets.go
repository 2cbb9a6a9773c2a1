package config

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"

	"hotline/strictyaml"
)

// Exposed finds the files with secrets that every user of the machine may read. These are the configuration, if it contains a
// password, and the files of keys and passwords that it names. file may be empty; pinKey and recordingKeys are where the PIN key
// and the keys of the recordings lie. A file that is not there is passed over. Line and File are left empty. The program runs all
// the same: these are warnings.
func Exposed(c Config, file, pinKey, recordingKeys string) strictyaml.Complaints {
	k := &checker{}
	if c.holdsSecret() {
		k.exposed("", file, "the configuration holds a password")
	}
	k.exposed("pin_key_file", pinKey, "whoever has the key can find every PIN in a copy of the database")
	k.exposed("recordings.key_file", recordingKeys, "whoever has the keys can listen to a copy of the recordings")
	k.exposed("database.url_file", c.Database.URLFile, "it holds the database's password")
	k.exposed("sip.tls.key", c.SIP.TLS.Key, "whoever has the key can pose as this line")
	for i, a := range c.SIP.Accounts {
		k.exposed(fmt.Sprintf("sip.accounts[%d].password_file", i), a.PasswordFile, "it holds a password")
	}
	for i, t := range c.SIP.Trunks {
		k.exposed(fmt.Sprintf("sip.trunks[%d].password_file", i), t.PasswordFile, "it holds a password")
	}
	k.exposed("mail.dkim.key_file", c.Mail.DKIM.KeyFile, "whoever has the key can sign letters as this house")
	k.exposed("mail.password_file", c.Mail.PasswordFile, "it holds a password")
	k.exposed("speech.key_file", c.Speech.KeyFile, "it holds the token of the voice's server")
	k.exposed("transcription.key_file", c.Transcription.KeyFile, "it holds the token of the recogniser's server")
	k.exposed("mail.inbox.imap.password_file", c.Mail.Inbox.IMAP.PasswordFile, "it holds a password")
	k.exposed("bridge.token_file", c.Bridge.TokenFile, "it holds the token of Zammad")
	k.exposed("bridge.webhook_secret_file", c.Bridge.WebhookFile, "whoever has the secret can pose as Zammad")
	k.exposed("outbox.push.key_file", c.Outbox.Push.KeyFile, "whoever has the key can send push messages as this house")
	k.alertsExposed(c.Alerts)
	k.exposed("http.oidc.client_secret_file", c.HTTP.OIDC.ClientSecretFile, "it holds the secret by which this program proves itself to the identity provider")
	return k.list
}

// othersMayRead is the permission of everybody who is neither the owner nor of the group.
const othersMayRead fs.FileMode = 0o004

func (k *checker) exposed(field, name, why string) {
	if name == "" {
		return
	}
	info, err := os.Stat(name)
	if err != nil || info.Mode()&othersMayRead == 0 {
		return
	}
	k.complain(field, fmt.Sprintf("every user of this machine may read %s: %s", name, why), "run chmod o-rwx "+name)
}

// holdsSecret tells whether a password stands in the configuration itself.
func (c Config) holdsSecret() bool {
	secrets := append(c.Alerts.secrets(), c.Mail.Password, c.Mail.Inbox.IMAP.Password, c.HTTP.OIDC.ClientSecret)
	for _, a := range c.SIP.Accounts {
		secrets = append(secrets, a.Password)
	}
	for _, t := range c.SIP.Trunks {
		secrets = append(secrets, t.Password)
	}
	if u, err := url.Parse(c.Database.URL); err == nil {
		password, _ := u.User.Password()
		secrets = append(secrets, password)
	}
	for _, s := range secrets {
		if s != "" {
			return true
		}
	}
	return false
}
