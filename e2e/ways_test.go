package e2e_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"hotline/media/g711"
	"hotline/media/likeness"
	"hotline/media/wav"
	"hotline/prompts"
)

// portOf is the port of a SIP address.
func portOf(address string) string { return address[strings.LastIndex(address, ":")+1:] }

// callsForHelp has a softphone report that a plant stands still, and describe the fault on and on.
func (h *house) callsForHelp(caller *baresip, fault []int16) {
	h.t.Helper()
	caller.dial("sip:hotline@" + h.sip)
	caller.await("CALL_ESTABLISHED", 1, 30*time.Second)
	caller.press("314159#1")
	h.awaitLine("opened", 30*time.Second)
	caller.hears("the tone", speech(h.t, prompts.Italian, prompts.Tone), 0, 60*time.Second)
	caller.plays(fault)
	pause(3 * time.Second)
}

// inWords is a description that lasts most of a minute.
func inWords(t *testing.T) []int16 {
	return speech(t, prompts.English, "menu", "menu-short", "after-hours-price", "recorded-menu", "operator-brief")
}

// talks has two speak, one after the other.
func talks(one *baresip, says []int16, other *baresip, replies []int16) {
	for who, pcm := range map[*baresip][]int16{one: says, other: replies} {
		who.plays(pcm)
		pause(time.Duration(len(pcm))*time.Second/8000 + time.Second)
	}
}

// TestASoftphoneAcceptsInTheMiddleOfTheDescription by each way in which keys come: as telephone-events, by INFO, and as tones in the
// sound, where a code is asked for. The caller is fetched out of the description, what was said until then is kept, and the two hear each
// other. The witness tells by which way the keys came.
func TestASoftphoneAcceptsInTheMiddleOfTheDescription(t *testing.T) {
	t.Parallel()
	brief, all := speech(t, prompts.Italian, "brief-keys"), codeDigits(t, prompts.Italian)
	confirm := speech(t, prompts.Italian, "confirm-code")
	for name, c := range map[string]struct {
		info, events, code bool
		press              func(anna *baresip, g *gateway)
	}{
		"events": {events: true, press: func(anna *baresip, _ *gateway) { anna.press("1") }},
		"INFO":   {info: true, press: func(_ *baresip, g *gateway) { g.press("1") }},
		"tones": {code: true, press: func(anna *baresip, _ *gateway) {
			anna.hears("the end of the brief", brief, 0, 60*time.Second)
			anna.plays(melody("1"))
			anna.keysCode(all, confirm, 0)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			silence, fault := waveFile(t, "silence", nil), inWords(t)
			h := open(t, "--config", settingsFile(t, "escalation: {key: 60s}\n"))
			anna, caller := softphone(t, "anna", silence, true), softphone(t, "rossi", silence, false)
			address, g := anna.address, (*gateway)(nil)
			if c.info {
				g, address = inFrontOf(t, anna)
			}
			h.onCall([]string{"Anna"}, []string{address})
			seen := watch(t, h)

			h.callsForHelp(caller, fault)
			anna.await("CALL_ESTABLISHED", 1, 30*time.Second)
			c.press(anna, g)
			h.awaitLine("joined", 30*time.Second) // it is written once they have talked for 5 s
			pause(time.Second)
			talk, reply := speech(t, prompts.English, "request-locked"), speech(t, prompts.Italian, "request-expired")
			talks(caller, talk, anna, reply)
			caller.hangUp()
			v := h.awaitLine("talk_ended", 20*time.Second)
			anna.await("CALL_CLOSED", 1, 20*time.Second)
			eventually(t, 30*time.Second, "Anna's telephone stands in the history", func() error { return h.says("Anna at " + address + ": accepted") })
			seen.stop()
			anna.close()
			caller.close()

			if v.Assignee != "e0" {
				t.Errorf("the ticket is with %q", v.Assignee)
			}
			h.judgeUntilThen(v, fault)
			judgeBoth(t, "Anna", heardBy(t, anna), talk, reply)
			judgeBoth(t, "the caller", heardBy(t, caller), reply, talk)
			if is, _ := likeness.Correlate(heardBy(t, anna), confirm); c.code != (is >= 0.8) || !c.code && is >= 0.6 {
				t.Errorf("the likeness with being asked for a code is %.2f", is)
			}
			judgeWay(t, h, seen, []string{portOf(anna.address), portOf(caller.address), portOf(address)}, c.events, c.info)
		})
	}
}

