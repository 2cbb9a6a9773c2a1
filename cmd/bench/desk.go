package main

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"hotline/phone/load"
)

const (
	deskFilters = 1000 // random pages of each list
	deskPages   = 200  // of each page beside lists
	deskGoal    = 50 * time.Millisecond
	searchGoal  = 100 * time.Millisecond
)

// deskPage is one kind of page.
type deskPage struct {
	asked
	octets int // of the heaviest one, compressed
}

// desk measures the staff's pages on the database of a large company.
func (b *bench) desk(ctx context.Context) error {
	f := sizes{machine: machine()}
	s, err := b.start(ctx)
	if err != nil {
		return err
	}
	pages, err := b.browsed(ctx, s, &f)
	if err != nil {
		return errors.Join(err, fmt.Errorf("the program's log ends: %s", s.lastWords()), b.away(s))
	}
	return errors.Join(b.away(s), os.WriteFile(filepath.Join(b.dir, "DESK.md"), []byte(deskReport(&f, pages)), 0o644))
}

func (b *bench) browsed(ctx context.Context, s *server, f *sizes) ([]deskPage, error) {
	pins, err := s.contracts(ctx, 1)
	if err != nil {
		return nil, err
	}
	if _, err := b.fill(ctx, s, f, pins); err != nil {
		return nil, err
	}
	if _, err := b.again(ctx, s); err != nil { // what was seeded is read as a start reads it
		return nil, err
	}
	if err := s.rest(ctx); err != nil {
		return nil, err
	}
	if err := b.monthsKept(ctx, s); err != nil {
		return nil, err
	}
	facts, err := s.psql(ctx, `select pg_size_pretty(pg_database_size(current_database())); show server_version;
		select format('%s contracts, %s tickets, %s lines of history, %s calls', (select count(*) from documents where kind = 'contract'),
			(select count(*) from tickets), (select count(*) from events), (select count(*) from calls)); select min(number) || ' ' || max(number) from tickets;
		select string_agg(id, ' ') from (select id from calls tablesample system (1) limit 500) c;`)
	lines := strings.Split(strings.TrimSpace(facts), "\n")
	if err != nil || len(lines) != 5 {
		return nil, fmt.Errorf("looking at what was seeded: %q, %w", facts, err)
	}
	f.octets, f.server, f.rows = lines[0], lines[1], lines[2]
	var first, last int
	if _, err := fmt.Sscan(lines[3], &first, &last); err != nil {
		return nil, fmt.Errorf("the tickets' numbers: %w", err)
	}
	client, err := s.logIn(ctx)
	if err != nil {
		return nil, err
	}
	calls, r := strings.Fields(lines[4]), rand.New(rand.NewPCG(417, 15))
	var list []deskPage
	for _, k := range deskKinds(r, first, last, calls) {
		p := deskPage{asked: asked{what: k.what, goal: deskGoal, load: load.LoadAverage()}}
		if k.searches {
			p.goal = searchGoal
		}
		if k.forget {
			// one ticket of each month is written
			if _, err := s.psql(ctx, "update tickets set version = version + 1 where number in (select distinct on (date_trunc('month', opened_at at time zone 'Europe/Rome')) number from tickets);"); err != nil {
				return nil, err
			}
		}
		for range k.n {
			if err := s.page(ctx, client, k.path(), &p); err != nil {
				return nil, err
			}
		}
		b.say("%s: p50 %v, p95 %v, %d octets, slowest %s", p.what, p.at(50), p.at(95), p.octets, p.slowest)
		list = append(list, p)
	}
	return list, nil
}

// monthsKept waits until the months that are over are added up, which the program does after a start, one every two seconds.
func (b *bench) monthsKept(ctx context.Context, s *server) error {
	b.say("waiting until the months that are over are added up")
	const over = `select (select count(*) from month_summaries) >= count(distinct date_trunc('month', opened_at at time zone 'Europe/Rome')) - 1 from tickets;`
	for range 300 {
		done, err := s.psql(ctx, over)
		if err != nil || strings.TrimSpace(done) == "t" {
			return err
		}
		pause(ctx, 2*time.Second)
	}
	return errors.New("the months that are over are not added up within ten minutes")
}

// deskKind is one kind of page, and how an address of it is drawn.
type deskKind struct {
	what string
	n    int
	path func() string

	searches bool // full text, which has a goal of its own
	forget   bool // one ticket of each month is written first
}

