package sip

import (
	"bytes"
	"strings"
)

// tidy takes the folds and the blanks round separators out of the headers that a
// call hangs on (RFC 3261 7.3.1 and 25.1 allow them, sipgo's parser loses tags and
// branches over them), and writes the names of the parameters that are read here in
// small letters, which say the same (RFC 3261 7.3.1, 19.1.4; RFC 7616 3.3). A message that needs
// none of it is returned as it is; the result is never longer.
func tidy(data []byte) []byte {
	end := headersEnd(data)
	if end < 0 || !untidy(data[:end]) {
		return data
	}
	return rewrite(data, end, func(name, value string) string {
		switch name {
		case "via", "v":
			return smallNames(squeeze(value, ";=,/:"))
		case "from", "f", "to", "t", "contact", "m", "route", "record-route":
			return smallNames(squeeze(value, ";="))
		case "www-authenticate", "proxy-authenticate", "authorization", "proxy-authorization":
			return smallDigestNames(value)
		case "cseq":
			return strings.Join(strings.Fields(value), " ")
		}
		return value
	})
}

// rewrite unfolds the headers and gives them new values; names are in lower case.
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

// withTag gives a request without a From tag an empty one: RFC 3261 12.1.1 serves
// such callers, sipgo's transactions of RFC 2543 insist on a tag. What is written
// back to them is without it again. A message with a tag is returned as it is.
func withTag(data []byte, e *envelope) []byte {
	if _, has := findParameter(e.from, "tag"); has || !e.request {
		return data
	}
	return rewrite(data, headersEnd(data), func(name, value string) string {
		if name == "from" || name == "f" {
			return value + ";tag="
		}
		return value
	})
}

func untidy(head []byte) bool {
	for _, s := range []string{"\r\n ", "\r\n\t", "; ", " ;", " =", "= ", ";\t", "\t;", "\t=", "=\t", " /", "/ ", "  "} {
		if bytes.Contains(head, []byte(s)) {
			return true
		}
	}
	return bytes.Contains(head, []byte("igest ")) || bytes.Contains(head, []byte("IGEST ")) || capitalNames(head)
}

// capitalNames tells whether there may be a parameter that is read here and whose name has a capital.
func capitalNames(head []byte) bool {
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
		if capital && readName(head[:n]) != "" {
			return true
		}
	}
}

// readName is the name of a parameter that is read here, by us or by sipgo; empty for another one, which goes back as it
// came.
func readName(word []byte) string {
	for _, name := range [...]string{"tag", "branch", "rport", "received", "maddr", "ttl", "lr", "transport", "expires"} {
		if len(word) == len(name) && strings.EqualFold(string(word), name) {
			return name
		}
	}
	return ""
}

// smallNames writes the names of parameters that are read here in small letters. What is quoted and the user part of a URI, which may hold
// semicolons of its own, stay as they are.
func smallNames(v string) string {
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
			copy(word, readName(word))
			i += len(word)
		}
	}
	return string(out)
}

// smallDigestNames does the same to the parameters of a challenge and of its answer.
func smallDigestNames(v string) string {
	out := []byte(v)
	for i, quoted := 0, false; i < len(v); i++ {
		switch c := v[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case c == '=' && !quoted:
			for j := i - 1; j >= 0 && tokenChar(v[j]); j-- {
				out[j] = small(v[j])
			}
		}
	}
	return string(out)
}

func small(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c |= 0x20
	}
	return c
}

// squeeze drops blanks beside separators and second blanks, outside quotes and
// angle brackets.
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

// beside tells whether the blank at i stands next to a separator, other blanks
// aside.
func beside(v string, i int, separators string) bool {
	left, right := strings.TrimRight(v[:i], " \t"), strings.TrimLeft(v[i:], " \t")
	return left != "" && strings.IndexByte(separators, left[len(left)-1]) >= 0 ||
		right != "" && strings.IndexByte(separators, right[0]) >= 0
}
