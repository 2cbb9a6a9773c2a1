package e2e_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"hotline/media/g711"
	"hotline/media/likeness"
	"hotline/media/wav"
)

// ticketView is what the API shows.
type ticketView struct {
	Number     int64
	Claim      string
	Level      string
	Priority   int
	State      string
	Assignee   string
	Caller     string
	Contract   string
	Clocks     []struct{ Kind string }
	Recordings []struct {
		ID      string
		Seconds float64
		URL     string
		SHA256  string
	}
	History []struct{ Kind, Text string }
}

func (v ticketView) has(kind string) bool {
	for _, e := range v.History {
		if e.Kind == kind {
			return true
		}
	}
	return false
}

// latest is the newest ticket with its history.
func (h *house) latest() (ticketView, error) {
	var list struct{ Tickets []ticketView }
	if _, err := h.call(http.MethodGet, "/api/v1/tickets?limit=1", nil, &list); err != nil {
		return ticketView{}, err
	}
	if len(list.Tickets) == 0 {
		return ticketView{}, fmt.Errorf("no ticket yet")
	}
	var v ticketView
	_, err := h.call(http.MethodGet, fmt.Sprintf("/api/v1/tickets/%d", list.Tickets[0].Number), nil, &v)
	return v, err
}

// awaitLine waits for a line in the newest ticket's history.
func (h *house) awaitLine(kind string, within time.Duration) ticketView {
	h.t.Helper()
	var v ticketView
	eventually(h.t, within, "history says "+kind, func() (err error) {
		if v, err = h.latest(); err == nil && !v.has(kind) {
			err = fmt.Errorf("history is %v", v.History)
		}
		return err
	})
	return v
}

// TestABlockingCallBySoftphonesOfAnotherMakerIsSeenByAWitness repeats the demo with baresip as caller and as both
// engineers, Anna's being a mailbox, and judges it by what tshark captured.
func TestABlockingCallBySoftphonesOfAnotherMakerIsSeenByAWitness(t *testing.T) {
	t.Parallel()
	fault, talk := speech(t, "en", "still-searching", "next-step"), speech(t, "en", "request-locked")
	reply, greeting := speech(t, "it", "request-expired"), speech(t, "it", "operator-absent")
	silence := waveFile(t, "silence", nil)
	h := open(t, "--config", settingsFile(t, "escalation: {key: 40s}\n")) // Marco's softphone picks up while the fault is still described
	anna := softphone(t, "anna", waveFile(t, "greeting", greeting), true)
	marco := softphone(t, "marco", silence, true)
	caller := softphone(t, "rossi", silence, false)
	for name, phone := range map[string]*baresip{"anna": anna, "marco": marco} {
		body := map[string]any{"name": strings.ToUpper(name[:1]) + name[1:], "phones": []string{phone.address}, "language": "it"}
		if _, err := h.call(http.MethodPatch, "/api/v1/engineers/"+name, body, nil); err != nil {
			t.Fatal(err)
		}
	}
	seen := watch(t, h)

	caller.dial("sip:hotline@" + h.sip)
	caller.await("CALL_ESTABLISHED", 1, 30*time.Second)
	caller.press("314159#1")
	h.awaitLine("opened", 30*time.Second) // the ticket exists before the tone
	pause(9 * time.Second)                // the prompt and the tone
	caller.tell("ausrc", "aufile,"+waveFile(t, "fault", fault))
	pause(time.Duration(len(fault))*time.Second/8000 + 500*time.Millisecond)
	caller.press("#")
	pause(time.Second)
	caller.press("1")
	caller.tell("ausrc", "aufile,"+silence)

	marco.await("CALL_ESTABLISHED", 1, 90*time.Second)
	pause(9 * time.Second)
	marco.press("1")
	h.awaitLine("joined", 30*time.Second) // it is written once they have talked for 5 s
	pause(4 * time.Second)
	marco.tell("ausrc", "aufile,"+waveFile(t, "reply", reply))
	pause(time.Duration(len(reply))*time.Second/8000 + time.Second)
	caller.tell("ausrc", "aufile,"+waveFile(t, "talk", talk))
	pause(time.Duration(len(talk))*time.Second/8000 + time.Second)
	caller.hangUp()
	v := h.awaitLine("talk_ended", 20*time.Second)
	marco.await("CALL_CLOSED", 1, 20*time.Second)
	seen.stop()

	if v.Claim != "blocking" || v.Level != "extended" || v.Priority != 1 || v.Assignee != "marco" || v.Contract != "rossi" {
		t.Errorf("ticket is %+v", v)
	}
	if !strings.Contains(fmt.Sprint(v.History), "no key") {
		t.Errorf("history does not say that Anna's mailbox pressed no key: %v", v.History)
	}
	h.judgeRecording(v, fault, talk)
	judgeCapture(t, h, seen, marco, caller, sounds{fault, talk, reply})
}

