package portal

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"time"

	"hotline/directory"
	"hotline/notify"
	"hotline/portal/access"
	"hotline/prompts"
	"hotline/prompts/written"
	"hotline/storage"
	"hotline/web/ui"
)

// The cookies of the portal. Each holds a secret of which only the hash is kept.
const (
	sessionCookie = "hotline_portal"
	codeCookie    = "hotline_portal_code" // of the browser that waits for a code
	secretOctets  = 32
	codeDigits    = 6
)

// errNobody is a request without a session that holds.
var errNobody = errors.New("nobody is logged in")

// loginPage is a form that stands alone: the PIN, or the code.
type loginPage struct {
	page
	Problem string
	Minutes int // that a code holds
	Mail    bool
}

func (p *Portal) loginPage(w http.ResponseWriter, r *request) {
	if p.identify(r) == nil {
		http.Redirect(w, r.Request, "/portal", http.StatusSeeOther)
		return
	}
	p.showLogin(w, r, http.StatusOK, "login", "")
}

func (p *Portal) codePage(w http.ResponseWriter, r *request) {
	p.showLogin(w, r, http.StatusOK, "code", "")
}

func (p *Portal) showLogin(w http.ResponseWriter, r *request, status int, name, problem string) {
	r.Title, r.Here = "portal-"+name, "/portal/"+name
	p.render(w, r, status, name, loginPage{r.page, problem, int(access.CodeTime / time.Minute), p.Mailer != nil})
}

// login takes a PIN. The answer is the same for every PIN, and a code is always kept. A letter goes out only for a right PIN, a
// little later. So the page tells nobody whether a PIN is right, and no address of a customer.
func (p *Portal) login(w http.ResponseWriter, r *request) {
	pin := strings.Join(strings.Fields(r.FormValue("pin")), "")
	at := r.Now.Truncate(time.Second)
	if !p.look(r, at) {
		p.Log.WarnContext(r.Context(), "portal: a PIN is not looked at", "from", ui.Source(r.Request).String())
		w.Header().Set("Retry-After", "3600")
		p.showLogin(w, r, http.StatusTooManyRequests, "login", r.T("portal-login-busy"))
		return
	}
	browser, code := newSecret(), newCode()
	c := access.Code{Browser: sha256.Sum256([]byte(browser)), Hash: access.CodeHash(browser, code), Expires: at.Add(access.CodeTime)}
	contract, to, known := p.lookUp(pin, r.Now)
	if known && to != "" && p.Mailer != nil && p.may(codesOf, string(contract.ID), r.Now) {
		c.Contract, c.PINAt = contract.ID, contract.PINAt
	}
	if err := p.Store.PutCode(r.Context(), c, r.Now); err != nil {
		p.answerError(w, r, err)
		return
	}
	if c.Contract != "" {
		p.send(r.Context(), codeLetter(to, code, browser, written.In(prompts.Language(contract.Language))))
	}
	p.setCookie(w, r, codeCookie, browser, access.CodeTime)
	http.Redirect(w, r.Request, "/portal/code", http.StatusSeeOther)
}

// lookUp finds the contract of a PIN, from the snapshot, and where its codes are sent. One that is not in force opens nothing; one
// without remote access does.
func (p *Portal) lookUp(pin string, now time.Time) (c directory.Contract, to string, known bool) {
	book := p.Desk.Book()
	id, found := book.PINs.Get(directory.HashPIN(p.PINKey, pin)) // hashed whether it can be one or not: it takes as long
	if !found || !directory.Plausible(pin) {
		return directory.Contract{}, "", false
	}
	c = book.Contracts.At(id)
	return c, book.Customers.At(c.Customer).Email, c.Valid(now)
}

// code takes a code, and begins a session.
func (p *Portal) code(w http.ResponseWriter, r *request) {
	cookie, err := r.Cookie(codeCookie)
	if err != nil || cookie.Value == "" {
		p.showLogin(w, r, http.StatusUnauthorized, "login", r.T("portal-code-over"))
		return
	}
	keyed := strings.Join(strings.Fields(r.FormValue("code")), "")
	c, right, err := p.Store.TryCode(r.Context(), sha256.Sum256([]byte(cookie.Value)), access.CodeHash(cookie.Value, keyed), r.Now)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		p.showLogin(w, r, http.StatusUnauthorized, "login", r.T("portal-code-over"))
		return
	case err != nil:
		p.answerError(w, r, err)
		return
	case !right && c.Tries >= access.Tries:
		p.showLogin(w, r, http.StatusUnauthorized, "login", r.T("portal-code-over"))
		return
	case !right:
		p.showLogin(w, r, http.StatusUnauthorized, "code", r.T("portal-code-wrong", access.Tries-c.Tries))
		return
	}
	n := access.Session{Contract: c.Contract, PINAt: c.PINAt, Created: r.Now, Expires: r.Now.Add(access.SessionTime)}
	contract := p.Desk.Book().Contracts.At(c.Contract)
	secret := newSecret()
	n.Hash = sha256.Sum256([]byte(secret))
	if !n.Holds(contract, r.Now) { // the PIN was renewed, or the contract ended, while the code was on its way
		p.showLogin(w, r, http.StatusUnauthorized, "login", r.T("portal-code-over"))
		return
	}
	if err := p.Store.PutCustomerSession(r.Context(), n, r.Now); err != nil {
		p.answerError(w, r, err)
		return
	}
	p.proven(w, r, contract.Customer, c.Expires.Add(-access.CodeTime))
	p.setCookie(w, r, codeCookie, "", -1)
	p.setCookie(w, r, sessionCookie, secret, access.SessionTime)
	p.Log.InfoContext(r.Context(), "portal: logged in", "contract", string(c.Contract), "from", ui.Source(r.Request).String())
	http.Redirect(w, r.Request, "/portal", http.StatusSeeOther)
}

