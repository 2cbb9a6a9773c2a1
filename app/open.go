package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"hotline/admin"
	"hotline/admin/metrics"
	"hotline/alarm"
	"hotline/app/outbound"
	"hotline/app/spoken"
	"hotline/callhandler"
	"hotline/calls"
	"hotline/callstore"
	"hotline/config"
	"hotline/directory"
	"hotline/dispatch"
	"hotline/ivr"
	"hotline/journal"
	"hotline/line"
	"hotline/media"
	"hotline/oncall/duty"
	"hotline/oncall/ring"
	"hotline/postgres"
	"hotline/postgres/local"
	"hotline/prompts"
	"hotline/sip"
	"hotline/storage"
	"hotline/tickets"
)

// openFolder makes the data folder and keeps it for this process.
func (a *App) openFolder(context.Context) error {
	if err := a.tolerable(a.folders.make()); err != nil {
		return err
	}
	unlock, err := a.folders.lock()
	if err != nil {
		return a.tolerable(err)
	}
	a.undo.add("the data folder", func(context.Context) error { return unlock() })
	return nil
}

// tolerable says what keeps nobody out in the log, and gives back the rest.
func (a *App) tolerable(err error) error {
	switch {
	case errors.Is(err, errLockless):
		a.log.Warn("the data folder is not locked", "error", err)
		return nil
	case errors.Is(err, syscall.ENOSPC):
		a.alarm(alarm.Disk, err.Error()+": tickets are kept in the room that is reserved for them, messages are not; make room")
		return nil
	}
	return err
}

// openStore connects to the database, or starts a private one.
func (a *App) openStore(ctx context.Context) error {
	if a.cfg.Virtual != nil {
		a.store, a.ping = a.cfg.Virtual.Store, func(context.Context) error { return nil }
		return nil
	}
	known := a.cached() // what the last start left on the disk is enough to take calls
	url, err := a.databaseURL(ctx, known)
	if err != nil {
		return err
	}
	store, err := postgres.Open(ctx, url, postgres.Config{Late: known, Log: quiet(a.log)})
	if err != nil {
		return err
	}
	a.store, a.ping = store, store.Ping
	late := store.Late() // also when it answers by now: its schema may be an old one
	if late == nil && known {
		late = store.Ping(ctx)
	}
	if errors.Is(late, storage.ErrDown) {
		a.log.Warn("the database does not answer: calls are taken with what the disk remembers", "error", late)
		a.late = &lateStore{prepare: store.Prepare}
	}
	a.undo.add("the database's connections", func(context.Context) error { store.Close(); return nil })
	return nil
}

// databaseURL is where the database is. A patient start does without a private one that does not start: it may come later.
func (a *App) databaseURL(ctx context.Context, patient bool) (string, error) {
	d := a.cfg.Config.Database
	if d.URLFile != "" {
		text, err := os.ReadFile(d.URLFile)
		if err != nil {
			return "", fmt.Errorf("reading database.url_file: %w", err)
		}
		return strings.TrimSpace(string(text)), nil
	}
	if d.URL != "" {
		return d.URL, nil
	}
	server, err := local.Keep(ctx, local.Config{Dir: a.folders.postgres(), Sockets: a.cfg.Runtime, Log: a.log}, patient)
	if err != nil {
		return "", err
	}
	a.undo.add("the private database", func(context.Context) error { return server.Stop() })
	return server.URL(), nil
}

// openCompany reads what stands in the database, after writing what must stand there.
func (a *App) openCompany(ctx context.Context) error {
	if a.late != nil {
		return a.openFromDisk()
	}
	if err := standing(ctx, a.store); err != nil {
		return err
	}
	var err error
	if a.pinKey, err = readPINKey(ctx, a.store, a.pinKeyFile()); err != nil {
		return err
	}
	if err := a.cache().Put(cachedKey, directory.KeyFingerprint(a.pinKey)); err != nil {
		a.log.Warn("the disk does not remember which PIN key is the right one", "error", err)
	}
	if err := a.judgeCompany(ctx); err != nil {
		return err
	}
	if a.cfg.Demo != nil {
		if err := a.cfg.Demo.found(ctx, a.store, a.pinKey, time.Now()); err != nil {
			return err
		}
	}
	a.flows, err = newFlows(ctx, a.store, a.keepFlow)
	return err
}

