// Package apptest is the whole program in virtual time, for tests: the database and the wires are in memory, everything else is as
// it ships. Telephones of callers and engineers are plugged into the same wires.
//
// Use it inside a bubble of testing/synctest; [Run] makes one.
package apptest

import (
	"context"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline/app"
	"hotline/config"
	"hotline/media/mediatest"
	"hotline/memory"
	"hotline/phone"
	"hotline/prompts"
	"hotline/sip/siptest"
	"hotline/tickets"
)

// Line is the SIP address of the program's line.
const Line = "sip:hotline@127.0.0.1:5060"

// Program is the program and its surroundings. Its methods fail the test where they cannot do what they say.
type Program struct {
	*testing.T
	App    *app.App
	Desk   *tickets.Desk // the program's own
	Store  *memory.Store
	SIP    *siptest.Wire
	Media  *mediatest.Wire
	Config app.Config // that it was started with

	mu   sync.Mutex
	said []string // "caller: text", as it was said
	log  strings.Builder
}

// Run runs a test with the program in a bubble. The telephones are unplugged before the program ends.
func Run(t *testing.T, test func(t *testing.T, p *Program), changes ...func(*app.Config)) {
	t.Helper()
	RunAfter(t, 0, test, changes...)
}

// Monday is when [Start] starts the program: at nine, UTC.
func Monday() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }

// RunAfter is [Run] with a program that starts so long after [Monday]. Hours in which it does not run yet cost nothing; in each hour
// in which it runs its rounds of two seconds are done.
func RunAfter(t *testing.T, after time.Duration, test func(t *testing.T, p *Program), changes ...func(*app.Config)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(Monday().Add(after)))
		p := Start(t, changes...)
		t.Cleanup(p.Stop)
		test(t, p)
	})
}

// Start starts the program on a Monday at nine, UTC, or now where that has passed, with the demo company. changes alter its
// configuration before.
func Start(t *testing.T, changes ...func(*app.Config)) *Program {
	t.Helper()
	time.Sleep(time.Until(Monday())) // the bubble's clock begins in 2000
	p := &Program{T: t, Store: memory.New(417), SIP: siptest.NewWire(1), Media: mediatest.NewWire(1)}
	c := config.Default()
	c.SIP.Listen = []netip.AddrPort{netip.MustParseAddrPort("127.0.0.1:5060")}
	c.SIP.Accept, c.Data = config.AcceptAnyone, t.TempDir()
	p.Config = app.Config{
		Config: c, Demo: &app.Demo{}, Virtual: &app.Virtual{Store: p.Store, SIP: p.SIP, Media: p.Media}, Drain: time.Minute, Said: p.hear,
		Log: slog.New(slog.NewTextHandler(logWriter{p}, &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	for _, change := range changes {
		change(&p.Config)
	}
	p.start()
	return p
}

func (p *Program) start() {
	p.Helper()
	var err error
	if p.App, err = app.New(p.Config); err != nil {
		p.Fatal(err)
	}
	if err := p.App.Start(p.Context()); err != nil {
		p.Fatal(err)
	}
	p.Desk = p.App.Desk()
}

// Restart starts the program again, on the same store and data folder, after it was stopped.
func (p *Program) Restart() {
	p.Helper()
	p.start()
}

// Stop stops the program; no media socket may be left open.
func (p *Program) Stop() {
	p.Helper()
	if err := p.App.Stop(context.Background()); err != nil {
		p.Error(err)
	}
	if open := p.Media.Open(); open != 0 {
		p.Errorf("%d media sockets are left open", open)
	}
}

// Phone plugs a telephone in; answer takes its calls. The test stops it.
func (p *Program) Phone(at, user string, answer func(context.Context, *phone.Incoming)) *phone.Phone {
	p.Helper()
	f, err := phone.New(phone.Config{At: netip.MustParseAddrPort(at), User: user, Answer: answer, SIPWire: p.SIP, MediaWire: p.Media})
	if err != nil {
		p.Fatal(err)
	}
	if err := f.Start(p.Context()); err != nil {
		p.Fatal(err)
	}
	return f
}

// Passes lets virtual time pass.
func (p *Program) Passes(d time.Duration) { time.Sleep(d) }

// hear notes what is said on a line.
func (p *Program) hear(to string, _ prompts.Language, text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.said = append(p.said, to+": "+text)
}

// Said is what was said on all lines so far, as "caller: text" or with the address of an engineer's telephone in front.
func (p *Program) Said() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.said)
}

// Heard demands that each of the texts was said to somebody, in this order.
func (p *Program) Heard(to string, texts ...string) {
	p.Helper()
	said, at := p.Said(), 0
	for _, want := range texts {
		for ; at < len(said) && (!strings.HasPrefix(said[at], to+": ") || !strings.Contains(said[at], want)); at++ {
		}
		if at == len(said) {
			p.Fatalf("%s does not hear %q, in this order, of\n%s", to, want, strings.Join(said, "\n"))
		}
	}
}

// Await lets time pass until something was said that begins like text, five minutes at most.
func (p *Program) Await(text string) {
	p.Helper()
	for range 300 {
		if slices.ContainsFunc(p.Said(), func(s string) bool { return strings.HasPrefix(s, text) }) {
			return
		}
		p.Passes(time.Second)
	}
	p.Fatalf("%q is not said within five minutes, but\n%s", text, strings.Join(p.Said(), "\n"))
}

// Logged is the program's log so far, from warnings on.
func (p *Program) Logged() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log.String()
}

// logWriter takes the program's log.
type logWriter struct{ p *Program }

func (l logWriter) Write(b []byte) (int, error) {
	l.p.mu.Lock()
	defer l.p.mu.Unlock()
	return l.p.log.Write(b)
}
