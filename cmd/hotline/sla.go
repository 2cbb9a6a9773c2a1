package main

import (
	"context"
	"encoding/json"
	"fmt"

	"hotline/app"
)

// explain is `hotline sla explain`.
type explain struct {
	client
	Ticket int64  `arg:"" help:"The ticket's number."`
	Lang   string `help:"Language of the account: it or en." enum:"it,en" default:"it"`
}

// Run prints where every minute of the ticket's clocks went.
func (e *explain) Run(ctx context.Context, io streams) error {
	body, err := e.get(ctx, fmt.Sprintf("/tickets/%d/explanation", e.Ticket), nil)
	if err != nil {
		return fmt.Errorf("explaining ticket %d: %w", e.Ticket, err)
	}
	var view struct {
		Clocks []struct{ Account map[string]string }
	}
	if err := json.Unmarshal(body, &view); err != nil {
		return fmt.Errorf("explaining ticket %d: the answer cannot be read: %w", e.Ticket, err)
	}
	if len(view.Clocks) == 0 {
		fmt.Fprintln(io.out, map[string]string{"it": "nessuna scadenza", "en": "no deadline"}[e.Lang])
	}
	for _, c := range view.Clocks {
		fmt.Fprintln(io.out, c.Account[e.Lang])
	}
	return nil
}

// dryRun is `hotline sla dry-run`.
type dryRun struct {
	Level    string `help:"professional, advanced, extended or on_request." required:""`
	Category string `help:"blocking, non_blocking, question, change or feature." required:""`
	At       string `help:"When it comes in, such as \"2026-11-20 17:20\" in the level's zone." required:""`
	Lang     string `help:"Language of the account: it or en." enum:"it,en" default:"it"`
}

// Run prints what would be promised by the policy's own levels; those that staff edited are asked for at the API's dry-run.
func (d *dryRun) Run(io streams) error {
	lines, err := app.DryRun(d.Level, d.Category, d.At, d.Lang)
	if err != nil {
		return err
	}
	for _, l := range lines {
		fmt.Fprintln(io.out, l)
	}
	return nil
}
