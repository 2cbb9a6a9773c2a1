package app

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"hotline/admin/metrics"
	"hotline/alarm"
	"hotline/app/spoken"
	"hotline/app/voices"
	"hotline/callhandler"
	"hotline/config"
	"hotline/dialplan"
	"hotline/dispatch"
	"hotline/dispatch/bulletin"
	"hotline/dispatch/cover"
	"hotline/ivr"
	"hotline/ivr/console"
	"hotline/line"
	"hotline/media"
	"hotline/oncall"
	"hotline/oncall/duty"
	"hotline/oncall/escalation"
	"hotline/oncall/pins"
	"hotline/oncall/ring"
	"hotline/prompts"
	"hotline/sip"
	"hotline/speech/recording"
	"hotline/speech/upload"
	"hotline/tickets"
)

// openLine opens the telephone line.
func (a *App) openLine(ctx context.Context) (err error) {
	if a.voices, err = voices.Load(a.log); err != nil {
		return err
	}
	c := a.cfg.Config
	if d := spoken.Driver(c.Speech); d != nil && a.cfg.Virtual == nil {
		a.voices.Speak(spoken.New(spoken.Config{Driver: d, Dir: a.disk.dir.Spoken(), Book: a.desk.Book, Engineers: a.engineers, Recorded: a.voices.Recorded, Busy: a.onTelephone, Log: a.log, House: a.spoken, Company: a.company, Known: a.namesKnown}))
	}
	a.metrics = metrics.New(prometheus.NewRegistry(), func() metrics.MediaCounts { return lineStatus{a.switchboard}.media() }, func() metrics.LineCounts { return lineStatus{a.switchboard}.counts() })
	a.dialler = dialplan.New(dialplan.Config{
		SIP: c.SIP, Limits: c.Outgoing, Operator: c.Operator.Numbers, Listed: a.listed, Plan: a.plan,
		Machine: machineAddresses, States: func() []sip.TrunkStatus { return a.switchboard.Agent().TrunkStates() },
		Alarm: func(text string) { a.alarm(alarm.Outgoing, text) }, Spent: a.budgets.Note,
	})
	a.dialler.Use(a.disk.settings.Trunks(), a.disk.settings.Prefixes())
	a.dispatching.pins = pins.NewGuard(pins.GuardConfig{Store: a.db.Calls, Key: a.disk.pinKey, Spent: a.budgets.Note})
	a.dispatching.limits = bulletin.NewLimits(a.budgets.Note, a.shareBudgetsNow)
	if !a.offline.Waits() {
		a.hearOwner(ctx)
		a.shareBudgets(ctx) // before the first call: a restart gives nobody new budgets
	}
	var handler *callhandler.Handler
	if err := a.newSwitchboard(func(ctx context.Context, l *line.Line) { handler.Handle(ctx, l) }); err != nil {
		return err
	}
	handler = a.openDispatch()
	if !a.offline.Waits() {
		if err := a.dispatching.roster.Refresh(ctx); err != nil {
			a.log.Warn("who is on call is read later", "error", err)
		}
	}
	if err := a.switchboard.Start(ctx); err != nil {
		return fmt.Errorf("%w; free the port, or say another one with --sip", err)
	}
	a.undo.add("the line", a.switchboard.Stop)
	a.disk.settings.OnChange(a.useTrunks)
	a.dispatching.cover.Resume()
	return nil
}

// machineAddresses are those of this machine's interfaces as they are now; none where the system does not tell.
func machineAddresses() (list []netip.Addr) {
	found, _ := net.InterfaceAddrs()
	for _, a := range found {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			list = append(list, p.Addr().Unmap())
		}
	}
	return list
}

