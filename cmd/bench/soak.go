package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"hotline/phone/load"
)

// sample is one look at the server during a soak.
type sample struct {
	at                         time.Duration
	calls, goroutines, threads int
	heap, resident             float64 // MB
	files, sockets             int
	late, lost, gaps           int
	cost                       float64
}

// soak holds calls that come and go, and looks whether anything grows. A third of the way in everything has its size.
// From there to the end goroutines, heap, sockets and files must stay within a tenth, and with the calls gone almost
// nothing may be left of them.
func (b *bench) soak(ctx context.Context, length time.Duration, calls int) error {
	return b.with(ctx, nil, func(s *server, k *load.Crowd) error {
		before, err := s.look(ctx)
		if err != nil {
			return err
		}
		const rate = 30.0
		k.Dial(calls*2/3, rate, load.Plan{Number: "tape", Hold: 20 * time.Second, Redial: true, KeyEvery: 4 * time.Second})
		k.Dial(calls/3, rate, load.Plan{Number: "pair", Hold: 15 * time.Second, Redial: true})
		if err := k.Run(ctx, 40*time.Second); err != nil { // the first generation is gone
			return err
		}
		var all []sample
		every := max(10*time.Second, length/30)
		for began := time.Now(); time.Since(began) < length; {
			m, err := k.Measure(s.process(), s.empty)
			if err != nil {
				return err
			}
			if err := k.Run(ctx, every); err != nil {
				return err
			}
			r, err := m.End()
			if err != nil {
				return err
			}
			v, err := s.look(ctx)
			if err != nil {
				return err
			}
			v.at, v.calls, v.late, v.lost, v.gaps, v.cost = time.Since(began), r.Up, r.Late, r.Lost, r.Gaps, r.PerCallSecond()
			all = append(all, v)
			b.say("%d calls (%d completed since), %d goroutines, heap %.1f MB, resident %.1f MB, %d files, %d sockets, %d late, %.2f cpu-ms", v.calls, r.Completed,
				v.goroutines, v.heap, v.resident, v.files, v.sockets, v.late, v.cost)
		}
		if err := empties(ctx, k); err != nil {
			return err
		}
		pause(ctx, 40*time.Second) // 64*T1 after its end nothing is remembered of a dialog
		after, err := s.look(ctx)
		if err != nil {
			return err
		}
		return errors.Join(os.WriteFile(filepath.Join(b.dir, "SOAK.md"), []byte(soaked(length, calls, before, after, all)), 0o644), flat(before, after, all))
	})
}

// look reads the server's metrics and its open files.
func (s *server) look(ctx context.Context) (sample, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.api+"/metrics", nil)
	if err != nil {
		return sample{}, err
	}
	request.Header.Set("Authorization", "Bearer demo")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return sample{}, err
	}
	defer answer.Body.Close()
	value := map[string]float64{}
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		if name, number, found := strings.Cut(lines.Text(), " "); found {
			value[name], _ = strconv.ParseFloat(number, 64)
		}
	}
	v := sample{goroutines: int(value["go_goroutines"]), threads: int(value["go_threads"]), heap: value["go_memstats_heap_inuse_bytes"] / 1e6}
	memory, err := s.process().Memory()
	if err != nil {
		return v, err
	}
	v.resident = float64(memory) / 1e6
	v.files, v.sockets, err = s.process().Files()
	return v, err
}

// flat tells what grew.
func flat(before, after sample, all []sample) error {
	from := all[len(all)/3:]
	var grown []error
	for _, q := range []struct {
		name string
		of   func(sample) float64
		more float64 // that is no growth, beside the tenth
	}{
		{"goroutines", func(s sample) float64 { return float64(s.goroutines) }, 60},
		{"heap, MB", func(s sample) float64 { return s.heap }, 12},
		{"sockets", func(s sample) float64 { return float64(s.sockets) }, 80},
		{"open files", func(s sample) float64 { return float64(s.files) }, 100},
	} {
		half := len(from) / 2
		early, lately := mean(from[:max(1, half)], q.of), mean(from[half:], q.of)
		if lately > 1.1*early+q.more {
			grown = append(grown, fmt.Errorf("%s grew from %.0f to %.0f", q.name, early, lately))
		}
		if q.of(after) > 1.5*q.of(before)+q.more {
			grown = append(grown, fmt.Errorf("%s: %.0f before the calls, %.0f after them", q.name, q.of(before), q.of(after)))
		}
	}
	return errors.Join(grown...)
}

func mean(list []sample, of func(sample) float64) float64 {
	sum := 0.0
	for _, s := range list {
		sum += of(s)
	}
	return sum / float64(max(1, len(list)))
}

// soaked is the report of a soak.
func soaked(length time.Duration, calls int, before, after sample, all []sample) string {
	var out strings.Builder
	fmt.Fprintf(&out, "# A soak\n\n%s, %d cores: %s of %d calls that come and go (two thirds hear and are recorded for 20 s and press keys, a third are joined in pairs for 15 s).\n\n",
		time.Now().Format("2006-01-02"), runtime.NumCPU(), length, calls)
	out.WriteString("| after | calls | goroutines | threads | heap | resident | files | sockets | > 20 ms late | lost | gaps | cpu-ms per call-second |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n")
	line := func(name string, s sample) {
		fmt.Fprintf(&out, "| %s | %d | %d | %d | %.1f MB | %.1f MB | %d | %d | %d | %d | %d | %.2f |\n", name, s.calls, s.goroutines, s.threads, s.heap, s.resident, s.files, s.sockets, s.late, s.lost, s.gaps, s.cost)
	}
	line("before", before)
	for _, s := range all {
		line(s.at.Round(time.Second).String(), s)
	}
	line("the calls are gone", after)
	verdict := "Nothing grew."
	if err := flat(before, after, all); err != nil {
		verdict = "**Something grew**: " + strings.ReplaceAll(err.Error(), "\n", "; ") + "."
	}
	return out.String() + "\n" + verdict + "\n"
}
