// Package bridgetest is a Zammad for tests: an emulator of what docs.zammad.org says of its REST API and webhooks, with what makes it hard
// to speak to. It is written from the documentation alone and proves nothing about a real one.
package bridgetest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"hotline/bridge/zammad"
)

// Token is the token of the bridge's user.
const Token = "t0ken"

// BridgeUser is the login of the bridge's user.
const BridgeUser = "hotline@zammad.example"

// Zammad is one emulated Zammad. It is an http.RoundTripper: requests reach it without a socket. Safe for concurrent use.
type Zammad struct {
	Secret     []byte           // of the webhooks; empty: none is sent
	Behind     time.Duration    // by which the search index is
	Plain      bool             // without an index and without conditions, as an old one is
	Now        func() time.Time // what its clock shows
	Groups     []string
	States     []string
	Priorities []string
	Access     map[string][]string // of the bridge's user
	Customer   map[string]bool     // addresses of customers whom it made up
	mu         sync.Mutex
	fault      func(method, path string) Fault // what goes wrong with a request; nil: nothing does
	tickets    []*ticket
	articles   int64
	users      []string
	hooks      [][]byte
}

// Fault is what goes wrong with one request.
type Fault int

// What may go wrong.
const (
	None    Fault = iota
	Before        // the request does not arrive
	After         // it is done, and the answer is lost
	TooMany       // 429
	Broken        // 502, and it is not done
)

type ticket struct {
	zammad.Ticket
	tags     []string
	created  time.Time
	articles []zammad.Article
}

// New makes a Zammad as it ships, with the groups "Support" and "Sales".
func New(now func() time.Time) *Zammad {
	return &Zammad{
		Secret: []byte("s3cret"), Behind: 5 * time.Second, Now: now, Groups: []string{"Support", "Sales"},
		Priorities: []string{"1 low", "2 normal", "3 high"},
		States:     []string{"new", "open", "pending reminder", "closed", "merged", "pending close"}, Access: map[string][]string{"Support": {"full"}, "Sales": {"full"}},
		Customer: map[string]bool{}, users: []string{"-", BridgeUser, "emma@zammad.example", "jacob@zammad.example"},
	}
}

// Client is a client of it.
func (z *Zammad) Client() *zammad.Client {
	c, err := zammad.New(zammad.Config{URL: "https://zammad.example", Token: Token, Transport: z})
	if err != nil {
		panic(err)
	}
	return c
}

// RoundTrip answers a request, or loses it.
func (z *Zammad) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	z.mu.Lock()
	breaks, fault := z.fault, None
	z.mu.Unlock()
	if breaks != nil {
		fault = breaks(r.Method, strings.TrimPrefix(r.URL.Path, "/api/v1/"))
	}
	w := httptest.NewRecorder()
	switch fault {
	case Before:
		return nil, fmt.Errorf("connection refused")
	case TooMany:
		w.Header().Set("Retry-After", "7")
		http.Error(w, `{"error":"Rate limit exceeded"}`, http.StatusTooManyRequests)
	case Broken:
		http.Error(w, "<html>Bad Gateway</html>", http.StatusBadGateway)
	default:
		z.ServeHTTP(w, r)
	}
	if fault == After {
		return nil, fmt.Errorf("connection reset by peer")
	}
	return w.Result(), nil
}

// Breaks has something go wrong with requests from now on.
func (z *Zammad) Breaks(how func(method, path string) Fault) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.fault = how
}

// refusal is an answer of 4xx.
type refusal struct {
	status int
	text   string
}

func unprocessable(format string, args ...any) *refusal {
	return &refusal{http.StatusUnprocessableEntity, fmt.Sprintf(format, args...)}
}

// ServeHTTP answers a request.
func (z *Zammad) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if r.Header.Get("Authorization") != "Token token="+Token {
		answer(w, http.StatusUnauthorized, map[string]string{"error": "Invalid BasicAuth credentials"})
		return
	}
	status, value, refused := z.serve(r)
	if refused != nil {
		answer(w, refused.status, map[string]string{"error": refused.text, "error_human": refused.text})
		return
	}
	answer(w, status, value)
}

func answer(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}

