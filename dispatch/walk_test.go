package dispatch_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline/app"
	"hotline/app/apptest"
	"hotline/phone"
	"hotline/prompts"
	"hotline/tickets"
)

// inTheFile are the ids of a language's catalogue file, and the signal that is a promise.
func inTheFile(t *testing.T, lang prompts.Language) (list []prompts.ID) {
	t.Helper()
	text, err := os.ReadFile("../prompts/catalogue/" + string(lang) + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?m)^([a-z0-9_-]+)\+?: `).FindAllStringSubmatch(string(text), -1) {
		list = append(list, prompts.ID(m[1]))
	}
	return append(list, prompts.Connected)
}

// TestEverySentencePromisesSomethingThatIsHeldOrNothing: a sentence of the catalogue stands in one of the two lists, and what
// sounds like a promise stands among the promises.
func TestEverySentencePromisesSomethingThatIsHeldOrNothing(t *testing.T) {
	rows, asks := map[prompts.ID]bool{}, asking()
	for _, row := range promises() {
		if rows[row.id] || slices.Contains(asks, row.id) {
			t.Errorf("%s stands twice", row.id)
		}
		rows[row.id] = true
	}
	promising := map[prompts.Language]*regexp.Regexp{
		prompts.Italian: regexp.MustCompile(`(?i)\b(\pL+(rà|remo|ranno)|è stat[oa]|abbiamo|stiamo|cerco|chiamo|riusciamo|provo|riprovo)(\PL|$)`),
		prompts.English: regexp.MustCompile(`(?i)\b(will|has been|was added|have noted|are (waiting|looking|working)|am calling|^calling|is (on the line|due|with)|was lost)\b`),
	}
	for lang, sounds := range promising {
		ids := inTheFile(t, lang)
		_, texts := textsOf(t, lang)
		if len(ids) < 100 {
			t.Fatalf("%s: only %d sentences", lang, len(ids))
		}
		for _, id := range ids {
			switch {
			case !rows[id] && !slices.Contains(asks, id):
				t.Errorf("%s %q: say in promises what must be true when it is said, or put it among those of asking", id, texts[id])
			case !rows[id] && sounds.MatchString(texts[id]):
				t.Errorf("%s %q sounds like a promise: %q", id, texts[id], sounds.FindString(texts[id]))
			}
		}
		for _, id := range slices.Concat(asks, keysOf(rows)) {
			if !slices.Contains(ids, id) {
				t.Errorf("the catalogue has no %s", id)
			}
		}
	}
}

// TestOnlyOneSentenceSaysThatSomebodyHasHungUp, in any language: whoever does not wait any more may have hung up, but may also have lost
// the line, or have asked to be called back.
func TestOnlyOneSentenceSaysThatSomebodyHasHungUp(t *testing.T) {
	for lang, says := range map[prompts.Language]string{
		prompts.Italian: "riagganciat", prompts.English: "hung up", prompts.German: "aufgelegt", prompts.French: "raccroch", prompts.Spanish: "ha colgado",
	} {
		_, texts := textsOf(t, lang)
		for id, text := range texts {
			if said, may := strings.Contains(text, says), id == "caller-gone" || id == "caller-gone-only"; said != may {
				t.Errorf("%s %s: %q", lang, id, text)
			}
		}
	}
}

func keysOf(m map[prompts.ID]bool) (list []prompts.ID) {
	for id := range m {
		list = append(list, id)
	}
	return list
}

// run has one call, and gives what was heard.
func (e way) run(t *testing.T) map[prompts.ID]prompts.Language {
	t.Helper()
	w := newWitness(t)
	synctest.Test(t, func(t *testing.T) {
		var store *lame
		letters := &postBox{}
		w.operatorNumbers = e.change != nil
		time.Sleep(time.Until(apptest.Monday().Add(e.begins)))
		w.Program = apptest.Start(t, func(c *app.Config) {
			store = &lame{Store: c.Virtual.Store}
			c.Virtual.Store, c.Said = store, w.listen
			if e.mail {
				c.Virtual.Mailer, c.Config.Mail.Staff, c.Config.Mail.Manager = letters, []string{"desk"}, []string{"manager"}
			}
			if e.change != nil {
				e.change(c)
			}
		})
		t.Cleanup(w.Stop)
		e.tell(w, store)
		w.keptPromises()
	})
	return w.heard
}

// tell has the call.
func (e way) tell(w *witness, store *lame) {
	from := cmp.Or(e.from, callers)
	w.from = w.plan.Spoken(w.plan.E164(from))
	w.plugIn(e)
	if e.before != nil {
		e.before(w)
	}
	w.Passes(e.later)
	w.began = time.Now()
	call := w.Dial(cmp.Or(e.at, "127.0.0.1:6000"), from)
	w.call.Store(call)
	var beside sync.WaitGroup
	beside.Go(func() { e.speaks(w, call, store) })
	if e.acts != "" {
		beside.Go(func() {
			w.Passes(e.when)
			if page, err := w.Store.List(context.Background(), tickets.Filter{Limit: 1}); err == nil && len(page.Items) > 0 {
				_, _ = whatMakesRingingPointless()[e.acts].does(context.Background(), w.Desk, page.Items[0].Number)
			}
		})
	}
	over := 20 * time.Minute
	if e.hangs > 0 {
		over = e.hangs
	}
	select {
	case <-call.Context().Done():
	case <-time.After(over):
		call.Hangup()
	}
	beside.Wait()
	store.set(false)
	w.Passes(8 * time.Minute) // with the next call-out
}

// plugIn plugs in the engineers' telephones: busy unless the way says otherwise.
func (w *witness) plugIn(e way) {
	answer := func(does answering) answering {
		if does == nil {
			return new(apptest.Rings).Busy
		}
		return does
	}
	anna := answer(e.anna)
	if e.lost {
		w.loses()
		anna = func(ctx context.Context, in *phone.Incoming) {
			late := time.AfterFunc(15*time.Second, func() { w.cut.Store(true) })
			defer late.Stop()
			e.anna(ctx, in)
		}
	}
	w.Engineers(anna, answer(e.marco))
	if carrier := answer(e.anna); e.change != nil {
		p := w.Phone("127.0.0.9:5060", "carrier", carrier)
		w.Cleanup(func() { _ = p.Stop(context.Background()) })
	}
}

// speaks keys what leads to the tone, speaks, keeps the message, and goes on.
func (e way) speaks(w *witness, call *phone.Call, store *lame) {
	ctx := call.Context()
	for keys := range strings.SplitSeq(e.keys, ",") {
		if call.Press(ctx, keys) != nil {
			return
		}
		if e.keys != keys {
			_ = call.Wait(ctx, 9*time.Second)
		}
	}
	if !e.message(w, call, store) {
		return
	}
	for _, k := range e.after {
		_ = call.Wait(ctx, 25*time.Second)
		_ = call.Press(ctx, string(k))
	}
}

// message leaves one, or refuses to; false where it comes to neither.
func (e way) message(w *witness, call *phone.Call, store *lame) bool {
	ctx := call.Context()
	if e.refuses != "" {
		for _, k := range e.refuses {
			_ = call.Press(ctx, string(k))
			_ = call.Wait(ctx, 6*time.Second)
		}
		store.set(e.down)
		return ctx.Err() == nil
	}
	if _, err := call.AwaitTone(ctx, 0); err != nil {
		return false
	}
	store.set(e.down)
	if e.mute {
		return false
	}
	_ = call.Say(ctx, w.Voice())
	_ = call.Press(ctx, "#")
	_ = call.Wait(ctx, time.Second)
	_ = call.Press(ctx, "1")
	return true
}

// keptPromises holds what the caller was promised against the ticket that the call left.
func (w *witness) keptPromises() {
	w.Helper()
	w.hearing.Lock()
	defer w.hearing.Unlock()
	s := w.stands(said{witness: w, now: time.Now()})
	for _, row := range w.rows {
		if w.toldTo[row.id] && row.later != nil && !row.later(s.ticket) {
			w.Errorf("%s was not kept: the ticket is %d of level %s, caller %q, %d recordings", row.id, s.ticket.Number, s.ticket.Level, s.ticket.Caller, len(s.ticket.Recordings))
		}
	}
}

// saidElsewhere are promises that these ways do not lead to, with a conversation in which they are said and held.
func saidElsewhere() map[prompts.ID]string {
	const scripts, installed, thirds = "../ivr/testdata/", "../app/evo_test.go", "../oncall/ring/second_test.go"
	return map[prompts.ID]string{
		"brief-version": installed, "brief-newest": installed, "brief-is-newest": installed, "brief-entitled": installed, "brief-not-entitled": installed,
		"asking-third": thirds, "help-asked": thirds, "second-wanted": thirds, "hands-over": "../oncall/ring/handover_test.go", "hand-over-yours": "cover/cover_test.go",
		"alarm-soon": "bulletin/bulletin_test.go", "alarm-late": "bulletin/bulletin_test.go",
		"talk-ended":   "../oncall/ring/refusal_test.go",
		"trouble":      scripts + "ticket-number-late.txt",
		"record-heard": scripts + "engineer-replaces-prompts.txt", "record-kept": scripts + "engineer-replaces-prompts.txt",
		"console-call-over": scripts + "engineer-calls-the-customer.txt", "console-no-answer": scripts + "engineer-calls-in-vain.txt",
		"confirm-closed": "confirm_test.go", "confirm-open": "confirm_test.go", "confirm-question": "confirm_test.go",
		"console-cover-asks": scripts + "engineer-finds-cover.txt", "cover-found": scripts + "engineer-is-rung-back.txt", "console-on-call-you": scripts + "engineer-takes-the-running-shift.txt",
		"console-done-take": scripts + "engineer-works.txt", "console-done-intervention": scripts + "engineer-works.txt", "console-done-restored": scripts + "engineer-works.txt",
		"console-done-waiting": scripts + "engineer-waits-and-resumes.txt", "console-done-resume": scripts + "engineer-waits-and-resumes.txt", "console-noted": scripts + "engineer-dictates.txt",
		"console-due-contact": scripts + "engineer-works.txt", "console-due-intervention": scripts + "engineer-works.txt", "console-due-restore": scripts + "engineer-by-number.txt",
	}
}

// TestAPromiseIsSaidOnlyWhenItIsTrue walks every ending, and hears every promise in one of them. Each is walked again by a caller who
// refuses to be recorded.
func TestAPromiseIsSaidOnlyWhenItIsTrue(t *testing.T) {
	var mu sync.Mutex
	heard := map[prompts.ID]bool{}
	t.Run("endings", func(t *testing.T) {
		for name, e := range endings() {
			t.Run(name, func(t *testing.T) {
				got := e.run(t)
				mu.Lock()
				for id := range got {
					heard[id] = true
				}
				mu.Unlock()
				_, joined := got[prompts.Connected]
				sameForWhoRefusesTheRecording(t, name, joined)
			})
		}
	})
	for _, row := range promises() {
		if script, elsewhere := saidElsewhere()[row.id]; elsewhere {
			if text, err := os.ReadFile(script); err != nil || !strings.Contains(strings.ReplaceAll(string(text), `"`, " "), " "+string(row.id)+" ") {
				t.Errorf("%s is not said in %s: %v", row.id, script, err)
			}
		} else if !heard[row.id] {
			t.Errorf("no ending leads to %s", row.id)
		}
	}
}

