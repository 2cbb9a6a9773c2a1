package tickets_test

import (
	"testing"
	"time"

	"hotline/directory"
	"hotline/memory"
	"hotline/numbers"
	"hotline/tickets"
)

// A customer who is listed in one spelling and calls in another is known: he has the budgets of those who are.
func TestACustomerIsKnownByEverySpellingOfHisNumber(t *testing.T) {
	plan, err := numbers.For("IT")
	if err != nil {
		t.Fatal(err)
	}
	spellings := []string{"+39065551239", "065551239", "0039065551239", "39065551239"}
	for _, listed := range spellings {
		s := memory.New(1)
		if _, err := s.PutCustomer(t.Context(), directory.Customer{ID: "rossi", Name: "Rossi", Numbers: []string{listed}}); err != nil {
			t.Fatal(err)
		}
		book, err := directory.ReadBook(t.Context(), s, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		desk := tickets.NewDesk(tickets.DeskConfig{Store: s, Book: book, Numbers: s, Numbering: plan})
		for _, calls := range append(spellings, "+39 06 555 1239", "tel:+39065551239", "%2B39065551239;cpc=ordinary") {
			if c, known := desk.Owner(calls); !known || c.ID != "rossi" {
				t.Errorf("listed as %s and calling as %s he is not known", listed, calls)
			}
		}
		if c, known := desk.Owner("+39065551230"); known {
			t.Errorf("a stranger is %s", c.ID)
		}
	}
}
