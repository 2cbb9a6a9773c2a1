package web

import (
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"hotline/users"
)

// linkOf is the path of the one-time link that a page shows.
func linkOf(t *testing.T, a answer) string {
	t.Helper()
	m := regexp.MustCompile(`class="link-once">([^<]+)<`).FindStringSubmatch(a.Body.String())
	if m == nil {
		t.Fatalf("%s shows no link:\n%s", a.what, a.main())
	}
	u, err := url.Parse(html.UnescapeString(m[1]))
	must(t, err)
	if u.Scheme != "http" || u.Host != "desk.example" {
		t.Errorf("the link is %s", u)
	}
	return u.Path
}

func (o *office) user(name string) users.User {
	o.t.Helper()
	u, err := o.store.User(o.t.Context(), name)
	must(o.t, err)
	return u
}

// TestAnInvitedUserChoosesAPasswordOnce: and is logged in then. Until then no password opens anything.
func TestAnInvitedUserChoosesAPasswordOnce(t *testing.T) {
	o := open(t)
	admin := o.as(users.Admin)
	a := admin.post("/users", "name", "carla", "role", "staff", "engineer", "anna").is(200, "The link for carla", "invited, no password yet")
	link := linkOf(t, a)
	admin.get("/users").is(200, "carla").hides("link-once", "$invite$", link)
	for _, guess := range []string{"", "$invite$", o.user("carla").Password} {
		o.browser().post("/login", "name", "carla", "password", guess).is(401)
	}
	b := o.browser()
	b.get(link).is(200, "You are carla here")
	b.get(link+"A").is(404, "does not hold")
	b.get(strings.Replace(link, "carla", "staff", 1)).is(404)
	b.post(link, "password", "short").is(422, "10 to 200")
	b.post(link, "password", "a good long one").goes("/")
	b.get("/").is(200, ">carla</a>")
	b.post(link, "password", "another long one").is(404)
	o.browser().post("/login", "name", "carla", "password", "a good long one").goes("/")
	if u := o.user("carla"); u.Role != users.Staff || u.Engineer != "anna" || !strings.HasPrefix(u.Password, "$argon2id$") {
		t.Errorf("%+v", u)
	}
	admin.post("/users", "name", "carla", "role", "staff").is(409, "already")
	late := linkOf(t, admin.post("/users", "name", "dario", "role", "viewer"))
	o.passes(users.InviteTime)
	o.browser().get(late).is(404)
}

func TestABadInvitationMakesNobody(t *testing.T) {
	o := open(t)
	for _, form := range [][]string{
		{"name", "Anna", "role", "staff"}, {"name", "", "role", "staff"}, {"name", "a/b", "role", "staff"}, {"name", "carla"}, {"name", "carla", "role", "root"}, {"name", "carla", "role", "staff", "engineer", "nobody"},
	} {
		o.as(users.Admin).post("/users", form...).is(422)
	}
	o.as(users.Admin).post("/users", "name", "Anna Verdi!", "role", "viewer", "engineer", "anna").is(422, `value="Anna Verdi!"`, `<option value="viewer" selected>`, `<option value="anna" selected>`, `id="wrong"`)
	if all, err := o.store.Users(t.Context()); err != nil || len(all) != len(users.Roles()) {
		t.Errorf("%v, %v", all, err)
	}
}

// TestWhoIsDisabledIsOutAtOnce: with every session; who is let in again has the password of before.
func TestWhoIsDisabledIsOutAtOnce(t *testing.T) {
	o := open(t)
	admin, b := o.as(users.Admin), o.as(users.Staff)
	b.get("/").is(200)
	version := func() string { return fmt.Sprint(o.user("staff").Version) }
	admin.post("/users/staff/disable", "version", "99").is(409, "changed staff meanwhile")
	admin.post("/users/staff/change", "version", "99", "role", "viewer", "engineer", "anna").is(409, "changed staff meanwhile", `<option value="viewer" selected>`, "What stands now: staff", `name="version" value="`+version()+`"`)
	b.get("/").is(200)
	admin.post("/users/staff/disable", "version", version()).goes("/users")
	b.get("/").goes("/login?next=%2F")
	o.browser().post("/login", "name", "staff", "password", secret).is(401)
	admin.get("/users").is(200, "disabled", "Let in again")
	admin.post("/users/staff/enable", "version", version()).goes("/users")
	b.get("/").goes("/login?next=%2F")
	b.post("/login", "name", "staff", "password", secret).goes("/")

	admin.post("/users/staff/change", "version", version(), "role", "viewer").goes("/users")
	if u := o.user("staff"); u.Role != users.Viewer || u.Engineer != "" {
		t.Errorf("%+v", u)
	}
	b.post("/tickets/417/comment", "text", "x").is(403)
	link := linkOf(t, admin.post("/users/staff/reset", "version", version()).is(200))
	b.get("/").goes("/login?next=%2F")
	b.post("/login", "name", "staff", "password", secret).is(401)
	b.post(link, "password", "a good long one").goes("/")
	if !strings.Contains(o.log.String(), "by=admin user=staff what=disable") {
		t.Error("who disabled somebody is not logged")
	}
}

// TestNobodyTakesTheirOwnKeyAway: so one administrator is always left.
func TestNobodyTakesTheirOwnKeyAway(t *testing.T) {
	o := open(t)
	admin := o.as(users.Admin)
	admin.get("/users").is(200, "this is you").hides(`"/users/admin/`)
	for _, verb := range []string{"change", "disable", "enable", "reset"} {
		admin.post("/users/admin/"+verb, "version", "1", "role", "viewer").is(409, "ask another administrator")
		admin.post("/users/nobody/"+verb, "version", "1", "role", "viewer").is(404)
	}
	admin.get("/").is(200)
}

func TestOneEndsAllOtherSessionsOfOnesOwn(t *testing.T) {
	o := open(t)
	here, there, other := o.as(users.Staff), o.as(users.Staff), o.as(users.Viewer)
	here.get("/password").is(200, "End all other sessions")
	here.post("/sessions/end").is(200, "have ended")
	here.get("/").is(200)
	there.get("/").goes("/login?next=%2F")
	other.get("/").is(200)
	o.passes(time.Minute)
	here.get("/").is(200)
}

// TestAComplaintLeadsBackToItsForm: of this house alone, and where the browser says which page it was.
func TestAComplaintLeadsBackToItsForm(t *testing.T) {
	b := open(t).as(users.Admin)
	for from, leads := range map[string]bool{"/users?x=1": true, "": false, "https://evil.example/users": false, "javascript:alert(1)": false} {
		if leads {
			from = "http://" + site.Host + from
		}
		b.header.Set("Referer", from)
		a := b.post("/users/admin/disable", "version", "1").is(409, "ask another administrator")
		if strings.Contains(a.Body.String(), `href="/users?x=1">Back to the form`) != leads || strings.Contains(a.Body.String(), "evil") {
			t.Errorf("%q leads back: %v\n%s", from, leads, a.main())
		}
	}
	b.get("/nothing").is(404).hides("Back to the form")
}
