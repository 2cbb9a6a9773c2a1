package web

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hotline/memory"
	"hotline/users"
)

func TestWhoLogsInComesToThePageThatWasAskedFor(t *testing.T) {
	o := open(t)
	b := o.browser()
	b.get("/tickets/417?x=1").goes("/login?next=%2Ftickets%2F417%3Fx%3D1")
	b.get("/login?next=/tickets/417").is(200, `name="next" value="/tickets/417"`, "Log in").hides("There is no user yet")
	a := b.post("/login", "name", "staff", "password", secret, "next", "/tickets/417")
	a.goes("/tickets/417")
	cookie := a.Header().Get("Set-Cookie")
	for _, want := range []string{"hotline_session=", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=43200"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie %q has no %s", cookie, want)
		}
	}
	if strings.Contains(cookie, "Secure") {
		t.Error("a cookie in the clear is marked as one of TLS: the browser would not keep it")
	}
	b.get("/").is(200, "Board", ">staff</a>")
	for _, elsewhere := range []string{"//evil.example/x", "https://evil.example/", "/\t/evil.example", "/\\evil.example", "\\\\evil.example", "/\n/evil.example", "javascript:alert(1)"} {
		b.post("/login", "name", "staff", "password", secret, "next", elsewhere).goes("/")
	}
	b.post("/logout").goes("/login")
	b.get("/").goes("/login?next=%2F")
}

func TestACookieBehindAProxyWithTLSIsSecure(t *testing.T) {
	b := open(t).browser()
	b.header.Set("X-Forwarded-Proto", "https")
	if a := b.post("/login", "name", "staff", "password", secret); !strings.Contains(a.Header().Get("Set-Cookie"), "Secure") {
		t.Errorf("%q", a.Header().Get("Set-Cookie"))
	}
	b.from = "192.0.2.7:50000" // no proxy of this machine: anybody can write this header
	if a := b.post("/login", "name", "staff", "password", secret); strings.Contains(a.Header().Get("Set-Cookie"), "Secure") {
		t.Errorf("%q", a.Header().Get("Set-Cookie"))
	}
}

func TestAWrongPasswordAndAnUnknownNameLookTheSame(t *testing.T) {
	b := open(t).browser()
	wrong := b.post("/login", "name", "staff", "password", "wrong").is(401, "Name or password is wrong").Body.String()
	unknown := b.post("/login", "name", "nobody", "password", "wrong").is(401).Body.String()
	if strings.ReplaceAll(unknown, "nobody", "staff") != wrong {
		t.Error("the pages differ")
	}
	b.get("/").goes("/login?next=%2F")
}

// TestAStrangerShutsNobodyOut: who guesses somebody's password is stopped himself, and whose name it is logs in from elsewhere.
func TestAStrangerShutsNobodyOut(t *testing.T) {
	o := open(t)
	stranger := o.browser()
	stranger.from = "192.0.2.7:50000"
	looked := 0
	for range 50 {
		if stranger.post("/login", "name", "staff", "password", "wrong").Code == 401 {
			looked++
		}
	}
	if looked != pairBurst {
		t.Errorf("%d guesses were looked at", looked)
	}
	stranger.post("/login", "name", "staff", "password", secret).is(429, "Wait a minute")
	elsewhere := o.browser()
	elsewhere.from = "192.0.2.8:50000"
	elsewhere.post("/login", "name", "staff", "password", secret).goes("/")
	o.passes(time.Minute)
	stranger.post("/login", "name", "staff", "password", secret).goes("/")
}

// TestManyStrangersGuessSlowlyAndShutNobodyOutWhoIsKnown: with more sources than a house has, a name is guessed no faster than one
// in six seconds, and from where its owner has logged in before he does so.
func TestManyStrangersGuessSlowlyAndShutNobodyOutWhoIsKnown(t *testing.T) {
	o := open(t)
	from := func(address, password string) answer {
		b := o.browser()
		b.from = address
		return b.post("/login", "name", "staff", "password", password)
	}
	from("198.51.100.1:50000", secret).goes("/")
	looked := 0
	for i := range nameBurst + 30 {
		if from(fmt.Sprintf("192.0.2.%d:50000", i), "wrong").Code == 401 {
			looked++
		}
	}
	if looked != nameBurst {
		t.Errorf("%d guesses were looked at", looked)
	}
	from("198.51.100.2:50000", secret).is(429, "Wait a minute")
	from("198.51.100.1:50000", secret).goes("/")
	o.browser().post("/login", "name", "admin", "password", secret).goes("/")
	o.passes(6 * time.Second)
	from("198.51.100.2:50000", secret).goes("/")
}

// TestGuessesThatAreSentAtOnceAreNoMore: each is counted before the next one is looked at.
func TestGuessesThatAreSentAtOnceAreNoMore(t *testing.T) {
	o := open(t)
	var looked atomic.Int64
	var group sync.WaitGroup
	for range 30 {
		group.Go(func() {
			if o.browser().post("/login", "name", "staff", "password", "wrong").Code == 401 {
				looked.Add(1)
			}
		})
	}
	group.Wait()
	if looked.Load() != pairBurst {
		t.Errorf("%d guesses were looked at", looked.Load())
	}
}

