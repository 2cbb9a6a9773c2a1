package users

import (
	"net/netip"
	"net/url"
)

// Identity is whom an identity provider knows somebody as: both parts together (OpenID Connect Core 1.0, section 5.7). A name or an
// address of mail is none, because a provider may give it to somebody else. The zero value is no identity.
type Identity struct {
	Issuer  string // address of the provider
	Subject string // 1 to SubjectMost characters, which are compared as they are
}

// SubjectMost is how long a subject may be (OpenID Connect Core 1.0, section 2).
const SubjectMost = 255

// Known tells whether this is somebody's identity.
func (i Identity) Known() bool { return i.Subject != "" }

// ValidSubject tells whether a text may be a subject: 1 to SubjectMost characters of ASCII that can be read.
func ValidSubject(text string) bool {
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return text != "" && len(text) <= SubjectMost
}

// ProviderAddress tells whether an address may be that of an identity provider: https, or http on this machine itself.
func ProviderAddress(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return false
	}
	host, _ := netip.ParseAddr(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (host.IsLoopback() || u.Hostname() == "localhost")
}
