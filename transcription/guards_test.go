package transcription_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hotline/prove"
	"hotline/transcription"
)

func at(from, to float64, text string, confidence float64) transcription.Segment {
	s := func(v float64) time.Duration { return time.Duration(v * float64(time.Second)) }
	return transcription.Segment{From: s(from), To: s(to), Text: text, Confidence: confidence}
}

// TestEachGuardKeepsOutWhatRecognisersInvent: somebody speaks from one to five seconds.
func TestEachGuardKeepsOutWhatRecognisersInvent(t *testing.T) {
	voice := []transcription.Span{{From: time.Second, To: 5 * time.Second}}
	for _, c := range []struct {
		name string
		in   []transcription.Segment
		want string // the texts that are left, parted by "/"
		left []transcription.Guard
	}{
		{"what was said stays", []transcription.Segment{at(1, 4, " La pompa  perde olio. ", 0.9)}, "La pompa perde olio.", nil},
		{"text on silence", []transcription.Segment{at(1, 3, "La pompa perde.", 0.9), at(6, 9, "Sottotitoli a cura di", 0.9)}, "La pompa perde.", []transcription.Guard{transcription.NoVoice}},
		{"a segment that lies mostly beside the voice", []transcription.Segment{at(4.8, 9, "grazie", 0.9)}, "", []transcription.Guard{transcription.NoVoice}},
		{"more words than can be said", []transcription.Segment{at(4, 5, strings.Repeat("una parola ancora ", 5), 0.9)}, "", []transcription.Guard{transcription.NoVoice}},
		{"text without times has the whole voice", []transcription.Segment{{Text: "La pompa perde olio"}}, "La pompa perde olio", nil},
		{"a word again and again", []transcription.Segment{at(1, 5, "perde grazie grazie grazie grazie grazie olio", 0.9)}, "perde grazie olio", []transcription.Guard{transcription.Repeated}},
		{"words again and again", []transcription.Segment{at(1, 5, "non va, non va, non va, non va, ecco", 0.9)}, "non va, ecco", []transcription.Guard{transcription.Repeated}},
		{"somebody insists", []transcription.Segment{at(1, 5, "no no no, è fermo", 0.9)}, "no no no, è fermo", nil},
		{"a segment again and again", []transcription.Segment{at(1, 2, "Ciao", 0.9), at(2, 3, "Ciao", 0.9), at(3, 4, "ciao", 0.9), at(4, 5, "Ciao", 0.9)}, "Ciao/Ciao", []transcription.Guard{transcription.Repeated}},
		{"an error's code stays", []transcription.Segment{at(1, 5, "errore 5012 sulla linea tre", 0.9)}, "errore 5012 sulla linea tre", nil},
		{"a PIN in figures", []transcription.Segment{at(1, 5, "il codice è 421 755, grazie", 0.9)}, "il codice è […] grazie", []transcription.Guard{transcription.Digits}},
		{"a PIN in words", []transcription.Segment{at(1, 5, "il PIN è quattro due uno sette cinque cinque", 0.9)}, "il PIN è […]", []transcription.Guard{transcription.Digits}},
		{"a PIN in English words", []transcription.Segment{at(1, 5, "it is four, two, one 7 5 five nine", 0.9)}, "it is […]", []transcription.Guard{transcription.Digits}},
		{"a PIN of one word again and again", []transcription.Segment{at(1, 5, "sono quattro sette due due due due ecco", 0.9)}, "sono […] ecco", []transcription.Guard{transcription.Digits}},
		{"a loop with a number in it", []transcription.Segment{at(1, 9, "sei tu sei tu sei tu sei tu sei tu", 0.9)}, "sei tu", []transcription.Guard{transcription.Repeated}},
		{"a PIN with a pause", []transcription.Segment{at(1, 3, "è quattro due uno", 0.9), at(4, 6, "7 5 cinque ecco", 0.9)}, "è […]/[…] ecco", []transcription.Guard{transcription.Digits}},
		{"dashes between", []transcription.Segment{at(1, 5, "è 4 - 2 - 1 - 7 - 5 - 5 - ecco", 0.9)}, "è […] - ecco", []transcription.Guard{transcription.Digits}},
		{"a digit a segment", []transcription.Segment{at(1, 2, "uno due", 0.9), at(2, 3, "sei", 0.9), at(3, 4, "sei", 0.9), at(4, 5, "sei", 0.9), at(4, 5, "sei", 0.9)}, "[…]/[…]/[…]/[…]/[…]", []transcription.Guard{transcription.Digits}},
		{"a PIN glued to a word", []transcription.Segment{at(1, 5, "codice421755ecco pronto", 0.9)}, "[…] pronto", []transcription.Guard{transcription.Digits}},
		{"a run that nobody dictates", []transcription.Segment{at(1, 5, "ecco 00000000000000000000 fine", 0.9)}, "ecco fine", []transcription.Guard{transcription.Digits}},
		{"what the recogniser does not believe", []transcription.Segment{at(1, 5, "mah", 0.1)}, "", []transcription.Guard{transcription.Unsure}},
		{"control characters and broken text", []transcription.Segment{at(1, 5, "la\x00pompa\u202e \xffperde", 0.9)}, "la pompa perde", nil},
	} {
		kept, left := transcription.Guarded(c.in, voice)
		var texts []string
		for _, s := range kept {
			texts = append(texts, s.Text)
		}
		if got := strings.Join(texts, "/"); got != c.want || !slices.Equal(left, c.left) {
			t.Errorf("%s: %q %v, and not %q %v", c.name, got, left, c.want, c.left)
		}
	}
}

