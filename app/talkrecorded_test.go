package app_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"hotline/app/apptest"
	"hotline/directory"
	"hotline/phone"
	"hotline/prompts"
	"hotline/tickets"
)

// TestATalkIsRecordedByThePolicyOfItsContract: the caller hears of it before the tone and the engineer in the brief; the recording stands
// on the ticket beside the message, as one of its own kind. Without the policy, and for who refuses, there is none.
func TestATalkIsRecordedByThePolicyOfItsContract(t *testing.T) {
	for name, c := range map[string]struct {
		policy, refuses bool
		want            []tickets.RecordingKind
		told            bool // the engineer
	}{
		"by the policy":      {true, false, []tickets.RecordingKind{tickets.Message, tickets.Talk}, true},
		"the caller refuses": {true, true, nil, true},
		"no policy":          {false, false, []tickets.RecordingKind{tickets.Message}, false},
	} {
		t.Run(name, func(t *testing.T) {
			apptest.Run(t, func(t *testing.T, p *apptest.Program) {
				p.Desk.SetBook(p.Desk.Book().With(func(b *directory.Book) {
					rossi := b.Contracts.At("rossi")
					rossi.RecordTalks = c.policy
					b.Contracts = b.Contracts.With("rossi", rossi)
				}))
				ended := make(chan time.Time, 4)
				p.Engineers(pressing(ended, 25*time.Second, "1"), func(_ context.Context, in *phone.Incoming) { in.Refuse(486, "Busy Here") })
				caller := p.Dial("127.0.0.1:6000", "0612345")
				if c.refuses {
					if err := caller.Press(t.Context(), apptest.Blocking+"7"); err != nil {
						t.Fatal(err)
					}
				} else {
					p.Message(caller, apptest.Blocking)
				}
				<-ended
				p.Passes(20 * time.Second)
				ticket, err := p.Desk.Ticket(t.Context(), 417)
				var kinds []string
				for _, r := range ticket.Recordings {
					kinds = append(kinds, "kind:"+string(r.Kind))
					if r.Kind == tickets.Talk && (r.Seconds < 5 || r.SHA256 == "" || !strings.HasPrefix(r.ID, "417-")) {
						t.Errorf("the talk is %+v", r)
					}
				}
				var want []string
				for _, k := range c.want {
					want = append(want, "kind:"+string(k))
				}
				if err != nil || strings.Join(kinds, " ") != strings.Join(want, " ") {
					t.Errorf("the recordings are %v, want %v; %v\n%s", kinds, want, err, p.History())
				}
				book, _ := prompts.Open(prompts.Italian)
				said := strings.Join(p.Said(), "\n")
				told, notice := strings.Contains(said, book.Text(prompts.P("talk-told"))), strings.Contains(said, "caller: "+book.Text(prompts.P("calling-meanwhile", "talk-notice")))
				if told != c.told || notice != c.told {
					t.Errorf("the engineer was told: %v, the caller: %v\n%s", told, notice, said)
				}
				if !strings.Contains(p.History(), "joined ") {
					t.Errorf("they did not talk\n%s", p.History())
				}
			})
		})
	}
}
