package e2e_test

import (
	"encoding/csv"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hotline/notify/notifytest"
	"hotline/web/hostiletest"
)

// reader reads pages as somebody who follows their links.
type reader struct {
	*testing.T
	*http.Client
	site string
	read map[string]string // pages by their path
}

// page reads a page, once.
func (r *reader) page(path string) string {
	r.Helper()
	if text, ok := r.read[path]; ok {
		return text
	}
	answer, err := r.Get(r.site + path)
	if err != nil {
		r.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		r.Fatalf("%s answers %s, %v:\n%.2000s", path, answer.Status, err, text)
	}
	r.read[path] = string(text)
	return string(text)
}

// sends fills in a form, and reads the page to which it leads.
func (r *reader) sends(path string, fields url.Values) {
	r.Helper()
	answer, err := r.PostForm(r.site+path, fields)
	if err != nil {
		r.Fatal(err)
	}
	defer answer.Body.Close()
	if text, _ := io.ReadAll(answer.Body); answer.StatusCode != http.StatusOK {
		r.Fatalf("%s answers %s:\n%.2000s", path, answer.Status, text)
	}
}

// follows reads every page that a page links to, and whose address fits a pattern, most of them at most; so on with what those link to.
func (r *reader) follows(from, pattern string, most int) {
	r.Helper()
	fits := regexp.MustCompile(`href="(` + pattern + `)"`)
	for wait := []string{from}; len(wait) > 0 && most > 0; wait = wait[1:] {
		for _, m := range fits.FindAllStringSubmatch(r.page(wait[0]), -1) {
			next := html.UnescapeString(m[1])
			if _, known := r.read[next]; known || most == 0 {
				continue
			}
			most--
			r.page(next)
			wait = append(wait, next)
		}
	}
}

// staffs is every page of the staff that shows what came from outside, and the print sheets.
func (c *channels) staffs() map[string]string {
	c.t.Helper()
	r := &reader{c.t, c.staff, "http://" + c.http, map[string]string{}}
	for _, path := range []string{
		"/", "/?wall=1", "/?state=all&q=alert", "/calls", "/customers/rossi", "/customers/rossi/report", "/customers/rossi/edit", "/contracts/rossi", "/reports", "/calendars", "/spoken", "/users", "/tokens", "/imports",
		"/oncall", "/oncall/month", "/oncall/readiness", "/oncall/load", "/oncall/changes", "/oncall/shifts", "/installations", "/start", "/flow",
	} {
		r.page(path)
	}
	r.follows("/", `/\?[^"]*after=[^"]*`, 20)
	for _, page := range slices.Collect(maps.Keys(r.read)) {
		r.follows(page, `/tickets/\d+`, 60)
	}
	r.follows("/calls", `/calls\?after=[^"]*`, 20)
	r.follows("/calls", `/calls/[A-Z0-9]+`, 20)
	r.follows("/customers", `/customers\?[^"]*after=[^"]*`, 20)
	for _, list := range []string{"mails", "engineers", "faults", "alerts", "heartbeats", "releases", "policies", "rotas", "agents", "outgoing", "audit"} {
		r.follows("/"+list, `/`+list+`/[^"]*`, 12)
		r.follows("/"+list, `/`+list+`\?[^"]*after=[^"]*`, 10)
	}
	r.follows("/engineers", `/engineers/k[^"]*`, 12)
	return r.read
}

// login logs a customer in on the portal.
func (c *channels) login(box *notifytest.Server) *http.Client {
	c.t.Helper()
	r := &reader{c.t, visits(c.t), "http://" + c.http, map[string]string{}}
	r.sends("/portal/login", url.Values{"pin": {pin}})
	pages := &customersPages{c.house, box, r.site}
	r.sends("/portal/code", url.Values{"code": {pages.code(c.t)}})
	return r.Client
}

// customers is what a customer sees on the portal.
func (c *channels) customers(browser *http.Client) map[string]string {
	c.t.Helper()
	r := &reader{c.t, browser, "http://" + c.http, map[string]string{}}
	for _, path := range []string{"/portal", "/portal/open", "/portal/statement", "/portal/notice"} {
		r.page(path)
	}
	for _, n := range c.own {
		r.page(fmt.Sprintf("/portal/tickets/%d", n))
	}
	return r.read
}

