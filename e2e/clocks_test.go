package e2e_test

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"hotline/notify/notifytest"
	"hotline/postgres/local"
)

// cluster is a PostgreSQL of its own that outlives the programs on it.
type cluster struct {
	t    *testing.T
	base *url.URL
}

func openCluster(t *testing.T) cluster {
	t.Helper()
	server, err := local.Start(t.Context(), local.Config{Dir: filepath.Join(dataFolder(t), "cluster"), Throwaway: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Stop() })
	base, err := url.Parse(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	return cluster{t, base}
}

// database makes an empty database and gives its URL.
func (c cluster) database(name string) string {
	c.t.Helper()
	admin, err := pgx.Connect(c.t.Context(), c.base.String())
	if err != nil {
		c.t.Fatal(err)
	}
	defer admin.Close(c.t.Context())
	if _, err := admin.Exec(c.t.Context(), "create database "+name); err != nil {
		c.t.Fatal(err)
	}
	u := *c.base
	u.Path = "/" + name
	return u.String()
}

// tool runs one of PostgreSQL's own programs on a database.
func (c cluster) tool(name, database string, args ...string) []byte {
	c.t.Helper()
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if err != nil || len(found) == 0 {
		c.t.Fatalf("%s is missing: run `make packages`", name)
	}
	out, err := exec.Command(found[len(found)-1], append([]string{"-d", database}, args...)...).Output()
	if err != nil {
		c.t.Fatalf("%s: %v", name, err)
	}
	return out
}

// clockTicket is a ticket as the clocks' test looks at it.
type clockTicket struct {
	Number int64
	Clocks []struct {
		Kind string
		Due  time.Time
	}
	History []struct {
		Kind  string
		At    time.Time
		Facts map[string]string
	}
}

// raised counts the lines of warnings and breaches, such as "broken contact".
func (k clockTicket) raised() map[string]int {
	counts := map[string]int{}
	for _, e := range k.History {
		if e.Kind == "warned" || e.Kind == "broken" {
			counts[e.Kind+" "+e.Facts["clock"]]++
		}
	}
	return counts
}

func (h *house) clocksOf(number int64) (k clockTicket, err error) {
	_, err = h.call(http.MethodGet, fmt.Sprintf("/api/v1/tickets/%d", number), nil, &k)
	return k, err
}

// awaitRaised waits until every ticket has what is wanted, and gives the instant at which the last one had it.
func (h *house) awaitRaised(list []int64, want string, within time.Duration) time.Time {
	h.t.Helper()
	eventually(h.t, within, want+" on every ticket", func() error {
		for _, n := range list {
			k, err := h.clocksOf(n)
			if err != nil {
				return err
			}
			if k.raised()[want] == 0 {
				return fmt.Errorf("ticket %d has %v", n, k.raised())
			}
		}
		return nil
	})
	return time.Now()
}

// punctual fails for every breach that was raised before its due time had passed, or later than it may be.
func (h *house) punctual(list []int64, most time.Duration) {
	h.t.Helper()
	for _, n := range list {
		k, err := h.clocksOf(n)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, e := range k.History {
			due, err := time.Parse(time.RFC3339, e.Facts["due"])
			if e.Kind == "broken" && (err != nil || !e.At.After(due) || e.At.After(due.Add(most))) {
				h.t.Errorf("ticket %d: %s was due at %s and broke at %s (%v)", n, e.Facts["clock"], due, e.At, err)
			}
		}
	}
}

// once fails for every alarm that stands in the history twice.
func (h *house) once(list []int64) {
	h.t.Helper()
	for _, n := range list {
		k, err := h.clocksOf(n)
		if err != nil {
			h.t.Fatal(err)
		}
		for what, count := range k.raised() {
			if count != 1 {
				h.t.Errorf("ticket %d: %s %d times", n, what, count)
			}
		}
	}
}

// seconds is the Extended level with limits that a test can wait for; a breach of contact tells the manager by mail.
func seconds() map[string]any {
	limits := map[string]any{"contact": 4, "intervention": 12, "restore": 3600}
	alarms := []map[string]any{
		{"clock": "contact", "share_percent": 50, "do": []string{}}, {"clock": "contact", "do": []string{"manager"}}, {"clock": "intervention", "do": []string{"manager"}},
	}
	return map[string]any{"name": "Extended", "calendar": "always", "blocking": limits, "non_blocking": limits, "alarms": alarms}
}

// pair is two programs on one database that send their mail to one server.
type pair struct {
	cluster
	a, b  *house
	mail  *notifytest.Server
	file  string // configuration of both
	first string // data folder of a
	url   string
}

func openPair(t *testing.T) *pair {
	t.Helper()
	p := &pair{cluster: openCluster(t), mail: notifytest.Start(t, notifytest.Config{Bare: true}), first: dataFolder(t)}
	p.file, p.url = filepath.Join(p.first, "hotline.yaml"), p.database("hotline")
	text := "mail: {server: '" + p.mail.Address + "', security: none, from: hotline@house.example, manager: [manager@house.example], notify: []}\n"
	if err := os.WriteFile(p.file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p.a = p.again(p.url)
	key, err := os.ReadFile(filepath.Join(p.first, "pin.key"))
	if err != nil {
		t.Fatal(err)
	}
	second := dataFolder(t)
	if err := os.WriteFile(filepath.Join(second, "pin.key"), key, 0o600); err != nil {
		t.Fatal(err)
	}
	p.b = reopen(t, second, "--database", p.url, "--config", p.file)
	return p
}

// again starts a program on the first one's data folder.
func (p *pair) again(database string) *house {
	return reopen(p.t, p.first, "--database", database, "--config", p.file)
}

// promise sets limits of seconds and Rossi's address by one node, and waits until the other knows of them.
func (p *pair) promise() {
	p.t.Helper()
	var rossi struct{ Version int }
	if _, err := p.a.call(http.MethodGet, "/api/v1/customers/rossi", nil, &rossi); err != nil {
		p.t.Fatal(err)
	}
	body := map[string]any{"name": "Rossi S.p.A.", "email": "guasti@rossi.example", "numbers": []string{}, "version": rossi.Version}
	if _, err := p.a.call(http.MethodPut, "/api/v1/customers/rossi", body, nil); err != nil {
		p.t.Fatal(err)
	}
	if _, err := p.a.call(http.MethodPatch, "/api/v1/levels/extended", seconds(), nil); err != nil {
		p.t.Fatal(err)
	}
	eventually(p.t, 30*time.Second, "the other node knows of the level", func() error {
		var body []byte
		_, err := p.b.call(http.MethodGet, "/api/v1/dry-run?level=extended&category=blocking&at=2026-11-20T17:00:00Z", nil, &body)
		if err == nil && !strings.Contains(string(body), `"limit_seconds":12`) {
			err = fmt.Errorf("%s", body)
		}
		return err
	})
}

// open opens blocking tickets by turns, and tells when the intervention of the last one is due.
func (p *pair) open(many int) (list []int64, due time.Time) {
	p.t.Helper()
	for n := range many {
		k := clockTicket{}
		if _, err := []*house{p.a, p.b}[n%2].call(http.MethodPost, "/api/v1/tickets", map[string]any{"contract": "rossi", "claim": "blocking"}, &k); err != nil {
			p.t.Fatal(err)
		}
		list = append(list, k.Number)
		for _, clock := range k.Clocks {
			if clock.Kind == "intervention" {
				due = clock.Due
			}
		}
	}
	return list, due
}

// TestTwoNodesAKillAndARestoreLoseAndDoubleNoAlarm runs two programs on one database, kills both in time of need, and goes
// back to a backup.
func TestTwoNodesAKillAndARestoreLoseAndDoubleNoAlarm(t *testing.T) {
	t.Parallel()
	p := openPair(t)
	p.promise()
	list, overdue := p.open(6)
	backup := filepath.Join(p.first, "backup.sql")
	if err := os.WriteFile(backup, p.tool("pg_dump", p.url), 0o600); err != nil {
		t.Fatal(err)
	}
	p.a.awaitRaised(list, "broken contact", 30*time.Second)
	p.a.punctual(list, 2*time.Second)
	p.a.once(list)
	eventually(t, 30*time.Second, "one receipt and one letter to the manager for each ticket", func() error {
		counts := map[string]int{}
		for _, l := range p.mail.Letters() {
			counts[l.To]++
		}
		if counts["guasti@rossi.example"] != len(list) || counts["manager@house.example"] != len(list) {
			return fmt.Errorf("%v", counts)
		}
		return nil
	})

	for _, h := range []*house{p.a, p.b} { // both die before the intervention is due
		if err := h.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		h.done <- <-h.done
	}
	eventually(t, 30*time.Second, "the intervention is overdue", func() error {
		if left := time.Until(overdue); left > -time.Second {
			return fmt.Errorf("%s left", left)
		}
		return nil
	})
	a := p.again(p.url)
	began := time.Now() // it is ready: how long a busy machine takes to start it is no matter of clocks
	took := a.awaitRaised(list, "broken intervention", 30*time.Second).Sub(began)
	if t.Logf("raised %s after the start", took.Round(time.Millisecond)); took > 5*time.Second {
		t.Error("after a kill everything is raised within 5 s of the start")
	}
	a.once(list)
	a.close()

	restored := p.database("restored")
	p.tool("psql", restored, "-q", "-v", "ON_ERROR_STOP=1", "-f", backup)
	a = p.again(restored)
	began = time.Now()
	a.awaitRaised(list, "broken contact", 30*time.Second)
	took = a.awaitRaised(list, "broken intervention", 30*time.Second).Sub(began)
	if t.Logf("raised %s after the start on the backup", took.Round(time.Millisecond)); took > 5*time.Second {
		t.Error("after a restore everything is raised within 5 s of the start")
	}
	a.once(list)
}
