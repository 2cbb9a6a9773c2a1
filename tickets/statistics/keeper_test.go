package statistics

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"hotline/directory"
)

// shelf is a store that tells which months were looked at and kept.
type shelf struct {
	first   time.Time
	kept    map[string]Summary
	looks   []string
	days    map[Part]KeptPart
	added   int // days that were added up
	failing bool
}

var errShelf = errors.New("the shelf is full")

func (s *shelf) Sums(context.Context, Part) ([]Sum, error) {
	s.added++
	return []Sum{{Contract: "c", Tickets: 1}}, nil
}

func (s *shelf) Parts(_ context.Context, list []Part) (kept []KeptPart, err error) {
	for _, p := range list {
		kept = append(kept, s.days[p])
	}
	return kept, nil
}

func (s *shelf) KeepParts(_ context.Context, list []PartSums) error {
	if s.failing {
		return errShelf
	}
	for _, p := range list {
		s.days[p.Part] = KeptPart{p.Sums, p.At}
	}
	return nil
}

func (s *shelf) Summary(_ context.Context, since, _ time.Time) (*Summary, Mark, error) {
	s.looks = append(s.looks, since.Format("2006-01"))
	if v, ok := s.kept[since.Format("2006-01")]; ok {
		return &v, Mark{}, nil
	}
	return nil, Mark{}, nil
}

func (s *shelf) KeepSummary(_ context.Context, since, until time.Time, _ Mark, v Summary) error {
	if s.failing {
		return errShelf
	}
	s.kept[since.Format("2006-01")] = v
	return nil
}

func (s *shelf) Since(context.Context) (time.Time, error) { return s.first, nil }

func TestEveryMonthThatIsOverIsAddedUpOnceAnHour(t *testing.T) {
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	s := &shelf{first: time.Date(2026, 7, 31, 22, 30, 0, 0, time.UTC), kept: map[string]Summary{}, days: map[Part]KeptPart{}} // in Rome August has begun
	k := Keeper{Store: s, Zone: func() *time.Location { return rome }}
	now := time.Date(2026, 11, 30, 23, 30, 0, 0, time.UTC) // in Rome November is over
	for range 60 {
		if err := k.Round(t.Context(), now); err != nil {
			t.Fatal(err)
		}
		now = now.Add(2 * time.Second)
	}
	want := []string{"2026-11", "2026-10", "2026-09", "2026-08"}
	if !slices.Equal(s.looks, want) || len(s.kept) != len(want) {
		t.Errorf("it looked at %v and kept %d, want %v", s.looks, len(s.kept), want)
	}
	now = now.Add(time.Hour)
	for range 9 {
		if err := k.Round(t.Context(), now); err != nil {
			t.Fatal(err)
		}
	}
	if want := append(want, want...); !slices.Equal(s.looks, want) {
		t.Errorf("an hour later it has looked at %v, want %v", s.looks, want)
	}
}

func TestAMonthThatCannotBeKeptIsTriedAgainInAMinute(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	s := &shelf{first: now.AddDate(0, -1, 0), kept: map[string]Summary{}, days: map[Part]KeptPart{}, failing: true}
	k := Keeper{Store: s, Zone: func() *time.Location { return time.UTC }}
	if err := k.Round(t.Context(), now); !errors.Is(err, ErrNotKept) || !errors.Is(err, errShelf) {
		t.Errorf("it says %v", err)
	}
	s.failing = false
	if err := k.Round(t.Context(), now.Add(59*time.Second)); err != nil || len(s.looks) != 1 {
		t.Errorf("within the minute it has looked %d times, %v", len(s.looks), err)
	}
	if err := k.Round(t.Context(), now.Add(time.Minute)); err != nil || len(s.kept) != 1 {
		t.Errorf("after it %d months are kept, %v", len(s.kept), err)
	}
}

func TestAHouseWithoutTicketsHasNoMonths(t *testing.T) {
	s := &shelf{}
	k := Keeper{Store: s, Zone: func() *time.Location { return time.UTC }}
	if err := k.Round(t.Context(), time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)); err != nil || len(s.looks) != 0 {
		t.Errorf("it has looked at %v, %v", s.looks, err)
	}
}

func TestAPageShowsTheGroupsWithTheMostBrokenPromises(t *testing.T) {
	var sums []Sum
	for n := range GroupsShown + 20 {
		s := Sum{Contract: directory.ContractID("c" + string(rune('a'+n%26)) + string(rune('a'+n/26))), Level: "l", Category: "k", Tickets: 1 + n%3, Minutes: 2}
		s.Clocks.Count("restore", true, n >= 100, n)
		sums = append(sums, s)
	}
	SortSums(sums)
	v := Summarise(sums)
	if v.Contracts.All != 120 || len(v.Contracts.List) != GroupsShown || v.Contracts.List[0].Clocks[2].Broken != 119 || v.Contracts.List[19].Clocks[2].Broken != 100 {
		t.Errorf("%d groups, of which %d are shown, the first one %+v", v.Contracts.All, len(v.Contracts.List), v.Contracts.List[0])
	}
	if v.Levels.All != 1 || v.Total.Minutes != 240 || v.Total.Clocks != v.Levels.List[0].Clocks || v.Total.Tickets != v.Categories.List[0].Tickets {
		t.Errorf("the total is %+v, by level %+v", v.Total, v.Levels)
	}
}

// TestAMonthOfWhichOneTicketChangedCostsOneDay: the days that were added up stay, and what is not over is not kept.
func TestAMonthOfWhichOneTicketChangedCostsOneDay(t *testing.T) {
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	s := &shelf{days: map[Part]KeptPart{}}
	list := partsOf(time.Date(2026, 10, 1, 0, 0, 0, 0, rome), time.Date(2026, 11, 1, 0, 0, 0, 0, rome), rome)
	if len(list) != 31 || list[24].Until.Sub(list[24].Since) != 25*time.Hour {
		t.Fatalf("October has %d days, the 25th of %v", len(list), list[24].Until.Sub(list[24].Since))
	}
	for _, p := range list {
		s.days[p] = KeptPart{At: Mark{1, 1}}
	}
	sums := func(now time.Time, added int) {
		t.Helper()
		s.added = 0
		got, err := SumsOfMonth(t.Context(), s, "2026-10", rome, now)
		if err != nil || len(got) != 1 || got[0].Tickets != 31 || s.added != added {
			t.Errorf("%d days were added up, want %d; %+v, %v", s.added, added, got, err)
		}
	}
	tenth := time.Date(2026, 10, 10, 12, 0, 0, 0, rome)
	sums(tenth, 31)
	sums(tenth, 22) // the days up to the 9th are over
	sums(tenth.AddDate(0, 1, 0), 22)
	sums(tenth.AddDate(0, 1, 0), 0)
	s.days[list[3]] = KeptPart{At: Mark{1, 2}} // a ticket of the 4th was written
	sums(tenth.AddDate(0, 1, 0), 1)
	s.failing, s.days[list[3]] = true, KeptPart{At: Mark{1, 3}}
	if got, err := SumsOfMonth(t.Context(), s, "2026-10", rome, tenth.AddDate(0, 1, 0)); !errors.Is(err, ErrNotKept) || len(got) != 1 || got[0].Tickets != 31 {
		t.Errorf("%+v, %v", got, err)
	}
}
