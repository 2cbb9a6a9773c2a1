package ivrtest

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline/ivr"
	"hotline/ivr/console"
	"hotline/logtest"
	"hotline/memory"
	"hotline/oncall"
	"hotline/oncall/duty"
	"hotline/oncall/pins"
	"hotline/prompts"
	"hotline/prove"
	"hotline/storage"
	"hotline/tickets"
)

// ownPIN is Anna's here, and wrongPIN is not.
const (
	ownPIN   = "57721566"
	wrongPIN = "69314718"
)

// atAnnas begins a call on a Monday at ten from Anna's telephone; ticket 417 of Rossi stands in a state.
func atAnnas(t *testing.T, lang prompts.Language, state tickets.State) *script {
	t.Helper()
	f, err := ivr.Default()
	if err != nil {
		t.Fatal(err)
	}
	s := &script{T: t, flow: f, ctx: t.Context(), number: "0612345"}
	s.begin([]string{"2026-11-23", "10:00", "Europe/Rome"})
	s.lang = lang
	s.must(s.world.engineer(s.ctx, []string{"anna", ownPIN, string(lang)}, s.number))
	s.must(s.world.given(s.ctx, "314159", "blocking", time.Now()))
	if step := map[tickets.State]string{tickets.Open: "", tickets.InProgress: "intervention"}[state]; state != tickets.Open {
		if step == "" {
			step = string(state)
		}
		s.must(s.world.step(s.ctx, step, time.Now()))
	}
	return s
}

// heardUntil reads what is said until one of the pieces comes, and gives it.
func (s *script) heardUntil(begins ...string) string {
	s.Helper()
	for {
		select {
		case w := <-s.call.heard:
			for _, b := range begins {
				if strings.HasPrefix(w, b) {
					return w
				}
			}
		case <-time.After(5 * time.Minute):
			s.Fatalf("none of %v is heard", begins)
		}
	}
}

func states() []tickets.State {
	return []tickets.State{tickets.Open, tickets.Assigned, tickets.InProgress, tickets.Waiting, tickets.Restored, tickets.Closed, tickets.NotRequest}
}

// offers is what a menu says of each key that changes a ticket.
func offers() map[rune][]string {
	return map[rune][]string{
		'3': {"console-key-take"}, '4': {"console-key-intervention"}, '5': {"console-key-resume", "console-key-waiting"}, '6': {"console-key-restored"},
	}
}

// menu reads what is offered, to its end.
func (s *script) menu() (offered []string) {
	s.Helper()
	for len(offered) == 0 || offered[len(offered)-1] != "console-key-again" {
		offered = append(offered, s.heardUntil("console-key-"))
	}
	return offered
}

// Every key that changes a ticket has an answer in every state and language: that it is done, and then the history says so, by
// telephone; or how the ticket stands that refuses it, and then nothing is changed. What the desk refuses is not offered.
func TestEveryKeyHasAnAnswerInEveryState(t *testing.T) {
	done := 0
	for _, lang := range prompts.Languages() {
		for _, state := range states() {
			for _, key := range "3456" {
				t.Run(fmt.Sprintf("%s/%s/%c", lang, state, key), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s := atAnnas(t, lang, state)
						before, err := s.world.store.History(s.ctx, 417)
						s.must(err)
						s.dial()
						defer s.finish()
						s.call.typeAhead(ownPIN + "#2417#")
						offered := s.menu()
						s.call.press(byte(key))
						answer := s.heardUntil("console-done-", "console-refused", "console-trouble", "(no-sentence")
						lines, err := s.world.store.History(s.ctx, 417)
						s.must(err)
						switch {
						case strings.HasPrefix(answer, "console-done-"):
							done++
							own := lines[len(before):]
							if len(own) == 0 {
								t.Fatalf("%s, and the history has no line of it", answer)
							}
							for _, e := range own {
								if e.Kind != tickets.ImpliedBy && e.Kind != tickets.AccessGone && e.Kind != tickets.AccessBack && (e.Actor != "engineer:anna" || e.Text != console.ByTelephone || time.Since(e.At) > time.Minute) {
									t.Errorf("%s by %q, %q, at %s", e.Kind, e.Actor, e.Text, e.At)
								}
							}
						case answer == "console-refused":
							if slices.ContainsFunc(offers()[key], func(w string) bool { return slices.Contains(offered, w) }) {
								t.Errorf("%v are offered, and the key is refused", offered)
							}
							if how := <-s.call.heard; how != "console-state-"+string(state) {
								t.Errorf("refused with %q", how)
							}
							if len(lines) != len(before) {
								t.Errorf("refused, and the history goes on with %v", lines[len(before):])
							}
						default:
							t.Errorf("the answer is %s", answer)
						}
					})
				})
			}
		}
	}
	if done < 30 {
		t.Errorf("only %d of them did anything", done)
	}
}

