package main

import (
	"context"
	"fmt"
	"os"

	"hotline/app"
	"hotline/app/show"
	"hotline/config"
	"hotline/ivr"
	"hotline/ivr/try"
	"hotline/prompts"
)

// configCheck is `hotline config check`.
type configCheck struct {
	File string `arg:"" optional:"" default:"hotline.yaml" help:"Configuration file." type:"path"`
}

// Run prints what is wrong, or that nothing is.
func (c *configCheck) Run(io streams) error {
	read, err := config.Load(c.File)
	if err != nil {
		return err
	}
	if list := config.Files(read); len(list) > 0 {
		for i := range list {
			list[i].File = c.File
		}
		return list
	}
	for _, warning := range config.Exposed(read, c.File, read.PINKeyFile, read.Recordings.KeyFile) {
		warning.File = c.File
		fmt.Fprintln(io.err, "warning:", warning)
	}
	fmt.Fprintf(io.out, "%s is sound.\n", c.File)
	return nil
}

// flowCheck is `hotline flow check`.
type flowCheck struct {
	File string `arg:"" help:"Flow file." type:"path"`
}

// Run prints every complaint, or that there is none.
func (f *flowCheck) Run(io streams) error {
	text, err := os.ReadFile(f.File)
	if err != nil {
		return fmt.Errorf("reading the flow: %w", err)
	}
	if _, complaints := ivr.Parse(string(text)); len(complaints) > 0 {
		for _, c := range complaints {
			fmt.Fprintf(io.err, "%s: %s\n", f.File, c)
		}
		return errFailed
	}
	fmt.Fprintf(io.out, "%s is sound: every step is reachable, every prompt is spoken, a human or a recording is always in reach.\n", f.File)
	return nil
}

// tryFlow is `hotline try`.
type tryFlow struct {
	Flow string `help:"Flow file; without one the flow that ships." placeholder:"FILE" type:"path"`
	From string `help:"Number that the call comes from." default:"0612345"`
}

// Run has the conversation on the keyboard.
func (t *tryFlow) Run(ctx context.Context, io streams) error {
	text := ivr.DefaultYAML()
	if t.Flow != "" {
		file, err := os.ReadFile(t.Flow)
		if err != nil {
			return fmt.Errorf("reading the flow: %w", err)
		}
		text = string(file)
	}
	flow, complaints := ivr.Parse(text)
	if len(complaints) > 0 {
		for _, c := range complaints {
			fmt.Fprintln(io.err, c)
		}
		return errFailed
	}
	var contracts []try.Contract
	for _, c := range app.DemoContracts() {
		contracts = append(contracts, try.Contract{Customer: c.Customer, Contract: c.Contract, PIN: c.PIN})
	}
	return try.Run(ctx, try.Config{In: io.in, Out: io.out, Flow: flow, From: t.From, Contracts: contracts, Language: prompts.Italian})
}

// call is `hotline call`.
type call struct {
	Address string `arg:"" help:"SIP address, such as sip:hotline@127.0.0.1:5060."`
	Keys    string `help:"Keys to press once it is answered, such as 314159#1; a comma is a pause of one second."`
	Say     string `help:"WAV file to play after the tone." placeholder:"FILE.wav" type:"path"`
	Record  string `help:"WAV file for what is heard." placeholder:"HEARD.wav" type:"path"`
	From    string `help:"Name of the caller." default:"caller"`
	Wait    int    `help:"Seconds to stay on the line after everything was keyed and said." default:"60"`
}

// Run calls; the exit code tells whether anybody answered.
func (c *call) Run(ctx context.Context, io streams) error {
	return show.Call(ctx, show.CallRequest{To: c.Address, From: c.From, Keys: c.Keys, Say: c.Say, Record: c.Record, Wait: c.Wait, Out: io.out})
}
