package dispatch_test

import (
	"context"
	"sync/atomic"
	"time"

	"hotline/app"
	"hotline/config"
	"hotline/directory"
	"hotline/oncall"
	"hotline/phone"
	"hotline/sla"
	"hotline/tickets"
)

// way is one way in which a call, and the search for it, comes to its end.
type way struct {
	keys        string        // up to the tone; at a comma he listens
	from        string        // the caller's number; empty: a demo customer's
	begins      time.Duration // the program starts so long after nine o'clock UTC on a Monday
	later       time.Duration // the call comes so long after what was before
	mute        bool          // says nothing after the tone
	refuses     string        // keys in the place of the message, that refuse it
	after       string        // keys once the message is kept
	hangs       time.Duration // after the call began; 0: never
	anna, marco answering     // nil: busy
	before      func(w *witness)
	acts        string        // of staff, by the names of whatMakesRingingPointless
	when        time.Duration // after the call began
	down        bool          // the store, once the ticket is open
	lost        bool          // Anna's line, after the join
	at          string        // where the caller's telephone is
	mail        bool
	change      func(*app.Config)
}

// answering is what a telephone does that rings.
type answering = func(ctx context.Context, in *phone.Incoming)

// presses picks up, and presses keys one after the other.
func presses(keys string, apart, stays time.Duration) answering {
	return func(ctx context.Context, in *phone.Incoming) {
		call, err := in.PickUp(ctx)
		if err != nil {
			return
		}
		for _, k := range keys {
			_ = call.Wait(ctx, apart)
			_ = call.Press(ctx, string(k))
		}
		_ = call.Wait(ctx, stays)
	}
}

// rings lets it ring, and never picks up.
func rings(ctx context.Context, in *phone.Incoming) { in.Ring(); <-ctx.Done() }

// late rings for a while, and then does what another one does.
func late(after time.Duration, then answering) answering {
	return func(ctx context.Context, in *phone.Incoming) {
		in.Ring()
		select {
		case <-time.After(after):
			then(ctx, in)
		case <-ctx.Done():
		}
	}
}

// second is busy at the first ring, and does what another one does at the next ones.
func second(then answering) answering {
	var rung atomic.Int32
	return func(ctx context.Context, in *phone.Incoming) {
		if rung.Add(1) == 1 {
			in.Refuse(486, "Busy Here")
			return
		}
		then(ctx, in)
	}
}

// unheard lets the first ring pass, and does what another one does at the next ones.
func unheard(then answering) answering {
	var rung atomic.Int32
	return func(ctx context.Context, in *phone.Incoming) {
		if rung.Add(1) == 1 {
			rings(ctx, in)
			return
		}
		then(ctx, in)
	}
}

const callers = "0612345"