// slow is a desk whose store takes a second for each answer; down is one that gives none.
type slow struct{ console.Desk }

func (d slow) Ticket(ctx context.Context, n tickets.Number) (tickets.Ticket, error) {
	time.Sleep(time.Second)
	return d.Desk.Ticket(ctx, n)
}

func (d slow) TakeCharge(ctx context.Context, n tickets.Number, engineer, text string, now time.Time) (tickets.Ticket, error) {
	time.Sleep(time.Second)
	return d.Desk.TakeCharge(ctx, n, engineer, text, now)
}

func (d slow) Enter(ctx context.Context, n tickets.Number, actor string, e tickets.Entry, now time.Time) (tickets.Ticket, error) {
	time.Sleep(time.Second)
	return d.Desk.Enter(ctx, n, actor, e, now)
}

// slowShifts is who is on call, told after a second.
type slowShifts struct{ console.Shifts }

func (s slowShifts) On(ctx context.Context, id oncall.EngineerID, now time.Time) (duty.OnCall, error) {
	time.Sleep(time.Second)
	return s.Shifts.On(ctx, id, now)
}

func (s slowShifts) ToTake(ctx context.Context, id oncall.EngineerID, now time.Time) (duty.Shift, error) {
	time.Sleep(time.Second)
	return s.Shifts.ToTake(ctx, id, now)
}

func (s slowShifts) Own(ctx context.Context, id oncall.EngineerID, now time.Time) (duty.Shift, error) {
	time.Sleep(time.Second)
	return s.Shifts.Own(ctx, id, now)
}

func (s slowShifts) Take(ctx context.Context, shift duty.Shift, by oncall.EngineerID, way duty.Way, now time.Time) error {
	time.Sleep(time.Second)
	return s.Shifts.Take(ctx, shift, by, way, now)
}

type down struct{ console.Desk }

func (down) Ticket(context.Context, tickets.Number) (tickets.Ticket, error) {
	return tickets.Ticket{}, storage.ErrDown
}

// Every key of a menu is answered in words within 300 ms, also while the store takes a second for each answer.
func TestEveryKeyIsAnsweredAtOnce(t *testing.T) {
	keys := strings.Fields("1 2 3 4 0 * # 8 11 12 13 14 15 16 17 18 19 10 1# 1* 41 42 43 44 4# 4* 40 421 42# 431 43# 441 44#")
	for _, lang := range prompts.Languages() {
		for _, slowly := range []bool{false, true} {
			for _, keys := range keys {
				t.Run(fmt.Sprintf("%s/slow=%v/%s", lang, slowly, keys), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						s := atAnnas(t, lang, tickets.Open)
						s.must(s.world.colleague(s.ctx, "marco", "no"))
						s.must(s.world.rota(s.ctx, "anna", "marco"))
						if slowly {
							s.world.engineers.desk = func(d console.Desk) console.Desk { return slow{d} }
							s.world.engineers.shifts = func(s console.Shifts) console.Shifts { return slowShifts{s} }
						}
						s.dial()
						defer s.finish()
						s.call.typeAhead(ownPIN + "#" + keys[:len(keys)-1])
						s.heardUntil("console-key-again")
						s.call.press(keys[len(keys)-1])
						pressed := time.Now()
						if first := <-s.call.heard; time.Since(pressed) > 300*time.Millisecond {
							t.Errorf("%q comes after %s", first, time.Since(pressed))
						}
					})
				})
			}
		}
	}
}