func deskKinds(r *rand.Rand, first, last int, calls []string) []deskKind {
	began := time.Date(time.Now().Year(), time.Now().Month(), 1, 12, 0, 0, 0, time.UTC)
	month := func() string { return began.AddDate(0, -r.IntN(60), 0).Format("2006-01") }
	newest := 0
	customer := func() string { return fmt.Sprint("/customers/size-", often(r, 8000)) }
	return []deskKind{
		{what: "board: random filters", n: deskFilters, path: func() string { return randomBoard(r) }},
		{what: "board: searches", n: deskPages, searches: true, path: func() string { return "/?state=all&q=" + url.QueryEscape(randomWords(r)) }},
		{what: "ticket", n: deskFilters, path: func() string { return fmt.Sprint("/tickets/", first+r.IntN(last-first)) }},
		{what: "calls: random filters", n: deskFilters, path: func() string { return randomCalls(r) }},
		{what: "call", n: deskPages, path: func() string { return "/calls/" + one(r, calls...) }},
		{what: "on call", n: deskPages, path: func() string {
			return "/oncall?week=" + time.Now().AddDate(0, 0, 7*(r.IntN(100)-50)).Format(time.DateOnly)
		}},
		{what: "customers", n: deskPages, path: func() string {
			return "/customers?q=" + url.QueryEscape(one(r, "", "Bellini", "conti", fmt.Sprint(often(r, 8000))))
		}},
		{what: "customer", n: deskPages, path: customer},
		{what: "report of a month", n: 60, path: func() string { return "/reports?month=" + month() + "&by=" + one(r, "contract", "level", "category") }},
		{what: "report of a month, added up anew", n: 20, forget: true, path: func() string {
			newest++
			return "/reports?by=contract&month=" + began.AddDate(0, -newest, 0).Format("2006-01")
		}},
		{what: "report of a customer", n: 60, path: func() string { return customer() + "/report?month=" + month() }},
		{what: "levels, what if", n: deskPages, path: func() string {
			return "/calendars?level=" + one(r, "professional", "advanced", "extended") + "&category=blocking&at=" + time.Now().Add(time.Duration(r.IntN(9000))*time.Hour).Format("2006-01-02T15:04")
		}},
		{what: "year of a calendar", n: deskPages, path: func() string { return fmt.Sprint("/calendars/office?year=", 2000+r.IntN(60)) }},
		{what: "level", n: deskPages, path: func() string { return "/levels/" + one(r, "professional", "advanced", "extended") }},
		{what: "import: the choice", n: deskPages, path: func() string { return "/imports" }},
	}
}

// randomBoard is the board with any of its filters.
func randomBoard(r *rand.Rand) string {
	q := url.Values{}
	for _, f := range []struct {
		name  string
		share float64
		value func() string
	}{
		{"state", 0.5, func() string {
			return one(r, "all", "open", "assigned", "in_progress", "waiting", "restored", "closed", "not_request")
		}},
		{"category", 0.4, func() string { return one(r, "blocking", "non_blocking", "question", "change", "feature") }},
		{"assignee", 0.2, func() string { return fmt.Sprint("engineer-", often(r, 40)) }},
		{"customer", 0.2, func() string { return fmt.Sprint("size-", often(r, 8000)) }},
	} {
		if r.Float64() < f.share {
			q.Set(f.name, f.value())
		}
	}
	return "/?" + q.Encode()
}

// logIn is a browser in which the demo's administrator is logged in.
func (s *server) logIn(ctx context.Context) (*http.Client, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	client := &http.Client{Jar: jar}
	q, err := http.NewRequestWithContext(ctx, http.MethodPost, s.api+"/login", strings.NewReader(url.Values{"name": {"demo"}, "password": {"demo-password"}}.Encode()))
	if err != nil {
		return nil, err
	}
	q.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := client.Do(q)
	if err != nil {
		return nil, fmt.Errorf("logging in: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK || answer.Request.URL.Path != "/" {
		return nil, fmt.Errorf("logging in: %s at %s", answer.Status, answer.Request.URL.Path)
	}
	return client, nil
}

// page reads a page whole.
func (s *server) page(ctx context.Context, client *http.Client, path string, p *deskPage) error {
	q, err := http.NewRequestWithContext(ctx, http.MethodGet, s.api+path, nil)
	if err != nil {
		return err
	}
	began := time.Now()
	answer, err := client.Do(q)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	took := time.Since(began)
	if err != nil || answer.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s: %s, %w", path, answer.Status, err)
	}
	if took > p.at(100) {
		p.slowest = fmt.Sprintf("%v: %s", took.Round(time.Millisecond), path)
	}
	p.took, p.octets = append(p.took, took), max(p.octets, zipped(text))
	return nil
}

// zipped is how many octets a text has when it is compressed.
func zipped(text []byte) int {
	var n counter
	w := gzip.NewWriter(&n)
	_, _ = w.Write(text) // a counter takes everything
	_ = w.Close()
	return int(n)
}

type counter int

func (c *counter) Write(b []byte) (int, error) { *c += counter(len(b)); return len(b), nil }

const deskHead = `# The staff's pages of a large company

%s, %s, PostgreSQL %s, measured in one run of ` + "`make bench-desk`" + ` against the built program with a private PostgreSQL of its own: %s, %s. Pages are asked one after the
other over HTTP and read whole; "load" is the machine's load average of the last minute before each row. "Weight" is the heaviest page of a row, compressed.

| page | asked | goal, p95 | p50 | p95 | max | weight, octets | load |
|---|---|---|---|---|---|---|---|
`

func deskReport(f *sizes, pages []deskPage) string {
	var out strings.Builder
	fmt.Fprintf(&out, deskHead, time.Now().Format("2006-01-02"), f.machine, f.server, f.rows, f.octets)
	for _, p := range pages {
		fmt.Fprintf(&out, "| %s | %d | %v | %v | %v%s | %v | %d | %s |\n", p.what, len(p.took), p.goal, p.at(50), p.at(95), missed(p.at(95) > p.goal), p.at(100), p.octets, p.load)
	}
	out.WriteString("\nThe slowest of each:\n\n")
	for _, p := range pages {
		fmt.Fprintf(&out, "- %s: `%s`\n", p.what, p.slowest)
	}
	return out.String()
}