// newSwitchboard makes the line, which hands each call to converse.
func (a *App) newSwitchboard(converse func(context.Context, *line.Line)) error {
	c, virtual := a.cfg.Config, Virtual{}
	if a.cfg.Virtual != nil {
		virtual = *a.cfg.Virtual
	}
	signalling, err := a.signalling(virtual.SIP)
	if err != nil {
		return err
	}
	a.switchboard, err = line.New(line.Config{
		SIP: signalling, E164: a.plan.E164, Encryption: encryption(c.SIP.Trunks), Networks: mediaNetworks(c.SIP.Trunks),
		Media:  media.Config{Bind: hosts(c.SIP.Listen), Public: c.SIP.PublicIP, Low: c.RTP.Ports.First, High: c.RTP.Ports.Last, Wire: virtual.Media, Log: a.log},
		Voices: a.voices, Spool: a.cfg.Decorators.spool(a.disk.spool), Converse: converse, Routes: a.dialler.Routes, Said: a.said, Log: a.log,
		Answered: a.metrics.CallAnswered, Refused: a.metrics.CallRefused, Ended: func(s media.LegStats) { a.metrics.LegEnded(quality(s)) }, Reported: a.reported,
	})
	return err
}

// openDispatch makes what gets tickets to engineers, and what takes calls.
func (a *App) openDispatch() *callhandler.Handler {
	c, e, d := a.cfg.Config, a.cfg.Config.Escalation, &a.dispatching
	d.roster = duty.New(a.db.Calls, a.disk.copy.Cache(), a.escalation(), a.log)
	keys := a.console()
	d.dispatcher = dispatch.New(dispatch.Config{
		Desk: a.cfg.Decorators.desk(a.desk), Active: d.active, Calls: &duty.Prover{Legs: a.calls, Store: a.db.Calls, Log: a.log}, Duty: d.roster, Menu: keys, Others: a.dispatching.engaged,
		Telephones: a.cfg.Decorators.telephones(a.switchboard),
		Operator:   dispatch.Operator{Numbers: c.Operator.Numbers, Hours: cmp.Or(c.Operator.Calendar, c.Calendar)},
		Chains:     d.chains, Limits: d.limits, MayDial: a.dialler.May, Spoken: a.plan.Spoken, Installed: a.installed, Blocking: a.blocking,
		Times: ring.Times{Ring: e.Ring, Key: e.Key, Talk: e.Talk, Silence: e.Silence}, NewID: newID, Discards: c.Recordings.RefusedTalks == config.DeleteRefused, Alarm: a.alarm, Log: a.log,
	})
	return callhandler.New(callhandler.Config{
		Desk: a.desk, Dispatch: d.dispatcher, Active: d.active, Records: a.calls, Metrics: a.metrics, Flow: a.flows.Now,
		IVR:      ivr.Config{NewID: newID, Language: a.language, House: a.company, Spoken: a.plan.Spoken, KeepDays: a.cfg.Config.Recordings.KeepDays, Alarm: a.alarm, Log: a.log},
		Converse: keys.Before(console.Conversation(a.cfg.Decorators.conversation(ivr.Converse, a.voices.Shipped))), Log: a.log,
	})
}

// onTelephone tells whether a call runs. Only after openLine.
func (a *App) onTelephone() bool {
	return a.switchboard.Agent().Calls() > 0 || a.switchboard.Engine().Stats().Legs > 0 // a browser's call has a leg, and no dialog
}

// hearOwner takes over the prompts that the owner has replaced. Until it succeeds the voice that ships is heard.
func (a *App) hearOwner(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, ownerTime)
	defer cancel()
	if err := a.owner().CatchUp(ctx); err != nil {
		a.log.Debug("the owner's prompts are taken over later", "error", err)
	}
}

// ownerTime is how long a start, or a round of maintenance, waits for the owner's prompts.
const ownerTime = 2 * time.Second

// engineers are those whom the last plan knows; none before there is one.
func (a *App) engineers() []oncall.Engineer {
	if a.dispatching.roster == nil {
		return nil
	}
	return a.dispatching.roster.Engineers()
}

// console lets engineers work by telephone.
func (a *App) console() *console.Console {
	return console.New(console.Config{
		Engineers: func(c ivr.Caller) []oncall.Engineer {
			return a.dispatching.roster.Of(func(telephone string) bool { return console.Calls(telephone, c, a.plan.E164) })
		},
		PINs: a.dispatching.pins, Desk: a.desk, Accessed: a.db.Store.LogAccess, Reach: duty.Reach{Store: a.db.Calls, Where: a.dispatching.roster.Zone},
		Shifts: a.shifts(), Cover: a.cover(), Prompts: a.recordingLine(),
		CallCustomer: func(ctx context.Context, call ivr.Call, lang prompts.Language, who oncall.Engineer, n tickets.Number) (bool, error) {
			return a.dispatching.dispatcher.CallCustomer(ctx, call, lang, who, n)
		},
		NewID: newID, Spoken: a.plan.Spoken, Alarm: a.alarm, Log: a.log,
	})
}

