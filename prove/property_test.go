package prove_test

import (
	"os"
	"os/exec"
	"regexp"
	"testing"

	"pgregory.net/rapid"

	"hotline/prove"
)

// inner asks for the failing test below: it fails by its own T, as helpers do, and not by rapid's.
const inner = "HOTLINE_PROVE_FALLS"

func TestThatFalls(t *testing.T) {
	if os.Getenv(inner) == "" {
		return // TestAFallThatRapidDoesNotSeeSaysItsSeed plays it
	}
	prove.Check(t, func(r *rapid.T) {
		if n := rapid.Uint64().Draw(r, "n"); n%7 == 3 {
			t.Fatalf("met %d", n)
		}
	})
}

func TestAFallThatRapidDoesNotSeeSaysItsSeed(t *testing.T) {
	falls := func(flags ...string) (met, seed string) {
		c := exec.CommandContext(t.Context(), os.Args[0], append([]string{"-test.run=^TestThatFalls$", "-rapid.nofailfile"}, flags...)...)
		c.Env = append(os.Environ(), inner+"=1")
		out, err := c.CombinedOutput()
		if err == nil {
			t.Fatalf("the test that falls did not:\n%s", out)
		}
		return string(regexp.MustCompile(`met \d+`).Find(out)), string(regexp.MustCompile(`-rapid\.seed=\d+`).Find(out))
	}
	met, seed := falls()
	if met == "" || seed == "" {
		t.Fatalf("it met %q, and says the seed %q", met, seed)
	}
	if again, _ := falls(seed); again != met {
		t.Errorf("with %s it meets %q, and not %q", seed, again, met)
	}
}
