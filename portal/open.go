package portal

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"hotline/directory"
	"hotline/idempotency"
	"hotline/sla"
	"hotline/storage"
	"hotline/tickets"
)

// Lengths of what a form says, in characters.
const (
	titleMost  = 200
	textMost   = 10_000
	numberMost = 40
	formLength = 2 * secretOctets
)

// openPage is the form of a new request.
type openPage struct {
	page
	Problem    string
	Faults     []string
	Remote     bool // the installation has remote access: the contract's promises hold
	Promises   []promise
	Rings      string // when engineers are rung for a blocking one
	Night      bool   // outside the hours, and the contract has a price for that
	Category   sla.Category
	Heading    string
	Text       string
	Number     string
	Accepted   bool
	Form       string
	Categories []choice
}

// choice is one category.
type choice struct {
	ID   sla.Category
	Name string
}

// promise is what a category is promised if it is opened now.
type promise struct {
	Name  string
	Words []string // empty: no deadline
}

func (p *Portal) openPage(w http.ResponseWriter, r *request) {
	f := openPage{Number: p.firstNumber(r)}
	p.showOpen(w, r, http.StatusOK, f)
}

func (p *Portal) firstNumber(r *request) string {
	if all := p.Desk.Book().Customers.At(r.contract.Customer).Numbers; len(all) > 0 {
		return all[0]
	}
	return ""
}

// covered is the contract by which a request is opened: none where the installation has no remote access, as on the telephone.
func (r *request) covered() directory.ContractID {
	if !r.contract.RemoteAccess {
		return ""
	}
	return r.contract.ID
}

// showOpen shows the form with what each category is promised at this instant, worked out as the ticket's own clocks are.
func (p *Portal) showOpen(w http.ResponseWriter, r *request, status int, f openPage) {
	terms, err := p.Desk.Entitlement(r.covered())
	if err != nil {
		p.answerError(w, r, fmt.Errorf("terms of contract %q: %w", r.covered(), err))
		return
	}
	r.Title, r.Here = "portal-open", "/portal/open"
	f.page, f.Faults, f.Remote, f.Form = r.page, p.faults(r), r.contract.RemoteAccess, newSecret()
	for _, c := range sla.Categories() {
		one := promise{Name: r.Words.Category(string(c))}
		accounts, err := sla.Try(terms.Terms, c, r.Now.Format(time.RFC3339))
		if err != nil {
			p.answerError(w, r, fmt.Errorf("working out what %s is promised: %w", c, err))
			return
		}
		for _, a := range accounts {
			id := "portal-by"
			if a.Clock.Projected {
				id = "portal-by-projected"
			}
			one.Words = append(one.Words, r.T(id, r.Words.Clock(string(a.Clock.Kind)), r.Clock(a.Clock.Due)))
		}
		f.Promises = append(f.Promises, one)
		f.Categories = append(f.Categories, choice{c, one.Name})
	}
	f.Rings = r.T("portal-open-rings-now")
	if !terms.Hours.Open(r.Now) {
		f.Night = terms.AfterHours == directory.AfterHoursRing
		f.Rings = r.T("portal-open-rings-never")
		if at, err := terms.Hours.NextOpen(r.Now); err == nil {
			f.Rings = r.T("portal-open-rings-from", r.Clock(at))
		}
	}
	p.render(w, r, status, "open", f)
}

// filled reads the form; problem tells in words what is wrong with it.
func (r *request) filled() (f openPage, problem string) {
	text := strings.TrimSpace(strings.ReplaceAll(r.FormValue("text"), "\r\n", "\n"))
	f = openPage{
		Category: sla.Category(r.FormValue("category")), Heading: strings.TrimSpace(r.FormValue("title")), Text: text,
		Number: strings.TrimSpace(r.FormValue("number")), Accepted: r.FormValue("night") != "",
	}
	switch {
	case !slices.Contains(sla.Categories(), f.Category):
		problem = r.T("portal-no-category")
	case f.Heading == "" || strings.ContainsAny(f.Heading, "\r\n"):
		problem = r.T("portal-no-title")
	case utf8.RuneCountInString(f.Heading) > titleMost || utf8.RuneCountInString(f.Text) > textMost:
		problem = r.T("portal-long", titleMost, textMost)
	case !dialable(f.Number):
		problem = r.T("portal-bad-number")
	}
	return f, problem
}

