package sla

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hotline/prompts"
	"hotline/prompts/written"
	"hotline/prompts/written/writtentest"
	"hotline/prove"
)

func TestAnAccountIsASentence(t *testing.T) {
	terms := agreed(t, Professional).Terms
	terms.Blocking.Intervention = 4 * time.Hour
	a, err := terms.Ready()
	if err != nil {
		t.Fatal(err)
	}
	r := opened(t, a, Blocking, "2026-11-20 17:20")
	r.paused(ForCustomer, "2026-11-23 10:00", "2026-11-23 10:30")
	for lang, want := range map[prompts.Language]string{
		prompts.English: "intervention: opened Friday 20 November 2026 17:20; counted 17:20-18:00; weekend; Monday 23 09:00-10:00; paused 10:00-10:30, waiting for the customer; 10:30-12:50; due Monday 23 November 12:50",
		prompts.Italian: "intervento: aperto venerdì 20 novembre 2026 17:20; ore contate 17:20-18:00; fine settimana; lunedì 23 09:00-10:00; fermo 10:00-10:30, in attesa del cliente; 10:30-12:50; scadenza lunedì 23 novembre 12:50",
	} {
		if got := r.Explain(a, r.clock(Intervention)).In(written.In(lang)); got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
	}
}

// TestAThirdLanguageIsData: an account of every form, told with the words of a pretend language, has no word of another.
func TestAThirdLanguageIsData(t *testing.T) {
	w := writtentest.Pretend()
	for _, a := range everyForm(t) {
		if foreign := writtentest.Foreign(a.In(w), "Natale", "Santo Stefano", "stocktaking"); foreign != nil {
			t.Errorf("%q are no words of the language: %s", foreign, a.In(w))
		}
	}
	if at := Instant(rome(t, "2026-11-23 09:01"), w); writtentest.Foreign(at) != nil {
		t.Error(at)
	}
}

// everyForm gives accounts that together have every kind of part and every ending.
func everyForm(t *testing.T) []Account {
	t.Helper()
	terms := agreed(t, Professional).Terms
	terms.Calendar.Exceptions = []Exception{{Date: "2026-12-28", Note: "stocktaking"}}
	a, err := terms.Ready()
	if err != nil {
		t.Fatal(err)
	}
	var list []Account
	tell := func(r *request) {
		for _, k := range r.Clocks {
			list = append(list, r.Explain(a, k))
		}
	}
	tell(opened(t, a, Blocking, "2026-12-24 17:30"))
	for _, why := range []Reason{ForCustomer, NoAccess} {
		for _, until := range []string{"", "2026-11-24 10:30"} {
			r := opened(t, a, Blocking, "2026-11-20 17:20")
			r.paused(why, "2026-11-24 10:00", until)
			tell(r)
		}
	}
	for _, met := range []string{"2026-11-23 09:30", "2026-11-26 10:00"} {
		r := opened(t, a, Blocking, "2026-11-23 09:00")
		r.stamped(Intervention, met)
		tell(r)
	}
	around, err := agreed(t, Extended).Terms.Ready()
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []string{"2026-10-25 00:30", "2026-03-29 00:30"} {
		r := opened(t, around, Blocking, at)
		for _, k := range r.Clocks {
			list = append(list, r.Explain(around, k))
		}
	}
	return list
}

