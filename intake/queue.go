package intake

import (
	"errors"
	"sync"
)

// Bounds of what waits in this process.
const (
	waitingMost = 20_000 // alerts, of all installations together
	turnMost    = 5_000  // alerts that one turn takes, beyond the first message
)

// queues have messages about one installation taken in turns, one turn after the other. A turn takes all messages that came
// meanwhile, so many messages cost few turns. Who comes first to an installation takes his turn himself; there is no goroutine.
// Safe for concurrent use.
type queues struct {
	mu     sync.Mutex
	list   map[ID]*queue
	alerts int // that wait or are being taken
}

// queue is what waits at one installation while somebody takes a turn.
type queue struct{ waiting []*waiting }

// waiting is one message that waits.
type waiting struct {
	id       ID
	delivery Delivery
	done     chan struct{} // closed when became or err stand, or when lead does
	lead     bool          // it is this one's turn
	became   Outcome
	err      error
}

// enter waits for a message's turn. take is called with every message of the turn, by whoever takes it.
func (q *queues) enter(w *waiting, take func([]Delivery) ([]Outcome, error)) (Outcome, error) {
	n := len(w.delivery.Batch.Alerts)
	q.mu.Lock()
	if q.alerts+n > waitingMost {
		q.mu.Unlock()
		return Outcome{}, ErrBusy
	}
	q.alerts += n
	w.done = make(chan struct{})
	here, busy := q.list[w.id]
	if busy {
		here.waiting = append(here.waiting, w)
	} else {
		here = &queue{waiting: []*waiting{w}}
		q.list[w.id] = here
	}
	q.mu.Unlock()
	if busy {
		if <-w.done; !w.lead {
			return w.became, w.err
		}
	}
	q.takeTurn(w.id, here, take)
	return w.became, w.err
}

// takeTurn takes one turn and hands the next one on. The one who takes it is the first of those who wait.
func (q *queues) takeTurn(id ID, here *queue, take func([]Delivery) ([]Outcome, error)) {
	q.mu.Lock()
	turn, alerts := 0, 0
	for turn < len(here.waiting) && (turn == 0 || alerts+len(here.waiting[turn].delivery.Batch.Alerts) <= turnMost) {
		alerts += len(here.waiting[turn].delivery.Batch.Alerts)
		turn++
	}
	taken := here.waiting[:turn:turn]
	here.waiting = here.waiting[turn:]
	q.mu.Unlock()

	var list []Delivery
	for _, w := range taken {
		list = append(list, w.delivery)
	}
	became, err := []Outcome(nil), errUnfinished // what a panic leaves
	defer func() { q.endTurn(id, here, taken, alerts, became, err) }()
	became, err = take(list)
}

// errUnfinished is a turn that failed badly; the log has the panic.
var errUnfinished = errors.New("taking alerts failed; the log says why")

// endTurn tells those whose turn it was what became of their messages, and hands the next turn on.
func (q *queues) endTurn(id ID, here *queue, taken []*waiting, alerts int, became []Outcome, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.alerts -= alerts
	if len(here.waiting) > 0 {
		next := here.waiting[0]
		next.lead = true
		close(next.done)
	} else {
		delete(q.list, id)
	}
	for i, w := range taken {
		if w.err = err; err == nil {
			w.became = became[i]
		}
		if !w.lead {
			close(w.done)
		}
	}
}
