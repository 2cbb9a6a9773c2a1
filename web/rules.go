package web

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync"

	"hotline/audit"
	"hotline/users"
	"hotline/web/signon"
	"hotline/web/ui"
)

// route is one row of the table that the mux is made of.
type route struct {
	pattern string // of http.ServeMux
	serve   func(http.ResponseWriter, *request)
}

// routes are all pages and forms.
func (s *server) routes() []route {
	list := []route{
		{"GET /static/{file}", s.static},
		{"POST /language", s.chooseLanguage},
		{"GET /login", s.loginPage},
		{"POST /login", s.login},
		{"GET /login/oidc", s.signOn},
		{"GET " + signon.Callback, s.signedOn},
		{"GET /setup/{token}", s.setupPage},
		{"POST /setup/{token}", s.setup},
		{"GET /invite/{name}/{token}", s.invitePage},
		{"POST /invite/{name}/{token}", s.invite},
		{"POST /sessions/end", s.endOthers},
		{"GET /second", s.secondPage},
		{"POST /second", s.beginSecond},
		{"POST /second/end", s.endSecond},
		{"POST /logout", s.logout},
		{"GET /password", s.passwordPage},
		{"POST /password", s.changePassword},
		{"GET /{$}", s.board},
		{"GET /live", s.liveStream},
		{"GET /tickets/{number}", s.ticket},
		{"POST /tickets/{number}/preview", s.previewed},
		{"GET /recordings/{id}/audio", s.audio},
		{"GET /tickets/{number}/recordings.zip", s.export},
		{"GET /calls", s.calls},
		{"GET /calls/{id}", s.call},
		{"GET /customers", s.customers},
		{"GET /customers/{id}", s.customer},
		{"POST /contracts/{id}/pin", s.renewPIN},
	}
	for _, a := range append(actions(), lawful()...) {
		list = append(list, route{a.pattern(), s.act(a)})
	}
	for _, one := range rooms(s.Config) {
		list = append(list, s.enter(one))
	}
	return list
}

// notFound stands in the table for every address that no route has.
const notFound = "/"

// who may use a route.
type who struct {
	anybody bool // without a session
	roles   []users.Role
	most    int64 // octets that its form may have; 0: formMost
	untyped bool  // nobody has typed what it is sent, or it is secret: without a session nothing of it is kept
}

// rules is the whole table of who may use what. A route that is not in it is open to nobody.
var rules = sync.OnceValue(func() map[string]who {
	all := who{roles: users.Roles()}
	untyped := who{roles: users.Roles(), untyped: true}
	workers := who{roles: []users.Role{users.Engineer, users.Staff, users.Admin}}
	table := map[string]who{
		"GET /static/{file}":          {anybody: true},
		"POST /language":              {anybody: true},
		"GET /login":                  {anybody: true},
		"POST /login":                 {anybody: true},
		"GET /login/oidc":             {anybody: true},
		"GET " + signon.Callback:      {anybody: true}, // what the provider says is asked for
		"GET /setup/{token}":          {anybody: true}, // the token is asked for
		"POST /setup/{token}":         {anybody: true},
		"GET /invite/{name}/{token}":  {anybody: true}, // the token is asked for
		"POST /invite/{name}/{token}": {anybody: true},
		"POST /sessions/end":          untyped,
		"GET /second":                 all,
		"POST /second":                untyped,
		"POST /second/end":            untyped,
		"POST /logout":                untyped,
		"GET /password":               all,
		"POST /password":              untyped,
		notFound:                      untyped,
		"GET /{$}":                    all,
		"GET /live":                   all,
		"GET /tickets/{number}":       all,
		"GET /recordings/{id}/audio":  workers, // callers' voices

		"GET /calls":               all,
		"GET /calls/{id}":          all,
		"GET /customers":           all,
		"GET /customers/{id}":      all,
		"POST /contracts/{id}/pin": {roles: []users.Role{users.Admin}},

		"GET /tickets/{number}/recordings.zip":    {roles: []users.Role{users.Admin}},
		"POST /tickets/{number}/erase-recordings": {roles: []users.Role{users.Admin}},
		"POST /tickets/{number}/hold":             {roles: []users.Role{users.Admin}},
		"POST /tickets/{number}/lift-hold":        {roles: []users.Role{users.Admin}},

		"POST /tickets/{number}/preview":      workers,
		"POST /tickets/{number}/comment":      workers,
		"POST /tickets/{number}/answer":       workers,
		"POST /tickets/{number}/take":         workers,
		"POST /tickets/{number}/assign":       workers,
		"POST /tickets/{number}/contact":      workers,
		"POST /tickets/{number}/intervention": workers,
		"POST /tickets/{number}/waiting":      workers,
		"POST /tickets/{number}/resume":       workers,
		"POST /tickets/{number}/call-back":    workers,
		"POST /tickets/{number}/ring":         workers,
		"POST /tickets/{number}/restored":     workers,
		"POST /tickets/{number}/close":        workers,
		"POST /tickets/{number}/reopen":       workers,
		"POST /tickets/{number}/assess":       workers,
		"POST /tickets/{number}/time":         workers,
	}
	for _, one := range rooms(Config{}) { // each says itself for whom it is
		table[one.Pattern] = who{roles: one.Roles, most: one.Most, untyped: one.Script}
	}
	return table
})

