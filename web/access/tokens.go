package access

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"hotline/admin/access"
	"hotline/directory"
	"hotline/storage"
	"hotline/tokens"
	"hotline/validation"
	"hotline/web/form"
	"hotline/web/ui"
)

// tokensPage lists the tokens of the API.
type tokensPage struct {
	ui.View
	Rows    []tokenRow
	Scopes  []tokens.Scope
	Name    string // of the token whose secret is shown, or that could not be made
	Secret  string // it is shown once
	Scope   string
	Days    string
	Bound   string // the contract of a token of scope alerts
	Install string
	form.Complaint
}

// tokenRow is a token as the page tells of it.
type tokenRow struct {
	tokens.Token
	Ended bool
}

// Bounds of what a form says.
const (
	tokenNameMost = 100  // characters
	tokenDaysMost = 3660 // ten years
)

func (h Handlers) showTokens(r *ui.Request, p tokensPage) (*ui.Page, error) {
	all, err := h.Store.Tokens(r.Context())
	if err != nil {
		return nil, fmt.Errorf("reading the tokens: %w", err)
	}
	p.View, p.Scopes = r.View, tokens.Scopes()
	for _, t := range all {
		p.Rows = append(p.Rows, tokenRow{t, !t.Expires.IsZero() && !r.Now.Before(t.Expires)})
	}
	return pages().Page("tokens", r.T("access-tokens"), p)
}

func (h Handlers) refuseToken(r *ui.Request, c form.Complaint) (*ui.Page, error) {
	said := c.Typed.Get
	return h.showTokens(r, tokensPage{Name: said("name"), Scope: said("scope"), Days: said("days"), Bound: said("contract"), Install: said("installation"), Complaint: c})
}

// newToken makes a token, whose secret is shown on the one page that answers.
func (h Handlers) newToken(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	secret, t := access.NewToken(r.FormValue("name"), tokens.Scope(r.FormValue("scope")), r.Now.UTC().Truncate(time.Second))
	t.Contract, t.Installation = r.FormValue("contract"), r.FormValue("installation")
	if text := r.FormValue("days"); text != "" {
		days, err := strconv.Atoi(text)
		if err != nil || days < 1 || days > tokenDaysMost {
			return nil, bad("days", "access-token-days", tokenDaysMost)
		}
		t.Expires = t.Created.AddDate(0, 0, days)
	}
	if unfitName(t.Name) {
		return nil, bad("name", "access-token-unfit")
	}
	if unfitName(t.Installation) {
		return nil, bad("installation", "access-token-unfit")
	}
	if err := t.Check(); err != nil {
		field, _ := validation.Of(err)
		return nil, bad(field, "access-token-unfit")
	}
	if t.Contract != "" {
		_, err := h.Store.Contract(r.Context(), directory.ContractID(t.Contract))
		if errors.Is(err, storage.ErrNotFound) {
			return nil, bad("contract", "access-token-contract", t.Contract)
		}
		if err != nil {
			return nil, fmt.Errorf("reading contract %s: %w", t.Contract, err)
		}
	}
	err := h.Store.PutToken(r.Context(), t)
	if errors.Is(err, storage.ErrExists) {
		return nil, late("name", "access-token-exists", t.Name)
	}
	if err != nil {
		return nil, fmt.Errorf("writing a token: %w", err)
	}
	h.Log.InfoContext(r.Context(), "web: staff wrote", "by", r.User.Name, "token", t.Name, "scope", string(t.Scope), "what", "make")
	return h.showTokens(r, tokensPage{Name: t.Name, Secret: secret})
}

// unfitName tells whether a text is too long, or more than a line.
func unfitName(name string) bool {
	return utf8.RuneCountInString(name) > tokenNameMost || strings.ContainsFunc(name, unicode.IsControl)
}

// removeToken ends a token at once.
func (h Handlers) removeToken(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	name := r.FormValue("name")
	if err := h.Store.RemoveToken(r.Context(), name); err != nil && !errors.Is(err, storage.ErrNotFound) { // somebody else has revoked it at the same time
		return nil, fmt.Errorf("revoking token %s: %w", name, err)
	}
	h.Log.InfoContext(r.Context(), "web: staff wrote", "by", r.User.Name, "token", name, "what", "revoke")
	http.Redirect(w, r.Request, "/tokens", http.StatusSeeOther)
	return nil, nil
}
