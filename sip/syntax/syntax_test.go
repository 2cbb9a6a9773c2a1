package syntax

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

const invite = "INVITE sip:1@192.0.2.1 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.9:5060;branch=z9hG4bKa;rport\r\nFrom: \"Rossi\" <sip:rossi@192.0.2.9>;tag=f\r\n" +
	"To: <sip:1@192.0.2.1>\r\nCall-ID: one@192.0.2.9\r\nCSeq: 7 INVITE\r\nMax-Forwards: 70\r\nContent-Type: application/sdp\r\nContent-Length: 3\r\n\r\nv=0"

// changed is the INVITE with texts replaced, old and new by turns.
func changed(pairs ...string) []byte { return []byte(strings.NewReplacer(pairs...).Replace(invite)) }

func TestAMessageIsReadWhole(t *testing.T) {
	m, err := Read(changed("Max-Forwards", "Require: 100rel, nothing\r\nSupported: timer\r\nSession-Expires: 1800;refresher=uac\r\nAccept: text/plain;q=1, application/SDP\r\nMax-Forwards"))
	if err != nil || len(m.Faults) != 0 {
		t.Fatal(m.Faults, err)
	}
	if m.Method != "INVITE" || m.URI != "sip:1@192.0.2.1" || m.FromTag() != "f" || m.ToTag() != "" || m.Branch() != "z9hG4bKa" || m.CallID != "one@192.0.2.9" {
		t.Errorf("read as %+v", m)
	}
	if m.CSeq.Number != 7 || m.CSeq.Method != "INVITE" || m.MaxForwards != 70 || m.Body.Length != 3 || m.SessionExpires != 30*time.Minute || !m.Timer {
		t.Errorf("read as %+v", m)
	}
	if got := m.UnknownExtensions(); !slices.Equal(got, []string{"nothing"}) || !m.Requires("100REL") || !m.TakesSDP() {
		t.Errorf("unknown extensions %q, 100rel %v, SDP %v", got, m.Requires("100REL"), m.TakesSDP())
	}
	if sdp, err := m.Description(); err != nil || string(sdp) != "v=0" {
		t.Errorf("the description is %q, %v", sdp, err)
	}
}

func TestWhatIsWrongWithAMessageIsNamed(t *testing.T) {
	for want, data := range map[string][]byte{
		"Second Call-ID":        changed("CSeq", "i: two\r\nCSeq"),
		"Second Content-Length": changed("Content-Length", "l: 3\r\nContent-Length"),
		"Second Max-Forwards":   changed("Max-Forwards", "Max-Forwards: 7\r\nMax-Forwards"),
		"Max-Forwards":          changed("70", "256"),
		"Content-Length":        changed("Length: 3", "Length: -1"),
		"CSeq":                  changed("7 INVITE", "2147483648 INVITE"),
		"From":                  changed(";tag=f", ";tag=f;TAG=g"),
		"Via":                   changed(";branch=", ";branch=x;branch="),
		"Request-Line":          changed("INVITE sip", "INVITE  sip"),
		"Header Without Colon":  changed("CSeq", "nonsense\r\nCSeq"),
		"End Of Headers":        []byte(strings.TrimSuffix(invite, "\r\n\r\nv=0")),
		"Header Count":          changed("CSeq", strings.Repeat("X: y\r\n", maxHeaders)+"CSeq"),
		"Status":                []byte("SIP/2.0 99 None\r\n\r\n"),
	} {
		if m, err := Read(data); err != nil || !slices.Contains(m.Faults, want) {
			t.Errorf("%s: the faults are %q, %v", want, m.Faults, err)
		}
	}
	for _, junk := range []string{"", "HELLO", "GET / HTTP/1.1\r\n\r\n", "IN VITE sip:1 SIP/2.0\x00", "SIP/2.0 x\r\n\r\n"} {
		if _, err := Read([]byte(junk)); !errors.Is(err, ErrNotSIP) && !strings.HasPrefix(junk, "IN VITE") {
			t.Errorf("%q: %v", junk, err)
		}
	}
}

func TestNormalisingKeepsWhatAMessageSays(t *testing.T) {
	for name, data := range map[string][]byte{
		"folded":               changed(";tag=f", ";\r\n tag=f"),
		"blanks":               changed(";tag=f", " ;  tag = f", "SIP/2.0/UDP", "SIP / 2.0 / UDP"),
		"capitals":             changed(";tag=", ";TAG=", ";branch=", ";Branch=", ";rport", ";RPORT"),
		"capitals in quotes":   changed(`"Rossi"`, `"Rossi;TAG=x"`),
		"capitals in the user": changed("sip:rossi@", "sip:rossi;TAG=x@"),
	} {
		neat := Normalise(data)
		m, err := Read(neat)
		if err != nil || len(m.Faults) != 0 || m.FromTag() != "f" || m.Branch() != "z9hG4bKa" || len(neat) > len(data) {
			t.Errorf("%s: %+v, %v, %d octets of %d", name, m, err, len(neat), len(data))
		}
		if strings.Contains(name, " in ") && !bytes.Contains(neat, []byte(";TAG=x")) {
			t.Errorf("%s: what is no parameter was changed: %s", name, m.From)
		}
		if again := Normalise(neat); !bytes.Equal(again, neat) {
			t.Errorf("%s: normalised twice it is another message:\n%s\n%s", name, neat, again)
		}
	}
	if data := []byte(invite); &Normalise(data)[0] != &data[0] {
		t.Error("a message that needs nothing is copied")
	}
}

