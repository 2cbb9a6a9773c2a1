package app_test

import (
	"bytes"
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
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
	loses       string        // whose line is lost 20 s after the accept: caller, anna, marco or desk
	silent      bool          // it brings no sound any more, and its signalling goes on
	stops       bool          // the process does, 20 s after the accept
	joined      bool          // all this is after the colleague's accept
	deletes     bool          // what was recorded until a refusal
	least, most time.Duration // of the recording
	none        bool          // there is no recording
	history     []string
}

const (
	callerAt = "127.0.0.8:6000"
	deskAt   = "127.0.0.1:5073"
)

// telephones are where they are whose lines are lost.
func telephones() map[string]string {
	return map[string]string{"caller": callerAt, "anna": apptest.Anna, "marco": apptest.Marco, "desk": deskAt}
}

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
		"the operator's line is lost":    {operator: true, keys: "1", talks: 3 * time.Minute, loses: "desk", least: 19 * s, most: 34 * s},
		"the operator falls silent":      {operator: true, keys: "1", talks: 3 * time.Minute, loses: "desk", silent: true, least: 19 * s, most: 34 * s},
		"the operator's caller is mute":  {operator: true, keys: "1", talks: 3 * time.Minute, loses: "caller", silent: true, least: 19 * s, most: 2 * time.Minute},
		"the engineer falls silent":      {keys: "1", talks: 3 * time.Minute, loses: "anna", silent: true, least: 19 * s, most: 34 * s},
		"the caller falls silent":        {keys: "1", talks: 3 * time.Minute, loses: "caller", silent: true, least: 19 * s, most: 2 * time.Minute},

		"of three, the second is lost":        {keys: "1*2", talks: 2 * time.Minute, marco: "1", loses: "marco", joined: true, least: 2 * time.Minute, most: 3 * time.Minute, history: []string{"Marco was lost after"}},
		"of three, the second falls silent":   {keys: "1*2", talks: 2 * time.Minute, marco: "1", loses: "marco", silent: true, joined: true, least: 2 * time.Minute, most: 3 * time.Minute, history: []string{"Marco was lost after"}},
		"of three, the first is lost":         {keys: "1*2", talks: 4 * time.Minute, marco: "1", loses: "anna", joined: true, least: time.Minute, most: 3 * time.Minute, history: []string{"Anna's line was lost", "Marco stays"}},
		"of three, the first falls silent":    {keys: "1*2", talks: 4 * time.Minute, marco: "1", loses: "anna", silent: true, joined: true, least: time.Minute, most: 3 * time.Minute, history: []string{"Anna's line was lost", "Marco stays"}},
		"of three, the caller is lost":        {keys: "1*2", talks: 4 * time.Minute, marco: "1", loses: "caller", joined: true, least: time.Minute, most: 3 * time.Minute},
		"of three, the caller falls silent":   {keys: "1*2", talks: 4 * time.Minute, marco: "1", loses: "caller", silent: true, joined: true, least: time.Minute, most: 3 * time.Minute},
		"of three, the caller hangs up":       {keys: "1*2", talks: 4 * time.Minute, marco: "1", hangsUp: 20 * s, joined: true, least: 45 * s, most: 60 * s},
		"of three, the caller refuses":        {keys: "1*2", talks: 2 * time.Minute, marco: "1", refuses: true, joined: true, least: 40 * s, most: 90 * s, history: []string{"the caller refused the recording of the talk, by key: what was recorded until then stays"}},
		"of three, the process stops":         {keys: "1*2", talks: 4 * time.Minute, marco: "1", stops: true, joined: true, least: 45 * s, most: 65 * s},
		"handed over, and his line is lost":   {keys: "1*0", talks: 2 * time.Minute, marco: "1", loses: "marco", joined: true, least: 2 * time.Minute, most: 3 * time.Minute, history: []string{"Anna handed over to Marco", "Marco's line was lost"}},
		"handed over, and he falls silent":    {keys: "1*0", talks: 2 * time.Minute, marco: "1", loses: "marco", silent: true, joined: true, least: 2 * time.Minute, most: 3 * time.Minute, history: []string{"Anna handed over to Marco", "Marco's line was lost"}},
		"handed over, and the caller leaves":  {keys: "1*0", talks: 2 * time.Minute, marco: "1", hangsUp: 10 * s, joined: true, least: 18 * s, most: 25 * s, history: []string{"Anna handed over to Marco"}},
		"handed over, and the caller is lost": {keys: "1*0", talks: 2 * time.Minute, marco: "1", loses: "caller", joined: true, least: 30 * s, most: 2 * time.Minute, history: []string{"Anna handed over to Marco"}},
		"handed over, and the process stops":  {keys: "1*0", talks: 2 * time.Minute, marco: "1", stops: true, joined: true, least: 30 * s, most: 90 * s, history: []string{"Anna handed over to Marco"}},
		"she is lost while a colleague rings": {keys: "1*0", talks: 2 * time.Minute, marco: "1", loses: "anna", least: 20 * s, most: 90 * s},
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
	takes := make(chan time.Time, 2)
	if c.marco != "" {
		stays := 20 * time.Second
		if c.joined {
			stays = 2 * time.Minute
		}
		marco = accepting(c.marco, stays, takes, make(chan time.Time, 2))
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
	if c.joined {
		<-takes
	}
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
				tells(accepted)
			}
			_ = call.Press(ctx, string(k))
		}
		_ = call.Wait(ctx, talks)
		tells(gone)
	}
}

// tells tells the first ones: whose line was lost is rung again.
func tells(now chan<- time.Time) {
	select {
	case now <- time.Now():
	default:
	}
}

// cut is set when the line is to be lost: neither its signalling nor its sound arrives any more, or its sound alone.
func (c talkEnd) cut(p *apptest.Program) *atomic.Bool {
	cut := &atomic.Bool{}
	if c.loses == "" {
		return cut
	}
	at := netip.MustParseAddrPort(telephones()[c.loses])
	var port atomic.Uint32 // of its sound, as its own descriptions say
	p.SIP.SetFilter(func(from, to netip.AddrPort, message []byte) bool {
		if _, sound, described := bytes.Cut(message, []byte("m=audio ")); described && from == at {
			n, _, _ := bytes.Cut(sound, []byte(" "))
			if n, err := strconv.ParseUint(string(n), 10, 16); err == nil {
				port.Store(uint32(n))
			}
		}
		return !cut.Load() || c.silent || from != at && to != at
	})
	p.Media.SetFilter(func(from, _ netip.AddrPort, _ []byte) bool {
		own := from.Addr() == at.Addr() && uint32(from.Port())&^1 == port.Load()
		return !cut.Load() || !own
	})
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
