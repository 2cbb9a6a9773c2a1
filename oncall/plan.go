package oncall

import (
	"sort"
	"time"
)

// place is one engineer on duty at a level.
type place struct {
	engineer EngineerID
	level    int
	order    int
}

// Plan lists the telephones to be rung at now: level by level, within a level in the rota's order, each engineer's
// phones in theirs, nobody twice. gap tells that nobody with a telephone is on duty: the operator must hear of it.
func Plan(r Rota, engineers []Engineer, now time.Time) (attempts []Attempt, gap bool, err error) {
	duty, err := r.duty(now)
	if err != nil {
		return nil, true, err
	}
	byID := map[EngineerID]Engineer{}
	for _, e := range engineers {
		byID[e.ID] = e
	}
	called := map[EngineerID]bool{}
	for _, p := range duty {
		e, known := byID[p.engineer]
		if !known || called[p.engineer] {
			continue
		}
		called[p.engineer] = true
		for _, phone := range e.Phones {
			attempts = append(attempts, Attempt{Engineer: e.ID, Name: e.Name, Level: p.level, Phone: phone, Language: e.Language})
		}
	}
	return attempts, len(attempts) == 0, nil
}

// First puts one engineer's telephones in front of the others: who has a ticket in hand is rung before the chain, on duty
// or not. Attempts stay as they are when the engineer is unknown or has no telephone.
func First(attempts []Attempt, engineers []Engineer, id EngineerID) []Attempt {
	var front []Attempt
	for _, e := range engineers {
		if e.ID != id || id == "" {
			continue
		}
		for _, phone := range e.Phones {
			front = append(front, Attempt{Engineer: e.ID, Name: e.Name, Phone: phone, Language: e.Language})
		}
	}
	if len(front) == 0 {
		return attempts
	}
	for _, a := range attempts {
		if a.Engineer != id {
			front = append(front, a)
		}
	}
	return front
}

// duty gives those on duty at now after the overrides, in the order in which they are called.
func (r Rota) duty(now time.Time) ([]place, error) {
	zone, err := r.zone()
	if err != nil {
		return nil, err
	}
	return r.overridden(placesAt(r.runs(zone, now, now.Add(1)), now), now), nil
}

// overridden puts the overrides of an instant over the shifts that run then. They are put into order first: whoever stands at a level
// twice, once for somebody else, is replaced where they would be called first.
func (r Rota) overridden(duty []place, now time.Time) []place {
	inOrder := func() {
		sort.SliceStable(duty, func(i, j int) bool {
			if duty[i].level != duty[j].level {
				return duty[i].level < duty[j].level
			}
			return duty[i].order < duty[j].order
		})
	}
	inOrder()
	for _, o := range r.Overrides {
		if !now.Before(o.From) && now.Before(o.Until) {
			duty = o.apply(duty)
		}
	}
	inOrder()
	return duty
}

// apply takes the override's engineer off the level and puts the substitute in the same place; a substitute without
// somebody to replace joins at the level's end.
func (o Override) apply(duty []place) []place {
	var next []place
	replaced := false
	for _, p := range duty {
		if o.Engineer == "" || p.level != o.Level || p.engineer != o.Engineer {
			next = append(next, p)
			continue
		}
		if !replaced && o.Instead != "" {
			next = append(next, place{o.Instead, o.Level, p.order})
		}
		replaced = true
	}
	if o.Instead != "" && o.Engineer == "" {
		next = append(next, place{o.Instead, o.Level, 1 << 30})
	}
	return next
}