// endings are the ways that are always walked: together they lead to every promise.
func endings() map[string]way {
	accepts := presses("1", 3*time.Second, 40*time.Second)
	list := map[string]way{
		"they talk":                         {keys: "314159#1", anna: accepts},
		"they talk, in English":             {keys: "*314159#1", anna: accepts},
		"nobody, those in charge are told":  {keys: "314159#1", mail: true},
		"nobody, nobody is told":            {keys: "*314159#1"},
		"nobody picks up":                   {keys: "314159#1", anna: rings, marco: rings, mail: true},
		"nobody, and the store is down":     {keys: "314159#1", mail: true, down: true},
		"nobody is on duty":                 {keys: "314159#1", mail: true, before: onDuty()},
		"no call can be made":               {keys: "314159#1", mail: true, change: func(c *app.Config) { c.Demo = &app.Demo{Anna: "+39331000111", Marco: "+39331000112"} }},
		"the first line is lost":            {keys: "314159#1", anna: accepts, marco: accepts, lost: true},
		"his line is lost, and nobody else": {keys: "314159#1", anna: accepts, lost: true},
		"lost, and the caller gives up":     {keys: "314159#1", anna: accepts, marco: rings, lost: true, hangs: 2 * time.Minute},
		"he hangs up at once, twice":        {keys: "314159#1", anna: presses("1", 3*time.Second, time.Second)},
		"one passes":                        {keys: "314159#1", anna: presses("2", 3*time.Second, time.Second), marco: accepts},
		"the only one passes":               {keys: "314159#1", anna: presses("2", 3*time.Second, time.Second), before: onDuty("anna")},
		"he hears the message":              {keys: "314159#1", anna: presses("31", 10*time.Second, 40*time.Second)},
		"the caller is gone before":         {keys: "314159#1", mute: true, hangs: 7 * time.Second, anna: presses("31", 12*time.Second, 40*time.Second)},
		"gone while it rings":               {keys: "314159#1", hangs: 40 * time.Second, anna: late(15*time.Second, presses("1", 14*time.Second, time.Minute))},
		"a question":                        {keys: "314159#3"},
		"not recorded, behind the notice":   {keys: "314159#3", refuses: "87"},
		"not recorded, a contract's term":   {keys: "*314159#3", refuses: "87", before: edit(func(c *directory.Contract) { c.KeepDays = 90 })},
		"no PIN":                            {keys: "#,,1,1"},
		"no PIN, talks":                     {keys: "#11", anna: accepts},
		"no PIN, at night":                  {keys: "#,,1,3", begins: 14 * time.Hour},
		"no number and no word":             {keys: "#,,#,,3", from: "anonymous", mute: true},
		"a wrong PIN":                       {keys: "999999#,999999#,999999#,,1,3"},
		"an expired contract":               {keys: "112358#,,1,3"},
		"no remote access":                  {keys: "314159#,,1,3", before: edit(func(c *directory.Contract) { c.RemoteAccess = false })},
		"too many wrong PINs":               {keys: ",,,1,3", before: locked},
		"outside the hours":                 {keys: "161803#1", begins: 12 * time.Hour},
		"at night, the price is taken":      {keys: "161803#1", begins: 14 * time.Hour, before: ringsAtNight, after: "1"},
		"at night, it is not":               {keys: "161803#1", begins: 14 * time.Hour, before: ringsAtNight},
		"a fault is known":                  {keys: "314159#,,3", before: known},
		"the operator":                      {keys: "314159#0", before: (*witness).desk, change: withOperator},
		"the operator does not answer":      {keys: "314159#0", change: withOperator},
		"no operator":                       {keys: "314159#0", begins: 10 * time.Hour, change: withOperator},
		"added to a question":               {keys: "314159#,,9", before: stood(sla.Question)},
		"added to a fault":                  {keys: "314159#9", before: stood(sla.Blocking, "assign"), marco: accepts},
		"added, and nobody accepts":         {keys: "314159#9", before: stood(sla.Blocking, "assign", "contact")},
		"added, and not waited":             {keys: "314159#9", before: stood(sla.Blocking, "assign", "contact"), from: "+390612345", after: "1", anna: rings, marco: rings},
		"added, and gone":                   {keys: "314159#9", before: stood(sla.Blocking, "intervention"), anna: rings, marco: rings, hangs: 40 * time.Second},
		"added to what waits, and nobody":   {keys: "314159#9", before: stood(sla.Blocking, "assign", "waiting")},
		"called off while he listens":       {keys: "314159#1", anna: presses("", 0, time.Minute), acts: "close", when: 40 * time.Second},
		"restored while they talk":          {keys: "314159#1", anna: accepts, acts: "restored", when: 60 * time.Second},
		"closed while they talk":            {keys: "*314159#1", anna: accepts, acts: "close", when: 60 * time.Second},
		"the customer is called back":       {keys: "314159#1", from: "+390612345", hangs: 7900 * time.Millisecond, anna: second(presses("11", 10*time.Second, 90*time.Second)), before: listed, change: trunked},
		"the caller does not wait":          {keys: "314159#1", from: "+390612345", after: "1", anna: unheard(presses("1", 13*time.Second, 60*time.Second)), marco: rings, before: listed, change: trunked},
		"the caller leaves over the brief":  {keys: "314159#1", from: "+390612345", after: "1", anna: unheard(presses("", 0, time.Minute)), marco: late(15*time.Second, presses("", 0, time.Minute)), before: listed, change: trunked},
		"he leaves, and is not rung":        {keys: "314159#1", from: "+390699999", at: "127.0.0.9:6000", after: "1", anna: unheard(presses("", 0, time.Minute)), marco: late(15*time.Second, presses("", 0, time.Minute)), change: trunked},
		"called out, he is told the number": {keys: "314159#1", from: "+390699999", at: "127.0.0.9:6000", hangs: 7900 * time.Millisecond, anna: second(presses("1", 10*time.Second, time.Minute)), change: trunked},
		"he asks for the message too early": {keys: "314159#1", anna: presses("31", 3*time.Second, 40*time.Second)},
		"he is told the number":             {keys: "314159#1", from: "+390699999", at: "127.0.0.9:6000", hangs: 7900 * time.Millisecond, anna: late(10*time.Second, presses("1", 14*time.Second, time.Minute)), change: trunked},
	}
	for name, what := range map[string][]string{"open": {}, "assigned": {"assign"}, "in work": {"intervention"}, "waits": {"waiting"}, "cannot be reached": {"no-access"}, "waited": {"waiting", "resumed"}} {
		for when, ago := range map[string]time.Duration{"": 0, ", of yesterday": 14*time.Hour + 30*time.Minute} { // the program was stopped meanwhile: an hour costs more than a call
			list["announced: "+name+when] = way{keys: "314159#,,,3", before: stoodFor(ago, sla.NonBlocking, what...), begins: ago, later: 30 * time.Minute}
		}
	}
	for act := range whatMakesRingingPointless() {
		list["while it rings: "+act] = way{keys: "314159#1", anna: rings, marco: rings, acts: act, when: 50 * time.Second}
		list["while he speaks: "+act] = way{keys: "*314159#1", anna: rings, marco: rings, acts: act, when: 12 * time.Second}
	}
	return list
}

