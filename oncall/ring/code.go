package ring

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"hotline/prompts"
)

// How the code is asked for.
const (
	codeTries = 2
	codeTime  = 5 * time.Second        // to its first digit
	codeApart = 3 * time.Second        // from the first digit to the second
	codePause = 300 * time.Millisecond // without a key before it is said
	codeAlone = 600 * time.Millisecond // without a key behind it: a machine that plays keys goes on
	codeStill = time.Second            // without a key: a wrong one is over
	codeMost  = 10 * time.Second       // of keys without such a pause, which a machine may play for ever
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

// confirmed tells whether it was a human who has pressed 1. Tones in the sound may be those of a greeting or an announcement, and
// so may any key that comes after seconds of unbroken speech: a gateway makes events of tones. Then two random digits are said,
// twice at most, and nothing but these two confirms. They are said after a pause without keys, only the first two keys that
// follow count, and no third one may follow them but a #. So a machine that plays keys has to begin in these seconds and to end
// behind two of them, and then has one chance in 81. heard tells of the speech; nil for nobody.
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
		if !stopsPressing(ctx, t, codePause) || t.Say(ctx, lang, prompts.Digits(code), false) != nil {
			return false
		}
		if keyed(ctx, t, code) {
			heard.pressed()
			return true
		}
		if !stopsPressing(ctx, t, codeStill) {
			return false
		}
	}
	return false
}

// keyed waits for the two digits, and a moment for what follows them.
func keyed(ctx context.Context, t Telephone, code string) bool {
	first, err := t.Key(ctx, codeTime)
	if err != nil {
		return false
	}
	second, err := t.Key(ctx, codeApart)
	if err != nil || code != string([]byte{first, second}) {
		return false
	}
	more, err := t.Key(ctx, codeAlone)
	return errors.Is(err, ErrNoKey) || err == nil && more == '#'
}

// stopsPressing takes keys until none has come for so long; false where they do not end, or the telephone does.
func stopsPressing(ctx context.Context, t Telephone, still time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, codeMost)
	defer cancel()
	for {
		if _, err := t.Key(ctx, still); err != nil {
			return errors.Is(err, ErrNoKey)
		}
	}
}
