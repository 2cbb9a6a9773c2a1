package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"hotline/phone"
	"hotline/phone/load"
)

// How soon a caller whose plant stands still talks to a human, by telephones of our own over real sockets. There is a caller who
// types ahead, one who keys as soon as it was said what to key, one who hears the menu out, and an engineer who picks up and presses
// 1.

const (
	soonerTimes = 3                       // of each sort of caller
	thinks      = 8 * time.Second         // from pick-up to the engineer's key
	talks       = 6 * time.Second         // after it: who has talked for less than five seconds is asked back
	listensFor  = 40 * time.Second        // to a question, at most
	optionEnds  = 550 * time.Millisecond  // of stillness tell that an option is over: within one a voice pauses for 400 ms
	promptEnds  = 1200 * time.Millisecond // tell that a prompt is over: between options it pauses for 1,050 ms
	callersHz   = 700.0
	engineersHz = 1100.0
)

const soonerRow = "sooner"

// sooner are the times of the calls, seconds.
type sooner struct {
	KeyToRing     []float64 `json:"category_key_to_first_ring"`
	AheadToRing   []float64 `json:"answer_to_first_ring_typing_ahead"`
	ListensToRing []float64 `json:"answer_to_first_ring_listening"`
	WholeToRing   []float64 `json:"answer_to_first_ring_hearing_the_whole_menu"`
	KeyToBothHear []float64 `json:"engineers_key_to_both_hearing_each_other"`
	load          string
}

// patience is the stillness after which a caller keys: the PIN, and the category. Nothing means typing ahead.
type patience struct{ pin, category time.Duration }

// patiences are the sorts of callers, each with where its times from answer to first ring go.
func (s *sooner) patiences() []struct {
	patience
	times *[]float64
} {
	return []struct {
		patience
		times *[]float64
	}{
		{patience{}, &s.AheadToRing},
		{patience{pin: optionEnds, category: optionEnds}, &s.ListensToRing},
		{patience{pin: promptEnds, category: promptEnds}, &s.WholeToRing},
	}
}

// picked is the engineer's telephone, at one call.
type picked struct {
	rang time.Time
	call *phone.Call
	from time.Time // when what it heard began
	key  time.Time // the key went down
	over chan struct{}
}

// sooner measures how soon callers are connected.
func (b *bench) sooner(ctx context.Context, f *figures) error {
	return b.with(ctx, nil, func(s *server, _ *load.Crowd) error {
		calls := make(chan *picked, 1)
		engineer, err := phone.New(phone.Config{At: netip.MustParseAddrPort("127.0.0.1:0"), User: "bench", Answer: func(ctx context.Context, in *phone.Incoming) { pickUp(ctx, in, calls) }})
		if err != nil {
			return err
		}
		if err := engineer.Start(ctx); err != nil {
			return err
		}
		defer func() { _ = engineer.Stop(context.WithoutCancel(ctx)) }()
		if err := s.onlyEngineer(ctx, engineer.Address()); err != nil {
			return err
		}
		sorts := f.sooner.patiences()
		pins, err := s.contracts(ctx, len(sorts)*soonerTimes) // who calls again is asked about the ticket that is open
		if err != nil {
			return err
		}
		f.sooner.load = load.LoadAverage()
		for i := range pins {
			sort := sorts[i%len(sorts)]
			took, err := b.soonerCall(ctx, s, pins[i], sort.patience, calls, &f.sooner)
			if err != nil {
				return fmt.Errorf("call %d: %w", i+1, err)
			}
			*sort.times = append(*sort.times, took.Seconds())
		}
		b.say("category key to first ring %.2f s, answer to first ring %.1f s typing ahead, %.1f s listening and %.1f s hearing the menu out, engineer's key to both hearing each other %.0f ms",
			slices.Max(f.sooner.KeyToRing), slices.Max(f.sooner.AheadToRing), slices.Max(f.sooner.ListensToRing), slices.Max(f.sooner.WholeToRing), 1000*slices.Max(f.sooner.KeyToBothHear))
		return nil
	})
}

