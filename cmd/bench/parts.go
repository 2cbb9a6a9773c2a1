package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"hotline/phone/load"
)

const (
	ramps   = 3
	settle  = 1500 * time.Millisecond
	window  = 4 * time.Second
	dialing = 300.0 // calls a second on the way up
)

// levels are the numbers of calls that are measured, ascending.
func levels() []int { return []int{50, 100, 200, 500, 750, 1000, 1500} }

func (b *bench) floors(_ context.Context, f *figures) error {
	const calls = 1000
	v, err := load.Floor(calls, 2*time.Second)
	f.floor = append(f.floor, v)
	return err
}

// ramps raises the number of calls level by level, three times, each time on a fresh server.
func (b *bench) ramps(ctx context.Context, f *figures) error {
	f.levels, f.setup = map[int][]load.Result{}, map[int]float64{}
	for i := range ramps {
		if err := b.with(ctx, nil, func(s *server, k *load.Crowd) error { return b.ramp(ctx, f, s, k, i+1) }); err != nil {
			return err
		}
	}
	return nil
}

// with runs f against a fresh server.
func (b *bench) with(ctx context.Context, voice []byte, f func(s *server, k *load.Crowd) error) error {
	s, err := b.start(ctx)
	if err != nil {
		return err
	}
	k, err := s.crowd(voice)
	if err != nil {
		return errors.Join(err, s.stop())
	}
	if err := errors.Join(f(s, k), empties(ctx, k), k.Close()); err != nil {
		return errors.Join(err, fmt.Errorf("the program's log ends: %s", s.lastWords()), s.stop())
	}
	return s.stop()
}

func (b *bench) ramp(ctx context.Context, f *figures, s *server, k *load.Crowd, turn int) error {
	for _, n := range levels() {
		more := n - k.Up()
		began := time.Now()
		if err := raise(ctx, k, more, dialing, load.Plan{Number: "tape"}); errors.Is(err, errRefused) {
			b.say("ramp %d: %v; measured with those", turn, err)
		} else if err != nil {
			return err
		}
		f.setup[n] = float64(more) / time.Since(began).Seconds()
		r, err := b.measure(ctx, k, s, fmt.Sprintf("%d-calls", n), window)
		if err != nil {
			return err
		}
		f.levels[n] = append(f.levels[n], r)
		b.say("ramp %d, %4d calls: %.2f cpu-ms per call-second, %d of %d packets late, deviation p99 %.1f max %.1f ms, %.0f KB a call; the load itself %.2f",
			turn, n, r.PerCallSecond(), r.Late, r.Packets, r.Deviation.P99, r.Deviation.Max, r.PerCall, r.OwnPerCallSecond())
	}
	return nil
}

// raise dials n more calls and waits until they are up. A call that the line refuses is dialled again, more slowly: what
// it refuses is measured elsewhere.
func raise(ctx context.Context, k *load.Crowd, n int, rate float64, p load.Plan) error {
	want := k.Up() + n
	for range 5 {
		missing := want - k.Up()
		k.Dial(missing, rate, p)
		within := time.Duration(float64(missing)/rate*float64(time.Second)) + 5*time.Second
		if err := k.RunUntil(ctx, within, func() bool { return k.Up() >= want || k.Alive() == k.Up() }); err != nil {
			return err
		}
		if k.Up() >= want {
			return nil
		}
		rate /= 2
		if err := k.Run(ctx, time.Second); err != nil {
			return err
		}
	}
	return fmt.Errorf("%w: %d of %d", errRefused, k.Up(), want)
}

// errRefused is a line that does not take as many calls as were wanted.
var errRefused = errors.New("the line refuses calls")

// measure lets the calls settle and measures a span.
func (b *bench) measure(ctx context.Context, k *load.Crowd, s *server, name string, span time.Duration) (load.Result, error) {
	if err := k.Run(ctx, settle); err != nil {
		return load.Result{}, err
	}
	m, err := k.Measure(s.process(), s.empty)
	if err != nil {
		return load.Result{}, err
	}
	profiles := b.profiled(s, name, span)
	if err := k.Run(ctx, span); err != nil {
		return load.Result{}, err
	}
	r, err := m.End()
	return r, errors.Join(err, profiles())
}

// held is a row of calls that are held for a while.
type held struct {
	name string
	to   func(*figures) *load.Result
	plan load.Plan
	span time.Duration
}

