package app_test

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hotline/app"
	"hotline/app/apptest"
	"hotline/config"
	"hotline/directory"
	"hotline/phone"
	"hotline/sealed"
	"hotline/spool"
	"hotline/tickets"
)

// talkEnd is one way in which a recorded talk ends, by one of its legs.
type talkEnd struct {
	operator    bool   // the talk is with the operator; else with Anna
	keys        string // of whoever accepts, ten seconds apart, the first of which accepts
	talks       time.Duration
	marco       string        // keys of the colleague, who is rung then; empty: busy
	refuses     bool          // the caller, ten seconds after the accept
	hangsUp     time.Duration // the caller, so long after the accept; 0: never
	loses       string        // whose line is lost 20 s after the accept: anna or caller
	stops       bool          // the process does, 20 s after the accept
	deletes     bool          // what was recorded until a refusal
	least, most time.Duration // of the recording
	none        bool          // there is no recording
	history     []string
}

const (
	callerAt = "127.0.0.8:6000"
	deskAt   = "127.0.0.1:5073"
)

// talkEnds are every ending by every leg.
func talkEnds() map[string]talkEnd {
	const s = time.Second
	return map[string]talkEnd{
		"the engineer hangs up":          {keys: "1", talks: 20 * s, least: 19 * s, most: 22 * s},
		"the caller hangs up":            {keys: "1", talks: time.Minute, hangsUp: 20 * s, least: 19 * s, most: 22 * s},
		"the engineer's line is lost":    {keys: "1", talks: time.Minute, loses: "anna", least: 19 * s, most: 34 * s},
		"the caller's line is lost":      {keys: "1", talks: 3 * time.Minute, loses: "caller", least: 19 * s, most: 2 * time.Minute},
		"the engineer refuses":           {keys: "17", talks: 30 * s, least: 9 * s, most: 12 * s, history: []string{"Anna refused the recording of the talk, by key: what was recorded until then stays", "Anna hung up after 4"}},
		"the caller refuses":             {keys: "1", talks: 40 * s, refuses: true, least: 9 * s, most: 12 * s, history: []string{"the caller refused the recording of the talk, by key: what was recorded until then stays", "Anna hung up after 4"}},
		"the caller refuses, deleted":    {keys: "1", talks: 40 * s, refuses: true, deletes: true, none: true, history: []string{"what was recorded until then is deleted", "Anna hung up after 4"}},
		"the engineer hands over":        {keys: "1*0", talks: 60 * s, marco: "1", least: 25 * s, most: 60 * s, history: []string{"Anna handed over to Marco", "Marco hung up"}},
		"handed over, and he refuses":    {keys: "1*0", talks: 60 * s, marco: "17", least: 14 * s, most: 40 * s, history: []string{"Anna handed over to Marco", "Marco refused the recording of the talk, by key: what was recorded until then stays", "Marco hung up"}},
		"a second one joins and stays":   {keys: "1*2", talks: 35 * s, marco: "1", least: 40 * s, most: 90 * s, history: []string{"Marco pressed accept, and joins Anna", "Anna hung up", "Marco stays", "Marco hung up"}},
		"a second one joins and refuses": {keys: "1*2", talks: 60 * s, marco: "17", least: 25 * s, most: 60 * s, history: []string{"Marco pressed accept, and joins Anna", "Marco refused the recording of the talk, by key: what was recorded until then stays"}},
		"the process stops":              {keys: "1", talks: time.Minute, stops: true, least: 19 * s, most: 25 * s},
		"the operator hangs up":          {operator: true, keys: "1", talks: 20 * s, least: 19 * s, most: 22 * s, history: []string{"opened", "the caller talks to the operator, and the talk is recorded"}},
		"the operator's caller hangs up": {operator: true, keys: "1", talks: time.Minute, hangsUp: 20 * s, least: 19 * s, most: 22 * s},
		"the operator refuses":           {operator: true, keys: "17", talks: 20 * s, least: 9 * s, most: 12 * s, history: []string{"the operator refused the recording of the talk, by key: what was recorded until then stays"}},
		"the operator's caller refuses":  {operator: true, keys: "1", talks: 30 * s, refuses: true, least: 9 * s, most: 12 * s, history: []string{"the caller refused the recording of the talk, by key: what was recorded until then stays"}},
		"the operator's caller is lost":  {operator: true, keys: "1", talks: 3 * time.Minute, loses: "caller", least: 19 * s, most: 2 * time.Minute},
		"the operator's process stops":   {operator: true, keys: "1", talks: time.Minute, stops: true, least: 19 * s, most: 25 * s},
	}
}

