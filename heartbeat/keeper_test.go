package heartbeat_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline/directory"
	"hotline/heartbeat"
	"hotline/intake"
	"hotline/memory"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
)

// monday is a working day at ten in Rome.
var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// house keeps the heartbeats of Rossi, whose alerts go to a real desk.
type house struct {
	t      *testing.T
	store  *memory.Store
	desk   *tickets.Desk
	intake *fallible
	keeper *heartbeat.Keeper
	key    string
	now    time.Time
}

// fallible is an Alerting Manager that can be told to fail.
type fallible struct {
	*intake.Intake
	err   error
	first func() // what happens before; nil: nothing
}

func (f *fallible) Take(ctx context.Context, o intake.Origin, b intake.Batch, now time.Time) (intake.Outcome, error) {
	if f.err != nil {
		return intake.Outcome{}, f.err
	}
	if f.first != nil {
		f.first()
	}
	if ctx.Err() != nil {
		return intake.Outcome{}, ctx.Err()
	}
	return f.Intake.Take(ctx, o, b, now)
}

// nightly is a job that runs at three at night in Rome, with an hour of grace.
func nightly() heartbeat.Heartbeat {
	return heartbeat.Heartbeat{
		ID: "backup", Contract: "rossi", Installation: "plant", Title: "the nightly backup", Severity: "critical",
		Rule: heartbeat.Rule{Schedule: "0 3 * * *", Zone: "Europe/Rome", Grace: 3600},
	}
}

func open(t *testing.T, doc heartbeat.Heartbeat) *house {
	t.Helper()
	ctx := t.Context()
	h := &house{t: t, store: memory.New(417), now: monday}
	for _, l := range sla.DefaultLevels() {
		_, err := h.store.PutLevel(ctx, l)
		must(t, err)
	}
	for _, c := range sla.DefaultCalendars() {
		_, err := h.store.PutCalendar(ctx, c)
		must(t, err)
	}
	_, err := h.store.PutCustomer(ctx, directory.Customer{ID: "rossi", Name: "Rossi S.p.A."})
	must(t, err)
	_, err = h.store.PutContract(ctx, directory.Contract{ID: "rossi", Customer: "rossi", Level: sla.Professional, Language: "it", ValidFrom: monday.AddDate(-1, 0, 0), RemoteAccess: true})
	must(t, err)
	book, err := directory.ReadBook(ctx, h.store, monday)
	must(t, err)
	var mu sync.Mutex
	ids := 0
	newID := func() string { mu.Lock(); defer mu.Unlock(); ids++; return fmt.Sprint("e", ids) }
	h.desk = tickets.NewDesk(tickets.DeskConfig{Store: h.store, Book: book, Numbers: h.store, Own: sla.OfficeHours, NewID: newID})
	h.intake = &fallible{Intake: intake.New(intake.Config{Store: h.store, Desk: h.desk, Numbers: h.store, NewID: newID, Language: func() string { return "en" }, Log: slog.New(slog.DiscardHandler)})}
	h.keeper = h.restarted()
	_, err = h.store.PutHeartbeat(ctx, doc)
	must(t, err)
	must(t, h.keeper.Edited(ctx, doc.ID, heartbeat.Heartbeat{}, h.now))
	h.key, err = h.keeper.Rekey(ctx, doc.ID, h.now)
	must(t, err)
	return h
}

// restarted is the keeper of a new process.
func (h *house) restarted() *heartbeat.Keeper {
	n := 0
	return heartbeat.New(heartbeat.Config{
		Store: h.store, Intake: h.intake, Process: h.now.String(), NewKey: func() string { n++; return fmt.Sprint("key", h.now.Unix(), n) }, Log: slog.New(slog.DiscardHandler),
	})
}

func (h *house) says(kind heartbeat.Kind, text string, code int) {
	h.t.Helper()
	must(h.t, h.keeper.Signal(h.t.Context(), h.key, heartbeat.Signal{At: h.now, Kind: kind, Code: code, Text: text}))
}

// until lets time pass, looking every ten seconds as the program does.
func (h *house) until(at time.Time) {
	h.t.Helper()
	for h.now.Before(at) {
		h.now = h.now.Add(10 * time.Second)
		must(h.t, h.keeper.Due(h.t.Context(), h.now))
	}
}

func (h *house) history(n tickets.Number) string {
	h.t.Helper()
	lines, err := h.desk.History(h.t.Context(), n)
	must(h.t, err)
	var all strings.Builder
	for _, e := range lines {
		fmt.Fprintf(&all, "%s %s\n", e.Kind, e.Text)
	}
	return all.String()
}

func (h *house) live() (list []tickets.Number) {
	h.t.Helper()
	open, err := h.store.OpenOf(h.t.Context(), "rossi")
	must(h.t, err)
	for _, k := range open {
		list = append(list, k.Number)
	}
	return list
}

// at is an instant of the night to Tuesday, in Rome.
func (h *house) at(hour, minute int) time.Time {
	return time.Date(2026, 11, 24, hour, minute, 0, 0, rome(h.t))
}

