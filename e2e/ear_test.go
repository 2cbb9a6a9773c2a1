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
	part := sound[max(0, len(sound)-8000):]
	eventually(b.t, within, b.address+" hears "+what, func() error {
		heard := heardSoFar(b)
		at := max(from, len(heard)-earshot)
		if at >= len(heard) {
			return fmt.Errorf("it has heard %d samples", len(heard))
		}
		best, place := likeness.Correlate(heard[at:], part)
		if best < 0.8 {
			pause(200 * time.Millisecond) // listening costs
			return fmt.Errorf("the likeness is %.2f", best)
		}
		end = at + place + len(part)
		return nil
	})
	return end
}

// codes are all codes that may be asked for, as they are spoken: two digits that differ, of which the first is no 1.
func codes(t *testing.T, lang prompts.Language) map[string][]int16 {
	t.Helper()
	book, err := prompts.Open(lang)
	if err != nil {
		t.Fatal(err)
	}
	pack, err := packs.Load(lang)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]int16{}
	for first := '0'; first <= '9'; first++ {
		for second := '0'; second <= '9'; second++ {
			if first == '1' || first == second {
				continue
			}
			code := string([]rune{first, second})
			for _, clip := range book.Say(prompts.Digits(code)) {
				alaw, ok := pack.Clip(clip.ID)
				if !ok {
					t.Fatalf("the voice has no %s", clip.ID)
				}
				all[code] = append(all[code], g711.ALaw.Samples(alaw)...)
			}
		}
	}
	return all
}

// hearsCode is the code that a softphone hears behind a place, told by ear: the one that sounds most like what was heard.
func (b *baresip) hearsCode(all map[string][]int16, from int) (code string) {
	b.t.Helper()
	longest := 0
	for _, pcm := range all {
		longest = max(longest, len(pcm))
	}
	longest += 4000 // the pause before it
	eventually(b.t, 10*time.Second, b.address+" hears a code", func() error {
		if n := len(heardSoFar(b)); n < from+longest {
			return fmt.Errorf("it has heard %d samples", n-from)
		}
		return nil
	})
	heard, best := heardSoFar(b)[from:], 0.0
	for one, pcm := range all {
		if is, _ := likeness.Correlate(heard[:longest], pcm); is > best {
			code, best = one, is
		}
	}
	b.t.Logf("%s hears a code, with a likeness of %.2f", b.address, best)
	if best < 0.8 {
		b.t.Errorf("%s is asked for no code that can be told: the likeness is %.2f at most", b.address, best)
	}
	return code
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
