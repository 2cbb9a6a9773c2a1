package web

import (
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline/users"
	"hotline/users/oidc"
	"hotline/users/oidc/oidctest"
	"hotline/web/signon"
)

// federated is a house whose staff may log in by a provider.
type federated struct {
	*office
	provider *oidctest.Provider
}

func openFederated(t *testing.T, create bool) *federated {
	t.Helper()
	o := open(t)
	f := &federated{o, oidctest.Start(t, o.clock)}
	o.config.Provider = signon.Provider{Name: "Office account", Create: create, Provider: oidc.New(oidc.Config{
		Issuer: f.provider.URL, ClientID: oidctest.ClientID, Secret: oidctest.Secret, Claim: "groups", Client: f.provider.Client(), Now: o.clock,
		Roles: map[string]users.Role{"support": users.Staff, "bosses": users.Admin, "guests": users.Viewer},
	})}
	o.handler = New(o.config)
	return f
}

// knows writes down as whom the provider knows a user.
func (f *federated) knows(name, subject string) {
	f.t.Helper()
	u, err := f.store.User(f.t.Context(), name)
	must(f.t, err)
	u.Identity = users.Identity{Issuer: f.provider.URL, Subject: subject}
	_, err = f.store.PutUser(f.t.Context(), u)
	must(f.t, err)
}

// person is before the provider's login.
func (f *federated) person(subject string, groups ...string) {
	claims := map[string]any{"preferred_username": subject}
	if groups != nil {
		claims["groups"] = groups
	}
	f.provider.LogsIn(oidctest.Person{Subject: subject, Claims: claims})
}

// leaves follows the link of the login page to the provider, and gives the address with which the browser is sent back, and the cookies
// that it has for it.
func (f *federated) leaves(b *browser, next string) (back string, cookies []*http.Cookie) {
	f.t.Helper()
	a := b.get("/login/oidc?" + url.Values{"next": {next}}.Encode()).is(http.StatusSeeOther)
	cookies = a.Result().Cookies()
	there := *f.provider.Client()
	there.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	answer, err := there.Get(a.Header().Get("Location"))
	must(f.t, err)
	defer answer.Body.Close()
	to, err := answer.Location()
	must(f.t, err)
	if to.Host != "desk.example" || to.Path != signon.Callback {
		f.t.Fatalf("the provider sends the browser to %s", to)
	}
	return to.RequestURI(), cookies
}

// comes comes back from the provider with cookies.
func (f *federated) comes(b *browser, back string, cookies ...*http.Cookie) answer {
	f.t.Helper()
	q := httptest.NewRequestWithContext(f.t.Context(), http.MethodGet, "http://desk.example"+back, nil)
	q.RemoteAddr = b.from
	for _, c := range append(cookies, b.jar.Cookies(site)...) {
		q.AddCookie(c)
	}
	w := httptest.NewRecorder()
	f.handler.ServeHTTP(w, q)
	b.jar.SetCookies(site, w.Result().Cookies())
	return answer{w, f.t, "GET " + signon.Callback}
}

// logsIn logs somebody in by the provider, whatever comes of it.
func (f *federated) logsIn(b *browser, next string) answer {
	f.t.Helper()
	back, cookies := f.leaves(b, next)
	return f.comes(b, back, cookies...)
}

func TestSomebodyLogsInByTheProvider(t *testing.T) {
	f := openFederated(t, false)
	f.knows("staff", "248289761001")
	f.person("248289761001", "support")
	b := f.browser()
	b.get("/login?next=/calls").is(200, "Log in with Office account", `href="/login/oidc?next=%2fcalls"`)
	back, cookies := f.leaves(b, "/tickets/417?x=1")
	if len(cookies) != 1 || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteLaxMode || cookies[0].Path != signon.Callback || cookies[0].MaxAge != 600 {
		t.Errorf("the cookies of an attempt are %v", cookies)
	}
	a := f.comes(b, back, cookies...)
	a.goes("/tickets/417?x=1")
	set := strings.Join(a.Header().Values("Set-Cookie"), "\n")
	for _, want := range []string{"hotline_session=", "Max-Age=43200", cookies[0].Name + "=;"} {
		if !strings.Contains(set, want) {
			t.Errorf("the cookies %q have no %s", set, want)
		}
	}
	b.get("/").is(200, ">staff</a>")
	if want := `msg="web: logged in by the identity provider" user=staff`; !strings.Contains(f.log.String(), want) {
		t.Errorf("the log has no %s", want)
	}
	f.passes(13 * time.Hour) // the session ends as every other one
	b.get("/").goes("/login?next=%2F")
	for _, elsewhere := range []string{"//evil.example/x", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", strings.Repeat("/a", 2000)} {
		if to := f.logsIn(f.browser(), elsewhere).Header().Get("Location"); to != "/" {
			t.Errorf("%.40q leads to %q", elsewhere, to)
		}
	}
}