// logout ends the session here and in the store.
func (p *Portal) logout(w http.ResponseWriter, r *request) {
	if err := p.Store.EndCustomerSession(r.Context(), r.session.Hash); err != nil {
		p.answerError(w, r, err)
		return
	}
	p.setCookie(w, r, sessionCookie, "", -1)
	http.Redirect(w, r.Request, "/portal/login", http.StatusSeeOther)
}

// identify finds the contract that asks, by the cookie, and reads it as it is now. After the contract's end, or after its PIN was
// renewed, the session opens nothing. errNobody where there is no session that holds.
func (p *Portal) identify(r *request) error {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil || cookie.Value == "" {
		return errNobody
	}
	n, err := p.Store.CustomerSession(r.Context(), sha256.Sum256([]byte(cookie.Value)))
	if errors.Is(err, storage.ErrNotFound) {
		return errNobody
	}
	if err != nil {
		return fmt.Errorf("finding a customer's session: %w", err)
	}
	book := p.Desk.Book()
	contract := book.Contracts.At(n.Contract)
	if !n.Holds(contract, r.Now) {
		return errNobody
	}
	r.session, r.contract = n, contract
	r.LoggedIn = book.Customers.At(contract.Customer).Name
	for _, one := range []place{{Title: "portal-tickets", Path: "/portal"}, {Title: "portal-open", Path: "/portal/open"}, {Title: "portal-call", Path: "/portal/call"}, {Title: "portal-statement", Path: "/portal/statement"}} {
		if (one.Path != "/portal/statement" || p.Statement != nil) && (one.Path != "/portal/call" || p.Calls != nil) {
			one.Current = r.URL.Path == one.Path && !r.URL.Query().Has("closed")
			r.Nav = append(r.Nav, one)
		}
	}
	return nil
}

// follow finds the ticket that the address opens. It changes nothing: mail scanners open links too.
func (p *Portal) follow(r *request) error {
	token := r.PathValue("token")
	l, err := p.Store.TicketLink(r.Context(), access.LinkHash(token))
	if err == nil && !r.Now.Before(l.Expires) {
		err = fmt.Errorf("a link to ticket %d that ended: %w", l.Ticket, storage.ErrNotFound)
	}
	if err != nil {
		return err
	}
	r.link, r.secret, r.Here = l, token, "/portal/t/"+token
	return nil
}

func (p *Portal) setCookie(w http.ResponseWriter, r *request, name, secret string, lasts time.Duration) {
	seconds := int(lasts / time.Second)
	if lasts < 0 {
		seconds = -1
	}
	http.SetCookie(w, &http.Cookie{Name: name, Value: secret, Path: "/portal", MaxAge: seconds, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: p.secure(r.Request)})
}

func newSecret() string {
	octets := make([]byte, secretOctets)
	_, _ = rand.Read(octets) // never fails: crypto/rand ends the program instead
	return hex.EncodeToString(octets)
}

func newCode() string {
	n, _ := rand.Int(rand.Reader, big.NewInt(1_000_000)) // never fails either
	return fmt.Sprintf("%0*d", codeDigits, n)
}

// codeLetter tells a customer the code. Its identifier tells nothing of it.
func codeLetter(to, code, browser string, w written.Words) notify.Message {
	id := "code-" + hex.EncodeToString(hashOf("letter\x00" + browser)[:16])
	return notify.Message{ID: id, Thread: id, To: to, Subject: w.Text("letter-code-subject"), Text: strings.Join([]string{
		w.Text("letter-code") + ":", "", "    " + code, "", fmt.Sprintf(w.Text("letter-code-time"), int(access.CodeTime/time.Minute)), w.Text("letter-code-not-you"),
	}, "\n") + "\n"}
}

func hashOf(text string) []byte { sum := sha256.Sum256([]byte(text)); return sum[:] }

// Letters that wait, and how often one is tried: a code holds ten minutes.
const (
	lettersWaiting = 100
	letterTries    = 4
	letterPause    = 15 * time.Second
)

// send puts a letter in the box. Where that is full the letter is lost, and the customer asks for another code.
func (p *Portal) send(ctx context.Context, m notify.Message) {
	select {
	case p.post <- m:
	default:
		p.Log.WarnContext(ctx, "portal: too many letters wait; a code is not sent")
	}
}

// Run sends letters until ctx ends.
func (p *Portal) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case m := <-p.post:
			p.deliver(ctx, m)
		}
	}
}

// deliver sends one letter, again where the server does not take it now.
func (p *Portal) deliver(ctx context.Context, m notify.Message) {
	for try := 1; ; try++ {
		err := p.Mailer.Send(ctx, m)
		if err == nil {
			return
		}
		p.Log.WarnContext(ctx, "portal: a code was not sent", "try", try, "error", err)
		if errors.Is(err, notify.ErrRefused) || try == letterTries {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(letterPause):
		}
	}
}
