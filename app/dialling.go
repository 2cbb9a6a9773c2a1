package app

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"hotline/config"
)

// dialling turns telephone numbers into addresses of a trunk, within what the owner allows: numbers below the listed
// prefixes, so many an hour and a day. Safe for concurrent use.
type dialling struct {
	trunks []config.Trunk
	limits config.Outgoing

	mu     sync.Mutex
	placed []time.Time // of the last day, oldest first
}

var errNotAllowed = errors.New("not allowed by the configuration")

// may tells whether a number can be dialled at all; it spends nothing.
func (d *dialling) may(number string) bool {
	_, err := d.address(number)
	return err == nil
}

func (d *dialling) address(number string) (config.Trunk, error) {
	for i, c := range number {
		if (c < '0' || c > '9') && (c != '+' || i > 0) {
			return config.Trunk{}, fmt.Errorf("%q is no telephone number: %w", number, errNotAllowed)
		}
	}
	allowed := false
	for _, p := range d.limits.Prefixes {
		allowed = allowed || strings.HasPrefix(number, p)
	}
	if !allowed || number == "" {
		return config.Trunk{}, fmt.Errorf("the number begins with no prefix of outgoing.prefixes: %w", errNotAllowed)
	}
	for _, t := range d.trunks {
		if t.Proxy != "" {
			return t, nil
		}
	}
	return config.Trunk{}, fmt.Errorf("no trunk has a proxy: %w", errNotAllowed)
}

// number spends one call of the budgets and gives the SIP address and the trunk.
func (d *dialling) number(number string) (address, trunk string, err error) {
	t, err := d.address(number)
	if err != nil {
		return "", "", err
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
		return "", "", fmt.Errorf("%d calls were placed within the hour and %d within the day: %w", hour, len(d.placed), errNotAllowed)
	}
	d.placed = append(d.placed, now)
	host := strings.TrimPrefix(t.Proxy, "sip:")
	return "sip:" + number + "@" + host, t.Name, nil
}
