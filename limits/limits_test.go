package limits

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestTextsAreBoundedAndPlain(t *testing.T) {
	for _, c := range []struct {
		in   string
		most int
		line string
		text string
	}{
		{"", 5, "", ""}, {"Rossi", 5, "Rossi", "Rossi"}, {"Rossi S.p.A.", 5, "Ross…", "Ross…"}, {"perché", 6, "perché", "perché"}, {"👩‍🚒👩‍🚒", 2, "👩…", "👩…"},
		{"a\x00b", 5, "ab", "ab"}, {"a\xffb", 5, "a\uFFFDb", "a\uFFFDb"}, {"\xff\xfe\xfd", 2, "\uFFFD…", "\uFFFD…"}, {"a\uFFFDb", 3, "a\uFFFDb", "a\uFFFDb"},
		{"a\r\nb\tc", 9, "a  b c", "a\r\nb\tc"}, {"\x1b[31mred", 9, " [31mred", "\x1b[31mred"}, {"\x00\x00\x00a", 1, "a", "a"},
	} {
		if got := OneLine(c.in, c.most); got != c.line {
			t.Errorf("%q on one line is %q, want %q", c.in, got, c.line)
		}
		if got := Plain(c.in, c.most); got != c.text {
			t.Errorf("%q is kept as %q, want %q", c.in, got, c.text)
		}
	}
}

type inner struct {
	Text  string
	Facts map[string]string
}

type outer struct {
	Within       []outer
	Caller, Name string
	Lines        []inner
	At           time.Time
	Hash         [32]byte
	shared       string
	Behind       *inner
}

func TestEveryTextOfAValueIsBoundedByItsField(t *testing.T) {
	long := strings.Repeat("à", 50_000)
	behind := &inner{Text: long}
	v := outer{Within: []outer{{Name: long}}, Caller: long, Name: long + "\n", Lines: []inner{{long, map[string]string{long: long, "a": "b\x00"}}}, shared: long, Behind: behind}
	bounds := For[outer]()
	bounds.Apply(&v)
	for what, got := range map[string]struct {
		text string
		most int
	}{"caller": {v.Caller, Number}, "name": {v.Name, Line}, "name within": {v.Within[0].Name, Line}, "text": {v.Lines[0].Text, Text}} {
		if n := utf8.RuneCountInString(got.text); n != got.most {
			t.Errorf("%s has %d characters, want %d", what, n, got.most)
		}
	}
	facts := v.Lines[0].Facts
	if len(facts) != 2 || facts["a"] != "b" {
		t.Errorf("%d facts, a is %q", len(facts), facts["a"])
	}
	for name, value := range facts {
		if utf8.RuneCountInString(name) > Line || utf8.RuneCountInString(value) > Fact {
			t.Errorf("a fact has %d and %d octets", len(name), len(value))
		}
	}
	if v.shared != long || behind.Text != long {
		t.Error("what is shared was written to")
	}
}

func BenchmarkBounds(b *testing.B) {
	bounds := For[outer]()
	v := outer{Caller: "+39065551239", Name: "Rossi S.p.A.", Lines: []inner{{"the caller says blocking", map[string]string{"contract": "rossi-24"}}}, At: time.Now()}
	b.ReportAllocs()
	for b.Loop() {
		bounds.Apply(&v)
	}
}

func FuzzPlain(f *testing.F) {
	f.Add("Rossi", 5)
	f.Add("\xff\x00\r\n\u202e", 2)
	f.Fuzz(func(t *testing.T, s string, most int) {
		most = 1 + (most&0x7fff)%300
		for _, got := range []string{Plain(s, most), OneLine(s, most)} {
			if !utf8.ValidString(got) || strings.ContainsRune(got, 0) || utf8.RuneCountInString(got) > most {
				t.Errorf("%q becomes %q, longer than %d or no text", s, got, most)
			}
			if Plain(got, most) != got {
				t.Errorf("%q is cut again", got)
			}
		}
	})
}
