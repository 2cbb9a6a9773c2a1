package app

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"hotline/config"
	"hotline/line"
	"hotline/sip"
)

// dialling turns telephone numbers into addresses of a trunk, within what the owner allows: numbers of the directory
// that are below the listed prefixes, so many an hour and a day. Nothing that a caller says or keys widens that. Safe for
// concurrent use.
type dialling struct {
	trunks []config.Trunk
	limits config.Outgoing
	listed func(number string) bool // engineers, operators, and customers with their numbers; nil: nobody
	fares  func() []sip.TrunkStatus // nil: nothing is known of the trunks
	alarm  func(text string)        // hears once that a cap is reached; nil for nobody

	mu     sync.Mutex
	placed []time.Time // of the last day, oldest first
	capped bool        // the last call was refused for a cap
}

var errNotAllowed = errors.New("not allowed by the configuration")

// may tells whether a number can be dialled at all; it spends nothing.
func (d *dialling) may(number string) bool {
	_, err := d.ways(number)
	return err == nil
}

// ways are the trunks that a number can be dialled by: in the order of the configuration, those that fail last.
func (d *dialling) ways(number string) ([]config.Trunk, error) {
	for i, c := range number {
		if (c < '0' || c > '9') && (c != '+' || i > 0) {
			return nil, fmt.Errorf("%q is no telephone number: %w", number, errNotAllowed)
		}
	}
	allowed := false
	for _, p := range d.limits.Prefixes {
		allowed = allowed || strings.HasPrefix(number, p)
	}
	if !allowed || number == "" {
		return nil, fmt.Errorf("the number begins with no prefix of outgoing.prefixes: %w", errNotAllowed)
	}
	if d.listed == nil || !d.listed(number) {
		return nil, fmt.Errorf("the number is in no directory of engineers, operators or customers: %w", errNotAllowed)
	}
	var ways []config.Trunk
	for _, t := range d.trunks {
		if t.Proxy != "" {
			ways = append(ways, t)
		}
	}
	if len(ways) == 0 {
		return nil, fmt.Errorf("no trunk has a proxy: %w", errNotAllowed)
	}
	failing := d.failing()
	slices.SortStableFunc(ways, func(a, b config.Trunk) int { return failing[a.Name] - failing[b.Name] })
	return ways, nil
}

func (d *dialling) failing() map[string]int {
	out := map[string]int{}
	if d.fares == nil {
		return out
	}
	for _, t := range d.fares() {
		if t.State == sip.TrunkFailing || t.State == sip.TrunkRefused {
			out[t.Name] = 1
		}
	}
	return out
}

// number spends one call of the budgets and gives the ways to dial it.
func (d *dialling) number(number string) ([]line.Route, error) {
	ways, err := d.ways(number)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	for len(d.placed) > 0 && now.Sub(d.placed[0]) > 24*time.Hour {
		d.placed = d.placed[1:]
	}
	hour := 0
	for _, at := range d.placed {
		if now.Sub(at) <= time.Hour {
			hour++
		}
	}
	if hour >= d.limits.PerHour || len(d.placed) >= d.limits.PerDay {
		words := fmt.Sprintf("%d calls were placed within the hour and %d within the day", hour, len(d.placed))
		if !d.capped && d.alarm != nil {
			d.alarm("no number is dialled any more: " + words + "; see who caused them, then raise outgoing.per_hour or per_day if they were right")
		}
		d.capped = true
		return nil, fmt.Errorf("%s: %w", words, errNotAllowed)
	}
	d.capped = false
	d.placed = append(d.placed, now)
	var routes []line.Route
	for _, t := range ways {
		host := cmp.Or(t.Domain, strings.TrimPrefix(strings.TrimPrefix(t.Proxy, "sips:"), "sip:"))
		routes = append(routes, line.Route{Address: "sip:" + number + "@" + host, Trunk: t.Name})
	}
	return routes, nil
}
