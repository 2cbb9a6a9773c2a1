package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"

	"hotline/app"
)

// tokenAdd is `hotline token add`.
type tokenAdd struct {
	settings
	Name string `arg:"" help:"Whose token it is."`
}

// Run prints the token, once.
func (t *tokenAdd) Run(ctx context.Context, io streams) error {
	if strings.TrimSpace(t.Name) == "" {
		return errors.New("a token needs a name")
	}
	c, err := t.program(io)
	if err != nil {
		return err
	}
	secret, err := app.AddToken(ctx, c, t.Name)
	if err != nil {
		return err
	}
	fmt.Fprintln(io.out, secret)
	fmt.Fprintln(io.err, "This token is not shown again; only its hash is kept.")
	return nil
}

// tokenList is `hotline token list`.
type tokenList struct{ settings }

// Run prints the names of the tokens and since when they are known.
func (t *tokenList) Run(ctx context.Context, io streams) error {
	c, err := t.program(io)
	if err != nil {
		return err
	}
	list, err := app.Tokens(ctx, c)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(io.out, 0, 0, 2, ' ', 0)
	for _, k := range list {
		fmt.Fprintf(w, "%s\tsince %s\n", k.Name, k.Created.Local().Format("2006-01-02 15:04"))
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
	if err := app.RemoveToken(ctx, c, t.Name); err != nil {
		return err
	}
	fmt.Fprintf(io.out, "The token of %s is not valid any more.\n", t.Name)
	return nil
}

// program is what a command beside the service is configured with.
func (s *settings) program(io streams) (app.Config, error) {
	c, err := s.read(false)
	return app.Config{Config: c, Runtime: runtimeFolder(), Log: logger(io, c.LogLevel)}, err
}
