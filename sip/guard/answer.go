package guard

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"net/netip"
	"strings"

	"hotline/sip/syntax"
)

// Answers without a transaction: the guard writes them for what it refuses, and for OPTIONS and CANCEL.

// Answer writes the stateless answer to a request (RFC 3261 8.2.6, 8.2.7). The same request always gets the same octets, the
// To tag too. from is where the request came from; server may be empty.
func Answer(m *syntax.Message, r Refusal, from netip.AddrPort, server string) []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %d %s\r\n", r.Code, r.Reason)
	for i, v := range m.Vias {
		if i == 0 {
			v = received(v, from)
		}
		b.WriteString("Via: " + v + "\r\n")
	}
	line := func(name, value string) {
		if value != "" && !syntax.HasControl(value) {
			b.WriteString(name + ": " + value + "\r\n")
		}
	}
	line("From", m.From)
	to := m.To
	if to != "" && m.ToTag() == "" {
		to += ";tag=" + cmp.Or(r.Tag, statelessTag(m))
	}
	line("To", to)
	line("Call-ID", m.CallID)
	line("CSeq", m.CSeq.Text)
	for _, h := range r.Headers {
		b.WriteString(h + "\r\n")
	}
	line("Server", server)
	b.WriteString("Content-Length: 0\r\n\r\n")
	return []byte(b.String())
}

// received notes in the top Via where the request really came from (RFC 3261 18.2.1, RFC 3581 section 4).
func received(via string, from netip.AddrPort) string {
	top := syntax.FirstElement(via)
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

// answerTo is where a stateless answer goes on UDP: to the source, at its own port when it asked for that, else at the port
// of its Via (RFC 3261 18.2.2, RFC 3581).
func answerTo(m *syntax.Message, from netip.AddrPort) netip.AddrPort {
	top := syntax.FirstElement(m.Vias[0])
	head, params, _ := strings.Cut(top, ";")
	for p := range strings.SplitSeq(params, ";") {
		if name, _, _ := strings.Cut(p, "="); strings.EqualFold(strings.TrimSpace(name), "rport") {
			return from
		}
	}
	_, sentBy, _ := strings.Cut(strings.TrimSpace(head), " ")
	if _, port, err := syntax.SplitHostPort(strings.TrimSpace(sentBy)); err == nil {
		if port == 0 {
			port = 5060
		}
		return netip.AddrPortFrom(from.Addr(), port)
	}
	return from
}

func statelessTag(m *syntax.Message) string {
	h := fnv.New64a()
	for _, s := range []string{m.CallID, m.From, m.To, m.CSeq.Text, m.Branch()} {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	return fmt.Sprintf("s%016x", h.Sum64())
}
