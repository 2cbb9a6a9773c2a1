package readback

import (
	"math/rand/v2"
	"strings"

	"hotline/prompts"
)

// Falsify gives a voice that does not say what the catalogue has it say: in every fifth whole sentence one word of the text is replaced by one
// of the language's that sounds otherwise, and the clip of every digit holds the next one. It tells what is wrong by the clip's id.
func Falsify(lang prompts.Language, clips []Clip) (list []Clip, changed map[prompts.ID]string, err error) {
	v, err := vocabularyOf(lang)
	if err != nil {
		return nil, nil, err
	}
	sounds, err := pronounce(lang, v.words)
	if err != nil {
		return nil, nil, err
	}
	sound := map[prompts.ID][]int16{}
	for _, c := range clips {
		sound[c.ID] = c.PCM
	}
	r := rand.New(rand.NewPCG(7, 8))
	changed = map[prompts.ID]string{}
	whole := 0
	for _, c := range clips {
		switch {
		case c.Class == prompts.Whole:
			if whole++; whole%5 == 0 {
				text, was, is := withAnotherWord(c.Text, v.words, sounds, r)
				c.Text, changed[c.ID] = text, was+" instead of "+is
			}
		case kindOf(c.ID, c.Class) == "digit":
			next := []byte(c.ID)
			next[len("digit-")] = '0' + (next[len("digit-")]-'0'+1)%10
			c.PCM, changed[c.ID] = sound[prompts.ID(next)], string(next)
		}
		list = append(list, c)
	}
	return list, changed, nil
}

// withAnotherWord puts another word into a text, in the place of any of its own.
func withAnotherWord(text string, words []string, sounds map[string][]string, r *rand.Rand) (changed, was, is string) {
	fields := strings.Fields(text)
	for {
		at := r.IntN(len(fields))
		own := wordsOf(strings.ToLower(fields[at]))
		other := words[r.IntN(len(words))]
		if len(own) != 1 || strings.ToLower(other) != other || !soundsOtherwise(sounds[own[0]], sounds[other]) {
			continue
		}
		fields[at] = strings.Replace(strings.ToLower(fields[at]), own[0], other, 1)
		return strings.Join(fields, " "), own[0], other
	}
}