// sameForWhoRefusesTheRecording walks an ending with a caller who refuses to be recorded: what he is promised is true, nothing is
// recorded, the ticket has its number and category, and says so; and whoever is joined otherwise is joined.
func sameForWhoRefusesTheRecording(t *testing.T, name string, joined bool) {
	t.Helper()
	e := endings()[name] // some of the telephones count how often they rang
	if e.refuses != "" || e.mute {
		return
	}
	e.refuses = "7"
	got := e.run(t)
	if _, refused := got["recording-refused"]; !refused {
		return // the call does not come to the tone
	}
	if _, kept := got["message-kept"]; kept {
		t.Error("a message is kept all the same")
	}
	if _, now := got[prompts.Connected]; now != joined {
		t.Errorf("that they are joined is %v, and %v for who leaves a message", now, joined)
	}
}

// TestAPromiseIsTrueInAnyEnding draws endings: who calls when, what each engineer does, what staff do meanwhile.
func TestAPromiseIsTrueInAnyEnding(t *testing.T) {
	acts := []string{""}
	for act := range whatMakesRingingPointless() {
		acts = append(acts, act)
	}
	slices.Sort(acts)
	for _, seed := range []int{0, 1, 2, 3, 4, 5, 47} { // of 47 the caller asks to be called back over the brief
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(seed), 10))
			seconds := func(most int) time.Duration { return time.Duration(r.IntN(most)) * time.Second }
			engineer := func() answering {
				return []answering{
					nil, rings, presses("1", seconds(12), seconds(90)), presses("2", seconds(12), time.Second), presses("1", 3*time.Second, seconds(8)),
					presses("31", seconds(12), seconds(60)), late(seconds(20), presses("1", seconds(12), seconds(60))), presses("", 0, seconds(40)),
				}[r.IntN(8)]
			}
			e := way{
				keys: []string{"", "*"}[r.IntN(2)] + []string{"314159#1", "314159#1", "161803#1", "271828#1", "#11", "314159#2", "314159#9"}[r.IntN(7)],
				anna: engineer(), marco: engineer(), begins: time.Duration(r.IntN(4)*r.IntN(6)) * time.Hour, acts: acts[r.IntN(len(acts))], when: 10*time.Second + seconds(110),
				mail: r.IntN(2) == 0, down: r.IntN(8) == 0,
			}
			if r.IntN(3) == 0 {
				e.hangs = 8*time.Second + seconds(120)
			}
			e.run(t)
		})
	}
}
