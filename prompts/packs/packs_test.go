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
	const slack = 25 * time.Millisecond // a soft first or last sound lies below -55 dBFS for a moment
	switch {
	case m.Level < -23 || m.Level > -21:
		t.Errorf("%s %s: %.1f dBov", p.Manifest.Language, c.ID, m.Level)
	case m.Lead < lead-slack/5 || m.Lead > lead+slack, m.Tail < tail-slack/5 || m.Tail > tail+slack:
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
