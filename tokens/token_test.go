package tokens

import (
	"strings"
	"testing"
)

func TestANameOfATokenIsOneLineThatSteersNothing(t *testing.T) {
	for _, good := range []string{"anna", "Città di Forlì", strings.Repeat("è", 100)} {
		if err := (Token{Name: good, Scope: ScopeRead}).Check(); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", " ", "a\x1b[31m", "a\nb", "a\u202eb", "\xff", strings.Repeat("è", 101)} {
		if err := (Token{Name: bad, Scope: ScopeRead}).Check(); err == nil {
			t.Errorf("%q names a token", bad)
		}
	}
}
