// Package oracle is the reference that rotas are proven against: it walks minute by minute and is stupid on purpose.
//
// It knows nothing of package rota. It reads a rota as it is stored, asks the zone for the time on the wall, and says who is
// on call. It serves tests only.
package oracle

import (
	"encoding/json"
	"fmt"
	"time"
)

// Rota is a stored rota, read again, with whoever is absent and the calendars that its layers follow.
type Rota struct {
	zone      *time.Location
	shifts    []shift
	layers    []layer
	overrides []override
	swaps     []swap
	absences  []absence
}

// The stored forms. Spans are nanoseconds, weekdays begin with Sunday as 0.
type (
	shift struct {
		Engineer          string
		Level, Order, Day int
		From, Length      int64
	}
	interval struct {
		Day         int
		From, Until int64
	}
	layer struct {
		Level, Every           int
		Beside                 bool
		Rotation, Start, Until string
		Turns                  []struct {
			Engineer string
			Length   int64
		}
		Hours  []interval
		Follow struct {
			Calendar string
			Closed   bool
		}
		follows *calendar
		start   int64 // minutes on the wall
		until   int64 // 0: never
		cursor  int   // the turn under way
		ends    int64 // when it does, in minutes on the wall
	}
	override struct {
		Engineer, Instead string
		Level             int
		From, Until       time.Time
	}
	swap struct {
		Engineer, With string
		From, Until    time.Time
		BackFrom       time.Time `json:"back_from"`
		BackUntil      time.Time `json:"back_until"`
	}
	absence struct {
		Engineer    string
		From, Until time.Time
	}
	calendar struct {
		ID, Zone string
		Week     []interval
		wall     wall
	}
)

const minuteOf = int64(time.Minute)

// Read reads a rota, a list of absences and a list of calendars, each as it is stored. Of a calendar only the week counts.
func Read(stored, absences, calendars []byte) (*Rota, error) {
	var raw struct {
		Zone      string
		Shifts    []shift
		Layers    []layer
		Overrides []override
		Swaps     []swap
	}
	var known []*calendar
	r := &Rota{}
	for _, part := range []struct {
		text []byte
		into any
	}{{stored, &raw}, {absences, &r.absences}, {calendars, &known}} {
		if err := json.Unmarshal(part.text, part.into); err != nil {
			return nil, fmt.Errorf("reading what is stored: %w", err)
		}
	}
	var err error
	if r.zone, err = time.LoadLocation(raw.Zone); err != nil {
		return nil, err
	}
	r.shifts, r.layers, r.overrides, r.swaps = raw.Shifts, raw.Layers, raw.Overrides, raw.Swaps
	for i := range r.layers {
		l := &r.layers[i]
		l.start, l.until = onWall(l.Start), onWall(l.Until)
		l.ends = l.start + l.length(0)
		for _, c := range known {
			if c.ID == l.Follow.Calendar {
				l.follows = c
			}
		}
	}
	for _, c := range known {
		zone, err := time.LoadLocation(c.Zone)
		if err != nil {
			return nil, err
		}
		c.wall.zone = zone
	}
	return r, nil
}

// onWall is a time on the wall in minutes since 1970; 0 for none.
func onWall(text string) int64 {
	t, err := time.Parse("2006-01-02T15:04", text)
	if err != nil {
		return 0
	}
	return t.Unix() / 60
}

// length is how many minutes a turn has.
func (l *layer) length(turn int) int64 {
	every := int64(max(l.Every, 1))
	switch l.Rotation {
	case "daily":
		return every * 24 * 60
	case "weekly":
		return every * 7 * 24 * 60
	}
	return l.Turns[turn].Length / minuteOf
}