func TestAccountsNameWhatDidNotCount(t *testing.T) {
	terms := agreed(t, Professional).Terms
	terms.Calendar.Exceptions = []Exception{{Date: "2026-12-24", Note: "works outing"}}
	a, err := terms.Ready()
	if err != nil {
		t.Fatal(err)
	}
	r := opened(t, a, Blocking, "2026-12-23 12:30")
	want := "restore: from the intervention on Thursday 31 December 2026 16:00; counted 16:00-18:00; holiday (Capodanno); Monday 4 09:00-11:00; due Monday 4 January 11:00"
	r.stamped(Intervention, "2026-12-31 16:00")
	if got := r.Explain(a, r.clock(Restore)).In(written.In(prompts.English)); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	want = "intervention: opened Wednesday 23 December 2026 12:30; counted 12:30-13:00; break; 14:00-17:30; due Wednesday 23 December 17:30; broken; met too late Thursday 31 December 16:00"
	if got := r.Explain(a, r.clock(Intervention)).In(written.In(prompts.English)); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if p := r.Explain(a, Clock{Kind: Contact, From: rome(t, "2026-12-23 18:00"), Due: rome(t, "2026-12-28 09:30")}).Parts[0]; p.In(written.In(prompts.English)) != "holiday (works outing, Natale, Santo Stefano)" {
		t.Errorf("the holidays are told as %q", p.In(written.In(prompts.English)))
	}
	still := opened(t, a, Blocking, "2026-11-23 09:00")
	still.paused(NoAccess, "2026-11-23 10:00", "")
	if got, want := still.Explain(a, still.clock(Intervention)).In(written.In(prompts.English)), "intervention: opened Monday 23 November 2026 09:00; counted 09:00-10:00; paused since Monday 23 November 10:00, remote access withdrawn"; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	if got, want := still.Explain(a, still.clock(Restore)).In(written.In(prompts.English)), "restore: from the intervention on Monday 23 November 2026 13:00; break; counted 14:00-18:00; due Monday 23 November 18:00; projected, from the intervention on"; got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
}

func TestGapsAreToldByWhatTheyAre(t *testing.T) {
	opened(t, agreed(t, Advanced), Blocking, "2026-11-21 12:30").told(Contact,
		"contact: opened Saturday 21 November 2026 12:30; counted 12:30-13:00; weekend; Monday 23 08:00-08:30; due Monday 23 November 08:30")
	opened(t, agreed(t, Advanced), Blocking, "2026-11-23 19:30").told(Contact,
		"contact: opened Monday 23 November 2026 19:30; counted 19:30-20:00; night; Tuesday 24 08:00-08:30; due Tuesday 24 November 08:30")
	terms := agreed(t, Professional).Terms
	terms.Calendar.Exceptions = []Exception{{Date: "2026-12-28", Note: "stocktaking"}}
	a, err := terms.Ready()
	if err != nil {
		t.Fatal(err)
	}
	opened(t, a, Blocking, "2026-12-24 17:30").told(Contact,
		"contact: opened Thursday 24 December 2026 17:30; counted 17:30-18:00; holiday (Natale, Santo Stefano, stocktaking); Tuesday 29 09:00-09:30; due Tuesday 29 December 09:30")
}

func TestAClockThatIsMetWhileItStandsStillSaysSo(t *testing.T) {
	r := opened(t, agreed(t, Professional), Blocking, "2026-11-23 09:00")
	r.paused(NoAccess, "2026-11-23 10:00", "")
	r.stamped(Intervention, "2026-11-23 11:00") // on site
	r.told(Intervention, "intervention: opened Monday 23 November 2026 09:00; counted 09:00-10:00; paused 10:00-11:00, "+
		"remote access withdrawn; due Monday 23 November 13:00; kept Monday 23 November 11:00")
}

func TestWorkingTimeThatTouchesIsOneStretch(t *testing.T) {
	terms := agreed(t, Professional).Terms
	terms.Calendar.Week = []Interval{{time.Monday, 9 * time.Hour, 13 * time.Hour}, {time.Monday, 13 * time.Hour, 18 * time.Hour}}
	a, err := terms.Ready()
	if err != nil {
		t.Fatal(err)
	}
	opened(t, a, Blocking, "2026-11-23 12:30").told(Contact, "contact: opened Monday 23 November 2026 12:30; counted 12:30-13:30; due Monday 23 November 13:30")
}