// TestARecordedTalkEndsWithTheLastWhoWasTold, whoever ends it and however: it began when both had heard the notice to its end, it lies at its
// ticket, whole and encrypted, and a refusal ends it and not the talk.
func TestARecordedTalkEndsWithTheLastWhoWasTold(t *testing.T) {
	for name, c := range talkEnds() {
		t.Run(name, func(t *testing.T) {
			apptest.Run(t, func(t *testing.T, p *apptest.Program) {
				accepted := c.talk(p)
				ticket, err := p.Desk.Ticket(t.Context(), 417)
				if err != nil {
					t.Fatal(err, "\n", strings.Join(p.Said(), "\n"))
				}
				c.judge(p, ticket.Recordings, accepted)
				history := p.History()
				for _, want := range c.history {
					if !strings.Contains(history, want) {
						t.Errorf("the history does not say %q:\n%s", want, history)
					}
				}
				c.told(p)
			}, func(whole *app.Config) {
				whole.Drain = time.Second
				if c.deletes {
					whole.Config.Recordings.RefusedTalks = config.DeleteRefused
				}
				if c.operator {
					whole.Config.Operator = config.Operator{Numbers: []string{"sip:desk@" + deskAt}}
				}
			})
		})
	}
}

// talk has the call go by; it gives when it was accepted.
func (c talkEnd) talk(p *apptest.Program) time.Time {
	p.Helper()
	p.Desk.SetBook(p.Desk.Book().With(func(b *directory.Book) {
		rossi := b.Contracts.At("rossi")
		rossi.RecordTalks = true
		b.Contracts = b.Contracts.With("rossi", rossi)
	}))
	accepted, gone := make(chan time.Time, 2), make(chan time.Time, 2)
	busy := (&apptest.Rings{}).Busy
	anna, marco := accepting(c.keys, c.talks, accepted, gone), busy
	if c.marco != "" {
		marco = accepting(c.marco, 20*time.Second, make(chan time.Time, 2), make(chan time.Time, 2))
	}
	if c.operator {
		desk := p.Phone(deskAt, "desk", anna)
		p.Cleanup(func() { _ = desk.Stop(context.Background()) })
		anna = busy
	}
	p.Engineers(anna, marco)
	cut := c.cut(p)
	caller := p.Dial(callerAt, "0612345")
	if c.operator {
		if err := caller.Press(p.Context(), "314159#0"); err != nil {
			p.Fatal(err)
		}
	} else {
		p.Message(caller, apptest.Blocking)
	}
	at := <-accepted
	switch {
	case c.hangsUp > 0:
		p.Passes(c.hangsUp)
		caller.Hangup()
	case c.refuses:
		p.Passes(10 * time.Second)
		_ = caller.Press(p.Context(), "7")
	case c.loses != "":
		p.Passes(20 * time.Second)
		cut.Store(true)
	case c.stops:
		p.Passes(20 * time.Second)
		if err := p.App.Stop(context.Background()); err != nil {
			p.Error(err)
		}
		p.Restart()
	}
	p.Passes(4 * time.Minute)
	return at
}

// accepting is somebody who accepts 25 s after picking up, presses the other keys, each ten seconds after the one before, and talks on.
func accepting(keys string, talks time.Duration, accepted, gone chan<- time.Time) func(context.Context, *phone.Incoming) {
	return func(ctx context.Context, in *phone.Incoming) {
		call, err := in.PickUp(ctx)
		if err != nil {
			return
		}
		defer call.Hangup()
		_ = call.Wait(ctx, 15*time.Second)
		for i, k := range keys {
			_ = call.Wait(ctx, 10*time.Second)
			if i == 0 {
				accepted <- time.Now()
			}
			_ = call.Press(ctx, string(k))
		}
		_ = call.Wait(ctx, talks)
		gone <- time.Now()
	}
}