// judgeBoth asks of what somebody has heard that it holds what the other one said.
func judgeBoth(t *testing.T, who string, heard, said, own []int16) {
	t.Helper()
	is, not := inPieces(heard, said), inPieces(heard, own)
	t.Logf("%s heard %.0f%% of what was said, %.0f%% of the own words", who, 100*is, 100*not)
	if is < 0.5 || not > 0.2 {
		t.Errorf("%s heard %.0f%% of what was said (want 50), %.0f%% of the own words (want less than 20)", who, 100*is, 100*not)
	}
}

// judgeUntilThen asks of a ticket's message that it holds the beginning of the description, and ends with the join.
func (h *house) judgeUntilThen(v ticketView, fault []int16) {
	h.t.Helper()
	if len(v.Recordings) != 1 {
		h.t.Fatalf("the ticket has %d recordings", len(v.Recordings))
	}
	var file []byte
	if _, err := h.call(http.MethodGet, v.Recordings[0].URL, nil, &file); err != nil {
		h.t.Fatal(err)
	}
	format, octets, err := wav.Read(bytes.NewReader(file))
	if err != nil || format != wav.G711(g711.ALaw) {
		h.t.Fatalf("recording of format %d, %v", format, err)
	}
	pcm := format.Samples(octets)
	is := inPieces(pcm, fault[:2*8000])
	h.t.Logf("the message lasts %.1f s and holds %.0f%% of the first two seconds", float64(len(pcm))/8000, 100*is)
	if is < 0.5 || len(pcm) < 2*8000 || len(pcm) >= len(fault) {
		h.t.Errorf("the message lasts %.1f s of %.1f s and holds %.0f%% of the first two seconds", float64(len(pcm))/8000, float64(len(fault))/8000, 100*is)
	}
}

// judgeWay asks the witness by which way the keys of an engineer came: ports are the engineer's SIP port, the caller's, and the one that
// the line called.
func judgeWay(t *testing.T, h *house, seen *capture, ports []string, events, info bool) {
	t.Helper()
	sip := append([]string{portOf(h.sip)}, ports...)
	media := seen.fields(sip, "sip.Status-Code == 200 && sip.CSeq.method == INVITE && udp.srcport == "+ports[2], "sdp.media.port")
	if len(media) == 0 {
		t.Fatal("the witness saw no answer of Anna's")
	}
	byEvents := len(seen.fields(sip, "rtpevent && udp.srcport == "+media[0][0], "frame.number"))
	byInfo := len(seen.fields(sip, "sip.Method == INFO && udp.srcport == "+ports[2], "frame.number"))
	t.Logf("the witness saw %d events and %d INFO of Anna's", byEvents, byInfo)
	if byEvents > 0 != events || byInfo > 0 != info {
		t.Errorf("the witness saw %d events and %d INFO of Anna's, want events %v and INFO %v", byEvents, byInfo, events, info)
	}
}

