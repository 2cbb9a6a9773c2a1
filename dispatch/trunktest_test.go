package dispatch_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"hotline/app"
	"hotline/app/apptest"
	"hotline/config"
	"hotline/oncall"
	"hotline/phone"
)

// TestATestOfATrunkRingsATelephoneByItAlone: the trunk refuses the customer's number and takes the line's own, which is remembered; and
// another trunk that fares well is not used.
func TestATestOfATrunkRingsATelephoneByItAlone(t *testing.T) {
	twoTrunks := func(whole *app.Config) {
		trunked(whole)
		whole.Config.SIP.Trunks[0].CallerNumber = "+3906999"
		whole.Config.SIP.Trunks = append([]config.Trunk{{Name: "other", Proxy: "sip:127.0.0.8:5060"}}, whole.Config.SIP.Trunks...)
		whole.Demo.Anna = "+39331000111"
	}
	apptest.Run(t, func(t *testing.T, n *apptest.Program) {
		var mu sync.Mutex
		var shown []string
		carrier := n.Phone("127.0.0.9:5060", "carrier", func(ctx context.Context, in *phone.Incoming) {
			mu.Lock()
			shown = append(shown, in.From())
			mu.Unlock()
			if in.From() == "+39051123" {
				in.Refuse(603, "Decline")
				return
			}
			call, err := in.PickUp(ctx)
			if err != nil {
				return
			}
			_ = call.Wait(ctx, 6*time.Second)
			_ = call.Press(ctx, "1")
			<-call.Context().Done()
		})
		defer func() { _ = carrier.Stop(context.Background()) }()
		test := func(trunk, phone string) (string, bool, error) {
			return n.App.Dispatcher().TestTrunk(t.Context(), trunk, "+39051123", oncall.Attempt{Phone: phone, Language: "it"})
		}
		for i, want := range [][]string{{"+39051123", "+3906999"}, {"+39051123", "+3906999", "+3906999"}} {
			if result, reached, problem := test("carrier", "+39331000111"); result != "proven by a test call" || !reached || problem != nil || !slices.Equal(shown, want) {
				t.Errorf("test %d: %q, %v, %v; the trunk was shown %v", i+1, result, reached, problem, shown)
			}
		}
		n.Heard("+39331000111", "chiamata di prova")
		for name, c := range map[string]struct{ trunk, phone, result, says string }{
			"a trunk that is dead":                   {"other", "+39331000111", "dead", ""},
			"one that is not there":                  {"third", "+39331000111", "impossible", `no trunk "third"`},
			"a number that is in no directory":       {"carrier", "+39331999999", "impossible", "in no directory"},
			"a SIP address, which no trunk can dial": {"carrier", "sip:anna@127.0.0.9", "impossible", "not dialled by a trunk"},
		} {
			result, reached, problem := test(c.trunk, c.phone)
			if result != c.result || reached || (problem != nil) != (c.says != "") || problem != nil && !strings.Contains(problem.Error(), c.says) {
				t.Errorf("%s: %q, %v, %v", name, result, reached, problem)
			}
		}
		if len(shown) != 3 {
			t.Errorf("the trunk was called %d times: %v", len(shown), shown)
		}
	}, twoTrunks)
}
