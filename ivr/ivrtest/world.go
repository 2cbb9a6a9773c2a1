package ivrtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"hotline/directory"
	"hotline/ivr"
	"hotline/memory"
	"hotline/oncall"
	"hotline/prompts"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
)

const pinKey = "a key for tests only"

// world is the company of the scripts: the contracts of the demo and some with a fault, over the memory store.
type world struct {
	store *memory.Store
	desk  *tickets.Desk
	human human
	mail  bool // staff are told in writing
	ids   int
	engineers
}

// human answers as the script says.
type human struct {
	reach    ivr.Reach
	operator bool
	desk     *tickets.Desk
	heard    chan<- string
	fail     error
	search   *searching // the latest
}

// Search is one that rings for 30 s; "accepts" in a script lets somebody accept before.
func (h *human) Search(ctx context.Context, _ ivr.Call, _ prompts.Language, t tickets.Ticket) ivr.Search {
	h.heard <- fmt.Sprintf("(rings-rota %d)", t.Number)
	s := &searching{human: h, ticket: t.Number, end: time.Now().Add(30 * time.Second), accepted: make(chan struct{})}
	h.search = s
	return s
}

// searching is a search for one caller.
type searching struct {
	*human
	ticket   tickets.Number
	end      time.Time
	accepted chan struct{} // closed by the script
	message  string
	record   bool // the talk
}

func (s *searching) Calls(context.Context) bool { return s.reach != ivr.NoRota }
func (s *searching) Accepted() <-chan struct{}  { return s.accepted }
func (s *searching) Wait() ivr.Reach            { return s.reach }
func (s *searching) Message(recording string)   { s.message = recording }
func (s *searching) MayRecord(yes bool)         { s.record = yes }

func (s *searching) Join(ctx context.Context) (ivr.Reach, error) {
	s.heard <- "(waits-for-an-engineer)"
	if s.record {
		s.heard <- "(may-be-recorded)"
	}
	select {
	case <-time.After(time.Until(s.end)):
		return s.reach, errors.Join(s.fail, s.note(ctx, s.ticket))
	case <-s.accepted:
		s.heard <- "(talks)"
		select {
		case <-time.After(time.Minute):
		case <-ctx.Done():
		}
		return ivr.Talked, context.Cause(ctx)
	case <-ctx.Done():
		return ivr.Nobody, context.Cause(ctx)
	}
}

// note writes down that nobody was reached, as a search does.
func (h *human) note(ctx context.Context, n tickets.Number) error {
	kind, ok := map[ivr.Reach]tickets.EventKind{ivr.Nobody: tickets.Unreached, ivr.Impossible: tickets.Unreached, ivr.NoRota: tickets.RotaGap}[h.reach]
	if !ok || h.fail != nil {
		return nil
	}
	_, err := h.desk.Note(ctx, n, tickets.Event{Kind: kind, Actor: "system"}, time.Now())
	return err
}