// TestOfTwoSoftphonesTheFirstToAcceptHasTheCaller rings two at once, one of which keys by INFO. One accepts, or both at one moment: one is
// joined, and the other one hears that the call is needed no more, and nothing of the caller.
func TestOfTwoSoftphonesTheFirstToAcceptHasTheCaller(t *testing.T) {
	t.Parallel()
	for name, both := range map[string]bool{"one presses": false, "both press": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			silence := waveFile(t, "silence", nil)
			h := open(t, "--config", settingsFile(t, "escalation: {key: 60s}\n"))
			anna, marco, caller := softphone(t, "anna", silence, true), softphone(t, "marco", silence, true), softphone(t, "rossi", silence, false)
			g, marcos := inFrontOf(t, marco)
			h.onCall([]string{"Anna", "Marco"}, []string{anna.address, marcos})
			policy := map[string]any{"name": "together", "steps": []any{map[string]any{"level": 1, "at_once": true, "ring_seconds": 30}}}
			if _, err := h.call(http.MethodPut, "/api/v1/escalation-policies/together", policy, nil); err != nil {
				t.Fatal(err)
			}
			h.callsForHelp(caller, inWords(t))
			for _, b := range []*baresip{anna, marco} {
				b.await("CALL_ESTABLISHED", 1, 30*time.Second)
			}
			if both {
				anna.tell("sndcode", "1")
			}
			g.press("1")
			h.awaitLine("joined", 30*time.Second) // it is written once they have talked for 5 s
			talk, reply := speech(t, prompts.English, "request-locked"), speech(t, prompts.Italian, "request-expired")
			winner, loser := marco, anna
			v, err := h.latest()
			if err != nil {
				t.Fatal(err)
			}
			if v.Assignee == "e0" {
				winner, loser = anna, marco
			}
			loser.await("CALL_CLOSED", 1, 20*time.Second)
			talks(caller, talk, winner, reply)
			caller.hangUp()
			h.awaitLine("talk_ended", 20*time.Second)
			winner.await("CALL_CLOSED", 1, 20*time.Second)
			eventually(t, 30*time.Second, "who accepted stands in the history", func() error { return h.says(": accepted") })
			if v, err = h.latest(); err != nil {
				t.Fatal(err)
			}
			for _, b := range []*baresip{anna, marco, caller} {
				b.close()
			}
			history := fmt.Sprint(v.History)
			for _, once := range []string{"{joined ", ": accepted", ": another engineer accepted"} {
				if n := strings.Count(history, once); n != 1 {
					t.Errorf("the history says %q %d times: %s", once, n, history)
				}
			}
			if !both && winner != marco {
				t.Errorf("Marco pressed, and the ticket is with %s", v.Assignee)
			}
			judgeBoth(t, "who accepted", heardBy(t, winner), talk, reply)
			judgeBoth(t, "the caller", heardBy(t, caller), reply, talk)
			judgeBoth(t, "the other one", heardBy(t, loser), speech(t, prompts.Italian, "called-off"), talk)
		})
	}
}

// TestASoftphoneThatIsAMailboxNeverAccepts: greetings with a beep, with the key that accepts and every other one as tones in the middle
// of it, and without an end. The chain goes on, nobody is joined, and the ticket says so.
func TestASoftphoneThatIsAMailboxNeverAccepts(t *testing.T) {
	t.Parallel()
	h := open(t, "--config", settingsFile(t, "escalation: {ring: 10s, key: 20s, rounds: 1}\n"))
	greeting, hush := speech(t, prompts.English, "operator-absent"), make([]int16, 2400)
	beep := speech(t, prompts.English, prompts.Tone)
	var names, phones []string
	for name, parts := range map[string][][]int16{
		"a beep":            {greeting, hush, beep},
		"keys":              {greeting[:16000], melody("1"), greeting[:16000], melody("11111111111111111111"), melody("1234567890*#1234567890*#1234567890*#")},
		"words without end": {inWords(t), inWords(t)},
	} {
		var pcm []int16
		for _, p := range parts {
			pcm = append(pcm, p...)
		}
		b := softphone(t, "box", waveFile(t, "greeting", pcm), true)
		names, phones = append(names, name), append(phones, b.address)
	}
	h.onCall(names, phones)
	h.needs(t, "0612345")
	h.ends(t, 3*time.Minute)
	v, err := h.latest()
	if err != nil {
		t.Fatal(err)
	}
	history := fmt.Sprint(v.History)
	for i, name := range names {
		if !strings.Contains(history, name+" at "+phones[i]+": no key") {
			t.Errorf("the history does not say that a mailbox with %s pressed no key", name)
		}
	}
	for _, never := range []string{"{accepted", "{joined", ": accepted"} {
		if strings.Contains(history, never) {
			t.Errorf("the history says %q", never)
		}
	}
	t.Logf("the history is %s", history)
}