func TestWrongPasswordsOfASourceEnd(t *testing.T) {
	o := open(t)
	guess := func(from, name, password string) int {
		b := o.browser()
		b.from = from
		return b.post("/login", "name", name, "password", password).Code
	}
	looked := 0
	for i := range 50 {
		if guess("192.0.2.7:50000", fmt.Sprintf("name%d", i), "wrong") == 401 {
			looked++
		}
	}
	if looked != sourceBurst {
		t.Errorf("%d guesses were looked at", looked)
	}
	if guess("192.0.2.7:50000", "staff", secret) != 429 || guess("192.0.2.8:50000", "staff", secret) != 303 {
		t.Error("the source guesses on, or others are touched")
	}
}

func TestDisabledEndsEverySessionAtOnce(t *testing.T) {
	o := open(t)
	one, two, other := o.as(users.Staff), o.as(users.Staff), o.as(users.Admin)
	u, err := o.store.User(t.Context(), "staff")
	must(t, err)
	u.Disabled = true
	_, err = o.store.PutUser(t.Context(), u)
	must(t, err)
	one.get("/").goes("/login?next=%2F")
	two.get("/tickets/417").goes("/login?next=%2Ftickets%2F417")
	other.get("/").is(200)
	one.post("/login", "name", "staff", "password", secret).is(401)
}

func TestASessionEndsWhenItIsNotUsedAndAfterAWeek(t *testing.T) {
	o := open(t)
	b := o.as(users.Staff)
	o.passes(sessionIdle - time.Second)
	b.get("/").is(200)
	o.passes(sessionIdle - time.Second)
	b.get("/").is(200)
	o.passes(sessionIdle)
	b.get("/").goes("/login?next=%2F")

	b = o.as(users.Staff)
	for passed := time.Duration(0); passed < sessionLongest-time.Hour; passed += time.Hour {
		b.get("/password").is(200)
		o.passes(time.Hour)
	}
	o.passes(time.Hour)
	b.get("/").goes("/login?next=%2F")
}

func TestAPasswordIsChangedByWhoeverKnowsIt(t *testing.T) {
	o := open(t)
	b, elsewhere := o.as(users.Engineer), o.as(users.Engineer)
	b.get("/password").is(200, "Change your password")
	b.post("/password", "old", "wrong", "new", "battery staple").is(401, "is wrong")
	b.post("/password", "old", secret, "new", "short").is(422, "10 to 200 characters")
	b.post("/password", "old", secret, "new", "battery staple").is(200, "is changed")
	b.get("/").is(200)
	elsewhere.get("/").goes("/login?next=%2F")
	o.browser().post("/login", "name", "engineer", "password", secret).is(401)
	o.browser().post("/login", "name", "engineer", "password", "battery staple").goes("/")
}

func TestTheFirstUserComesByALinkOnce(t *testing.T) {
	o := open(t)
	o.config.Store = memory.New(417)
	setup, path := NewSetup(o.clock())
	o.config.Setup = setup
	o.handler = New(o.config)
	b := o.browser()
	b.get("/").goes("/login?next=%2F")
	b.get("/login").is(200, "There is no user yet")
	b.get("/setup/WRONG").is(404)
	b.get(path).is(200, "The first administrator")
	for _, bad := range [][2]string{{"Anna", "long enough"}, {"", "long enough"}, {"anna", "short"}} {
		b.post(path, "name", bad[0], "password", bad[1]).is(422)
	}
	far := o.browser()
	far.from = "192.0.2.7:50000"
	far.get(path).is(403, "over TLS")
	far.from = "127.0.0.1:50000"
	far.header.Set("X-Forwarded-For", "192.0.2.7")
	far.post(path, "name", "eve", "password", "long enough").is(403)
	far.header.Set("X-Forwarded-Proto", "https")
	far.get(path).is(200)

	b.post(path, "name", "anna", "password", "long enough").goes("/start")
	b.get("/").is(200, ">anna</a>", "administrator")
	far.post(path, "name", "eve", "password", "long enough").is(404, "does not hold any more")
}

func TestTheLinkForTheFirstUserEndsAfterAQuarterOfAnHour(t *testing.T) {
	o := open(t)
	setup, path := NewSetup(o.clock())
	o.config.Store, o.config.Setup = memory.New(417), setup
	o.handler = New(o.config)
	o.passes(SetupTime - time.Second)
	o.browser().get(path).is(200)
	o.passes(time.Second)
	o.browser().get(path).is(404)
}

func TestALinkDoesNotMakeASecondAdministrator(t *testing.T) {
	o := open(t) // which has users
	setup, path := NewSetup(o.clock())
	o.config.Setup = setup
	o.handler = New(o.config)
	o.browser().post(path, "name", "eve", "password", "long enough").is(http.StatusConflict)
	if _, err := o.store.User(t.Context(), "eve"); err == nil {
		t.Error("eve is a user")
	}
}
