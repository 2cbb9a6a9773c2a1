package web

import (
	"errors"
	"net/http"
	"strings"

	"hotline/storage"
	"hotline/users"
	"hotline/users/oidc"
	"hotline/users/password"
	"hotline/web/resubmit"
	"hotline/web/signon"
	"hotline/web/ui"
)

// formPage is a form that stands alone on its page: login, first user, password.
type formPage struct {
	page
	Problem string // what was wrong with what was sent; empty: nothing
	Name    string
	Next    string        // where to go afterwards
	Empty   bool          // there are no users yet
	SignOn  string        // what the identity provider is called; empty: there is none
	Kept    resubmit.Form // what was sent without a session; the zero value: nothing
	Done    bool
	Ended   bool // the other sessions
}

func (s *server) loginPage(w http.ResponseWriter, r *request) {
	if err := s.identify(w, r); err == nil && r.User.Name != "" {
		http.Redirect(w, r.Request, local(r.FormValue("next")), http.StatusSeeOther)
		return
	}
	s.showLogin(w, r, http.StatusOK, "")
}

func (s *server) showLogin(w http.ResponseWriter, r *request, status int, problem string) {
	s.showLoginOf(w, r, status, formPage{Problem: problem, Name: r.FormValue("name"), Next: local(r.FormValue("next")), Kept: resubmit.Read(local(r.FormValue("kept-to")), r.FormValue("kept"))})
}

func (s *server) showLoginOf(w http.ResponseWriter, r *request, status int, p formPage) {
	all, err := s.Store.Users(r.Context())
	if err != nil {
		s.answerError(w, r, err)
		return
	}
	r.Title, r.Here = "page-login", "/login"
	r.Keeps = p.Kept.To != ""
	p.page, p.Empty, p.SignOn = r.page, len(all) == 0, s.Provider.Name
	s.render(w, r, status, "login", p)
}

// login begins a session. Wrong passwords are counted; whoever has spent them waits.
func (s *server) login(w http.ResponseWriter, r *request) {
	from := ui.Source(r.Request)
	u, err := s.verify(r, r.FormValue("name"), r.FormValue("password"))
	if err == nil {
		u, err = s.shows(r, u)
	}
	switch {
	case errors.Is(err, errBusy):
		s.Log.WarnContext(r.Context(), "web: login refused", "why", "busy", "from", from.String())
		w.Header().Set("Retry-After", "60")
		s.showLogin(w, r, http.StatusTooManyRequests, r.T("page-login-busy"))
		return
	case errors.Is(err, errLogin):
		s.Log.WarnContext(r.Context(), "web: login refused", "why", "wrong", "from", from.String())
		s.showLogin(w, r, http.StatusUnauthorized, r.T("page-login-wrong"))
		return
	}
	if err == nil {
		s.throttle.right(u.Name, from)
		err = s.begin(r.Context(), w, r, u.Name)
	}
	switch {
	case errors.Is(err, storage.ErrNotFound): // disabled at this moment
		s.showLogin(w, r, http.StatusUnauthorized, r.T("page-login-wrong"))
	case err != nil:
		s.answerError(w, r, err)
	default:
		s.Log.InfoContext(r.Context(), "web: logged in", "user", u.Name, "from", from.String())
		s.letIn(w, r, u)
	}
}

// letIn leads somebody who has logged in on: to the page that was asked for, or to what was sent without a session.
func (s *server) letIn(w http.ResponseWriter, r *request, u users.User) {
	form := resubmit.Read(local(r.FormValue("kept-to")), r.FormValue("kept"))
	if form.To == "" {
		http.Redirect(w, r.Request, local(r.FormValue("next")), http.StatusSeeOther)
		return
	}
	r.User, r.Title, r.Here, r.Keeps = u, "page-kept", "/", true
	s.render(w, r, http.StatusOK, "kept", formPage{page: r.page, Kept: form})
}

