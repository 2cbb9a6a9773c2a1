package main

import (
	"context"
	"time"

	"hotline/line/processor"
	"hotline/phone/load"
)

// overload offers twice as many calls as the machine holds, and looks at those that run.
func (b *bench) overload(ctx context.Context, f *figures) error {
	const rate, most = 200.0, 9000
	return b.with(ctx, nil, func(s *server, k *load.Crowd) error {
		offered, refused, before := 0, 0, processor.Read()
		m, err := k.Measure(s.process(), s.empty)
		if err != nil {
			return err
		}
		for offered < most && (refused == 0 || offered < 2*k.Up()) {
			const some = 100
			k.Dial(some, rate, load.Plan{Number: "tape"})
			offered += some
			if err := k.Run(ctx, time.Duration(some/rate*float64(time.Second))); err != nil {
				return err
			}
			refused = k.Refused()
		}
		if err := k.Run(ctx, 2*time.Second); err != nil {
			return err
		}
		r, err := m.End()
		if err != nil {
			return err
		}
		f.over = overloaded{Result: r, offered: offered, refused: r.Refused[503], retry: r.RetryAfter, unanswered: r.Unanswered, stolen: processor.Read().StolenSince(before)}
		b.say("%d calls offered, %d taken, %d refused with 503 (%d say when to try again): %.4f %% of packets late, deviation p99 %.1f max %.1f ms; the host took %.1f %%",
			offered, r.Up, f.over.refused, f.over.retry, 100*r.LateShare(), r.Deviation.P99, r.Deviation.Max, 100*f.over.stolen)
		return nil
	})
}
