package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"hotline/prompts"
	"hotline/prompts/written"
)

// explain is `hotline sla explain`.
type explain struct {
	client
	Ticket int64  `arg:"" help:"The ticket's number."`
	Lang   string `help:"Language of the account: ${written_names}." enum:"${written}" default:"it"`
}

// Run prints where every minute of the ticket's clocks went.
func (e *explain) Run(ctx context.Context, io streams) error {
	body, err := e.get(ctx, fmt.Sprintf("/tickets/%d/explanation", e.Ticket), nil)
	if err != nil {
		return fmt.Errorf("explaining ticket %d: %w", e.Ticket, err)
	}
	return sentences(io, body, e.Lang)
}

// sentences prints the sentence of each clock of an explanation.
func sentences(io streams, body []byte, lang string) error {
	var view struct {
		Clocks []struct{ Account map[string]string }
	}
	if err := json.Unmarshal(body, &view); err != nil {
		return fmt.Errorf("the answer cannot be read: %w", err)
	}
	if len(view.Clocks) == 0 {
		fmt.Fprintln(io.out, written.In(prompts.Language(lang)).Text("account-none"))
	}
	for _, c := range view.Clocks {
		fmt.Fprintln(io.out, c.Account[lang])
	}
	return nil
}

// dryRun is `hotline sla dry-run`.
type dryRun struct {
	API      string `help:"Where the program's API is; asked when there is a token." default:"http://127.0.0.1:8080"`
	Token    string `help:"Token of the API: the running program answers, by the levels as staff edited them. Without one, by the policy's own."`
	Level    string `help:"professional, advanced, extended or on_request." required:""`
	Category string `help:"blocking, non_blocking, question, change or feature." required:""`
	At       string `help:"When it comes in, such as \"2026-11-20 17:20\" in the level's zone." required:""`
	Lang     string `help:"Language of the account: ${written_names}." enum:"${written}" default:"it"`
}

// Run prints what would be promised.
func (d *dryRun) Run(ctx context.Context, io streams) error {
	if d.Token != "" {
		body, err := client{d.API, d.Token}.get(ctx, "/dry-run", url.Values{"level": {d.Level}, "category": {d.Category}, "at": {d.At}})
		if err != nil {
			return err
		}
		return sentences(io, body, d.Lang)
	}
	lines, err := promised(d.Level, d.Category, d.At, d.Lang)
	if err != nil {
		return err
	}
	for _, l := range lines {
		fmt.Fprintln(io.out, l)
	}
	return nil
}
