package syntax

import "strings"

// Faults of a Request-URI and of a Via. The guard's check calls them.

// BadURI tells whether a Request-URI cannot be one: it has no scheme, or (of sip and sips) a host in no known form, or
// headers, which may not stand there (RFC 3261 19.1.1). Other schemes are not looked into.
func BadURI(uri string) bool {
	scheme, rest, ok := strings.Cut(uri, ":")
	if !ok || !isScheme(scheme) {
		return true
	}
	if s := strings.ToLower(scheme); s != "sip" && s != "sips" {
		return false
	}
	// An @ ends the user part; neither side may hold another one unescaped.
	if _, after, ok := strings.Cut(rest, "@"); ok {
		rest = after
	}
	if strings.Contains(rest, "?") {
		return true
	}
	at, _, _ := strings.Cut(rest, ";")
	return badHostPort(at)
}

func isScheme(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; (c < 'a' || c > 'z') && (i == 0 || strings.IndexByte("0123456789+-.", s[i]) < 0) {
			return false
		}
	}
	return s != ""
}

// badHostPort judges host[:port]. Any digits, colons and dots may stand between [ and ]: RFC 3261's grammar asks for three
// colons where two are right (RFC 5118 4.10).
func badHostPort(s string) bool {
	host, port, hasPort := strings.Cut(s, ":")
	if strings.HasPrefix(s, "[") {
		v6, after, ok := strings.Cut(s[1:], "]")
		if !ok || v6 == "" || !consistsOf(strings.ToLower(v6), "0123456789abcdef:.") || after != "" && after[0] != ':' {
			return true
		}
		host, port, hasPort = "v6", strings.TrimPrefix(after, ":"), after != ""
	}
	return host == "" || !consistsOf(strings.ToLower(host), "abcdefghijklmnopqrstuvwxyz0123456789-._") ||
		hasPort && (port == "" || !consistsOf(port, "0123456789"))
}

// BadVia tells whether the first element of a Via line lacks one of its parts, or has a parameter without a name
// (RFC 3261 20.42).
func BadVia(line string) bool {
	head, params, more := strings.Cut(FirstElement(line), ";")
	protocol, sentBy, _ := strings.Cut(strings.TrimSpace(head), " ")
	if strings.Count(protocol, "/") != 2 || badHostPort(strings.TrimSpace(sentBy)) {
		return true
	}
	for p := range strings.SplitSeq(params, ";") {
		if name, _, _ := strings.Cut(p, "="); more && strings.TrimSpace(name) == "" {
			return true
		}
	}
	return false
}
