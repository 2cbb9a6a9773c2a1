package syslog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestMessagesOfBothFormsAreRead(t *testing.T) {
	p := newParser()
	for line, want := range map[string]Message{
		`<34>1 2026-11-29T12:00:00.003Z pbx.example.org asterisk 711 TRUNK [origin@32473 ip="192.0.2.7" site="rome"] the trunk is down`: {
			4, 2, "pbx.example.org", "asterisk", "711", "TRUNK", "the trunk is down", `[origin@32473 ip="192.0.2.7" site="rome"]`,
		},
		"<165>1 - - - - - - \ufefftext":                              {20, 5, "", "", "", "", "text", ""},
		"<34>Nov 29 12:00:00 pbx asterisk[711]: the trunk is down\n": {4, 2, "pbx", "asterisk", "711", "", "the trunk is down", ""},
		"<13>2026-11-29T12:00:00+01:00 pbx cron: a job":              {1, 5, "pbx", "cron", "", "", "a job", ""},
		"<0>panic": {0, 0, "", "", "", "", "panic", ""},
		"<189>237: *Nov 29 12:00:00.295: %LINK-3-UPDOWN: Interface Gi0/3 is down": {23, 5, "", "LINK-3-UPDOWN", "", "", "237: *Nov 29 12:00:00.295: %LINK-3-UPDOWN: Interface Gi0/3 is down", ""},
		"<34>1 2026-11-29T12:00:00Z pbx asterisk - - - ":                          {4, 2, "pbx", "asterisk", "", "", "", ""},
	} {
		got, err := p.parse([]byte(line))
		if err != nil || got != want {
			t.Errorf("%q:\n got %+v %v\nwant %+v", line, got, err, want)
		}
	}
	for _, line := range []string{"", "<", "<>", "<192>x", "<-1>x", "hello", "<1234>x"} {
		if m, err := p.parse([]byte(line)); !errors.Is(err, errPriority) {
			t.Errorf("%q: %+v %v", line, m, err)
		}
	}
}

