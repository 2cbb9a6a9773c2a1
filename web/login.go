package web

import (
	"errors"
	"net/http"

	"hotline/storage"
	"hotline/users"
	"hotline/users/password"
	"hotline/web/room"
)

// formPage is a form that stands alone on its page: login, first user, password.
type formPage struct {
	page
	Problem string // what was wrong with what was sent; empty: nothing
	Name    string
	Next    string // where to go afterwards
	Empty   bool   // there are no users yet
	Done    bool
	Ended   bool // the other sessions
}

func (s *server) loginPage(w http.ResponseWriter, r *request) {
	if err := s.identify(w, r); err == nil && r.user.Name != "" {
		http.Redirect(w, r.Request, local(r.FormValue("next")), http.StatusSeeOther)
		return
	}
	s.showLogin(w, r, http.StatusOK, "")
}

func (s *server) showLogin(w http.ResponseWriter, r *request, status int, problem string) {
	all, err := s.Store.Users(r.Context())
	if err != nil {
		s.failed(w, r, err)
		return
	}
	r.Title, r.Here = "page-login", "/login"
	s.render(w, r, status, "login", formPage{page: r.page, Problem: problem, Name: r.FormValue("name"), Next: local(r.FormValue("next")), Empty: len(all) == 0})
}

// login begins a session. Wrong passwords are counted; whoever has spent them waits.
func (s *server) login(w http.ResponseWriter, r *request) {
	from := room.Source(r.Request)
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
		s.failed(w, r, err)
	default:
		s.Log.InfoContext(r.Context(), "web: logged in", "user", u.Name, "from", from.String())
		http.Redirect(w, r.Request, local(r.FormValue("next")), http.StatusSeeOther)
	}
}

// logout ends the session here and in the store.
func (s *server) logout(w http.ResponseWriter, r *request) {
	if err := s.Store.EndSession(r.Context(), r.session.Hash); err != nil {
		s.failed(w, r, err)
		return
	}
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: room.Encrypted(r.Request)})
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
	u, err := s.verify(r, r.user.Name, r.FormValue("old"))
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
		s.failed(w, r, err)
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
	case !room.Source(r.Request).IsLoopback() && !room.Encrypted(r.Request):
		s.fail(w, r, http.StatusForbidden, "page-setup-open")
	case s.Setup == nil || !s.Setup.holds(r.PathValue("token"), r.Now):
		s.fail(w, r, http.StatusNotFound, "page-setup-over")
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
		s.fail(w, r, http.StatusConflict, "page-setup-over")
		return
	}
	if err == nil {
		s.Setup.end()
		err = s.begin(r.Context(), w, r, u.Name)
	}
	if err != nil {
		s.failed(w, r, err)
		return
	}
	s.Log.InfoContext(r.Context(), "web: the first user was made", "user", u.Name)
	http.Redirect(w, r.Request, "/start", http.StatusSeeOther)
}