// openDisk opens journal, numbers and recordings.
func (a *App) openDisk(ctx context.Context) error {
	var err error
	if a.journal, err = journal.Open(a.folders.journal()); err != nil {
		return err
	}
	if copied := a.journal.Damaged(); copied != "" {
		a.alarm(alarm.Journal, "a part of the journal could not be read, and tickets may be missing; a copy of the file is kept: "+copied)
	}
	a.undo.add("the journal", func(context.Context) error { return a.journal.Close() })
	if a.spool, err = journal.OpenSpool(a.folders.recordings()); err != nil {
		return err
	}
	a.undo.add("the recordings", func(context.Context) error { return a.spool.Close() })
	given, err := a.highestRecorded()
	if err != nil {
		return err
	}
	if a.numbers, err = journal.OpenNumbers(a.folders.journal(), given, a.store.LeaseNumbers); err != nil {
		return err
	}
	if aside := a.numbers.Damaged(); aside != "" {
		a.alarm(alarm.Numbers, "the file of ticket numbers could not be read; numbers go on above every one that is known; it was put aside: "+aside)
	}
	if a.late == nil { // before the first call, which may come when the store is gone again
		if err := a.numbers.Refill(ctx); err != nil {
			a.log.Warn("numbers are not leased ahead", "error", err)
		}
	}
	return nil
}

// openDesk opens the desk and gives the store what a former process left in the journal.
func (a *App) openDesk(ctx context.Context) error {
	book := a.book
	if a.late == nil {
		err := a.replay(ctx)
		if errors.Is(err, storage.ErrDown) { // it answers but takes nothing, as on a full disk
			a.alarm(alarm.Store, "the database takes no changes; calls are taken, and what waits in the journal is written later: "+err.Error())
			a.late, err = &lateStore{prepare: func(context.Context) error { return nil }}, nil
		}
		if err != nil {
			return err
		}
		if book, err = directory.ReadBook(ctx, a.store, time.Now()); err != nil {
			return err
		}
		if !a.stranger(book) {
			a.keep(book)
		}
	}
	a.ledger = newLedger(a.store, a.log)
	a.undo.add("what budgets were spent on", func(ctx context.Context) error { a.ledger.complain(ctx, a.ledger.write(ctx)); return nil })
	a.desk = tickets.NewDesk(tickets.DeskConfig{
		Spent:     a.ledger.note,
		Numbering: a.plan, Store: a.store, Quick: callstore.New(a.forCalls(), a.store), Book: book, Numbers: a.numbers, Journal: a.journal, PINKey: a.pinKey, NewID: newID, Own: a.cfg.Config.Calendar,
		Refused:  a.refused,
		Changed:  a.active.Changed,
		Updates:  func(u tickets.Update) bool { return len(a.readers(u)) > 0 },
		Deferred: func(n tickets.Number, err error) { a.log.Warn("a ticket's change waits", "ticket", n, "error", err) },
	})
	a.desk.Load(a.journal.Pending())
	a.calls = calls.New(a.store, a.log)
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	a.running.Go(func() { a.calls.Run(ctx) })
	a.undo.add("the records of calls", func(context.Context) error {
		cancel()
		a.running.Wait()
		return nil
	})
	a.gather(ctx)
	return nil
}

// replay gives the store what a former process left in the journal. What the store refuses waits there for somebody to
// look at it: no caller is to be lost for it.
func (a *App) replay(ctx context.Context) error {
	err := a.journal.Replay(ctx, func(ctx context.Context, c tickets.Change) error { return tickets.Restore(ctx, a.store, c) })
	if err == nil || errors.Is(err, storage.ErrDown) || ctx.Err() != nil {
		return err
	}
	a.alarm(alarm.Journal, "the database refuses changes that stay in the journal: "+err.Error())
	return nil
}

