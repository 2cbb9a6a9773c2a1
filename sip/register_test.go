package sip_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/icholy/digest"

	"hotline/sip"
	"hotline/sip/siptest"
)

// carrier is a trunk that registers with the telephone at 192.0.2.9.
func carrier(change ...func(*sip.Trunk)) func(*sip.Config) {
	return func(c *sip.Config) {
		t := sip.Trunk{Name: "carrier", Proxy: "sip:192.0.2.9", Domain: "carrier.example", Register: true, KeepAlive: -1,
			Account: sip.Account{User: "0612345", Password: "secret", Realm: "carrier"}}
		for _, f := range change {
			f(&t)
		}
		c.Trunks = []sip.Trunk{t}
	}
}

const challengeMD5 = `WWW-Authenticate: Digest realm="carrier", nonce="n1", qop="auth", algorithm=MD5`

// proves tells whether a request carries the right answer to a challenge.
func proves(t *testing.T, m *siptest.Message, name string) *digest.Credentials {
	t.Helper()
	v := m.Get(name)
	if v == "" {
		t.Fatalf("%s without %s", m.Line, name)
	}
	c, err := digest.ParseCredentials(v)
	if err != nil {
		t.Fatal(err)
	}
	method, _, _ := strings.Cut(m.Line, " ")
	want, err := digest.Digest(&digest.Challenge{Realm: c.Realm, Nonce: c.Nonce, Algorithm: c.Algorithm, QOP: []string{"auth"}},
		digest.Options{Method: method, URI: c.URI, Username: "0612345", Password: "secret", Count: c.Nc, Cnonce: c.Cnonce})
	if err != nil || want.Response != c.Response {
		t.Fatalf("wrong credentials %q (%v)", v, err)
	}
	return c
}

func TestTrunkRegistersWithCredentialsRefreshesAndLeaves(t *testing.T) {
	for _, algorithm := range []string{"MD5", "SHA-256"} {
		synctest.Test(t, func(t *testing.T) {
			w := siptest.NewWire(1)
			registrar := siptest.NewPhone(t, w, "192.0.2.9:5060")
			a := start(t, w, nil, carrier())
			r := registrar.Requested("REGISTER", within)
			if r.Invite.Get("Authorization") != "" {
				t.Fatal("credentials before they were asked for")
			}
			if to := r.Invite.Get("To"); !strings.Contains(to, "sip:0612345@carrier.example") {
				t.Fatalf("registers %q", to)
			}
			r.Extra = []string{fmt.Sprintf(`WWW-Authenticate: Digest realm="carrier", nonce="n1", qop="auth", algorithm=%s`, algorithm)}
			r.Respond(401, "")
			r = registrar.Requested("REGISTER", within)
			if c := proves(t, r.Invite, "Authorization"); c.Algorithm != algorithm {
				t.Errorf("answered with %s", c.Algorithm)
			}
			r.Extra = []string{"Contact: " + r.Invite.Get("Contact") + ";expires=100"}
			r.Respond(200, "")
			synctest.Wait()
			s := a.TrunkStates()[0]
			if s.State != sip.TrunkRegistered || s.Error != "" || s.Peer != "192.0.2.9:5060" || time.Until(s.Expires) > 100*time.Second {
				t.Fatalf("%+v", s)
			}
			at := time.Now()
			r = registrar.Requested("REGISTER", 90*time.Second)
			if after := time.Since(at); after < 70*time.Second || after > 80*time.Second {
				t.Errorf("refreshed after %s of 100 s", after)
			}
			proves(t, r.Invite, "Authorization") // the challenge is not asked for anew
			r.Respond(200, "")
			synctest.Wait()
			stopped := make(chan error, 1)
			go func() { stopped <- a.Stop(context.Background()) }()
			if r = registrar.Requested("REGISTER", within); r.Invite.Get("Expires") != "0" {
				t.Errorf("left with Expires: %s", r.Invite.Get("Expires"))
			}
			r.Respond(200, "")
			if err := <-stopped; err != nil {
				t.Error(err)
			}
		})
	}
}

