package config

import (
	"fmt"
	"net/netip"
	"slices"
)

// Alerts is what takes in the machines' own messages. Without an address to listen at nothing is taken.
type Alerts struct {
	SNMP   SNMP   `yaml:"snmp"`
	Syslog Syslog `yaml:"syslog"`
}

// SNMP takes traps and informs.
type SNMP struct {
	Listen  []netip.AddrPort `yaml:"listen"` // UDP; the usual port is 162
	Events  string           `yaml:"events"` // YAML file of what notifications mean, beside the table that ships
	Sources []SNMPSource     `yaml:"sources"`
}

// AlertSource is an installation whose machines send.
type AlertSource struct {
	Contract     string    `yaml:"contract"`
	Installation string    `yaml:"installation"` // empty: the contract's only one
	Addresses    []Network `yaml:"addresses"`    // where its messages come from
}

// SNMPSource is an installation by its community (versions 1 and 2c), by its user (version 3), or by both.
type SNMPSource struct {
	AlertSource    `yaml:",inline"`
	Community      string `yaml:"community"`
	CommunityFile  string `yaml:"community_file"` // a file that holds it alone
	Account        `yaml:",inline"`
	Authentication string `yaml:"authentication"` // of version 3: md5, sha, sha224, sha256, sha384 or sha512
	Encryption     string `yaml:"encryption"`     // of version 3: des, aes, aes192 or aes256
	Secret         string `yaml:"secret"`         // password of the encryption
	SecretFile     string `yaml:"secret_file"`    // a file that holds it alone
}

// alerts finds what is wrong with the listeners of machines' messages.
func (k *checker) alerts(a Alerts) {
	k.snmp(a.SNMP)
	k.syslog(a.Syslog)
}

func (k *checker) snmp(s SNMP) {
	k.addresses("alerts.snmp.listen", s.Listen)
	if len(s.Listen) > 0 && len(s.Sources) == 0 {
		k.complain("alerts.snmp.sources", "nobody may send, so that every trap is refused", "name the installations that send, each with its addresses and its community or user")
	}
	for i, from := range s.Sources {
		at := fmt.Sprintf("alerts.snmp.sources[%d]", i)
		k.alertSource(at, from.AlertSource)
		k.account(at, from.Account)
		k.either(at+".community", from.Community, from.CommunityFile)
		k.either(at+".secret", from.Secret, from.SecretFile)
		community := from.Community != "" || from.CommunityFile != ""
		if !community && from.User == "" {
			k.complain(at+".community", "the source proves itself by nothing", "write its community (versions 1 and 2c) or its user (version 3)")
		}
		if len(from.Addresses) == 0 && (community || from.Authentication == "") {
			k.complain(at+".addresses", "the source may send from anywhere without proving itself", "list its addresses; only a user with authentication may do without")
		}
		if len(from.Community) > 100 {
			k.complain(at+".community", "it is longer than 100 characters", "use a shorter one")
		}
		k.usm(at, from)
		for j, other := range s.Sources[:i] {
			if alike(from.Addresses, other.Addresses) && (community && from.Community == other.Community && from.CommunityFile == other.CommunityFile || from.User != "" && from.User == other.User) {
				k.complain(at, fmt.Sprintf("a message may be of this source and of alerts.snmp.sources[%d]: their addresses meet, and community or user are the same", j), "give each another community or user")
			}
		}
	}
}

// usm finds what is wrong with a user of SNMPv3.
func (k *checker) usm(at string, s SNMPSource) {
	password, secret := s.Password != "" || s.PasswordFile != "", s.Secret != "" || s.SecretFile != ""
	if s.Authentication != "" && !oneOf(s.Authentication, "md5", "sha", "sha224", "sha256", "sha384", "sha512") {
		k.complain(at+".authentication", fmt.Sprintf("%q is unknown", short(s.Authentication)), "use sha256, or md5, sha, sha224, sha384 or sha512")
	}
	if s.Encryption != "" && !oneOf(s.Encryption, "des", "aes", "aes192", "aes256") {
		k.complain(at+".encryption", fmt.Sprintf("%q is unknown", short(s.Encryption)), "use aes, or des, aes192 or aes256")
	}
	if (s.Authentication != "") != password {
		k.complain(at+".authentication", "an authentication and its password belong together", "write both, or none")
	}
	if (s.Encryption != "") != secret || s.Encryption != "" && s.Authentication == "" {
		k.complain(at+".encryption", "an encryption, its secret and an authentication belong together", "write all of them, or no encryption")
	}
	if s.Password != "" && len(s.Password) < 8 || s.Secret != "" && len(s.Secret) < 8 {
		k.complain(at+".password", "a password of SNMPv3 has eight characters at least (RFC 3414)", "use a longer one")
	}
}

// alertSource finds what is wrong with an installation that sends.
func (k *checker) alertSource(at string, s AlertSource) {
	if s.Contract == "" {
		k.complain(at+".contract", "it says no contract, and so nobody's terms", "write the contract's id")
	}
	for i, n := range s.Addresses {
		if n.Bits() == 0 {
			k.complain(fmt.Sprintf("%s.addresses[%d]", at, i), n.String()+" is the whole internet", "list the addresses of the installation")
		}
	}
}

func (k *checker) addresses(at string, list []netip.AddrPort) {
	for i, a := range list {
		if !a.IsValid() {
			k.complain(fmt.Sprintf("%s[%d]", at, i), "this is no address", "write an address and a port, such as 0.0.0.0:162")
		}
	}
}

func (k *checker) either(at, text, file string) {
	if text != "" && file != "" {
		k.complain(at+"_file", "both the word and a file are given", "keep one of the two")
	}
}

// alike tells whether a message may come from both; without addresses it comes from anywhere.
func alike(a, b []Network) bool {
	if len(a) == 0 || len(b) == 0 {
		return true
	}
	return slices.ContainsFunc(a, func(x Network) bool {
		return slices.ContainsFunc(b, func(y Network) bool { return x.Overlaps(y.Prefix) })
	})
}

// alertFiles finds files that cannot be read.
func (k *checker) alertFiles(a Alerts) {
	k.file("alerts.snmp.events", a.SNMP.Events)
	for i, s := range a.SNMP.Sources {
		at := fmt.Sprintf("alerts.snmp.sources[%d]", i)
		k.secretFile(at+".community_file", s.CommunityFile)
		k.secretFile(at+".password_file", s.PasswordFile)
		k.secretFile(at+".secret_file", s.SecretFile)
	}
	k.file("alerts.syslog.tls.certificate", a.Syslog.TLS.Certificate)
	k.file("alerts.syslog.tls.key", a.Syslog.TLS.Key)
	k.file("alerts.syslog.tls.roots", a.Syslog.TLS.Roots)
}

// alertsExposed finds secrets that every user of the machine may read.
func (k *checker) alertsExposed(a Alerts) {
	for i, s := range a.SNMP.Sources {
		at := fmt.Sprintf("alerts.snmp.sources[%d]", i)
		k.exposed(at+".community_file", s.CommunityFile, "it holds a community")
		k.exposed(at+".password_file", s.PasswordFile, "it holds a password")
		k.exposed(at+".secret_file", s.SecretFile, "it holds a password")
	}
	k.exposed("alerts.syslog.tls.key", a.Syslog.TLS.Key, "whoever has the key can pose as this program")
}

// secrets are those that stand in the configuration itself.
func (a Alerts) secrets() (list []string) {
	for _, s := range a.SNMP.Sources {
		list = append(list, s.Community, s.Password, s.Secret)
	}
	return list
}
