package password

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAPasswordOpensItsOwnHashAlone(t *testing.T) {
	hash, err := Hash("correct horse")
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("%q, %v", hash, err)
	}
	again, _ := Hash("correct horse")
	if hash == again {
		t.Error("two hashes of one password are the same: the salt is missing")
	}
	for _, h := range []string{hash, again} {
		if err := Check(h, "correct horse"); err != nil {
			t.Errorf("the right one: %v", err)
		}
	}
	for _, wrong := range []string{"", "correct hors", "Correct horse", strings.Repeat("x", Longest+1)} {
		if err := Check(hash, wrong); !errors.Is(err, ErrWrong) {
			t.Errorf("%q: %v", wrong, err)
		}
	}
}

// TestAHashOfAnotherProgramIsRead is a vector of the reference implementation's command line: argon2 somesalt -id -t 2 -m 16 -p 1.
func TestAHashOfAnotherProgramIsRead(t *testing.T) {
	const hash = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	if err := Check(hash, "password"); err != nil {
		t.Error(err)
	}
}

func TestPasswordsHaveALength(t *testing.T) {
	for n, taken := range map[int]bool{0: false, Shortest - 1: false, Shortest: true, Longest: true, Longest + 1: false} {
		if _, err := Hash(strings.Repeat("è", n)); (err == nil) != taken {
			t.Errorf("%d characters: %v", n, err)
		}
	}
}

func TestADamagedHashIsRefusedAndTakesNoMemory(t *testing.T) {
	for _, hash := range []string{
		"", "$", "plain", "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=4000000000,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=65536,t=0,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=65536,t=2,p=0$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$", "$argon2id$v=19$m=65536,t=2,p=1$!$!", "$argon2id$v=19$nothing$a$b",
	} {
		if err := Check(hash, "password"); err == nil || errors.Is(err, ErrWrong) {
			t.Errorf("%q: %v", hash, err)
		}
	}
}

func TestDrawnPasswordsDiffer(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		p := New()
		if n := utf8.RuneCountInString(p); n < Shortest || seen[p] || strings.Count(p, "-") != 3 {
			t.Fatalf("%q", p)
		}
		seen[p] = true
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "password")
	f.Fuzz(func(t *testing.T, hash, password string) {
		if fields := strings.Split(hash, "$"); len(fields) == 6 && len(fields[3]) > len("m=9999,t=1,p=1") {
			return // slow ones teach nothing
		}
		if Check(hash, password) == nil && password != "password" {
			t.Errorf("%q opens %q", password, hash)
		}
	})
}

func BenchmarkHash(b *testing.B) {
	for b.Loop() {
		_, _ = Hash("correct horse")
	}
}

func ExampleCheck() {
	hash, _ := Hash("correct horse")
	fmt.Println(Check(hash, "battery staple"))
	// Output: this password is wrong
}
