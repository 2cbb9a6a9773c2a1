package config

import (
	"fmt"
	"os"

	"hotline/strictyaml"
)

// Files finds which of the files that a configuration names cannot be read by who asks. It opens them and nothing more.
// Line and File are left empty. A PIN key that is not there is no fault: it is made at the first start.
func Files(c Config) strictyaml.Complaints {
	k := &checker{}
	k.file("database.url_file", c.Database.URLFile)
	k.file("sip.tls.certificate", c.SIP.TLS.Certificate)
	k.file("sip.tls.key", c.SIP.TLS.Key)
	k.file("sip.tls.roots", c.SIP.TLS.Roots)
	for i, a := range c.SIP.Accounts {
		k.file(fmt.Sprintf("sip.accounts[%d].password_file", i), a.PasswordFile)
	}
	for i, t := range c.SIP.Trunks {
		k.file(fmt.Sprintf("sip.trunks[%d].password_file", i), t.PasswordFile)
	}
	k.file("mail.password_file", c.Mail.PasswordFile)
	k.file("mail.roots", c.Mail.Roots)
	k.file("speech.key_file", c.Speech.KeyFile)
	k.alertFiles(c.Alerts)
	k.file("http.oidc.client_secret_file", c.HTTP.OIDC.ClientSecretFile)
	k.file("http.oidc.roots", c.HTTP.OIDC.Roots)
	return k.list
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
