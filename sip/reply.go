package sip

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"net/netip"
	"strings"
)

// reply writes the stateless answer to a request (RFC 3261 8.2.6, 8.2.7). The
// same request always gets the same octets, its To tag included.
func reply(e *envelope, r refusal, from netip.AddrPort, server string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %d %s\r\n", r.code, r.reason)
	for i, v := range e.vias {
		if i == 0 {
			v = received(v, from)
		}
		b.WriteString("Via: " + v + "\r\n")
	}
	line := func(name, value string) {
		if value != "" && !hasControl(value) {
			b.WriteString(name + ": " + value + "\r\n")
		}
	}
	line("From", e.from)
	to := e.to
	if to != "" && e.toTag() == "" {
		to += ";tag=" + cmp.Or(r.tag, statelessTag(e))
	}
	line("To", to)
	line("Call-ID", e.callID)
	line("CSeq", e.cseq)
	for _, h := range r.headers {
		b.WriteString(h + "\r\n")
	}
	line("Server", server)
	b.WriteString("Content-Length: 0\r\n\r\n")
	return []byte(b.String())
}

// received notes where the request really came from in its top Via
// (RFC 3261 18.2.1, RFC 3581 section 4).
func received(via string, from netip.AddrPort) string {
	top := firstOf(via)
	rest := via[len(top):]
	var kept []string
	rport := false
	for i, p := range strings.Split(top, ";") {
		name, value, _ := strings.Cut(p, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		switch {
		case i > 0 && name == "rport" && strings.TrimSpace(value) == "":
			rport = true
		case i > 0 && name == "received":
		default:
			kept = append(kept, strings.TrimSpace(p))
		}
	}
	kept = append(kept, "received="+from.Addr().Unmap().String())
	if rport {
		kept = append(kept, fmt.Sprintf("rport=%d", from.Port()))
	}
	return strings.Join(kept, ";") + rest
}

// backTo is where a stateless answer goes on UDP: the source, at its own port
// when it asked for that, else at the Via's (RFC 3261 18.2.2, RFC 3581).
func backTo(e *envelope, from netip.AddrPort) netip.AddrPort {
	top := firstOf(e.vias[0])
	head, params, _ := strings.Cut(top, ";")
	for p := range strings.SplitSeq(params, ";") {
		if name, _, _ := strings.Cut(p, "="); strings.EqualFold(strings.TrimSpace(name), "rport") {
			return from
		}
	}
	_, sentBy, _ := strings.Cut(strings.TrimSpace(head), " ")
	if _, port, err := splitHostPort(strings.TrimSpace(sentBy)); err == nil {
		if port == 0 {
			port = 5060
		}
		return netip.AddrPortFrom(from.Addr(), port)
	}
	return from
}

func statelessTag(e *envelope) string {
	h := fnv.New64a()
	for _, s := range []string{e.callID, e.from, e.to, e.cseq, e.branch()} {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	return fmt.Sprintf("s%016x", h.Sum64())
}
