package portal_test

import (
	"html"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"hotline/directory"
	"hotline/web/hostiletest"
)

// shown asks for the customers' pages of a house into whose every field a text was written, and gives the shape of each.
func shown(t *testing.T, text string) map[string][]string {
	t.Helper()
	h, ctx := open(t), t.Context()
	customer, err := h.store.Customer(ctx, "rossi")
	must(t, err)
	customer.Name = text
	_, err = h.store.PutCustomer(ctx, customer)
	must(t, err)
	_, err = h.store.PutFault(ctx, directory.KnownFault{ID: "all", Words: directory.Words{"en": text}})
	must(t, err)
	_, err = h.desk.CatchUp(ctx, h.store, h.clock())
	must(t, err)
	b, said := h.browser().logsIn(rossiPIN), url.QueryEscape(text)
	b.is(b.asks(http.MethodPost, "/portal/open", form(1), "category=question", "title="+said, "text="+said, "number="+url.QueryEscape("06 5551239")), http.StatusSeeOther)
	_, err = h.desk.Answer(ctx, 417, "staff:"+text, text, h.clock())
	must(t, err)
	b.is(b.sends("/portal/tickets/417/files", text, text), http.StatusSeeOther)
	pages := map[string]string{
		"tickets": b.is(b.asks(http.MethodGet, "/portal"), http.StatusOK),
		"ticket":  b.is(b.asks(http.MethodGet, "/portal/tickets/417"), http.StatusOK),
		"open":    b.is(b.asks(http.MethodGet, "/portal/open"), http.StatusOK),
		"kept":    b.is(b.asks(http.MethodPost, "/portal/open", form(2), "category="+said, "title="+said, "text="+said, "number="+said), http.StatusUnprocessableEntity),
		"call":    b.is(b.asks(http.MethodGet, "/portal/call"), http.StatusOK),
		"notice":  b.is(b.asks(http.MethodGet, "/portal/notice"), http.StatusOK),
		"nothing": b.is(b.asks(http.MethodGet, "/portal/tickets/"+url.PathEscape(text)), http.StatusNotFound),
	}
	if !strings.Contains(html.UnescapeString(pages["ticket"]), text) {
		t.Errorf("%q is not shown at all", text)
	}
	shapes := map[string][]string{}
	for name, page := range pages {
		if shapes[name], err = hostiletest.Shape(page); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	return shapes
}

// TestHostileTextsAreTextAloneForCustomers puts two hundred of them into every field that a customer's page shows: the document has the same
// elements, with the same attributes, as with a harmless one.
func TestHostileTextsAreTextAloneForCustomers(t *testing.T) {
	want := shown(t, "harmless")
	for _, text := range hostiletest.Texts() {
		for name, got := range shown(t, text) {
			if !slices.Equal(got, want[name]) {
				t.Errorf("%q changes the page %s:\n got %q\nwant %q", text, name, got, want[name])
			}
		}
	}
}
