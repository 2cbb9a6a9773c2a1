package cover_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline/dispatch/cover"
	"hotline/oncall"
	"hotline/oncall/duty"
	"hotline/oncall/ring"
	"hotline/oncall/rota"
	"hotline/prompts"
	"hotline/sla"
	"hotline/tickets"
)

// house is the telephones of the engineers and their shifts. Whoever is asked takes ten seconds. Safe for concurrent use.
type house struct {
	began  time.Time
	says   map[string]string // what a telephone answers: yes, no; else it rings in vain
	others []oncall.Attempt
	takes  map[oncall.EngineerID]error // what comes of taking the shift
	open   []tickets.Ticket

	mu    sync.Mutex
	lines []string
	kept  map[string][]byte
}

func (h *house) Put(name string, v any) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	text, err := json.Marshal(v)
	h.kept = map[string][]byte{name: text}
	return err
}

func (h *house) Get(name string, v any) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if text, ok := h.kept[name]; ok {
		return json.Unmarshal(text, v)
	}
	return os.ErrNotExist
}

func (h *house) say(format string, a ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines = append(h.lines, fmt.Sprintf("%4.0fs ", time.Since(h.began).Seconds())+fmt.Sprintf(format, a...))
}

func (h *house) text() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return strings.Join(h.lines, "\n")
}

// ids are the sentences of a phrase by their names.
func ids(p prompts.Phrase) string {
	var list []string
	for _, i := range p {
		if i.ID != "" {
			list = append(list, string(i.ID))
		}
	}
	return strings.Join(list, " ")
}

func (h *house) ask(ctx context.Context, a oncall.Attempt, q ring.Question) string {
	h.say("%s rings", a.Phone)
	select {
	case <-time.After(10 * time.Second):
	case <-ctx.Done():
		h.say("%s: called off", a.Phone)
		return "called off"
	}
	switch h.says[a.Phone] {
	case "yes":
		h.say("%s hears %s", a.Phone, ids(q.Ask))
		h.say("%s says yes and hears %s", a.Phone, ids(q.Yes(ctx)))
		return ring.ResultYes
	case "no":
		h.say("%s says no", a.Phone)
		return ring.ResultNo
	}
	return "no answer"
}

func (h *house) Others(context.Context, duty.Shift) ([]oncall.Attempt, error) { return h.others, nil }

// Successors are the others from the last one on.
func (h *house) Successors(context.Context, duty.Shift) ([]oncall.Attempt, error) {
	list := slices.Clone(h.others)
	slices.Reverse(list)
	return list, nil
}

func (h *house) Take(_ context.Context, _ duty.Shift, by oncall.EngineerID, way duty.Way, _ time.Time) error {
	if h.takes[by] == nil {
		h.say("the shift is %s's, who %s", by, way)
	}
	return h.takes[by]
}

func (h *house) give(_ context.Context, from, to oncall.Engineer) (int, error) {
	h.say("%s's %d open tickets are %s's", from.ID, len(h.open), to.ID)
	return len(h.open), nil
}

// night is a shift of Anna's that begins in an hour.
func night() duty.Shift {
	from := time.Now().Add(time.Hour)
	return duty.Shift{Stretch: rota.Stretch{Engineer: "anna", Level: 1, Rota: rota.Main, From: from, Until: from.Add(8 * time.Hour)}, Zone: time.UTC}
}

var anna = oncall.Engineer{ID: "anna", Name: "Anna", Phones: []string{"anna-1", "anna-2"}, Language: "it"}

func of(id oncall.EngineerID, phones ...string) (list []oncall.Attempt) {
	for _, p := range phones {
		list = append(list, oncall.Attempt{Engineer: id, Name: string(id), Phone: p, Language: "it"})
	}
	return list
}

func (h *house) board() *cover.Board {
	return cover.New(cover.Config{
		Ask: h.ask, Shifts: h, Keep: h, Give: h.give, Log: slog.New(slog.DiscardHandler), Blocking: func(context.Context) ([]tickets.Ticket, error) { return h.open, nil },
	})
}