func (h *human) Operator(ctx context.Context, _ ivr.Call, o ivr.OperatorCall) (bool, error) {
	for _, w := range Words(o.Language, o.Calling) {
		h.heard <- w
	}
	h.heard <- "(rings-operator)"
	select {
	case <-time.After(10 * time.Second):
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
	if !h.operator {
		return false, nil
	}
	h.heard <- "(talks-to-operator)"
	if o.Ticket != nil {
		if _, err := o.Ticket(); err != nil {
			return false, err
		}
		h.heard <- "(is-recorded)"
	}
	select {
	case <-time.After(time.Minute):
	case <-ctx.Done():
	}
	return true, context.Cause(ctx)
}

// contracts of the world by PIN.
func contracts() map[string]directory.Contract {
	ended := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	return map[string]directory.Contract{
		"314159": {ID: "rossi", Customer: "rossi", Level: sla.Extended, Language: "it", RemoteAccess: true},
		"271828": {ID: "verdi", Customer: "verdi", Level: sla.Advanced, Language: "it", RemoteAccess: true, KeepDays: 90},
		"161803": {ID: "bianchi", Customer: "bianchi", Level: sla.Professional, Language: "it", RemoteAccess: true},
		"112358": {ID: "neri", Customer: "neri", Level: sla.Professional, Language: "it", RemoteAccess: true, ValidUntil: ended},
		"141421": {ID: "smith", Customer: "smith", Level: sla.Professional, Language: "en", RemoteAccess: true, AfterHours: directory.AfterHoursRing},
		"264575": {ID: "gialli", Customer: "gialli", Level: sla.Professional, RemoteAccess: true}, // no language of its own
		"223606": {ID: "rosa", Customer: "rosa", Level: sla.Professional, Language: "it", RemoteAccess: true, SlowMenus: true},
		"244948": {ID: "viola", Customer: "viola", Level: sla.Extended, Language: "it", RemoteAccess: true, RecordTalks: true},
		"282842": {ID: "pink", Customer: "pink", Level: sla.Extended, Language: "en", RemoteAccess: true, RecordTalks: true, SlowMenus: true},
		"173205": {ID: "brown", Customer: "brown", Level: sla.Extended, Language: "en"},
		"331662": {ID: "schmidt", Customer: "schmidt", Level: sla.Extended, Language: "de", RemoteAccess: true},
	}
}

func newWorld(ctx context.Context, now time.Time) (*world, error) {
	w := &world{store: memory.New(417), human: human{reach: ivr.Talked}}
	for _, c := range sla.DefaultCalendars() {
		if _, err := w.store.PutCalendar(ctx, c); err != nil {
			return nil, err
		}
	}
	for _, l := range sla.DefaultLevels() {
		if _, err := w.store.PutLevel(ctx, l); err != nil {
			return nil, err
		}
	}
	for pin, c := range contracts() {
		if _, err := w.store.PutCustomer(ctx, directory.Customer{ID: c.Customer, Name: string(c.Customer)}); err != nil {
			return nil, err
		}
		if _, err := w.store.PutContract(ctx, c); err != nil {
			return nil, err
		}
		if err := w.store.SetPIN(ctx, c.ID, directory.HashPIN([]byte(pinKey), pin)); err != nil {
			return nil, err
		}
	}
	book, err := directory.ReadBook(ctx, w.store, now)
	if err != nil {
		return nil, err
	}
	w.desk = tickets.NewDesk(tickets.DeskConfig{
		Store: w.store, Book: book, Numbers: w.store, PINKey: []byte(pinKey), Own: sla.OfficeHours, NewID: w.newID,
		Updates: func(tickets.Update) bool { return w.mail },
	})
	w.human.desk = w.desk
	return w, nil
}

func (w *world) newID() string {
	w.ids++
	return fmt.Sprintf("id-%d", w.ids)
}

// given opens a ticket that stands before the call: "blocking", "question" and so on, by a PIN's contract.
func (w *world) given(ctx context.Context, pin, category string, now time.Time) error {
	id, _, err := w.desk.Identify(pin, "", now)
	if err != nil {
		return err
	}
	_, err = w.desk.Open(ctx, tickets.Draft{Identity: id, Claim: sla.Category(category), Channel: tickets.Phone, Actor: "caller", Call: "before"}, now)
	return err
}

// step is what staff do to the first ticket before the call.
func (w *world) step(ctx context.Context, what string, now time.Time) (err error) {
	const n, staff = 417, "staff:carla"
	switch what {
	case "assigned-to-anna":
		_, err = w.desk.TakeCharge(ctx, n, "anna", "", now)
	case "assigned":
		if _, err := w.store.PutEngineer(ctx, oncall.Engineer{ID: "marco", Name: "marco", Phones: []string{"06999"}}); err != nil && !errors.Is(err, storage.ErrExists) {
			return err
		}
		_, err = w.desk.Assign(ctx, n, staff, "marco", now)
	case "restored":
		_, err = w.desk.Restored(ctx, n, staff, now)
	case "closed":
		_, err = w.desk.Close(ctx, n, staff, "", now)
	case "not_request":
		_, err = w.desk.MarkNotRequest(ctx, n, staff, now)
	case "noted":
		_, err = w.desk.Comment(ctx, n, staff, "seen", now)
	case "waiting":
		_, err = w.desk.WaitForCustomer(ctx, n, staff, "", now)
	case "resumed":
		_, err = w.desk.Resume(ctx, n, staff, "", now)
	case "no-access":
		_, err = w.desk.WithdrawAccess(ctx, n, staff, "", now)
	case "access":
		_, err = w.desk.GiveAccess(ctx, n, staff, "", now)
	case "intervention":
		_, err = w.desk.Intervene(ctx, n, staff, now)
	default:
		err = fmt.Errorf("staff do not know the step %q", what)
	}
	return err
}

// known makes a fault of one contract known, or a notice for its callers, with the words that they hear of it.
func (w *world) known(ctx context.Context, kind directory.AnnouncementKind, c directory.ContractID, words string) error {
	said := directory.Words{}
	for _, lang := range prompts.Languages() {
		said[string(lang)] = words
	}
	if _, err := w.store.PutFault(ctx, directory.KnownFault{ID: cmp.Or(string(kind), "fault"), Kind: kind, Contracts: []directory.ContractID{c}, Words: said}); err != nil {
		return err
	}
	book, err := directory.ReadBook(ctx, w.store, time.Now())
	w.desk.SetBook(book)
	return err
}
