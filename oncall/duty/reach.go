package duty

import (
	"context"
	"errors"
	"slices"
	"time"

	"hotline/oncall"
	"hotline/oncall/rota"
	"hotline/storage"
)

// AbsenceStore keeps when engineers are away. escalation.Store implements it.
type AbsenceStore interface {
	AbsencesOf(ctx context.Context, id oncall.EngineerID) (rota.Absences, error)
	PutAbsences(ctx context.Context, a rota.Absences) (rota.Absences, error)
}

// Reach is whether engineers can be reached, as they say themselves by telephone: an absence like those that staff write. Safe for
// concurrent use.
type Reach struct {
	Store AbsenceStore
	Where func() *time.Location // in which times of day are meant
}

// errTooMany is an engineer with as many absences as are kept.
var errTooMany = errors.New("no more absences are kept")

const byTelephone = "by telephone"

// Zone is where times of day are meant.
func (r Reach) Zone() *time.Location { return r.Where() }

// Zone is that of the main rota, by the last plan.
func (r *Roster) Zone() *time.Location {
	zone, err := time.LoadLocation(r.lastGood().documents.Rota.Zone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// Away tells until when an engineer is away who is away now.
func (r Reach) Away(ctx context.Context, id oncall.EngineerID, now time.Time) (until time.Time, away bool, err error) {
	a, err := r.read(ctx, id)
	for _, one := range a.List {
		if runs(one, now) && one.Until.After(until) {
			until, away = one.Until, true
		}
	}
	return until, away, err
}

// Leave has an engineer away from now on.
func (r Reach) Leave(ctx context.Context, id oncall.EngineerID, until, now time.Time) error {
	return r.edit(ctx, id, func(list []rota.Absence) ([]rota.Absence, error) {
		if len(list) >= rota.MostAbsences {
			return nil, errTooMany
		}
		one := rota.Absence{Engineer: id, From: now.Truncate(time.Second), Until: until, Note: byTelephone}
		return append(list, one), one.Check()
	})
}

// Return ends every absence of an engineer that goes on now.
func (r Reach) Return(ctx context.Context, id oncall.EngineerID, now time.Time) error {
	now = now.Truncate(time.Second)
	return r.edit(ctx, id, func(list []rota.Absence) ([]rota.Absence, error) {
		for i, one := range list {
			if runs(one, now) {
				list[i].Until = now
			}
		}
		return slices.DeleteFunc(list, func(a rota.Absence) bool { return !a.Until.After(a.From) }), nil
	})
}

func runs(a rota.Absence, now time.Time) bool { return !now.Before(a.From) && now.Before(a.Until) }

func (r Reach) read(ctx context.Context, id oncall.EngineerID) (rota.Absences, error) {
	a, err := r.Store.AbsencesOf(ctx, id)
	if errors.Is(err, storage.ErrNotFound) {
		return rota.Absences{Engineer: id}, nil
	}
	return a, err
}

// edit writes the absences anew, as often as somebody else was faster.
func (r Reach) edit(ctx context.Context, id oncall.EngineerID, change func([]rota.Absence) ([]rota.Absence, error)) error {
	for range tries {
		a, err := r.read(ctx, id)
		if err != nil {
			return err
		}
		if a.List, err = change(slices.Clone(a.List)); err != nil {
			return err
		}
		if _, err = r.Store.PutAbsences(ctx, a); !errors.Is(err, storage.ErrConflict) && !errors.Is(err, storage.ErrExists) {
			return err
		}
	}
	return storage.ErrConflict
}