// TestSomebodyIsFoundWhoStandsIn: the others are rung one after the other, at each of their telephones, until one takes the shift, or it
// is not to be had any more; who refuses is not rung again, and whoever asked hears what came of it.
func TestSomebodyIsFoundWhoStandsIn(t *testing.T) {
	blocking := tickets.Ticket{Number: 417, Classification: tickets.Classification{Claim: sla.Blocking}}
	for name, c := range map[string]struct {
		says  map[string]string
		takes map[oncall.EngineerID]error
		open  []tickets.Ticket
		want  []string
		never []string
	}{
		"the second one takes it": {
			map[string]string{"marco-1": "no", "sara-1": "yes", "anna-1": "yes"}, nil, nil,
			[]string{"marco-1 says no", "sara-1 hears anna cover-asks", "cover-keys", "the shift is sara's", "sara-1 says yes and hears console-on-call-you", "console-no-blocking", "anna-1 hears cover-found sara cover-heard"},
			[]string{"marco-2 rings", "ugo-1 rings", "anna-2 rings"},
		},
		"the open blocking tickets are read to who comes": {
			map[string]string{"marco-1": "yes", "anna-1": "yes"}, nil, []tickets.Ticket{blocking},
			[]string{"marco-1 says yes and hears console-on-call-you", "console-blocking", "category-blocking ticket", "anna-1 hears cover-found marco"}, []string{"sara-1 rings"},
		},
		"who does not answer is rung at the next telephone": {
			map[string]string{"marco-2": "yes", "anna-2": "yes"}, nil, nil,
			[]string{"marco-1 rings", "marco-2 rings", "the shift is marco's", "anna-1 rings", "anna-2 hears cover-found marco"}, []string{"sara-1 rings"},
		},
		"who is absent may not, and the next one is asked": {
			map[string]string{"marco-1": "yes", "sara-1": "yes", "anna-1": "yes"}, map[oncall.EngineerID]error{"marco": duty.ErrAbsent}, nil,
			[]string{"marco-1 says yes and hears console-shift-absent", "sara-1 says yes and hears console-on-call-you", "anna-1 hears cover-found sara"}, []string{"marco-2 rings"},
		},
		"what cannot be written is said, and the next one is asked": {
			map[string]string{"marco-1": "yes", "sara-1": "yes", "anna-1": "yes"}, map[oncall.EngineerID]error{"marco": errors.New("the disk is full")}, nil,
			[]string{"marco-1 says yes and hears console-trouble", "the shift is sara's", "anna-1 hears cover-found sara"}, []string{"marco-2 rings"},
		},
		"somebody has changed the rota meanwhile": {
			map[string]string{"marco-1": "yes", "anna-1": "yes"}, map[oncall.EngineerID]error{"marco": duty.ErrShiftChanged}, nil,
			[]string{"marco-1 says yes and hears console-shift-changed", "anna-1 hears console-shift-changed cover-heard"}, []string{"sara-1 rings"},
		},
		"nobody takes it": {
			map[string]string{"marco-1": "no", "sara-1": "no", "ugo-1": "no", "anna-1": "yes"}, nil, nil,
			[]string{"marco-1", "sara-1", "ugo-1", "anna-1 hears cover-not-found cover-heard"}, []string{"the shift is"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &house{began: time.Now(), says: c.says, takes: c.takes, open: c.open, others: slices.Concat(of("marco", "marco-1", "marco-2"), of("sara", "sara-1"), of("ugo", "ugo-1"))}
				b := h.board()
				if err := b.Ask(t.Context(), anna, night()); err != nil {
					t.Fatal(err)
				}
				if err := b.Ask(t.Context(), anna, night()); !errors.Is(err, cover.ErrAsking) {
					t.Errorf("asked twice: %v", err)
				}
				time.Sleep(time.Hour)
				rest := h.text()
				for _, want := range c.want {
					_, after, ok := strings.Cut(rest, want)
					if !ok {
						t.Fatalf("no %q, in this order, in\n%s", want, h.text())
					}
					rest = after
				}
				for _, never := range c.never {
					if strings.Contains(h.text(), never) {
						t.Errorf("%q must not happen:\n%s", never, h.text())
					}
				}
				if answer, ok := b.Answer("anna"); ok {
					t.Errorf("what was heard and confirmed waits still: %s", ids(answer))
				}
				_ = b.Stop(t.Context())
			})
		})
	}
}