// judgeRecording compares the caller's message with what was sent, also by its length.
func (h *house) judgeRecording(v ticketView, fault, other []int16) {
	h.t.Helper()
	if len(v.Recordings) == 0 {
		h.t.Fatal("the ticket has no recording")
	}
	r := v.Recordings[len(v.Recordings)-1]
	var file []byte
	if _, err := h.call(http.MethodGet, r.URL, nil, &file); err != nil {
		h.t.Fatal(err)
	}
	if sum := fmt.Sprintf("%x", sha256.Sum256(file)); sum != r.SHA256 {
		h.t.Errorf("the recording's file has the sum %s, the ticket says %q", sum, r.SHA256)
	}
	format, octets, err := wav.Read(bytes.NewReader(file))
	if err != nil || format != wav.G711(g711.ALaw) {
		h.t.Fatalf("recording of format %d, %v", format, err)
	}
	pcm := format.Samples(octets)
	holds(h.t, "the recording", pcm, fault, other)
	if got := float64(len(pcm)) / 8000; math.Abs(got-r.Seconds) > 0.005*got {
		h.t.Errorf("the recording lasts %.2f s, the ticket says %.2f s", got, r.Seconds)
	}
}

type sounds struct{ fault, talk, reply []int16 }

// judgeCapture judges the conversation by the witness alone.
func judgeCapture(t *testing.T, h *house, seen *capture, marco, caller *baresip, s sounds) {
	t.Helper()
	line, marcoPort := h.sip[strings.LastIndex(h.sip, ":")+1:], marco.address[strings.LastIndex(marco.address, ":")+1:]
	sip := []string{line, marcoPort, caller.address[strings.LastIndex(caller.address, ":")+1:]}
	streams := seen.sound(sip)
	if len(streams) < 6 {
		t.Fatalf("the witness saw the streams %s", ports(streams))
	}
	found := map[string]string{}
	for key, st := range streams {
		for name, sound := range map[string][]int16{"fault": s.fault, "talk": s.talk, "reply": s.reply} {
			if best, _ := likeness.Correlate(st.samples, sound); best >= 0.9 {
				found[name] += key + " "
			}
		}
	}
	t.Logf("streams: %s; heard: %v", ports(streams), found)
	for name, want := range map[string]int{"fault": 1, "talk": 2, "reply": 2} {
		if got := len(strings.Fields(found[name])); got != want {
			t.Errorf("the witness heard %s in %d streams, want %d (%s)", name, got, want, found[name])
		}
	}
	judgeBrief(t, seen, sip, streams, marcoPort)
}

// judgeBrief measures from Marco's 200 to the first frame of the brief at his socket.
func judgeBrief(t *testing.T, seen *capture, sip []string, streams map[string]*stream, marcoPort string) {
	t.Helper()
	pickUps := seen.fields(sip, "sip.Status-Code == 200 && sip.CSeq.method == INVITE && udp.srcport == "+marcoPort, "frame.time_epoch")
	if len(pickUps) == 0 {
		t.Fatal("the witness saw no 200 of Marco's")
	}
	var at float64
	if _, err := fmt.Sscan(pickUps[0][0], &at); err != nil {
		t.Fatal(err)
	}
	answered := time.Duration(at * float64(time.Second))
	brief := speech(t, "it", "name-rossi-s-p-a")
	for _, st := range streams {
		best, at := likeness.Correlate(st.samples, brief)
		if best < 0.9 {
			continue
		}
		after := st.at[at/160] - answered
		if after < 0 || after > 30*time.Second {
			continue // Anna's
		}
		t.Logf("the brief began %v after Marco's 200", after.Round(time.Millisecond))
		if after > 500*time.Millisecond {
			t.Errorf("the brief began %v after Marco's 200, want 500 ms", after)
		}
		return
	}
	t.Error("the witness heard no brief at Marco's telephone")
}
