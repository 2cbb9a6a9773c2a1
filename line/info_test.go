package line

import (
	"strings"
	"testing"

	"hotline/media"
	"hotline/media/dtmf"
)

func TestKeysByInfo(t *testing.T) {
	const relay, plain, events, nortel = "application/dtmf-relay", "application/dtmf", "audio/telephone-event", "application/vnd.nortelnetworks.digits"
	for _, c := range []struct {
		name, kind string
		bodies     []string
		keys       string // all bodies are understood when there are any
	}{
		{"Cisco, Asterisk, linphone", relay, []string{"Signal=5\r\nDuration=160\r\n"}, "5"},
		{"blanks", relay, []string{"Signal= #\nDuration= 160"}, "#"},
		{"an event code, behind the duration", relay, []string{"duration=160\r\nsignal=11"}, "#"},
		{"a small letter", relay, []string{"Signal=d"}, "D"},
		{"in quotation marks", relay, []string{"Signal=\"5\"\r\nDuration=\"160\"\r\n"}, "5"},
		{"in quotation marks, by code", relay, []string{"Signal=\"10\""}, "*"},
		{"a colon", relay, []string{"Signal: 5\r\nDuration: 100\r\n"}, "5"},
		{"the key alone in a relay's body", relay, []string{"5"}, "5"},
		{"the key alone", plain, []string{"7"}, "7"},
		{"by code", plain, []string{"10\r\n"}, "*"},
		{"a letter by code", plain, []string{"15"}, "D"},
		{"a relay's body in the short type", plain, []string{"Signal=#\r\nDuration=250\r\n"}, "#"},
		{"Nortel", nortel, []string{"p=Digit-Collection\r\ny=Digits\r\ns=success\r\nd=4\r\n"}, "4"},
		{"text as an event", events, []string{"5"}, "5"},
		{"text by code as an event", events, []string{"11\r\n"}, "#"},
		{"a relay's body as an event", events, []string{"Signal=5\r\nDuration=160"}, "5"},
		{"events, one a press", events, []string{"\x05\x8a\x03\x20", "\x05\x8a\x03\x20", "\x0b\x8a\x03\x20"}, "55#"},
		{"events, one a press without an end", events, []string{"\x05\x0a\x03\x20", "\x05\x0a\x03\x20"}, "55"},
		{"events with begin and end", events, []string{"\x05\x0a\x00\x00", "\x05\x8a\x03\x20", "\x05\x0a\x00\x00", "\x05\x8a\x03\x20"}, "55"},
		{"events with updates", events, []string{"\x05\x0a\x00\xa0", "\x05\x0a\x01\x40", "\x05\x8a\x03\x20", "\x0a\x0a\x00\xa0", "\x0a\x8a\x01\x90"}, "5*"},
		{"two digits", relay, []string{"Signal=55"}, ""},
		{"no digit", relay, []string{"Signal="}, ""},
		{"a code that is no key's", plain, []string{"16"}, ""},
		{"the hook", plain, []string{"hook"}, ""},
		{"an event that is no key", events, []string{"\x10\x8a\x03\x20"}, ""},
		{"half an event", events, []string{"\x05\x8a"}, ""},
		{"endless", plain, []string{strings.Repeat("5\n", 600)}, ""},
		{"another type", "text/plain", []string{"5"}, ""},
		{"no type", "", []string{"Signal=5"}, ""},
	} {
		got, i := "", infoKeys{down: dtmf.Event{Code: noEvent}}
		i.press = func(k media.Key) { got += k.String() }
		for _, b := range c.bodies {
			if i.body(c.kind, []byte(b)) != (c.keys != "") {
				t.Errorf("%s: %q was taken for what it is not", c.name, b)
			}
		}
		if got != c.keys {
			t.Errorf("%s: heard %q, want %q", c.name, got, c.keys)
		}
	}
}

func FuzzInfo(f *testing.F) {
	f.Add("application/dtmf-relay", []byte("Signal=5\r\nDuration=160\r\n"))
	f.Add("application/dtmf", []byte("#"))
	f.Add("audio/telephone-event", []byte{5, 0x8a, 3, 0x20})
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		i := infoKeys{down: dtmf.Event{Code: noEvent}}
		pressed := false
		i.press = func(k media.Key) {
			if pressed = true; !strings.Contains("0123456789*#ABCD", k.String()) {
				t.Fatalf("%q is a key", k.String())
			}
		}
		if i.body(kind, body) != pressed {
			t.Fatal("understood, and no key")
		}
	})
}
