package portal_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hotline/attachments"
	"hotline/directory"
	"hotline/portal"
	"hotline/portal/access"
	"hotline/prove"
	"hotline/sla"
	"hotline/tickets"
)

// TestNoRouteShowsOrChangesTheTicketOfAnother asks every route for every ticket as everybody: what one may not see looks as what does
// not exist, is not shown in a list, and does not change.
func TestNoRouteShowsOrChangesTheTicketOfAnother(t *testing.T) {
	h := open(t)
	ctx := t.Context()
	owners := map[tickets.Number]directory.ContractID{} // of each ticket
	tokens, files := map[tickets.Number]string{}, map[tickets.Number]string{}
	secret := func(n tickets.Number) string { return fmt.Sprintf("secret-of-%d-", n) }
	for i, id := range []directory.ContractID{"rossi", "rossi-office", "verdi", ""} {
		who := tickets.Identity{}
		if id != "" {
			who.Contract = h.desk.Book().Contracts.At(id)
			who.Customer = h.desk.Book().Customers.At(who.Contract.Customer)
		}
		n := tickets.Number(417 + i)
		_, err := h.desk.Open(ctx, tickets.Draft{Claim: sla.Question, Channel: tickets.Web, Actor: tickets.ActorCustomer, Identity: who, Text: secret(n)}, h.clock())
		must(t, err)
		l, token := access.NewLink(n, "staff:anna", h.clock())
		must(t, h.store.PutLink(ctx, l, h.clock()))
		owners[n], tokens[n] = id, token
		f, err := h.files.Attach(ctx, h.desk, attachments.Incoming{Ticket: n, Name: "a.txt", Actor: tickets.ActorCustomer}, strings.NewReader(secret(n)), h.clock())
		must(t, err)
		files[n] = f.ID
	}
	callers := map[string]*browser{"nobody": h.browser(), "rossi": h.browser().logsIn(rossiPIN), "rossi-office": h.browser().logsIn(officePIN), "verdi": h.browser().logsIn(verdiPIN)}
	form := 100
	prove.Check(t, func(rt *rapid.T) {
		pattern := rapid.SampledFrom(portal.Patterns()).Draw(rt, "route")
		caller := rapid.SampledFrom([]string{"nobody", "rossi", "rossi-office", "verdi"}).Draw(rt, "caller")
		named := tickets.Number(rapid.IntRange(417, 421).Draw(rt, "ticket named"))
		method, path, _ := strings.Cut(pattern, " ")
		if path == "/portal/logout" || path == "/portal/login" || path == "/portal/code" || path == "/portal/open" {
			return // they name no ticket
		}
		token := tokens[named]
		if token == "" {
			token = "nonsense"
		}
		byLink := strings.Contains(path, "{token}")
		path = strings.NewReplacer("{number}", fmt.Sprint(named), "{token}", token, "{file}", "portal.css", "{id}", files[tickets.Number(rapid.IntRange(417, 420).Draw(rt, "file named"))]).Replace(path)
		h.passes(1e9)
		before := map[tickets.Number]int64{}
		for n := range owners {
			one, err := h.desk.Ticket(ctx, n)
			must(t, err)
			before[n] = int64(one.Version)
		}
		form++
		w := callers[caller].asks(method, path, fmt.Sprintf("form=%064d", form), "text=words")
		for n, owner := range owners {
			may := string(owner) == caller || byLink && n == named
			if strings.Contains(w.Body.String(), secret(n)) && !may {
				rt.Fatalf("%s shows %s ticket %d of %q", pattern, caller, n, owner)
			}
			one, err := h.desk.Ticket(ctx, n)
			must(t, err)
			if int64(one.Version) != before[n] && !may {
				rt.Fatalf("%s lets %s change ticket %d of %q", pattern, caller, n, owner)
			}
		}
		if strings.Contains(pattern, "{number}") && caller != "nobody" && string(owners[named]) != caller && w.Code != http.StatusNotFound {
			rt.Fatalf("%s answers %s %d for ticket %d of %q", pattern, caller, w.Code, named, owners[named])
		}
		if strings.Contains(pattern, "{number}") && caller == "nobody" && w.Header().Get("Location") != "/portal/login" {
			rt.Fatalf("%s answers nobody %d", pattern, w.Code)
		}
	})
}