// TestAShiftIsHandedOver: whoever comes next is rung first, and hears the open blocking tickets before the key; with the shift go the
// tickets of who hands over. A restart in between hands over, too.
func TestAShiftIsHandedOver(t *testing.T) {
	blocking := tickets.Ticket{Number: 417, Classification: tickets.Classification{Claim: sla.Blocking}}
	for name, c := range map[string]struct {
		says  map[string]string
		open  []tickets.Ticket
		want  []string
		never []string
	}{
		"with what is open": {
			map[string]string{"sara-1": "yes", "anna-1": "yes"}, []tickets.Ticket{blocking},
			[]string{"sara-1 hears anna hand-over-asks", "console-blocking", "category-blocking ticket", "cover-keys", "the shift is sara's, who takes the shift over from",
				"anna's 1 open tickets are sara's", "sara-1 says yes and hears console-on-call-you", "hand-over-yours", "anna-1 hears cover-found sara cover-heard"},
			[]string{"marco-1 rings"},
		},
		"with nothing": {
			map[string]string{"sara-1": "no", "marco-1": "yes", "anna-1": "yes"}, nil,
			[]string{"sara-1 says no", "marco-1 hears anna hand-over-asks", "console-no-blocking cover-keys", "the shift is marco's", "anna-1 hears cover-found marco"},
			[]string{"hand-over-yours"},
		},
		"nobody comes": {
			map[string]string{"sara-1": "no", "marco-1": "no", "anna-1": "yes"}, []tickets.Ticket{blocking},
			[]string{"anna-1 hears cover-not-found cover-heard"}, []string{"the shift is", "open tickets are"},
		},
	} {
		for _, restarts := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", restarts: ", restarts), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					h := &house{began: time.Now(), says: c.says, open: c.open, others: slices.Concat(of("marco", "marco-1"), of("sara", "sara-1"))}
					b := h.board()
					if err := b.HandOver(t.Context(), anna, night()); err != nil {
						t.Fatal(err)
					}
					if err := b.Ask(t.Context(), anna, night()); !errors.Is(err, cover.ErrAsking) {
						t.Errorf("asked twice: %v", err)
					}
					if restarts {
						time.Sleep(5 * time.Second)
						_ = b.Stop(t.Context())
						b = h.board()
						b.Resume()
					}
					time.Sleep(time.Hour)
					rest := h.text()
					for _, want := range c.want {
						_, after, ok := strings.Cut(rest, want)
						if !ok {
							t.Fatalf("no %q, in this order, in\n%s", want, h.text())
						}
						rest = after
					}
					for _, never := range c.never {
						if strings.Contains(h.text(), never) {
							t.Errorf("%q must not happen:\n%s", never, h.text())
						}
					}
					_ = b.Stop(t.Context())
				})
			})
		}
	}
}

