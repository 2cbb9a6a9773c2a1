package dialplan

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"

	"hotline/config"
)

// address is a SIP address that the line may dial: no password, no parameter but the transport, nothing that could begin a
// header.
var address = regexp.MustCompile(`^sip:(?:[^@\s<>"',;?:&]{1,200}@)?([A-Za-z0-9][A-Za-z0-9.-]{0,252}|\[[0-9A-Fa-f:.]{2,45}\])(?::([0-9]{1,5}))?(?:;transport=(?:udp|tcp|tls))?$`)

func isSIP(telephone string) bool {
	scheme, _, found := strings.Cut(telephone, ":")
	return found && (strings.EqualFold(scheme, "sip") || strings.EqualFold(scheme, "sips"))
}

// internalHosts are where SIP addresses may lead to. What it holds never changes.
type internalHosts struct {
	phones   []netip.Prefix
	loopback bool     // telephones of this machine are the house's
	listed   []string // whole addresses and host names, lower case, of the configuration
	networks []netip.Prefix
	trunks   []config.Trunk
	own      []netip.AddrPort // where this line itself listens; 0.0.0.0 and [::] stand for this machine
	public   netip.Addr       // and what it is called outside
	machine  func() []netip.Addr
}

func newInternalHosts(s config.SIP, listed, operator []string, machine func() []netip.Addr) internalHosts {
	h := internalHosts{loopback: s.TrustLoopback, trunks: s.Trunks, own: slices.Concat(s.Listen, s.Secure), public: s.PublicIP, machine: machine}
	for _, p := range s.Phones {
		h.phones = append(h.phones, p.Prefix)
	}
	for _, l := range listed {
		var n config.Network
		if n.UnmarshalText([]byte(l)) == nil {
			h.networks = append(h.networks, n.Prefix)
		} else {
			h.listed = append(h.listed, strings.ToLower(l))
		}
	}
	for _, o := range operator {
		if isSIP(o) {
			h.listed = append(h.listed, strings.ToLower(o))
		}
	}
	return h
}

// allows tells why a SIP address is not one that the line may dial; nil when it may.
func (h internalHosts) allows(telephone string) error {
	m := address.FindStringSubmatch(telephone)
	if m == nil {
		return fmt.Errorf("%q is no SIP address of a telephone; write sip:NAME@HOST, if need be with :PORT and ;transport=tcp or tls: %w", short(telephone), ErrNotAllowed)
	}
	host := strings.ToLower(strings.Trim(m[1], "[]"))
	if h.isThisLine(host, orPort(m[2])) {
		return fmt.Errorf("%s is this line itself, which would ring in itself; give the telephone's own address: %w", short(telephone), ErrNotAllowed)
	}
	if slices.Contains(h.listed, strings.ToLower(telephone)) || slices.Contains(h.listed, host) {
		return nil
	}
	ip, err := netip.ParseAddr(host)
	if ip = ip.Unmap(); err == nil && within(h.networks, ip) {
		return nil
	}
	if t, is := h.trunk(ip, host, m[2]); is {
		return fmt.Errorf("%s is trunk %s, behind which every number is; write the number alone, and it goes by the trunk: %w", host, t, ErrNotAllowed)
	}
	if err == nil && (within(h.phones, ip) || h.loopback && ip.IsLoopback()) {
		return nil
	}
	return fmt.Errorf("%s is no telephone of the house; give a telephone of sip.phones, a number, or list the host under outgoing.sip in the configuration: %w", host, ErrNotAllowed)
}

// isThisLine tells whether an address leads back to where the line listens.
func (h internalHosts) isThisLine(host, port string) bool {
	ip, err := netip.ParseAddr(host)
	if host == "localhost" {
		ip, err = netip.IPv6Loopback(), nil
	}
	if err != nil {
		return false
	}
	ip = ip.Unmap()
	return slices.ContainsFunc(h.own, func(a netip.AddrPort) bool {
		here := a.Addr() == ip || h.public.IsValid() && h.public == ip || a.Addr().IsUnspecified() && h.isThisMachine(ip)
		return here && fmt.Sprint(a.Port()) == port
	})
}

func (h internalHosts) isThisMachine(ip netip.Addr) bool {
	return ip.IsLoopback() || h.machine != nil && slices.Contains(h.machine(), ip)
}

// free tells whether a call to an allowed address costs nothing: the house's own network, or this machine.
func (h internalHosts) free(telephone string) bool {
	m := address.FindStringSubmatch(telephone)
	if m == nil {
		return false
	}
	ip, err := netip.ParseAddr(strings.Trim(m[1], "[]"))
	ip = ip.Unmap()
	return err == nil && (within(h.phones, ip) || h.loopback && ip.IsLoopback())
}

// trunk finds the trunk that an address of ours would reach past prefixes and directory.
func (h internalHosts) trunk(ip netip.Addr, host, port string) (name string, found bool) {
	for _, t := range h.trunks {
		if m := address.FindStringSubmatch(t.Proxy); m != nil && strings.EqualFold(strings.Trim(m[1], "[]"), host) && orPort(m[2]) == orPort(port) {
			return t.Name, true
		}
		for _, n := range t.Addresses {
			if ip.IsValid() && !ip.IsLoopback() && n.Contains(ip) {
				return t.Name, true
			}
		}
	}
	return "", false
}

func orPort(port string) string {
	if port == "" {
		return "5060"
	}
	return port
}

func within(list []netip.Prefix, ip netip.Addr) bool {
	return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// short keeps a foreign text small enough for a sentence.
func short(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "..."
	}
	return s
}
