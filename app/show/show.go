// Package show is the demonstration. A customer calls over real sockets. One engineer's telephone is a mailbox, which never
// presses a key; the other engineer presses 1. The demonstration then checks from outside everything that was promised.
package show

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"sync"
	"time"

	"hotline/media/g711"
	"hotline/prompts"
	"hotline/prompts/packs"
)

// errFailed is a demonstration in which something was not as promised.
var errFailed = errors.New("something was not as promised")

// Cast is the telephones of the demonstration. Safe for concurrent use.
type Cast struct {
	out         *printer
	anna, marco *engineer
	fault, talk []int16 // of the customer
}

// printer writes one line at a time.
type printer struct {
	mu    sync.Mutex
	w     io.Writer
	began time.Time
}

func (p *printer) line(who, what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	fmt.Fprintf(p.w, "%6.1f s  %-16s %s\n", time.Since(p.began).Seconds(), who, what)
}

// Gather plugs Anna's and Marco's telephones in, at their usual ports where these are free.
func Gather(ctx context.Context, w io.Writer) (*Cast, error) {
	out := &printer{w: w, began: time.Now()}
	c := &Cast{out: out, anna: &engineer{name: "anna", say: out.line}, marco: &engineer{name: "marco", say: out.line, human: true}}
	for _, s := range []struct {
		speech *[]int16
		lang   prompts.Language
		ids    []prompts.ID
	}{
		{&c.fault, prompts.English, []prompts.ID{"still-searching", "next-step"}},
		{&c.talk, prompts.English, []prompts.ID{"after-hours-price"}},
		{&c.anna.speech, prompts.Italian, []prompts.ID{"operator-absent"}},
		{&c.marco.speech, prompts.Italian, []prompts.ID{"request-expired"}},
	} {
		alaw, err := packs.Speech(s.lang, s.ids...)
		if err != nil {
			return nil, err
		}
		*s.speech = g711.ALaw.Samples(alaw)
	}
	for port, e := range map[uint16]*engineer{5071: c.anna, 5072: c.marco} {
		if err := e.plugIn(ctx, netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), port)); err != nil {
			return nil, errors.Join(err, c.Leave(ctx))
		}
	}
	return c, nil
}

// Anna is the address of Anna's telephone, the mailbox.
func (c *Cast) Anna() string { return c.anna.phone.Address() }

// Marco is the address of Marco's telephone, who accepts.
func (c *Cast) Marco() string { return c.marco.phone.Address() }

// Said prints what the program says on a line.
func (c *Cast) Said(to string, _ prompts.Language, text string) { c.out.line(to+" hears", text) }

// Leave unplugs the telephones.
func (c *Cast) Leave(ctx context.Context) error {
	var all []error
	for _, e := range []*engineer{c.anna, c.marco} {
		if e.phone != nil {
			all = append(all, e.phone.Stop(ctx))
		}
	}
	return errors.Join(all...)
}

// Perform makes the call, prints the ticket, and checks ticket, history, recording and the sound of both directions. The
// error says that something was not as promised.
func (c *Cast) Perform(ctx context.Context, sip, base, token string) error {
	if err := c.belong(sip); err != nil {
		return err
	}
	a := api{base, token}
	caller := &customer{say: c.out.line, fault: c.fault, talk: c.talk, accepted: a.accepted}
	called := caller.call(ctx, sip)
	if called != nil {
		c.out.line("caller", "breaks off: "+called.Error())
	}
	t, err := a.latest(ctx)
	if err != nil {
		return fmt.Errorf("reading the ticket: %w", err)
	}
	c.print(t)
	j := &judgement{say: func(ok bool, what string) {
		mark := "ok  "
		if !ok {
			mark = "FAIL"
		}
		fmt.Fprintf(c.out.w, "  %s  %s\n", mark, what)
	}}
	fmt.Fprintln(c.out.w, "\nChecked from outside:")
	j.ticket(t)
	j.recording(ctx, a, t, c.fault, c.talk)
	j.sound("what the caller heard of Marco", caller.heard, c.marco.speech, c.anna.speech)
	j.soon(caller.heard, c.marco.speech, c.marco.spokeAfter())
	var heard []int16
	if talks := c.marco.talks(); len(talks) > 0 {
		heard = talks[len(talks)-1]
	}
	j.sound("what Marco heard of the caller", heard, c.talk, c.anna.speech)
	if j.fails > 0 || called != nil {
		return errFailed
	}
	return nil
}

// belong has the telephones accept calls of one line only. At their usual ports every line with the demo's contracts looks for
// Anna and Marco.
func (c *Cast) belong(sip string) error {
	_, host, _ := strings.Cut(sip, "@")
	line, err := netip.ParseAddrPort(host)
	if err != nil {
		return fmt.Errorf("reading the line's address %s: %w", sip, err)
	}
	c.anna.line.Store(&line)
	c.marco.line.Store(&line)
	return nil
}

// rome is the demo company's zone.
func rome() *time.Location {
	zone, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		return time.UTC
	}
	return zone
}

// print shows a ticket as staff see it.
func (c *Cast) print(t ticket) {
	w := c.out.w
	here := func(at time.Time) time.Time { return at.In(rome()) } // as the caller heard it
	fmt.Fprintf(w, "\nTicket %d  %s, %s, %s, priority P%d, %s by %s\n", t.Number, t.Customer, t.Level, t.Claim, t.Priority, t.State, t.Assignee)
	for _, k := range t.Clocks {
		state := "running"
		switch {
		case k.MetAt != nil:
			state = "met at " + here(*k.MetAt).Format("15:04:05")
		case k.BrokenAt != nil:
			state = "broken at " + here(*k.BrokenAt).Format("15:04:05")
		case k.Projected:
			state = "projected"
		}
		fmt.Fprintf(w, "  %-13s due %s  %s\n", k.Kind, here(k.Due).Format("Mon 2 Jan 15:04:05 MST"), state)
	}
	for _, r := range t.Recordings {
		fmt.Fprintf(w, "  recording     %.1f s  %s\n", r.Seconds, r.URL)
	}
	for _, e := range t.History {
		fmt.Fprintf(w, "  %s  %-10s %-10s %s\n", here(e.At).Format("15:04:05"), e.Kind, e.Actor, e.Text)
	}
}
