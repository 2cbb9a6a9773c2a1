package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"hotline/app/database"
	"hotline/datadir"
)

// tokenAdd is `hotline token add`.
type tokenAdd struct {
	settings
	Name    string `arg:"" help:"Whose token it is."`
	Scope   string `help:"What it may do: calendar (the on-call calendar alone, in an address), alerts (hand in what one customer's systems report), read, staff (work on tickets too) or admin (contracts, PINs, engineers, calendars, flows too)." enum:"calendar,alerts,read,staff,admin" default:"staff"`
	Expires string `help:"When it ends: so many days or hours from now, such as 90d or 8h. Without it, it does not." placeholder:"SPAN"`

	Contract     string `help:"Of scope alerts: the contract that it speaks for." placeholder:"ID"`
	Installation string `help:"Of scope alerts: which of the contract's installations; without it the alerts say it." placeholder:"NAME"`
}

// Run prints the token, once.
func (t *tokenAdd) Run(ctx context.Context, io streams) error {
	if strings.TrimSpace(t.Name) == "" {
		return errors.New("a token needs a name")
	}
	life, err := lifeOf(t.Expires)
	if err != nil {
		return err
	}
	c, err := t.program(io)
	if err != nil {
		return err
	}
	secret, err := database.AddToken(ctx, c, database.NewToken{Name: t.Name, Scope: t.Scope, Life: life, Contract: t.Contract, Installation: t.Installation})
	if err != nil {
		return err
	}
	fmt.Fprintln(io.out, secret)
	fmt.Fprintln(io.err, "This token is not shown again; only its hash is kept.")
	return nil
}

const longestLife = 10 * 366 * 24 * time.Hour

// lifeOf reads a span such as 90d or 8h; 0 for none.
func lifeOf(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	unit := map[byte]time.Duration{'d': 24 * time.Hour, 'h': time.Hour}[text[len(text)-1]]
	n, err := strconv.Atoi(text[:len(text)-1])
	if err != nil || unit == 0 || n < 1 || time.Duration(n) > longestLife/unit {
		return 0, fmt.Errorf("--expires: %q is no life of a token; write days or hours, such as 90d or 8h, at most ten years", text)
	}
	return time.Duration(n) * unit, nil
}

// tokenList is `hotline token list`.
type tokenList struct{ settings }

// Run prints the names of the tokens, what they may do, since when they are known and when they end.
func (t *tokenList) Run(ctx context.Context, io streams) error {
	c, err := t.program(io)
	if err != nil {
		return err
	}
	list, err := database.Tokens(ctx, c)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(io.out, 0, 0, 2, ' ', 0)
	for _, k := range list {
		end := "without end"
		if !k.Expires.IsZero() {
			end = "until " + k.Expires.Local().Format("2006-01-02 15:04")
			if !time.Now().Before(k.Expires) {
				end = "ended " + k.Expires.Local().Format("2006-01-02 15:04")
			}
		}
		bound := ""
		if k.Contract != "" {
			bound = "contract " + k.Contract
		}
		if k.Installation != "" {
			bound += ", installation " + k.Installation
		}
		fmt.Fprintf(w, "%s\t%s\tsince %s\t%s\t%s\n", k.Name, k.Scope, k.Created.Local().Format("2006-01-02 15:04"), end, bound)
	}
	return w.Flush()
}

// tokenRemove is `hotline token remove`.
type tokenRemove struct {
	settings
	Name string `arg:"" help:"Whose token ends."`
}

// Run ends the token at once, also for a running program.
func (t *tokenRemove) Run(ctx context.Context, io streams) error {
	c, err := t.program(io)
	if err != nil {
		return err
	}
	if err := database.RemoveToken(ctx, c, t.Name); err != nil {
		return err
	}
	fmt.Fprintf(io.out, "The token of %s is not valid any more.\n", t.Name)
	return nil
}

// program is what a command beside the service is configured with.
func (s *settings) program(io streams) (database.Config, error) {
	c, err := s.read(false)
	return database.Config{Database: c.Database, Dir: datadir.Dir(c.Data), Runtime: runtimeFolder(), Log: logger(io, c.LogLevel)}, err
}
