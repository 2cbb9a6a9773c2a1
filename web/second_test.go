package web

import (
	"fmt"
	"html"
	"regexp"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"hotline/users"
)

// setUp has somebody set codes up, and gives the secret and the recovery codes.
func (o *office) setUp(b *browser) (shared string, codes []string) {
	o.t.Helper()
	a := b.get("/second").is(200, "Scan the picture", `<svg class="qr"`)
	shared = html.UnescapeString(regexp.MustCompile(`name="secret" value="([^"]+)"`).FindStringSubmatch(a.Body.String())[1])
	b.post("/second", "secret", shared, "code", "000000", "old", secret).is(422, "is not right", shared)
	b.post("/second", "secret", shared, "code", o.code(shared), "old", "wrong password").is(401, shared)
	a = b.post("/second", "secret", shared, "code", o.code(shared), "old", secret).is(200, "A code is asked for", "left: 10")
	for _, m := range regexp.MustCompile(`<li><code>([a-z0-9]+)</code>`).FindAllStringSubmatch(a.Body.String(), -1) {
		codes = append(codes, m[1])
	}
	if len(codes) != 10 {
		o.t.Fatalf("%d recovery codes", len(codes))
	}
	return shared, codes
}

func (o *office) code(shared string) string {
	c, err := totp.GenerateCode(shared, o.clock())
	must(o.t, err)
	return c
}

// TestALoginAsksForACodeWhereOneIsSetUp: of the app, or a recovery code, each once; a login without one tells nothing of the password.
func TestALoginAsksForACodeWhereOneIsSetUp(t *testing.T) {
	o := open(t)
	mine := o.as(users.Staff)
	shared, codes := o.setUp(mine)
	mine.get("/").is(200) // the session goes on
	login := func(password, code string) answer {
		o.t.Helper()
		return o.browser().post("/login", "name", "staff", "password", password, "code", code)
	}
	used := o.code(shared)
	login(secret, used).is(401) // it has shown that the app works
	o.passes(time.Minute)
	wrong := login(secret, "").is(401).main()
	if wrong != login("wrong password", o.code(shared)).is(401).main() {
		t.Error("a login without a code tells that the password is right")
	}
	o.passes(10 * time.Minute)
	login(secret, o.code(shared)).goes("/")
	login(secret, o.code(shared)).is(401)
	login(secret, codes[3]).goes("/")
	login(secret, codes[3]).is(401)
	mine.get("/second").is(200, "left: 9").hides(`class="qr"`, shared)
	o.browser().post("/login", "name", "viewer", "password", secret).goes("/")

	o.passes(10 * time.Minute)
	mine.post("/second", "secret", shared, "code", o.code(shared), "old", secret).is(409)
	mine.post("/second/end", "old", "wrong password").is(401)
	mine.post("/second/end", "old", secret).is(200, "Scan the picture")
	login(secret, "").goes("/")
}

// TestACodeThatIsSentAtOnceOpensOneLogin: two browsers show the same one.
func TestACodeThatIsSentAtOnceOpensOneLogin(t *testing.T) {
	o := open(t)
	shared, _ := o.setUp(o.as(users.Staff))
	o.passes(time.Hour)
	code := o.code(shared)
	var in atomic.Int64
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			if o.browser().post("/login", "name", "staff", "password", secret, "code", code).Code == 303 {
				in.Add(1)
			}
		})
	}
	group.Wait()
	if in.Load() != 1 {
		t.Errorf("one code opened %d logins", in.Load())
	}
}

// TestCodesAreGuessedAsSlowlyAsPasswords: also by somebody who knows the password, from wherever.
func TestCodesAreGuessedAsSlowlyAsPasswords(t *testing.T) {
	o := open(t)
	o.setUp(o.as(users.Staff))
	o.passes(time.Hour)
	looked := 0
	for range 3 * pairBurst {
		if a := o.browser().post("/login", "name", "staff", "password", secret, "code", "123456"); a.Code == 401 {
			looked++
		}
	}
	if looked != pairBurst {
		t.Errorf("%d codes were looked at", looked)
	}
}

// TestAnAdministratorLetsSomebodyInWhoLostTheTelephone: the new link needs no code.
func TestAnAdministratorLetsSomebodyInWhoLostTheTelephone(t *testing.T) {
	o := open(t)
	o.setUp(o.as(users.Staff))
	link := linkOf(t, o.as(users.Admin).post("/users/staff/reset", "version", fmt.Sprint(o.user("staff").Version)).is(200))
	o.browser().post(link, "password", "a good long one").goes("/")
	o.browser().post("/login", "name", "staff", "password", "a good long one").goes("/")
}
