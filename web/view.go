package web

import (
	"strconv"
	"strings"
	"time"
)

// place is one entry of the navigation.
type place struct {
	Title   string // an id of the catalogue
	Path    string
	Current bool
}

// link is a page, and the route by which it is told who may go there.
type link struct{ title, path, pattern string }

// Nav are the places that whoever looks may go to.
func (p page) Nav() []place {
	return p.places([]link{
		{"page-board", "/", "GET /{$}"},
		{"page-calls", "/calls", "GET /calls"},
		{"page-oncall", "/oncall", "GET /oncall"},
		{"page-customers", "/customers", "GET /customers"},
		{"reports", "/reports", "GET /reports"},
		{"calendars", "/calendars", "GET /calendars"},
		{"flows", "/flow", "GET /flow"},
		{"voices", "/prompts", "GET /prompts"},
		{"faults", "/faults", "GET /faults"},
		{"page-outgoing", "/outgoing", "GET /outgoing"},
		{"page-users", "/users", "GET /users"},
		{"page-audit", "/audit", "GET /audit"},
		{"mails", "/mails", "GET /mails"},
		{"agents", "/agents", "GET /agents"},
	})
}

// Further are the pages beside those of the navigation: each page links to them, and the command bar knows them.
func (p page) Further() []place {
	return p.places([]link{
		{"page-start", "/start", "GET /start"},
		{"page-wall", "/?wall=1", "GET /{$}"},
		{"keeping-engineers", "/engineers", "GET /engineers"},
		{"keeping-shifts", "/oncall/shifts", "GET /oncall/shifts"},
		{"schedules-rotas", "/rotas", "GET /rotas"},
		{"policies", "/policies", "GET /policies"},
		{"schedules-month", "/oncall/month", "GET /oncall/month"},
		{"schedules-changes", "/oncall/changes", "GET /oncall/changes"},
		{"schedules-readiness", "/oncall/readiness", "GET /oncall/readiness"},
		{"schedules-load", "/oncall/load", "GET /oncall/load"},
		{"spoken", "/spoken", "GET /spoken"},
		{"alerts", "/alerts", "GET /alerts"},
		{"heartbeats", "/heartbeats", "GET /heartbeats"},
		{"evo-installations", "/installations", "GET /installations"},
		{"evo-products", "/releases", "GET /releases"},
		{"letters", "/letters", "GET /letters"},
		{"imports", "/imports", "GET /imports"},
		{"access-tokens", "/tokens", "GET /tokens"},
		{"page-password", "/password", "GET /password"},
		{"page-second", "/second", "GET /second"},
		{"browsers", "/browsers", "GET /browsers"},
	})
}

// places are those of the links that whoever looks may follow.
func (p page) places(links []link) (list []place) {
	for _, one := range links {
		if p.May(one.pattern) {
			path, _, _ := strings.Cut(p.Here, "?")
			list = append(list, place{one.title, one.path, path == one.path || one.path != "/" && strings.HasPrefix(path, one.path+"/")})
		}
	}
	return list
}

// keyHelp is one key, and what it does.
type keyHelp struct{ Key, What string }

// Keys are the plain keys of every page, as static/keys.js has them.
func (page) Keys() []keyHelp {
	return []keyHelp{
		{"?", "page-keys-help"}, {"j", "page-keys-next"}, {"k", "page-keys-before"}, {"Enter", "page-keys-open"}, {"/", "page-keys-search"},
		{"n", "page-keys-note"}, {"t", "page-keys-take"}, {"c", "page-keys-category"}, {"u", "page-keys-up"}, {"1-9, 0", "page-keys-places"}, {"Ctrl K", "page-keys-commands"},
	}
}

// Minutes tells a number of seconds in hours and minutes.
func (p page) Minutes(seconds int) string { return p.Span(time.Duration(seconds) * time.Second) }

// Seconds tells a short length of time, such as "12 s" or "1 min 5 s".
func (p page) Seconds(d time.Duration) string {
	if d < time.Minute {
		return p.T("page-seconds", int(d/time.Second))
	}
	return p.T("page-minutes-seconds", int(d/time.Minute), int(d%time.Minute/time.Second))
}

// Octets tells the size of a file, such as "12 kB" or "1.4 MB".
func (p page) Octets(n int64) string {
	if n < 1_000_000 {
		return p.T("page-kilobytes", strconv.FormatInt((n+999)/1000, 10))
	}
	return p.T("page-megabytes", p.Decimal(float64(n)/1_000_000))
}

// Who is an actor of a history, without the kind.
func (p page) Who(actor string) string { return p.actorName(actor, nil) }

// said tells a value within a line that the program wrote: an instant, or how a call ended.
func (r *request) said(value string) string {
	if at, err := time.Parse(time.RFC3339, value); err == nil {
		return r.Clock(at)
	}
	return r.Word(value)
}