// refused tells of a change that the database will not take: the ticket is served from the journal meanwhile.
func (a *App) refused(n tickets.Number, err error) {
	a.alarm(alarm.Journal, fmt.Sprintf("the database is up and refuses a change of ticket %d, which is kept in the journal and shown to staff all the same; see why, and put it right: %v", n, err))
}

// keep keeps a copy of the book on the disk.
func (a *App) keep(b *directory.Book) {
	if err := a.cache().Put(cachedBook, b); err != nil {
		a.log.Warn("the copy of contracts and calendars is stale", "error", err)
	}
}

// openLine opens the telephone line.
func (a *App) openLine(ctx context.Context) error {
	var err error
	if a.voices, err = newVoices(a.log); err != nil {
		return err
	}
	c := a.cfg.Config
	if d := spoken.Driver(c.Speech); d != nil && a.cfg.Virtual == nil {
		a.voices.names = spoken.New(spoken.Config{Driver: d, Dir: a.folders.spoken(), Book: a.desk.Book, Recorded: a.voices.recorded, Log: a.log})
	}
	a.metrics = metrics.New(prometheus.NewRegistry(), a.mediaCounts, a.lineCounts)
	virtual := Virtual{}
	if a.cfg.Virtual != nil {
		virtual = *a.cfg.Virtual
	}
	signalling, err := a.signalling(virtual.SIP)
	if err != nil {
		return err
	}
	a.dialler = outbound.New(outbound.Config{
		SIP: c.SIP, Limits: c.Outgoing, Operator: c.Operator.Numbers, Listed: a.listed, Plan: a.plan,
		States: func() []sip.TrunkStatus { return a.board.Agent().TrunkStates() },
		Alarm:  func(text string) { a.alarm(alarm.Outgoing, text) }, Spent: a.ledger.note,
	})
	if a.late == nil {
		a.share(ctx) // before the first call: a restart gives nobody new budgets
	}
	handler := func(ctx context.Context, l *line.Line) { a.handler.Handle(ctx, l) }
	a.board, err = line.New(line.Config{
		E164:       a.plan.E164,
		Encryption: encryption(c.SIP.Trunks), Networks: mediaNetworks(c.SIP.Trunks),
		Ended:  func(s media.LegStats) { a.metrics.LegEnded(quality(s)) },
		SIP:    signalling,
		Media:  media.Config{Bind: hosts(c.SIP.Listen), Public: c.SIP.PublicIP, Low: c.RTP.Ports.First, High: c.RTP.Ports.Last, Wire: virtual.Media, Log: a.log},
		Voices: a.voices, Spool: a.cfg.Decorators.spool(a.spool), Converse: handler, Routes: a.dialler.Routes, Said: a.said, Log: a.log,
		Answered: a.metrics.CallAnswered, Refused: a.metrics.CallRefused,
	})
	if err != nil {
		return err
	}
	a.openDispatch()
	if err := a.board.Start(ctx); err != nil {
		return fmt.Errorf("%w; free the port, or say another one with --sip", err)
	}
	a.undo.add("the line", a.board.Stop)
	return nil
}

// openDispatch makes what gets tickets to engineers, and what takes calls.
func (a *App) openDispatch() {
	c, e := a.cfg.Config, a.cfg.Config.Escalation
	a.roster = duty.New(a.forCalls(), a.cache(), a.log)
	a.dispatch = dispatch.New(dispatch.Config{
		Desk: a.cfg.Decorators.desk(a.desk), Active: a.active, Calls: a.calls, Duty: a.roster, Telephones: a.cfg.Decorators.telephones(a.board),
		Operator: dispatch.Operator{Numbers: c.Operator.Numbers, Hours: cmp.Or(c.Operator.Calendar, c.Calendar)},
		MayDial:  a.dialler.May, Spoken: a.plan.Spoken,
		Times: ring.Times{Ring: e.Ring, Key: e.Key, Talk: e.Talk, Silence: e.Silence}, Rounds: e.Rounds, Alarm: a.alarm, Log: a.log,
	})
	a.handler = callhandler.New(callhandler.Config{
		Desk: a.desk, Dispatch: a.dispatch, Active: a.active, Records: a.calls, Metrics: a.metrics, Flow: a.flows.now.Load,
		IVR:      ivr.Config{NewID: newID, Language: a.language, Spoken: a.plan.Spoken, Alarm: a.alarm, Log: a.log},
		Converse: a.cfg.Decorators.conversation(ivr.Converse, a.voices), Log: a.log,
	})
}

