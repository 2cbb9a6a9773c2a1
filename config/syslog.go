package config

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// Syslog takes messages of RFC 5424 and RFC 3164.
type Syslog struct {
	UDP     []netip.AddrPort `yaml:"udp"`    // the usual port is 514
	TCP     []netip.AddrPort `yaml:"tcp"`    // RFC 6587
	Secure  []netip.AddrPort `yaml:"secure"` // RFC 5425; the usual port is 6514
	TLS     SyslogTLS        `yaml:"tls"`
	Sources []SyslogSource   `yaml:"sources"`
	Rules   []SyslogRule     `yaml:"rules"`
}

// SyslogTLS is the certificate that is shown, and which ones of senders are believed.
type SyslogTLS struct {
	Certificate string `yaml:"certificate"` // PEM file, read again when it changes
	Key         string `yaml:"key"`         // PEM file
	Roots       string `yaml:"roots"`       // PEM file of the authorities that senders are believed by; empty: only fingerprints are
}

// SyslogSource is an installation by its address, or by the certificate that its machines show.
type SyslogSource struct {
	AlertSource  `yaml:",inline"`
	Certificates []string `yaml:"certificates"` // names that a root vouches for, or fingerprints such as sha-256:AB:CD:... (RFC 5425 section 4.2.2)
}

// SyslogRule says what messages become. The first one that fits holds. What is left out fits every message.
type SyslogRule struct {
	AtLeast    string   `yaml:"at_least"` // severity: this one and worse
	Facilities []string `yaml:"facilities"`
	Apps       []string `yaml:"apps"`
	Hosts      []string `yaml:"hosts"`
	Text       string   `yaml:"text"`     // regular expression (RE2)
	Ignore     bool     `yaml:"ignore"`   // it is counted, and no alert
	Severity   string   `yaml:"severity"` // as which the policy reads it; empty: the message's own
	Problem    string   `yaml:"problem"`  // names the problem; {1} is the first group of Text; empty: the text without its numbers does
	Title      string   `yaml:"title"`    // with {1} too; empty: the message
	Over       bool     `yaml:"over"`     // it is the end of the problem
}

// SyslogSeverities are those of RFC 5424 section 6.2.1, the worst one first.
func SyslogSeverities() []string {
	return []string{"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"}
}

// SyslogFacilities are those of RFC 5424 section 6.2.1, as RFC 5427 calls them in short.
func SyslogFacilities() []string {
	return []string{
		"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp", "audit", "console", "cron2",
		"local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7",
	}
}

func (k *checker) syslog(s Syslog) {
	k.addresses("alerts.syslog.udp", s.UDP)
	k.addresses("alerts.syslog.tcp", s.TCP)
	k.addresses("alerts.syslog.secure", s.Secure)
	if len(s.UDP)+len(s.TCP)+len(s.Secure) > 0 && len(s.Sources) == 0 {
		k.complain("alerts.syslog.sources", "nobody may send, so that every message is refused", "name the installations that send, each with its addresses or certificates")
	}
	if (s.TLS.Certificate == "") != (s.TLS.Key == "") || len(s.Secure) > 0 && s.TLS.Certificate == "" {
		k.complain("alerts.syslog.tls.certificate", "TLS needs a certificate and its key", "name both PEM files")
	}
	for i, from := range s.Sources {
		at := fmt.Sprintf("alerts.syslog.sources[%d]", i)
		k.alertSource(at, from.AlertSource)
		if len(from.Addresses)+len(from.Certificates) == 0 {
			k.complain(at+".addresses", "the source is known by nothing", "list its addresses, or its certificates")
		}
		for j, c := range from.Certificates {
			k.certificate(fmt.Sprintf("%s.certificates[%d]", at, j), c, s.TLS)
		}
		for j, other := range s.Sources[:i] {
			both := slices.ContainsFunc(from.Certificates, func(c string) bool { return slices.Contains(other.Certificates, c) })
			if both || len(from.Certificates)+len(other.Certificates) == 0 && same(from.Addresses, other.Addresses) {
				k.complain(at, fmt.Sprintf("a message may be of this source and of alerts.syslog.sources[%d]", j), "give each other addresses or certificates")
			}
		}
	}
	for i, r := range s.Rules {
		k.syslogRule(fmt.Sprintf("alerts.syslog.rules[%d]", i), r)
	}
}

var fingerprint = regexp.MustCompile(`^sha-256:[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){31}$`)

func (k *checker) certificate(at, c string, t SyslogTLS) {
	switch {
	case strings.HasPrefix(c, "sha-"):
		if !fingerprint.MatchString(c) {
			k.complain(at, fmt.Sprintf("%q is no fingerprint", short(c)), "write sha-256: and 32 pairs of digits; openssl x509 -noout -fingerprint -sha256 -in cert.pem shows them")
		}
	case !hostName.MatchString(c):
		k.complain(at, fmt.Sprintf("%q is no name of a certificate", short(c)), "write its name, such as pbx.example.org, or its fingerprint")
	case t.Roots == "":
		k.complain(at, "nobody vouches for names of certificates", "name the authorities in alerts.syslog.tls.roots, or write the certificate's fingerprint")
	}
}

func (k *checker) syslogRule(at string, r SyslogRule) {
	if r.AtLeast != "" && !slices.Contains(SyslogSeverities(), r.AtLeast) {
		k.complain(at+".at_least", fmt.Sprintf("%q is no severity", short(r.AtLeast)), "use "+strings.Join(SyslogSeverities(), ", "))
	}
	for _, f := range r.Facilities {
		if !slices.Contains(SyslogFacilities(), f) {
			k.complain(at+".facilities", fmt.Sprintf("%q is no facility", short(f)), "use "+strings.Join(SyslogFacilities(), ", "))
		}
	}
	if _, err := regexp.Compile(r.Text); err != nil || len(r.Text) > 1000 {
		k.complain(at+".text", fmt.Sprintf("%q is no regular expression", short(r.Text)), "write one of RE2, such as 'unit (\\S+) failed'")
	}
	if r.Ignore && (r.Over || r.Problem != "" || r.Severity != "" || r.Title != "") {
		k.complain(at+".ignore", "what is ignored has no severity, problem, title or end", "leave them out, or ignore")
	}
}

// same tells whether two lists have a network in common; of one that lies within another one the narrower one holds.
func same(a, b []Network) bool {
	return slices.ContainsFunc(a, func(x Network) bool { return slices.Contains(b, x) })
}