func steadies() []held {
	return []held{
		{"plain sound", func(f *figures) *load.Result { return &f.plain }, load.Plan{Number: "tape"}, 6 * time.Second},
		{"encrypted sound", func(f *figures) *load.Result { return &f.secure }, load.Plan{Number: "tape", Secure: true}, 6 * time.Second},
		{"keys", func(f *figures) *load.Result { return &f.keys }, load.Plan{Number: "tape", KeyEvery: 3 * time.Second}, 10 * time.Second},
		{"bridges", func(f *figures) *load.Result { return &f.bridge }, load.Plan{Number: "pair"}, 6 * time.Second},
	}
}

const noCall = "no call"

func steadyRows() []string {
	rows := []string{noCall}
	for _, part := range steadies() {
		rows = append(rows, part.name)
	}
	return rows
}

// steady measures what is held for a while: nothing, keys, bridges, plain and encrypted sound.
func (b *bench) steady(ctx context.Context, f *figures) error {
	const half = 500
	return b.with(ctx, nil, func(s *server, k *load.Crowd) (err error) {
		if b.wants(noCall) {
			if f.idle, err = b.measure(ctx, k, s, "idle", 8*time.Second); err != nil {
				return err
			}
			b.say("no call: %.3f %% of a core", f.idle.ServerCPU/f.idle.Seconds/10)
		}
		for _, part := range steadies() {
			if !b.wants(part.name) {
				continue
			}
			if err := raise(ctx, k, half, dialing, part.plan); err != nil {
				return err
			}
			r, err := b.measure(ctx, k, s, part.name, part.span)
			if err != nil {
				return err
			}
			*part.to(f) = r
			b.say("%d calls, %s: %.2f cpu-ms per call-second", half, part.name, r.PerCallSecond())
			if err := empties(ctx, k); err != nil {
				return err
			}
		}
		return nil
	})
}

const calm = 100 // set-ups a second, of calls that hear their first packet

func setupRates() []int { return []int{500, 1000, 1500, 2000} }

func setupName(rate int) string { return fmt.Sprintf("%d set ups", rate) }

func rateRows() []string {
	var rows []string
	for _, rate := range append([]int{calm}, setupRates()...) {
		rows = append(rows, setupName(rate))
	}
	return rows
}

// setups answers and hangs up at rising rates, until something has to be said twice.
func (b *bench) setups(ctx context.Context, f *figures) error {
	return b.with(ctx, nil, func(s *server, k *load.Crowd) (err error) {
		if b.wants(setupName(calm)) {
			if f.calm, err = b.hangUps(ctx, s, k, calm, 8); err != nil {
				return err
			}
		}
		for _, rate := range setupRates() {
			if !b.wants(setupName(rate)) {
				continue
			}
			r, err := b.hangUps(ctx, s, k, rate, 4)
			if err != nil {
				return err
			}
			f.rates = append(f.rates, rated{rate, r})
			b.say("%d calls a second answered and hung up: %d repeats, INVITE to 200 p99 %.1f ms, %.2f ms of CPU each", rate, r.Repeats+r.Repeated,
				r.Setup.P99, r.ServerCPU/max(1, float64(r.Completed)))
			if !f.rates[len(f.rates)-1].clean() {
				break
			}
		}
		return nil
	})
}

// hangUps answers and hangs up at one rate. At the lowest one the calls hear their first packet.
func (b *bench) hangUps(ctx context.Context, s *server, k *load.Crowd, rate, seconds int) (load.Result, error) {
	p := load.Plan{Number: "tape", HangUp: true}
	if rate <= calm {
		p = load.Plan{Number: "tape", Hold: 300 * time.Millisecond}
	}
	m, err := k.Measure(s.process(), s.empty)
	if err != nil {
		return load.Result{}, err
	}
	profiles := b.profiled(s, fmt.Sprintf("%d-set-ups", rate), time.Duration(seconds)*time.Second)
	k.Dial(rate*seconds, float64(rate), p)
	if err := k.RunUntil(ctx, time.Duration(seconds)*time.Second+10*time.Second, func() bool { return k.Alive() == 0 }); err != nil {
		return load.Result{}, err
	}
	r, err := m.End()
	return r, errors.Join(err, k.Run(ctx, time.Second), profiles())
}