func TestABackupThatDoesNotRunOpensATicketAndClosesItWhenItIsBack(t *testing.T) {
	h := open(t, nightly())
	h.until(monday.Add(time.Hour))
	if len(h.live()) != 0 {
		t.Fatal("a heartbeat that has never beaten opened a ticket")
	}
	h.says(heartbeat.Success, "", 0)
	h.until(h.at(3, 59))
	if len(h.live()) != 0 {
		t.Fatalf("tickets %v within the hour of grace", h.live())
	}
	h.until(h.at(4, 1))
	if list := h.live(); len(list) != 1 {
		t.Fatalf("live are %v after the hour of grace", list)
	}
	if k, err := h.desk.Ticket(t.Context(), 417); err != nil || k.Category() != sla.Blocking || k.Channel != tickets.Alert {
		t.Errorf("it is %s by %s, %v", k.Category(), k.Channel, err)
	}
	if said := h.history(417); !strings.Contains(said, "the nightly backup\nno beat came, which was expected on Tuesday 24 November 2026 at 03:00, Europe/Rome\nit last beat on Monday 23 November 2026 at 11:00, Europe/Rome") {
		t.Errorf("its history says\n%s", said)
	}
	h.until(h.at(7, 12))
	h.says(heartbeat.Success, "", 0)
	if said := h.history(417); !strings.Contains(said, "resolved: the nightly backup, back after 3 h 12 min; restored, to be confirmed") {
		t.Errorf("its history says\n%s", said)
	}
}

func TestABeatOneMinuteEarlyCounts(t *testing.T) {
	h := open(t, nightly())
	h.says(heartbeat.Success, "", 0)
	h.until(h.at(2, 59))
	h.says(heartbeat.Success, "", 0)
	h.until(h.at(23, 0))
	if len(h.live()) != 0 {
		t.Errorf("a backup of 02:59 is missed: %s", h.history(417))
	}
}

func TestAFailureIsToldAtOnceWithItsCodeAndText(t *testing.T) {
	h := open(t, nightly())
	h.says(heartbeat.Start, "", 0)
	h.until(monday.Add(5 * time.Minute))
	h.says(heartbeat.Log, "half of it is done", 0)
	h.says(heartbeat.Fail, "no space left on /backup", 3)
	if said := h.history(417); !strings.Contains(said, "it reported a failure, exit code 3\nno space left on /backup") {
		t.Errorf("its history says\n%s", said)
	}
	b, err := h.store.Beat(t.Context(), "backup")
	must(t, err)
	if s := b.State.Signals; len(s) != 3 || s[2].Took != 5*time.Minute || s[1].Text != "half of it is done" {
		t.Errorf("signals are %+v", s)
	}
}

func TestTheTimeInWhichWeWereDownIsExcused(t *testing.T) {
	h := open(t, nightly())
	h.says(heartbeat.Success, "", 0)
	h.until(h.at(2, 30))
	h.now = h.at(5, 0) // the machine was off while the backup said it was well
	h.keeper = h.restarted()
	h.until(h.at(23, 0))
	if len(h.live()) != 0 {
		t.Fatalf("a beat that we could not hear is a ticket: %s", h.history(417))
	}
	h.until(h.at(4, 1).AddDate(0, 0, 1))
	if len(h.live()) != 1 {
		t.Error("the next one, which did not come, is none")
	}
}

func TestAProcessThatCouldNotWriteDidNotListen(t *testing.T) {
	h := open(t, nightly())
	h.says(heartbeat.Success, "", 0)
	h.until(h.at(2, 30))
	h.now = h.at(4, 30) // the same process goes on, two hours later: its database was away
	h.until(h.at(5, 0))
	if len(h.live()) != 0 {
		t.Fatalf("a beat that could not be kept is a ticket: %s", h.history(417))
	}
}

func TestTheHeartbeatOfAnInstallationWarnsOfRemoteAccessAndNeverChangesIt(t *testing.T) {
	doc := nightly()
	doc.Title, doc.Rule, doc.RemoteAccess = "the tunnel to the plant", heartbeat.Rule{Period: 300, Grace: 60}, true
	h := open(t, doc)
	h.says(heartbeat.Success, "", 0)
	h.until(monday.Add(7 * time.Minute))
	if said := h.history(417); !strings.Contains(said, "may not be reachable by remote access now") {
		t.Errorf("its history says\n%s", said)
	}
	if c, err := h.store.Contract(t.Context(), "rossi"); err != nil || !c.RemoteAccess || c.Version != 1 {
		t.Errorf("the contract is %+v, %v", c, err)
	}
	if k, err := h.desk.Ticket(t.Context(), 417); err != nil || k.Contract != "rossi" {
		t.Errorf("the ticket is under contract %q, %v", k.Contract, err)
	}
}

