package prove

import (
	"flag"
	"math/rand/v2"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// seedFlag is the flag of rapid by which a row of cases is played again; 0 is a row that nobody has seen before.
const seedFlag = "rapid.seed"

// Check is rapid.Check that says the seed of its row whenever the test fails. Rapid does so only where the property fails by
// its own T: a helper that fails the test itself, or what a bubble of virtual time fails, ends the property without a word of its case.
func Check(t *testing.T, property func(*rapid.T)) {
	t.Helper()
	asked := flag.Lookup(seedFlag).Value.String()
	if asked == "0" {
		seed := strconv.FormatUint(1+rand.Uint64N(1<<62), 10)
		set(t, seed)
		t.Cleanup(func() {
			set(t, asked)
			if t.Failed() {
				t.Logf("the cases of this run are those of -%s=%s", seedFlag, seed)
			}
		})
	}
	rapid.Check(t, property)
}

func set(t *testing.T, seed string) {
	t.Helper()
	if err := flag.Set(seedFlag, seed); err != nil {
		t.Fatal(err)
	}
}