// told compares the account of a clock; of more than one text each is in the next language.
func (r *request) told(k Kind, want ...string) {
	r.Helper()
	for n, text := range want {
		if got := r.Explain(r.Agreed, r.clock(k)).In(written.In([]prompts.Language{prompts.English, prompts.Italian}[n])); got != text {
			r.Errorf("\n got %s\nwant %s", got, text)
		}
	}
}

func TestTheAccountOfAClockThatWasMetEndsWithTheMeeting(t *testing.T) {
	r := opened(t, agreed(t, Extended), Blocking, "2026-11-23 09:00")
	r.stamped(Intervention, "2026-11-23 09:01")
	r.told(Intervention, "intervention: opened Monday 23 November 2026 09:00; counted 09:00-09:01; due Monday 23 November 13:00; kept Monday 23 November 09:01",
		"intervento: aperto lunedì 23 novembre 2026 09:00; ore contate 09:00-09:01; scadenza lunedì 23 novembre 13:00; rispettato lunedì 23 novembre 09:01")
	r.paused(NoAccess, "2026-11-23 09:02", "")
	r.told(Restore, "restore: from the intervention on Monday 23 November 2026 09:01; counted 09:01-09:02; paused since Monday 23 November 09:02, remote access withdrawn",
		"ripristino: dall'intervento di lunedì 23 novembre 2026 09:01; ore contate 09:01-09:02; fermo da lunedì 23 novembre 09:02, accesso remoto revocato")
	r.stamped(Restore, "2026-11-23 19:00") // later than it was due without the pause
	r.told(Restore, "restore: from the intervention on Monday 23 November 2026 09:01; counted 09:01-09:02; paused 09:02-19:00, remote access withdrawn; kept Monday 23 November 19:00",
		"ripristino: dall'intervento di lunedì 23 novembre 2026 09:01; ore contate 09:01-09:02; fermo 09:02-19:00, accesso remoto revocato; rispettato lunedì 23 novembre 19:00")
}

func TestANightIsANightAndAFreeDayAWeekend(t *testing.T) {
	midweek := agreed(t, Advanced).Terms
	midweek.Calendar.Week = nil
	for _, d := range []time.Weekday{time.Monday, time.Tuesday, time.Thursday} {
		midweek.Calendar.Week = append(midweek.Calendar.Week, Interval{d, 9 * time.Hour, 18 * time.Hour})
	}
	wednesdays, err := midweek.Ready()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		terms *Agreement
		at    string
		want  Why
	}{
		{agreed(t, Professional), "2026-11-22 23:00", NightTime}, // a Sunday night
		{agreed(t, Professional), "2026-11-23 02:00", NightTime}, // the same night, past midnight
		{agreed(t, Professional), "2026-11-23 07:30", NightTime},
		{agreed(t, Professional), "2026-11-22 10:00", Weekend}, // a Sunday by day
		{agreed(t, Professional), "2026-11-20 18:30", Weekend},
		{agreed(t, Professional), "2026-11-23 13:30", Break},
		{agreed(t, Professional), "2026-11-23 19:00", NightTime},
		{agreed(t, Advanced), "2026-11-20 20:30", NightTime}, // open on Saturdays
		{agreed(t, Advanced), "2026-11-21 13:30", Weekend},
		{wednesdays, "2026-11-25 08:00", Closure},
		{wednesdays, "2026-11-26 19:00", Weekend},
	} {
		r := opened(t, c.terms, Blocking, c.at)
		if got := r.Explain(c.terms, r.clock(Contact)).Parts[0].Why; got != c.want {
			t.Errorf("%s at %s begins with %s, want %s", c.terms.Level, c.at, got, c.want)
		}
	}
}