// cut is set when the line is to be lost: neither its signalling nor its sound arrives any more.
func (c talkEnd) cut(p *apptest.Program) *atomic.Bool {
	cut := &atomic.Bool{}
	if c.loses == "" {
		return cut
	}
	sip, sound := netip.MustParseAddrPort(apptest.Anna), func(a netip.AddrPort) bool { return a.Addr().String() == "127.0.0.1" && a.Port() >= 30000 }
	if c.loses == "caller" {
		sip = netip.MustParseAddrPort(callerAt)
		sound = func(a netip.AddrPort) bool { return a.Addr() == sip.Addr() }
	}
	p.SIP.SetFilter(func(from, to netip.AddrPort, _ []byte) bool { return !cut.Load() || from != sip && to != sip })
	p.Media.SetFilter(func(from, _ netip.AddrPort, _ []byte) bool { return !cut.Load() || !sound(from) })
	return cut
}

// judge looks at what is kept.
func (c talkEnd) judge(p *apptest.Program, all []tickets.Recording, accepted time.Time) {
	p.Helper()
	talks := slices.DeleteFunc(slices.Clone(all), func(r tickets.Recording) bool { return r.Kind != tickets.Talk })
	if c.none {
		if len(talks) != 0 {
			p.Errorf("%d talks are kept: %+v", len(talks), talks)
		}
		if files, _ := filepath.Glob(filepath.Join(p.Config.Config.Data, "recordings", "*")); len(files) != len(all) {
			p.Errorf("of %d recordings there are the files %v", len(all), files)
		}
		return
	}
	if len(talks) != 1 {
		p.Fatalf("%d talks are kept: %+v\n%s\n%s", len(talks), talks, p.History(), p.Logged())
	}
	talk := talks[0]
	if length := time.Duration(talk.Seconds * float64(time.Second)); length < c.least || length > c.most {
		p.Errorf("%s are recorded, want %s to %s\n%s", length, c.least, c.most, p.History())
	}
	if before := accepted.Sub(talk.At); before > 0 || before < -3*time.Second {
		p.Errorf("the recording begins at %s, and the talk was accepted at %s", talk.At, accepted)
	}
	key, err := os.ReadFile(filepath.Join(p.Config.Config.Data, "recordings.key"))
	if err != nil {
		p.Fatal(err)
	}
	keys, err := sealed.ParseKeys(key)
	if err != nil {
		p.Fatal(err)
	}
	dir := filepath.Join(p.Config.Config.Data, "recordings")
	folder, err := spool.Open(dir, spool.Encryption{Keys: keys})
	if err != nil {
		p.Fatal(err)
	}
	defer folder.Close()
	sum, err := folder.Sum(talk.ID)
	if _, missing := os.Stat(filepath.Join(dir, talk.ID+".sealed")); missing != nil || err != nil || talk.Partial || talk.SHA256 != sum {
		p.Errorf("the recording is %+v; its file: %v, %s, %v", talk, missing, sum, err)
	}
	if n, err := folder.Channels(talk.ID); n != 2 || err != nil {
		p.Errorf("it has %d channels, %v", n, err)
	}
}

// told demands that both have heard that the talk may be recorded before they are joined.
func (c talkEnd) told(p *apptest.Program) {
	p.Helper()
	who, callers := "sip:anna@"+apptest.Anna, "Anche il colloquio con il tecnico può essere registrato."
	if c.operator {
		who, callers = "sip:desk@"+deskAt, "Il colloquio può essere registrato."
	}
	p.Heard("caller", callers, "(connected)")
	p.Heard(who, "Il colloquio può essere registrato.", "(connected)")
	if refused := c.refuses || strings.Contains(c.keys, "7"); refused {
		p.Heard("caller", "(connected)", "Da ora il colloquio non è registrato.")
		p.Heard(who, "(connected)", "Da ora il colloquio non è registrato.")
	}
}