func TestARegistrationThatIsTooShortIsMadeLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		registrar := siptest.NewPhone(t, w, "192.0.2.9:5060")
		start(t, w, nil, carrier(func(t *sip.Trunk) { t.Expires = time.Minute }))
		r := registrar.Requested("REGISTER", within)
		r.Extra = []string{"Min-Expires: 1800"}
		r.Respond(423, "")
		if r = registrar.Requested("REGISTER", within); r.Invite.Get("Expires") != "1800" {
			t.Errorf("asks for %s s", r.Invite.Get("Expires"))
		}
	})
}

func TestAStaleNonceIsAnsweredOnceMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		registrar := siptest.NewPhone(t, w, "192.0.2.9:5060")
		a := start(t, w, nil, carrier())
		r := registrar.Requested("REGISTER", within)
		r.Extra = []string{challengeMD5}
		r.Respond(401, "")
		r = registrar.Requested("REGISTER", within)
		r.Extra = []string{`WWW-Authenticate: Digest realm="carrier", nonce="n2", qop="auth", algorithm=MD5, stale=true`}
		r.Respond(401, "")
		r = registrar.Requested("REGISTER", within)
		if c := proves(t, r.Invite, "Authorization"); c.Nonce != "n2" {
			t.Errorf("nonce %s", c.Nonce)
		}
		r.Respond(200, "")
		synctest.Wait()
		if s := a.TrunkStates()[0]; s.State != sip.TrunkRegistered {
			t.Errorf("%+v", s)
		}
	})
}

func TestRefusedCredentialsAreNotRepeatedForEver(t *testing.T) {
	for _, status := range []int{401, 403} {
		synctest.Test(t, func(t *testing.T) {
			w := siptest.NewWire(1)
			registrar := siptest.NewPhone(t, w, "192.0.2.9:5060")
			a := start(t, w, nil, carrier())
			count := 0
			for end := time.Now().Add(20 * time.Minute); ; count++ {
				m := registrar.Hear(time.Until(end))
				if m == nil {
					break
				}
				r := &siptest.Call{Phone: registrar, To: m.From, Invite: m, Extra: []string{challengeMD5}}
				r.Respond(status, "")
			}
			s := a.TrunkStates()[0]
			if count > 6 || s.State != sip.TrunkRefused || !strings.Contains(s.Error, "password") {
				t.Errorf("%d requests after %d; %+v", count, status, s)
			}
		})
	}
}

func TestATrunkThatIsBackIsUsedWithinHalfAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		a := start(t, w, nil, carrier())
		time.Sleep(20 * time.Minute)
		if s := a.TrunkStates()[0]; s.State != sip.TrunkFailing || s.Error == "" {
			t.Errorf("%+v", s)
		}
		if n := w.Sent(); n > 20*60 {
			t.Errorf("%d requests in 20 min, more than one a second", n)
		}
		registrar := siptest.NewPhone(t, w, "192.0.2.9:5060")
		r := registrar.Requested("REGISTER", 30*time.Second)
		r.Respond(200, "")
		synctest.Wait()
		if s := a.TrunkStates()[0]; s.State != sip.TrunkRegistered {
			t.Errorf("%+v", s)
		}
	})
}

func TestATrunkByAddressIsAskedForSignsOfLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		pbx := siptest.NewPhone(t, w, "192.0.2.9:5060")
		a := start(t, w, nil, carrier(func(t *sip.Trunk) { t.Register, t.KeepAlive = false, 30*time.Second }))
		pbx.Requested("OPTIONS", within).Respond(200, "")
		synctest.Wait()
		if s := a.TrunkStates()[0]; s.State != sip.TrunkReachable {
			t.Fatalf("%+v", s)
		}
		pbx.Requested("OPTIONS", 31*time.Second)
		time.Sleep(8 * time.Second)
		if s := a.TrunkStates()[0]; s.State != sip.TrunkFailing || !strings.Contains(s.Error, "sign of life") {
			t.Fatalf("%+v", s)
		}
		for pbx.Requested("OPTIONS", 31*time.Second); pbx.Hear(time.Second) != nil; {
		}
		pbx.Requested("OPTIONS", 31*time.Second).Respond(405, "") // any answer is a sign of life
		synctest.Wait()
		if s := a.TrunkStates()[0]; s.State != sip.TrunkReachable || s.Error != "" {
			t.Fatalf("%+v", s)
		}
	})
}

