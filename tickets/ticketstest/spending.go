package ticketstest

import (
	"testing"
	"time"

	"hotline/tickets"
)

// spendings holds a store to keep what budgets were spent on: in order, behind a place and an instant, for a day.
func spendings(t *testing.T, s Store) {
	ctx := t.Context()
	first := tickets.Spending{Budget: tickets.BudgetPIN, Key: "0612345", Whose: "rossi", At: monday, Node: "a"}
	second := tickets.Spending{Budget: tickets.BudgetOutgoing, Key: "417", Whose: "request", At: monday.Add(time.Hour), Node: "b"}
	must(t, s.Spend(ctx, first, second))
	third := second
	third.At = monday.Add(2 * time.Hour)
	must(t, s.Spend(ctx, third))
	list, err := s.Spendings(ctx, 0, monday.Add(-time.Second))
	must(t, err)
	if len(list) != 3 || list[0].Place <= 0 || list[1].Place <= list[0].Place || list[2].Place <= list[1].Place {
		t.Fatalf("the entries are %+v", list)
	}
	first.Place, second.Place, third.Place = list[0].Place, list[1].Place, list[2].Place
	equal(t, "all entries", list, []tickets.Spending{first, second, third})
	list, err = s.Spendings(ctx, first.Place, monday)
	must(t, err)
	equal(t, "entries behind the first", list, []tickets.Spending{second, third})
	list, err = s.Spendings(ctx, 0, monday.Add(time.Hour))
	must(t, err)
	equal(t, "entries after the second", list, []tickets.Spending{third})
	must(t, s.ForgetSpendings(ctx, monday.Add(time.Hour)))
	list, err = s.Spendings(ctx, 0, monday.Add(-time.Second))
	must(t, err)
	equal(t, "entries that are not forgotten", list, []tickets.Spending{second, third})
}