func TestWhatTheAlertingManagerDidNotHearIsToldAgain(t *testing.T) {
	h := open(t, nightly())
	h.says(heartbeat.Success, "", 0)
	h.intake.err = storage.ErrDown
	h.until(h.at(4, 30))
	h.intake.err = nil
	h.until(h.at(4, 32))
	if len(h.live()) != 1 {
		t.Errorf("live are %v", h.live())
	}
	h.intake.err = storage.ErrDown
	h.says(heartbeat.Success, "", 0)
	h.intake.err = nil
	h.until(h.at(4, 34))
	if k, err := h.desk.Ticket(t.Context(), 417); err != nil || k.State != tickets.Restored {
		t.Errorf("it is %s, %v", k.State, err)
	}
}

func TestAChangedRuleCountsFromTheChange(t *testing.T) {
	h := open(t, nightly())
	h.says(heartbeat.Success, "", 0)
	h.until(monday.Add(3 * time.Hour))
	doc := nightly()
	doc.Version, doc.Rule = 1, heartbeat.Rule{Period: 3600, Grace: 60}
	_, err := h.store.PutHeartbeat(t.Context(), doc)
	must(t, err)
	must(t, h.keeper.Edited(t.Context(), doc.ID, nightly(), h.now))
	h.until(monday.Add(4 * time.Hour))
	if len(h.live()) != 0 {
		t.Error("an hour from the change is not over")
	}
	h.until(monday.Add(4*time.Hour + 2*time.Minute))
	if len(h.live()) != 1 {
		t.Error("an hour from the change, and nothing")
	}
}

// TestTheBeginningAndTheRunHaveTwoGraces: a backup that begins in time may take its own time.
func TestTheBeginningAndTheRunHaveTwoGraces(t *testing.T) {
	doc := nightly()
	doc.Rule.Longest = 4 * 3600
	h := open(t, doc)
	h.says(heartbeat.Success, "", 0)
	h.until(h.at(3, 5))
	h.says(heartbeat.Start, "", 0)
	h.until(h.at(6, 30))
	if len(h.live()) != 0 {
		t.Fatalf("a run of three hours and a half is late: %s", h.history(417))
	}
	h.until(h.at(7, 6))
	if said := h.history(417); !strings.Contains(said, "a run that began on Tuesday 24 November 2026 at 03:05, Europe/Rome has not ended") {
		t.Errorf("its history says\n%s", said)
	}
}

func TestARequestThatIsCutShortIsReportedAllTheSame(t *testing.T) {
	h := open(t, nightly())
	ctx, end := context.WithCancel(t.Context())
	h.intake.first = end // the job hangs up while its failure is being handed in
	must(t, h.keeper.Signal(ctx, h.key, heartbeat.Signal{At: h.now, Kind: heartbeat.Fail}))
	if b, err := h.store.Beat(t.Context(), "backup"); err != nil || b.State.Report != "" || len(h.live()) != 1 {
		t.Errorf("left to report is %q, live are %v, %v", b.State.Report, h.live(), err)
	}
}

func TestAProblemEndsWithItsHeartbeatThoughTheRequestIsCutShort(t *testing.T) {
	h := open(t, nightly())
	h.says(heartbeat.Fail, "", 3)
	ctx, end := context.WithCancel(t.Context())
	h.intake.first = end
	h.keeper.Removed(ctx, nightly(), h.now)
	if said := h.history(417); !strings.Contains(said, "the heartbeat was removed") {
		t.Errorf("its history says\n%s", said)
	}
}

func TestAHeartbeatThatIsGivenToAnotherInstallationTakesItsProblemAlong(t *testing.T) {
	h := open(t, nightly())
	h.says(heartbeat.Fail, "", 3)
	doc := nightly()
	doc.Version, doc.Installation = 1, "office"
	_, err := h.store.PutHeartbeat(t.Context(), doc)
	must(t, err)
	must(t, h.keeper.Edited(t.Context(), doc.ID, nightly(), h.now))
	if said := h.history(417); !strings.Contains(said, "the heartbeat is another installation's now") {
		t.Errorf("its history says\n%s", said)
	}
	firing, err := h.store.Problems(t.Context(), intake.Filter{Firing: true})
	if err != nil || len(firing) != 1 || firing[0].Installation.Name != "office" {
		t.Errorf("firing are %+v, %v", firing, err)
	}
}

func TestAFormerKeyIsUnknown(t *testing.T) {
	h := open(t, nightly())
	former := h.key
	var err error
	h.key, err = h.keeper.Rekey(t.Context(), "backup", h.now)
	must(t, err)
	h.says(heartbeat.Success, "", 0)
	for _, key := range []string{former, "", strings.Repeat("k", 65), "x"} {
		if err := h.keeper.Signal(t.Context(), key, heartbeat.Signal{At: h.now, Kind: heartbeat.Success}); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("key %q: %v", key, err)
		}
	}
}

func TestASilenceIsToldAgainAfterADay(t *testing.T) {
	h := open(t, nightly())
	h.says(heartbeat.Success, "", 0)
	h.until(h.at(4, 1))
	_, err := h.desk.Close(t.Context(), 417, "staff:anna", "it will be back", h.now)
	must(t, err)
	h.until(h.at(4, 3).AddDate(0, 0, 1))
	if list := h.live(); len(list) != 1 || list[0] == 417 {
		t.Errorf("live are %v: a silence that goes on after its ticket was closed is told again", list)
	}
}
