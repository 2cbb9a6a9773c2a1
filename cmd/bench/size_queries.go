package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"net/url"
	"time"
)

// The values below are those that size.sql writes.

func one(r *rand.Rand, values ...string) string { return values[r.IntN(len(values))] }

func orders() []string {
	return []string{"number", "-number", "opened_at", "-opened_at", "priority", "-priority", "due", "-due"}
}

// often is a number below n; small ones come more often.
func often(r *rand.Rand, n int) int { return int(float64(n) * math.Pow(r.Float64(), 2)) }

// randomTickets is a list with any combination of filters, in any order.
func randomTickets(r *rand.Rand) string {
	q := url.Values{"sort": {one(r, orders()...)}}
	for _, f := range []struct {
		name  string
		share float64
		value func() string
	}{
		{"state", 0.4, func() string {
			return one(r, "open", "assigned", "in_progress", "waiting", "restored", "closed", "not_request", "open,assigned", "open,assigned,in_progress,waiting", "restored,closed")
		}},
		{"category", 0.3, func() string { return one(r, "blocking", "non_blocking", "question", "change", "feature") }},
		{"priority", 0.2, func() string { return one(r, "0", "1", "2", "3", "4", "5", "1,2", "3,4,5") }},
		{"level", 0.3, func() string { return one(r, "professional", "advanced", "extended", "on_request") }},
		{"customer", 0.15, func() string { return fmt.Sprint("size-", often(r, 8000)) }},
		{"contract", 0.1, func() string { return fmt.Sprint("size-", often(r, 10000)) }},
		{"assignee", 0.1, func() string { return fmt.Sprint("engineer-", often(r, 40)) }},
		{"caller", 0.05, func() string { return fmt.Sprint("+3906", 1000000+10*often(r, 8000)+r.IntN(3)) }},
		{"due_before", 0.15, func() string {
			return time.Now().Add(time.Duration(r.IntN(40*24)) * time.Hour).UTC().Format(time.RFC3339)
		}},
	} {
		if r.Float64() < f.share {
			q.Set(f.name, f.value())
		}
	}
	if r.Float64() < 0.3 {
		since, until := between(r)
		q.Set("since", since)
		if r.Float64() < 0.7 {
			q.Set("until", until)
		}
	}
	return "/tickets?" + q.Encode()
}

// between are two instants of the last five years.
func between(r *rand.Rand) (since, until string) {
	a := time.Duration(r.IntN(5*365*24)) * time.Hour
	b := time.Duration(r.Float64() * float64(a))
	now := time.Now().UTC()
	return now.Add(-a).Format(time.RFC3339), now.Add(-b).Format(time.RFC3339)
}

// randomWords is what staff look for: words that are everywhere and words that are rare, names, numbers.
func randomWords(r *rand.Rand) string {
	common := []string{"pompa", "macchine", "server", "stampante", "line", "pressure", "motori", "valves", "sensore", "replaced", "operatore", "reset", "errori",
		"allarmi", "compressore", "restarted", "temperatura", "robot", "network", "backup", "guasti", "ricambi", "tecnico", "fusibili", "vibrations", "quadrante", "scherm"}
	switch r.IntN(8) {
	case 0:
		return one(r, common...)
	case 1:
		return one(r, common...) + " " + one(r, common...)
	case 2:
		return one(r, common...) + " art" + fmt.Sprint(104+often(r, 19000))
	case 3:
		return "art" + fmt.Sprint(104+often(r, 19000))
	case 4:
		return one(r, "Bellini", "Conti", "Ferraro", "Galli", "lomb", "mari", "Orsini") + " " + one(r, "officine", "fratelli", "industr", "gruppo") + " " + fmt.Sprint(often(r, 8000))
	case 5:
		return one(r, "Bellini", "Conti", "galli") + " " + one(r, common...)
	case 6:
		return fmt.Sprint(100000 + r.IntN(500000))[:2+r.IntN(5)]
	}
	return fmt.Sprint("+39 06 ", 1000000+10*often(r, 8000))
}

// randomCalls is a list of calls with any combination of filters.
func randomCalls(r *rand.Rand) string {
	q := url.Values{}
	for _, f := range []struct {
		name  string
		share float64
		value func() string
	}{
		{"number", 0.2, func() string { return fmt.Sprint("+3906", 1000000+10*often(r, 8000)+r.IntN(3)) }},
		{"customer", 0.2, func() string { return fmt.Sprint("size-", often(r, 8000)) }},
		{"contract", 0.2, func() string { return fmt.Sprint("size-", often(r, 10000)) }},
		{"trunk", 0.3, func() string { return one(r, "north", "south", "backup", "none") }},
		{"ending", 0.3, func() string {
			return one(r, "hung up by us", "caller hung up", "no sound", "the trunk failed", "never")
		}},
		{"day", 0.3, func() string {
			return time.Now().Add(-time.Duration(r.IntN(5*365)) * 24 * time.Hour).Format(time.DateOnly)
		}},
	} {
		if r.Float64() < f.share {
			q.Set(f.name, f.value())
		}
	}
	return "/calls?" + q.Encode()
}
