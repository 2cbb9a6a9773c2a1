package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"time"

	"hotline/phone/load"
)

// loadLine is `hotline load`.
type loadLine struct {
	Address  string        `arg:"" help:"SIP address to call, such as sip:tape@127.0.0.1:5060; a number and an IP address, over UDP."`
	Calls    int           `help:"How many calls." default:"50" short:"n"`
	Rate     float64       `help:"Calls dialled a second." default:"50"`
	For      time.Duration `help:"How long is measured, once every call is up." default:"10s"`
	Settle   time.Duration `help:"How long the calls sound before." default:"2s"`
	Ramp     bool          `help:"Measure while they are dialled, too."`
	Hold     time.Duration `help:"Hang up so long after the answer; without it the calls last to the end."`
	HangUp   bool          `help:"Hang up as soon as a call is answered, and measure that: --calls of them at --rate."`
	Redial   bool          `help:"Dial anew for each call that ends."`
	Keys     string        `help:"Keys of each call, such as 314159#3t,,,,#1: a comma waits a second, t waits for the tone."`
	KeysFile string        `help:"Keys line by line, taken in turn." placeholder:"FILE" type:"path"`
	KeyEvery time.Duration `help:"Press 5 so often in each call, and measure the answer to it."`
	SRTP     bool          `name:"srtp" help:"Encrypt the sound."`
	Say      string        `help:"WAV file that everybody says." placeholder:"FILE.wav" type:"path"`
	Local    string        `help:"Own IP address." placeholder:"IP"`
	PID      int           `name:"pid" help:"Process of the line, on this machine: its CPU and memory are measured." placeholder:"PID"`
	JSON     string        `name:"json" help:"File for the report as JSON; - is the standard output, in place of the table." placeholder:"FILE" type:"path"`
	Profile  string        `help:"Folder for pprof files: the load's own CPU, and with --api the line's CPU and heap." placeholder:"DIR" type:"path"`
	API      string        `name:"api" help:"The line's API, for --profile." placeholder:"URL"`
	Token    string        `help:"Token of the API." default:"demo"`
}

// Run loads the line and prints what it measured; the exit code is 1 when nothing was answered.
func (l *loadLine) Run(ctx context.Context, io streams) (err error) {
	plan, config, err := l.plan()
	if err != nil {
		return err
	}
	crowd, err := load.New(config)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, crowd.Close()) }()
	stop, err := l.profile()
	if err != nil {
		return err
	}
	result, err := l.drive(ctx, io, crowd, plan)
	if err := errors.Join(err, stop()); err != nil {
		return err
	}
	if l.JSON != "-" {
		result.Write(io.out)
	}
	if err := l.keep(io, result); err != nil {
		return err
	}
	if result.Setup.Count == 0 && result.Up == 0 {
		fmt.Fprintln(io.err, "nobody answered")
		return errFailed
	}
	return nil
}

// plan reads the flags.
func (l *loadLine) plan() (load.Plan, load.Config, error) {
	p := load.Plan{Hold: l.Hold, HangUp: l.HangUp, Redial: l.Redial, KeyEvery: l.KeyEvery, Secure: l.SRTP}
	c := load.Config{}
	if l.Calls < 1 || l.Rate <= 0 {
		return p, c, errors.New("--calls and --rate must be above 0")
	}
	number, at, found := strings.Cut(strings.TrimPrefix(l.Address, "sip:"), "@")
	var err error
	if c.Server, err = netip.ParseAddrPort(at); err != nil && found {
		var ip netip.Addr
		ip, err = netip.ParseAddr(at)
		c.Server = netip.AddrPortFrom(ip, 5060)
	}
	if !found || err != nil {
		return p, c, fmt.Errorf("reading %q: the address of a load looks like sip:tape@127.0.0.1:5060", l.Address)
	}
	p.Number = number
	if l.Local != "" {
		if c.Local, err = netip.ParseAddr(l.Local); err != nil {
			return p, c, fmt.Errorf("--local: %q is no IP address", l.Local)
		}
	}
	if l.Say != "" {
		if c.Voice, err = load.Voice(l.Say); err != nil {
			return p, c, err
		}
	}
	keys := []string{l.Keys}
	if l.KeysFile != "" {
		if keys, err = lines(l.KeysFile); err != nil {
			return p, c, err
		}
	}
	for _, k := range keys {
		if strings.Trim(k, "0123456789*#,t") != "" {
			return p, c, fmt.Errorf("reading keys %q: only digits, *, #, commas and t", k)
		}
	}
	p.Keys = func(n int) string { return keys[n%len(keys)] }
	return p, c, nil
}

