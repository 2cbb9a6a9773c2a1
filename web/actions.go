package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"hotline/oncall"
	"hotline/sla"
	"hotline/tickets"
	"hotline/web/editing"
)

// doing is what an action does to a ticket.
type doing func(s *server, r *request, n tickets.Number) (tickets.Ticket, error)

// action is something that people do to a ticket by a form of its page: "POST /tickets/{number}/NAME".
type action struct {
	name   string
	states []tickets.State     // in which its button is shown; the desk's own tables decide, and a test holds the two together
	writes tickets.EventKind   // the line of the history that tells of it
	fact   func(*request) fact // of that line, as the form says it; nil: the line has the form's words
	do     doing
}

// pattern is the action's route.
func (a action) pattern() string { return "POST /tickets/{number}/" + a.name }

// textMost is how many characters a text for the history may have, as over the API.
const textMost = 10_000

// dayMinutes is the longest time that one line of time spent may tell.
const dayMinutes = 24 * 60

// errLong is a text that is longer.
var errLong = errors.New("the text is too long")

// errMinutes is time spent that is none, or more than a day's.
var errMinutes = errors.New("the minutes are not 1 to 1440")

// errUnfit is a form that says something which does not exist.
var errUnfit = errors.New("the form names something that does not exist")

// actions are all of them, in the order of their buttons.
func actions() []action {
	free := []tickets.State{tickets.Open, tickets.Assigned, tickets.InProgress}
	alive := append(slices.Clone(free), tickets.Waiting)
	worked := append(slices.Clone(alive), tickets.Restored)
	ended := []tickets.State{tickets.Closed, tickets.NotRequest}
	taken := func(r *request) fact { return fact{"engineer", r.User.Engineer} }
	given := func(r *request) fact { return fact{"engineer", r.FormValue("engineer")} }
	none := func(*request) fact { return fact{} } // its line says nothing of the form
	assessed := func(r *request) fact { return fact{"to", r.FormValue("category")} }
	return []action{
		{"comment", append(slices.Clone(worked), ended...), tickets.Commented, nil, said((*tickets.Desk).Comment)},
		{"answer", append(slices.Clone(worked), ended...), tickets.Commented, nil, said((*tickets.Desk).Answer)},
		{"take", alive, tickets.AssignedTo, taken, assign(taken)},
		{"assign", alive, tickets.AssignedTo, given, assign(given)},
		{"contact", alive, tickets.Contacted, nil, entered(sla.Contact)},
		{"intervention", worked, tickets.Intervened, nil, entered(sla.Intervention)},
		{"waiting", free, tickets.WaitingFor, nil, said((*tickets.Desk).WaitForCustomer)},
		{"resume", []tickets.State{tickets.Waiting}, tickets.Resumed, nil, said((*tickets.Desk).Resume)},
		{"call-back", alive, tickets.CallBackAsked, nil, func(s *server, r *request, n tickets.Number) (tickets.Ticket, error) {
			return s.Desk.AskCallBack(r.Context(), n, r.actor(), r.text(), r.Now, r.Now)
		}},
		{"ring", alive, tickets.RingAsked, none, func(s *server, r *request, n tickets.Number) (tickets.Ticket, error) {
			return s.Desk.AskRing(r.Context(), n, r.actor(), r.Now)
		}},
		{"restored", worked, tickets.RestoredAt, nil, entered(sla.Restore)},
		{"close", worked, tickets.ClosedAtKind, nil, said((*tickets.Desk).Close)},
		{"reopen", ended, tickets.Reopened, nil, said((*tickets.Desk).Reopen)},
		{"assess", append(slices.Clone(worked), tickets.Closed), tickets.Assessed, assessed, func(s *server, r *request, n tickets.Number) (tickets.Ticket, error) {
			c := sla.Category(r.FormValue("category"))
			if !c.Valid() {
				return tickets.Ticket{}, errUnfit
			}
			return s.Desk.Assess(r.Context(), n, r.actor(), r.User.Engineer, c, r.Now)
		}},
		{"time", append(slices.Clone(worked), ended...), tickets.TimeAdded, nil, func(s *server, r *request, n tickets.Number) (tickets.Ticket, error) {
			minutes, err := strconv.Atoi(r.FormValue("minutes"))
			if err != nil || minutes < 1 || minutes > dayMinutes {
				return tickets.Ticket{}, errMinutes
			}
			return s.Desk.AddTime(r.Context(), n, tickets.Spent{Minutes: minutes, Who: cmp.Or(r.User.Engineer, r.User.Name), What: r.text(), By: r.actor()}, r.Now)
		}},
	}
}

// said is one of the desk's verbs that take words.
func said(verb func(*tickets.Desk, context.Context, tickets.Number, string, string, time.Time) (tickets.Ticket, error)) doing {
	return func(s *server, r *request, n tickets.Number) (tickets.Ticket, error) {
		return verb(s.Desk, r.Context(), n, r.actor(), r.text(), r.Now)
	}
}

