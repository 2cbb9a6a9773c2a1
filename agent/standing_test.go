package agent_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hotline/agent"
	"hotline/agent/protocol"
	"hotline/prove"
)

// monday is a working day at ten in Rome.
var monday = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)

var errDead = errors.New("127.0.0.1:9: nothing listens there")

// TestLooksInARowMakeAProblemAndItsEnd: each letter is a look, f one that fails; each sign of want is what is told then: ! a problem, + its end.
func TestLooksInARowMakeAProblemAndItsEnd(t *testing.T) {
	for _, c := range []struct{ looks, want string }{
		{"...", "---"},
		{"ff.ff.", "------"}, // it comes and goes
		{"fff", "--!"},
		{"ffffff", "--!---"}, // it is told once
		{"fff..", "--!-+"},
		{"fff.f.f..", "--!-----+"}, // one well look is no end
		{"fff..fff..", "--!-+--!-+"},
	} {
		check := protocol.Check{ID: "erp", Kind: protocol.TCP, Target: "127.0.0.1:9", Title: "the ERP is dead"}.Complete()
		var s agent.Standing
		got := ""
		for n, look := range c.looks {
			var found error
			if look == 'f' {
				found = errDead
			}
			var fact *protocol.Fact
			s, fact = s.Hear(check, found, monday.Add(time.Duration(n)*time.Minute))
			switch {
			case fact == nil:
				got += "-"
			case fact.Resolved:
				got += "+"
			default:
				got += "!"
				if fact.Check != "erp" || fact.Title != "the ERP is dead" || fact.Severity != "warning" || !strings.Contains(fact.Text, "nothing listens there\n3 looks in a row failed, the first one on 23 November 2026 at 09:0") {
					t.Errorf("%s: it is told as %+v", c.looks, fact)
				}
			}
		}
		if got != c.want {
			t.Errorf("%s tells %s, want %s", c.looks, got, c.want)
		}
	}
}

// TestWhatIsUnsureIsEndedOnceItIsWell: the agent has lost its memory, and the server may know of a problem.
func TestWhatIsUnsureIsEndedOnceItIsWell(t *testing.T) {
	check := protocol.Check{ID: "erp", Kind: protocol.TCP, Target: "127.0.0.1:9"}.Complete()
	for looks, want := range map[string]string{"....": "-+--", ".f..f.": "---+--", "fff..": "--!-+", "ff..": "---+"} {
		s, got := agent.Standing{Unsure: true}, ""
		for n, look := range looks {
			var found error
			if look == 'f' {
				found = errDead
			}
			var fact *protocol.Fact
			s, fact = s.Hear(check, found, monday.Add(time.Duration(n)*time.Minute))
			switch {
			case fact == nil:
				got += "-"
			case fact.Resolved:
				got += "+"
			default:
				got += "!"
			}
		}
		if got != want {
			t.Errorf("%s tells %s, want %s", looks, got, want)
		}
	}
}

func TestAProblemThatGoesOnIsToldAgainAfterADay(t *testing.T) {
	check := protocol.Check{ID: "erp", Kind: protocol.TCP, Target: "127.0.0.1:9", Failures: 1}.Complete()
	var s agent.Standing
	told := 0
	for hour := range 49 {
		var fact *protocol.Fact
		if s, fact = s.Hear(check, errDead, monday.Add(time.Duration(hour)*time.Hour)); fact != nil {
			told++
		}
	}
	if told != 3 {
		t.Errorf("it was told %d times in 49 hours, want 3", told)
	}
}

// TestProblemsAndEndsTakeTurns: whatever is found, an end follows a problem and a problem an end; each is told at the look that completes its row.
func TestProblemsAndEndsTakeTurns(t *testing.T) {
	prove.Check(t, func(t *rapid.T) {
		check := protocol.Check{ID: "erp", Kind: protocol.TCP, Target: "127.0.0.1:9", Failures: rapid.IntRange(1, 5).Draw(t, "failures"), Successes: rapid.IntRange(1, 5).Draw(t, "successes")}.Complete()
		looks := rapid.SliceOfN(rapid.Bool(), 0, 200).Draw(t, "looks")
		var s agent.Standing
		failing, row := false, 0
		for n, fails := range looks {
			var found error
			if fails {
				found = errDead
			}
			if n > 0 && looks[n-1] == fails {
				row++
			} else {
				row = 1
			}
			var fact *protocol.Fact
			s, fact = s.Hear(check, found, monday.Add(time.Duration(n)*time.Minute))
			want := !failing && fails && row >= check.Failures || failing && !fails && row >= check.Successes
			if (fact != nil) != want {
				t.Fatalf("look %d of %v: told %v, want %v", n, looks, fact, want)
			}
			if fact != nil {
				if fact.Resolved != failing {
					t.Fatalf("look %d of %v: %+v while failing is %v", n, looks, fact, failing)
				}
				failing = !failing
			}
			if s.Failing != failing {
				t.Fatalf("look %d of %v: it stands as %+v", n, looks, s)
			}
		}
	})
}