func TestALoginIsGoodOnceAndInOneBrowser(t *testing.T) {
	f := openFederated(t, false)
	f.provider.TakesCodesAgain()
	f.knows("staff", "anna")
	f.person("anna", "support")
	b := f.browser()
	back, cookies := f.leaves(b, "/")
	f.comes(f.browser(), back).is(403, "begun in another browser").hides("hotline_session")
	other, others := f.leaves(f.browser(), "/")
	f.comes(b, back, others...).is(403, "begun in another browser")
	f.comes(b, other, &http.Cookie{Name: others[0].Name, Value: cookies[0].Value}).is(403, "begun in another browser")
	f.comes(b, back, cookies...).goes("/")
	f.comes(f.browser(), back, cookies...).is(403, "was used already")
	f.handler = New(f.config) // on another node, too
	f.comes(f.browser(), back, cookies...).is(403, "was used already")
	back, cookies = f.leaves(b, "/")
	f.passes(oidc.AttemptTime)
	f.comes(b, back, cookies...).is(403, "more than ten minutes ago")
	for _, nonsense := range []string{"", "?", "?state=", "?state=a&code=b", "?state=" + strings.Repeat("a", 5000), "?error=access_denied"} {
		f.comes(b, signon.Callback+nonsense).is(403, "begun in another browser")
	}
	first, one := f.leaves(b, "/calls") // two tabs do not meet
	second, two := f.leaves(b, "/customers")
	f.comes(b, second, append(one, two...)...).goes("/customers")
	f.comes(b, first, append(one, two...)...).goes("/calls")
	f.handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, back, nil))
}

// TestATokenThatIsNotToBeBelievedOpensNothing: package oidc has every lie; here none of them begins a session, and the login page says so.
func TestATokenThatIsNotToBeBelievedOpensNothing(t *testing.T) {
	f := openFederated(t, true)
	f.knows("staff", "anna")
	f.person("anna", "bosses")
	for name, lie := range map[string]func(*oidctest.Token){
		"another nonce": func(k *oidctest.Token) { k.Claims["nonce"] = "x" }, "another audience": func(k *oidctest.Token) { k.Claims["aud"] = "x" },
		"expired": func(k *oidctest.Token) { k.Claims["exp"] = 1 }, "another issuer": func(k *oidctest.Token) { k.Claims["iss"] = "https://other.example" },
		"no signature": func(k *oidctest.Token) { k.Algorithm = "none" }, "the public key as a secret": func(k *oidctest.Token) { k.Algorithm = "HS256" },
	} {
		f.provider.Lies(lie)
		b := f.browser()
		f.logsIn(b, "/").is(403, "cannot be believed", `name="password"`)
		b.get("/").goes("/login?next=%2F")
		if u, err := f.store.User(t.Context(), "staff"); err != nil || u.Role != users.Staff {
			t.Errorf("%s: %v, %v", name, u, err)
		}
	}
	f.provider.Lies(nil)
	f.provider.LogsIn(oidctest.Person{Refused: "access_denied"})
	f.logsIn(f.browser(), "/").is(403, "Office account has not let you in")
}

func TestAProviderThatIsDownKeepsNobodyOut(t *testing.T) {
	f := openFederated(t, false)
	f.provider.Fails("*")
	b := f.browser()
	b.get("/login").is(200, "Log in with Office account") // it is not asked for the page
	b.get("/login/oidc?next=/calls").is(502, "Office account does not answer at the moment. By name and password", `value="/calls"`)
	b.post("/login", "name", "staff", "password", secret, "next", "/calls").goes("/calls")
	f.provider.Fails("/token")
	f.config.Provider.Provider = oidc.New(oidc.Config{Issuer: f.provider.URL, ClientID: oidctest.ClientID, Secret: oidctest.Secret, Client: f.provider.Client(), Now: f.clock})
	f.handler = New(f.config)
	for range sourceBurst + 5 { // that it is down is nobody's fault
		f.logsIn(f.browser(), "/").is(502, "does not answer")
	}
}