// language is that of the number dialled, else the line's own.
func (a *App) language(dialled string) prompts.Language {
	e164 := a.plan.E164
	for number, l := range a.cfg.Config.Languages {
		if e164(number) == e164(dialled) {
			return l
		}
	}
	return a.cfg.Config.Language
}

// listed tells whether a number may be called at all: an engineer's, an operator's, or one of a customer's.
func (a *App) listed(number string) bool {
	e164 := a.plan.E164
	same := func(other string) bool { return e164(other) == e164(number) }
	if slices.ContainsFunc(a.cfg.Config.Operator.Numbers, same) || a.roster.HasTelephone(same) {
		return true
	}
	_, known := a.desk.Owner(number)
	return known
}

func prefixes(list []config.Network) []netip.Prefix {
	var out []netip.Prefix
	for _, n := range list {
		out = append(out, n.Prefix)
	}
	return out
}

func hosts(list []netip.AddrPort) []netip.Addr {
	var out []netip.Addr
	for _, at := range list {
		out = append(out, at.Addr())
	}
	return out
}

func (a *App) mediaCounts() metrics.MediaCounts {
	s := a.board.Engine().Stats()
	return metrics.MediaCounts{
		Legs: s.Legs, Use: s.Load, PacketsIn: s.PacketsIn, PacketsOut: s.PacketsOut, PacketsLate: s.LatePackets, PacketsForeign: s.ForeignPackets,
		BlocksLost: s.BlocksDropped,
	}
}

// said hands a phrase on as text.
func (a *App) said(to string, lang prompts.Language, p prompts.Phrase) {
	if a.cfg.Said != nil {
		a.cfg.Said(to, lang, a.voices.book(lang).Text(p))
	}
}

// forCalls is the store over connections that staff do not take.
func (a *App) forCalls() Store {
	if s, ok := a.store.(*postgres.Store); ok {
		return s.ForCalls()
	}
	return a.store
}

// api is the staff's.
func (a *App) api() http.Handler {
	var names admin.Spoken // not one that holds a nil
	if a.voices.names != nil {
		names = a.voices.names
	}
	return callstore.ForStaff(admin.New(admin.Config{
		Language: a.cfg.Config.Language, Plan: a.plan, Spoken: names,
		Desk: a.desk, Store: a.store, Oncall: a.store, PINs: directory.Issuer{Store: a.store, PINKey: a.pinKey, Random: randomness{}, Contracts: func() int { return a.desk.Book().Contracts.Len() }},
		Recordings: func(_ context.Context, r tickets.Recording) (io.ReadSeekCloser, error) { return a.spool.Open(r.ID) },
		Flows:      a.flows, Trunks: a.trunks, Telephone: a.dialler.Save, Health: health{a}, Metrics: a.metrics, Log: a.log, Now: time.Now,
	}))
}

// health tells what works.
type health struct{ *App }

// Store asks the database.
func (h health) Store(ctx context.Context) error { return h.ping(ctx) }

// Line tells whether the sockets are open.
func (h health) Line(context.Context) error {
	if len(h.board.Agent().Addresses()) == 0 {
		return errors.New("the line has no open socket")
	}
	return nil
}

// Disk writes a file and removes it.
func (h health) Disk(context.Context) error { return h.folders.writable() }

// randomness is the system's.
type randomness struct{}

func (randomness) Read(b []byte) (int, error) { return rand.Read(b) }

// quiet keeps a library's everyday lines out of the log.
func quiet(log *slog.Logger) *slog.Logger { return slog.New(above{log.Handler()}) }

// above passes warnings and worse.
type above struct{ slog.Handler }

func (a above) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && a.Handler.Enabled(ctx, l)
}

func (a above) WithAttrs(attrs []slog.Attr) slog.Handler { return above{a.Handler.WithAttrs(attrs)} }

func (a above) WithGroup(name string) slog.Handler { return above{a.Handler.WithGroup(name)} }