// dialable tells whether a text is empty or looks like a telephone number. Where it leads is judged when it is dialled.
func dialable(number string) bool {
	digits := 0
	for _, c := range number {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case !strings.ContainsRune("+ -/().", c):
			return false
		}
	}
	return number == "" || digits >= 3 && len(number) <= numberMost
}

// open opens a request by the same call of the desk as the telephone. A form that comes twice opens one ticket. The number is
// taken and kept under the form's own key first; so even after a crash in between, the second form goes on with that number.
func (p *Portal) open(w http.ResponseWriter, r *request) {
	f, problem := r.filled()
	key := r.FormValue("form")
	if problem == "" && len(key) != formLength {
		problem = r.T("portal-old-form")
	}
	if problem != "" {
		f.Problem = problem
		p.showOpen(w, r, http.StatusUnprocessableEntity, f)
		return
	}
	defer p.forms.Take(r.Context(), sha256.Sum256([]byte("contract\x00"+string(r.contract.ID))))()
	n, first, err := p.claim(r, key, f)
	switch {
	case errors.Is(err, errOtherForm):
		f.Problem = r.T("portal-old-form")
		p.showOpen(w, r, http.StatusConflict, f)
		return
	case errors.Is(err, errBusy):
		f.Problem = r.T("portal-open-busy")
		w.Header().Set("Retry-After", "600")
		p.showOpen(w, r, http.StatusTooManyRequests, f)
		return
	case err != nil:
		p.answerError(w, r, err)
		return
	}
	if first, err = p.missing(r.Context(), n, first); err == nil && first {
		_, err = p.Desk.Open(r.Context(), p.draft(r, n, f), r.Now)
	}
	if err != nil && !errors.Is(err, storage.ErrConflict) { // another node was faster with the same form
		p.answerError(w, r, err)
		return
	}
	p.Log.InfoContext(r.Context(), "portal: a request was opened", "contract", string(r.contract.ID), "ticket", int64(n))
	http.Redirect(w, r.Request, fmt.Sprintf("/portal/tickets/%d?new=1", n), http.StatusSeeOther)
}

// missing tells whether the ticket of a claim is not there yet.
func (p *Portal) missing(ctx context.Context, n tickets.Number, first bool) (bool, error) {
	if first {
		return true, nil
	}
	_, err := p.Desk.Ticket(ctx, n)
	if errors.Is(err, storage.ErrNotFound) {
		return true, nil
	}
	return false, err
}

// draft is the request as the desk takes it.
func (p *Portal) draft(r *request, n tickets.Number, f openPage) tickets.Draft {
	d := tickets.Draft{
		Number: n, Caller: f.Number, Language: string(r.Lang), Claim: f.Category, Channel: tickets.Web, Actor: tickets.ActorCustomer,
		Text: strings.TrimSpace(f.Heading + "\n\n" + f.Text), Night: f.Accepted && f.Category == sla.Blocking,
	}
	d.Identity.Customer = p.Desk.Book().Customers.At(r.contract.Customer)
	if r.covered() != "" {
		d.Identity.Contract = r.contract
	} else {
		d.From = "portal:" + string(r.contract.ID) // under which requests without a contract are counted, as under a caller's number
	}
	return d
}

var (
	errOtherForm = errors.New("the form was sent before with other words")
	errBusy      = errors.New("too many requests")
)