// onlyEngineer has one engineer on call for ever.
func (s *server) onlyEngineer(ctx context.Context, address string) error {
	var rota map[string]any
	if err := s.call(ctx, http.MethodGet, "/rota", nil, &rota); err != nil {
		return err
	}
	if err := s.call(ctx, http.MethodPut, "/engineers/bench", map[string]any{"name": "Bench", "phones": []string{address}, "language": "it"}, nil); err != nil {
		return err
	}
	rota["overrides"] = []any{}
	rota["shifts"] = []map[string]any{{"engineer": "bench", "level": 1, "order": 1, "day": 0, "from": "00:00", "length": "168:00"}}
	return s.call(ctx, http.MethodPut, "/rota", rota, nil)
}

// pickUp is the engineer: hears the brief, presses 1 and speaks a tone.
func pickUp(ctx context.Context, in *phone.Incoming, calls chan<- *picked) {
	p := &picked{rang: time.Now(), over: make(chan struct{})}
	defer close(p.over)
	var err error
	if p.call, err = in.PickUp(ctx); err != nil {
		return
	}
	p.from = time.Now()
	calls <- p
	if p.call.Wait(ctx, thinks) != nil {
		return
	}
	p.key = time.Now()
	_ = p.call.Press(ctx, "1")
	_ = p.call.Say(ctx, hum(engineersHz, 3*time.Second))
	_ = p.call.Wait(ctx, talks)
}

// soonerCall makes one call, takes its times down, and gives the one from answer to first ring.
func (b *bench) soonerCall(ctx context.Context, s *server, pin string, waits patience, calls <-chan *picked, to *sooner) (toRing time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, 90*time.Second)
	defer cancel()
	caller, err := phone.New(phone.Config{At: netip.MustParseAddrPort("127.0.0.1:0"), User: "06" + pin})
	if err != nil {
		return 0, err
	}
	if err := caller.Start(ctx); err != nil {
		return 0, err
	}
	defer func() { _ = caller.Stop(context.WithoutCancel(ctx)) }()
	c, err := caller.Dial(ctx, "sip:hotline@"+s.sip.String())
	if err != nil {
		return 0, err
	}
	answered := time.Now()
	defer c.Hangup()
	for _, answer := range []struct {
		still time.Duration
		keys  string
	}{{waits.pin, pin + "#"}, {waits.category, "1"}} {
		if err := awaitStillness(ctx, c, answer.still); err != nil {
			return 0, err
		}
		if err := c.Press(ctx, answer.keys); err != nil {
			return 0, err
		}
	}
	key := time.Now().Add(-pauseOfKeys)
	speaks := make(chan struct{})
	go func() { defer close(speaks); _ = c.Say(ctx, hum(callersHz, 40*time.Second)) }()
	var p *picked
	select {
	case p = <-calls:
	case <-ctx.Done():
		return 0, errors.New("the engineer's telephone did not ring")
	}
	<-p.over
	c.Hangup()
	<-speaks
	theirs, ours := firstTone(c.Heard(), engineersHz), firstTone(p.call.Heard(), callersHz)
	if theirs < 0 || ours < 0 {
		return 0, fmt.Errorf("the caller hears the engineer: %v; the engineer hears the caller: %v", theirs >= 0, ours >= 0)
	}
	hear := max(answered.Add(theirs).Sub(p.key), p.from.Add(ours).Sub(p.key))
	to.KeyToRing = append(to.KeyToRing, p.rang.Sub(key).Seconds())
	to.KeyToBothHear = append(to.KeyToBothHear, hear.Seconds())
	return p.rang.Sub(answered), nil
}

// pauseOfKeys is what Press waits after a key.
const pauseOfKeys = 120 * time.Millisecond