// entered meets a clock now.
func entered(k sla.Kind) doing {
	return func(s *server, r *request, n tickets.Number) (tickets.Ticket, error) {
		return s.Desk.Enter(r.Context(), n, r.actor(), tickets.Entry{Clock: k, Text: r.text()}, r.Now)
	}
}

// text is what the form says in words.
func (r *request) text() string {
	return strings.TrimSpace(strings.ReplaceAll(r.FormValue("text"), "\r\n", "\n"))
}

// assign gives a ticket to the engineer whom the form names, and who exists.
func assign(to func(*request) fact) doing {
	return func(s *server, r *request, n tickets.Number) (tickets.Ticket, error) {
		all, err := s.Store.Engineers(r.Context())
		if err != nil {
			return tickets.Ticket{}, fmt.Errorf("reading engineers: %w", err)
		}
		engineer := to(r).Value
		if !slices.ContainsFunc(all, func(e oncall.Engineer) bool { return string(e.ID) == engineer }) {
			return tickets.Ticket{}, errUnfit
		}
		t, err := s.Desk.Assign(r.Context(), n, r.actor(), engineer, r.Now)
		if errors.Is(err, tickets.ErrNoEngineer) { // removed since
			err = errUnfit
		}
		return t, err
	}
}

// act does an action, and shows the ticket as it stands then. A form that was filled in before colleagues did something is not
// done: the page shows what they did beside it. A form that comes twice is done once.
func (s *server) act(a action) func(http.ResponseWriter, *request) {
	return func(w http.ResponseWriter, r *request) {
		ctx := r.Context()
		n, err := numberOf(r)
		if err != nil {
			s.answerError(w, r, err)
			return
		}
		defer s.forms.Take(ctx, n)() // the second press of a button looks for what the first one wrote
		lines, err := s.Desk.History(ctx, n)
		if err != nil {
			s.answerError(w, r, err)
			return
		}
		since := r.since(lines)
		if missed := r.missed(since); len(missed) > 0 && !r.wrote(a, since) {
			s.stale(w, r, a, lines, missed)
			return
		}
		err = s.perform(a, r, n, since)
		var move *tickets.MoveError
		var held *tickets.HeldError
		switch {
		case errors.As(err, &held):
			s.ticketAgain(w, r, http.StatusConflict, r.T("page-held", held.Reason))
		case errors.Is(err, tickets.ErrNoReason):
			s.ticketAgain(w, r, http.StatusUnprocessableEntity, r.T("page-no-reason"))
		case errors.As(err, &move):
			s.ticketAgain(w, r, http.StatusConflict, r.T("page-not-in-state", r.StateName(move.From)))
		case errors.Is(err, errLong):
			s.ticketAgain(w, r, http.StatusUnprocessableEntity, r.T("page-long-text", textMost))
		case errors.Is(err, tickets.ErrEmpty):
			s.ticketAgain(w, r, http.StatusUnprocessableEntity, r.T("page-empty-text"))
		case errors.Is(err, errMinutes):
			s.ticketAgain(w, r, http.StatusUnprocessableEntity, r.T("page-minutes-unfit", dayMinutes))
		case errors.Is(err, errUnfit):
			s.ticketAgain(w, r, http.StatusUnprocessableEntity, r.T("page-unfit"))
		case err != nil:
			s.answerError(w, r, err)
		default:
			if err := editing.Sent(context.WithoutCancel(ctx), s.Store, r.User.Name, n, r.text(), r.FormValue("draft")); err != nil {
				s.Log.WarnContext(ctx, "web: a draft that was sent stays", "ticket", int64(n), "error", err)
			}
			s.Log.InfoContext(ctx, "web: staff wrote", "by", r.User.Name, "ticket", int64(n), "what", a.name)
			http.Redirect(w, r.Request, r.address(n), http.StatusSeeOther)
		}
	}
}

// perform does what was not done yet of an action. Words that its own line does not take become a note.
func (s *server) perform(a action, r *request, n tickets.Number, since []tickets.Event) error {
	if utf8.RuneCountInString(r.text()) > textMost {
		return errLong
	}
	if !r.wrote(a, since) {
		if _, err := a.do(s, r, n); err != nil {
			return err
		}
	}
	if a.fact == nil || r.text() == "" || r.wrote(action{writes: tickets.Commented}, since) {
		return nil
	}
	_, err := s.Desk.Comment(r.Context(), n, r.actor(), r.text(), r.Now)
	return err
}

// since are the lines that a history got since the form was shown. A form that does not say when that was is taken as it is.
func (r *request) since(lines []tickets.Event) []tickets.Event {
	seen := r.FormValue("seen")
	at := slices.IndexFunc(lines, func(e tickets.Event) bool { return e.ID == seen })
	if at < 0 {
		return nil
	}
	return lines[at+1:]
}

