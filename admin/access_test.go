package admin_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"hotline/directory"
	"hotline/paging"
	"hotline/tickets"
)

var errUnread = errors.New("this cannot be read now")

// failReading sets what becomes of lists of tickets, and of a look at a contract's running ones; nil: they are read.
func (w *watched) failReading(lists, running error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unread, w.untold = lists, running
}

func (w *watched) List(ctx context.Context, f tickets.Filter) (paging.Page[tickets.Ticket], error) {
	w.mu.Lock()
	err := w.unread
	w.mu.Unlock()
	if err = errors.Join(err, ctx.Err()); err != nil {
		return paging.Page[tickets.Ticket]{}, err
	}
	return w.Store.List(ctx, f)
}

func (w *watched) LiveOf(ctx context.Context, of []directory.ContractID, behind tickets.Number, limit int) ([]tickets.Ticket, error) {
	w.mu.Lock()
	err := w.unread
	w.mu.Unlock()
	if err = errors.Join(err, ctx.Err()); err != nil {
		return nil, err
	}
	return w.Store.LiveOf(ctx, of, behind, limit)
}

func (w *watched) OpenOf(ctx context.Context, c directory.ContractID) ([]tickets.Ticket, error) {
	w.mu.Lock()
	err := w.untold
	w.mu.Unlock()
	if err = errors.Join(err, ctx.Err()); err != nil {
		return nil, err
	}
	return w.Store.OpenOf(ctx, c)
}

// rossis is Rossi's contract as staff write it, after so many changes.
func rossis(access bool, version int) string {
	return fmt.Sprintf(`{"customer":"rossi","level":"extended","valid_from":"2026-01-01T00:00:00Z","remote_access":%t,"version":%d}`, access, version)
}

// TestAContractWhoseTicketsCouldNotBeToldTellsThemTheNextTime: the contract is written first, and what follows may fail.
func TestAContractWhoseTicketsCouldNotBeToldTellsThemTheNextTime(t *testing.T) {
	h := open(t)
	h.opened()
	h.store.failReading(errUnread, nil) // deadlines do not follow; the ticket is told of its access all the same
	h.put("/contracts/rossi?running=follow", rossis(false, 1)).is(500)
	h.get("/tickets/417").is(200, `"why":"remote_access"`, `"paused":true`)
	h.store.failReading(nil, errUnread)
	h.put("/contracts/rossi", rossis(true, 2)).is(500)
	h.get("/contracts/rossi").is(200, `"remote_access":true`, `"version":3`)
	h.get("/tickets/417").is(200, `"paused":true`)
	h.store.failReading(nil, nil)
	h.put("/contracts/rossi", rossis(true, 3)).is(200)
	h.get("/tickets/417").is(200, `"paused":false`, `"kind":"remote_access_back"`)

	h.store.failReading(nil, errUnread)
	h.put("/contracts/rossi", rossis(false, 3)).is(500)
	h.get("/tickets/417").is(200, `"paused":false`)
	h.store.failReading(nil, nil)
	for range 2 { // and said again it is said once
		h.put("/contracts/rossi", rossis(false, 4)).is(200, `"version":4`)
	}
	answer := h.get("/tickets/417").is(200, `"paused":true`)
	if n := strings.Count(answer.body, `"kind":"remote_access_withdrawn"`); n != 2 {
		t.Errorf("access was withdrawn %d times, want twice: %s", n, answer.body)
	}
}

// TestWhatStaffSaidOnATicketOutlivesAnotherEditOfItsContract: only a change of the contract's own access says otherwise.
func TestWhatStaffSaidOnATicketOutlivesAnotherEditOfItsContract(t *testing.T) {
	h := open(t)
	h.opened()
	h.post("/tickets/417/access-withdrawn", `{"text":"the line to the plant is cut"}`).is(200, `"paused":true`)
	later := func(contract string) string { return strings.Replace(contract, "2026-01-01", "2026-01-02", 1) }
	h.put("/contracts/rossi", later(rossis(true, 1))).is(200, `"version":2`)
	h.get("/tickets/417").is(200, `"paused":true`)
	h.put("/contracts/rossi", rossis(false, 2)).is(200)
	h.post("/tickets/417/access-back", "").is(200, `"paused":false`)
	h.put("/contracts/rossi", later(rossis(false, 3))).is(200, `"version":4`)
	h.get("/tickets/417").is(200, `"paused":false`)
	h.put("/contracts/rossi", rossis(true, 4)).is(200)
	h.put("/contracts/rossi", rossis(false, 5)).is(200)
	h.get("/tickets/417").is(200, `"paused":true`, `"why":"remote_access"`)
}

func TestTicketsAreToldOfAContractThoughNobodyWaitsForTheAnswer(t *testing.T) {
	h := open(t)
	h.opened()
	ctx, cancel := context.WithCancel(t.Context())
	h.store.left = cancel
	r := httptest.NewRequestWithContext(ctx, http.MethodPut, "/api/v1/contracts/rossi?running=follow", strings.NewReader(rossis(false, 1)))
	r.Header.Set("Authorization", "Bearer demo")
	r.Header.Set("Content-Type", "application/json")
	h.handler.ServeHTTP(httptest.NewRecorder(), r)
	if ctx.Err() == nil {
		t.Fatal("the contract was not written")
	}
	h.get("/tickets/417").is(200, `"why":"remote_access"`, `"paused":true`)
}
