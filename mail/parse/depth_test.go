package parse_test

import (
	"fmt"
	"strings"
	"testing"

	"hotline/mail/parse"
)

// nested is a mail whose parts stand so deep inside of each other, each behind some lines of its own.
func nested(depth int, lines func(name string) string) string {
	raw := "From: a@b.example\r\n"
	for i := range depth {
		name := fmt.Sprint("b", i)
		raw += "Content-Type: multipart/mixed; boundary=" + name + "\r\n\r\n" + lines(name) + "--" + name + "\r\n"
	}
	return raw + "\r\n" + strings.Repeat("xxxx\r\n", 1<<16)
}

// TestPartsInsideOfEachOtherAreBounded: each level doubles the work of reading, so that without a bound one mail of a stranger is read for
// ever, and again after each start. Many parts beside each other are read.
func TestPartsInsideOfEachOtherAreBounded(t *testing.T) {
	for name, lines := range map[string]func(string) string{
		"at once":               func(string) string { return "" },
		"ended before it began": func(b string) string { return "--" + b + "--\r\n" },
		"begun again":           func(b string) string { return "--" + b + "\r\n\r\nx\r\n--" + b + "--\r\n" },
	} {
		if _, unread := parse.Read("", nil, []byte(nested(99, lines))); unread == "" {
			t.Errorf("%s: 99 parts inside of each other are read", name)
		}
	}
	for _, how := range []string{"=?utf-8?q?boundary?==", "boundary\r\n =", "=?utf-8?q?bound?= =?utf-8?q?ary=3D?="} {
		raw := strings.ReplaceAll(nested(40, func(string) string { return "" }), "boundary=", how)
		if _, unread := parse.Read("", nil, []byte(raw)); unread == "" {
			t.Errorf("40 parts inside of each other are read, behind %q", how)
		}
	}
	var beside strings.Builder
	beside.WriteString("From: a@b.example\r\nContent-Type: multipart/mixed; boundary=all\r\n\r\n")
	for i := range 30 {
		fmt.Fprintf(&beside, "--all\r\nContent-Type: multipart/alternative; boundary=\"one %d\"\r\n\r\n--one %[1]d\r\nContent-Type: text/plain\r\n\r\nword%[1]d\r\n--one %[1]d--\r\n", i)
	}
	beside.WriteString("--all--\r\n")
	if l, unread := parse.Read("", nil, []byte(beside.String())); unread != "" || !strings.Contains(l.Text, "word0") {
		t.Errorf("parts beside each other: %q, %q", l.Text, unread)
	}
}
