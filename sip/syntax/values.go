package syntax

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
	"time"
)

// Readers of single header values. The whole of sip uses them.

// FirstElement is the first element of a comma-separated header value; a comma in quotes separates nothing.
func FirstElement(list string) string {
	quoted := false
	for i := range len(list) {
		switch {
		case list[i] == '"':
			quoted = !quoted
		case list[i] == ',' && !quoted:
			return list[:i]
		}
	}
	return list
}

// Parameter reads one header parameter; empty when it is missing.
func Parameter(value, name string) string {
	v, _ := findParameter(value, name)
	return v
}

// findParameter is Parameter, and tells whether it is there.
func findParameter(value, name string) (string, bool) {
	for k, v := range parameters(value) {
		if strings.EqualFold(k, name) {
			return v, true
		}
	}
	return "", false
}

// parameters are the parameters of a header in their order. Blanks around = and ; are allowed. Quotes hold no parameters.
// In a name-addr only what stands after > is read.
func parameters(value string) iter.Seq2[string, string] {
	if i := strings.LastIndexByte(value, '>'); i >= 0 {
		value = value[i+1:]
	}
	return func(yield func(name, value string) bool) {
		for rest := value; rest != ""; {
			end, quoted := 0, false
			for end < len(rest) && (quoted || rest[end] != ';') {
				if rest[end] == '"' {
					quoted = !quoted
				}
				end++
			}
			k, v, _ := strings.Cut(rest[:end], "=")
			if !yield(strings.TrimSpace(k), strings.TrimSpace(v)) || end == len(rest) {
				return
			}
			rest = rest[end+1:]
		}
	}
}

// doubled tells whether a header has a parameter more than once.
func doubled(value, name string) bool {
	n := 0
	for k := range parameters(value) {
		if strings.EqualFold(k, name) {
			n++
		}
	}
	return n > 1
}

// Seconds reads a number of seconds with parameters behind it, as in "1800;refresher=uac" (delta-seconds, RFC 3261 25.1);
// 0 when there is none.
func Seconds(value string) time.Duration {
	seconds, _, _ := strings.Cut(value, ";")
	n, err := strconv.ParseUint(strings.TrimSpace(seconds), 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}

// SplitHostPort reads host[:port] with IPv6 in brackets; port 0 when it is missing.
func SplitHostPort(s string) (host string, port uint16, err error) {
	host, rest := s, ""
	if strings.HasPrefix(s, "[") {
		i := strings.IndexByte(s, ']')
		if i < 0 {
			return "", 0, fmt.Errorf("sip: bad host %q", s)
		}
		host, rest = s[1:i], s[i+1:]
	} else if i := strings.IndexByte(s, ':'); i >= 0 {
		host, rest = s[:i], s[i:]
	}
	if rest == "" || rest == ":" {
		return host, 0, nil
	}
	n, err := strconv.ParseUint(strings.TrimSpace(strings.TrimPrefix(rest, ":")), 10, 16)
	return strings.TrimSpace(host), uint16(n), err
}

// IsToken tells whether s is a token of RFC 3261 section 25.1.
func IsToken(s string) bool {
	for i := range len(s) {
		if !tokenChar(s[i]) {
			return false
		}
	}
	return s != ""
}

func tokenChar(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-.!%*_+`'~", c) >= 0
}

// IsNumber tells whether a user part is a telephone number and nothing else that a trunk could act on: 2 to 20 digits, after
// a + if there is one.
func IsNumber(user string) bool {
	digits := strings.TrimPrefix(user, "+")
	return len(digits) > 1 && len(digits) <= 20 && consistsOf(digits, "0123456789")
}

// HasControl tells whether a text has a control character other than a tab.
func HasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// HasBareControl is HasControl for a header with quoted strings: a backslash in one quotes every character but the ends of
// lines (RFC 3261 25.1, quoted-pair).
func HasBareControl(s string) bool {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && quoted && i+1 < len(s) && s[i+1] != '\r' && s[i+1] != '\n':
			i++
		case c == '"':
			quoted = !quoted
		case HasControl(s[i : i+1]):
			return true
		}
	}
	return false
}

func consistsOf(s, set string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return !strings.ContainsRune(set, r) }) < 0
}
