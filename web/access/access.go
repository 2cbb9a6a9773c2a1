// Package access is the pages on which administrators say who may use the staff's pages and the API. They invite users by a
// one-time link, give them a role, disable them and let them in again. What a user may not do any more ends at once, their
// streams too. Every change is logged with who made it. Tokens of the API are shown once and revoked at once.
package access

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"

	"hotline/audit"
	"hotline/directory"
	"hotline/oncall"
	"hotline/storage"
	"hotline/tokens"
	"hotline/users"
	"hotline/web/form"
	"hotline/web/ui"
)

// Store is what the page reads and writes.
type Store interface {
	users.Store
	tokens.Store
	Contract(ctx context.Context, id directory.ContractID) (directory.Contract, error)
	Engineers(ctx context.Context) ([]oncall.Engineer, error)
}

// Handlers answers these pages. It is what the page needs.
type Handlers struct {
	Store Store
	Ends  func(user string)                                   // ends the live streams of a user on this node
	Link  func(q *http.Request, path string) (address string) // as a colleague's browser reaches it
	// Issuer is the identity provider by which users may log in; empty: there is none.
	Issuer string
	Log    *slog.Logger
}

//go:embed pages/*.html
var files embed.FS

var pages = sync.OnceValue(func() ui.Templates { return ui.Parse(files) })

// Routes are the pages and forms: for administrators alone.
func Routes(h Handlers) []ui.Route {
	admins := []users.Role{users.Admin}
	list := []ui.Route{
		{Pattern: "GET /users", Roles: admins, Serve: func(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) { return h.show(r, page{}) }},
		{Pattern: "POST /users", Roles: admins, Serve: formOf(h.refuse, h.invite)},
		{Pattern: "GET /tokens", Roles: admins, Serve: func(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
			return h.showTokens(r, tokensPage{Scope: r.FormValue("scope"), Bound: r.FormValue("contract"), Install: r.FormValue("installation")})
		}},
		{Pattern: "POST /tokens", Roles: admins, Serve: formOf(h.refuseToken, h.newToken)},
		{Pattern: "POST /tokens/remove", Roles: admins, Serve: h.removeToken},
	}
	for verb, change := range map[string]func(*ui.Request, *users.User) (token string, err error){
		"change": h.changed, "disable": disabled, "enable": enabled, "reset": reset, "identity": h.identified,
	} {
		list = append(list, ui.Route{Pattern: "POST /users/{name}/" + verb, Roles: admins, Serve: formOf(h.refuse, h.do(verb, change))})
	}
	return list
}

// page lists everybody.
type page struct {
	ui.View
	Rows      []row
	Roles     []users.Role
	Engineers []oncall.Engineer
	Invited   string // whose link is shown; empty: nobody's
	Link      string // it is shown once
	Issuer    string // empty: nobody logs in by an identity provider
	form.Complaint
}

// row is a user, and whether it is oneself: nobody takes their own key away.
type row struct {
	users.User
	Self    bool
	Subject string // of the identity at the provider; empty: none
}

func (h Handlers) refuse(r *ui.Request, c form.Complaint) (*ui.Page, error) {
	return h.show(r, page{Complaint: c})
}

func (h Handlers) show(r *ui.Request, p page) (*ui.Page, error) {
	all, err := h.Store.Users(r.Context())
	if err != nil {
		return nil, fmt.Errorf("reading the users: %w", err)
	}
	p.View, p.Roles, p.Issuer = r.View, users.Roles(), h.Issuer
	if p.Engineers, err = h.Store.Engineers(r.Context()); err != nil {
		return nil, fmt.Errorf("reading the engineers: %w", err)
	}
	for _, u := range all {
		one := row{User: u, Self: u.Name == r.User.Name}
		if u.Identity.Issuer == h.Issuer {
			one.Subject = u.Identity.Subject
		}
		p.Rows = append(p.Rows, one)
	}
	return pages().Page("users", r.T("page-users"), p)
}

// said reads role and engineer from a form.
func (h Handlers) said(r *ui.Request, u *users.User) error {
	u.Role, u.Engineer = users.Role(r.FormValue("role")), r.FormValue("engineer")
	engineers, err := h.Store.Engineers(r.Context())
	if err != nil {
		return fmt.Errorf("reading the engineers: %w", err)
	}
	known := slices.ContainsFunc(engineers, func(e oncall.Engineer) bool { return string(e.ID) == u.Engineer })
	switch {
	case !u.Role.Valid():
		return bad("role", "page-unfit")
	case u.Engineer != "" && !known:
		return bad("engineer", "page-unfit")
	}
	return nil
}

