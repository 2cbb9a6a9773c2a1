package duty

import (
	"context"
	"errors"
	"slices"
	"time"

	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
	"hotline/storage"
)

// ShiftStore is where rotas stand and are written. The stores implement it.
type ShiftStore interface {
	escalation.Source
	Schedule(ctx context.Context, id rota.ID) (rota.Rota, error)
	PutRota(ctx context.Context, r oncall.Rota) (oncall.Rota, error)
	PutSchedule(ctx context.Context, r rota.Rota) (rota.Rota, error)
}

// Shifts is who is on call and when, as engineers ask for it and change it by telephone. A change is an override like those that
// staff write. Safe for concurrent use.
type Shifts struct {
	Store ShiftStore
	Log   func(text string) // hears of each override that is written
}

// How far is looked ahead.
const (
	mostShift = 7 * 24 * time.Hour // an override by telephone is no longer: a stretch that never ends is taken a week at a time
	nextOwn   = 60 * 24 * time.Hour
)

// Why a shift is not given to somebody.
var (
	ErrNoShift      = errors.New("there is no such shift")
	ErrShiftChanged = errors.New("who is on call has changed meanwhile")
	ErrAbsent       = errors.New("an engineer who is absent cannot be on call")
)

// Shift is a stretch on call, and whose it is.
type Shift struct {
	rota.Stretch
	Who  oncall.Engineer // nobody where the rota has a gap
	Zone *time.Location
}

// OnCall is who is on call at an instant in the rota of an engineer, by level, and who comes next.
type OnCall struct {
	Now  []Shift
	Next []Shift // those that begin at the next change, without those that go on
}

// On tells who is on call now, and next, in the rota that names the engineer; the main one where none does.
func (s Shifts) On(ctx context.Context, id oncall.EngineerID, now time.Time) (o OnCall, err error) {
	f, plan, err := s.read(ctx, id)
	if err != nil {
		return o, err
	}
	for _, one := range plan.Stretches(now, now.Add(2*mostShift)) {
		shift := shiftOf(f, plan, one)
		switch {
		case !one.From.After(now):
			o.Now = append(o.Now, shift)
		case len(o.Next) == 0 || o.Next[0].From.Equal(one.From):
			o.Next = append(o.Next, shift)
		}
	}
	return o, nil
}

// ToTake is the shift that an engineer may take: the rest of the one that runs at the first level. If that is the engineer's own,
// it is the next shift of somebody else. ErrNoShift where nobody else is on call.
func (s Shifts) ToTake(ctx context.Context, id oncall.EngineerID, now time.Time) (Shift, error) {
	f, plan, err := s.read(ctx, id)
	if err != nil {
		return Shift{}, err
	}
	all := plan.Stretches(now, now.Add(2*mostShift))
	own := map[int]bool{} // levels at which the engineer is on call now: who stands beside needs no relief
	for _, one := range all {
		if one.Engineer == id && !one.From.After(now) {
			own[one.Level] = true
		}
	}
	for _, one := range all {
		if one.Engineer != id && (one.From.After(now) || !own[one.Level]) {
			return shiftOf(f, plan, bounded(one)), nil
		}
	}
	return Shift{}, ErrNoShift
}

// Own is the engineer's shift that runs, or the next one; ErrNoShift where there is none in two months.
func (s Shifts) Own(ctx context.Context, id oncall.EngineerID, now time.Time) (Shift, error) {
	f, plan, err := s.read(ctx, id)
	if err != nil {
		return Shift{}, err
	}
	for _, one := range plan.Stretches(now, now.Add(nextOwn)) {
		if one.Engineer == id {
			return shiftOf(f, plan, bounded(one)), nil
		}
	}
	return Shift{}, ErrNoShift
}

// bounded is a stretch of a week at most.
func bounded(one rota.Stretch) rota.Stretch {
	if most := one.From.Add(mostShift); one.Until.After(most) {
		one.Until = most
	}
	return one
}

// Others are the engineers who may be asked to take a shift, with all their telephones: those of its rota who are neither absent
// nor silent in it, without the shift's own engineer.
func (s Shifts) Others(ctx context.Context, shift Shift) ([]oncall.Attempt, error) {
	d, err := escalation.Read(ctx, s.Store)
	if err != nil {
		return nil, err
	}
	return others(d, shift)
}

func others(d escalation.Documents, shift Shift) (list []oncall.Attempt, err error) {
	f, _ := d.Facts()
	plan, there := planOf(f, shift.Rota)
	if !there {
		return nil, ErrShiftChanged
	}
	for _, id := range plan.Rota().Names() {
		e, known := engineer(f, id)
		silent := slices.ContainsFunc(f.Contacts, func(c escalation.Contact) bool { return c.Engineer == id && c.Silence != nil })
		if !known || id == shift.Engineer || silent || absent(d, id, shift) {
			continue
		}
		for _, phone := range e.Phones {
			list = append(list, oncall.Attempt{Engineer: id, Name: e.Name, Level: shift.Level, Phone: phone, Language: e.Language, Why: "is asked to stand in"})
		}
	}
	return list, nil
}

