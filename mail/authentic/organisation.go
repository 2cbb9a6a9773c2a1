package authentic

import "golang.org/x/net/publicsuffix"

// organisation is the domain that one organisation has registered (RFC 7489 section 3.2).
func organisation(domain string) string {
	if o, err := publicsuffix.EffectiveTLDPlusOne(domain); err == nil {
		return o
	}
	return domain
}