// TestAnAnswerThatNobodyConfirmsWaits: who asked is rung five times, a minute apart, at every telephone, and hears the answer in the next
// call, once; who has heard it there meanwhile is not rung any more.
func TestAnAnswerThatNobodyConfirmsWaits(t *testing.T) {
	for name, hears := range map[string]bool{"not heard": false, "heard in the console": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &house{began: time.Now(), says: map[string]string{"marco-1": "yes"}, others: of("marco", "marco-1")}
				b := h.board()
				if err := b.Ask(t.Context(), anna, night()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(90 * time.Second)
				rung := 5
				if hears {
					if answer, ok := b.Answer("anna"); !ok || ids(answer) != "cover-found marco" {
						t.Errorf("in the console: %s, %v", ids(answer), ok)
					}
					rung = strings.Count(h.text(), "anna-1 rings")
				}
				time.Sleep(time.Hour)
				if got := strings.Count(h.text(), "anna-1 rings"); got != rung || got == 0 {
					t.Errorf("rung %d times, want %d:\n%s", got, rung, h.text())
				}
				if _, ok := b.Answer("anna"); ok == hears {
					t.Errorf("an answer waits: %v", ok)
				}
				if _, ok := b.Answer("anna"); ok {
					t.Error("the answer is heard twice")
				}
				_ = b.Stop(t.Context())
			})
		})
	}
}

// TestNobodyIsAskedInVain: where the rota names nobody else the engineer hears so at once; and the end of the program ends what rings.
func TestNobodyIsAskedInVain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &house{began: time.Now()}
		if err := h.board().Ask(t.Context(), anna, night()); !errors.Is(err, cover.ErrNobody) {
			t.Errorf("nobody else: %v", err)
		}
		h.others = of("marco", "marco-1")
		b := h.board()
		if err := b.Ask(t.Context(), anna, night()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Second)
		if err := b.Stop(t.Context()); err != nil || time.Since(h.began) > 6*time.Second || !strings.Contains(h.text(), "5s marco-1: called off") {
			t.Errorf("stopped after %s, %v:\n%s", time.Since(h.began), err, h.text())
		}
		if err := b.Ask(t.Context(), anna, night()); err == nil {
			t.Error("asked after the end")
		}
	})
}

// TestARestartForgetsNoQuestion: whenever the program ends, the next one asks anew where nobody had taken the shift, tells an answer that
// was not heard, and is silent of what is over.
func TestARestartForgetsNoQuestion(t *testing.T) {
	for ends, want := range map[time.Duration][]string{
		5 * time.Second:  {"5s marco-1: called off", "65s marco-1 rings", "75s sara-1 rings", "85s the shift is sara's", "anna-1 hears cover-found sara"},
		15 * time.Second: {"15s sara-1: called off", "75s marco-1 rings", "85s sara-1 rings", "95s the shift is sara's", "anna-1 hears cover-found sara"},
		25 * time.Second: {"20s the shift is sara's", "25s anna-1: called off", "85s anna-1 rings", "anna-1 hears cover-found sara cover-heard"},
		50 * time.Second: {"30s anna-1 says yes"},
		-1:               {"5s marco-1: called off"}, // the shift is over when the next one starts
	} {
		t.Run(ends.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &house{began: time.Now(), says: map[string]string{"marco-1": "no", "sara-1": "yes", "anna-1": "yes"}, others: slices.Concat(of("marco", "marco-1"), of("sara", "sara-1"))}
				down := time.Minute
				if ends < 0 {
					ends, down = 5*time.Second, 24*time.Hour
				}
				b := h.board()
				if err := b.Ask(t.Context(), anna, night()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(ends)
				_ = b.Stop(t.Context())
				time.Sleep(down)
				before := len(h.text())
				next := h.board()
				next.Resume()
				time.Sleep(time.Hour)
				rest := h.text()
				for _, line := range want {
					_, after, ok := strings.Cut(rest, line)
					if !ok {
						t.Fatalf("no %q, in this order, in\n%s", line, h.text())
					}
					rest = after
				}
				if over := len(want) == 1; over && len(h.text()) > before {
					t.Errorf("asked again:\n%s", h.text())
				}
				if strings.Count(h.text(), "the shift is") > 1 {
					t.Errorf("taken twice:\n%s", h.text())
				}
				_ = next.Stop(t.Context())
			})
		})
	}
}