// may tells whether a role may use a route.
func may(role users.Role, pattern string) bool {
	rule := rules()[pattern]
	return rule.anybody || slices.Contains(rule.roles, role)
}

// allow lets pass who may use a route. Somebody who is not logged in is sent to the login, and back to the page afterwards; a form is
// kept meanwhile.
func (s *server) allow(pattern string, serve func(http.ResponseWriter, *request)) http.Handler {
	rule, known := rules()[pattern]
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r := s.request(q)
		body := q.Body
		q.Body = http.MaxBytesReader(w, body, formMost)
		if !rule.anybody { // first: nobody else has a large form read
			if err := s.identify(w, r); err != nil {
				s.answerError(w, r, err)
				return
			}
			if r.User.Name == "" && !rule.untyped && s.sentWithout(w, r) {
				return
			}
			if r.User.Name == "" {
				http.Redirect(w, q, "/login?next="+url.QueryEscape(back(q)), http.StatusSeeOther)
				return
			}
			if !known || !slices.Contains(rule.roles, r.User.Role) {
				s.showFailure(w, r, http.StatusForbidden, "page-forbidden")
				return
			}
		}
		q.Body = http.MaxBytesReader(w, body, max(rule.most, formMost))
		q = q.WithContext(audit.With(q.Context(), r.origin(pattern)))
		r.Request = q
		if status := ui.Unfit(q, parsed(q, max(rule.most, formMost))); status != 0 {
			s.showFailure(w, r, status, map[bool]string{true: "page-too-large", false: "page-not-plain"}[status == http.StatusRequestEntityTooLarge])
			return
		}
		if err := s.noteAct(r, pattern); err != nil {
			s.answerError(w, r, err)
			return
		}
		serve(w, r)
	})
}

// origin is who asks, for the records of what the request changes.
func (r *request) origin(pattern string) audit.Origin {
	o := audit.Origin{From: ui.Source(r.Request).String(), Route: pattern, At: r.Now}
	switch {
	case r.User.Name != "":
		o.Who = r.actor()
	case pattern == "POST /setup/{token}":
		o.Who = audit.Setup
	}
	return o
}

// acts are the routes that do something outside and change nothing in the store, with the kind of document that they are about and where
// its id stands. They are noted before it is done.
func acts() map[string]audit.Document {
	return map[string]audit.Document{
		"POST /outgoing/{endpoint}/test": {Kind: "endpoint", ID: "endpoint"},
		"POST /browsers/{id}/test":       {Kind: "endpoint", ID: "id"},
		"POST /start/test-call":          {Kind: "engineer", ID: "engineer"},
		"POST /oncall/readiness/test":    {Kind: "engineer", ID: "engineer"},
	}
}

// noteAct notes an act; what cannot be noted is not done.
func (s *server) noteAct(r *request, pattern string) error {
	act, ok := acts()[pattern]
	if !ok {
		return nil
	}
	act.ID = cmp.Or(r.PathValue(act.ID), r.FormValue(act.ID))
	if err := s.Store.NoteAudit(r.Context(), audit.Record{What: audit.Asked, Document: act}.By(r.origin(pattern))); err != nil {
		return fmt.Errorf("noting what is asked for: %w", err)
	}
	return nil
}

// parsed reads the form of a request, files included: they stay in memory, so that none lies on the disk in the clear.
func parsed(q *http.Request, most int64) error {
	if err := q.ParseForm(); err != nil {
		return err
	}
	if err := q.ParseMultipartForm(most); !errors.Is(err, http.ErrNotMultipart) {
		return err
	}
	return nil
}

// back is the page to go to after the login: the one that was asked for, where it was only to be read.
func back(q *http.Request) string {
	if q.Method != http.MethodGet {
		return "/"
	}
	return q.URL.RequestURI()
}
