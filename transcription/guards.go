package transcription

import (
	"slices"
	"strings"
	"time"
	"unicode"
)

// Span is a stretch of a recording in which somebody speaks.
type Span struct{ From, To time.Duration }

// The measures of the guards.
const (
	leastVoice   = 0.3  // of a segment's time, as a share
	fastest      = 7.0  // words a second: nobody speaks so fast
	mostRepeats  = 3    // of the same words one after the other
	longestLoop  = 8    // words that are looked for again
	pinDigits    = 6    // the shortest PIN
	mostDictated = 16   // digits in a row: a telephone number or an IBAN's part is shorter
	unsure       = 0.5  // confidence below which a segment is marked
	unbelievable = 0.15 // confidence below which it is left out
)

// masked stands for digits that may be a PIN.
const masked = "[…]"

// Guarded gives what is left of a recogniser's segments. voice is where somebody speaks in the recording.
func Guarded(segments []Segment, voice []Span) (kept []Segment, left []Guard) {
	note := func(g Guard) {
		if !slices.Contains(left, g) {
			left = append(left, g)
		}
	}
	var before []string // the segments' words, for one that comes again and again
	for _, s := range segments {
		s.Text = plain(s.Text)
		if s.Text == "" {
			continue
		}
		if !spoken(s, voice) {
			note(NoVoice)
			continue
		}
		if s.Confidence > 0 && s.Confidence < unbelievable {
			note(Unsure)
			continue
		}
		words := strings.ToLower(s.Text)
		if n := len(before); n >= mostRepeats-1 && !digitsAlone(words) && !slices.ContainsFunc(before[n-mostRepeats+1:], func(w string) bool { return w != words }) {
			note(Repeated)
			continue
		}
		before = append(before, words)
		var acted bool
		if s.Text, acted = withoutLoops(s.Text); acted {
			note(Repeated)
		}
		s.Doubtful = s.Confidence > 0 && s.Confidence < unsure
		kept = append(kept, s)
	}
	kept, acted := withoutDigits(kept)
	if acted {
		note(Digits)
	}
	return kept, left
}

// plain is a text on one line, without what no letter is.
func plain(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, " "))
	return strings.Join(strings.Fields(text), " ")
}

// spoken tells whether somebody speaks in the time of a segment, and for long enough to say all of it.
func spoken(s Segment, voice []Span) bool {
	from, to := s.From, s.To
	if to <= from { // no times: anywhere in the recording
		from, to = 0, time.Duration(1<<62)
	}
	var heard time.Duration
	for _, v := range voice {
		heard += max(0, min(to, v.To)-max(from, v.From))
	}
	if s.To > s.From && heard < time.Duration(leastVoice*float64(s.To-s.From)) {
		return false
	}
	return float64(len(strings.Fields(s.Text))) <= 1+fastest*heard.Seconds()
}

// withoutLoops shortens words that come again and again to the first time: a recogniser in a loop.
func withoutLoops(text string) (string, bool) {
	words, acted := strings.Fields(text), false
	for n := 1; n <= longestLoop; n++ {
		for i := 0; i+n <= len(words); i++ {
			times := 1
			for same(words, i, i+times*n, n) {
				times++
			}
			if times > mostRepeats {
				words, acted = slices.Delete(words, i+n, i+times*n), true
			}
		}
	}
	return strings.Join(words, " "), acted
}

func same(words []string, a, b, n int) bool {
	if b+n > len(words) {
		return false
	}
	digits := 0
	for i := range n {
		if bare(words[a+i]) != bare(words[b+i]) || allDigits(bare(words[a+i])) {
			return false
		}
		if digitsOf(words[a+i]) > 0 {
			digits++
		}
	}
	return digits < n // digits may come often, in words too; they have a guard of their own, which needs all of them
}

func bare(word string) string {
	return strings.ToLower(strings.TrimFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }))
}

func allDigits(word string) bool {
	return word != "" && !strings.ContainsFunc(word, func(r rune) bool { return !unicode.IsDigit(r) })
}

// digitsAlone tells whether a text is nothing but digits, in figures or in words.
func digitsAlone(text string) bool {
	return !slices.ContainsFunc(strings.Fields(text), func(word string) bool { return digitsOf(word) == 0 })
}

// withoutDigits masks every run of digits that is as long as a PIN, in figures or in words, also where it goes on in the next segment:
// whoever dictates pauses. It leaves out a run so long that nobody has dictated it, and segments of which nothing is left.
func withoutDigits(segments []Segment) (kept []Segment, acted bool) {
	type word struct {
		text string
		of   int // the segment
	}
	var words []word
	for i, s := range segments {
		for _, w := range strings.Fields(s.Text) {
			words = append(words, word{w, i})
		}
	}
	texts := make([][]string, len(segments))
	for i := 0; i < len(words); {
		end, digits := i, 0
		for n := i; n < len(words) && (digitsOf(words[n].text) > 0 || bare(words[n].text) == ""); n++ { // a dash alone parts no PIN
			if more := digitsOf(words[n].text); more > 0 {
				digits, end = digits+more, n+1
			}
		}
		run := words[i:max(end, i+1)]
		for n, w := range run {
			switch {
			case digits < pinDigits:
				texts[w.of] = append(texts[w.of], w.text)
			case digits <= mostDictated && (n == 0 || run[n-1].of != w.of):
				texts[w.of] = append(texts[w.of], masked)
			}
		}
		acted = acted || digits >= pinDigits
		i += len(run)
	}
	for i, s := range segments {
		if s.Text = strings.Join(texts[i], " "); s.Text != "" {
			kept = append(kept, s)
		}
	}
	return kept, acted
}

// digitsOf is how many digits a word is: "4217" and "42-17" four, "quattro" one, "quattro-due" two, "pompa" none.
func digitsOf(word string) (n int) {
	parts := strings.FieldsFunc(word, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	for _, p := range parts {
		switch {
		case spokenDigits[strings.ToLower(p)]:
			n++
		case allDigits(p):
			n += len([]rune(p))
		default:
			return lettersAmong(word)
		}
	}
	return n
}

// lettersAmong is the digits of a word that has letters: a PIN may be glued to a word, where a recogniser leaves the space out.
func lettersAmong(word string) int {
	longest, run := 0, 0
	for _, r := range word {
		if run++; !unicode.IsDigit(r) {
			run = 0
		}
		longest = max(longest, run)
	}
	if longest < pinDigits {
		return 0
	}
	return longest
}

// spokenDigits are the digits in words, in the languages that the line speaks.
var spokenDigits = map[string]bool{
	"zero": true, "uno": true, "due": true, "tre": true, "quattro": true, "cinque": true, "sei": true, "sette": true, "otto": true, "nove": true,
	"oh": true, "one": true, "two": true, "three": true, "four": true, "five": true, "six": true, "seven": true, "eight": true, "nine": true,
	"null": true, "eins": true, "zwei": true, "zwo": true, "drei": true, "vier": true, "fünf": true, "sechs": true, "sieben": true, "acht": true, "neun": true,
	"zéro": true, "un": true, "deux": true, "trois": true, "quatre": true, "cinq": true, "sept": true, "huit": true, "neuf": true,
	"cero": true, "dos": true, "tres": true, "cuatro": true, "cinco": true, "seis": true, "siete": true, "ocho": true, "nueve": true,
}
