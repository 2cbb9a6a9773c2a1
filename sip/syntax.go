package sip

import "strings"

// badURI tells whether a Request-URI cannot be one: no scheme, or for sip and sips
// a host in no known form, or headers, which may not stand there (RFC 3261 19.1.1).
// Of other schemes nothing more is known.
func badURI(uri string) bool {
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

// badHostPort judges host[:port]. Between [ and ] any digits, colons and dots will
// do: RFC 3261's grammar has three colons where there are two (RFC 5118 4.10).
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

func consistsOf(s, set string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !strings.ContainsRune(set, r) }) < 0
}

// badVia tells whether the first element of a Via line lacks its parts or has
// parameters without a name (RFC 3261 20.42).
func badVia(line string) bool {
	head, params, more := strings.Cut(firstOf(line), ";")
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

func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// hasBareControl is hasControl for a header with quoted strings: a backslash in
// one quotes everything but the ends of lines (RFC 3261 25.1, quoted-pair).
func hasBareControl(s string) bool {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && quoted && i+1 < len(s) && s[i+1] != '\r' && s[i+1] != '\n':
			i++
		case c == '"':
			quoted = !quoted
		case hasControl(s[i : i+1]):
			return true
		}
	}
	return false
}
