package amd_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"hotline/media"
	"hotline/media/amd"
	"hotline/media/g711"
	"hotline/prompts"
	"hotline/prompts/packs"
)

// sine is a tone of so many milliseconds, at -12 dBov.
func sine(ms int, hertz ...float64) []int16 {
	out := make([]int16, 8*ms)
	for i := range out {
		for _, hz := range hertz {
			out[i] += int16(8000 / float64(len(hertz)) * math.Sin(2*math.Pi*hz*float64(i)/8000))
		}
	}
	return out
}

// fluent is speech without its longer pauses.
func fluent(pcm []int16) (out []int16) {
	quiet := 0
	for at := 0; at+160 <= len(pcm); at += 160 {
		power := 0.0
		for _, s := range pcm[at : at+160] {
			power += float64(s) * float64(s)
		}
		if quiet++; power > 160*200*200 {
			quiet = 0
		}
		if quiet < 20 {
			out = append(out, pcm[at:at+160]...)
		}
	}
	return out
}

func silence(ms int) []int16 { return make([]int16, 8*ms) }

// speech is what a voice says for so many milliseconds: sentences one after the other, as a greeting is spoken. The offers of keys are no
// such sentences: they are words between pauses.
func speech(t *testing.T, lang prompts.Language, ms int) []int16 {
	t.Helper()
	p, err := packs.Load(lang)
	if err != nil {
		t.Fatal(err)
	}
	var out []int16
	for _, c := range p.Manifest.Clips {
		if clip, _ := p.Clip(c.ID); len(clip) > 2*8000 && !strings.HasPrefix(string(c.ID), "language-offer-") && c.ID != "recording-offer" { // sentences
			out = append(out, g711.ALaw.Samples(clip)...)
		}
		if len(out) >= 8*ms {
			return out[:8*ms]
		}
	}
	t.Fatal("the voice says too little")
	return nil
}

// noisy adds a room: noise so many dB below full scale.
func noisy(pcm []int16, dB float64) []int16 {
	dice, out := rand.New(rand.NewPCG(1, 2)), make([]int16, len(pcm))
	for i, s := range pcm {
		out[i] = int16(max(-32768, min(32767, float64(s)+32768*math.Pow(10, dB/20)*dice.NormFloat64())))
	}
	return out
}

func softer(pcm []int16, dB float64) []int16 {
	out := make([]int16, len(pcm))
	for i, s := range pcm {
		out[i] = int16(float64(s) * math.Pow(10, -dB/20))
	}
	return out
}

func chain(parts ...[]int16) (all []int16) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

// times repeats what somebody says, or a machine beside him.
func times(n int, pcm []int16) (all []int16) {
	for range n {
		all = append(all, pcm...)
	}
	return all
}

// heard is the signs in a sound that came through A-codec, with the second at which each was told.
func heard(pcm []int16) (greeting, beep float64) {
	d := amd.New()
	coded := g711.ALaw.Samples(media.NewSound(pcm).Octets(g711.ALaw))
	for at := 0; at+160 <= len(coded); at += 160 {
		switch now := float64(at+160) / 8000; d.Feed(coded[at : at+160]) {
		case amd.Greeting:
			greeting = now
		case amd.Beep:
			beep = now
		}
	}
	return greeting, beep
}

func TestAMailboxIsHeardByItsBeep(t *testing.T) {
	missed, all := 0, 0
	for _, lang := range []prompts.Language{prompts.Italian, prompts.English} {
		for _, says := range []int{3000, 7000} {
			for _, gap := range []int{100, 1500} {
				for _, hz := range []float64{425, 1000, 2000} {
					for _, length := range []int{260, 1000} {
						for _, loss := range []float64{float64(length % 100 / 6)} { // 10 dB for the short ones
							pcm := softer(chain(silence(500), speech(t, lang, says), silence(gap), sine(length, hz), silence(1000)), loss)
							from := float64(500+says+gap) / 1000
							_, beep := heard(noisy(pcm, -55))
							if all++; beep == 0 {
								missed++
							}
							if beep != 0 && (beep < from || beep > from+float64(length)/1000+0.5) {
								t.Errorf("%s, greeting of %d ms, %v Hz for %d ms, %v dB: heard at %.2f s, it begins at %.2f s", lang, says, hz, length, loss, beep, from)
							}
						}
					}
				}
			}
		}
	}
	if missed*50 > all {
		t.Errorf("%d of %d mailboxes are missed", missed, all)
	}
	t.Logf("%d of %d mailboxes are missed", missed, all)
}

