package config

import (
	"fmt"
	"net/netip"
	"net/url"
)

// Browser is calls from the customers' pages (docs/portal.md). Without an address none are taken.
type Browser struct {
	UDP         []netip.AddrPort `yaml:"udp"`          // where the sound of all these calls comes
	TCP         []netip.AddrPort `yaml:"tcp"`          // the same for networks that let no UDP through; empty: nowhere
	Addresses   []netip.Addr     `yaml:"addresses"`    // as which browsers reach this machine; empty: by its own
	Calls       int              `yaml:"calls"`        // at once
	PerContract int              `yaml:"per_contract"` // of them
}

// Open tells whether calls from browsers are taken.
func (b Browser) Open() bool { return len(b.UDP) > 0 }

// browser finds what is wrong with the calls from browsers.
func (k *checker) browser(c Config) {
	b := c.Browser
	k.addresses("browser.udp", b.UDP)
	k.addresses("browser.tcp", b.TCP)
	if b.Calls < 1 || b.Open() && b.Calls > c.SIP.MaxCalls {
		k.complain("browser.calls", fmt.Sprintf("%d calls from browsers at once cannot be right", b.Calls), fmt.Sprintf("use 1 to %d, which is sip.max_calls", c.SIP.MaxCalls))
	}
	if b.PerContract < 1 {
		k.complain("browser.per_contract", "no contract may call", "use 1 or more, or leave browser out")
	}
	families := map[bool]bool{}
	for i, a := range b.Addresses {
		if a.IsUnspecified() || a.IsMulticast() || families[a.Is4()] {
			k.complain(fmt.Sprintf("browser.addresses[%d]", i), fmt.Sprintf("%s is no address of its own by which browsers reach this machine", a), "write one IPv4 address, and one IPv6 address if there is one")
		}
		families[a.Is4()] = true
	}
	if !b.Open() {
		if len(b.TCP)+len(b.Addresses) > 0 {
			k.complain("browser.udp", "there is no address for the sound of calls from browsers", "write one, such as 0.0.0.0:7880")
		}
		return
	}
	if c.Portal.URL == "" {
		k.complain("browser.udp", "the customers' pages, from which browsers call, are closed", "write portal.url, or leave browser out")
	} else if u, err := url.Parse(c.Portal.URL); err == nil && u.Scheme == "http" && !ofThisMachine(u.Hostname()) {
		k.complain("portal.url", "browsers give no page a microphone that comes by http", "let customers reach it by https, or leave browser out")
	}
}

// ofThisMachine tells whether a host is the browser's own machine, whose pages get a microphone without TLS.
func ofThisMachine(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}
