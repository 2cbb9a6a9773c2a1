package main

import (
	"context"
	"fmt"
	"text/tabwriter"

	"hotline/app/database"
	"hotline/users"
)

// userAdd is `hotline user add`.
type userAdd struct {
	settings
	Name     string `arg:"" help:"The name to log in with, such as anna."`
	Role     string `help:"What they may do: viewer (look), engineer (work on tickets, listen to callers), staff (the office's day too) or admin (PINs and users too)." enum:"viewer,engineer,staff,admin" default:"staff"`
	Engineer string `help:"Which engineer on call this is, by the engineer's id." placeholder:"ID"`
}

// Run prints the password, once.
func (u *userAdd) Run(ctx context.Context, io streams) error {
	c, err := u.program(io)
	if err != nil {
		return err
	}
	secret, err := database.AddUser(ctx, c, users.User{Name: u.Name, Role: users.Role(u.Role), Engineer: u.Engineer})
	if err != nil {
		return err
	}
	return tellPassword(io, secret)
}

// userReset is `hotline user reset`.
type userReset struct {
	settings
	Name string `arg:"" help:"Who gets a new password."`
}

// Run prints the new password, once.
func (u *userReset) Run(ctx context.Context, io streams) error {
	c, err := u.program(io)
	if err != nil {
		return err
	}
	secret, err := database.ResetUser(ctx, c, u.Name)
	if err != nil {
		return err
	}
	return tellPassword(io, secret)
}

func tellPassword(io streams, secret string) error {
	fmt.Fprintln(io.out, secret)
	fmt.Fprintln(io.err, "This password is not shown again; only its hash is kept. It can be changed at /password after the login.")
	return nil
}

// userDisable is `hotline user disable`.
type userDisable struct {
	settings
	Name string `arg:"" help:"Who may not log in any more."`
}

// Run ends the user's sessions at once, also in a running program.
func (u *userDisable) Run(ctx context.Context, io streams) error {
	c, err := u.program(io)
	if err != nil {
		return err
	}
	if err := database.DisableUser(ctx, c, u.Name); err != nil {
		return err
	}
	fmt.Fprintf(io.out, "%s may not log in any more, and all sessions of theirs have ended. A new password lets them in again: hotline user reset %s\n", u.Name, u.Name)
	return nil
}

// userList is `hotline user list`.
type userList struct{ settings }

// Run prints who may log in.
func (u *userList) Run(ctx context.Context, io streams) error {
	c, err := u.program(io)
	if err != nil {
		return err
	}
	list, err := database.Users(ctx, c)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(io.out, 0, 0, 2, ' ', 0)
	for _, one := range list {
		note := ""
		if one.Engineer != "" {
			note = "engineer " + one.Engineer
		}
		if one.Disabled {
			note = "disabled"
		}
		fmt.Fprintf(w, "%s\t%s\tsince %s\t%s\n", one.Name, one.Role, one.Created.Local().Format("2006-01-02 15:04"), note)
	}
	return w.Flush()
}