// recordingLine is where prompts are replaced by telephone; nil where there is none.
func (a *App) recordingLine() console.Prompts {
	c, e164 := a.cfg.Config.Speech.RecordingLine, a.plan.E164
	if c.Number == "" {
		return nil
	}
	return &recording.Line{
		Is: func(dialled string) bool { return e164(dialled) == e164(c.Number) }, Engineers: c.Engineers, Spool: a.disk.spool, Ship: a.voices.AsShipped,
		Booth: upload.Booth{Store: a.db.Store, Line: a.owner(), Now: time.Now}, Log: a.log,
	}
}

// shifts is who is on call, as engineers change it by telephone.
func (a *App) shifts() duty.Shifts {
	return duty.Shifts{Store: a.db.Calls, Log: func(text string) { a.log.Info(text) }}
}

// blocking are the blocking tickets that are open.
func (a *App) blocking(ctx context.Context) ([]tickets.Ticket, error) {
	return console.Blocking(ctx, a.desk)
}

// cover finds somebody who stands in for an engineer.
func (a *App) cover() *cover.Board {
	b := cover.New(cover.Config{
		Ask: func(ctx context.Context, to oncall.Attempt, q ring.Question) string {
			return a.dispatching.dispatcher.AskByTelephone(ctx, to, q)
		},
		Shifts: a.shifts(), Blocking: a.blocking,
		Give: func(ctx context.Context, from, to oncall.Engineer) (int, error) {
			return console.GiveBlocking(ctx, a.desk, from, to, time.Now())
		},
		Keep: a.disk.copy.Cache(), Log: a.log,
	})
	a.dispatching.cover = b
	a.undo.add("questions to engineers", b.Stop)
	return b
}

// escalation are the values of a policy that says nothing of its own.
func (a *App) escalation() escalation.Defaults {
	e := a.cfg.Config.Escalation
	return escalation.Defaults{Ring: e.Ring, Rounds: e.Rounds}
}

// language is that of the number dialled, else the line's own.
func (a *App) language(dialled string) prompts.Language {
	e164 := a.plan.E164
	for number, l := range a.cfg.Config.Languages { // no two are the same number
		if e164(number) == e164(dialled) {
			return l
		}
	}
	return a.disk.settings.Language()
}

// spoken are the languages that the owner has named.
func (a *App) spoken() []prompts.Language {
	return append(slices.Collect(maps.Values(a.cfg.Config.Languages)), a.disk.settings.Language())
}

// languageText is the line's own language as tickets have it.
func (a *App) languageText() string { return string(a.disk.settings.Language()) }

// namesKnown tells whether everybody whose name is spoken was read from the store.
func (a *App) namesKnown() bool {
	return !a.offline.Waits() && a.dispatching.roster != nil && a.dispatching.roster.Known()
}

// companyName is the company's name as it is read; empty where it has none.
func (a *App) companyName() string { return a.disk.settings.Profile().Name }

// company is the company's name as it is said; empty where it has none.
func (a *App) company() string { return a.disk.settings.Profile().SpokenName() }

// listed tells whether a number may be called at all: an engineer's, an operator's, or one of a customer's.
func (a *App) listed(number string) bool {
	e164 := a.plan.E164
	same := func(other string) bool { return e164(other) == e164(number) }
	if slices.ContainsFunc(a.cfg.Config.Operator.Numbers, same) || a.dispatching.roster.HasTelephone(same) {
		return true
	}
	_, known := a.desk.Owner(number)
	return known
}

// said hands a phrase on as text.
func (a *App) said(to string, lang prompts.Language, p prompts.Phrase) {
	if a.cfg.Said != nil {
		a.cfg.Said(to, lang, a.voices.Book(lang).Text(p))
	}
}
