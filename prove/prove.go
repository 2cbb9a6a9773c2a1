// Package prove is the frame of the tests of random cases: of those that hold arithmetic against a slow reference, over very many, and of
// properties.
//
// It is used by the tests of every package, and by `make prove`.
package prove

import (
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Cases plays case after case on all cores, until one differs: play works one case out on both sides, by its seed, and is
// called by several goroutines at once. The environment's HOTLINE_PROVE says how many cases there are, few where it says
// nothing, and HOTLINE_PROVE_SEED is the first one's seed, so that a case that has failed can be played again.
func Cases(t *testing.T, few int, play func(seed uint64) error) {
	t.Helper()
	cases, first := Asked(t, few)
	var next atomic.Int64
	var playing sync.WaitGroup
	began := time.Now()
	for range runtime.GOMAXPROCS(0) {
		playing.Go(func() {
			for !t.Failed() {
				n := next.Add(1) - 1
				if n >= int64(cases) {
					return
				}
				if err := play(first + uint64(n)); err != nil {
					t.Errorf("case %d: %v", first+uint64(n), err)
				}
			}
		})
	}
	playing.Wait()
	t.Logf("%d cases in %s", cases, time.Since(began).Round(time.Millisecond))
}

// Asked is how many cases the environment asks for, few where it says nothing, and the first one's seed: for tests that cannot play
// several cases at once.
func Asked(t *testing.T, few int) (cases int, first uint64) {
	t.Helper()
	return number(t, "HOTLINE_PROVE", few), uint64(number(t, "HOTLINE_PROVE_SEED", 1))
}

// number reads a whole number of the environment.
func number(t *testing.T, name string, otherwise int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}
