package duty

import (
	"context"
	"fmt"
	"slices"
	"time"

	"hotline/oncall"
	"hotline/oncall/escalation"
)

// Way is how an engineer comes to a shift by telephone.
type Way string

// The ways, as an override's reason says them; whose shift it was follows.
const (
	Takes     Way = "takes the shift of"        // by the engineer's own key
	StandsIn  Way = "stands in for"             // asked by telephone
	TakesOver Way = "takes the shift over from" // which runs, and is handed over
)

// longestName is how many characters of a name stand in a reason.
const longestName = 50

// reason says of an override who is on call, in which way, and when that was settled, by the rota's wall.
func (w Way) reason(by, of string, now time.Time) func(zone *time.Location) string {
	return func(zone *time.Location) string {
		return fmt.Sprintf("%s %s %s, by telephone on %s", by, w, of, now.In(zone).Format("2006-01-02 15:04 MST"))
	}
}

// named is an engineer's name, or the id of one who is not known any more; "nobody" for none.
func named(d escalation.Documents, id oncall.EngineerID) string {
	if id == "" {
		return "nobody"
	}
	name := string(id)
	if at := slices.IndexFunc(d.Engineers, func(e oncall.Engineer) bool { return e.ID == id }); at >= 0 && d.Engineers[at].Name != "" {
		name = d.Engineers[at].Name
	}
	if letters := []rune(name); len(letters) > longestName {
		name = string(letters[:longestName]) + "…"
	}
	return name
}

// Running is the shift of an engineer's that runs now; ErrNoShift where none does.
func (s Shifts) Running(ctx context.Context, id oncall.EngineerID, now time.Time) (Shift, error) {
	own, err := s.Own(ctx, id, now)
	if err == nil && own.From.After(now) {
		err = ErrNoShift
	}
	return own, err
}

// Successors are the same as Others; who comes on call next, after the shift at its level, stands first.
func (s Shifts) Successors(ctx context.Context, shift Shift) ([]oncall.Attempt, error) {
	d, err := escalation.Read(ctx, s.Store)
	if err != nil {
		return nil, err
	}
	list, err := others(d, shift)
	if err != nil {
		return nil, err
	}
	f, _ := d.Facts()
	plan, _ := planOf(f, shift.Rota) // others has found it
	var next oncall.EngineerID
	for _, one := range plan.Stretches(shift.Until, shift.Until.Add(mostShift)) {
		if one.Level == shift.Level && one.Engineer != "" && one.Engineer != shift.Engineer {
			next = one.Engineer
			break
		}
	}
	slices.SortStableFunc(list, func(a, b oncall.Attempt) int {
		switch {
		case a.Engineer == b.Engineer:
			return 0
		case a.Engineer == next:
			return -1
		case b.Engineer == next:
			return 1
		}
		return 0
	})
	return list, nil
}