// rules of tests: those of the example configuration.
func rulesOf(t testing.TB, list ...Rule) *Rules {
	t.Helper()
	r, err := NewRules(list)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRulesSayWhatBecomesAnAlert(t *testing.T) {
	r := rulesOf(t,
		Rule{Apps: []string{"SSHD"}, Ignore: true},
		Rule{AtLeast: "err", Facilities: []string{"daemon"}, Hosts: []string{"pbx"}, Text: `Endpoint (\S+) is now (Un)?reachable`, Problem: "endpoint {1}", Title: "telephone {1} cannot be reached{7}", Severity: "warning"},
		Rule{Apps: []string{"asterisk"}, Text: `Endpoint (\S+) is back`, Problem: "endpoint {1}", Over: true},
	)
	p := newParser()
	for line, want := range map[string]string{
		"<34>Nov 29 12:00:00 pbx sshd[1]: broken":                              "",
		"<27>Nov 29 12:00:00 pbx asterisk: Endpoint 31 is now Unreachable":     "open warning pbx/endpoint 31: pbx: telephone 31 cannot be reached",
		"<27>Nov 29 12:00:00 pbx asterisk: Endpoint 31 is now reachable":       "open warning pbx/endpoint 31: pbx: telephone 31 cannot be reached",
		"<30>Nov 29 12:00:00 pbx asterisk: Endpoint 31 is now reachable":       "",
		"<27>Nov 29 12:00:00 other asterisk: Endpoint 31 is now reachable":     "",
		"<30>Nov 29 12:00:00 pbx asterisk: Endpoint 31 is back":                "close info pbx/endpoint 31: pbx: asterisk: Endpoint 31 is back",
		"<2>Nov 29 12:00:00 pbx kernel: disk sda, sector 4711: error 0x1f":     "open crit pbx/kernel/disk sda, sector #: error #: pbx: kernel: disk sda, sector 4711: error 0x1f",
		"<3>Nov 29 12:00:00 pbx kernel: disk sda":                              "",
		"<0>1 2026-11-29T12:00:00Z pbx asterisk 7 TRUNK - the trunk 7 is down": "open emerg pbx/asterisk/TRUNK: pbx: asterisk: the trunk 7 is down",
		"<0>fire": "open emerg 192.0.2.7/fire: 192.0.2.7: fire",
	} {
		m, err := p.parse([]byte(line))
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if a, is := r.Alert(m, "192.0.2.7"); is {
			what := "open"
			if a.Resolved {
				what = "close"
			}
			got = fmt.Sprintf("%s %s %s: %s", what, a.Severity, a.Fingerprint, a.Title)
		}
		if got != want {
			t.Errorf("%q:\n got %s\nwant %s", line, got, want)
		}
	}
}

// The same trouble is one problem, whatever its numbers are.
func TestNumbersDoNotTellProblemsApart(t *testing.T) {
	for _, x := range [][2]string{{"sector 4711 of disk sda", "sector 12 of disk sda"}, {"id 0xdeadbeef01 failed", "id 0x7 failed"}, {"at 12:00:03 lost", "at 07:12:44 lost"}, {"[2026-11-29T12:00:00.1+01:00] lost", "[2026-12-01T07:00:00Z] lost"}, {"17 jobs wait, pid=4", "3 jobs wait, pid=88"}} {
		if numberless(x[0]) != numberless(x[1]) {
			t.Errorf("%q is %q, and %q is %q", x[0], numberless(x[0]), x[1], numberless(x[1]))
		}
	}
	for _, x := range [][2]string{{"disk sda1 failed", "disk sda2 failed"}, {"eth0 is down", "eth1 is down"}, {"Gi0/3 is down", "Gi0/4 is down"}, {"disk-3 failed", "disk-4 failed"}} {
		if numberless(x[0]) == numberless(x[1]) {
			t.Errorf("%q and %q are both %q", x[0], x[1], numberless(x[0]))
		}
	}
}

func TestRulesThatCannotBeMeantAreRefused(t *testing.T) {
	for want, r := range map[string]Rule{"rules[0].at_least": {AtLeast: "bad"}, "rules[0].text": {Text: "("}} {
		if _, err := NewRules([]Rule{r}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

func TestAStreamIsCutIntoMessages(t *testing.T) {
	long := strings.Repeat("x", messageMost+10)
	for stream, want := range map[string]string{
		"<1>a\n<2>b\r\n\n<3>c":                           "<1>a|<2>b|<3>c",
		"4 <1>a5 <2>bb<3>c\n4 <4>d":                      "<1>a|<2>bb|<3>c|<4>d",
		"6 <1>a\nb<2>c\n":                                "<1>a\nb|<2>c",
		"<1>" + long + "\n<2>b\n":                        "(" + ("<1>" + long)[:messageMost] + ")|<2>b",
		fmt.Sprintf("%d <1>%s<2>b\n", len(long)+3, long): "(" + ("<1>" + long)[:messageMost] + ")|<2>b",
		"":           "",
		"9 <1>a":     "unexpected EOF",
		"12":         "unexpected EOF",
		"12345678 <": "the length before a message cannot be right: it has a '8'",
		"1x":         "the length before a message cannot be right: it has a 'x'",
	} {
		f := newFrames(strings.NewReader(stream))
		var list []string
		for {
			one, err := f.next()
			if err == io.EOF {
				break
			}
			if err != nil {
				list = append(list, err.Error())
				break
			}
			text := strings.TrimRight(string(one.text), "\r\n")
			if one.shortened {
				text = "(" + text + ")"
			}
			list = append(list, text)
		}
		if got := strings.Join(list, "|"); got != want {
			t.Errorf("%.60q: got %.100q, want %.100q", stream, got, want)
		}
	}
}

func TestMessagesAreReadOutOfAFile(t *testing.T) {
	b, err := rulesOf(t).Read([]byte("<34>Nov 29 12:00:00 pbx asterisk[711]: the trunk is down\n<38>Nov 29 12:00:00 pbx sshd[1]: a login\n"))
	if err != nil || len(b.Alerts) != 2 || b.Alerts[0].Skip != "" || !strings.Contains(b.Alerts[1].Skip, "info") || b.Alerts[1].Title != "sshd: a login" {
		t.Errorf("%+v %v", b, err)
	}
	for want, text := range map[string]string{"is empty": "\n", "message 2: it does not begin": "<1>a\nhello\n", "message 1: unexpected EOF": "100 <1>a"} {
		if _, err := rulesOf(t).Read([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

var seeds = []string{
	`<34>1 2026-11-29T12:00:00.003Z pbx asterisk 711 TRUNK [origin@32473 ip="192.0.2.7"] the trunk is down`, "<34>Nov 29 12:00:00 pbx asterisk[711]: the trunk is down",
	"<189>237: *Nov 29 12:00:00.295: %LINK-3-UPDOWN: Interface Gi0/3 is down", "<0>fire", "45 <34>Nov 29 12:00:00 pbx asterisk[711]: a failure",
}

// judged reads whatever comes: an alert within its bounds, or words.
func judged(t testing.TB, r *Rules, text []byte) {
	t.Helper()
	b, err := r.Read(text)
	if err != nil && err.Error() == "" {
		t.Errorf("%q is refused without a word", text)
	}
	for _, a := range b.Alerts {
		if kept := a.Bounded(); kept.Skip == "" && (kept.Fingerprint == "" || kept.Severity == "") || strings.ContainsAny(kept.Title, "\n\x00") {
			t.Errorf("%q: %+v", text, kept)
		}
	}
}

func TestAThousandMutatedMessagesDoNoHarm(t *testing.T) {
	r, dice := rulesOf(t, Rule{Text: `(\d+)`, Problem: "{1}", Title: "{1}{2}"}), rand.New(rand.NewPCG(3, 5))
	for i := range 1000 {
		m := []byte(seeds[i%len(seeds)])
		for range 1 + dice.IntN(5) {
			at := dice.IntN(len(m))
			if dice.IntN(2) == 0 {
				m[at] = byte(dice.Uint32())
			} else {
				m = append(m[:at], append(bytes.Repeat([]byte{byte(dice.Uint32())}, dice.IntN(30)), m[at:]...)...)
			}
		}
		judged(t, r, m)
	}
}

func FuzzMessages(f *testing.F) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	r := rulesOf(f, Rule{Text: `(\d+)`, Problem: "{1}", Title: "{1}{2}"})
	f.Fuzz(func(t *testing.T, text []byte) { judged(t, r, text) })
}
