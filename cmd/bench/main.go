// Command bench measures what calls cost against the built program with a real PostgreSQL, writes the report that stands
// beside it, and soaks a line in calls that come and go.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	binary := flag.String("hotline", "bin/hotline", "the program to measure")
	dir := flag.String("dir", "bench", "folder of REPORT.md, growth.svg and results.json")
	soak := flag.Duration("soak", 0, "soak a line so long in calls that come and go, instead of the table")
	calls := flag.Int("calls", 300, "calls of the soak")
	only := flag.String("only", "", "measure only these rows, such as no-call,bridges,1000-set-ups,main-job, and write no report")
	against := flag.String("against", "", "another build of the program: measure both in turn, and print the ratios instead of the report")
	times := flag.Int("times", 3, "with -against: how often each is measured")
	profile := flag.Bool("profile", false, "keep the line's pprof files of each span in profiles/ of the folder")
	size := flag.Bool("size", false, "measure lists, a start and calls on the database of a large company, instead of the table")
	company := flag.String("company", "", "with -size or -desk: the folder in which a former run's database lies; it is seeded there, and kept, where the folder is new")
	desk := flag.Bool("desk", false, "measure the staff's pages on that database, instead of the table")
	small := flag.Bool("small", false, "with -size or -desk: 20,000 tickets and calls; with -only agents: 100 agents; with -only names: 500 customers; to try it")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	b := &bench{binary: *binary, dir: *dir, profile: *profile, company: *company, only: *only, small: *small, began: time.Now()}
	run := b.table
	if *soak > 0 {
		run = func(ctx context.Context) error { return b.soak(ctx, *soak, *calls) }
	}
	if *size {
		run = b.size
	}
	if *desk {
		run = b.desk
	}
	if *against != "" {
		run = func(ctx context.Context) error { return b.compare(ctx, *against, *times) }
	}
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench is one run of the bench.
type bench struct {
	binary, dir string
	profile     bool
	company     string // folder of a large company that is there already
	only        string
	small       bool
	voice       string // driver of the voice that speaks names; empty: none
	began       time.Time
}

// say shows progress.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%4.0f s  "+format+"\n", append([]any{time.Since(b.began).Seconds()}, args...)...)
}

// table measures every row and writes the report.
func (b *bench) table(ctx context.Context) error {
	f := figures{machine: machine()}
	if err := b.run(ctx, &f); err != nil || b.only != "" {
		return err
	}
	f.took = time.Since(b.began)
	return errors.Join(b.write(&f), b.show())
}

// run measures every row that is wanted.
func (b *bench) run(ctx context.Context, f *figures) error {
	for _, part := range []struct {
		name string
		rows []string
		run  func(context.Context, *figures) error
	}{
		{"the floor", []string{"floor"}, b.floors},
		{"calls that play and record", []string{"ramps"}, b.ramps},
		{"no call at all, keys, bridges, encryption", steadyRows(), b.steady},
		{sealingRow, []string{sealingRow}, b.sealing},
		{"setting up", rateRows(), b.setups},
		{"the main job", []string{"main job"}, b.jobs},
		{"sooner to a human", []string{soonerRow}, b.sooner},
		{"alerts and mail", []string{arrivalsRow}, b.arrive},
		{"the agents of installations", []string{agentsRow}, b.agents},
		{"names of customers", []string{namesRow}, b.names},
		{"more calls than the machine holds", []string{"overload"}, b.overload},
		{"the floor again", []string{"floor"}, b.floors},
	} {
		if !slices.ContainsFunc(part.rows, b.wants) {
			continue
		}
		b.say("%s", part.name)
		if err := part.run(ctx, f); err != nil {
			return fmt.Errorf("measuring %s: %w", part.name, err)
		}
	}
	return nil
}

// wants tells whether a row is to be measured. A few words of its name are enough to ask for it, with blanks or hyphens.
func (b *bench) wants(row string) bool {
	if b.only == "" {
		return true
	}
	for name := range strings.SplitSeq(strings.ReplaceAll(b.only, "-", " "), ",") {
		if strings.Contains(" "+row+" ", " "+strings.TrimSpace(name)+" ") {
			return true
		}
	}
	return false
}
