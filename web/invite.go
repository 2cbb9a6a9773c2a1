package web

import (
	"errors"
	"net/http"

	"hotline/storage"
	"hotline/users"
	"hotline/users/password"
	"hotline/web/ui"
)

// address is a path of this house as the browser that asks reaches it.
func address(q *http.Request, path string) string {
	if ui.Encrypted(q) {
		return "https://" + q.Host + path
	}
	return "http://" + q.Host + path
}

// invited finds the user whose invitation the address holds; without a name: it does not hold, whoever it was for.
func (s *server) invited(w http.ResponseWriter, r *request) (users.User, bool) {
	name, u := r.PathValue("name"), users.User{}
	err := storage.ErrNotFound
	if users.ValidName(name) {
		u, err = s.Store.User(r.Context(), name)
	}
	switch {
	case err != nil && !errors.Is(err, storage.ErrNotFound):
		s.answerError(w, r, err)
	case err != nil || !u.Opens(r.PathValue("token"), r.Now):
		s.showFailure(w, r, http.StatusNotFound, "page-invite-over")
	default:
		return u, true
	}
	return users.User{}, false
}

func (s *server) invitePage(w http.ResponseWriter, r *request) {
	if u, ok := s.invited(w, r); ok {
		s.showInvite(w, r, http.StatusOK, u.Name, "")
	}
}

func (s *server) showInvite(w http.ResponseWriter, r *request, status int, name, problem string) {
	r.Title = "page-invite"
	s.render(w, r, status, "invite", formPage{page: r.page, Problem: problem, Name: name})
}

// invite gives an invited user the password that they chose, once, and logs them in.
func (s *server) invite(w http.ResponseWriter, r *request) {
	u, ok := s.invited(w, r)
	if !ok {
		return
	}
	err := s.hashed(r.Context(), func() (err error) { u.Password, err = password.Hash(r.FormValue("password")); return err })
	if errors.Is(err, password.ErrLength) {
		s.showInvite(w, r, http.StatusUnprocessableEntity, u.Name, r.T("page-password-length", password.Shortest, password.Longest))
		return
	}
	if err == nil {
		_, err = s.Store.PutUser(r.Context(), u)
	}
	if errors.Is(err, storage.ErrConflict) { // somebody was faster, or an administrator changed the user meanwhile
		s.showFailure(w, r, http.StatusConflict, "page-invite-over")
		return
	}
	if err == nil {
		err = s.begin(r.Context(), w, r, u.Name)
	}
	if err != nil {
		s.answerError(w, r, err)
		return
	}
	s.Log.InfoContext(r.Context(), "web: an invited user chose a password", "user", u.Name)
	http.Redirect(w, r.Request, "/", http.StatusSeeOther)
}

// endOthers ends every session of whoever is logged in but this one.
func (s *server) endOthers(w http.ResponseWriter, r *request) {
	if err := s.Store.EndSessions(r.Context(), r.User.Name, r.session.Hash); err != nil {
		s.answerError(w, r, err)
		return
	}
	s.streams.EndOthers(r.User.Name, r.session.Hash)
	s.Log.InfoContext(r.Context(), "web: other sessions ended", "user", r.User.Name)
	r.Title = "page-password"
	s.render(w, r, http.StatusOK, "password", formPage{page: r.page, Ended: true})
}
