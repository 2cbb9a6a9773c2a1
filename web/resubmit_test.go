package web

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"hotline/users"
	"hotline/web/resubmit"
)

// passwordField is a field whose text browsers hide.
var passwordField = regexp.MustCompile(`<input[^>]*type="password"[^>]*>`)

// ended is a browser whose session has ended.
func (o *office) ended(role users.Role) *browser {
	b := o.as(role)
	o.passes(sessionIdle)
	return b
}

// TestWhatWasTypedSurvivesTheEndOfTheSession: it goes on after the login, with every letter, and not before somebody sends it.
func TestWhatWasTypedSurvivesTheEndOfTheSession(t *testing.T) {
	o := open(t)
	b := o.ended(users.Staff)
	typed := []string{"version", "1", "name", "Rossi & \"Figli\" <S.p.A.>", "email", "", "numbers", "051 555 1234\r\n+39 06 5555 1239", "spoken", "  rossi e figli"}
	page := b.post("/customers/rossi", typed...).is(http.StatusUnauthorized, "What you typed is kept here", "nothing was saved", `name="name" value=""`).hides(`action="/language"`).Body.String()
	login := func(page, password string) answer {
		form := successful(t, page, "/login", "")
		form.Set("name", "staff")
		form.Set("password", password)
		return b.do(http.MethodPost, "/login", form)
	}
	page = login(page, "wrong").is(http.StatusUnauthorized, "Name or password is wrong").Body.String()
	page = login(page, secret).is(http.StatusOK, "nothing was saved yet", "Rossi &amp; &#34;Figli&#34; &lt;S.p.A.&gt;").Body.String()
	if c, err := o.store.Customer(t.Context(), "rossi"); err != nil || c.Version != 1 {
		t.Errorf("it was written before anybody sent it: %+v, %v", c, err)
	}
	form := successful(t, page, "/customers/rossi", "")
	for i := 0; i < len(typed); i += 2 {
		if got := form.Get(typed[i]); got != typed[i+1] {
			t.Errorf("%s is %q, and %q was typed", typed[i], got, typed[i+1])
		}
	}
	b.do(http.MethodPost, "/customers/rossi", form).goes("/customers/rossi")
	if c, err := o.store.Customer(t.Context(), "rossi"); err != nil || c.Name != "Rossi & \"Figli\" <S.p.A.>" || len(c.Numbers) != 2 {
		t.Errorf("%+v, %v", c, err)
	}
}

// TestALoginInAnotherTabIsEnough: the page sends what was typed itself, once there is a session again, and to the same rules as ever.
func TestALoginInAnotherTabIsEnough(t *testing.T) {
	o := open(t)
	b := o.ended(users.Staff)
	page := b.post("/customers/rossi", "version", "1", "name", "Rossi").is(http.StatusUnauthorized).Body.String()
	form := successful(t, page, "/customers/rossi", "")
	page = b.do(http.MethodPost, "/customers/rossi", form).is(http.StatusUnauthorized).Body.String() // not yet
	b.jar = o.as(users.Viewer).jar
	b.do(http.MethodPost, "/customers/rossi", successful(t, page, "/customers/rossi", "")).is(http.StatusForbidden)
	b.jar = o.as(users.Staff).jar
	b.do(http.MethodPost, "/customers/rossi", successful(t, page, "/customers/rossi", "")).goes("/customers/rossi")
}

func TestASecretIsNeverKept(t *testing.T) {
	o := open(t)
	b := o.ended(users.Admin)
	page := b.post("/start/trunk", "version", "1", "server", "sip.example", "password", "pa55word").is(http.StatusUnauthorized, "sip.example").hides("pa55word").Body.String()
	form := successful(t, page, "/login", "")
	form.Set("name", "admin")
	form.Set("password", secret)
	b.do(http.MethodPost, "/login", form).is(http.StatusOK, "sip.example", "other secrets were not kept").hides("pa55word", secret)
	for _, path := range []string{"/password", "/second", "/second/end"} {
		o.ended(users.Admin).post(path, "old", "pa55word", "new", "another one").goes("/login?next=%2F")
	}
}

// TestEveryFieldForAPasswordIsASecret in the templates, and in the forms of all endpoints.
func TestEveryFieldForAPasswordIsASecret(t *testing.T) {
	var pages []string
	for _, pattern := range []string{"pages/*.html", "*/pages/*.html"} {
		names, err := filepath.Glob(pattern)
		must(t, err)
		for _, name := range names {
			text, err := os.ReadFile(name)
			must(t, err)
			pages = append(pages, string(text))
		}
	}
	b := open(t).as(users.Admin)
	for _, m := range regexp.MustCompile(`template=([a-z0-9_-]+)`).FindAllStringSubmatch(b.get("/outgoing/new").is(200).Body.String(), -1) {
		pages = append(pages, b.get("/outgoing/new?template="+m[1]).is(200).Body.String())
	}
	found := 0
	for _, page := range pages {
		for _, field := range passwordField.FindAllString(page, -1) {
			if name := attribute(field, "name"); name != "{{.Field.Name}}" {
				if found++; !resubmit.Secret(name) {
					t.Errorf("%s would be kept", field)
				}
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d fields were found", found)
	}
}

// TestWhatCannotBeKeptIsSaid: too much, and files; scripts go to the login as before.
func TestWhatCannotBeKeptIsSaid(t *testing.T) {
	o := open(t)
	b := o.ended(users.Admin)
	b.post("/rotas", "shifts", strings.Repeat("x", resubmit.Most)).is(http.StatusUnauthorized, "cannot be kept here").hides(`name="kept"`)
	b.post("/rotas", "shifts", strings.Repeat("x", formMost)).is(http.StatusUnauthorized, "cannot be kept here")
	b.post("/rotas", "shifts", "a\x00b").is(http.StatusUnauthorized, "cannot be kept here")
	b.uploads("/imports", "customers", "file", "id,name\n").is(http.StatusUnauthorized, "cannot be kept here")
	most := strings.Repeat("à", resubmit.Most/6-20)
	page := b.post("/customers/rossi", "name", most).is(http.StatusUnauthorized, "What you typed is kept").Body.String()
	form := successful(t, page, "/login", "")
	form.Set("name", "admin")
	form.Set("password", secret)
	b.do(http.MethodPost, "/login", form).is(http.StatusOK, most)
	script := o.ended(users.Staff)
	script.header.Set("Sec-Fetch-Mode", "cors")
	script.post("/tickets/417/comment", "text", "x").goes("/login?next=%2F")
	o.ended(users.Staff).post("/tickets/417/draft", "text", "x").goes("/login?next=%2F")
	o.ended(users.Staff).post("/nothing", "text", "x").goes("/login?next=%2F")
}

// TestAKeptFormGoesNowhereElse: what another site would have sent with the login leads to no address but ours.
func TestAKeptFormGoesNowhereElse(t *testing.T) {
	o := open(t)
	for _, to := range []string{"https://evil.example/", "//evil.example", `/\evil.example`, "javascript:alert(1)"} {
		page := o.browser().post("/login", "name", "staff", "password", secret, "kept-to", to, "kept", url.Values{"a": {"b"}}.Encode()).is(http.StatusOK).hides("evil.example", "javascript:").Body.String()
		if !slices.Contains(regexp.MustCompile(`action="([^"]*)"`).FindStringSubmatch(page[strings.Index(page, "<main"):]), "/") {
			t.Errorf("%s: %s", to, page)
		}
	}
	o.browser().post("/login", "name", "staff", "password", secret, "kept-to", "/x", "kept", "%zz", "next", "/calls").goes("/calls")
}
