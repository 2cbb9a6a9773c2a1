package ladders

import (
	"context"
	"errors"
	"slices"
	"time"

	"hotline/cdr"
	"hotline/sip/ladder"
	"hotline/storage"
	"hotline/tickets"
)

// waiting is what waits for the store. It is used by Run alone.
type waiting struct {
	writer *ladder.Writer
	list   []made
	free   time.Time // no write before
	lost   map[Result]int
	told   time.Time // of what was lost
}

// made is a ladder as it is written.
type made struct {
	cdr.Ladder
	stranger bool
}

// round makes the ladders that are due, and writes all that wait.
func (l *Ladders) round(ctx context.Context, now time.Time) {
	l.gather(l.due(now.Add(-settled)), now)
	l.free = now.Add(between)
	if !l.write(ctx, now) {
		l.free = now.Add(patience)
	}
	l.bound()
	l.complain(now)
}

// last writes what is left at the end of the program: calls need not settle, and their records are being written at this moment.
func (l *Ladders) last(ctx context.Context) {
	for {
		now := time.Now()
		l.gather(l.due(now), now)
		l.write(ctx, now)
		if len(l.list) == 0 {
			return
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			l.count(Lost, len(l.list))
			l.told = time.Time{}
			l.complain(now)
			return
		}
	}
}

// due takes the calls that ended until an instant, and what is new of those whose record is open.
func (l *Ladders) due(until time.Time) []ended {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for n < len(l.ended) && !l.ended[n].at.After(until) {
		n++
	}
	list := slices.Clone(l.ended[:n])
	l.ended = slices.Delete(l.ended, 0, n)
	for id, o := range l.open { // no stranger's: those end with their caller
		if o.news && !o.at.After(until) {
			e := ended{call: id, at: o.at, dialogs: dialogs(o.call, o.known)}
			list = append(list, e)
			o.known, o.news = append(o.known, e.dialogs...), false
			l.open[id] = o
		}
	}
	return list
}

// gather makes the ladders of calls.
func (l *Ladders) gather(list []ended, now time.Time) {
	for _, e := range list {
		var dialogs []ladder.Dialog
		for _, id := range e.dialogs {
			if d, ok := l.cfg.Dialogs.Of(id); ok {
				dialogs = append(dialogs, d)
			}
		}
		if len(dialogs) == 0 {
			l.count(Forgotten, 1)
			continue
		}
		parts, err := l.writer.Write(dialogs, len(e.dialogs)-len(dialogs))
		if err != nil {
			l.cfg.Log.Error("the ladder of a call is not made", "call", e.call, "error", err)
			l.count(Lost, 1)
			continue
		}
		l.list = append(l.list, made{cdr.Ladder{Call: e.call, At: now, Parts: parts}, e.stranger})
		l.cfg.Dialogs.Written(e.dialogs...)
	}
}

// write writes what waits; false when the store does not answer, and the others wait again.
func (l *Ladders) write(ctx context.Context, now time.Time) bool {
	var later []made // of whose calls there is no record yet
	defer func() { l.list = append(later, l.list...) }()
	alone := 0 // so many are written one by one: one of them was refused, and must not keep the others
	for len(l.list) > 0 {
		some := l.list[:batch(l.list)]
		if alone > 0 {
			some, alone = l.list[:1], alone-1
		}
		missing, err := l.add(ctx, some)
		switch {
		case err == nil:
			later = append(later, l.added(some, missing, now)...)
		case passing(err) || ctx.Err() != nil:
			l.cfg.Log.Debug("ladders of calls wait", "calls", len(l.list), "error", err)
			return false
		case len(some) > 1:
			alone = len(some)
			continue
		default:
			l.cfg.Log.Error("the ladder of a call is refused by the store", "call", some[0].Call, "error", err)
			l.count(Lost, 1)
		}
		l.list = l.list[len(some):]
	}
	return true
}

// batch is how many of a list are written at once: a call stands there once.
func batch(list []made) int {
	known := map[tickets.CallID]bool{}
	for n, m := range list {
		if n == atOnce || known[m.Call] {
			return n
		}
		known[m.Call] = true
	}
	return len(list)
}

// add writes some ladders, in one statement that must end in time.
func (l *Ladders) add(ctx context.Context, some []made) (missing []tickets.CallID, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	list := make([]cdr.Ladder, len(some))
	for i, m := range some {
		list[i] = m.Ladder
	}
	return l.cfg.Store.AddLadders(ctx, list...)
}

// passing tells of an error that another try may not meet.
func passing(err error) bool {
	return errors.Is(err, storage.ErrDown) || errors.Is(err, storage.ErrBusy) || errors.Is(err, storage.ErrConflict) || errors.Is(err, context.DeadlineExceeded)
}

// added counts ladders that were written, and gives back those whose record is not there yet. One that waits for too long is lost.
func (l *Ladders) added(some []made, missing []tickets.CallID, now time.Time) (later []made) {
	for _, m := range some {
		switch {
		case !slices.Contains(missing, m.Call):
			l.count(Written, 1)
		case now.Sub(m.At) < recordTime:
			later = append(later, m)
		default:
			l.count(Lost, 1)
		}
	}
	return later
}

// bound gives up ladders where too much waits: those of strangers first, then the oldest.
func (l *Ladders) bound() {
	octets := 0
	for _, m := range l.list {
		octets += len(m.Parts)
	}
	for _, strangers := range []bool{true, false} {
		l.list = slices.DeleteFunc(l.list, func(m made) bool {
			if octets <= waitingMost || m.stranger != strangers {
				return false
			}
			octets -= len(m.Parts)
			l.count(Lost, 1)
			return true
		})
	}
}

// count counts what became of ladders.
func (l *Ladders) count(r Result, n int) {
	l.cfg.Count(r, n)
	if r != Written {
		l.lost[r] += n
	}
}

// complain tells of what was lost, once a minute at most.
func (l *Ladders) complain(now time.Time) {
	if l.lost[Lost]+l.lost[Forgotten] == 0 || now.Sub(l.told) < time.Minute {
		return
	}
	l.cfg.Log.Warn("the messages of some calls are not kept; the calls are", "store", l.lost[Lost], "forgotten", l.lost[Forgotten])
	l.told = now
	clear(l.lost)
}