func TestAnUnsureSegmentIsMarkedAndKept(t *testing.T) {
	kept, _ := transcription.Guarded([]transcription.Segment{at(1, 2, "forse", 0.3), at(2, 3, "sicuro", 0.9), at(3, 4, "non si sa", 0)}, []transcription.Span{{To: 5 * time.Second}})
	var doubtful []bool
	for _, s := range kept {
		doubtful = append(doubtful, s.Doubtful)
	}
	if !slices.Equal(doubtful, []bool{true, false, false}) {
		t.Errorf("doubtful: %v", doubtful)
	}
}

// TestNoPINPasses: however a run of six to sixteen digits is parted, written and cut into segments, no reader and no search finds it.
func TestNoPINPasses(t *testing.T) {
	names := [][]string{strings.Fields("zero uno due tre quattro cinque sei sette otto nove"), strings.Fields("zero one two three four five six seven eight nine")}
	prove.Check(t, func(t *rapid.T) {
		digits := rapid.SliceOfN(rapid.IntRange(0, 9), 6, 16).Draw(t, "digits")
		var said strings.Builder
		var segments []transcription.Segment
		said.WriteString("il codice ")
		for i, d := range digits {
			if rapid.IntRange(0, 3).Draw(t, "a pause") == 0 {
				segments = append(segments, transcription.Segment{Text: said.String()})
				said.Reset()
				said.WriteString(" ")
			}
			if rapid.Bool().Draw(t, "word") {
				said.WriteString(" " + names[rapid.IntRange(0, 1).Draw(t, "language")][d])
			} else if i > 0 && rapid.Bool().Draw(t, "apart") || strings.HasSuffix(said.String(), names[0][0]) {
				said.WriteString(rapid.SampledFrom([]string{" ", "-", ", ", ". ", " - "}).Draw(t, "between") + string(rune('0'+d)))
			} else if last := said.String()[said.Len()-1]; last >= '0' && last <= '9' || last == ' ' {
				said.WriteString(string(rune('0' + d)))
			} else {
				said.WriteString(" " + string(rune('0'+d)))
			}
		}
		segments = append(segments, transcription.Segment{Text: said.String() + " fine"})
		kept, left := transcription.Guarded(segments, []transcription.Span{{To: time.Minute}})
		var words []string
		for _, s := range kept {
			words = append(words, strings.Fields(s.Text)...)
		}
		if got := strings.Join(slices.Compact(words), " "); got != "il codice […] fine" || !slices.Contains(left, transcription.Digits) {
			t.Fatalf("%+v became %+v", segments, kept)
		}
	})
}
