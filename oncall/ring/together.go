package ring

import (
	"context"
	"errors"
	"runtime/debug"
	"sync"
	"time"

	"hotline/cdr"
	"hotline/oncall"
)

// Why a telephone of several that ring together need not ring any more.
var (
	errTaken = errors.New("another engineer accepted")
	errPass  = errors.New("its owner passed on another telephone")
)

// first is the race of those who are rung together: one of them wins it. Safe for concurrent use.
type first struct {
	mu   sync.Mutex
	over context.Context // ends when somebody has won
	end  context.CancelCauseFunc
	won  bool

	farewell context.Context // ends with what came of the winning: nobody who waits for a caller listens to a sentence then
	cut      context.CancelFunc
}

func newFirst() *first {
	f := &first{}
	f.over, f.end = context.WithCancelCause(context.Background())
	f.farewell, f.cut = context.WithCancel(context.Background())
	return f
}

// claim is true for the first one who asks.
func (f *first) claim() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.won {
		return false
	}
	f.won = true
	f.end(errTaken)
	return true
}

// ended is how one of several attempts came out.
type ended struct {
	of  oncall.Attempt
	v   verdict
	err error
}

// together rings all telephones of a turn at once, of each engineer who is not engaged. The first who accepts has the caller; the
// others stop ringing, or hear that they are not needed any more and are hung up on. It comes back when all of them are gone.
func (w *walk) together(ctx context.Context, t turn) (all []ended) {
	race := newFirst()
	defer race.cut()
	defer race.end(nil)
	var ringing sync.WaitGroup
	rings, results := false, make(chan ended, len(t.attempts))
	for _, telephones := range w.byOwner(t.attempts) {
		if w.now.passed[w.owner(telephones[0])] {
			continue
		}
		as := w.engage(ctx, telephones[0], t)
		if as == nil {
			results <- ended{telephones[0], unanswered, errEngaged}
			continue
		}
		rings = true
		ringing.Go(func() {
			defer as.free()
			w.ringOwner(ctx, telephones, attempt{job: w.job, rings: t.ring, as: as, race: race}, results)
		})
	}
	if rings {
		w.claims.release()
	}
	ringing.Wait()
	close(results)
	for r := range results {
		all = append(all, r)
	}
	return all
}

// ringOwner rings all telephones of one engineer; who passes on one of them is not rung on the others any more.
func (j *job) ringOwner(ctx context.Context, telephones []oncall.Attempt, like attempt, results chan<- ended) {
	var ringing sync.WaitGroup
	var pass context.CancelCauseFunc
	like.enough, pass = context.WithCancelCause(like.race.over)
	defer pass(nil)
	for _, to := range telephones {
		a := like
		a.Attempt = to
		ringing.Go(func() {
			r := ended{of: to}
			defer func() { results <- r }()
			defer func() {
				if fault := recover(); fault != nil { // the others ring on
					j.search.Log.Error("panic while a telephone was rung", "ticket", j.request.Ticket.Number, "panic", fault, "stack", string(debug.Stack()))
				}
			}()
			r.v, r.err = a.run(ctx)
			switch {
			case r.v == passedOn:
				pass(errPass)
			case r.v.decides(): // the caller may hear nothing now
				like.race.cut()
			}
		})
	}
	ringing.Wait()
}

// byOwner are attempts, those of each owner together, in the order in which the owners come first.
func (j *job) byOwner(attempts []oncall.Attempt) (list [][]oncall.Attempt) {
	at := map[string]int{}
	for _, a := range attempts {
		owner := j.owner(a)
		i, known := at[owner]
		if !known {
			i = len(list)
			at[owner], list = i, append(list, nil)
		}
		list[i] = append(list[i], a)
	}
	return list
}

// engage holds the owner of a telephone; nil, and a line of the record, where another search rings or talks to the owner.
func (j *job) engage(ctx context.Context, to oncall.Attempt, t turn) *engagement {
	as := j.walk.claims.take(j.owner(to), !t.skipTalking)
	if as == nil {
		a := attempt{job: j, Attempt: to}
		a.finish(ctx, cdr.Leg{Engineer: string(to.Engineer), Address: to.Phone, Started: time.Now()}, nil, errEngaged.Error())
		return nil
	}
	j.walk.goesOn(ctx)
	return as
}
