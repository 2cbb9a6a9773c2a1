package packs_test

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"hotline/media/g711"
	"hotline/prompts"
	"hotline/prompts/packs"
	"hotline/prompts/studio"
)

// limits of each class of sound: the silence at its ends and how long it may last
func wants(c packs.Clip) (lead, tail, longest time.Duration) {
	const ms = time.Millisecond
	switch {
	case c.Class == prompts.Infix:
		return 20 * ms, 40 * ms, 6 * time.Second
	case c.Class == prompts.Final:
		return 20 * ms, 150 * ms, 4 * time.Second
	case strings.Contains(c.Text, "|"): // a menu
		return 60 * ms, 150 * ms, 20 * time.Second
	}
	return 60 * ms, 150 * ms, 10 * time.Second
}

func TestEveryTextHasItsSoundAndEverySoundItsLevel(t *testing.T) {
	for _, lang := range prompts.Languages() {
		p, err := packs.Load(lang)
		if err != nil {
			t.Fatal(err)
		}
		entries, err := prompts.Catalogue(lang)
		if err != nil {
			t.Fatal(err)
		}
		hashes := map[prompts.ID]string{}
		for _, c := range p.Manifest.Clips {
			hashes[c.ID] = c.Hash
			check(t, p, c)
		}
		for _, e := range entries {
			if hashes[e.ID] != packs.Hash(e) {
				t.Errorf("%s %s: the sound is not of this text: render the voices again (go doc ./cmd/render)", lang, e.ID)
			}
		}
		if len(entries) != len(p.Manifest.Clips) {
			t.Errorf("%s: %d texts and %d sounds", lang, len(entries), len(p.Manifest.Clips))
		}
	}
}

func check(t *testing.T, p *packs.Pack, c packs.Clip) {
	t.Helper()
	octets, ok := p.Clip(c.ID)
	if !ok {
		t.Errorf("%s is not in the voice", c.ID)
		return
	}
	pcm := make([]int16, len(octets))
	g711.ALaw.Decode(pcm, octets)
	m := studio.Measure(pcm)
	if m.Clipped != 0 || m.Peak > -3 {
		t.Errorf("%s %s: peak %.1f dBFS, %d samples clipped", p.Manifest.Language, c.ID, m.Peak, m.Clipped)
	}
	if c.Class == prompts.Sound {
		return
	}
	lead, tail, longest := wants(c)
	length := time.Duration(len(octets)) * time.Second / studio.Rate
	const early, slack = 5 * time.Millisecond, 40 * time.Millisecond // a soft first or last sound, an f, lies below -55 dBFS for a moment
	switch {
	case m.Level < -23 || m.Level > -21:
		t.Errorf("%s %s: %.1f dBov", p.Manifest.Language, c.ID, m.Level)
	case m.Lead < lead-early || m.Lead > lead+slack, m.Tail < tail-early || m.Tail > tail+slack:
		t.Errorf("%s %s: %v before and %v after", p.Manifest.Language, c.ID, m.Lead, m.Tail)
	case length > longest, m.Gap > 1200*time.Millisecond:
		t.Errorf("%s %s: %v long, with a gap of %v", p.Manifest.Language, c.ID, length, m.Gap)
	}
}

// TestTheOfferBehindTheNoticeIsShort: whoever listens hears it before the PIN is asked for.
func TestTheOfferBehindTheNoticeIsShort(t *testing.T) {
	for _, lang := range prompts.Languages() {
		alaw, err := packs.Speech(lang, "recording-offer")
		if err != nil {
			t.Fatal(err)
		}
		if length := time.Duration(len(alaw)) * time.Second / studio.Rate; length > 3200*time.Millisecond {
			t.Errorf("%s: the offer takes %s", lang, length)
		}
	}
}

// TestNoSentenceIsCutAndNoneDrags: each is spoken at about the pace of its language. A sound that lacks words is too short for its text.
func TestNoSentenceIsCutAndNoneDrags(t *testing.T) {
	for _, lang := range prompts.Languages() {
		p, err := packs.Load(lang)
		if err != nil {
			t.Fatal(err)
		}
		var paces []float64 // seconds a letter, with the pauses
		letters := func(c packs.Clip) int {
			return len(strings.FieldsFunc(strings.Join(strings.Split(c.Text, ""), " "), func(r rune) bool { return !unicode.IsLetter(r) }))
		}
		pace := func(c packs.Clip) float64 { return float64(c.Octets) / g711.Rate / float64(letters(c)) }
		for _, c := range p.Manifest.Clips {
			if letters(c) >= 20 {
				paces = append(paces, pace(c))
			}
		}
		slices.Sort(paces)
		median := paces[len(paces)/2]
		for _, c := range p.Manifest.Clips {
			if letters(c) >= 20 && (pace(c) < 0.6*median || pace(c) > 2.2*median) {
				t.Errorf("%s %s lasts %.2f s: %.2f of what others of its length do", lang, c.ID, float64(c.Octets)/g711.Rate, pace(c)/median)
			}
		}
	}
}

// TestNoDigitLosesItsConsonant: a "six" without the s at its ends is an "i" to whoever hears it. What a voice hisses above a telephone's band is
// brought into it ([studio.Audible]), and the ends are not cut before it.
func TestNoDigitLosesItsConsonant(t *testing.T) {
	for lang, digits := range map[prompts.Language]struct{ begin, end string }{
		prompts.Italian: {begin: "67"},
		prompts.English: {begin: "67", end: "6"},
		prompts.German:  {end: "6"},
		prompts.French:  {begin: "567", end: "6"},
		prompts.Spanish: {begin: "67", end: "236"},
	} {
		p, err := packs.Load(lang)
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range []string{"", "-comma", "-final"} {
			sound := func(digit rune) []int16 {
				alaw, _ := p.Clip(prompts.ID("digit-" + string(digit) + kind))
				return g711.ALaw.Samples(alaw)
			}
			for _, d := range digits.begin {
				if pcm := sound(d); hisses(pcm[160:min(len(pcm), 160+960)]) < 4 {
					t.Errorf("%s: digit %c%s begins without its s", lang, d, kind)
				}
			}
			for _, d := range digits.end {
				pcm := sound(d)
				end := len(pcm) - 320
				if kind == "-final" {
					end = len(pcm) - 1200
				}
				if hisses(pcm[max(0, end-960):end]) < 4 {
					t.Errorf("%s: digit %c%s ends without its s", lang, d, kind)
				}
			}
		}
	}
}

// hisses counts the stretches of 10 ms that are to be heard, and lie above 2 kHz for the most part.
func hisses(pcm []int16) (n int) {
	for ; len(pcm) > 80; pcm = pcm[80:] {
		power, change := 0.0, 0.0
		for i, s := range pcm[:80] {
			power += float64(s) * float64(s)
			change += float64(pcm[i+1]-s) * float64(pcm[i+1]-s)
		}
		if power/80 > 60*60 && change > 2*power { // -55 dBFS
			n++
		}
	}
	return n
}