// TestTheRoleIsTheClaimsWhereThereIsOne: by what stood, by what the provider says.
func TestTheRoleIsTheClaimsWhereThereIsOne(t *testing.T) {
	f := openFederated(t, false)
	f.knows("staff", "anna")
	role := func() users.Role {
		u, err := f.store.User(t.Context(), "staff")
		must(t, err)
		return u.Role
	}
	b := f.browser()
	for _, row := range []struct {
		groups []string
		want   users.Role
	}{
		{[]string{"support"}, users.Staff}, {[]string{"bosses", "guests"}, users.Admin}, {nil, users.Admin}, {[]string{"guests"}, users.Viewer}, {nil, users.Viewer},
	} {
		f.person("anna", row.groups...)
		f.logsIn(b, "/").goes("/")
		if role() != row.want {
			t.Errorf("%v: %s, want %s", row.groups, role(), row.want)
		}
	}
	b.get("/users").is(403)
	for _, none := range [][]string{{}, {"canteen"}, {"Support"}} {
		f.person("anna", "support")
		f.logsIn(b, "/").goes("/")
		f.person("anna", none...)
		f.logsIn(f.browser(), "/").is(403, "staff, you have no role here any more")
		b.get("/").goes("/login?next=%2F") // the session of before has ended, too
		if role() != users.Staff {
			t.Errorf("%v changed the role to %s", none, role())
		}
	}
}

func TestWhoIsDisabledOrUnknownStaysOut(t *testing.T) {
	f := openFederated(t, false)
	f.knows("staff", "anna")
	u, err := f.store.User(t.Context(), "staff")
	must(t, err)
	u.Disabled = true
	_, err = f.store.PutUser(t.Context(), u)
	must(t, err)
	f.person("anna", "bosses")
	f.logsIn(f.browser(), "/").is(403, "The user staff is disabled")
	if u, err := f.store.User(t.Context(), "staff"); err != nil || u.Role != users.Staff {
		t.Errorf("a login that was refused changed %v, %v", u, err)
	}
	for _, subject := range []string{"admin", "staff", "<script>alert(1)</script>", "' or 1=1"} { // a name is no identity
		f.person(subject, "bosses")
		f.logsIn(f.browser(), "/").is(403, "nobody here has this identity", "on the page Users").hides("<script>alert")
	}
	all, err := f.store.Users(t.Context())
	if err != nil || len(all) != len(users.Roles()) {
		t.Errorf("%d users, %v", len(all), err)
	}
}

func TestWhoIsUnknownBecomesAUserWhereTheOwnerWantsIt(t *testing.T) {
	f := openFederated(t, true)
	f.person("bruno", "support")
	b := f.browser()
	f.logsIn(b, "/").goes("/")
	b.get("/").is(200, ">bruno</a>")
	u, err := f.store.User(t.Context(), "bruno")
	if want := (users.Identity{Issuer: f.provider.URL, Subject: "bruno"}); err != nil || u.Role != users.Staff || u.Identity != want || u.Password != "" {
		t.Errorf("%+v, %v", u, err)
	}
	f.browser().post("/login", "name", "bruno", "password", "").is(401, "Name or password is wrong")
	b.post("/password", "old", "", "new", "another horse").is(401)
	f.person("bruno")
	f.logsIn(b, "/").goes("/") // known from now on, without the claim
	for subject, why := range map[string]string{"carla": "none of the groups", "admin": "There is a user admin here already", "Carla Neri": "by no name"} {
		f.person(subject, "support")
		if subject == "carla" {
			f.person(subject)
		}
		f.logsIn(f.browser(), "/").is(403, why, subject)
	}
	if u, err := f.store.User(t.Context(), "admin"); err != nil || u.Identity.Known() {
		t.Errorf("a stranger became the administrator: %+v, %v", u, err)
	}
	f.person("dario", "support")
	var group sync.WaitGroup
	for range 4 { // tabs at once
		group.Go(func() { f.logsIn(f.browser(), "/").goes("/") })
	}
	group.Wait()
}

// TestAnswersThatAreMadeUpAreNotLookedAtForEver: whoever makes up answers of the provider is stopped as one who guesses passwords.
func TestAnswersThatAreMadeUpAreNotLookedAtForEver(t *testing.T) {
	f := openFederated(t, false)
	f.knows("staff", "anna")
	f.person("anna", "support")
	stranger := f.browser()
	stranger.from = "192.0.2.7:50000"
	for range sourceBurst {
		back, cookies := f.leaves(stranger, "/")
		f.comes(stranger, strings.Replace(back, "code=", "code=x", 1), cookies...).is(403, "cannot be believed")
	}
	back, cookies := f.leaves(stranger, "/")
	asked := f.provider.Asked("/token")
	f.comes(stranger, back, cookies...).is(429, "Wait a minute")
	if f.provider.Asked("/token") != asked {
		t.Error("the provider was asked all the same")
	}
	elsewhere := f.browser()
	elsewhere.from = "192.0.2.8:50000"
	f.logsIn(elsewhere, "/").goes("/")
}