// serve finds the route.
func (z *Zammad) serve(r *http.Request) (status int, value any, refused *refusal) {
	path, id := strings.TrimPrefix(r.URL.Path, "/api/v1/"), int64(0)
	if at := strings.LastIndexByte(path, '/'); at > 0 {
		if n, err := strconv.ParseInt(path[at+1:], 10, 64); err == nil {
			path, id = path[:at], n
		}
	}
	switch r.Method + " " + path {
	case "GET users/me":
		return http.StatusOK, map[string]any{"id": 2, "login": BridgeUser, "email": BridgeUser, "groups": z.Access}, nil
	case "GET users":
		if id < 1 || int(id) > len(z.users) {
			return 0, nil, &refusal{http.StatusNotFound, "Couldn't find User with 'id'=" + strconv.FormatInt(id, 10)}
		}
		return http.StatusOK, map[string]any{"id": id, "login": z.users[id-1], "email": z.users[id-1], "group_ids": map[string]any{}}, nil
	case "GET ticket_states":
		return http.StatusOK, named(append(slices.Clone(z.States), "!removed")), nil
	case "GET ticket_priorities":
		return http.StatusOK, named(z.Priorities), nil
	case "GET tickets/search":
		return http.StatusOK, z.search(r.URL.Query()), nil
	case "POST tickets":
		return z.create(r)
	}
	t := z.ticket(id)
	if t == nil {
		return 0, nil, &refusal{http.StatusNotFound, "Couldn't find Ticket with 'id'=" + strconv.FormatInt(id, 10)}
	}
	switch r.Method + " " + path {
	case "GET tickets":
		return http.StatusOK, t.Ticket, nil
	case "PUT tickets":
		return z.update(r, t)
	case "GET ticket_articles/by_ticket":
		return http.StatusOK, t.articles, nil
	}
	return 0, nil, &refusal{http.StatusNotFound, "No route matches"}
}

// named are objects with a name; "!" before it: one that is not active.
func named(names []string) (list []map[string]any) {
	for n, name := range names {
		list = append(list, map[string]any{"id": n + 1, "name": strings.TrimPrefix(name, "!"), "active": !strings.HasPrefix(name, "!")})
	}
	return list
}

func (z *Zammad) ticket(id int64) *ticket {
	if id < 1 || int(id) > len(z.tickets) {
		return nil
	}
	return z.tickets[id-1]
}

// body is what is written of a ticket.
type body struct {
	zammad.Change
	Article *struct {
		zammad.NewArticle
		Attachments []struct {
			Filename string `json:"filename"`
			Data     string `json:"data"`
			MIMEType string `json:"mime-type"`
		} `json:"attachments"`
	} `json:"article"`
}

func (z *Zammad) create(r *http.Request) (int, any, *refusal) {
	var b body
	if err := json.NewDecoder(r.Body).Decode(&b); err != nil {
		return 0, nil, &refusal{http.StatusBadRequest, err.Error()}
	}
	address, guessed := strings.CutPrefix(b.Customer, "guess:")
	switch {
	case b.Title == "" || b.Article == nil:
		return 0, nil, unprocessable("Missing required value for field 'title'!")
	case !slices.Contains(z.Groups, b.Group):
		return 0, nil, unprocessable("No lookup value found for 'group': %q", b.Group)
	case !guessed || !strings.Contains(address, "@"):
		return 0, nil, unprocessable("Invalid email '%s' of customer", address)
	}
	now := z.now()
	t := &ticket{Ticket: zammad.Ticket{Title: b.Title, Group: b.Group, State: "new", Priority: "2 normal", Owner: zammad.Nobody, CustomerID: z.user(address)}, created: now}
	if refused := z.check(b); refused != nil {
		return 0, nil, refused
	}
	if b.Tags != "" {
		t.tags = strings.Split(b.Tags, ",")
	}
	z.tickets = append(z.tickets, t)
	t.ID = int64(len(z.tickets))
	t.Number = strconv.FormatInt(22000+t.ID, 10)
	z.apply(t, b, now)
	return http.StatusCreated, t.Ticket, nil
}

func (z *Zammad) update(r *http.Request, t *ticket) (int, any, *refusal) {
	var b body
	if err := json.NewDecoder(r.Body).Decode(&b); err != nil {
		return 0, nil, &refusal{http.StatusBadRequest, err.Error()}
	}
	if refused := z.check(b); refused != nil {
		return 0, nil, refused
	}
	if t.State == "merged" {
		return 0, nil, unprocessable("Cannot follow-up on a closed ticket. Please create a new ticket.")
	}
	z.apply(t, b, z.now())
	return http.StatusOK, t.Ticket, nil
}

