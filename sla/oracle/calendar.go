// Package oracle is the reference that the clocks are proven against: it walks minute by minute and is stupid on purpose.
//
// It knows nothing of package sla. It reads a calendar as it is stored, asks the zone for the time on the wall, and
// counts. It serves tests only.
package oracle

import (
	"encoding/json"
	"fmt"
	"time"
)

const (
	minute = 60
	dayLen = 1440 // minutes of a day on the wall
)

// day is one date's working time: a mark for each minute that the wall can show.
type day [dayLen]bool

// Calendar is a stored calendar, read again. One goroutine at a time.
type Calendar struct {
	zone     *time.Location
	week     [7]day
	closed   day
	special  map[int][]interval // by date, as 20261224
	yearly   []yearly
	patron   int
	holidays string
}

// yearly is a day's own hours from one year to another; 0 stands for no end.
type yearly struct {
	day          int // as 1224
	since, until int
	hours        []interval
}

type interval struct {
	Day   int
	From  int64 // nanoseconds since midnight
	Until int64
}

// Read reads a calendar as it is stored.
func Read(stored []byte) (*Calendar, error) {
	var raw struct {
		Zone, Holidays, Patron string
		Week                   []interval
		Yearly                 []struct {
			Day          string
			Hours        []interval
			Since, Until int
		}
		Exceptions []struct {
			Date  string
			Hours []interval
		}
	}
	if err := json.Unmarshal(stored, &raw); err != nil {
		return nil, fmt.Errorf("reading a calendar: %w", err)
	}
	zone, err := time.LoadLocation(raw.Zone)
	if err != nil {
		return nil, fmt.Errorf("reading a calendar: %w", err)
	}
	c := &Calendar{zone: zone, special: map[int][]interval{}, patron: number(raw.Patron), holidays: raw.Holidays}
	for _, i := range raw.Week {
		for m := i.From / 6e10; m < i.Until/6e10; m++ {
			c.week[(int64(i.Day)+m/dayLen)%7][m%dayLen] = true
		}
	}
	for _, y := range raw.Yearly {
		c.yearly = append(c.yearly, yearly{number(y.Day), y.Since, y.Until, y.Hours})
	}
	for _, e := range raw.Exceptions {
		c.special[number(e.Date)] = e.Hours
	}
	return c, nil
}

// number takes the digits of a date.
func number(text string) int {
	n := 0
	for _, r := range text {
		if r >= '0' && r <= '9' {
			n = 10*n + int(r-'0')
		}
	}
	return n
}

// on gives a date's minutes; the date is counted in days since 1970.
func (c *Calendar) on(date int64) *day {
	if hours, ok := c.own(date); ok {
		d := &day{}
		mark(d, hours, 0)
		return d
	}
	y, m, d := civil(date)
	if c.feast(y, m, d) {
		return &c.closed
	}
	ordinary := &c.week[((date+4)%7+7)%7] // 1 January 1970 was a Thursday
	if len(c.special)+len(c.yearly) == 0 {
		return ordinary
	}
	sum := *ordinary
	for back := int64(1); back <= 7; back++ {
		if hours, ok := c.own(date - back); ok {
			mark(&sum, hours, back)
		}
	}
	return &sum
}

// own gives the hours of a date that does not follow the week.
func (c *Calendar) own(date int64) ([]interval, bool) {
	y, m, d := civil(date)
	if hours, ok := c.special[y*10000+m*100+d]; ok {
		return hours, true
	}
	for _, r := range c.yearly {
		if r.day == m*100+d && y >= r.since && (r.until == 0 || y <= r.until) {
			return r.hours, true
		}
	}
	return nil, false
}

// mark marks the minutes of intervals that began so many days before.
func mark(d *day, hours []interval, back int64) {
	for _, i := range hours {
		for m := i.From / 6e10; m < i.Until/6e10; m++ {
			if at := m - back*dayLen; at >= 0 && at < dayLen {
				d[at] = true
			}
		}
	}
}

func civil(date int64) (y, m, d int) {
	year, month, day := time.Unix(date*dayLen*minute, 0).UTC().Date()
	return year, int(month), day
}

// feast knows the Italian holidays by heart, and the patron's day.
func (c *Calendar) feast(y, m, d int) bool {
	at := m*100 + d
	if c.patron != 0 && at == c.patron {
		return true
	}
	if c.holidays == "" {
		return false
	}
	switch at {
	case 101, 106, 425, 501, 815, 1101, 1208, 1225, 1226:
		return true
	case 602:
		return y >= 2001
	case 317:
		return y == 2011
	case 1004:
		return y >= 2026
	}
	em, ed := gauss(y)
	monday := time.Date(y, time.Month(em), ed+1, 0, 0, 0, 0, time.UTC)
	return at == em*100+ed || at == int(monday.Month())*100+monday.Day()
}

// gauss is Easter by Gauss's rule for 1900 to 2199, with his two exceptions.
func gauss(y int) (month, day int) {
	n := 5
	if y >= 2100 {
		n = 6
	}
	a, b, c := y%19, y%4, y%7
	d := (19*a + 24) % 30
	e := (2*b + 4*c + 6*d + n) % 7
	day = 22 + d + e
	switch {
	case day <= 31:
		return 3, day
	case d == 29 && e == 6:
		return 4, 19
	case d == 28 && e == 6 && a > 10:
		return 4, 18
	}
	return 4, day - 31
}
