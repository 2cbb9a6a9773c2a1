package replaced

import (
	"bytes"
	"testing"

	"hotline/prompts"
)

func TestOnlyWhatWasWrittenIsFit(t *testing.T) {
	sound := bytes.Repeat([]byte{0x2a}, 8000)
	for name, row := range map[string]struct {
		p    Prompt
		c    prompts.Class
		fits bool
	}{
		"as written":          {Prompt{Sound: sound, SHA256: Hash(sound)}, prompts.Whole, true},
		"damaged":             {Prompt{Sound: sound[1:], SHA256: Hash(sound)}, prompts.Whole, false},
		"without a hash":      {Prompt{Sound: sound}, prompts.Whole, false},
		"empty":               {Prompt{SHA256: Hash(nil)}, prompts.Whole, false},
		"a word of a minute":  {of(bytes.Repeat(sound, 60)), prompts.Infix, false},
		"a sentence too long": {of(bytes.Repeat(sound, 31)), prompts.Whole, false},
		"music of a minute":   {of(bytes.Repeat(sound, 60)), prompts.Sound, true},
	} {
		if err := row.p.Fit(row.c); (err == nil) != row.fits {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func of(sound []byte) Prompt { return Prompt{Sound: sound, SHA256: Hash(sound)} }