// claim takes a number for a form, or finds the one that was taken for it.
func (p *Portal) claim(r *request, key string, f openPage) (n tickets.Number, first bool, err error) {
	digest := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%s\x00%s\x00%v", f.Category, f.Heading, f.Text, f.Number, f.Accepted))
	reply := idempotency.Reply{Key: fmt.Sprintf("portal\n%s\n%x", r.contract.ID, sha256.Sum256([]byte(key))), Digest: digest, Status: http.StatusSeeOther, At: r.Now}
	if !p.may(openingsOf, string(r.contract.ID), r.Now) {
		return 0, false, errBusy
	}
	if n, err = p.Numbers.Next(r.Context()); err != nil {
		return 0, false, fmt.Errorf("taking a number: %w", err)
	}
	reply.Location = strconv.FormatInt(int64(n), 10)
	known, again, err := p.Store.Remember(r.Context(), reply)
	if err != nil || !again {
		return n, true, err
	}
	if known.Digest != digest {
		return 0, false, errOtherForm
	}
	number, err := strconv.ParseInt(known.Location, 10, 64)
	return tickets.Number(number), false, err
}

// comment adds the customer's words to a ticket. The same form twice adds them once. Where the customer owed an answer the ticket is
// taken up again.
func (p *Portal) comment(w http.ResponseWriter, r *request) {
	t, err := p.asked(r)
	if err != nil {
		p.answerError(w, r, err)
		return
	}
	text := strings.TrimSpace(strings.ReplaceAll(r.FormValue("text"), "\r\n", "\n"))
	whom := fmt.Sprint("ticket ", t.Number)
	if r.secret == "" {
		whom = string(r.contract.ID)
	}
	key := fmt.Sprintf("%x", sha256.Sum256([]byte(r.FormValue("form"))))[:32]
	switch {
	case text == "" || utf8.RuneCountInString(text) > textMost:
		p.showTicket(w, r, http.StatusUnprocessableEntity, r.T("portal-bad-text", textMost), text)
		return
	case t.State == tickets.Closed:
		p.showTicket(w, r, http.StatusConflict, r.T("portal-closed"), text)
		return
	case !p.may(commentsOf, whom, r.Now):
		w.Header().Set("Retry-After", "60")
		p.showTicket(w, r, http.StatusTooManyRequests, r.T("portal-busy"), text)
		return
	}
	if err := p.add(r, t, text, key); err != nil {
		p.answerError(w, r, err)
		return
	}
	http.Redirect(w, r.Request, r.placeOf(t.Number)+"#history", http.StatusSeeOther)
}

// factForm is the key of the form by which a line was written.
const factForm = "form"

func (p *Portal) add(r *request, t tickets.Ticket, text, key string) error {
	ctx := r.Context()
	defer p.forms.Take(ctx, sha256.Sum256(fmt.Appendf(nil, "ticket\x00%d", t.Number)))()
	lines, err := p.Desk.History(ctx, t.Number)
	if err != nil {
		return fmt.Errorf("history of ticket %d: %w", t.Number, err)
	}
	written := slices.IndexFunc(lines, func(e tickets.Event) bool { return e.Facts[factForm] == key })
	if written >= 0 && slices.ContainsFunc(lines[written:], func(e tickets.Event) bool { return e.Kind == tickets.WaitingFor }) {
		return nil // staff have asked again since
	}
	if written < 0 {
		e := tickets.Event{Kind: tickets.Commented, Actor: tickets.ActorCustomer, Text: text, Facts: map[string]string{factForm: key}}
		if _, err := p.Desk.Note(ctx, t.Number, e, r.Now); err != nil {
			return fmt.Errorf("adding to ticket %d: %w", t.Number, err)
		}
	}
	return p.takeUp(ctx, r, t.Number) // also where the words stand already: the first time, the process may have died behind them
}

// takeUp takes a ticket up again that waits for what the customer has just sent.
func (p *Portal) takeUp(ctx context.Context, r *request, n tickets.Number) error {
	var move *tickets.MoveError
	if _, err := p.Desk.Resume(ctx, n, tickets.ActorCustomer, "", r.Now); err != nil && !errors.As(err, &move) { // it does not wait
		return fmt.Errorf("taking ticket %d up again: %w", n, err)
	}
	return nil
}
