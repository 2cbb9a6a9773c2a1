package ladder

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// reported is the dialog of a call with so many reports from the other side, of which one tells of much loss.
func reported(t *testing.T, reports, worst int) Dialog {
	t.Helper()
	k := New()
	hear(k, monday, caller, line, request("INVITE", "one", "sip:hotline@x"))
	for n := range reports {
		r := Report{At: monday.Add(time.Duration(n+1) * 5 * time.Second), Sender: true, Measured: true, Jitter: time.Millisecond}
		if n == worst {
			r.Lost = 0.5
		}
		k.Report("one", r)
	}
	k.Report("one", Report{At: monday.Add(time.Second), Sent: true, Measured: true})
	k.Report("of another node", Report{})
	d, _ := k.Of("one")
	return d
}

func TestReportsOfALongCallAreBoundedAndTheWorstStay(t *testing.T) {
	for _, c := range []struct{ reports, stay, each int }{{3, 3, 1}, {reportsMost, reportsMost, 1}, {reportsMost + 1, reportsMost/2 + 1, 2}, {10_001, 40, 256}} {
		for _, worst := range []int{0, 1, c.reports - 1} {
			list := reported(t, c.reports, worst).came.list
			of, lost := 0, 0
			for i, r := range list {
				of += r.Of
				if r.Lost == 0.5 {
					lost++
				}
				if r.Of > c.each || i < len(list)-1 && r.Of != c.each {
					t.Errorf("%d reports: one of %d stands for %d", c.reports, len(list), r.Of)
				}
			}
			if len(list) > reportsMost || of != c.reports || lost != 1 {
				t.Errorf("%d reports: %d are remembered, which stand for %d; the worst one stands there %d times", c.reports, len(list), of, lost)
			}
			if len(list) != c.stay {
				t.Errorf("%d reports: %d are remembered, want %d", c.reports, len(list), c.stay)
			}
		}
	}
}

func TestReportsStandBetweenTheMessages(t *testing.T) {
	k := New()
	at := func(seconds int) time.Time { return monday.Add(time.Duration(seconds) * time.Second) }
	hear(k, at(0), caller, line, request("INVITE", "one", "sip:hotline@x"))
	k.Report("one", Report{At: at(5), Sender: true, Measured: true, Lost: 0.25})
	k.Report("one", Report{At: at(4), Sent: true})
	hear(k, at(9), caller, line, request("BYE", "one", "sip:hotline@x"))
	d, ok := k.Of("one")
	k.Report("one", Report{At: at(10)})
	if !ok || len(d.Reports()) != 2 {
		t.Fatalf("%+v", d)
	}
	arrows := Arrows([]Party{{Name: "caller", Calls: true, Dialog: d}}, func(r Report) string { return fmt.Sprintf("lost %.2f", r.Lost) })
	var said []string
	for _, a := range arrows {
		said = append(said, fmt.Sprintf("%d>%d %t %s", a.From, a.To, a.Dot, a.Text))
	}
	if got, want := strings.Join(said, "|"), "1>0 false INVITE|0>1 true lost 0.00|1>0 true lost 0.25|1>0 false BYE"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	picture := string(Draw("SIP", []string{"line", "caller"}, arrows, func(t time.Time) string { return t.Format("15:04:05") }))
	if strings.Count(picture, "<circle") != 2 || strings.Count(picture, `class="tip"`) != 2 {
		t.Errorf("two reports and two messages are drawn as %s", picture)
	}
}

func TestWhoeverIsRungAgainHasOneLane(t *testing.T) {
	k := New()
	for n, id := range []string{"first", "again"} {
		hear(k, monday.Add(time.Duration(n)*time.Minute), line, phone, request("INVITE", id, "sip:anna@x"))
	}
	k.Report("again", Report{At: monday.Add(2 * time.Minute)})
	k.Report("again", Report{At: monday.Add(3 * time.Minute), Sent: true})
	d, _ := k.Of("first")
	again, _ := k.Of("again")
	if d.Add(again); len(d.Messages) != 2 || len(d.Reports()) != 2 {
		t.Errorf("the lane has %d messages and %d reports", len(d.Messages), len(d.Reports()))
	}
}

// TestADialogThatWasGivenStaysAsItIs: pages read it while the call goes on.
func TestADialogThatWasGivenStaysAsItIs(t *testing.T) {
	k := New()
	hear(k, monday, caller, netip.MustParseAddrPort("127.0.0.1:5060"), request("INVITE", "one", "sip:hotline@x"))
	for range reportsMost {
		k.Report("one", Report{Jitter: time.Second})
	}
	d, _ := k.Of("one")
	k.Report("one", Report{Jitter: time.Second})
	if list := d.Reports(); len(list) != reportsMost || list[0].Of != 1 {
		t.Errorf("%d reports are left, of which the first one stands for %d", len(list), list[0].Of)
	}
}