func TestTheHourThatComesTwiceAndTheMissingOneAreMentionedWhereTheyMatter(t *testing.T) {
	autumn := opened(t, agreed(t, Extended), Blocking, "2026-10-25 00:30")
	autumn.told(Intervention, "intervention: opened Sunday 25 October 2026 00:30; counted 00:30-03:30, the hour 02:00-03:00 comes twice; due Sunday 25 October 03:30",
		"intervento: aperto domenica 25 ottobre 2026 00:30; ore contate 00:30-03:30, l'ora 02:00-03:00 vale due volte; scadenza domenica 25 ottobre 03:30")
	autumn.stamped(Intervention, "2026-10-25 01:15")
	autumn.told(Restore, "restore: from the intervention on Sunday 25 October 2026 01:15; counted 01:15-02:15 (second time), the hour 02:00-03:00 comes twice; due Sunday 25 October 02:15 (second time)")
	spring := opened(t, agreed(t, Extended), Blocking, "2026-03-29 00:30")
	spring.told(Intervention, "intervention: opened Sunday 29 March 2026 00:30; counted 00:30-05:30, the hour 02:00-03:00 is missing; due Sunday 29 March 05:30",
		"intervento: aperto domenica 29 marzo 2026 00:30; ore contate 00:30-05:30, l'ora 02:00-03:00 manca; scadenza domenica 29 marzo 05:30")
	opened(t, agreed(t, Advanced), Blocking, "2026-10-23 19:30").told(Contact, // where the night does not count, nothing is said
		"contact: opened Friday 23 October 2026 19:30; counted 19:30-20:00; night; Saturday 24 08:00-08:30; due Saturday 24 October 08:30")
}

// TestEveryMinuteIsExplained: the parts follow each other from the start to the due time, and what counts adds up to the
// limit; of a clock that was kept, to its meeting and what it took.
func TestEveryMinuteIsExplained(t *testing.T) {
	terms, words := []*Agreement{agreed(t, Professional), agreed(t, Advanced), agreed(t, Extended)}, written.In(prompts.Italian)
	prove.Check(t, func(t *rapid.T) {
		a := rapid.SampledFrom(terms).Draw(t, "terms")
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 365*86400).Draw(t, "from")) * time.Second)
		steps := []Step{{Kind: Begun, At: at, Category: Blocking, Terms: a}}
		for range rapid.IntRange(0, 3).Draw(t, "pauses") {
			for _, k := range []StepKind{Paused, Resumed} {
				at = at.Add(time.Duration(rapid.IntRange(0, 2*3600).Draw(t, "seconds")) * time.Second)
				steps = append(steps, Step{Kind: k, At: at, Why: rapid.SampledFrom([]Reason{ForCustomer, NoAccess}).Draw(t, "why")})
			}
		}
		for range rapid.IntRange(0, 2).Draw(t, "acts") {
			at = at.Add(time.Duration(rapid.IntRange(0, 12*3600).Draw(t, "later")) * time.Second)
			steps = append(steps, Step{Kind: Stamped, At: at, Clock: rapid.SampledFrom(Kinds()).Draw(t, "act")})
		}
		c, _, err := Fold(steps)
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range c.Clocks {
			at, spent := k.From, time.Duration(0)
			for _, p := range c.Explain(a, k).Parts {
				if k.Paused && !k.Projected && p.Until.IsZero() {
					at = p.From
					break
				}
				if !p.From.Equal(at) || !p.From.Before(p.Until) || strings.HasPrefix(p.In(words), "why-") {
					t.Fatalf("part %+v does not follow %v", p, at)
				}
				if p.Counts {
					spent += p.Until.Sub(p.From)
				}
				if p.Spent != spent {
					t.Fatalf("part %+v says %v spent, want %v", p, p.Spent, spent)
				}
				at = p.Until
			}
			if !k.MetAt.IsZero() && k.BrokenAt.IsZero() {
				if !at.Equal(k.MetAt) || spent != k.Spent {
					t.Fatalf("%s explained until %v with %v, met %v with %v", k.Kind, at, spent, k.MetAt, k.Spent)
				}
				continue
			}
			if (!k.Paused || k.Projected) && (!at.Equal(k.Due) || spent != k.Limit) {
				t.Fatalf("%s explained until %v with %v, want %v with %v", k.Kind, at, spent, k.Due, k.Limit)
			}
		}
	})
}