// sentWithout answers a form that was sent without a session: the login page keeps what was typed. It is false for an empty
// form, and for what scripts send.
func (s *server) sentWithout(w http.ResponseWriter, r *request) bool {
	mode := r.Header.Get("Sec-Fetch-Mode")
	if r.Method != http.MethodPost || mode != "" && mode != "navigate" {
		return false
	}
	p, status := formPage{Problem: r.T("page-login-not-kept"), Next: "/"}, 0
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") { // no file is read of nobody
		if status = ui.Unfit(r.Request, r.ParseForm()); status == 0 && len(r.PostForm) == 0 {
			return false
		}
		if form, ok := resubmit.Of(r.Request); ok && status == 0 {
			p.Problem, p.Kept = r.T("page-login-kept"), form
		}
	}
	s.showLoginOf(w, r, http.StatusUnauthorized, p)
	return true
}

// signons is logins by the identity provider.
func (s *server) signons() signon.Handlers {
	return signon.Handlers{Provider: s.Provider, Store: s.Store, Ends: s.ends, Link: address, Encrypted: ui.Encrypted, Local: local, Log: s.Log}
}

// signOn sends a browser to the identity provider. It is a link and no form: what follows a form may not leave this site.
func (s *server) signOn(w http.ResponseWriter, r *request) {
	if s.Provider.Provider == nil {
		s.showFailure(w, r, http.StatusNotFound, "page-not-found")
		return
	}
	to, err := s.signons().Begin(w, r.Request, local(r.FormValue("next")), r.Now)
	if err != nil {
		s.notSignedOn(w, r, err)
		return
	}
	http.Redirect(w, r.Request, to, http.StatusSeeOther)
}

// signedOn begins a session for whom the identity provider let in. It is that of a login by password in everything.
func (s *server) signedOn(w http.ResponseWriter, r *request) {
	from := ui.Source(r.Request)
	switch {
	case s.Provider.Provider == nil:
		s.showFailure(w, r, http.StatusNotFound, "page-not-found")
		return
	case !s.throttle.allowsFrom(from, r.Now):
		w.Header().Set("Retry-After", "60")
		s.showLogin(w, r, http.StatusTooManyRequests, r.T("page-login-busy"))
		return
	}
	select {
	case s.asking <- struct{}{}:
		defer func() { <-s.asking }()
	case <-r.Context().Done():
		return
	}
	u, next, err := s.signons().Finish(w, r.Request, r.Now)
	if err == nil {
		err = s.begin(r.Context(), w, r, u.Name)
		if errors.Is(err, storage.ErrNotFound) { // disabled at this moment
			err = &ui.Refusal{Status: http.StatusForbidden, ID: "signon-disabled", Values: []any{u.Name}}
		}
	}
	if err != nil {
		s.notSignedOn(w, r, err)
		return
	}
	s.Log.InfoContext(r.Context(), "web: logged in by the identity provider", "user", u.Name, "from", from.String())
	http.Redirect(w, r.Request, next, http.StatusSeeOther)
}

// notSignedOn shows the login page with what was the matter: name and password let in as before.
func (s *server) notSignedOn(w http.ResponseWriter, r *request, err error) {
	from := ui.Source(r.Request)
	s.Log.WarnContext(r.Context(), "web: login by the identity provider refused", "from", from.String(), "error", err)
	if refused := (*ui.Refusal)(nil); errors.As(err, &refused) {
		s.throttle.wrongFrom(from, r.Now)
		s.showLogin(w, r, refused.Status, r.T(refused.ID, refused.Values...))
		return
	}
	for _, row := range []struct {
		kind   error
		status int
		id     string
	}{
		{oidc.ErrDown, http.StatusBadGateway, "signon-down"}, {oidc.ErrState, http.StatusForbidden, "signon-state"},
		{oidc.ErrDenied, http.StatusForbidden, "signon-denied"}, {oidc.ErrAnswer, http.StatusForbidden, "signon-answer"},
	} {
		if errors.Is(err, row.kind) {
			if row.kind != oidc.ErrDown {
				s.throttle.wrongFrom(from, r.Now)
			}
			s.showLogin(w, r, row.status, r.T(row.id, s.Provider.Name))
			return
		}
	}
	s.answerError(w, r, err)
}

// logout ends the session here and in the store.
func (s *server) logout(w http.ResponseWriter, r *request) {
	if err := s.Store.EndSession(r.Context(), r.session.Hash); err != nil {
		s.answerError(w, r, err)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: ui.Encrypted(r.Request)})
	http.Redirect(w, r.Request, "/login", http.StatusSeeOther)
}