// awaitStillness waits until something was said and then nothing for as long as still; not at all where that is nothing. A telephone
// writes down what it hears second by second, so the caller is up to a second slower than one with ears.
func awaitStillness(ctx context.Context, c *phone.Call, still time.Duration) error {
	if still == 0 {
		return nil
	}
	began, from := time.Now(), len(c.Heard())
	for time.Since(began) < listensFor {
		if err := c.Wait(ctx, 50*time.Millisecond); err != nil {
			return err
		}
		if paused(c.Heard()[from:], int(still.Seconds()*8000)) {
			return nil
		}
	}
	return errors.New("the line spoke without a pause for longer than anybody listens")
}

// paused tells whether a voice has spoken, and then rested for so many samples.
func paused(heard []int16, still int) bool {
	const frame, voice, silence = 80, 500, 200 // the tails of a prompt's sounds reach 190
	spoken, quiet := false, 0
	for ; len(heard) >= frame; heard = heard[frame:] {
		loud := loudest(heard[:frame])
		spoken = spoken || loud > voice
		if quiet += frame; !spoken || loud >= silence {
			quiet = 0
		}
		if quiet >= still {
			return true
		}
	}
	return false
}

func loudest(pcm []int16) (most int16) {
	for _, v := range pcm {
		most = max(most, v, -v)
	}
	return most
}

// hum is a tone.
func hum(hz float64, d time.Duration) []int16 {
	out := make([]int16, int(d.Seconds()*8000))
	for i := range out {
		out[i] = int16(6000 * math.Sin(2*math.Pi*hz*float64(i)/8000))
	}
	return out
}

// firstTone is where in a sound a tone begins that lasts 60 ms at least; negative for nowhere.
func firstTone(pcm []int16, hz float64) time.Duration {
	const frame, frames = 160, 3
	run := 0
	for at := 0; at+frame <= len(pcm); at += frame {
		var sin, cos, all float64
		for i, v := range pcm[at : at+frame] {
			angle := 2 * math.Pi * hz * float64(i) / 8000
			sin, cos, all = sin+float64(v)*math.Sin(angle), cos+float64(v)*math.Cos(angle), all+float64(v)*float64(v)
		}
		if pure := 2 * (sin*sin + cos*cos) / frame; all > frame*1000*1000 && pure > 0.9*all {
			if run++; run == frames {
				return time.Duration(at-(frames-1)*frame) * time.Second / 8000
			}
			continue
		}
		run = 0
	}
	return -1
}

// soonerTable is the table of the report, beside what was measured before telephones rang while the caller speaks.
func (f *figures) soonerTable(out *strings.Builder) {
	if len(f.sooner.KeyToRing) == 0 {
		return
	}
	fmt.Fprintf(out, "\n## Sooner to a human\n\nA caller whose plant stands still, and one engineer who picks up at once; the worst of %d calls of each sort, load before %s. \"Before\" is the line whose chain "+
		"began behind the message.\n\n| time | before | goal | measured | reached |\n|---|---|---|---|---|\n", soonerTimes, f.sooner.load)
	for _, r := range []struct {
		what, before string
		goal         float64 // none: what it costs to hear everything
		all          []float64
		unit         float64
		words        string
	}{
		{"category key to first ring, s", "30.6", 2, f.sooner.KeyToRing, 1, "%.2f"},
		{"answer to first ring, a caller who types ahead, s", "32.3", 12, f.sooner.AheadToRing, 1, "%.1f"},
		{"answer to first ring, a caller who listens until it is said what to key, s", "", 25, f.sooner.ListensToRing, 1, "%.1f"},
		{"answer to first ring, a caller who hears everything out, s", "", 0, f.sooner.WholeToRing, 1, "%.1f"},
		{"engineer's key down to both hearing each other, ms", "", 300, f.sooner.KeyToBothHear, 1000, "%.0f"},
	} {
		worst := slices.Max(r.all) * r.unit
		goal, reached := "", ""
		if r.goal > 0 {
			goal, reached = fmt.Sprintf("<= %.0f", r.goal), atMost(worst, r.goal, r.goal).String()
		}
		fmt.Fprintf(out, "| %s | %s | %s | "+r.words+" | %s |\n", r.what, r.before, goal, worst, reached)
	}
}
