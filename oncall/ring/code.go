package ring

import (
	"context"
	"math/rand/v2"
	"time"

	"hotline/prompts"
)

// How the code is asked for.
const (
	codeTries = 2
	codeTime  = 5 * time.Second  // to its first digit
	codeApart = 3 * time.Second  // from the first digit to the second
	codeStill = time.Second      // without a key: a wrong one is over
	codeMost  = 10 * time.Second // of a wrong one, which a machine may play for ever
)

// drawCode gives two digits that differ. The first is no 1: that key has just been pressed.
func drawCode() string {
	const digits = "0123456789"
	for {
		first, second := digits[rand.IntN(10)], digits[rand.IntN(10)]
		if first != '1' && first != second {
			return string([]byte{first, second})
		}
	}
}

// confirmed tells whether it was a human who has pressed 1. Tones in the sound may be those of a greeting or an announcement, and so may
// any key that comes after seconds of unbroken speech: a gateway makes events of tones. Then two random digits are said, twice at
// most, and nothing but these two confirms. What was pressed before they were said does not count, and a row of keys counts as
// its first two, so that a machine that plays keys has one chance in 81 each time. heard tells of the speech; nil for nobody.
func confirmed(ctx context.Context, t Telephone, lang prompts.Language, heard *listening) bool {
	if !t.KeysInSound() && !heard.hasty() {
		heard.pressed()
		return true
	}
	code := drawCode()
	for range codeTries {
		if t.Say(ctx, lang, prompts.P(SayConfirmCode), false) != nil {
			return false
		}
		ignoreKeys(ctx, t, 0)
		if t.Say(ctx, lang, prompts.Digits(code), false) != nil {
			return false
		}
		if keyed(ctx, t, code) {
			heard.pressed()
			return true
		}
		ignoreKeys(ctx, t, codeStill)
	}
	return false
}

// keyed waits for the two digits.
func keyed(ctx context.Context, t Telephone, code string) bool {
	first, err := t.Key(ctx, codeTime)
	if err != nil {
		return false
	}
	second, err := t.Key(ctx, codeApart)
	return err == nil && code == string([]byte{first, second})
}

// ignoreKeys takes keys until none has come for so long.
func ignoreKeys(ctx context.Context, t Telephone, still time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, codeMost)
	defer cancel()
	for {
		if _, err := t.Key(ctx, still); err != nil {
			return
		}
	}
}
