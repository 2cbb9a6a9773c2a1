package show

import (
	"context"
	"errors"
	"io"
	"net/netip"
	"testing"

	"go.uber.org/goleak"

	"hotline/phone"
	"hotline/sip"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestTheTelephonesOfADemoAreThoseOfItsLineAlone: beside a demo there may be another line with the demo's contracts, which
// looks for Marco where he usually is; who pressed 1 for that one's caller has told this one's nothing.
func TestTheTelephonesOfADemoAreThoseOfItsLineAlone(t *testing.T) {
	ctx := t.Context()
	cast, err := Gather(ctx, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer cast.Leave(context.WithoutCancel(ctx))
	line := func() *phone.Phone {
		p, err := phone.New(phone.Config{At: netip.MustParseAddrPort("127.0.0.1:0"), User: "hotline"})
		if err != nil {
			t.Fatal(err)
		}
		if err := p.Start(ctx); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = p.Stop(context.WithoutCancel(ctx)) })
		return p
	}
	own, another := line(), line()
	refused := func(p *phone.Phone, what string) {
		t.Helper()
		var no *sip.FinalError
		if _, err := p.Dial(ctx, cast.Marco()); !errors.As(err, &no) || no.Code != 480 {
			t.Errorf("%s rings Marco and gets %v, want a 480", what, err)
		}
	}
	refused(own, "a line before the call of the demo")
	if err := cast.belong(own.Address()); err != nil {
		t.Fatal(err)
	}
	refused(another, "another line")
	c, err := own.Dial(ctx, cast.Marco())
	if err != nil {
		t.Fatalf("the demo's line rings Marco: %v", err)
	}
	defer c.Hangup()

	// Marco may press 1 for the ticket of a demo that was broken off, before he does for this one's.
	asked := 0
	caller := &customer{accepted: func(context.Context) bool { asked++; return asked == 3 }}
	if err := caller.wait(ctx, c); err != nil || asked != 3 {
		t.Errorf("the caller waits until he has asked %d times: %v", asked, err)
	}
}
