package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"hotline/phone/load"
	"hotline/prompts"
	"hotline/prompts/packs"
)

// sizeSQL writes a large company into the database.
//
//go:embed size.sql
var sizeSQL string

const (
	sizeJobs    = 100  // main jobs, before and after
	sizeRate    = 10   // begun a second
	sizeFilters = 1000 // random lists of tickets
	sizeFurther = 300  // random searches, lists of calls
	sizeStarts  = 3
)

// sizes are the figures of the bench of a large company.
type sizes struct {
	machine, server string
	empty, full     load.Result // main jobs
	seeding         time.Duration
	octets          string // of the database
	rows            string
	starts          []time.Duration
	memory          [2]int // of the program without a call, in octets: empty, full
	asked           []asked
}

// asked are requests of one kind.
type asked struct {
	what     string
	goal     time.Duration
	took     []time.Duration
	slowest  string
	program  time.Duration // CPU of one, those of the page after counted in
	database time.Duration // the same of PostgreSQL
	load     string        // of the machine before
}

// size measures the program on the database of a large company, and what the same calls cost on an empty one.
func (b *bench) size(ctx context.Context) error {
	f := sizes{machine: machine()}
	s, err := b.start(ctx)
	if err != nil {
		return err
	}
	if err := b.grown(ctx, s, &f); err != nil {
		return errors.Join(err, fmt.Errorf("the program's log ends: %s", s.lastWords()), b.away(s))
	}
	if err := b.away(s); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(b.dir, "SIZE.md"), []byte(f.report()), 0o644)
}

func (b *bench) grown(ctx context.Context, s *server, f *sizes) error {
	f.memory[0] = s.empty
	pins, err := s.contracts(ctx, sizeJobs)
	if err != nil {
		return err
	}
	b.say("%d main jobs on an empty database", sizeJobs)
	if f.empty, err = b.fewJobs(ctx, s, pins); err != nil {
		return err
	}
	if pins, err = b.fill(ctx, s, f, pins); err != nil {
		return err
	}
	for range sizeStarts {
		took, err := b.again(ctx, s)
		if err != nil {
			return err
		}
		f.starts = append(f.starts, took)
		b.say("started in %v", took.Round(time.Millisecond))
	}
	if f.memory[1], err = s.process().Memory(); err != nil {
		return err
	}
	b.say("the same jobs on the full database")
	if f.full, err = b.fewJobs(ctx, s, pins); err != nil {
		return err
	}
	facts, err := s.psql(ctx, `select pg_size_pretty(pg_database_size(current_database())); show server_version;
		select format('%s contracts, %s tickets, %s lines of history, %s calls', (select count(*) from documents where kind = 'contract'),
			(select count(*) from tickets), (select count(*) from events), (select count(*) from calls));`)
	if err != nil {
		return err
	}
	if lines := strings.Split(strings.TrimSpace(facts), "\n"); len(lines) == 3 {
		f.octets, f.server, f.rows = lines[0], lines[1], lines[2]
	}
	return b.lists(ctx, s, f)
}

// fill makes the large company, or takes the folder in which a former run left it. A folder to keep that is not there yet gets a new one.
func (b *bench) fill(ctx context.Context, s *server, f *sizes, pins []string) ([]string, error) {
	if b.company == "" {
		return pins, b.seed(ctx, s, f)
	}
	if err := s.stop(); err != nil {
		return nil, err
	}
	_, err := os.Stat(filepath.Join(b.company, "data"))
	fresh := errors.Is(err, fs.ErrNotExist)
	if err := os.MkdirAll(b.company, 0o755); err != nil { // the private database's owner must be able to enter
		return nil, err
	}
	s.dir = b.company
	if err := errors.Join(s.launch(b.binary), s.ready(ctx)); err != nil {
		return nil, err
	}
	if fresh {
		if err := b.seed(ctx, s, f); err != nil {
			return nil, err
		}
	}
	if _, err := os.Stat(s.pins()); err == nil {
		text, err := os.ReadFile(s.pins())
		return strings.Fields(string(text)), err
	}
	b.say("adding contracts to it")
	pins, err = s.contracts(ctx, sizeJobs)
	return pins, errors.Join(err, os.WriteFile(s.pins(), []byte(strings.Join(pins, "\n")), 0o600))
}

// seed writes the large company.
func (b *bench) seed(ctx context.Context, s *server, f *sizes) error {
	b.say("seeding")
	began := time.Now()
	sql := sizeSQL
	if b.small {
		sql = strings.NewReplacer("500000", "20000", "485000", "19400").Replace(sql)
	}
	_, err := s.psql(ctx, sql)
	f.seeding = time.Since(began)
	return err
}

// pins is where the PINs of the contracts lie by which a kept company is called.
func (s *server) pins() string { return filepath.Join(s.dir, "pins") }

// away ends the program and removes its folder, unless it is one to keep.
func (b *bench) away(s *server) error {
	if s.dir == b.company {
		return s.end()
	}
	return s.stop()
}

