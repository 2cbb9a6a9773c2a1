package readback

import (
	"math"
	"slices"
	"strings"
	"testing"

	"hotline/prompts"
)

func TestWordsOfATextAreThoseThatAreSpoken(t *testing.T) {
	for text, want := range map[string]string{
		"Se va bene, prema uno. | Per indicarne un altro, prema due.": "se va bene prema uno per indicarne un altro prema due",
		"L'intervento è iniziato.":                                    "l'intervento è iniziato", "twenty-one": "twenty one", "A": "A", "A customer": "a customer",
	} {
		if got := Words(text); got != want {
			t.Errorf("%q is %q; want %q", text, got, want)
		}
	}
}

func TestAGrammarIsAFiniteStateGrammar(t *testing.T) {
	got := Grammar{{"prema"}, {"uno", "due volte"}}.fsg()
	want := "FSG_BEGIN grammar\nNUM_STATES 4\nSTART_STATE 0\nFINAL_STATE 2\nTRANSITION 0 1 1.000000000 prema\n" +
		"TRANSITION 1 2 0.500000000 uno\nTRANSITION 1 3 0.500000000 due\nTRANSITION 3 2 1.000000000 volte\nFSG_END\n"
	if got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// TestAKeysNameEndsAPhrase: "due volte" is none.
func TestAKeysNameEndsAPhrase(t *testing.T) {
	v, err := vocabularyOf(prompts.Italian)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string][]int{
		"Per ascoltarli uno per uno, prema due. | Per passare, prema tre.": {4, 6, 10},
		"Per l'italiano, prema due volte asterisco.":                       {5},
		"Digiti il suo codice, poi cancelletto.":                           {5},
		"Linea dei tecnici.":                                               nil,
	} {
		if g, at := slots(text, v.keys); !slices.Equal(at, want) || len(g) != len(strings.Fields(Words(text))) {
			t.Errorf("%q has keys at %v of %d words; want %v", text, at, len(g), want)
		}
	}
}

func TestSoundsAreThoseOfTheLanguage(t *testing.T) {
	for _, c := range []struct {
		lang prompts.Language
		ipa  string
		want string
	}{
		{prompts.Italian, "s_e_ss_ˈa_n_t_a", "s e s s a n t a"}, {prompts.Italian, "ˈɔ_tː_o", "o t t o"}, {prompts.English, "θ_ɹ_ˈiː", "3B8 279 i2D0"},
		{prompts.French, "(en)_p_(fr)_ɑ̃", "p 251303"}, {prompts.Spanish, "s_ˈeɪ_s", "s e i s"}, {prompts.Spanish, "d̪_ˈi", "d i"},
	} {
		if got := strings.Join(phones(c.lang, c.ipa), " "); got != c.want {
			t.Errorf("%s: %s is %q; want %q", c.lang, c.ipa, got, c.want)
		}
	}
}

// TestTheChannelKeepsATelephonesBand: a tone of 1 kHz comes through at its level, and one of 5 kHz does not fold back.
func TestTheChannelKeepsATelephonesBand(t *testing.T) {
	power := func(hz float64) (sum float64) {
		pcm := make([]int16, 22050)
		for i := range pcm {
			pcm[i] = int16(8000 * math.Sin(2*math.Pi*hz*float64(i)/22050))
		}
		for _, v := range resampled(pcm, 22050)[800:7200] {
			sum += v * v / 6400
		}
		return 10 * math.Log10(sum/32e6)
	}
	if got := power(1000); math.Abs(got) > 0.5 {
		t.Errorf("1 kHz comes out %.1f dB louder", got)
	}
	if got := power(5000); got > -40 {
		t.Errorf("5 kHz comes out at %.1f dB", got)
	}
}

func TestSoundIsCutAtSilence(t *testing.T) {
	loud, quiet := slices.Repeat([]int16{9000, -9000}, 500), make([]int16, 2000)
	parts := cut(slices.Concat(quiet, loud, quiet, loud, make([]int16, 300), loud, quiet), 1000)
	if len(parts) != 2 || len(parts[0]) < 1000 || len(parts[0]) > 1600 || len(parts[1]) < 2300 || len(parts[1]) > 2900 {
		t.Errorf("%d parts", len(parts))
	}
}

// TestRareSoundsAreReadOften: a sound of one word alone is heard as often as is enough, and a letter is never read among words.
func TestRareSoundsAreReadOften(t *testing.T) {
	for _, lang := range prompts.Languages() {
		v, err := vocabularyOf(lang)
		if err != nil {
			t.Fatal(err)
		}
		sounds := map[string][]string{}
		for i, w := range v.words {
			sounds[w] = []string{"a", string(rune('b' + i%7))}
		}
		sounds[v.words[len(v.words)-1]] = []string{"rare"}
		heard := map[string]int{}
		for _, w := range wordsToRead(v, sounds) {
			if len(w) == 1 && strings.ToUpper(w) == w {
				t.Errorf("%s: the letter %s is read among words", lang, w)
			}
			for _, p := range sounds[w] {
				heard[p]++
			}
		}
		for p, n := range heard {
			if n < enough {
				t.Errorf("%s: %s is heard %d times; want %d", lang, p, n, enough)
			}
		}
		if heard["rare"] != enough {
			t.Errorf("%s: the rare sound is heard %d times; want %d", lang, heard["rare"], enough)
		}
	}
}
