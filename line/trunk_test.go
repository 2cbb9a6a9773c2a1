package line_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"hotline/line"
	"hotline/oncall/ring"
	"hotline/sip"
	"hotline/sip/siptest"
)

// The first trunk finds no account by what we say and asks for credentials again and again; the second has a telephone that is busy.
func TestATrunkThatRefusesOurCredentialsIsNoAnswerOfTheEngineer(t *testing.T) {
	pbx, carrier := siptest.NewPhone(t, datagrams{}, "127.0.0.1:0"), siptest.NewPhone(t, datagrams{}, "127.0.0.1:0")
	two := false
	x := newExchange(t, nil, func(c *line.Config) {
		for name, p := range map[string]*siptest.Phone{"pbx": pbx, "carrier": carrier} {
			c.SIP.Trunks = append(c.SIP.Trunks, sip.Trunk{Name: name, Proxy: "sip:" + p.At.String(), Domain: "pbx.example", KeepAlive: -1,
				Account: sip.Account{User: "hotline", Password: "secret", Realm: "pbx"}})
		}
		c.Routes = func(number string, _ ring.Introduction) ([]line.Route, error) {
			routes := []line.Route{{Address: "sip:" + number + "@" + pbx.At.String(), Trunk: "pbx"}}
			if two {
				routes = append(routes, line.Route{Address: "sip:" + number + "@" + carrier.At.String(), Trunk: "carrier"})
			}
			return routes, nil
		}
	})
	ringing := func() <-chan error {
		failed := make(chan error, 1)
		go func() {
			_, err := x.board.Ring(context.Background(), "+39061", ring.Introduction{Name: "hotline"})
			failed <- err
		}()
		for range 2 {
			c := pbx.Incoming(soon)
			c.Extra = []string{`WWW-Authenticate: Digest realm="pbx", nonce="n1", qop="auth", algorithm=MD5`}
			c.Respond(401, "")
		}
		return failed
	}
	err := <-ringing()
	if !errors.Is(err, ring.ErrTrunk) || errors.Is(err, ring.ErrRefused) {
		t.Errorf("by one trunk: %v", err)
	}
	for _, s := range x.board.Agent().TrunkStates() {
		if refused := s.State == sip.TrunkRefused; refused != (s.Name == "pbx") || refused != strings.Contains(s.Error, "credentials") {
			t.Errorf("%+v", s)
		}
	}
	two = true
	failed := ringing()
	carrier.Incoming(soon).Respond(486, "")
	var refusal *ring.Refusal
	if err := <-failed; !errors.As(err, &refusal) || refusal.Code != 486 {
		t.Errorf("by two trunks: %v", err)
	}
}
