package sip

import (
	"bytes"
	"strings"
)

// tidy takes the blanks round ; and = and the folds out of Via, From and To
// (RFC 3261 7.3.1 allows them, sipgo's parser loses tags and branches over them).
// A message without any is returned as it is; the result is never longer.
func tidy(data []byte) []byte {
	end := headersEnd(data)
	if end < 0 || !untidy(data[:end]) {
		return data
	}
	lines := unfold(string(data[:end-4]))
	for i, l := range lines[1:] {
		name, value, ok := strings.Cut(l, ":")
		if !ok {
			continue
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "via", "v", "from", "f", "to", "t":
			lines[i+1] = strings.TrimSpace(name) + ":" + squeeze(strings.TrimSpace(value))
		}
	}
	out := strings.Join(lines, "\r\n") + "\r\n\r\n"
	return append([]byte(out), data[end:]...)
}

func untidy(head []byte) bool {
	for _, s := range []string{"\r\n ", "\r\n\t", "; ", " ;", " =", "= ", ";\t", "\t;", "\t=", "=\t"} {
		if bytes.Contains(head, []byte(s)) {
			return true
		}
	}
	return false
}

// squeeze drops blanks beside ; and = outside quotes and angle brackets.
func squeeze(v string) string {
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
		case (c == ' ' || c == '\t') && !angled && beside(v, i):
			continue
		}
		b.WriteByte(c)
	}
	return b.String()
}

// beside tells whether the blank at i stands next to ; or =, other blanks aside.
func beside(v string, i int) bool {
	left, right := strings.TrimRight(v[:i], " \t"), strings.TrimLeft(v[i:], " \t")
	return left != "" && strings.IndexByte(";=", left[len(left)-1]) >= 0 ||
		right != "" && strings.IndexByte(";=", right[0]) >= 0
}
