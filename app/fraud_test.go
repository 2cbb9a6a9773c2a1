package app_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline/app"
	"hotline/app/apptest"
	"hotline/config"
	"hotline/phone"
	"hotline/sip/siptest"
)

// steering are values with which somebody tries to make a line call where he likes.
func steering(dice *rand.Rand) string {
	number := fmt.Sprintf("+39899%07d", dice.IntN(1e7))
	forms := [...]string{
		number, "%s&SIP/carrier/" + number, number + "@evil.example", "sip:" + number, number + ";phone-context=+1", "500,," + number, "0011" + number[1:],
		"9" + number[1:], number + "%%0d%%0aVia:x", "*72" + number, "" + strings.Repeat("9", 200), "anonymous", "'; drop table calls;--", "hotline", number + "?X=1", "+39331000111;" + number,
	}
	return strings.ReplaceAll(forms[dice.IntN(len(forms))], "%s", "500")
}

// placed notes each INVITE that leaves the house: its Request-URI and where it goes.
type placed struct {
	mu   sync.Mutex
	list map[string]bool
}

func (p *placed) see(from, to netip.AddrPort, data []byte) bool {
	if line, _, _ := strings.Cut(string(data), "\r\n"); strings.HasPrefix(line, "INVITE ") && from.Port() == 5060 && from.Addr() == netip.MustParseAddr("127.0.0.1") {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.list[strings.Fields(line)[1]+" by "+to.String()] = true
	}
	return true
}

func (p *placed) all() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return fmt.Sprint(p.list)
}

// withTrunk is a night whose line may dial every number, and whose only engineer is reached by a trunk.
func withTrunk(t *testing.T) *apptest.Program {
	return apptest.Start(t, func(whole *app.Config) {
		c := &whole.Config
		c.SIP.Trunks = []config.Trunk{{Name: "carrier", Proxy: "sip:127.0.0.9:5060", ShowCaller: true}}
		c.Outgoing = config.Outgoing{Prefixes: []string{"+", "0", "5", "9"}, PerHour: 100, PerDay: 100, RequestPerHour: 100, RequestPerDay: 100}
		whole.Demo = &app.Demo{Anna: "+39331000111", Marco: "+39331000111"}
	})
}

// TestNothingThatACallerSaysSteersWhomTheLineCalls makes 1,250 calls with eight hostile values each, in every header that
// PBXs have been steered by, in REFER and in keys. Then a caller with such a number asks for an engineer, who presses the
// key to call him back: nobody is called but the engineer. A number of the directory is called back.
func TestNothingThatACallerSaysSteersWhomTheLineCalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := withTrunk(t)
		defer n.Stop()
		seen := &placed{list: map[string]bool{}}
		n.SIP.SetFilter(seen.see)
		dice, line := rand.New(rand.NewPCG(4, 2)), netip.MustParseAddrPort("127.0.0.1:5060")
		sip := siptest.NewPhone(t, n.SIP, "127.0.0.5:5060")
		answered := 0
		for range 1250 {
			if hostile(sip, line, dice) {
				answered++
			}
		}
		if answered < 500 {
			t.Errorf("only %d calls were answered", answered)
		}
		if seen.all() != "map[]" {
			t.Fatalf("a caller made the line call: %s", seen.all())
		}
		carrier := n.Phone("127.0.0.9:5060", "carrier", func(ctx context.Context, in *phone.Incoming) {
			call, err := in.PickUp(ctx)
			if err != nil {
				return
			}
			_ = call.Wait(ctx, 14*time.Second) // the caller has described the fault and is gone
			_ = call.Press(ctx, "1")
			_ = call.Wait(ctx, time.Second)
			_ = call.Press(ctx, "1")
			_ = call.Wait(ctx, 20*time.Second)
		})
		defer carrier.Stop(context.Background())
		asksAndHangsUp := func(number string) {
			caller := n.Phone("127.0.0.6:0", number, nil)
			defer caller.Stop(context.Background())
			c, err := caller.Dial(t.Context(), apptest.Line)
			if err != nil {
				t.Fatal(err)
			}
			if err := apptest.Report(t.Context(), c, apptest.Blocking, n.Voice()); err != nil {
				t.Fatal(err)
			}
			c.Hangup() // whoever accepts now is offered to call back
			time.Sleep(2 * time.Minute)
		}
		engineer := "sip:+39331000111@127.0.0.9:5060 by 127.0.0.9:5060"
		asksAndHangsUp("+39899000111")
		own := "sip:+39899000111@127.0.0.6:" // the very telephone that called, of the house's network: not what it says of itself
		if got := seen.all(); !strings.HasPrefix(got, "map["+engineer+":true") || strings.Count(got, ":true") > 1+strings.Count(got, own) {
			t.Errorf("the line called %s", got)
		}
		n.AddNumber("+390612345")
		asksAndHangsUp("+390612345")
		if got := seen.all(); !strings.Contains(got, "sip:+390612345@127.0.0.9:5060 by 127.0.0.9:5060") {
			t.Errorf("a customer of the directory was not called back: %s\n%s", got, n.History())
		}
	})
}

// hostile makes one call whose every value steers.
func hostile(p *siptest.Phone, line netip.AddrPort, dice *rand.Rand) (answered bool) {
	evil := func() string { return steering(dice) }
	c := p.Call(line, evil())
	c.From = "\"" + evil() + "\" <sip:" + evil() + "@127.0.0.5>;tag=" + fmt.Sprint(dice.Uint64())
	c.Extra = []string{
		"Diversion: <sip:" + evil() + "@127.0.0.5>;reason=unconditional", "P-Asserted-Identity: <sip:" + evil() + "@127.0.0.5>",
		"History-Info: <sip:" + evil() + "@127.0.0.5>;index=1", "Refer-To: <sip:" + evil() + "@evil.example>", "Referred-By: <sip:" + evil() + "@x>",
	}
	c.SendInvite(strings.ReplaceAll(siptest.SDP, "192.0.2.9", "127.0.0.5"))
	m := p.Hear(5 * time.Second)
	for m != nil && strings.Contains(m.Line, " 100 ") {
		m = p.Hear(5 * time.Second)
	}
	if m == nil || !strings.Contains(m.Line, " 200 ") {
		return false // refused as it is
	}
	c.Remote = m.Get("To")
	if u := m.Get("Contact"); u != "" {
		c.URI = strings.Trim(u, "<>")
	}
	c.Ack("")
	c.Request("REFER", "")
	c.Extra = append(c.Extra, "Content-Type: application/dtmf-relay")
	for _, k := range "000000#3" {
		c.RequestWith("INFO", "Signal="+string(k))
	}
	c.Request("BYE", "")
	for p.Hear(50*time.Millisecond) != nil {
	}
	return true
}
