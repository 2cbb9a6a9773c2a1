package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"syscall"

	"hotline/app"
	"hotline/app/faultinjection"
	"hotline/app/show"
	"hotline/config"
)

// demo is `hotline demo`.
type demo struct {
	Once     bool   `help:"End after the call; the exit code tells whether everything was as promised."`
	Sabotage string `help:"Spoil something, to see that it is noticed: recording, audio or history." enum:",recording,audio,history" default:""`
	Data     string `help:"Folder of the demo's data." placeholder:"DIR" type:"path"`
	LogLevel string `help:"debug, info, warn or error." default:"error"`
}

// Run shows one blocking call and then waits for more.
func (d *demo) Run(ctx context.Context, io streams) (err error) {
	cast, err := show.Gather(ctx, io.out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, cast.Leave(context.WithoutCancel(ctx))) }()
	a, err := d.open(ctx, io, cast, 5060, 8080)
	if errors.Is(err, syscall.EADDRINUSE) { // somebody has the usual ports: any will do, they are printed
		fmt.Fprintln(io.out, "Port 5060 or 8080 of 127.0.0.1 is taken: others are used.")
		a, err = d.open(ctx, io, cast, 0, 0)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Stop(context.WithoutCancel(ctx))) }()
	sip, api := "sip:hotline@"+a.SIP()[0].String(), "http://"+a.HTTP()
	if err := cast.Perform(ctx, sip, api, app.DemoToken); err != nil {
		fmt.Fprintln(io.err, "hotline: the demo:", err)
		if d.Once {
			return errFailed
		}
	}
	if d.Once {
		return nil
	}
	invite(io, sip, api)
	<-ctx.Done()
	return nil
}

// decorators are the fault that was asked for.
func (d *demo) decorators() (around app.Decorators) {
	switch d.Sabotage {
	case faultinjection.Recording:
		around.Spool = faultinjection.Spool
	case faultinjection.Audio:
		around.Telephones = faultinjection.Telephones
	case faultinjection.History:
		around.Desk = faultinjection.Desk
	}
	return around
}

// invite tells how to go on with a telephone of one's own.
func invite(io streams, sip, api string) {
	fmt.Fprintf(io.out, "\nNow call %s with a softphone of yours (G.711, no account needed). Marco's telephone accepts and speaks.\n", sip)
	for _, c := range app.DemoContracts() {
		note := ""
		if !c.Contract.ValidUntil.IsZero() {
			note = " (expired)"
		}
		fmt.Fprintf(io.out, "  PIN %s  %s, %s%s\n", c.PIN, c.Customer.Name, c.Contract.Level, note)
	}
	fmt.Fprintf(io.out, "The staff's pages: %s (name %s, password %s)\n", api, app.DemoUser, app.DemoPassword)
	fmt.Fprintf(io.out, "The API: curl -H 'Authorization: Bearer %s' %s/api/v1/tickets\nCtrl-C ends it.\n", app.DemoToken, api)
}

// open starts the program for the demo: loopback, a data folder of its own, these ports.
func (d *demo) open(ctx context.Context, io streams, cast *show.Cast, sip, http uint16) (*app.App, error) {
	c, loopback := config.Default(), netip.AddrFrom4([4]byte{127, 0, 0, 1})
	c.SIP.Accept = config.AcceptAnyone
	c.SIP.Listen = []netip.AddrPort{netip.AddrPortFrom(loopback, sip)}
	c.HTTP.Listen = netip.AddrPortFrom(loopback, http)
	c.Data = d.Data
	if c.Data == "" {
		c.Data = filepath.Join(stateFolder(), "demo")
	}
	fmt.Fprintln(io.out, "Starting the line, the API and a private PostgreSQL in", c.Data)
	a, err := app.New(app.Config{
		Config: c, Demo: &app.Demo{Anna: cast.Anna(), Marco: cast.Marco()}, Decorators: d.decorators(), Said: cast.Said, Log: logger(io, d.LogLevel),
	})
	if err != nil {
		return nil, err
	}
	return a, a.Start(ctx)
}
