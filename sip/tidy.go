package sip

import (
	"bytes"
	"strings"
)

// tidy takes the folds and the blanks round separators out of the headers that a
// call hangs on (RFC 3261 7.3.1 and 25.1 allow them, sipgo's parser loses tags and
// branches over them). A message without any is returned as it is; the result is
// never longer.
func tidy(data []byte) []byte {
	end := headersEnd(data)
	if end < 0 || !untidy(data[:end]) {
		return data
	}
	return rewrite(data, end, func(name, value string) string {
		switch name {
		case "via", "v":
			return squeeze(value, ";=,/:")
		case "from", "f", "to", "t", "contact", "m":
			return squeeze(value, ";=")
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
	return false
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