// lists asks for lists of every kind.
func (b *bench) lists(ctx context.Context, s *server, f *sizes) error {
	r := rand.New(rand.NewPCG(417, 10))
	for _, k := range []struct {
		what  string
		goal  time.Duration
		n     int
		query func() string
	}{
		{"tickets: random filters and orders", 50 * time.Millisecond, sizeFilters, func() string { return randomTickets(r) }},
		{"tickets: each order alone", 50 * time.Millisecond, 80, func() string { return "/tickets?sort=" + one(r, orders()...) }},
		{"search: words, names, numbers", 100 * time.Millisecond, sizeFurther, func() string { return "/tickets?q=" + url.QueryEscape(randomWords(r)) }},
		{"search with random filters and orders", 100 * time.Millisecond, sizeFurther, func() string {
			return randomTickets(r) + "&q=" + url.QueryEscape(randomWords(r))
		}},
		{"calls: random filters", 50 * time.Millisecond, sizeFurther, func() string { return randomCalls(r) }},
	} {
		first, next := asked{what: k.what, goal: k.goal, load: load.LoadAverage()}, asked{what: k.what + ", the page after", goal: k.goal, load: load.LoadAverage()}
		program, database, err := s.spent()
		if err != nil {
			return err
		}
		for range k.n {
			path := k.query()
			after, err := s.timed(ctx, path, &first)
			if err == nil && after != "" {
				_, err = s.timed(ctx, path+"&after="+after, &next)
			}
			if err != nil {
				return err
			}
		}
		p, d, err := s.spent()
		if err != nil {
			return err
		}
		n := time.Duration(len(first.took) + len(next.took))
		first.program, first.database = (p-program)/n, (d-database)/n
		f.asked = append(f.asked, first, next)
		b.say("%s: p50 %v, p95 %v, slowest %s", k.what, first.at(50), first.at(95), first.slowest)
	}
	return nil
}

// spent is the CPU of the program and of its database until now.
func (s *server) spent() (program, database time.Duration, err error) {
	program, err = s.process().CPU()
	return program, s.process().PostgreSQL(), err
}

// timed asks for a page and gives the cursor of the next one.
func (s *server) timed(ctx context.Context, path string, a *asked) (next string, err error) {
	var page struct {
		Next string `json:"next"`
	}
	began := time.Now()
	if err := s.call(ctx, http.MethodGet, path, nil, &page); err != nil {
		return "", err
	}
	took := time.Since(began)
	if len(a.took) == 0 || took > slices.Max(a.took) {
		a.slowest = fmt.Sprintf("%v: %s", took.Round(time.Millisecond), path)
	}
	a.took = append(a.took, took)
	return page.Next, nil
}

// at is a percentile.
func (a asked) at(percent int) time.Duration {
	if len(a.took) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(a.took))
	return sorted[min(len(sorted)-1, len(sorted)*percent/100)].Round(100 * time.Microsecond)
}

// fewJobs are main jobs, measured after some that warm everything up.
func (b *bench) fewJobs(ctx context.Context, s *server, pins []string) (load.Result, error) {
	pack, err := packs.Load(prompts.Italian)
	if err != nil {
		return load.Result{}, err
	}
	voice, _ := pack.Clip("menu")
	k, err := s.crowd(voice)
	if err != nil {
		return load.Result{}, err
	}
	defer k.Close()
	plan := load.Plan{Number: "hotline", Keys: func(n int) string { return jobKeys(pins[n%len(pins)]) }}
	var m *load.Span
	for _, n := range []int{sizeJobs / 5, sizeJobs} {
		if m, err = k.Measure(s.process(), s.empty); err != nil {
			return load.Result{}, err
		}
		k.Dial(n, sizeRate, plan)
		if err := k.RunUntil(ctx, time.Duration(n/sizeRate)*time.Second+time.Minute, func() bool { return k.Alive() == 0 }); err != nil {
			return load.Result{}, err
		}
	}
	return m.End()
}

// again ends the program and starts it on the same folder, and tells how long the start took.
func (b *bench) again(ctx context.Context, s *server) (time.Duration, error) {
	if err := s.end(); err != nil {
		return 0, err
	}
	began := time.Now()
	if err := s.launch(b.binary); err != nil {
		return 0, err
	}
	if err := s.ready(ctx); err != nil {
		return 0, err
	}
	took := time.Since(began)
	pause(ctx, 2*time.Second)
	return took, nil
}

// psql runs SQL in the program's private database.
func (s *server) psql(ctx context.Context, sql string) (string, error) {
	pid, err := os.ReadFile(filepath.Join(s.dir, "data", "postgres", "postmaster.pid"))
	if err != nil {
		return "", err
	}
	const socket = 4 // line of its folder
	lines := strings.Split(string(pid), "\n")
	if len(lines) <= socket {
		return "", errors.New("the private database does not tell where its socket is")
	}
	var said, wrong strings.Builder
	cmd := exec.CommandContext(ctx, "psql", "-X", "-q", "-A", "-t", "-h", lines[socket], "-U", "hotline", "-v", "ON_ERROR_STOP=1",
		"-v", "now="+time.Now().UTC().Format(time.RFC3339), "-f", "-", "postgres")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(sql), &said, &wrong
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("psql: %w: %s", err, wrong.String())
	}
	return said.String(), nil
}
