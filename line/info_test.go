package line

import (
	"strings"
	"testing"
)

func TestKeysByInfo(t *testing.T) {
	for _, c := range []struct{ kind, body, key string }{
		{"application/dtmf-relay", "Signal=5\r\nDuration=160\r\n", "5"},
		{"application/dtmf-relay", "Signal= #\nDuration= 160", "#"},
		{"application/dtmf-relay", "duration=160\r\nsignal=11", "#"},
		{"application/dtmf-relay", "Signal=d", "D"},
		{"application/dtmf", "7", "7"},
		{"application/dtmf", "10\r\n", "*"},
		{"application/dtmf-relay", "5", ""},
		{"application/dtmf-relay", "Signal=55", ""},
		{"application/dtmf-relay", "Signal=", ""},
		{"application/dtmf", "hook", ""},
		{"application/dtmf", strings.Repeat("5\n", 600), ""},
	} {
		got := ""
		if k, ok := keyOf(c.kind, []byte(c.body)); ok {
			got = k.String()
		}
		if got != c.key {
			t.Errorf("%s %q: %q, want %q", c.kind, c.body, got, c.key)
		}
	}
}

func FuzzInfo(f *testing.F) {
	f.Add("application/dtmf-relay", []byte("Signal=5\r\nDuration=160\r\n"))
	f.Add("application/dtmf", []byte("#"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		if k, ok := keyOf(kind, body); ok && !strings.Contains("0123456789*#ABCD", k.String()) {
			t.Fatalf("%q is a key", k.String())
		}
	})
}
