// Package letters is the API of the letters that customers get of the house's own accord, statements and news of versions: who got which when,
// and who could not and why (docs/mail.md). Package admin, its one caller, mounts it.
package letters

import (
	"context"
	"net/http"
	"time"

	"hotline/admin/operation"
	"hotline/directory"
	"hotline/notify/mailing"
)

// Config is what the API needs. Everything is required.
type Config struct {
	Store mailing.Reader
}

// Mount adds the route.
func Mount(set operation.Set, c Config) {
	operation.Serve(set, set.Route(http.MethodGet, "/letters", "list-letters",
		"Statements and news of versions by letter: who got which when, and who could not and why; the newest first"), c.list)
}

// LettersQuery selects letters.
type LettersQuery struct {
	Contract string   `query:"contract" maxLength:"100"`
	State    []string `query:"state" enum:"waiting,sent,moot,failed,no_address" maxItems:"5" doc:"Several with commas between them; left out: all"`
	Limit    int      `query:"limit" minimum:"1" maximum:"1000" default:"200"`
}

// LetterView is one letter to one contract.
type LetterView struct {
	Kind     string `json:"kind" enum:"statement,release"`
	Contract string `json:"contract"`
	About    string `json:"about" doc:"The month as 2026-11, or the product and its version such as pbx 8.1"`
	Address  string `json:"address" doc:"To whom; empty: the customer has none, or a statement has not gone out yet"`
	StandingView
}

// StandingView is how a letter stands.
type StandingView struct {
	Noted   time.Time  `json:"noted" doc:"When it was found to be due"`
	State   string     `json:"state" enum:"waiting,sent,moot,failed,no_address" doc:"moot: nobody wanted it any more, or it was no news. failed: the mail server refused it, or took no letter for a week"`
	Due     *time.Time `json:"due,omitempty" doc:"No letter before; of what waits alone"`
	Settled *time.Time `json:"settled,omitempty" doc:"When it came to this state; left out: it waits"`
	Tries   int        `json:"tries"`
	Error   string     `json:"error,omitempty" doc:"Of the last try"`
}

// Standing is the view of how a letter stands.
func Standing(s mailing.Standing) StandingView {
	v := StandingView{Noted: s.Noted, State: string(s.State), Tries: s.Tries, Error: s.Error}
	if s.State == mailing.Waiting {
		v.Due = &s.Due
	}
	if !s.Settled.IsZero() {
		v.Settled = &s.Settled
	}
	return v
}

// LetterList are letters, the newest first.
type LetterList struct {
	Letters []LetterView `json:"letters" nullable:"false"`
}

type answer[T any] struct{ Body T }

func (c Config) list(ctx context.Context, q *LettersQuery) (*answer[LetterList], error) {
	f := mailing.Filter{Contract: directory.ContractID(q.Contract), Limit: q.Limit}
	for _, s := range q.State {
		f.States = append(f.States, mailing.State(s))
	}
	all, err := c.Store.Letters(ctx, f)
	list := LetterList{[]LetterView{}}
	for _, l := range all {
		list.Letters = append(list.Letters, LetterView{string(l.Kind), string(l.Contract), l.About, l.Address, Standing(l.Standing)})
	}
	return &answer[LetterList]{list}, err
}