func TestALongGreetingIsHeardWithoutABeep(t *testing.T) {
	for _, lang := range []prompts.Language{prompts.Italian, prompts.English} {
		greeting, beep := heard(chain(silence(300), fluent(speech(t, lang, 19000)), silence(3000)))
		if greeting < 8 || greeting > 12 || beep != 0 {
			t.Errorf("%s: a greeting of more than 14 s is heard at %.2f s, a beep at %.2f s", lang, greeting, beep)
		}
	}
}

// A fax calls by a tone, without a word.
func TestAToneWithoutSpeechIsAMachineOnlyIfItLasts(t *testing.T) {
	if _, beep := heard(chain(silence(400), sine(3000, 2100))); beep == 0 {
		t.Error("the answer of a fax is not heard")
	}
}

func TestAHumanIsNoMailbox(t *testing.T) {
	for _, lang := range []prompts.Language{prompts.Italian, prompts.English} {
		hello, who, longer := speech(t, lang, 700), speech(t, lang, 1600), speech(t, lang, 6500)
		for name, pcm := range map[string][]int16{
			"hello, who is it, again and again": times(6, chain(hello, silence(900), who, silence(1200))),
			"a long sentence":                   chain(longer, silence(3000)),
			"a key in the sound":                chain(longer, silence(300), sine(400, 770, 1336), silence(2000)),
			"nothing at all":                    silence(20000),
			"a lorry that reverses":             chain(hello, silence(1000), times(10, chain(sine(500, 1000), silence(500)))),
			"ringing before he picks up":        chain(times(3, chain(sine(1000, 425), silence(4000))), hello, silence(2000)),
			"busy without a word":               times(20, chain(sine(500, 425), silence(500))),
			"hello, then the exchange is busy":  chain(hello, silence(300), times(6, chain(sine(500, 425), silence(500)))),
			"a room that hums":                  noisy(sine(20000, 100), -40),
			"a loud room":                       noisy(silence(20000), -30),
			"a loud room and hello":             noisy(times(6, chain(hello, silence(900), who, silence(1200))), -34),
			"our own brief as an echo":          softer(speech(t, lang, 14000), 22),
		} {
			for _, loss := range []float64{0, 10} {
				if greeting, beep := heard(softer(pcm, loss)); greeting != 0 || beep != 0 {
					t.Errorf("%s, %s, %v dB softer: greeting at %.2f s, beep at %.2f s", lang, name, loss, greeting, beep)
				}
			}
		}
	}
}

// No sentence of any voice holds a beep, also when it follows speech.
func TestNoSpeechIsABeep(t *testing.T) {
	for _, lang := range []prompts.Language{prompts.Italian, prompts.English} {
		p, err := packs.Load(lang)
		if err != nil {
			t.Fatal(err)
		}
		before, seconds := speech(t, lang, 3000), 0.0
		for _, c := range p.Manifest.Clips {
			clip, _ := p.Clip(c.ID)
			if c.ID == prompts.Tone {
				continue
			}
			if _, beep := heard(chain(before, silence(300), g711.ALaw.Samples(clip))); beep != 0 {
				t.Errorf("%s: clip %s beeps at %.2f s", lang, c.ID, beep)
			}
			seconds += float64(len(clip)) / 8000
		}
		t.Logf("%s: %s of speech", lang, fmt.Sprintf("%.0f s", seconds))
	}
}