// elements are the kinds of elements of pages, each with the names of its attributes.
func elements(t *testing.T, pages map[string]string) map[string]string {
	t.Helper()
	kinds := map[string]string{}
	for path, page := range pages {
		shape, err := hostiletest.Shape(page)
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		for _, element := range shape {
			kinds[element] = path
		}
	}
	return kinds
}

// TestTextsThatReallyCameInAreTextAlone sends two hundred hostile texts as strangers would: in the headers of calls over UDP, in mails to the
// listener, by the API, in alerts and in a spreadsheet. No page of staff or customers has an element, or an attribute, that it does
// not have with harmless texts; every text is shown; and no cell of a table that goes out is a formula.
func TestTextsThatReallyCameInAreTextAlone(t *testing.T) {
	t.Parallel()
	box := notifytest.Start(t, notifytest.Config{Bare: true})
	c := openChannels(t, box.Address)
	customer := c.login(box)
	var harmless []string
	for i := range 2 * together {
		harmless = append(harmless, fmt.Sprintf("harmless %d", i))
	}
	c.brings(harmless)
	known := elements(t, c.staffs())
	maps.Copy(known, elements(t, c.customers(customer)))

	texts := append(hostiletest.Texts(), "=HYPERLINK(1)", "+1", "-1+1", "@SUM(A1)", "\u00a0=1", "＝1", "|=1")
	c.brings(texts)
	staff, customers := c.staffs(), c.customers(customer)
	for _, pages := range []map[string]string{staff, customers} {
		for element, path := range elements(t, pages) {
			if _, ok := known[element]; !ok {
				t.Errorf("%s has an element of somebody's text: <%s>", path, element)
			}
		}
	}
	t.Logf("%d pages of staff, %d of customers, %d kinds of elements", len(staff), len(customers), len(known))
	c.show(texts, staff, customers)
	c.exportsNoFormula()
}

// show demands that each text really came in by each way, and can be read.
func (c *channels) show(texts []string, staff, customers map[string]string) {
	c.t.Helper()
	shown := func(pages map[string]string, prefix string) string {
		var b strings.Builder
		for path, page := range pages {
			if strings.HasPrefix(path, prefix) {
				b.WriteString(html.UnescapeString(page))
			}
		}
		return b.String()
	}
	for prefix, pages := range map[string]map[string]string{"/tickets/": staff, "/customers": staff, "/alerts": staff, "/portal/tickets": customers} {
		all, missing := shown(pages, prefix), 0
		for _, text := range texts {
			if !strings.Contains(all, strings.TrimSpace(text)) {
				if missing++; prefix != "/alerts" {
					c.t.Logf("%s does not show %q", prefix, text)
				}
			}
		}
		if most := map[string]int{"/alerts": len(texts) - 90}[prefix]; missing > most { // that page shows the worst hundred alerts
			c.t.Errorf("%s does not show %d texts", prefix, missing)
		}
	}
}

// exportsNoFormula reads every table that goes out.
func (c *channels) exportsNoFormula() {
	c.t.Helper()
	r := &reader{c.t, c.staff, "http://" + c.http, map[string]string{}}
	formula := regexp.MustCompile(`^[\s\p{Z}\p{C}]*[=+\-@＝＋－＠]`)
	number := regexp.MustCompile(`^-?\d+([.,]\d+)?$`)
	cells := 0
	for _, path := range []string{
		"/exports/customers.csv", "/exports/numbers.csv", "/exports/contracts.csv", "/reports/lines.csv", "/reports/breaches.csv", "/reports/calls.csv", "/oncall/load.csv", "/installations.csv", "/audit/records.csv",
	} {
		table := csv.NewReader(strings.NewReader(strings.TrimPrefix(r.page(path), "\ufeff")))
		table.FieldsPerRecord = -1
		if strings.Contains(strings.SplitN(r.read[path], "\n", 2)[0], ";") {
			table.Comma = ';'
		}
		rows, err := table.ReadAll()
		if err != nil {
			c.t.Errorf("%s: %v", path, err)
		}
		for _, row := range rows {
			for _, cell := range row {
				cells++
				if formula.MatchString(cell) && !number.MatchString(cell) {
					c.t.Errorf("%s has the cell %q, which a spreadsheet works out", path, cell)
				}
			}
		}
	}
	c.t.Logf("%d cells", cells)
}
