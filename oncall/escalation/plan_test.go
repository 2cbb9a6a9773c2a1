package escalation_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hotline/oncall"
	"hotline/oncall/escalation"
	"hotline/oncall/rota"
	"hotline/prove"
	"hotline/sla"
)

const allWeek = 7 * 24 * time.Hour

var monday = time.Date(2026, time.November, 23, 10, 0, 0, 0, time.UTC)

func team() []oncall.Engineer {
	return []oncall.Engineer{
		{ID: "anna", Name: "Anna", Phones: []string{"sip:anna@a", "+39333"}, Language: "it"},
		{ID: "marco", Name: "Marco", Phones: []string{"sip:marco@a"}, Language: "it"},
		{ID: "sara", Name: "Sara", Phones: []string{"sip:sara@a"}, Language: "en"},
		{ID: "ugo", Name: "Ugo"},
	}
}

func always(level, order int, who oncall.EngineerID) oncall.Shift {
	return oncall.Shift{Engineer: who, Level: level, Order: order, Day: time.Sunday, Length: allWeek}
}

func schedule(t interface{ Fatal(...any) }, r rota.Rota) *rota.Schedule {
	if r.Zone == "" {
		r.Zone = "Europe/Rome"
	}
	s, err := r.Ready(rota.Facts{})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func main(t interface{ Fatal(...any) }, shifts ...oncall.Shift) *rota.Schedule {
	return schedule(t, rota.Rota{ID: rota.Main, Shifts: shifts})
}

func hours(t interface{ Fatal(...any) }, n int) *sla.Hours {
	h, err := sla.DefaultCalendars()[n].Hours()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// blocking is a blocking anomaly of a contract, by telephone, inside the hours.
func blocking() escalation.Case {
	return escalation.Case{Request: rota.Request{Contract: "rossi", Level: sla.Extended, Category: sla.Blocking, Language: "it"}, Channel: "phone", OnLine: true}
}

func rung(p escalation.Plan) string {
	var groups []string
	for _, g := range p.Steps {
		var list []string
		for _, a := range g.Attempts {
			list = append(list, strings.TrimSuffix(strings.TrimPrefix(a.Phone, "sip:"), "@a"))
		}
		text := strings.Join(list, " ")
		if g.AtOnce {
			text = "[" + text + "]"
		}
		groups = append(groups, text)
	}
	return strings.Join(groups, " | ")
}

// TestNoPlanIsSilent: for every level, category, channel and hour, whatever rotas, policies and people there are, the plan
// names a person or what the caller is told, something that follows, and what the ticket says.
func TestNoPlanIsSilent(t *testing.T) {
	levels := []sla.LevelID{sla.Professional, sla.Advanced, sla.Extended, sla.OnRequest, "gold", ""}
	calendars := []*sla.Hours{nil, hours(t, 0), hours(t, 1), hours(t, 2)}
	prove.Check(t, func(t *rapid.T) {
		f := facts(t)
		now := monday.Add(time.Duration(rapid.IntRange(0, 400*24*60).Draw(t, "minute")) * time.Minute)
		for _, level := range levels {
			for _, category := range append(sla.Categories(), sla.Uncategorised) {
				for _, channel := range []string{"phone", "web", "email", "alert", ""} {
					c := escalation.Case{Request: rota.Request{Level: level, Category: category, Language: rapid.SampledFrom([]string{"it", "en", ""}).Draw(t, "language")}, Channel: channel}
					c.Contract = rapid.SampledFrom([]string{"", "rossi"}).Draw(t, "contract")
					c.OnLine, c.Night = channel == "phone", rapid.Bool().Draw(t, "night")
					c.Hours = rapid.SampledFrom(calendars).Draw(t, "hours")
					c.Assignee = rapid.SampledFrom([]oncall.EngineerID{"", "anna", "ugo", "staff:carla"}).Draw(t, "assignee")
					speaks(t, escalation.For(c, f, now), c, f, now)
				}
			}
		}
	})
}

// speaks fails where a plan leaves somebody in silence, or rings whom it must not.
func speaks(t *rapid.T, p escalation.Plan, c escalation.Case, f escalation.Facts, now time.Time) {
	people := len(p.Attempts()) + len(p.Overflow)
	if (p.Ring && people == 0) || p.Caller == "" || p.Next.What == "" || p.Next.At.Before(now) || p.Note == "" || p.Rule == "" {
		t.Fatalf("%+v has the plan %+v", c, p)
	}
	if p.Need < 1 || p.Rounds < 1 || p.Policy == "" {
		t.Fatalf("%+v", p)
	}
	if p.Ring && c.Category != sla.Blocking {
		t.Fatalf("somebody is woken for %+v: %+v", c, p)
	}
	var who []oncall.EngineerID
	for _, a := range p.Attempts() {
		e := f.Engineers[slices.IndexFunc(f.Engineers, func(e oncall.Engineer) bool { return e.ID == a.Engineer })]
		if !slices.Contains(e.Phones, a.Phone) {
			t.Fatalf("%s is rung at %s", a.Engineer, a.Phone)
		}
		if len(who) == 0 || who[len(who)-1] != a.Engineer {
			if slices.Contains(who, a.Engineer) {
				t.Fatalf("%s stands twice in %s", a.Engineer, rung(p))
			}
			who = append(who, a.Engineer)
		}
		for _, k := range f.Contacts {
			if k.Engineer == a.Engineer && k.Silence != nil {
				t.Fatalf("%s chose silence and is rung: %s", a.Engineer, rung(p))
			}
		}
	}
	silence := len(p.Silent) > 0 && p.Silent[0].Engineer == ""
	if p.Ring || silence || c.Category != sla.Blocking || p.Caller == escalation.ToldOpening || p.Caller == escalation.ToldRequest {
		return
	}
	for _, s := range f.Rotas { // nobody is rung: then nobody can be, or it was chosen
		for _, place := range s.At(now) {
			e := f.Engineers[slices.IndexFunc(f.Engineers, func(e oncall.Engineer) bool { return e.ID == place.Engineer })]
			silent := slices.ContainsFunc(f.Contacts, func(k escalation.Contact) bool { return k.Engineer == e.ID && k.Silence != nil })
			served := s.Rota().ID == rota.Main || s.Rota().Serves.Serve(c.Request)
			if len(e.Phones) > 0 && !silent && served {
				t.Fatalf("%s could be rung and is not: %+v", e.ID, p)
			}
		}
	}
}

// facts throws a house.
func facts(t *rapid.T) escalation.Facts {
	f := escalation.Facts{Engineers: team()}
	who := rapid.SampledFrom([]oncall.EngineerID{"anna", "marco", "sara", "ugo"})
	shifts := func() (list []oncall.Shift) {
		for n := range rapid.IntRange(0, 4).Draw(t, "shifts") {
			list = append(list, oncall.Shift{Engineer: who.Draw(t, "who"), Level: rapid.IntRange(1, 3).Draw(t, "level"), Order: n, Day: time.Weekday(rapid.IntRange(0, 6).Draw(t, "day")),
				From: time.Duration(rapid.IntRange(0, 23).Draw(t, "from")) * time.Hour, Length: time.Duration(rapid.SampledFrom([]int{8, 48, 168}).Draw(t, "length")) * time.Hour})
		}
		return list
	}
	serves := func() (s rota.Serves) {
		switch rapid.IntRange(0, 4).Draw(t, "serves") {
		case 0:
			s.Contracts = []string{"rossi"}
		case 1:
			s.Levels = []sla.LevelID{sla.Extended}
		case 2:
			s.Languages = []string{"en"}
		}
		return s
	}
	f.Rotas = append(f.Rotas, main(t, shifts()...))
	for range rapid.IntRange(0, 2).Draw(t, "rotas") {
		f.Rotas = append(f.Rotas, schedule(t, rota.Rota{ID: rota.ID(rapid.SampledFrom([]string{"a", "b"}).Draw(t, "id")), Serves: serves(), Shifts: shifts()}))
	}
	choice := &escalation.Silence{By: "carla", Why: "on leave", At: monday}
	for range rapid.IntRange(0, 2).Draw(t, "policies") {
		p := escalation.Policy{ID: rapid.SampledFrom([]string{"p", "q"}).Draw(t, "id"), Serves: serves(), Rounds: rapid.IntRange(0, 3).Draw(t, "rounds"), Need: rapid.IntRange(0, 2).Draw(t, "need")}
		for range rapid.IntRange(0, 3).Draw(t, "steps") {
			s := escalation.Step{Level: rapid.IntRange(0, 3).Draw(t, "level"), AtOnce: rapid.Bool().Draw(t, "at once"), SkipTalking: rapid.Bool().Draw(t, "skip")}
			if rapid.IntRange(0, 2).Draw(t, "named") == 0 {
				s.Engineers = []oncall.EngineerID{who.Draw(t, "named"), "nobody"}
			}
			p.Steps = append(p.Steps, s)
		}
		if rapid.Bool().Draw(t, "overflow") {
			p.Overflow = []string{"+3906"}
		}
		if rapid.IntRange(0, 4).Draw(t, "silence") == 0 {
			p.Silence = choice
		}
		f.Policies = append(f.Policies, p)
	}
	for _, id := range []oncall.EngineerID{"anna", "marco"} {
		switch rapid.IntRange(0, 3).Draw(t, "contact") {
		case 0:
			f.Contacts = append(f.Contacts, escalation.Contact{Engineer: id, Zone: "Europe/Rome", Silence: choice})
		case 1:
			f.Contacts = append(f.Contacts, escalation.Contact{Engineer: id, Zone: "Europe/Rome", Rules: []escalation.Rule{{Phone: "+39333", Hours: []sla.Interval{{Day: time.Monday, Until: 24 * time.Hour}}}}})
		}
	}
	if rapid.Bool().Draw(t, "talks") {
		f.Talking = []oncall.EngineerID{who.Draw(t, "talks")}
	}
	return f
}

// TestAHouseThatHasWrittenNothingIsRungAsBefore: with the main rota alone, the plan rings what oncall.Plan and First ring.
func TestAHouseThatHasWrittenNothingIsRungAsBefore(t *testing.T) {
	prove.Check(t, func(t *rapid.T) {
		f := facts(t)
		f.Rotas, f.Policies, f.Contacts, f.Talking = f.Rotas[:1], nil, nil, nil
		r := f.Rotas[0].Rota()
		now := monday.Add(time.Duration(rapid.IntRange(0, 400*24*60).Draw(t, "minute")) * time.Minute)
		c := blocking()
		c.Assignee = rapid.SampledFrom([]oncall.EngineerID{"", "anna", "sara", "ugo", "staff:carla"}).Draw(t, "assignee")
		want, gap, err := oncall.Plan(oncall.Rota{Zone: r.Zone, Shifts: r.Shifts}, f.Engineers, now)
		if err != nil {
			t.Fatal(err)
		}
		want = oncall.First(want, f.Engineers, c.Assignee)
		p := escalation.For(c, f, now)
		got := p.Attempts()
		for i := range got {
			got[i].Why = ""
		}
		if !slices.Equal(got, want) || p.Gap != gap || p.Ring != (len(want) > 0) {
			t.Fatalf("at %s the plan rings %v (gap %v), before it was %v (%v)", now, got, p.Gap, want, gap)
		}
		if p.Ring && (p.Rounds != 2 || p.Need != 1 || len(p.Steps) != 1 || p.Steps[0].AtOnce || p.Steps[0].Ring != 20*time.Second) {
			t.Fatalf("the plan is %+v", p)
		}
	})
}

func TestStepsAreRungAsThePolicySays(t *testing.T) {
	rotas := []*rota.Schedule{
		main(t, always(1, 1, "anna"), always(1, 2, "marco"), always(2, 1, "sara")),
		schedule(t, rota.Rota{ID: "english", Serves: rota.Serves{Languages: []string{"en"}}, Shifts: []oncall.Shift{always(1, 1, "sara")}}),
		schedule(t, rota.Rota{ID: "empty", Serves: rota.Serves{Contracts: []string{"verdi"}}, Shifts: []oncall.Shift{always(1, 1, "ugo")}}),
	}
	english, verdi, talking := blocking(), blocking(), []oncall.EngineerID{"anna"}
	english.Language, verdi.Contract = "en", "verdi"
	choice := &escalation.Silence{By: "carla", Why: "parental leave", At: monday}
	for name, x := range map[string]struct {
		c    escalation.Case
		f    escalation.Facts
		want string
	}{
		"nothing written": {blocking(), escalation.Facts{}, "anna +39333 marco sara"},
		"all at once, then the next level": {blocking(), escalation.Facts{Policies: []escalation.Policy{{ID: "p", Steps: []escalation.Step{{Level: 1, AtOnce: true}, {Level: 2}}}}},
			"[anna +39333 marco] | sara"},
		"by name":                         {blocking(), escalation.Facts{Policies: []escalation.Policy{{ID: "p", Steps: []escalation.Step{{Engineers: []oncall.EngineerID{"sara"}}, {}}}}}, "sara anna +39333 marco"},
		"english":                         {english, escalation.Facts{}, "sara"},
		"english, then the main rota":     {english, escalation.Facts{Policies: []escalation.Policy{{ID: "p", Steps: []escalation.Step{{}, {Rota: rota.Main}}}}}, "sara anna +39333 marco"},
		"a rota with a gap":               {verdi, escalation.Facts{}, "anna +39333 marco sara"},
		"who talks is skipped":            {blocking(), escalation.Facts{Talking: talking}, "marco sara"},
		"unless nobody else is there":     {english, escalation.Facts{Talking: []oncall.EngineerID{"sara"}}, "sara"},
		"silence is a choice":             {blocking(), escalation.Facts{Contacts: []escalation.Contact{{Engineer: "anna", Zone: "UTC", Silence: choice}}}, "marco sara"},
		"a rule":                          {blocking(), escalation.Facts{Contacts: []escalation.Contact{{Engineer: "anna", Zone: "UTC", Rules: []escalation.Rule{{Phone: "+39333"}}}}}, "+39333 marco sara"},
		"no rule for the hour":            {blocking(), escalation.Facts{Contacts: []escalation.Contact{{Engineer: "anna", Zone: "UTC", Rules: []escalation.Rule{{Phone: "+39333", Hours: []sla.Interval{{Day: time.Sunday, Until: time.Hour}}}}}}}, "anna +39333 marco sara"},
		"no rule, but a proven telephone": {blocking(), escalation.Facts{Proofs: []oncall.Proof{{Engineer: "anna", Phone: "+39333", At: monday.Add(-time.Hour), Key: true, Sound: true}}}, "+39333 anna marco sara"},
	} {
		x.f.Engineers, x.f.Rotas = team(), rotas
		if got := rung(escalation.For(x.c, x.f, monday)); got != x.want {
			t.Errorf("%s: rung are %q, want %q", name, got, x.want)
		}
	}
	p := escalation.For(blocking(), escalation.Facts{Engineers: team(), Rotas: rotas, Contacts: []escalation.Contact{{Engineer: "anna", Zone: "UTC", Silence: choice}}}, monday)
	if !strings.Contains(p.Note, "anna is not rung by the choice of carla: parental leave") {
		t.Errorf("the ticket says %q", p.Note)
	}
}

func TestWhereAllChoseSilenceTheTicketNamesThem(t *testing.T) {
	choice := &escalation.Silence{By: "carla", Why: "on leave", At: monday}
	f := escalation.Facts{Engineers: team(), Rotas: []*rota.Schedule{main(t, always(1, 1, "anna"))}, Contacts: []escalation.Contact{{Engineer: "anna", Zone: "UTC", Silence: choice}}}
	if p := escalation.For(blocking(), f, monday); p.Ring || !strings.Contains(p.Note, "anna is not rung by the choice of carla: on leave") {
		t.Errorf("%+v", p)
	}
}

func TestNobodyOnCallIsAnOverflowOrATruth(t *testing.T) {
	f := escalation.Facts{Engineers: team(), Rotas: []*rota.Schedule{main(t)}}
	p := escalation.For(blocking(), f, monday)
	if p.Ring || !p.Gap || p.Caller != escalation.ToldCallBack || p.Next != (escalation.Next{What: escalation.NextChain, At: monday.Add(5 * time.Minute)}) {
		t.Errorf("%+v", p)
	}
	f.Policies = []escalation.Policy{{ID: "p", Steps: []escalation.Step{{}}, Overflow: []string{"+39061"}}}
	if p := escalation.For(blocking(), f, monday); !p.Ring || !p.Gap || p.Caller != escalation.ToldConnecting || len(p.Overflow) != 1 {
		t.Errorf("%+v", p)
	}
}

func TestOutsideTheHoursNobodyIsWokenUnlessItIsWanted(t *testing.T) {
	f := escalation.Facts{Engineers: team(), Rotas: []*rota.Schedule{main(t, always(1, 1, "anna"))}}
	night := time.Date(2026, time.November, 23, 2, 0, 0, 0, time.UTC)
	c := blocking()
	c.Level, c.Hours = sla.Professional, hours(t, 0)
	opens, err := c.Hours.NextOpen(night)
	if err != nil {
		t.Fatal(err)
	}
	if p := escalation.For(c, f, night); p.Ring || p.Caller != escalation.ToldOpening || !p.Next.At.Equal(opens) || p.Next.What != escalation.NextOpening {
		t.Errorf("%+v", p)
	}
	c.Night = true
	if p := escalation.For(c, f, night); !p.Ring {
		t.Errorf("%+v", p)
	}
	c.Night, c.Level = true, sla.OnRequest
	if p := escalation.For(c, f, opens); !p.Ring || !p.After {
		t.Errorf("on request, in the owner's hours: %+v", p)
	}
}

func TestPoliciesAndContactsThatCannotBeMeantAreRefused(t *testing.T) {
	step := []escalation.Step{{}}
	for name, p := range map[string]escalation.Policy{
		"no name":        {Steps: step},
		"nobody":         {Name: "p"},
		"silent silence": {Name: "p", Silence: &escalation.Silence{By: "carla"}},
		"ring":           {Name: "p", Steps: []escalation.Step{{Ring: time.Second}}},
		"stranger":       {Name: "p", Steps: []escalation.Step{{Engineers: []oncall.EngineerID{"zoe"}}}},
		"rota":           {Name: "p", Steps: []escalation.Step{{Rota: "none"}}},
		"rounds":         {Name: "p", Steps: step, Rounds: 11},
		"need":           {Name: "p", Steps: step, Need: 6},
	} {
		if p.Check(team(), nil) == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if err := (escalation.Policy{Name: "p", Steps: []escalation.Step{{Rota: rota.Main, Ring: 20 * time.Second}}}).Check(team(), nil); err != nil {
		t.Error(err)
	}
	for name, c := range map[string]escalation.Contact{
		"zone":     {Zone: "Local"},
		"stranger": {Zone: "UTC", Rules: []escalation.Rule{{Phone: "+39444"}}},
		"hours":    {Zone: "UTC", Rules: []escalation.Rule{{Phone: "+39333", Hours: []sla.Interval{{From: 2, Until: 1}}}}},
		"silence":  {Zone: "UTC", Silence: &escalation.Silence{Why: "x"}},
	} {
		if c.Check(team()[0]) == nil {
			t.Errorf("contact of %s was accepted", name)
		}
	}
}