func lines(name string) ([]string, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("reading keys: %w", err)
	}
	defer file.Close()
	var out []string
	for s := bufio.NewScanner(file); s.Scan(); {
		if line := strings.TrimSpace(s.Text()); line != "" {
			out = append(out, line)
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("reading keys: %s has no line", name)
	}
	return out, nil
}

// drive dials, lets the calls settle, measures, and hangs up.
func (l *loadLine) drive(ctx context.Context, io streams, crowd *load.Crowd, plan load.Plan) (load.Result, error) {
	server, empty := load.Process(l.PID), 0
	if server != 0 {
		var err error
		if empty, err = server.Memory(); err != nil {
			return load.Result{}, err
		}
	}
	ramp := time.Duration(float64(l.Calls)/l.Rate*float64(time.Second)) + 500*time.Millisecond
	whole := l.Ramp || l.HangUp || l.Hold > 0
	span, err := crowd.Measure(server, empty)
	if err != nil {
		return load.Result{}, err
	}
	fmt.Fprintf(io.err, "dialling %d calls, %.0f a second\n", l.Calls, l.Rate)
	crowd.Dial(l.Calls, l.Rate, plan)
	if err := crowd.Run(ctx, ramp); err != nil {
		return load.Result{}, err
	}
	if !whole {
		dialled, err := span.End()
		if err != nil {
			return dialled, err
		}
		if err := crowd.Run(ctx, l.Settle); err != nil {
			return dialled, err
		}
		if span, err = crowd.Measure(server, empty); err != nil {
			return dialled, err
		}
		r, err := l.measure(ctx, io, crowd, span)
		r.Setup, r.FirstPacket, r.Dialled, r.Refused, r.RetryAfter = dialled.Setup, dialled.FirstPacket, dialled.Dialled, dialled.Refused, dialled.RetryAfter
		return r, err
	}
	return l.measure(ctx, io, crowd, span)
}

func (l *loadLine) measure(ctx context.Context, io streams, crowd *load.Crowd, span *load.Span) (load.Result, error) {
	fmt.Fprintf(io.err, "%d calls are up: measuring for %s\n", crowd.Up(), l.For)
	if err := crowd.RunUntil(ctx, l.For, func() bool { return crowd.Alive() == 0 }); err != nil && ctx.Err() == nil {
		return load.Result{}, err
	}
	r, err := span.End()
	const goodbyes = 500 // a second
	crowd.HangUp(goodbyes)
	last := context.WithoutCancel(ctx)
	return r, errors.Join(err, crowd.RunUntil(last, 10*time.Second, func() bool { return crowd.Alive() == 0 }))
}

// profile begins the profiles; stop waits for them.
func (l *loadLine) profile() (stop func() error, err error) {
	if l.Profile == "" {
		return func() error { return nil }, nil
	}
	if err := os.MkdirAll(l.Profile, 0o755); err != nil {
		return nil, fmt.Errorf("keeping profiles: %w", err)
	}
	file, err := os.Create(filepath.Join(l.Profile, "load-cpu.pprof"))
	if err != nil {
		return nil, fmt.Errorf("keeping profiles: %w", err)
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	theirs := make(chan error, 1)
	go func() { theirs <- l.theirs() }()
	return func() error {
		pprof.StopCPUProfile()
		return errors.Join(file.Close(), <-theirs)
	}, nil
}

// theirs fetches the line's profiles: the CPU while it is measured, then the heap.
func (l *loadLine) theirs() error {
	if l.API == "" {
		return nil
	}
	span := time.Duration(float64(l.Calls)/l.Rate*float64(time.Second)) + l.Settle + l.For
	return load.Profile(l.API, l.Token, l.Profile, span)
}

// keep writes the report as JSON.
func (l *loadLine) keep(io streams, r load.Result) error {
	if l.JSON == "" {
		return nil
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	if l.JSON == "-" {
		_, err = io.out.Write(text)
		return err
	}
	if err := os.WriteFile(l.JSON, text, 0o644); err != nil {
		return fmt.Errorf("keeping the report: %w", err)
	}
	return nil
}
