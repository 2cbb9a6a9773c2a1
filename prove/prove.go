// Package prove is the frame of the tests that hold arithmetic against a slow reference, over very many random cases.
//
// It is used by the tests of sla and of oncall/rota, and by `make prove`.
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
	cases, first := number(t, "HOTLINE_PROVE", few), number(t, "HOTLINE_PROVE_SEED", 1)
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
				if err := play(uint64(first) + uint64(n)); err != nil {
					t.Errorf("case %d: %v", int64(first)+n, err)
				}
			}
		})
	}
	playing.Wait()
	t.Logf("%d cases in %s", cases, time.Since(began).Round(time.Millisecond))
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
