package storagetest

import (
	"testing"
	"time"

	"hotline/budgets"
	"hotline/storage"
	"hotline/storage/storagetest/check"
)

// Budgets runs the suite of budgets.Store; open gives a new and empty store each time.
func Budgets(t *testing.T, open func(t *testing.T) budgets.Store) {
	run(t, open, map[string]func(*testing.T, budgets.Store){"what budgets were spent on": spendings})
}

// spendings holds a store to keep what budgets were spent on: in order, behind a place and an instant, for a day.
func spendings(t *testing.T, s budgets.Store) {
	ctx := t.Context()
	first := budgets.Spending{Budget: budgets.KindPIN, Key: "0612345", Whose: "rossi", At: monday, Node: "a"}
	second := budgets.Spending{Budget: budgets.KindOutgoing, Key: "417", Whose: "request", At: monday.Add(time.Hour), Node: "b"}
	check.Must(t, s.Spend(ctx, first, second))
	third := second
	third.At = monday.Add(2 * time.Hour)
	check.Must(t, s.Spend(ctx, third))
	list, err := s.Spendings(ctx, 0, monday.Add(-time.Second))
	check.Must(t, err)
	if len(list) != 3 || list[0].Place <= 0 || list[1].Place <= list[0].Place || list[2].Place <= list[1].Place {
		t.Fatalf("the entries are %+v", list)
	}
	first.Place, second.Place, third.Place = list[0].Place, list[1].Place, list[2].Place
	check.Equal(t, "all entries", list, []budgets.Spending{first, second, third})
	list, err = s.Spendings(ctx, first.Place, monday)
	check.Must(t, err)
	check.Equal(t, "entries behind the first", list, []budgets.Spending{second, third})
	list, err = s.Spendings(ctx, 0, monday.Add(time.Hour))
	check.Must(t, err)
	check.Equal(t, "entries after the second", list, []budgets.Spending{third})
	check.Must(t, s.ForgetSpendings(ctx, monday.Add(time.Hour)))
	list, err = s.Spendings(ctx, 0, monday.Add(-time.Second))
	check.Must(t, err)
	check.Equal(t, "entries that are not forgotten", list, []budgets.Spending{second, third})
}

// Facts runs the suite of storage.Facts; open gives a new and empty store each time.
func Facts(t *testing.T, open func(t *testing.T) storage.Facts) {
	run(t, open, map[string]func(*testing.T, storage.Facts){"the last value of a fact stands": lastFactStands})
}

func lastFactStands(t *testing.T, s storage.Facts) {
	ctx := t.Context()
	check.Must(t, s.PutFact(ctx, "a", "1"))
	check.Must(t, s.PutFact(ctx, "a", "2"))
	value, err := s.Fact(ctx, "a")
	check.Must(t, err)
	check.Equal(t, "fact", value, "2")
	_, err = s.Fact(ctx, "b")
	check.Error(t, "a fact that does not exist", err, storage.ErrNotFound)
}
