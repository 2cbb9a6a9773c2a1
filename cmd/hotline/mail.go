package main

import (
	"context"
	"fmt"

	"hotline/app"
)

// mailTest is `hotline mail test`.
type mailTest struct {
	settings
	To string `arg:"" help:"Who gets it, such as name@example.org."`
}

// Run tells whether the mail server took the letter.
func (m *mailTest) Run(ctx context.Context, io streams) error {
	c, err := m.read(false)
	if err != nil {
		return err
	}
	if err := app.TryMail(ctx, c.Mail, m.To); err != nil {
		return err
	}
	fmt.Fprintf(io.out, "%s took a letter to %s.\n", c.Mail.Server, m.To)
	return nil
}