// slowPINs is a store that takes almost as long for PINs as is waited for it.
type slowPINs struct{ *memory.Store }

func (s slowPINs) EngineerPINs(ctx context.Context) ([]oncall.PIN, error) {
	time.Sleep(900 * time.Millisecond)
	return s.Store.EngineerPINs(ctx)
}

func TestAPINIsAnsweredAtOnceThoughTheStoreIsSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := atAnnas(t, prompts.Italian, tickets.Open)
		s.world.guard = pins.NewGuard(pins.GuardConfig{Store: slowPINs{s.world.store}, Key: []byte(pinKey)})
		s.dial()
		defer s.finish()
		s.heardUntil("console-pin-caller")
		s.call.typeAhead(ownPIN + "#")
		pressed := time.Now()
		if first := <-s.call.heard; first != "console-moment" || time.Since(pressed) > 300*time.Millisecond {
			t.Errorf("%q comes after %s", first, time.Since(pressed))
		}
		s.heardUntil("console-hello")
	})
}

func TestAStoreThatIsDownIsSaidAndTheMenuGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := atAnnas(t, prompts.English, tickets.Open)
		s.world.engineers.desk = func(d console.Desk) console.Desk { return down{d} }
		s.dial()
		defer s.finish()
		s.call.typeAhead(ownPIN + "#2417#")
		s.heardUntil("console-trouble")
		s.heardUntil("console-key-next")
	})
}

// A recording is played once it is noted who hears it, and words bridge the time until then. What cannot be noted is not played.
func TestNobodyHearsARecordingUnseen(t *testing.T) {
	for how, c := range map[string]struct {
		takes time.Duration
		err   error
		hears []string
	}{
		"at once":    {0, nil, []string{"(replay)"}},
		"slowly":     {time.Second, nil, []string{"console-moment", "(replay)"}},
		"not at all": {0, storage.ErrDown, []string{"console-trouble"}},
	} {
		t.Run(how, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := atAnnas(t, prompts.English, tickets.Open)
				_, err := s.world.desk.Keep(s.ctx, 417, tickets.Recording{ID: "417-a", At: time.Now(), Seconds: 5}, time.Now())
				s.must(err)
				noted := ""
				s.world.accessed = func(_ context.Context, recording, actor string, _ tickets.Action, _ time.Time) error {
					time.Sleep(c.takes)
					noted = recording + " " + actor
					return c.err
				}
				s.dial()
				defer s.finish()
				s.call.typeAhead(ownPIN + "#2417#2")
				for _, want := range c.hears {
					if got := s.heardUntil("(replay)", "console-moment", "console-trouble"); got != want {
						t.Errorf("hears %s, want %s", got, want)
					}
				}
				if noted != "417-a engineer:anna" {
					t.Errorf("noted is %q", noted)
				}
			})
		})
	}
}

// leaves is a desk whose engineer hangs up while the store takes its time.
type leaves struct {
	console.Desk
	hangUp func()
}

func (d leaves) TakeCharge(ctx context.Context, n tickets.Number, engineer, text string, now time.Time) (tickets.Ticket, error) {
	time.Sleep(time.Second)
	d.hangUp()
	time.Sleep(time.Second)
	return d.Desk.TakeCharge(ctx, n, engineer, text, now)
}

// A key that was pressed counts, and the record of the call says for which ticket.
func TestAKeyCountsThoughTheEngineerHangsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := atAnnas(t, prompts.Italian, tickets.Open)
		s.world.engineers.desk = func(d console.Desk) console.Desk { return leaves{d, func() { s.hangUp(ivr.ErrHungUp) }} }
		s.dial()
		s.call.typeAhead(ownPIN + "#2417#3")
		s.ends()
		now, err := s.world.store.Ticket(s.ctx, 417)
		if err != nil || now.Assignee != "anna" || s.left.Ticket != 417 {
			t.Errorf("the ticket is with %q, the call's record has ticket %d, %v", now.Assignee, s.left.Ticket, err)
		}
	})
}

