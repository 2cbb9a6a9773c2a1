package calls

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"

	"hotline/cdr"
	"hotline/memory"
	"hotline/storage"
	"hotline/tickets"
)

// picky refuses the record of one call, or all of them.
type picky struct {
	*memory.Store
	refuses tickets.CallID
	down    bool
}

func (p *picky) PutCalls(ctx context.Context, list ...cdr.Call) error {
	if p.down {
		return fmt.Errorf("writing %d calls: %w", len(list), storage.ErrDown)
	}
	for _, c := range list {
		if c.ID == p.refuses {
			return errors.New("this cannot be written")
		}
	}
	return p.Store.PutCalls(ctx, list...)
}

func TestARecordOfACallThatIsRefusedKeepsNoOther(t *testing.T) {
	store := &picky{Store: memory.New(1), refuses: "b", down: true}
	r := New(store, slog.New(slog.DiscardHandler))
	for _, id := range []tickets.CallID{"a", "b", "c"} {
		r.mu.Lock()
		r.write(cdr.Call{ID: id})
		r.mu.Unlock()
	}
	r.flush(t.Context())
	if len(r.waiting) != 3 {
		t.Errorf("with the store down %d records wait, want 3", len(r.waiting))
	}
	store.down = false
	r.flush(t.Context())
	page, err := store.Calls(t.Context(), cdr.Filter{})
	list := page.Items
	if err != nil || len(list) != 2 || len(r.waiting) != 0 {
		t.Errorf("%d records stand, %d wait, %v", len(list), len(r.waiting), err)
	}
}
