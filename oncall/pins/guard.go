package pins

import (
	"context"
	"errors"
	"sync"
	"time"

	"hotline/budgets"
	"hotline/oncall"
)

// Why a PIN did not lead to an engineer.
var (
	ErrWrong  = errors.New("it is the PIN of no engineer who has this telephone")
	ErrLocked = errors.New("too many wrong PINs: none is checked any more for a while")
)

// storeTime is how long somebody who calls waits for the store; then the PINs count that it gave last.
const storeTime = time.Second

// GuardConfig is what a guard needs.
type GuardConfig struct {
	Store Store
	Key   []byte
	// Spent hears of each wrong PIN, to keep it; it must not wait. nil: a restart forgets them.
	Spent func(budgets.Spending)
}

// Guard checks the PINs that are keyed at engineers' telephones. It allows 6 wrong ones an hour for each number, and 250 a day
// for all together, as for callers without a contract. Safe for concurrent use.
type Guard struct {
	cfg GuardConfig

	mu    sync.Mutex
	wrong *budgets.PINs
	last  map[oncall.EngineerID]oncall.PIN // as the store gave them
}

// NewGuard makes a guard; it reads nothing.
func NewGuard(c GuardConfig) *Guard {
	if c.Spent == nil {
		c.Spent = func(budgets.Spending) {}
	}
	return &Guard{cfg: c, wrong: budgets.NewPINs(), last: map[oncall.EngineerID]oncall.PIN{}}
}

// Asks tells whether a caller at an engineer's telephone is asked for a PIN at all. That needs an engineer of this telephone who
// has a PIN, and not too many wrong PINs so far.
func (g *Guard) Asks(ctx context.Context, number string, who []oncall.Engineer, now time.Time) bool {
	if len(who) == 0 || g.locked(number, now) {
		return false
	}
	given := g.given(ctx)
	for _, e := range who {
		if _, ok := given[e.ID]; ok {
			return true
		}
	}
	return false
}

// Check finds the engineer, of those who have the telephone, whose PIN was keyed. ErrWrong for none; ErrLocked where no PIN is
// checked any more, also with the last wrong one that was allowed.
func (g *Guard) Check(ctx context.Context, digits, number string, who []oncall.Engineer, now time.Time) (oncall.Engineer, error) {
	given := g.given(ctx)
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.wrong.Answer(number, "", now) == budgets.NotAsked { // whether it is right is not looked at
		return oncall.Engineer{}, ErrLocked
	}
	for _, e := range who {
		if p, ok := given[e.ID]; ok && p.Is(g.cfg.Key, digits) {
			return e, nil
		}
	}
	g.wrong.Spend(number, "", now)
	g.cfg.Spent(budgets.Spending{Budget: budgets.KindEngineerPIN, Key: number, At: now})
	if g.wrong.Answer(number, "", now) == budgets.NotAsked {
		return oncall.Engineer{}, ErrLocked
	}
	return oncall.Engineer{}, ErrWrong
}

// Recall counts wrong PINs that a former process or another node has seen, oldest first.
func (g *Guard) Recall(list []budgets.Spending) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range list {
		if s.Budget == budgets.KindEngineerPIN {
			g.wrong.Spend(s.Key, "", s.At)
		}
	}
}

func (g *Guard) locked(number string, now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.wrong.Answer(number, "", now) == budgets.NotAsked
}

// given are the PINs that stand; where the store does not answer in time, those that it gave last.
func (g *Guard) given(ctx context.Context) map[oncall.EngineerID]oncall.PIN {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	list, err := g.cfg.Store.EngineerPINs(ctx)
	g.mu.Lock()
	defer g.mu.Unlock()
	if err != nil {
		return g.last
	}
	g.last = make(map[oncall.EngineerID]oncall.PIN, len(list)) // nobody writes to it again
	for _, p := range list {
		g.last[p.Engineer] = p
	}
	return g.last
}