// callsOfATest is how many calls of random keys are made when nobody asks for more; `make prove` asks for 4,000.
const callsOfATest = 80

// Whatever keys are pressed, the call comes to an end by itself once none is: hung up with a goodbye, or as a caller's. Nothing
// panics, and no digit of a PIN is written down.
func TestRandomKeysStrandNobody(t *testing.T) {
	ends := map[string]int{}
	calls, first := prove.Asked(t, callsOfATest)
	for seed := first; seed < first+uint64(calls); seed++ {
		synctest.Test(t, func(t *testing.T) {
			dice := rand.New(rand.NewPCG(seed, 13))
			s := atAnnas(t, prompts.Languages()[dice.IntN(2)], states()[dice.IntN(len(states()))])
			for range dice.IntN(3) {
				s.must(s.world.given(s.ctx, "271828", "blocking", time.Now()))
			}
			var log logtest.Log
			s.world.log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			s.dial()
			defer s.finish()
			keys := []string{ownPIN + "#", ownPIN + "#", wrongPIN + "#" + ownPIN + "#", wrongPIN + "#"}[dice.IntN(4)]
			for range dice.IntN(60) {
				keys += string("0123456789*#12345679"[dice.IntN(20)])
			}
			for i := range len(keys) {
				if len(s.call.keys) < cap(s.call.keys)-1 {
					s.call.press(keys[i])
				}
				time.Sleep(time.Duration(dice.IntN(4)*dice.IntN(2000)) * time.Millisecond)
			}
			select {
			case s.left = <-s.summary:
				s.over = true
			case <-time.After(30 * time.Minute):
				t.Fatalf("seed %d, keys %q: the call goes on for ever", seed, keys)
			}
			end := "caller"
			if s.left.Engineer != "" {
				end = "engineer"
			}
			ends[end]++
			if s.left.Ending != nil || strings.Contains(log.String(), "panic") {
				t.Errorf("seed %d, keys %q: ended with %v\n%s", seed, keys, s.left.Ending, log.String())
			}
			kept := fmt.Sprintf("%s %+v %s", log.String(), s.left, s.world.dump(t))
			if strings.Contains(kept, ownPIN) || strings.Contains(kept, wrongPIN) {
				t.Errorf("seed %d: a PIN is written down in %s", seed, kept)
			}
		})
	}
	if ends["caller"] < calls/10 || ends["engineer"] < calls/10 {
		t.Errorf("the calls ended as %v", ends)
	}
}

// dump is everything that the store keeps of tickets and engineers.
func (w *world) dump(t *testing.T) string {
	t.Helper()
	page, err := w.store.List(t.Context(), tickets.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	kept, err := w.store.EngineerPINs(t.Context())
	dump := fmt.Sprintf("%+v %+v", kept, err)
	for _, one := range page.Items {
		lines, err := w.store.History(t.Context(), one.Number)
		dump += fmt.Sprintf("%+v %+v %v", one, lines, err)
	}
	return dump
}

// After six wrong PINs within the hour the telephone is a caller's, and the right PIN opens nothing.
func TestAGuessersTelephoneIsACallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := atAnnas(t, prompts.Italian, tickets.Open)
		for range 2 {
			s.dial()
			for range 3 {
				s.call.typeAhead(wrongPIN + "#")
				s.heardUntil("console-pin-wrong", "console-pin-over")
			}
			s.finish()
			s.call, s.over = nil, false
		}
		s.dial()
		if first := s.heardUntil("console-", "welcome"); first != "welcome/it" {
			t.Errorf("after six wrong ones the telephone hears %s", first)
		}
		s.finish()
		s.call, s.over = nil, false
		time.Sleep(time.Hour)
		s.dial()
		s.heardUntil("console-pin")
		s.finish()
	})
}