// invite makes a user, who gives themselves a password by a link that is shown once.
func (h Handlers) invite(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	stored, token := users.Invite(r.Now)
	u := users.User{Name: r.FormValue("name"), Password: stored, Created: r.Now}
	if !users.ValidName(u.Name) {
		return nil, bad("name", "page-name-form")
	}
	if err := h.said(r, &u); err != nil {
		return nil, err
	}
	if _, err := h.identified(r, &u); err != nil {
		return nil, err
	}
	_, err := h.Store.PutUser(r.Context(), u)
	if errors.Is(err, storage.ErrExists) && u.Identity.Known() {
		return nil, late("name", "page-users-exists-identity", u.Name)
	}
	if errors.Is(err, storage.ErrExists) {
		return nil, late("name", "page-users-exists", u.Name)
	}
	if err != nil {
		return nil, fmt.Errorf("inviting a user: %w", err)
	}
	h.log(r, u.Name, "invite")
	return h.show(r, page{Invited: u.Name, Link: h.Link(r.Request, "/invite/"+u.Name+"/"+token)})
}

func (h Handlers) changed(r *ui.Request, u *users.User) (string, error) { return "", h.said(r, u) }

// identified reads from a form as whom the identity provider knows a user. Without a provider, and where another one than today's knows the
// user and nothing is written, it stays as it is.
func (h Handlers) identified(r *ui.Request, u *users.User) (string, error) {
	subject := strings.TrimSpace(r.FormValue("subject"))
	switch {
	case h.Issuer == "", subject == "" && u.Identity.Issuer != h.Issuer:
	case subject == "":
		u.Identity = users.Identity{}
	case !users.ValidSubject(subject):
		return "", bad("subject", "page-users-subject-form", users.SubjectMost)
	default:
		u.Identity = users.Identity{Issuer: h.Issuer, Subject: subject}
	}
	return "", nil
}

func disabled(_ *ui.Request, u *users.User) (string, error) {
	u.Disabled = true
	return "", nil
}

func enabled(_ *ui.Request, u *users.User) (string, error) {
	u.Disabled = false
	return "", nil
}

// reset takes the password away, and what codes are checked by: every session ends, and a link lets the user choose another one.
func reset(r *ui.Request, u *users.User) (token string, err error) {
	u.Password, token = users.Invite(r.Now)
	u.Second, u.Disabled = "", false
	return token, nil
}

// do changes a user as they stood when the form was shown. Nobody changes themselves here, so that one administrator is always left; as whom
// the identity provider knows them takes nothing away.
func (h Handlers) do(verb string, change func(*ui.Request, *users.User) (string, error)) func(http.ResponseWriter, *ui.Request) (*ui.Page, error) {
	return func(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
		ctx, name := r.Context(), r.PathValue("name")
		if name == r.User.Name && verb != "identity" {
			return nil, &ui.Refusal{Status: http.StatusConflict, ID: "page-users-self"}
		}
		u, err := h.Store.User(ctx, name)
		if err != nil {
			return nil, fmt.Errorf("reading a user: %w", err)
		}
		if fmt.Sprint(u.Version) != r.FormValue("version") {
			return nil, late("", "page-users-conflict", name)
		}
		stands := u
		token, err := change(r, &u)
		if err != nil {
			return nil, err
		}
		if !audit.Same(stands, u) {
			_, err = h.Store.PutUser(ctx, u)
		}
		if errors.Is(err, storage.ErrConflict) {
			return nil, late("", "page-users-conflict", name)
		}
		if errors.Is(err, storage.ErrExists) {
			return nil, late("subject", "page-users-subject-taken")
		}
		if err != nil {
			return nil, fmt.Errorf("changing user %s: %w", name, err)
		}
		h.log(r, name, verb)
		if verb == "disable" || verb == "reset" || verb == "identity" {
			h.Ends(name)
		}
		if token != "" {
			return h.show(r, page{Invited: name, Link: h.Link(r.Request, "/invite/"+name+"/"+token)})
		}
		http.Redirect(w, r.Request, "/users", http.StatusSeeOther)
		return nil, nil
	}
}

func (h Handlers) log(r *ui.Request, name, what string) {
	h.Log.InfoContext(r.Context(), "web: staff wrote", "by", r.User.Name, "user", name, "what", what)
}
