package pins_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline/budgets"
	"hotline/memory"
	"hotline/oncall"
	"hotline/oncall/pins"
	"hotline/storage"
)

var key = []byte("a key for tests only")

// night is when everything happens here.
var night = time.Date(2026, 11, 23, 3, 0, 0, 0, time.UTC)

// staffed is a store with Anna and Marco.
func staffed(t *testing.T) *memory.Store {
	t.Helper()
	s := memory.New(1)
	for _, id := range []oncall.EngineerID{"anna", "marco"} {
		if _, err := s.PutEngineer(t.Context(), oncall.Engineer{ID: id}); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func TestAPINIsShownOnceAndTheNextOneEndsIt(t *testing.T) {
	store, anna := staffed(t), []oncall.Engineer{{ID: "anna"}}
	i := pins.Issuer{Store: store, Key: key, Random: rand.Reader}
	g := pins.NewGuard(pins.GuardConfig{Store: store, Key: key})
	if g.Asks(t.Context(), "0612", anna, night) {
		t.Error("somebody who was given no PIN is asked for one")
	}
	_, first, err := i.Renew(t.Context(), "anna", night)
	if err != nil || len(first) != oncall.PINDigits || strings.Trim(first, "0123456789") != "" {
		t.Fatalf("the first PIN has %d digits, %v", len(first), err)
	}
	if _, _, err := i.Renew(t.Context(), "anna", night.Add(9*time.Second)); !errors.Is(err, pins.ErrJustRenewed) {
		t.Errorf("renewed twice in a moment: %v", err)
	}
	if !g.Asks(t.Context(), "0612", anna, night) || g.Asks(t.Context(), "0612", []oncall.Engineer{{ID: "marco"}}, night) || g.Asks(t.Context(), "0612", nil, night) {
		t.Error("it is not just Anna who is asked")
	}
	if e, err := g.Check(t.Context(), first, "0612", anna, night); err != nil || e.ID != "anna" {
		t.Errorf("the right PIN: %v, %v", e, err)
	}
	_, second, err := i.Renew(t.Context(), "anna", night.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Check(t.Context(), first, "0612", anna, night); !errors.Is(err, pins.ErrWrong) {
		t.Errorf("the former PIN: %v", err)
	}
	if _, err := g.Check(t.Context(), second, "0612", anna, night); err != nil {
		t.Errorf("the new PIN: %v", err)
	}
	if _, _, err := i.Renew(t.Context(), "nobody", night); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("a PIN of nobody: %v", err)
	}
}

// A PIN is its engineer's, at the engineer's own telephone, under the house's own key.
func TestAPINIsNobodyElses(t *testing.T) {
	store := staffed(t)
	draws := bytes.NewReader(bytes.Repeat([]byte{1}, 100)) // both are given the same digits
	i := pins.Issuer{Store: store, Key: key, Random: draws}
	var kept []oncall.PIN
	for _, id := range []oncall.EngineerID{"anna", "marco"} {
		p, digits, err := i.Renew(t.Context(), id, night)
		if err != nil || digits != "11111111" || strings.Contains(fmt.Sprintf("%+v", p), digits) {
			t.Fatalf("%s: %v", id, err)
		}
		kept = append(kept, p)
	}
	if kept[0].Hash == kept[1].Hash {
		t.Error("the same digits of two engineers have one hash")
	}
	g := pins.NewGuard(pins.GuardConfig{Store: store, Key: key})
	if e, err := g.Check(t.Context(), "11111111", "0612", []oncall.Engineer{{ID: "marco"}}, night); err != nil || e.ID != "marco" {
		t.Errorf("Marco's telephone: %v, %v", e, err)
	}
	if _, err := g.Check(t.Context(), "11111111", "0612", []oncall.Engineer{{ID: "zoe"}}, night); !errors.Is(err, pins.ErrWrong) {
		t.Errorf("the telephone of a third: %v", err)
	}
	other := pins.NewGuard(pins.GuardConfig{Store: store, Key: []byte("another key")})
	if _, err := other.Check(t.Context(), "11111111", "0612", []oncall.Engineer{{ID: "anna"}}, night); !errors.Is(err, pins.ErrWrong) {
		t.Errorf("under another key: %v", err)
	}
}

func TestWrongPINsLockANumberForAnHourAlsoAfterARestart(t *testing.T) {
	store, anna := staffed(t), []oncall.Engineer{{ID: "anna"}}
	_, right, err := pins.Issuer{Store: store, Key: key, Random: rand.Reader}.Renew(t.Context(), "anna", night)
	if err != nil {
		t.Fatal(err)
	}
	wrong := strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, right)
	var spent []budgets.Spending
	c := pins.GuardConfig{Store: store, Key: key, Spent: func(s budgets.Spending) { spent = append(spent, s) }}
	g := pins.NewGuard(c)
	for n := range 6 {
		want := pins.ErrWrong
		if n == 5 {
			want = pins.ErrLocked
		}
		if _, err := g.Check(t.Context(), wrong, "0612", anna, night); !errors.Is(err, want) {
			t.Errorf("wrong PIN number %d: %v", n+1, err)
		}
	}
	again := pins.NewGuard(pins.GuardConfig{Store: store, Key: key})
	again.Recall(append(spent, budgets.Spending{Budget: budgets.KindPIN, Key: "0699", At: night}))
	for name, g := range map[string]*pins.Guard{"here": g, "after a restart": again} {
		if _, err := g.Check(t.Context(), right, "0612", anna, night.Add(59*time.Minute)); !errors.Is(err, pins.ErrLocked) || g.Asks(t.Context(), "0612", anna, night) {
			t.Errorf("%s, the right PIN within the hour: %v", name, err)
		}
		if _, err := g.Check(t.Context(), right, "0699", anna, night); err != nil {
			t.Errorf("%s, another telephone of Anna's: %v", name, err)
		}
		if _, err := g.Check(t.Context(), right, "0612", anna, night.Add(61*time.Minute)); err != nil {
			t.Errorf("%s, an hour later: %v", name, err)
		}
	}
	if said := fmt.Sprintf("%+v", spent); len(spent) != 6 || strings.Contains(said, wrong) || strings.Contains(said, right) {
		t.Errorf("kept is %s", said)
	}
}

// All numbers together have 250 wrong PINs a day: a guesser who shows the numbers of every engineer needs ten years and more.
func TestAllNumbersTogetherHaveOneBudget(t *testing.T) {
	store, anna := staffed(t), []oncall.Engineer{{ID: "anna"}}
	if _, _, err := (pins.Issuer{Store: store, Key: key, Random: rand.Reader}).Renew(t.Context(), "anna", night); err != nil {
		t.Fatal(err)
	}
	g, looked := pins.NewGuard(pins.GuardConfig{Store: store, Key: key}), 0
	for n := range 1000 {
		if _, err := g.Check(t.Context(), "x", fmt.Sprint(n), anna, night.Add(time.Duration(n)*time.Second)); errors.Is(err, pins.ErrWrong) {
			looked++
		}
	}
	if looked > 250 || looked < 200 {
		t.Errorf("%d PINs of a day were looked at", looked)
	}
	if years := 1e8 / float64(looked) / 365; years < 10 {
		t.Errorf("a guesser needs %.1f years", years)
	}
}

// broken is a store that may not answer; then it does not come back before whoever asks gives up.
type broken struct {
	*memory.Store
	down bool
}

func (b *broken) EngineerPINs(ctx context.Context) ([]oncall.PIN, error) {
	if b.down {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return b.Store.EngineerPINs(ctx)
}

// Who calls waits a second at most, and the PINs count that the store gave last.
func TestWithTheStoreDownThePINsCountThatItGaveLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, anna := &broken{Store: staffed(t)}, []oncall.Engineer{{ID: "anna"}}
		_, right, err := pins.Issuer{Store: store, Key: key, Random: rand.Reader}.Renew(t.Context(), "anna", night)
		if err != nil {
			t.Fatal(err)
		}
		g := pins.NewGuard(pins.GuardConfig{Store: store, Key: key})
		if !g.Asks(t.Context(), "0612", anna, night) {
			t.Error("Anna is not asked")
		}
		store.down = true
		began := time.Now()
		if !g.Asks(t.Context(), "0612", anna, night) {
			t.Error("with the store down Anna is not asked")
		}
		if e, err := g.Check(t.Context(), right, "0612", anna, night); err != nil || e.ID != "anna" {
			t.Errorf("the right PIN: %v, %v", e, err)
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("asking and checking took %s", took)
		}
	})
}

func TestWithTheStoreDownNobodyIsAskedWhoWasNotKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := pins.NewGuard(pins.GuardConfig{Store: &broken{staffed(t), true}, Key: key})
		if g.Asks(t.Context(), "0612", []oncall.Engineer{{ID: "anna"}}, night) {
			t.Error("a PIN is asked for that cannot be checked")
		}
		if _, err := g.Check(t.Context(), "11111111", "0612", []oncall.Engineer{{ID: "anna"}}, night); !errors.Is(err, pins.ErrWrong) {
			t.Errorf("a PIN: %v", err)
		}
	})
}
