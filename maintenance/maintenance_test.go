package maintenance

import (
	"context"
	"log/slog"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"hotline/storage"
)

// forgetful is a store that is asked to forget, and cannot.
type forgetful struct{ asked []time.Time }

func (f *forgetful) ForgetReplies(_ context.Context, before time.Time) error {
	f.asked = append(f.asked, before)
	return storage.ErrDown
}

func (f *forgetful) ForgetSpendings(context.Context, time.Time) error { return nil }
func (f *forgetful) ForgetProblems(context.Context, time.Time) error  { return nil }

func TestAStoreThatDoesNotForgetIsAskedOnceAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &forgetful{}
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Hour-time.Minute)
		defer cancel()
		Run(ctx, Forget(store, time.Hour, slog.New(slog.DiscardHandler)))
		if len(store.asked) != 3 {
			t.Errorf("asked %d times in three hours", len(store.asked))
		}
	})
}

func TestTheJobsOfARoundAreDoneInTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*RoundTime)
		defer cancel()
		done := ""
		Run(ctx, func(context.Context) { done += "a" }, func(context.Context) { done += "b" })
		if len(done) < 6 || done[:6] != "ababab" {
			t.Errorf("done: %s", done)
		}
	})
}

// indexer has so many pieces, and fails at the second.
type indexer struct{ left, asked int }

func (i *indexer) piece(context.Context) (bool, error) {
	if i.asked++; i.asked == 2 {
		return false, storage.ErrDown
	}
	i.left--
	return i.left > 0, nil
}

func TestALongTaskIsDonePieceByPieceToTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		words, began := &indexer{left: 5}, time.Now()
		PieceByPiece(t.Context(), "later", words.piece, slog.New(slog.DiscardHandler))
		if took := time.Since(began); words.left != 0 || words.asked != 6 || took < 4*pieceTime || took > 2*RoundTime {
			t.Errorf("%d pieces are left after %d questions in %v", words.left, words.asked, took)
		}
	})
}

func TestAJobThatIsDoneSeldomIsDoneInTheFirstRoundAndEachThirdAfterIt(t *testing.T) {
	done := ""
	job := Every(3, func(context.Context) { done += "x" })
	for range 7 {
		job(t.Context())
		done += "."
	}
	if done != "x...x...x." {
		t.Errorf("done %s", done)
	}
}

func TestAJobBesideTheOthersIsDoneAtOnceAndThenAtWholeMultiplesOfItsSpan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const span = 10 * time.Second
		time.Sleep(3 * time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 35*time.Second)
		defer cancel()
		began, at := time.Now(), []time.Duration{}
		RunEach(ctx, span, func(context.Context) { at = append(at, time.Since(began)) })
		if want := []time.Duration{0, 7 * time.Second, 17 * time.Second, 27 * time.Second}; !slices.Equal(at, want) {
			t.Errorf("done after %v, want %v", at, want)
		}
	})
}