func (s *server) passwordPage(w http.ResponseWriter, r *request) {
	s.showPassword(w, r, http.StatusOK, "", false)
}

func (s *server) showPassword(w http.ResponseWriter, r *request, status int, problem string, done bool) {
	r.Title = "page-password"
	s.render(w, r, status, "password", formPage{page: r.page, Problem: problem, Done: done})
}

// changePassword gives whoever is logged in another password. Every other session of theirs ends.
func (s *server) changePassword(w http.ResponseWriter, r *request) {
	u, err := s.verify(r, r.User.Name, r.FormValue("old"))
	switch {
	case errors.Is(err, errBusy):
		s.showPassword(w, r, http.StatusTooManyRequests, r.T("page-login-busy"), false)
		return
	case errors.Is(err, errLogin):
		s.showPassword(w, r, http.StatusUnauthorized, r.T("page-password-wrong"), false)
		return
	}
	if err == nil {
		err = s.hashed(r.Context(), func() (err error) { u.Password, err = password.Hash(r.FormValue("new")); return err })
	}
	if errors.Is(err, password.ErrLength) {
		s.showPassword(w, r, http.StatusUnprocessableEntity, r.T("page-password-length", password.Shortest, password.Longest), false)
		return
	}
	if err == nil {
		_, err = s.Store.PutUser(r.Context(), u)
	}
	if err == nil {
		err = s.begin(r.Context(), w, r, u.Name)
	}
	if err != nil {
		s.answerError(w, r, err)
		return
	}
	s.Log.InfoContext(r.Context(), "web: password changed", "user", u.Name)
	s.showPassword(w, r, http.StatusOK, "", true)
}

func (s *server) setupPage(w http.ResponseWriter, r *request) {
	if s.mayDoSetup(w, r) {
		s.showSetup(w, r, http.StatusOK, "")
	}
}

func (s *server) showSetup(w http.ResponseWriter, r *request, status int, problem string) {
	r.Title = "page-setup"
	s.render(w, r, status, "setup", formPage{page: r.page, Problem: problem, Name: r.FormValue("name")})
}

// mayDoSetup answers for a link that does not hold any more, or that came over a network in the clear.
func (s *server) mayDoSetup(w http.ResponseWriter, r *request) bool {
	switch {
	case !ui.Source(r.Request).IsLoopback() && !ui.Encrypted(r.Request):
		s.showFailure(w, r, http.StatusForbidden, "page-setup-open")
	case s.Setup == nil || !s.Setup.holds(r.PathValue("token"), r.Now):
		s.showFailure(w, r, http.StatusNotFound, "page-setup-over")
	default:
		return true
	}
	return false
}

// setup makes the first user, an administrator, and logs them in.
func (s *server) setup(w http.ResponseWriter, r *request) {
	if !s.mayDoSetup(w, r) {
		return
	}
	u := users.User{Name: r.FormValue("name"), Role: users.Admin, Created: r.Now}
	if !users.ValidName(u.Name) {
		s.showSetup(w, r, http.StatusUnprocessableEntity, r.T("page-name-form"))
		return
	}
	err := s.hashed(r.Context(), func() (err error) { u.Password, err = password.Hash(r.FormValue("password")); return err })
	if errors.Is(err, password.ErrLength) {
		s.showSetup(w, r, http.StatusUnprocessableEntity, r.T("page-password-length", password.Shortest, password.Longest))
		return
	}
	if err == nil {
		_, err = s.Store.PutFirstUser(r.Context(), u)
	}
	if errors.Is(err, storage.ErrExists) {
		s.showFailure(w, r, http.StatusConflict, "page-setup-over")
		return
	}
	if err == nil {
		s.Setup.end()
		err = s.begin(r.Context(), w, r, u.Name)
	}
	if err != nil {
		s.answerError(w, r, err)
		return
	}
	s.Log.InfoContext(r.Context(), "web: the first user was made", "user", u.Name)
	http.Redirect(w, r.Request, "/start", http.StatusSeeOther)
}
