package sip_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"hotline/sip"
	"hotline/sip/siptest"
)

// filter is a carrier that answers each INVITE as a test says: by code, 180 before it where it rings.
type filter struct {
	*siptest.Phone
	agent *sip.Agent
	t     *testing.T
}

func newFilter(t *testing.T) *filter {
	w := siptest.NewWire(1)
	p := siptest.NewPhone(t, w, "192.0.2.9:5060")
	return &filter{p, start(t, w, nil, carrier(func(t *sip.Trunk) {
		t.Register, t.CallerID, t.ShowCaller = false, "+3906999", true
	})), t}
}

// answer is one final answer: after so long, with 180 before it where the telephone rings.
type answer struct {
	code  int
	after time.Duration
	rings bool
}

// call places a call for a customer and answers its INVITEs in their order. It gives the numbers that they showed, the call's
// ending, and how long it took from the first INVITE to the second.
func (f *filter) call(answers ...answer) (shown []string, between time.Duration, err error) {
	f.t.Helper()
	ended := make(chan error, 1)
	background(f.t, func() {
		d, _, err := f.agent.Dial(context.Background(), sip.DialRequest{To: "sip:+39061@192.0.2.9", Trunk: "carrier", From: sip.Party{User: "hotline"},
			Offer: []byte(siptest.SDP), OnBehalf: sip.OnBehalf{Caller: sip.Party{User: "+393331"}, Called: "800123"}})
		if err == nil {
			_ = d.Hangup("")
		}
		ended <- err
	})
	var first time.Time
	for i, a := range answers {
		c := f.Incoming(within)
		switch i {
		case 0:
			first = time.Now()
		case 1:
			between = time.Since(first)
		}
		number, _, _ := strings.Cut(strings.TrimPrefix(c.Invite.Get("From")[strings.Index(c.Invite.Get("From"), "sip:"):], "sip:"), "@")
		shown = append(shown, number)
		if diverted := c.Invite.Get("Diversion") != ""; diverted != (number == "+393331") {
			f.t.Errorf("From %q with Diversion %q", number, c.Invite.Get("Diversion"))
		}
		if a.rings {
			c.Respond(180, "")
		}
		time.Sleep(a.after)
		if a.code == 200 {
			c.Respond(200, siptest.SDP)
			f.Expect("ACK ", within)
			c.Respond(200, "", f.Expect("BYE ", within))
		} else {
			c.Respond(a.code, "")
		}
	}
	return shown, between, <-ended
}

const customers, ours = "+393331", "+3906999"

// TestATrunkThatRefusesTheCustomersNumberGetsOurs: the table of final answers to a call that shows the customer's number, of those
// to the call that follows with ours, and whether the next call shows the customer's again.
func TestATrunkThatRefusesTheCustomersNumberGetsOurs(t *testing.T) {
	type row struct {
		name    string
		answers []answer
		shown   []string
		code    int    // of the call's ending; 200: it was answered
		next    string // the number that the next call shows first
	}
	rows := []row{
		{"busy is the telephone's word", []answer{{code: 486}}, []string{customers}, 486, customers},
		{"unknown number", []answer{{code: 404}}, []string{customers}, 404, customers},
		{"the trunk is out of order", []answer{{code: 500}}, []string{customers}, 500, customers},
		{"declined after it rang", []answer{{code: 603, rings: true, after: time.Second}}, []string{customers}, 603, customers},
		{"not at once", []answer{{code: 480, after: 3 * time.Second}}, []string{customers}, 480, customers},
		{"the telephone declines both", []answer{{code: 603}, {code: 603}}, []string{customers, ours}, 603, customers},
		{"nobody is there, whoever calls", []answer{{code: 480}, {code: 480}}, []string{customers, ours}, 480, customers},
		{"ours rings and is declined", []answer{{code: 403}, {code: 603, rings: true, after: time.Second}}, []string{customers, ours}, 603, customers},
		{"ours is busy", []answer{{code: 403}, {code: 486}}, []string{customers, ours}, 486, ours},
		{"ours rings and is not picked up", []answer{{code: 403}, {code: 487, rings: true, after: time.Second}}, []string{customers, ours}, 487, ours},
	}
	for _, code := range []int{403, 428, 433, 436, 437, 438, 480, 603, 607, 608} {
		rows = append(rows, row{"refused and taken", []answer{{code: code}, {code: 200}}, []string{customers, ours}, 200, ours})
	}
	for _, r := range rows {
		t.Run(r.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFilter(t)
				shown, between, err := f.call(r.answers...)
				var final *sip.FinalError
				if code := 200; err != nil && (!errors.As(err, &final) || final.Code != r.code) || err == nil && r.code != code {
					t.Errorf("the call ended by %v, want %d", err, r.code)
				}
				if !slices.Equal(shown, r.shown) || between > time.Second {
					t.Errorf("the calls showed %v, want %v; the second came after %v", shown, r.shown, between)
				}
				if next, _, _ := f.call(answer{code: 404}); !slices.Equal(next, []string{r.next}) {
					t.Errorf("the next call shows %v, want %s", next, r.next)
				}
				s := f.agent.TrunkStates()[0]
				if refused := s.Caller.Code != 0; !s.ShowsCaller || refused != (r.next == ours) || refused && s.Caller.Code != r.answers[0].code {
					t.Errorf("the trunk is %+v", s)
				}
			})
		})
	}
}