func TestAdministratorsSayAsWhomTheProviderKnowsAUser(t *testing.T) {
	f := openFederated(t, false)
	f.provider.LogsIn(oidctest.Person{Subject: "248289761001"})
	f.logsIn(f.browser(), "/").is(403, "248289761001")
	admin := f.as(users.Admin)
	admin.get("/users").is(200, "Identity of staff at the provider", f.provider.URL)
	version := func(name string) string {
		u, err := f.store.User(t.Context(), name)
		must(t, err)
		return fmt.Sprint(u.Version)
	}
	admin.post("/users/staff/identity", "subject", " 248289761001 ", "version", version("staff")).goes("/users")
	admin.get("/users").is(200, `value="248289761001"`)
	f.logsIn(f.browser(), "/").goes("/")
	admin.post("/users/viewer/identity", "subject", "248289761001", "version", version("viewer")).is(409, "Another user has this identity", `value="248289761001"`, `aria-invalid="true"`)
	admin.post("/users", "name", "carla", "role", "staff", "subject", "248289761001").is(409, "another user has this identity")
	admin.post("/users/viewer/identity", "subject", "è", "version", version("viewer")).is(422, `value="è"`, `aria-invalid="true" aria-describedby="wrong" autofocus`)
	admin.post("/users/viewer/identity", "subject", "x", "version", "0").is(409, `value="x"`)
	admin.post("/users", "name", "carla", "role", "viewer", "subject", "carla-1").is(200, "/invite/carla/")
	f.person("carla-1")
	f.logsIn(f.browser(), "/").goes("/") // without ever having chosen a password
	admin.post("/users/staff/identity", "subject", "", "version", version("staff")).goes("/users")
	f.person("248289761001")
	f.logsIn(f.browser(), "/").is(403, "nobody here has this identity")
	admin.post("/users/admin/identity", "subject", "boss", "version", version("admin")).goes("/users") // one's own
	admin.get("/users").goes("/login?next=%2Fusers")
	f.person("boss")
	f.logsIn(admin, "/users").goes("/users")
	f.as(users.Staff).post("/users/viewer/identity", "subject", "x", "version", version("viewer")).is(403)
	f.config.Provider = signon.Provider{}
	f.handler = New(f.config)
	f.as(users.Admin).get("/users").is(200).hides("Identity of")
	f.as(users.Admin).post("/users/carla/identity", "subject", "", "version", version("carla")).goes("/users")
	if u, err := f.store.User(t.Context(), "carla"); err != nil || !u.Identity.Known() {
		t.Errorf("a house without a provider lost an identity: %+v, %v", u, err)
	}
}

func TestAHouseWithoutAProviderHasNoSuchLogin(t *testing.T) {
	b := open(t).browser()
	b.get("/login").is(200).hides("/login/oidc")
	b.get("/login/oidc").is(404)
	b.get(signon.Callback + "?state=a&code=b").is(404)
}

// TestAnAttemptBehindAProxyWithTLS: the address to which the browser comes back is the one that it knows, or the one of the configuration.
func TestAnAttemptBehindAProxyWithTLS(t *testing.T) {
	f := openFederated(t, false)
	b := f.browser()
	b.header.Set("X-Forwarded-Proto", "https")
	a := b.get("/login/oidc").is(http.StatusSeeOther)
	to, err := url.Parse(a.Header().Get("Location"))
	must(t, err)
	if back := to.Query().Get("redirect_uri"); back != "https://desk.example"+signon.Callback || !a.Result().Cookies()[0].Secure {
		t.Errorf("the browser comes back to %q with %v", back, a.Result().Cookies())
	}
	f.config.Provider.Redirect = "https://hotline.example.org" + signon.Callback
	f.config.Log = slog.New(slog.DiscardHandler)
	f.handler = New(f.config)
	to, err = url.Parse(b.get("/login/oidc").Header().Get("Location"))
	must(t, err)
	if back := to.Query().Get("redirect_uri"); back != f.config.Provider.Redirect || to.Query().Get("client_id") != oidctest.ClientID || to.Query().Get("code_challenge_method") != "S256" {
		t.Errorf("the browser is sent to %s", to)
	}
}
