package syntax

import (
	"bytes"
	"strings"
)

// Normalise writes a message so that sipgo's parser reads it right. It takes the folds and the blanks around separators out
// of the headers that identify a call: RFC 3261 7.3.1 and 25.1 allow them, and sipgo loses tags and branches over them. It
// writes the names of the parameters that are read here in lower case, which means the same (RFC 3261 7.3.1, 19.1.4;
// RFC 7616 3.3). A message that needs none of it is returned as it is. The result is never longer. The guard calls it for
// each datagram and a stream for each head.
func Normalise(data []byte) []byte {
	end := HeadEnd(data)
	if end < 0 || !needsNormalising(data[:end]) {
		return data
	}
	return rewrite(data, end, func(name, value string) string {
		switch name {
		case "via", "v":
			return lowerNames(squeeze(value, ";=,/:"))
		case "from", "f", "to", "t", "contact", "m", "route", "record-route":
			return lowerNames(squeeze(value, ";="))
		case "www-authenticate", "proxy-authenticate", "authorization", "proxy-authorization":
			return lowerDigestNames(value)
		case "cseq":
			return strings.Join(strings.Fields(value), " ")
		}
		return value
	})
}

// rewrite unfolds the headers and gives them new values; change gets their names in lower case.
func rewrite(data []byte, end int, change func(name, value string) string) []byte {
	lines := unfold(string(data[:end-4]))
	for i, l := range lines[1:] {
		name, old, ok := strings.Cut(l, ":")
		name, old = strings.TrimSpace(name), strings.TrimSpace(old)
		if value := change(strings.ToLower(name), old); ok && value != old {
			lines[i+1] = name + ":" + value
		}
	}
	out := strings.Join(lines, "\r\n") + "\r\n\r\n"
	return append([]byte(out), data[end:]...)
}

// WithFromTag gives a request without a From tag an empty one. RFC 3261 12.1.1 serves such callers, but sipgo's transactions of
// RFC 2543 insist on a tag. Answers to them are written without it again. A message with a tag is returned as it is.
func WithFromTag(data []byte, m *Message) []byte {
	if _, has := findParameter(m.From, "tag"); has || !m.Request {
		return data
	}
	return rewrite(data, HeadEnd(data), func(name, value string) string {
		if name == "from" || name == "f" {
			return value + ";tag="
		}
		return value
	})
}

func needsNormalising(head []byte) bool {
	for _, s := range []string{"\r\n ", "\r\n\t", "; ", " ;", " =", "= ", ";\t", "\t;", "\t=", "=\t", " /", "/ ", "  "} {
		if bytes.Contains(head, []byte(s)) {
			return true
		}
	}
	return bytes.Contains(head, []byte("igest ")) || bytes.Contains(head, []byte("IGEST ")) || hasCapitalNames(head)
}

// hasCapitalNames tells whether there may be a parameter that is read here and whose name has a capital.
func hasCapitalNames(head []byte) bool {
	for {
		i := bytes.IndexByte(head, ';')
		if i < 0 {
			return false
		}
		head = head[i+1:]
		n, capital := 0, false
		for n < len(head) && 'a' <= head[n]|0x20 && head[n]|0x20 <= 'z' {
			capital = capital || head[n] <= 'Z'
			n++
		}
		if capital && nameReadHere(head[:n]) != "" {
			return true
		}
	}
}

// nameReadHere is the name of a parameter that we or sipgo read; empty for another one, which goes back as it came.
func nameReadHere(word []byte) string {
	for _, name := range [...]string{"tag", "branch", "rport", "received", "maddr", "ttl", "lr", "transport", "expires"} {
		if len(word) == len(name) && strings.EqualFold(string(word), name) {
			return name
		}
	}
	return ""
}

// lowerNames writes the names of parameters that are read here in lower case. What is quoted stays as it is, and so does the
// user part of a URI, which may hold semicolons of its own.
func lowerNames(v string) string {
	out := []byte(v)
	for i, quoted := 0, false; i < len(v); i++ {
		switch c := v[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '<':
			end := i + max(strings.IndexByte(v[i:], '>'), 0)
			i += max(strings.LastIndexByte(v[i:end], '@'), 0)
		case c == ';':
			word := out[i+1:]
			for n := range word {
				if !tokenChar(word[n]) {
					word = word[:n]
					break
				}
			}
			copy(word, nameReadHere(word))
			i += len(word)
		}
	}
	return string(out)
}

// lowerDigestNames does the same to all parameters of a challenge and of its answer.
func lowerDigestNames(v string) string {
	out := []byte(v)
	for i, quoted := 0, false; i < len(v); i++ {
		switch c := v[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case c == '=' && !quoted:
			for j := i - 1; j >= 0 && tokenChar(v[j]); j-- {
				out[j] = lower(v[j])
			}
		}
	}
	return string(out)
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c |= 0x20
	}
	return c
}

// squeeze drops blanks beside separators, and second blanks, outside quotes and angle brackets.
func squeeze(v, separators string) string {
	var b strings.Builder
	quoted, angled := false, false
	for i := 0; i < len(v); i++ {
		c := v[i]
		switch {
		case c == '\\' && quoted && i+1 < len(v):
			b.WriteByte(c)
			i++
			c = v[i]
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '<':
			angled = true
		case c == '>':
			angled = false
		case isBlank(c) && !angled && (beside(v, i, separators) || isBlank(v[i+1])):
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// beside tells whether the blank at i stands next to a separator; other blanks between them do not count.
func beside(v string, i int, separators string) bool {
	left, right := strings.TrimRight(v[:i], " \t"), strings.TrimLeft(v[i:], " \t")
	return left != "" && strings.IndexByte(separators, left[len(left)-1]) >= 0 ||
		right != "" && strings.IndexByte(separators, right[0]) >= 0
}
