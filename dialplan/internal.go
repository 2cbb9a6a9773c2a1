package dialplan

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"hotline/config"
	"hotline/numbers"
)

// address is a SIP address that the line may dial, or that of a trunk's proxy: no password, no parameter but the transport, nothing that
// could begin a header. It finds the scheme, the host and the port.
var address = regexp.MustCompile(`^(sips?):(?:[^@\s<>"',;?:&]{1,200}@)?([A-Za-z0-9][A-Za-z0-9.-]{0,252}|\[[0-9A-Fa-f:.]{2,45}\])(?::([0-9]{1,5}))?(?:;transport=(?:udp|tcp|tls))?$`)

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
	plan     numbers.Plan
}

func newInternalHosts(c Config, s config.SIP) internalHosts {
	h := internalHosts{loopback: s.TrustLoopback, trunks: s.Trunks, own: slices.Concat(s.Listen, s.Secure), public: s.PublicIP, machine: c.Machine, plan: c.Plan}
	for _, p := range s.Phones {
		h.phones = append(h.phones, p.Prefix)
	}
	for _, l := range c.Limits.SIP {
		var n config.Network
		if n.UnmarshalText([]byte(l)) == nil {
			h.networks = append(h.networks, n.Prefix)
		} else {
			h.listed = append(h.listed, strings.ToLower(l))
		}
	}
	for _, o := range c.Operator {
		if isSIP(o) {
			h.listed = append(h.listed, strings.ToLower(o))
		}
	}
	return h
}

// allows tells why a SIP address is not one that the line may dial; nil when it may.
func (h internalHosts) allows(telephone string) error {
	m := address.FindStringSubmatch(telephone)
	if m == nil || m[1] == "sips" {
		return fmt.Errorf("%q is no SIP address of a telephone; write sip:NAME@HOST, if need be with :PORT and ;transport=tcp or tls: %w", short(telephone), ErrNotAllowed)
	}
	to := endpointOf(m)
	host := to.host
	if to.port == 0 {
		return fmt.Errorf("%s has no port from 1 to 65535: %w", short(telephone), ErrNotAllowed)
	}
	if h.isThisLine(to) {
		return fmt.Errorf("%s is this line itself, which would ring in itself; give the telephone's own address: %w", short(telephone), ErrNotAllowed)
	}
	if slices.Contains(h.listed, strings.ToLower(telephone)) {
		return nil
	}
	if slices.Contains(h.listed, host) || within(h.networks, to.ip) {
		if user, _, _ := strings.Cut(strings.TrimPrefix(telephone, "sip:"), "@"); h.plan.Emergency(user) { // to a telephone of the house it is an account
			return emergency(telephone)
		}
		return nil
	}
	if t, is := h.trunk(to); is {
		return fmt.Errorf("%s is trunk %s, behind which every number is; write the number alone, and it goes by the trunk: %w", host, t, ErrNotAllowed)
	}
	if within(h.phones, to.ip) || h.loopback && to.ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("%s is no telephone of the house; give a telephone of sip.phones, a number, or list the host under outgoing.sip in the configuration: %w", host, ErrNotAllowed)
}

func emergency(number string) error {
	return fmt.Errorf("%s is an emergency number, which this line never rings; write the telephone's whole number, or its SIP address: %w", short(number), ErrNotAllowed)
}

// endpoint is where a SIP address leads to, however it is spelt.
type endpoint struct {
	host string     // lower case
	ip   netip.Addr // of a host in figures; an IPv4 address is one in every spelling
	port uint16     // 0: none that can be dialled
}

// endpointOf reads what address has matched. Without a port it is that of the transport (RFC 3263, section 4.2).
func endpointOf(m []string) endpoint {
	e := endpoint{host: strings.TrimSuffix(strings.ToLower(strings.Trim(m[2], "[]")), "."), port: 5060}
	if ip, err := netip.ParseAddr(e.host); err == nil {
		e.ip = ip.Unmap()
		e.host = e.ip.String()
	}
	if m[1] == "sips" || strings.HasSuffix(m[0], "=tls") {
		e.port = 5061
	}
	if m[3] != "" {
		port, err := strconv.ParseUint(m[3], 10, 16)
		if e.port = uint16(port); err != nil {
			e.port = 0
		}
	}
	return e
}

// isThisLine tells whether an address leads back to where the line listens.
func (h internalHosts) isThisLine(to endpoint) bool {
	if to.host == "localhost" {
		to.ip = netip.IPv6Loopback()
	}
	if !to.ip.IsValid() {
		return false
	}
	return slices.ContainsFunc(h.own, func(a netip.AddrPort) bool {
		here := a.Addr().Unmap() == to.ip || h.public.IsValid() && h.public.Unmap() == to.ip || a.Addr().IsUnspecified() && h.isThisMachine(to.ip)
		return here && a.Port() == to.port
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
	ip := endpointOf(m).ip
	return within(h.phones, ip) || h.loopback && ip.IsLoopback()
}

// trunk finds the trunk that an address of ours would reach past prefixes and directory.
func (h internalHosts) trunk(to endpoint) (name string, found bool) {
	for _, t := range h.trunks {
		if m := address.FindStringSubmatch(t.Proxy); m != nil {
			if proxy := endpointOf(m); proxy.host == to.host && proxy.port == to.port {
				return t.Name, true
			}
		}
		for _, n := range t.Addresses {
			if to.ip.IsValid() && !to.ip.IsLoopback() && n.Contains(to.ip) {
				return t.Name, true
			}
		}
	}
	return "", false
}

func within(list []netip.Prefix, ip netip.Addr) bool {
	return slices.ContainsFunc(list, func(p netip.Prefix) bool { return p.Contains(ip) }) // never for one that is not valid
}

// short keeps a foreign text small enough for a sentence.
func short(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "..."
	}
	return s
}
