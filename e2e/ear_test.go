package e2e_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"hotline/media"
	"hotline/media/g711"
	"hotline/media/likeness"
	"hotline/prompts"
	"hotline/prompts/packs"
)

// heardSoFar is what a softphone has heard in its latest call, also while that goes on.
func heardSoFar(b *baresip) []int16 {
	b.t.Helper()
	files, err := filepath.Glob(filepath.Join(b.dir, "dump-*-dec.wav"))
	if err != nil || len(files) == 0 {
		return nil
	}
	return samplesOf(b.t, files[len(files)-1])
}

// earshot is how far back is looked for a sound that is waited for, samples.
const earshot = 8 * 8000

// hears waits until a softphone hears the end of a sound behind a place, and gives where that was.
func (b *baresip) hears(what string, sound []int16, from int, within time.Duration) (end int) {
	b.t.Helper()
	eventually(b.t, within, b.address+" hears "+what, func() (err error) {
		if end, err = b.hasHeard(sound, from); err != nil {
			pause(200 * time.Millisecond) // listening costs
		}
		return err
	})
	return end
}

// hasHeard is where the end of a sound was heard behind a place, not longer ago than earshot; an error when it was not.
func (b *baresip) hasHeard(sound []int16, from int) (end int, err error) {
	b.t.Helper()
	part, heard := sound[max(0, len(sound)-8000):], heardSoFar(b)
	at := max(from, len(heard)-earshot)
	if at >= len(heard) {
		return 0, fmt.Errorf("it has heard %d samples", len(heard))
	}
	best, place := likeness.Correlate(heard[at:], part)
	if best < 0.8 {
		return 0, fmt.Errorf("the likeness is %.2f", best)
	}
	return at + place + len(part), nil
}

// spokenDigits are the digits of a code as they are spoken, by their place in it.
type spokenDigits [2]map[rune][]int16

// codeDigits are the digits of all codes that may be asked for: two that differ, of which the first is no 1.
func codeDigits(t *testing.T, lang prompts.Language) spokenDigits {
	t.Helper()
	book, err := prompts.Open(lang)
	if err != nil {
		t.Fatal(err)
	}
	pack, err := packs.Load(lang)
	if err != nil {
		t.Fatal(err)
	}
	all := spokenDigits{{}, {}}
	for digit := '0'; digit <= '9'; digit++ {
		clips := book.Say(prompts.Digits(string([]rune{digit, digit})))
		if len(clips) != len(all) {
			t.Fatalf("two digits are %d clips", len(clips))
		}
		for place, clip := range clips {
			alaw, ok := pack.Clip(clip.ID)
			if !ok {
				t.Fatalf("the voice has no %s", clip.ID)
			}
			all[place][digit] = g711.ALaw.Samples(alaw)
		}
	}
	delete(all[0], '1')
	return all
}

// longest is how long a code and the pause before it are at most, in samples.
func (d spokenDigits) longest() (n int) {
	for _, digits := range d {
		most := 0
		for _, pcm := range digits {
			most = max(most, len(pcm))
		}
		n += most
	}
	return n + 4000
}

// first is the digit of a place that sounds first in what was heard, where it ends, and how like it is. Digits that sound alike in one
// voice are told apart by the likeness.
func (d spokenDigits) first(place int, heard []int16) (digit rune, end int, is float64) {
	begin := len(heard)
	for one, pcm := range d[place] {
		like, at := likeness.Correlate(heard, pcm)
		if sure := like >= 0.95; sure && at < begin || is < 0.95 && like > is {
			digit, end, is = one, at+len(pcm), like
			if sure {
				begin = at
			}
		}
	}
	return digit, end, is
}

// hearsCode is the code that a softphone hears behind a place, told by ear.
func (b *baresip) hearsCode(all spokenDigits, from int) (code string) {
	b.t.Helper()
	b.hearsMore(from+all.longest(), 15*time.Second)
	heard := heardSoFar(b)[from:][:all.longest()]
	first, end, is := all.first(0, heard)
	second, _, too := all.first(1, heard[min(end, len(heard)):])
	b.t.Logf("%s hears the code %c%c, with likenesses of %.2f and %.2f", b.address, first, second, is, too)
	if min(is, too) < 0.8 {
		b.t.Errorf("%s is asked for no code that can be told", b.address)
	}
	return string([]rune{first, second})
}

// hearsMore waits until a softphone has heard so many samples.
func (b *baresip) hearsMore(samples int, within time.Duration) {
	b.t.Helper()
	eventually(b.t, within, b.address+" hears more", func() error {
		if n := len(heardSoFar(b)); n < samples {
			return fmt.Errorf("it has heard %d samples of %d", n, samples)
		}
		return nil
	})
}

// keysCode keys in tones the code that a softphone is asked for behind a place. Where listening took too long, on a busy machine, it is
// asked once more for the same one, and keys it as soon as that is said.
func (b *baresip) keysCode(all spokenDigits, asks []int16, from int) {
	b.t.Helper()
	asked := b.hears("that a code is asked for", asks, from, 30*time.Second)
	keys := melody(b.hearsCode(all, asked))
	b.plays(keys)
	for until := time.Now().Add(12 * time.Second); time.Now().Before(until); pause(200 * time.Millisecond) {
		if again, err := b.hasHeard(asks, asked); err == nil {
			b.hearsMore(again+all.longest(), 15*time.Second)
			b.plays(keys)
			return
		}
	}
}

// melody is keys as tones in the sound (ITU-T Q.23): each is down for 200 ms, and up for 300 ms.
func melody(keys string) (pcm []int16) {
	pcm = make([]int16, 1600)
	for _, k := range keys {
		tone := make([]int16, 1600)
		media.Key(k).Tone(0, tone)
		pcm = append(append(pcm, tone...), make([]int16, 2400)...)
	}
	return pcm
}

// plays makes a sound the softphone's microphone.
func (b *baresip) plays(pcm []int16) {
	b.t.Helper()
	b.tell("ausrc", "aufile,"+waveFile(b.t, "said", pcm))
}
