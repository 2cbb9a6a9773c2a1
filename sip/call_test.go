package sip_test

import (
	"context"
	"errors"
	"net/netip"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline/sip"
	"hotline/sip/siptest"
)

const within = 2 * time.Second

var (
	line = netip.MustParseAddrPort("192.0.2.1:5060")
	peer = netip.MustParseAddrPort("192.0.2.9:5060")
)

// start runs an agent at 192.0.2.1:5060 on the wire; it is stopped with the test.
func start(t *testing.T, w sip.Wire, handle func(context.Context, *sip.Invite), change ...func(*sip.Config)) *sip.Agent {
	t.Helper()
	cfg := sip.Config{Listen: []netip.AddrPort{line}, AcceptAnyone: true, Phones: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}, Wire: w, Handle: handle}
	for _, f := range change {
		f(&cfg)
	}
	a, err := sip.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Stop(context.Background()) })
	return a
}

// answering answers each call, tells it to the test and keeps it until its end.
func answering(calls chan<- *sip.Dialog) func(context.Context, *sip.Invite) {
	return func(ctx context.Context, in *sip.Invite) {
		d, err := in.Answer(ctx, []byte(siptest.SDP))
		if err != nil {
			return
		}
		calls <- d
		<-d.Context().Done()
	}
}

// background runs f beside the test, which does not end before f has.
func background(t *testing.T, f func()) {
	t.Helper()
	var running sync.WaitGroup
	running.Go(f)
	t.Cleanup(running.Wait)
}

func ending(t *testing.T, ctx context.Context, want error) {
	t.Helper()
	<-ctx.Done()
	if got := context.Cause(ctx); !errors.Is(got, want) {
		t.Fatalf("the call ended with %v, want %v", got, want)
	}
}

func TestCallerIsAnsweredAndHangsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, calls := siptest.NewWire(1), make(chan *sip.Dialog, 1)
		a := start(t, w, answering(calls))
		p := siptest.NewPhone(t, w, "192.0.2.9:5060")
		c := p.Dial(line, "0551234", siptest.SDP)
		if m := c.Expect(200, within); m.Body != siptest.SDP {
			t.Fatalf("answer %q", m.Body)
		}
		d := <-calls
		c.Ack("")
		time.Sleep(time.Hour)
		c.Request("BYE", "")
		c.Expect(200, within)
		ending(t, d.Context(), sip.ErrRemoteBye)
		synctest.Wait()
		if a.Calls() != 0 {
			t.Fatalf("%d calls left", a.Calls())
		}
	})
}

func TestEngineerIsCalledAndWeHangUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		a := start(t, w, nil)
		p := siptest.NewPhone(t, w, "192.0.2.9:5060")
		type result struct {
			d      *sip.Dialog
			answer []byte
			err    error
		}
		done := make(chan result, 1)
		go func() {
			d, answer, err := a.Dial(t.Context(), sip.DialRequest{To: "sip:anna@192.0.2.9", Offer: []byte(siptest.SDP)})
			done <- result{d, answer, err}
		}()
		c := p.Incoming(within)
		c.Respond(180, "")
		time.Sleep(15 * time.Second)
		c.Respond(200, siptest.SDP)
		p.Expect("ACK ", within)
		r := <-done
		if r.err != nil || string(r.answer) != siptest.SDP {
			t.Fatal(r.err, string(r.answer))
		}
		if err := r.d.Hangup("done"); err != nil {
			t.Fatal(err)
		}
		bye := p.Expect("BYE ", within)
		c.Respond(200, "", bye)
		ending(t, r.d.Context(), sip.ErrLocalBye)
	})
}