func TestAFromWithoutATagGetsAnEmptyOne(t *testing.T) {
	data := changed(";tag=f", "")
	m, err := Read(data)
	if err != nil {
		t.Fatal(err)
	}
	with, err := Read(WithFromTag(data, &m))
	if _, has := findParameter(with.From, "tag"); err != nil || !has || with.FromTag() != "" {
		t.Errorf("From is %q, %v", with.From, err)
	}
	if again := WithFromTag([]byte(invite), &with); string(again) != invite {
		t.Errorf("one with a tag is written anew: %s", again)
	}
}

func TestRequestURIsAndVias(t *testing.T) {
	for uri, bad := range map[string]bool{
		"sip:1@192.0.2.1": false, "sips:1@[2001:db8::1]:5061;lr": false, "tel:+39061": false, "sip:a@b.example:5060": false,
		"1@192.0.2.1": true, "sip:1@[::": true, "sip:1@host:port": true, "sip:1@a b": true, "sip:1@host?x=y": true, "": true, "9x:1": true,
	} {
		if BadURI(uri) != bad {
			t.Errorf("%q is bad: %v", uri, !bad)
		}
	}
	for via, bad := range map[string]bool{
		"SIP/2.0/UDP 192.0.2.9;branch=a": false, "SIP/2.0/UDP [2001:db8::9]:5060, SIP/2.0/UDP x": false,
		"SIP/2.0 192.0.2.9": true, "SIP/2.0/UDP": true, "SIP/2.0/UDP host;=x": true, "SIP/2.0/UDP host;": true,
	} {
		if BadVia(via) != bad {
			t.Errorf("%q is bad: %v", via, !bad)
		}
	}
}

func TestValuesOfHeaders(t *testing.T) {
	if got := FirstElement(`"a, b" <sip:x>, <sip:y>`); got != `"a, b" <sip:x>` {
		t.Errorf("the first element is %q", got)
	}
	for value, want := range map[string]string{"<sip:x;tag=no>;tag=yes": "yes", "x; Tag = a ;b": "a", `x;note=";tag=no";tag=a`: "a", "x": ""} {
		if got := Parameter(value, "tag"); got != want {
			t.Errorf("tag of %q is %q", value, got)
		}
	}
	for value, want := range map[string]time.Duration{"90": 90 * time.Second, " 90 ;refresher=uas": 90 * time.Second, "-1": 0, "x": 0, "4294967296": 0} {
		if got := Seconds(value); got != want {
			t.Errorf("%q is %s", value, got)
		}
	}
	for value, want := range map[string]struct {
		host string
		port uint16
		bad  bool
	}{
		"host": {"host", 0, false}, "host:5060": {"host", 5060, false}, "[::1]:7": {"::1", 7, false}, "[::1]": {"::1", 0, false}, "[::1": {"", 0, true}, "h:x": {"h", 0, true},
	} {
		if host, port, err := SplitHostPort(value); host != want.host || port != want.port || (err != nil) != want.bad {
			t.Errorf("%q is %q and %d, %v", value, host, port, err)
		}
	}
	for user, want := range map[string]bool{"+39061234567": true, "417": true, "1": false, "rossi": false, "+39 06": false, strings.Repeat("1", 21): false} {
		if IsNumber(user) != want {
			t.Errorf("%q is a number: %v", user, !want)
		}
	}
	for text, want := range map[string]bool{"a\tb": false, "a\x00b": true, `"a\` + "\x01" + `b"`: false, `"a` + "\x01" + `b"`: true, "\"a\\\rb\"": true} {
		if HasBareControl(text) != want {
			t.Errorf("%q has a bare control character: %v", text, !want)
		}
	}
}

// FuzzNormalise: nothing grows, nothing panics, and a message that could be read says the same afterwards.
func FuzzNormalise(f *testing.F) {
	f.Add([]byte(invite))
	f.Add(changed(";tag=f", " ;  TAG = f"))
	f.Add([]byte("A 0 SIP/\r\n 00000000000000\r\n\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		neat := Normalise(data)
		if len(neat) > len(data) {
			t.Fatalf("%d octets grew to %d", len(data), len(neat))
		}
		before, err := Read(data)
		if err != nil || len(before.Faults) != 0 {
			return
		}
		after, err := Read(neat)
		if err != nil || after.Method != before.Method || after.CallID != before.CallID || after.FromTag() != before.FromTag() || after.CSeq.Number != before.CSeq.Number || after.CSeq.Method != before.CSeq.Method {
			t.Fatalf("%q says\n%+v, and %q\n%+v, %v", data, before, neat, after, err)
		}
	})
}
