package ivrtest_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"hotline/ivr"
	"hotline/ivr/ivrtest"
)

// variant is the shipped flow with texts replaced, old and new by turns.
func variant(t *testing.T, pairs ...string) *ivr.Flow {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(ivr.DefaultYAML(), pairs[i]) {
			t.Fatalf("the shipped flow has no %q", pairs[i])
		}
	}
	f, complaints := ivr.Parse(strings.NewReplacer(pairs...).Replace(ivr.DefaultYAML()))
	for _, c := range complaints {
		t.Error(c)
	}
	if f == nil {
		t.FailNow()
	}
	return f
}

func TestHoursAreTheContractsOrTheOwners(t *testing.T) {
	for _, c := range []struct{ name, whose, script string }{
		{"a contract of every hour is open on Sunday", "contract", "presses 314159#\nhears menu"},
		{"one of office hours is not", "contract", "presses 161803#\nhears describe"},
		{"nor is the owner", "owner", "presses 314159#\nhears describe"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := variant(t, "do: announce\n    next: category", "do: hours\n    whose: "+c.whose+"\n    open: category\n    closed: open")
			synctest.Test(t, func(t *testing.T) {
				ivrtest.Run(t, f, "at 2026-11-22 10:00 Europe/Rome\nhears welcome/it language-offer/en recording-notice recording-offer enter-pin\n"+c.script)
			})
		})
	}
}

func TestALanguageThatTheFlowDoesNotSpeakIsNotTaken(t *testing.T) {
	english := variant(t, "[it, en]", "[en]", "[de, fr, es]", "[]")
	for _, script := range []string{
		"dials it\nhears welcome/en recording-notice recording-offer enter-pin\npresses 314159#3\nhears describe\nhangs up\nthen ticket language=en",
		"dials de\nhears welcome/en",
	} {
		synctest.Test(t, func(t *testing.T) { ivrtest.Run(t, english, "at 2026-11-23 10:00 Europe/Rome\n"+script) })
	}
}

func TestACallMayTryThreePINsHoweverOftenItsFlowAsks(t *testing.T) {
	twice := variant(t, "takes: 3", "takes: 2", "unknown: request", "unknown: again", "  request:\n    do: request",
		"  again:\n    do: pin\n    prompt: enter-pin\n    tries: 3\n    wait: 6s\n    pause: 4s\n    known: announce\n    unknown: request\n\n  request:\n    do: request")
	synctest.Test(t, func(t *testing.T) {
		ivrtest.Run(t, twice, `at 2026-11-23 10:00 Europe/Rome
			from 0612345
			hears welcome/it language-offer/en recording-notice recording-offer enter-pin
			presses 999999#
			hears pin-wrong-1
			presses 888888#
			hears pin-wrong-2
			presses 777777#
			hears request-locked request-price callback-offer
			hangs up`)
	})
}

func TestALoopThatIsNeverLeftEndsInAMessage(t *testing.T) {
	round := variant(t, "tries: 3\n    wait: 6s\n    chosen", "tries: 1\n    wait: 2s\n    chosen", "none: open", "none: category", "longest: 3m", "longest: 1m")
	synctest.Test(t, func(t *testing.T) {
		ivrtest.Run(t, round, `at 2026-11-23 10:00 Europe/Rome
			hears welcome/it language-offer/en recording-notice recording-offer enter-pin
			presses 314159#
			hears menu menu-others menu-given-up menu menu-others menu-given-up menu menu-others menu-given-up menu menu-others menu-given-up menu menu-others menu-given-up
			hears trouble tone (records)
			speaks 5s, key
			hears readout-ticket 417 goodbye/it
			is hung up on
			then ticket category= recordings=1 contract=rossi`)
	})
}

func TestAFlowThatOpensNoTicketLosesNoMessage(t *testing.T) {
	short := variant(t, "chosen: open", "chosen: describe", "added: open", "added: describe", "none: open", "none: describe", "  open:\n    do: open\n    next: describe\n\n", "")
	synctest.Test(t, func(t *testing.T) {
		ivrtest.Run(t, short, `at 2026-11-23 10:00 Europe/Rome
			hears welcome/it language-offer/en recording-notice recording-offer enter-pin
			presses 314159#1
			hears describe tone (records)
			waits 3s
			hangs up
			then ticket category=blocking recordings=1`)
	})
	synctest.Test(t, func(t *testing.T) {
		ivrtest.Run(t, short, `at 2026-11-23 10:00 Europe/Rome
			given ticket question of 314159
			hears welcome/it language-offer/en recording-notice recording-offer enter-pin
			presses 314159#9
			hears describe-add
			hangs up
			then ticket number=417
			then history opened called_again`)
	})
}

func TestAFlowMayRingAfterTheMessage(t *testing.T) {
	after := variant(t, "ring: at once", "ring: after message")
	synctest.Test(t, func(t *testing.T) {
		ivrtest.Run(t, after, `at 2026-11-23 10:00 Europe/Rome
			hears welcome/it language-offer/en recording-notice recording-offer enter-pin
			presses 314159#1
			hears describe tone (records)
			speaks 12s, key
			hears recorded-menu
			presses 1
			hears message-kept readout-ticket 417 readout-again 417 readout-intervention by-Mon-23Nov-14:00
			hears (rings-rota-417) (waits-for-an-engineer) after-talk 417 next-step goodbye/it
			is hung up on`)
	})
}

func TestAPathThatMayLeadElsewhereRingsNobodyAhead(t *testing.T) {
	forked := variant(t, "wait: 4s\n    next: readout", "wait: 4s\n    next: shut",
		"  readout:\n    do: readout", "  shut:\n    do: hours\n    whose: contract\n    open: readout\n    closed: readout\n\n  readout:\n    do: readout")
	synctest.Test(t, func(t *testing.T) {
		ivrtest.Run(t, forked, `at 2026-11-23 10:00 Europe/Rome
			hears welcome/it language-offer/en recording-notice recording-offer enter-pin
			presses 314159#1
			hears describe tone (records)
			hangs up
			then ticket category=blocking`)
	})
}

func TestAFlowWithoutANoticeGivesOneBeforeTheTone(t *testing.T) {
	silent := variant(t, "start: welcome", "start: pin", "  welcome:\n    do: welcome\n    prompt: welcome\n    notice: recording-notice\n    next: pin\n\n", "")
	synctest.Test(t, func(t *testing.T) {
		ivrtest.Run(t, silent, `at 2026-11-23 10:00 Europe/Rome
			hears enter-pin
			presses 314159#3
			hears recording-notice recording-offer describe tone (records)
			waits 3s
			hangs up
			then ticket recordings=1`)
	})
}

func TestANoticeIsNotCutByKeysAndWhoHangsUpBehindItHasATicket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ivrtest.Run(t, variant(t), `at 2026-11-23 10:00 Europe/Rome
			presses 314159#3
			hears recording-notice describe
			hangs up
			then ticket recordings=0`)
	})
}

func TestTheCompanysNameIsSaidBeforeTheWelcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ivrtest.Run(t, variant(t), "at 2026-11-23 10:00 Europe/Rome\ncompany officine gialli\nhears officine gialli welcome/it language-offer/en recording-notice recording-offer enter-pin\npresses *\nhangs up")
	})
}
