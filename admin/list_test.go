package admin_test

import (
	"fmt"
	"strings"
	"testing"

	"hotline/cdr"
	"hotline/tickets"
)

// TestAListIsWalkedByItsLinks: each page names the next one, in its body and in its header, with the same filter and order.
func TestAListIsWalkedByItsLinks(t *testing.T) {
	h := open(t)
	h.opened()
	for range 4 {
		h.post("/tickets", `{"customer":"rossi","claim":"question"}`).is(201)
	}
	for n := range 5 {
		must(t, h.store.PutCalls(t.Context(), cdr.Call{ID: tickets.CallID(fmt.Sprint("c", n)), Started: monday(9, n), Trunk: "north & south"}))
	}
	for path, want := range map[string]string{
		"/tickets?limit=2&sort=-priority&state=open,assigned&customer=rossi": "421 420 419 418 417",
		"/calls?limit=2&trunk=north+%26+south":                               "c4 c3 c2 c1 c0",
	} {
		var got []string
		for next := path; next != ""; {
			var page struct {
				Tickets []struct{ Number int }
				Calls   []struct{ ID string }
				Total   int
				More    bool
				Next    string
			}
			r := h.get(next).is(200)
			r.into(&page)
			for _, k := range page.Tickets {
				got = append(got, fmt.Sprint(k.Number))
			}
			for _, c := range page.Calls {
				got = append(got, c.ID)
			}
			if page.Total != 5 || page.More {
				t.Errorf("%s counts %d, more: %v", next, page.Total, page.More)
			}
			link := r.header.Get("Link")
			if (link == "") != (page.Next == "") || !strings.Contains(link, page.Next) {
				t.Fatalf("%s: next is %q, the link %q", next, page.Next, link)
			}
			url, _, _ := strings.Cut(strings.TrimPrefix(link, "<"), `>; rel="next"`)
			next = strings.TrimPrefix(url, "/api/v1")
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s walks %v, want %s", path, got, want)
		}
	}
}
