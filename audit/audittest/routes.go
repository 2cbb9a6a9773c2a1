package audittest

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"hotline/audit"
)

// Routes is what all tests of a package have seen together: the routes of which a request that changed something has left a record. Safe for
// concurrent use.
type Routes struct{ noted sync.Map }

// Note remembers the routes of a store's records, once a test is over.
func (r *Routes) Note(store audit.Store) {
	for f := (audit.Filter{Limit: 500}); ; {
		page, err := store.Audit(context.Background(), f)
		if err != nil { // of a test that took the store down
			return
		}
		for _, record := range page.Items {
			r.noted.Store(record.Route, true)
		}
		if f.After = page.Next; f.After == "" {
			return
		}
	}
}

// Main is the TestMain of a package. Once every test has run, it asks whether each route that changes something was seen to leave a record: a
// new route needs a test that uses it, and a store that notes it. all gives the routes, such as "POST /users"; harmless are those that change
// nothing, or what leaves another trace, each with the reason.
func (r *Routes) Main(m *testing.M, all func() []string, harmless map[string]string) {
	code := m.Run()
	if one := flag.Lookup("test.run"); code == 0 && one.Value.String() == "" {
		if missing := r.missing(all(), harmless); len(missing) > 0 {
			fmt.Fprintf(os.Stderr, "no test has seen these routes leave a record in the audit, or they leave one and should not:\n\t%s\n", strings.Join(missing, "\n\t"))
			code = 1
		}
	}
	os.Exit(code)
}

func (r *Routes) missing(all []string, harmless map[string]string) (list []string) {
	if len(all) == 0 {
		return []string{"there are no routes: they were not read"}
	}
	for _, route := range all {
		_, noted := r.noted.Load(route)
		if _, nothing := harmless[route]; !strings.HasPrefix(route, "GET ") && noted == nothing {
			list = append(list, route) // one that changes nothing and leaves a record is wrong, too
		}
	}
	slices.Sort(list)
	return list
}
