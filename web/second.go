package web

import (
	"errors"
	"html/template"
	"net/http"

	"hotline/storage"
	"hotline/users"
	"hotline/users/second"
	"hotline/web/ui"
)

// secondPage is where somebody sets up codes for the login, or ends them.
type secondPage struct {
	page
	Problem string
	On      bool // codes are asked for at the login
	Left    int  // recovery codes that were not used
	Secret  string
	Address string
	Picture template.HTML
	Codes   []string // recovery codes, shown once
}

func (s *server) secondPage(w http.ResponseWriter, r *request) {
	s.showSecond(w, r, http.StatusOK, r.User, secondPage{})
}

func (s *server) showSecond(w http.ResponseWriter, r *request, status int, u users.User, p secondPage) {
	var err error
	if p.On, p.Left = u.Second != "", second.Left(u.Second); !p.On {
		if p.Secret == "" {
			p.Secret, _, err = second.New(u.Name)
		}
		if p.Address = second.Address(u.Name, p.Secret); err == nil {
			p.Picture, err = second.Picture(p.Address)
		}
	}
	if err != nil {
		s.answerError(w, r, err)
		return
	}
	r.Title, r.Here = "page-second", "/second"
	p.page = r.page
	s.render(w, r, status, "second", p)
}

// beginSecond sets codes up: the password is asked for, and a code that shows that the app has the secret.
func (s *server) beginSecond(w http.ResponseWriter, r *request) {
	again := secondPage{Secret: r.FormValue("secret")}
	u, ok := s.verified(w, r, again)
	if !ok {
		return
	}
	if u.Second != "" {
		s.showSecond(w, r, http.StatusConflict, u, secondPage{Problem: r.T("page-second-is-on")})
		return
	}
	stored, codes, err := second.Begin(again.Secret, r.FormValue("code"), r.Now)
	if err != nil {
		if len(again.Secret) > 64 { // not one of ours: another one is made
			again.Secret = ""
		}
		again.Problem = r.T("page-second-wrong")
		s.showSecond(w, r, http.StatusUnprocessableEntity, u, again)
		return
	}
	s.putSecond(w, r, u, stored, codes)
}

// endSecond ends the asking for codes: the password is asked for.
func (s *server) endSecond(w http.ResponseWriter, r *request) {
	if u, ok := s.verified(w, r, secondPage{}); ok {
		s.putSecond(w, r, u, "", nil)
	}
}

func (s *server) putSecond(w http.ResponseWriter, r *request, u users.User, stored string, codes []string) {
	u.Second = stored
	u, err := s.Store.PutUser(r.Context(), u)
	if err != nil {
		s.answerError(w, r, err)
		return
	}
	s.Log.InfoContext(r.Context(), "web: codes for the login changed", "user", u.Name, "on", stored != "")
	s.showSecond(w, r, http.StatusOK, u, secondPage{Codes: codes})
}

// verified asks whoever is logged in for the password, and answers where it is wrong.
func (s *server) verified(w http.ResponseWriter, r *request, again secondPage) (users.User, bool) {
	u, err := s.verify(r, r.User.Name, r.FormValue("old"))
	switch {
	case err == nil:
		return u, true
	case errors.Is(err, errBusy):
		again.Problem = r.T("page-login-busy")
		s.showSecond(w, r, http.StatusTooManyRequests, r.User, again)
	case errors.Is(err, errLogin):
		again.Problem = r.T("page-password-wrong")
		s.showSecond(w, r, http.StatusUnauthorized, r.User, again)
	default:
		s.answerError(w, r, err)
	}
	return users.User{}, false
}

// shows looks at the code of somebody whose password was right. Who has set up none shows none. A code is used up in the store before
// it opens anything, so that of two who send the same one at once one comes in.
func (s *server) shows(r *request, u users.User) (users.User, error) {
	if u.Second == "" {
		return u, nil
	}
	after, err := second.Check(u.Second, r.FormValue("code"), r.Now)
	if errors.Is(err, second.ErrWrong) {
		s.throttle.wrong(u.Name, ui.Source(r.Request), r.Now)
		return users.User{}, errLogin
	}
	if err != nil {
		return users.User{}, err
	}
	u.Second = after
	u, err = s.Store.PutUser(r.Context(), u)
	if errors.Is(err, storage.ErrConflict) {
		return users.User{}, errLogin
	}
	return u, err
}