// The customer's number is tried again after an hour: whoever mends the trunk restarts nothing.
func TestTheCustomersNumberIsTriedAgainAfterAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFilter(t)
		expect := func(when string, want []string, answers ...answer) {
			t.Helper()
			if shown, _, _ := f.call(answers...); !slices.Equal(shown, want) {
				t.Errorf("%s the calls show %v, want %v", when, shown, want)
			}
		}
		expect("at first", []string{customers, ours}, answer{code: 403}, answer{code: 200})
		since := f.agent.TrunkStates()[0].Caller.Since
		time.Sleep(59 * time.Minute)
		expect("within the hour", []string{ours}, answer{code: 200})
		time.Sleep(2 * time.Minute)
		expect("after an hour, refused again", []string{customers, ours}, answer{code: 603}, answer{code: 200})
		if s := f.agent.TrunkStates()[0].Caller; !s.Since.Equal(since) || s.Code != 603 || time.Until(s.Until) < 55*time.Minute {
			t.Errorf("the refusal is %+v, the first was at %v", s, since)
		}
		time.Sleep(61 * time.Minute)
		expect("after two hours, taken", []string{customers}, answer{code: 200})
		if s := f.agent.TrunkStates()[0].Caller; s.Code != 0 {
			t.Errorf("the refusal stands: %+v", s)
		}
		expect("and from then on", []string{customers}, answer{code: 486})
	})
}

// A trunk asks for credentials, takes them, and then refuses the number: that says nothing of the credentials.
func TestARefusedNumberIsNoWordOfTheCredentials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := siptest.NewWire(1)
		p := siptest.NewPhone(t, w, "192.0.2.9:5060")
		a := start(t, w, nil, carrier(func(t *sip.Trunk) { t.Register, t.CallerID, t.ShowCaller = false, "+3906999", true }))
		ended := make(chan error, 1)
		background(t, func() {
			_, _, err := a.Dial(context.Background(), sip.DialRequest{To: "sip:+39061@192.0.2.9", Trunk: "carrier", From: sip.Party{User: "hotline"},
				Offer: []byte(siptest.SDP), OnBehalf: sip.OnBehalf{Caller: sip.Party{User: customers}}})
			ended <- err
		})
		for _, code := range []int{401, 403, 401, 486} {
			c := p.Requested("INVITE", within)
			if code == 401 {
				c.Extra = []string{challengeMD5}
			}
			c.Respond(code, "")
		}
		var final *sip.FinalError
		if err := <-ended; !errors.As(err, &final) || final.Code != 486 {
			t.Errorf("the call ended by %v", err)
		}
		if s := a.TrunkStates()[0]; s.State == sip.TrunkRefused || s.Caller.Code != 403 {
			t.Errorf("the trunk is %+v", s)
		}
	})
}
