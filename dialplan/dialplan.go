// Package dialplan is whom the line may call: which numbers and SIP addresses, by which trunk, and how often.
//
// line asks it for the routes of each outgoing call. Nothing that a caller says or keys widens it. It starts no goroutine.
package dialplan

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"hotline/budgets"
	"hotline/config"
	"hotline/line"
	"hotline/numbers"
	"hotline/oncall/ring"
	"hotline/sip"
)

// ErrNotAllowed is a call that the configuration does not allow: not there, or not so many.
var ErrNotAllowed = errors.New("not allowed by the configuration")

// Config is what a [Dialler] works with.
type Config struct {
	SIP      config.SIP
	Limits   config.Outgoing
	Operator []string                 // the owner's own list for key 0
	Listed   func(number string) bool // engineers, operators, and customers with their numbers; nil: nobody
	Plan     numbers.Plan             // how numbers are spelt; the zero value leaves them as they are
	Machine  func() []netip.Addr      // this machine's own addresses, for a line that listens at all of them; nil: loopback alone
	States   func() []sip.TrunkStatus // nil: nothing is known of the trunks
	Alarm    func(text string)        // hears that a cap comes near, or is reached; nil for nobody
	Spent    func(budgets.Spending)   // hears of each call, to keep it; it must not wait; nil for nobody
}

// Dialler turns telephones into routes, within what the owner allows: numbers of the directory that are below the listed
// prefixes, SIP addresses of the house, each so many an hour and a day. Safe for concurrent use.
type Dialler struct {
	cfg  Config
	ways atomic.Pointer[carriers]
	caps caps
}

// carriers are the trunks, and what may be dialled by them. What it holds never changes.
type carriers struct {
	trunks   []config.Trunk
	prefixes []string
	own      internalHosts
}

// New makes a dialler.
func New(c Config) *Dialler {
	d := &Dialler{cfg: c, caps: newCaps(c.Limits, c.Alarm, c.Spent)}
	d.Use(c.SIP.Trunks, c.Limits.Prefixes)
	return d
}

// Use puts other trunks, and other prefixes below which numbers are dialled, in the place of those of the configuration.
func (d *Dialler) Use(trunks []config.Trunk, prefixes []string) {
	s := d.cfg.SIP
	s.Trunks = trunks
	d.ways.Store(&carriers{trunks: trunks, prefixes: prefixes, own: newInternalHosts(d.cfg, s)})
}

// May tells whether a telephone can be called at all; it spends nothing.
func (d *Dialler) May(address string) bool {
	if isSIP(address) {
		return d.ways.Load().own.allows(address) == nil
	}
	_, err := d.trunks(address)
	return err == nil
}

// Check tells why a telephone must not be saved as one to ring: its SIP address is not one of the house, or its number is not that
// of a person. Whether a trunk leads to the number is judged when it is dialled, because prefixes and trunks may come later.
func (d *Dialler) Check(address string) error {
	if isSIP(address) {
		return d.ways.Load().own.allows(address)
	}
	if d.cfg.Plan.Emergency(address) {
		return emergency(address)
	}
	if d.cfg.Plan.Service(address) && !d.below(address) {
		return fmt.Errorf("%s is the number of a service; write the telephone's whole number, or list the prefix of the house's extensions under outgoing.prefixes: %w", address, ErrNotAllowed)
	}
	return nil
}

// Routes spends one call of a budget and gives the ways to dial a telephone: of a number the trunks in the order of the
// configuration, those that fail last.
func (d *Dialler) Routes(address string, as ring.Introduction) ([]line.Route, error) {
	if isSIP(address) && as.Trunk != "" {
		return nil, fmt.Errorf("a SIP address is not dialled by a trunk: %w", ErrNotAllowed)
	}
	if isSIP(address) {
		if err := d.ways.Load().own.allows(address); err != nil {
			return nil, err
		}
		if err := d.caps.spend(d.ways.Load().own.free(address), as, time.Now()); err != nil {
			return nil, err
		}
		return []line.Route{{Address: address}}, nil
	}
	ways, err := d.trunks(address)
	if err != nil {
		return nil, err
	}
	if as.Trunk != "" {
		ways = slices.DeleteFunc(ways, func(t config.Trunk) bool { return t.Name != as.Trunk })
	}
	if len(ways) == 0 {
		return nil, fmt.Errorf("no trunk %q has a proxy: %w", as.Trunk, ErrNotAllowed)
	}
	if err := d.caps.spend(false, as, time.Now()); err != nil {
		return nil, err
	}
	var routes []line.Route
	for _, t := range ways {
		host := cmp.Or(t.Domain, strings.TrimPrefix(strings.TrimPrefix(t.Proxy, "sips:"), "sip:"))
		routes = append(routes, line.Route{Address: "sip:" + d.cfg.Plan.Dial(address, t.Dial) + "@" + host, Trunk: t.Name})
	}
	return routes, nil
}

// Recall counts the calls that a former process or another node has placed, oldest first.
func (d *Dialler) Recall(list []budgets.Spending) { d.caps.recall(list) }

// trunks are those that a number can be dialled by.
func (d *Dialler) trunks(number string) ([]config.Trunk, error) {
	for i, c := range number {
		if (c < '0' || c > '9') && (c != '+' || i > 0) {
			return nil, fmt.Errorf("%q is no telephone number: %w", number, ErrNotAllowed)
		}
	}
	if d.cfg.Plan.Emergency(number) {
		return nil, emergency(number)
	}
	if number == "" || !d.below(number) {
		return nil, fmt.Errorf("the number begins with no prefix of outgoing.prefixes: %w", ErrNotAllowed)
	}
	if d.cfg.Listed == nil || !d.cfg.Listed(number) {
		return nil, fmt.Errorf("the number is in no directory of engineers, operators or customers: %w", ErrNotAllowed)
	}
	var ways []config.Trunk
	for _, t := range d.ways.Load().trunks {
		if t.Proxy != "" {
			ways = append(ways, t)
		}
	}
	if len(ways) == 0 {
		return nil, fmt.Errorf("no trunk has a proxy: %w", ErrNotAllowed)
	}
	failing := d.failing()
	slices.SortStableFunc(ways, func(a, b config.Trunk) int { return failing[a.Name] - failing[b.Name] })
	return ways, nil
}

// below tells whether a number is below one of the prefixes, as it is written or as another trunk would dial it. A number of
// another country is below 00 only where the prefix says so.
func (d *Dialler) below(number string) bool {
	plan := d.cfg.Plan
	spelt := []string{plan.E164(number), plan.Dial(number, numbers.As00)}
	if national := plan.Dial(number, numbers.AsNational); !strings.HasPrefix(national, "00") {
		spelt = append(spelt, national)
	}
	for _, p := range d.ways.Load().prefixes {
		for _, s := range spelt {
			if strings.HasPrefix(s, p) && (!strings.HasPrefix(s, "00") || strings.HasPrefix(p, "00")) {
				return true
			}
		}
	}
	return false
}

func (d *Dialler) failing() map[string]int {
	out := map[string]int{}
	if d.cfg.States == nil {
		return out
	}
	for _, t := range d.cfg.States() {
		if t.State == sip.TrunkFailing || t.State == sip.TrunkRefused {
			out[t.Name] = 1
		}
	}
	return out
}