// names is a name server of a test.
type names struct {
	services map[string][]netip.AddrPort
	down     bool
}

func TestTrunksAreExchangedWhileTheLineRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		former, next := siptest.NewPhone(t, w, "192.0.2.9:5060"), siptest.NewPhone(t, w, "192.0.2.19:5060")
		a := start(t, w, nil)
		if len(a.TrunkStates()) != 0 {
			t.Fatal("a line without trunks has one")
		}
		account := sip.Account{User: "0612345", Password: "secret", Realm: "carrier"}
		first := sip.Trunk{Name: "first", Proxy: "sip:192.0.2.9", Register: true, KeepAlive: -1, Account: account}
		second := sip.Trunk{Name: "second", Proxy: "sip:192.0.2.19", Register: true, KeepAlive: -1, Account: account}
		use := func(list ...sip.Trunk) {
			t.Helper()
			if err := a.UseTrunks(list); err != nil {
				t.Fatal(err)
			}
		}
		use(first)
		former.Requested("REGISTER", within).Respond(200, "")
		synctest.Wait()
		if s := a.TrunkStates(); len(s) != 1 || s[0].State != sip.TrunkRegistered {
			t.Fatalf("%+v", s)
		}
		if err := a.UseTrunks([]sip.Trunk{{Name: "nowhere", Register: true}}); err == nil || a.TrunkStates()[0].Name != "first" {
			t.Errorf("settings that cannot work are taken: %v, %+v", err, a.TrunkStates())
		}
		use(first, second)
		next.Requested("REGISTER", within).Respond(200, "")
		former.Silence("REGISTER", time.Minute) // the same settings: nothing happens
		use(second)
		r := former.Requested("REGISTER", within)
		if r.Invite.Get("Expires") != "0" {
			t.Errorf("the trunk that goes leaves with Expires: %s", r.Invite.Get("Expires"))
		}
		r.Respond(200, "")
		if s := a.TrunkStates(); len(s) != 1 || s[0].Name != "second" || s[0].State != sip.TrunkRegistered {
			t.Errorf("%+v", s)
		}
		second.Account.Password = "another" // it is registered anew, at once
		use(second)
		for range 2 {
			r = next.Requested("REGISTER", within)
			r.Respond(200, "")
		}
	})
}

func TestWhatIsWrongWithATrunkHasACode(t *testing.T) {
	for want, answer := range map[sip.TrunkTrouble]int{"credentials": 401, "denied": 403, "answer": 500, "silent": 0} {
		synctest.Test(t, func(t *testing.T) {
			w := siptest.NewWire(1)
			registrar := siptest.NewPhone(t, w, "192.0.2.9:5060")
			a := start(t, w, nil, carrier())
			for end := time.Now().Add(time.Minute); answer > 0 && time.Now().Before(end) && a.TrunkStates()[0].Trouble == ""; synctest.Wait() {
				r := registrar.Requested("REGISTER", time.Minute)
				if answer == 401 {
					r.Extra = []string{challengeMD5}
				}
				r.Respond(answer, "")
			}
			if answer == 0 {
				time.Sleep(20 * time.Second)
			}
			if s := a.TrunkStates()[0]; s.Trouble != want || s.Error == "" {
				t.Errorf("%d: the trouble is %q (%s), want %q", answer, s.Trouble, s.Error, want)
			}
		})
	}
}