// onDuty leaves these engineers alone on the rota.
func onDuty(engineers ...oncall.EngineerID) func(*witness) {
	return func(w *witness) {
		rota, err := w.Store.Rota(w.Context())
		rota.Shifts = nil
		for i, e := range engineers {
			rota.Shifts = append(rota.Shifts, oncall.Shift{Engineer: e, Level: 1, Order: i + 1, Day: time.Sunday, Length: 7 * 24 * time.Hour})
		}
		if _, wrong := w.Store.PutRota(w.Context(), rota); err != nil || wrong != nil {
			w.Fatal(err, wrong)
		}
	}
}

// edit changes Rossi's contract.
func edit(change func(*directory.Contract)) func(*witness) {
	return func(w *witness) {
		w.Desk.SetBook(w.Desk.Book().With(func(b *directory.Book) {
			c := b.Contracts.At("rossi")
			change(&c)
			b.Contracts = b.Contracts.With("rossi", c)
		}))
	}
}

func ringsAtNight(w *witness) {
	w.Desk.SetBook(w.Desk.Book().With(func(b *directory.Book) {
		c := b.Contracts.At("bianchi")
		c.AfterHours = directory.AfterHoursRing
		b.Contracts = b.Contracts.With("bianchi", c)
	}))
}

// locked lets the caller's number use up its wrong PINs.
func locked(w *witness) {
	for range 7 {
		_, _, _ = w.Desk.Identify("999999", w.plan.E164(callers), time.Now())
	}
}

func known(w *witness) {
	if _, err := w.Store.PutFault(w.Context(), directory.KnownFault{ID: "network", Contracts: []directory.ContractID{"rossi"}, Note: "n"}); err != nil {
		w.Fatal(err)
	}
	w.ChangeRossi(func(*directory.Customer) {})
}

// listed puts the caller's number into the directory.
func listed(w *witness) { w.AddNumber("+390612345") }

// trunked lets the line dial numbers, by a trunk at which nobody answers but the engineers.
func trunked(whole *app.Config) {
	whole.Config.SIP.Trunks = []config.Trunk{{Name: "carrier", Proxy: "sip:127.0.0.9:5060", ShowCaller: true}}
	whole.Config.Outgoing = config.Outgoing{Prefixes: []string{"+"}, PerHour: 100, PerDay: 100, RequestPerHour: 100, RequestPerDay: 100}
}

const deskAt = "127.0.0.1:5073"

func withOperator(c *app.Config) {
	c.Config.Operator = config.Operator{Numbers: []string{"sip:desk@" + deskAt}}
}

// desk plugs in the operator's telephone, who takes the call.
func (w *witness) desk() {
	p := w.Phone(deskAt, "desk", func(ctx context.Context, in *phone.Incoming) {
		call, err := in.PickUp(ctx)
		if err != nil {
			return
		}
		_ = call.Wait(ctx, 2*time.Second)
		w.operatorPicked.Store(true)
		_ = call.Press(ctx, "1")
		_ = call.Wait(ctx, time.Minute)
	})
	w.Cleanup(func() { _ = p.Stop(context.Background()) })
}

// stood opens a ticket of Rossi's before the call, to which staff have done something.
func stood(c sla.Category, acts ...string) func(*witness) { return stoodFor(0, c, acts...) }

// stoodFor is stood, so long ago.
func stoodFor(ago time.Duration, c sla.Category, acts ...string) func(*witness) {
	return func(w *witness) {
		at := func() time.Time { return time.Now().Add(-ago) }
		ctx, who := w.Context(), "staff:carla"
		t, err := w.Desk.Open(ctx, tickets.Draft{
			Identity: tickets.Identity{Contract: w.Desk.Book().Contracts.At("rossi")}, Claim: c, Channel: tickets.Web, Actor: who, Caller: "+390612345",
		}, at())
		for _, act := range acts {
			w.Passes(time.Minute)
			switch act {
			case "assign":
				_, err = w.Desk.Assign(ctx, t.Number, who, "marco", at())
			case "contact":
				_, err = w.Desk.Contact(ctx, t.Number, who, at())
			case "intervention":
				_, err = w.Desk.Intervene(ctx, t.Number, who, at())
			case "waiting":
				_, err = w.Desk.WaitForCustomer(ctx, t.Number, who, "", at())
			case "resumed":
				_, err = w.Desk.Resume(ctx, t.Number, who, "", at())
			case "no-access":
				_, err = w.Desk.WithdrawAccess(ctx, t.Number, who, "", at())
			}
			if err != nil {
				w.Fatal(act, err)
			}
		}
	}
}
