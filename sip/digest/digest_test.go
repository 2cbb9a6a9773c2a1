package digest

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	gosip "github.com/emiago/sipgo/sip"
	"github.com/icholy/digest"
)

var (
	noon = time.Unix(1.8e9, 0)
	home = netip.MustParseAddr("192.0.2.9")
)

// answer makes the credentials of a user for a challenge of the server.
func answer(t *testing.T, d Decision, user, password string, count int) string {
	t.Helper()
	if len(d.Challenge) == 0 {
		t.Fatalf("no challenge: %+v", d)
	}
	c, err := digest.ParseChallenge(strings.TrimPrefix(d.Challenge[0], "WWW-Authenticate: "))
	if err != nil {
		t.Fatal(err)
	}
	made, err := digest.Digest(c, digest.Options{Method: "INVITE", URI: "sip:1@x", Username: user, Password: password, Count: count})
	if err != nil {
		t.Fatal(err)
	}
	return made.String()
}

func invite(authorization string) Request {
	return Request{Method: "INVITE", URI: "sip:1@x", Authorization: authorization}
}

func TestAnAccountPassesOnceForEachCount(t *testing.T) {
	s := NewServer(Accounts{List: []Account{{User: "desk", Password: "secret"}}})
	asked := s.Check(invite(""), home, noon)
	right := answer(t, asked, "desk", "secret", 1)
	for _, c := range []struct {
		name string
		r    Request
		from netip.Addr
		at   time.Time
		pass bool
	}{
		{"from elsewhere", invite(right), netip.MustParseAddr("192.0.2.10"), noon, false},
		{"too late", invite(right), home, noon.Add(2 * time.Minute), false},
		{"for another URI", Request{Method: "INVITE", URI: "sip:2@x", Authorization: right}, home, noon, false},
		{"wrong password", invite(answer(t, asked, "desk", "guess", 1)), home, noon, false},
		{"unknown user", invite(answer(t, asked, "door", "nobody's", 1)), home, noon, false},
		{"no credentials at all", invite("Digest nonsense"), home, noon, false},
		{"right", invite(right), home, noon, true},
		{"replayed", invite(right), home, noon, false},
		{"the next count", invite(answer(t, asked, "desk", "secret", 2)), home, noon, true},
	} {
		if d := s.Check(c.r, c.from, c.at); d.Pass != c.pass || !c.pass && len(d.Challenge) != 2 {
			t.Errorf("%s: %+v", c.name, d)
		}
	}
}

func TestGuessingEndsInSilence(t *testing.T) {
	s := NewServer(Accounts{List: []Account{{User: "desk", Password: "secret"}}})
	challenged := 0
	for range 50 {
		d := s.Check(invite(answer(t, s.Check(invite(""), home, noon), "desk", "guess", 1)), home, noon)
		if d.Pass {
			t.Fatal("a wrong password passed")
		}
		if d.Challenge != nil {
			challenged++
		}
	}
	if challenged != 10 {
		t.Errorf("%d guesses were answered", challenged)
	}
	if d := s.Check(invite(answer(t, s.Check(invite(""), home, noon), "desk", "secret", 1)), home, noon); d.Pass || d.Challenge != nil {
		t.Error("the right one after too many wrong ones tells that it is right")
	}
	later := noon.Add(30 * time.Minute)
	if d := s.Check(invite(answer(t, s.Check(invite(""), home, later), "desk", "secret", 1)), home, later); !d.Pass {
		t.Error("half an hour later the owner is still kept out")
	}
}

func TestChallengesAreAnsweredOnceAndForOneRealmOnly(t *testing.T) {
	request := func() *gosip.Request {
		return gosip.NewRequest(gosip.INVITE, gosip.Uri{Scheme: "sip", Host: "x"})
	}
	challenge := func(realm, more string) *gosip.Response {
		res := gosip.NewResponse(401, "Unauthorized")
		res.AppendHeader(gosip.NewHeader("WWW-Authenticate", `Digest realm="`+realm+`", nonce="a", algorithm=MD5`+more))
		res.AppendHeader(gosip.NewHeader("WWW-Authenticate", `Digest realm="`+realm+`", nonce="a", algorithm=SHA-256`+more))
		return res
	}
	ours := Account{User: "pbx", Password: "secret", Realm: "carrier"}
	c := NewClient(ours)
	h, err := c.Answer(challenge("carrier", ""), request())
	if err != nil || h.Name() != "Authorization" || !strings.Contains(h.Value(), "SHA-256") || !c.Tried() {
		t.Errorf("%v, %v", h, err)
	}
	if _, err := c.Answer(challenge("carrier", ""), request()); !errors.Is(err, ErrCredentials) {
		t.Errorf("a second challenge: %v", err)
	}
	if _, err := c.Answer(challenge("carrier", ", stale=true"), request()); err != nil {
		t.Errorf("a stale nonce: %v", err)
	}
	if _, err := c.Answer(challenge("carrier", ", stale=true"), request()); !errors.Is(err, ErrCredentials) {
		t.Errorf("a third answer: %v", err)
	}
	for _, a := range []Account{{User: "pbx", Password: "secret", Realm: "other"}, {}} {
		if _, err := NewClient(a).Answer(challenge("carrier", ""), request()); !errors.Is(err, ErrCredentials) {
			t.Errorf("%+v: %v", a, err)
		}
	}
	if _, err := NewClient(ours).Again(request()); !errors.Is(err, ErrCredentials) {
		t.Errorf("credentials before any challenge: %v", err)
	}
}

// TestManyGuessesAtOneAccountAreToldOnceAnHour: from many sources, so that no limit of one of them hides it.
func TestManyGuessesAtOneAccountAreToldOnceAnHour(t *testing.T) {
	var told []string
	s := NewServer(Accounts{List: []Account{{User: "desk", Password: "secret"}, {User: "door", Password: "other"}}, Guessed: func(user string) { told = append(told, user) }})
	guess := func(user, password string, i int, at time.Time) {
		from := netip.AddrFrom4([4]byte{192, 0, byte(i), 9})
		s.Check(invite(answer(t, s.Check(invite(""), from, at), user, password, 1)), from, at)
	}
	for i := range 9 {
		guess("desk", "guess", i, noon)
		guess("nobody", "guess", i, noon)
	}
	guess("desk", "secret", 9, noon)
	if len(told) != 0 {
		t.Fatalf("told of %v after nine guesses", told)
	}
	for i := range 15 {
		guess("desk", "guess", 10+i, noon.Add(59*time.Minute))
		guess("nobody", "guess", 10+i, noon.Add(59*time.Minute))
	}
	if !slices.Equal(told, []string{"desk"}) {
		t.Fatalf("told of %v after the tenth guess within an hour, and more", told)
	}
	for i := range 9 { // fewer than ten within an hour
		guess("door", "guess", 30+i, noon.Add(time.Duration(i)*7*time.Minute))
	}
	for i := range 10 {
		guess("desk", "guess", 50+i, noon.Add(2*time.Hour))
	}
	if !slices.Equal(told, []string{"desk", "desk"}) {
		t.Errorf("told of %v two hours later", told)
	}
}