// check refuses as Zammad does: the whole request, or nothing of it.
func (z *Zammad) check(b body) *refusal {
	switch {
	case b.State != "" && !slices.Contains(z.States, b.State):
		return unprocessable("No lookup value found for 'state': %q", b.State)
	case strings.HasPrefix(b.State, "pending") && b.Pending == nil:
		return unprocessable("Missing required value for field 'pending_time'!")
	case b.Priority != "" && !slices.Contains(z.Priorities, b.Priority):
		return unprocessable("No lookup value found for 'priority': %q", b.Priority)
	case b.Owner != "" && !slices.Contains(z.users, b.Owner):
		return unprocessable("No lookup value found for 'owner': %q", b.Owner)
	case b.Article != nil && b.Article.Body == "":
		return unprocessable(`Need at least article: { body: "some text" }`)
	}
	if b.Article != nil {
		for n, f := range b.Article.Attachments {
			if _, err := base64.StdEncoding.DecodeString(f.Data); err != nil || f.Filename == "" || f.MIMEType == "" {
				return unprocessable("Invalid base64 for attachment with index '%d'", n)
			}
		}
	}
	return nil
}

func (z *Zammad) apply(t *ticket, b body, now time.Time) {
	set(&t.State, b.State)
	set(&t.Priority, b.Priority)
	set(&t.Owner, b.Owner)
	if b.Article != nil {
		a := zammad.Article{Subject: b.Article.Subject, Body: b.Article.Body, ContentType: b.Article.ContentType, Type: b.Article.Type, Internal: b.Article.Internal, Sender: "Agent", CreatedBy: BridgeUser}
		for n, f := range b.Article.Attachments {
			a.Attachments = append(a.Attachments, zammad.Attachment{ID: int64(n + 1), Filename: f.Filename})
		}
		z.add(t, a, now)
	}
	z.touched(t, now)
}

func set(is *string, to string) {
	if to != "" {
		*is = to
	}
}

func (z *Zammad) add(t *ticket, a zammad.Article, now time.Time) {
	z.articles++
	a.ID, a.TicketID, a.CreatedAt = z.articles, t.ID, now
	t.articles = append(t.articles, a)
}

// touched notes a change, and puts a webhook into the queue.
func (z *Zammad) touched(t *ticket, now time.Time) {
	if !now.After(t.UpdatedAt) {
		now = t.UpdatedAt.Add(time.Millisecond)
	}
	t.UpdatedAt = now
	text, _ := json.Marshal(map[string]any{"ticket": map[string]any{"id": t.ID, "state": t.State, "updated_at": t.UpdatedAt}, "article": t.articles[len(t.articles)-1]})
	if len(z.Secret) > 0 {
		z.hooks = append(z.hooks, text)
	}
}

func (z *Zammad) now() time.Time { return z.Now().UTC().Truncate(time.Millisecond) }

// user is the id of who has an address; somebody new becomes a customer.
func (z *Zammad) user(address string) int64 {
	if at := slices.Index(z.users, address); at >= 0 {
		return int64(at + 1)
	}
	z.users = append(z.users, address)
	z.Customer[address] = true
	return int64(len(z.users))
}

// search finds tickets: with a condition from the database, with a query from the index, which is behind.
func (z *Zammad) search(q url.Values) []zammad.Ticket {
	list := []zammad.Ticket{}
	tag, query, now := q.Get("condition[ticket.tags][value]"), q.Get("query"), z.now()
	if z.Plain {
		tag = ""
	}
	for _, t := range z.tickets {
		indexed := now.Sub(t.created) >= z.Behind
		named := strings.TrimSuffix(strings.TrimPrefix(query, `tags:"`), `"`)
		switch {
		case tag != "" && slices.Contains(t.tags, tag), query == "*" && now.Sub(t.UpdatedAt) >= z.Behind, !z.Plain && query != "" && indexed && slices.Contains(t.tags, named),
			z.Plain && query != "" && slices.ContainsFunc(t.articles, func(a zammad.Article) bool { return strings.Contains(a.Subject, query) }):
			list = append(list, t.Ticket)
		}
	}
	slices.SortFunc(list, func(a, b zammad.Ticket) int { return b.UpdatedAt.Compare(a.UpdatedAt) })
	page, _ := strconv.Atoi(q.Get("page"))
	per, _ := strconv.Atoi(q.Get("per_page"))
	from := min((page-1)*per, len(list))
	return list[from:min(from+per, len(list))]
}