// wrote tells whether whoever asks has done since then what the form says: the button was pressed twice, or the page sent again.
func (r *request) wrote(a action, since []tickets.Event) bool {
	return slices.ContainsFunc(since, func(e tickets.Event) bool {
		if e.Actor != r.actor() || e.Kind != a.writes {
			return false
		}
		if a.fact == nil {
			return e.Text == r.text() && (e.Kind != tickets.TimeAdded || e.Facts["minutes"] == r.FormValue("minutes"))
		}
		f := a.fact(r)
		return e.Facts[f.Name] == f.Value
	})
}

// address is where a ticket is shown.
func (r *request) address(n tickets.Number) string { return fmt.Sprintf("/tickets/%d", n) }

// missed are the lines that colleagues wrote. What the line itself wrote, and what one did oneself in another tab, is none of it.
func (r *request) missed(since []tickets.Event) []tickets.Event {
	var list []tickets.Event
	for _, e := range since {
		person := strings.HasPrefix(e.Actor, "staff:") || strings.HasPrefix(e.Actor, "engineer:")
		if person && e.Actor != r.actor() && !slices.Contains(byTheLine(), e.Kind) {
			list = append(list, e)
		}
	}
	return list
}

// byTheLine are what the line writes of an engineer's telephone: nobody did it.
func byTheLine() []tickets.EventKind {
	return []tickets.EventKind{tickets.Rang, tickets.CallerGone, tickets.TalkEnded, tickets.LegLost}
}

// stalePage shows what colleagues did beside what was about to be done.
type stalePage struct {
	page
	Number tickets.Number
	Lines  []line
	Action string
	Choice string // what the form chose, in words: a category, an engineer
	Fields []fact // what it said beside the words
	Text   string
	Seen   string
}

func (s *server) stale(w http.ResponseWriter, r *request, a action, lines, missed []tickets.Event) {
	n, _ := numberOf(r) // it was read before
	engineers, err := s.Store.Engineers(r.Context())
	if err != nil {
		s.answerError(w, r, err)
		return
	}
	r.Title, r.Here = "page-stale-title", r.address(n)
	p := stalePage{page: r.page, Number: n, Action: a.name, Text: r.text(), Seen: lines[len(lines)-1].ID}
	for _, e := range missed {
		p.Lines = append(p.Lines, r.line(e, namesOf(engineers)))
	}
	for _, name := range []string{"category", "engineer", "minutes", "draft"} {
		if value := r.FormValue(name); value != "" {
			p.Fields = append(p.Fields, fact{name, value})
		}
	}
	switch a.name {
	case "assign":
		p.Choice = namesOf(engineers).of(r.FormValue("engineer"))
	case "time":
		p.Choice = r.T("page-minutes-form") + ": " + r.FormValue("minutes")
	case "assess":
		p.Choice = r.Words.Category(r.FormValue("category"))
	}
	s.render(w, r, http.StatusConflict, "stale", p)
}

// ticketAgain shows the ticket with what is wrong with a form, and keeps what the form said.
func (s *server) ticketAgain(w http.ResponseWriter, r *request, status int, problem string) {
	p, err := s.whole(r.Context(), r, "")
	if err != nil {
		s.answerError(w, r, err)
		return
	}
	p.Problem = problem
	s.render(w, r, status, "ticket", p)
}

// offers are the actions that a ticket's state and the role of whoever looks allow.
func (r *request) offers(t tickets.Ticket) map[string]bool {
	offered := map[string]bool{}
	for _, a := range actions() {
		if slices.Contains(a.states, t.State) && r.May(a.pattern()) && (a.name != "take" || r.User.Engineer != "" && r.User.Engineer != t.Assignee) {
			offered[a.name] = true
		}
	}
	return offered
}

// movedClock is one deadline that another category would move.
type movedClock struct {
	Name         string
	Was, Becomes string
}

// previewed shows the ticket with what another category would do to its clocks. It keeps what the form said, and changes nothing.
func (s *server) previewed(w http.ResponseWriter, r *request) {
	p, err := s.whole(r.Context(), r, sla.Category(r.FormValue("category")))
	if err != nil {
		s.answerError(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, "ticket", p)
}

// preview tells what the clocks would do under another category.
func (s *server) preview(ctx context.Context, r *request, t tickets.Ticket, c sla.Category) ([]movedClock, error) {
	moves, err := s.Desk.PreviewAssessment(ctx, t.Number, c, r.Now)
	var list []movedClock
	for _, m := range moves {
		list = append(list, movedClock{r.Words.Clock(string(m.Clock)), r.orNone(m.Was), r.orNone(m.Becomes)})
	}
	return list, err
}

func (r *request) orNone(t time.Time) string {
	if t.IsZero() {
		return r.T("page-no-deadline")
	}
	return r.Instant(t)
}