// absent tells whether an engineer is away in a part of a shift.
func absent(d escalation.Documents, id oncall.EngineerID, shift Shift) bool {
	return slices.ContainsFunc(d.Absences, func(a rota.Absences) bool {
		return a.Engineer == id && slices.ContainsFunc(a.List, func(one rota.Absence) bool {
			return one.From.Before(shift.Until) && shift.From.Before(one.Until)
		})
	})
}

// Take puts an engineer on call in the place of a shift's, from its begin, or now where that has passed, to its end. The rota is
// read and written by its version, so what somebody else changed in it meanwhile is kept. ErrShiftChanged: the shift is not the
// same any more. The override's reason says who, in which way, and when.
func (s Shifts) Take(ctx context.Context, shift Shift, by oncall.EngineerID, way Way, now time.Time) error {
	for range tries {
		d, err := escalation.Read(ctx, s.Store)
		if err != nil {
			return err
		}
		one := shift.Stretch
		if one.From.Before(now) {
			one.From = now.Truncate(time.Second)
		}
		if absent(d, by, Shift{Stretch: one}) {
			return ErrAbsent
		}
		next, err := covered(d, one, by, way.reason(named(d, by), named(d, one.Engineer), now))
		if err != nil {
			return err
		}
		if one.Rota == rota.Main {
			_, err = s.Store.PutRota(ctx, oncall.Rota{Zone: next.Zone, Shifts: next.Shifts, Overrides: next.Overrides, Version: next.Version})
		} else {
			_, err = s.Store.PutSchedule(ctx, next)
		}
		if err == nil && s.Log != nil {
			s.Log("engineer " + string(by) + " is on call instead of " + string(one.Engineer) + " in rota " + string(one.Rota) + " from " +
				one.From.Format(time.RFC3339) + " until " + one.Until.Format(time.RFC3339) + ", by telephone")
		}
		if !errors.Is(err, storage.ErrConflict) && !errors.Is(err, storage.ErrExists) {
			return err
		}
	}
	return storage.ErrConflict
}

// covered is the rota in which by has a stretch, proven by working it out.
func covered(d escalation.Documents, one rota.Stretch, by oncall.EngineerID, reason func(zone *time.Location) string) (rota.Rota, error) {
	f, _ := d.Facts()
	was, there := planOf(f, one.Rota)
	if !there || !one.From.Before(one.Until) || !has(was, one, one.Engineer) {
		return rota.Rota{}, ErrShiftChanged
	}
	next := was.Rota().Cover(one, by, reason(was.Zone()))
	known := d.Known()
	if err := next.Check(d.Engineers, known, one.From); err != nil {
		return rota.Rota{}, err
	}
	ready, err := next.Ready(known)
	if err == nil && !has(ready, one, by) {
		err = ErrShiftChanged
	}
	return next, err
}

// has tells whether a stretch of a rota is somebody's, from its first second to its last.
func has(s *rota.Schedule, one rota.Stretch, id oncall.EngineerID) bool {
	for _, at := range []time.Time{one.From, one.Until.Add(-time.Second)} {
		places := s.At(at)
		here := slices.ContainsFunc(places, func(p rota.Place) bool { return p.Engineer == id && p.Level == one.Level })
		if !here && (id != "" || len(places) > 0) {
			return false
		}
	}
	return true
}

// read reads the rota that names an engineer: the main one first, and the main one where none does.
func (s Shifts) read(ctx context.Context, id oncall.EngineerID) (f escalation.Facts, plan *rota.Schedule, err error) {
	d, err := escalation.Read(ctx, s.Store)
	if err != nil {
		return f, nil, err
	}
	f, broken := d.Facts()
	if len(f.Rotas) == 0 {
		return f, nil, errors.Join(ErrNoShift, broken)
	}
	for _, one := range f.Rotas {
		if slices.Contains(one.Rota().Names(), id) {
			return f, one, nil
		}
	}
	return f, f.Rotas[0], nil
}

// planOf is the rota of an id, worked out.
func planOf(f escalation.Facts, id rota.ID) (plan *rota.Schedule, there bool) {
	at := slices.IndexFunc(f.Rotas, func(s *rota.Schedule) bool { return s.Rota().ID == id })
	if at < 0 {
		return nil, false
	}
	return f.Rotas[at], true
}

func shiftOf(f escalation.Facts, plan *rota.Schedule, one rota.Stretch) Shift {
	who, _ := engineer(f, one.Engineer)
	return Shift{Stretch: one, Who: who, Zone: plan.Zone()}
}

func engineer(f escalation.Facts, id oncall.EngineerID) (oncall.Engineer, bool) {
	for _, e := range f.Engineers {
		if e.ID == id {
			return e, true
		}
	}
	return oncall.Engineer{}, false
}
