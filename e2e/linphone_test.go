package e2e_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hotline/logtest"
	"hotline/media/likeness"
)

// linphone is a softphone of a third maker: a process that is told over its input what to do.
type linphone struct {
	t       *testing.T
	address string
	heard   string // file of what came out of its receiver
	cmd     *exec.Cmd
	input   io.WriteCloser
	log     *logtest.Log
}

// linphoneAt starts a linphone with files in place of a microphone and a receiver; answers tells it to pick up by itself. sip are lines
// of its settings.
func linphoneAt(t *testing.T, name string, answers bool, sip ...string) *linphone {
	t.Helper()
	dir, port := t.TempDir(), freePort(t)
	l := &linphone{t: t, address: fmt.Sprintf("sip:%s@127.0.0.1:%d", name, port), heard: filepath.Join(dir, "heard.wav"), log: &logtest.Log{}}
	settings := fmt.Sprintf(`[sip]
sip_port=%d
sip_tcp_port=0
sip_tls_port=0
guess_hostname=0
contact=%s
ipv6_migration_done=1
use_ipv6=0
%s
[rtp]
audio_rtp_port=%d
audio_adaptive_jitt_comp_enabled=0
audio_jitt_comp=100
[audio_codec_0]
mime=PCMA
rate=8000
channels=1
enabled=1
[audio_codec_1]
mime=PCMU
rate=8000
channels=1
enabled=1
`, port, l.address, strings.Join(sip, "\n"), freePort(t))
	file := filepath.Join(dir, "linphonerc")
	for _, err := range []error{os.WriteFile(file, []byte(settings), 0o600), os.MkdirAll(filepath.Join(dir, ".local/share/linphone"), 0o700)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"-c", file, "-d", "0"}
	if answers {
		args = append(args, "-a")
	}
	l.cmd = exec.Command("linphonec", args...)
	l.cmd.Dir, l.cmd.Stdout, l.cmd.Stderr = dir, l.log, l.log
	l.cmd.Env = append(cleanEnvironment(), "HOME="+dir)
	var err error
	if l.input, err = l.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := l.cmd.Start(); err != nil {
		t.Fatalf("starting linphonec: %v", err)
	}
	t.Cleanup(l.close)
	l.sees("linphonec>", 30*time.Second)
	l.tell("soundcard use files")
	l.tell("record " + l.heard)
	return l
}

func (l *linphone) tell(command string) {
	l.t.Helper()
	if _, err := fmt.Fprintln(l.input, command); err != nil {
		l.t.Fatalf("telling linphonec to %s: %v", command, err)
	}
}

// sees waits until its output says something.
func (l *linphone) sees(words string, within time.Duration) {
	l.t.Helper()
	eventually(l.t, within, l.address+" says "+words, func() error {
		if !strings.Contains(l.log.String(), words) {
			return fmt.Errorf("it says %q", tail(l.log.String(), 300))
		}
		return nil
	})
}

func (l *linphone) close() {
	_, _ = fmt.Fprintln(l.input, "quit") // one that has ended already needs no telling
	ended := make(chan struct{})
	go func() { _ = l.cmd.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		_ = l.cmd.Process.Kill()
		<-ended
	}
	if l.t.Failed() {
		l.t.Logf("%s:\n%s", l.address, tail(l.log.String(), 3000))
	}
}

// TestLinphoneAsCallerAndAsEngineer lets a customer with linphone report a blocking fault by keys and voice, and an
// engineer with linphone accept it; they hear each other. The engineer's key comes as an event, or by INFO alone; a row of keys takes linphone eight seconds by INFO.
func TestLinphoneAsCallerAndAsEngineer(t *testing.T) {
	t.Parallel()
	for name, settings := range map[string][]string{"events": nil, "INFO": {"use_info=1", "use_rfc2833=0"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			linphonesTalk(t, settings)
		})
	}
}

// linphonesTalk is that call; settings are the engineer's telephone's.
func linphonesTalk(t *testing.T, settings []string) {
	h := open(t, "--config", settingsFile(t, "escalation: {key: 40s}\n")) // the engineer's softphone picks up while the fault is still described
	engineer, caller := linphoneAt(t, "anna", true, settings...), linphoneAt(t, "rossi", false)
	h.onCall([]string{"Anna"}, []string{engineer.address})
	seen := watch(t, h)
	fault, talk, reply := speech(t, "en", "still-searching", "next-step"), speech(t, "en", "request-locked"), speech(t, "it", "request-expired")
	silence := waveFile(t, "silence", make([]int16, 8000))
	caller.tell("call sip:hotline@" + h.sip)
	caller.sees("Media streams established", 30*time.Second)
	caller.tell(pin + "#1")
	h.awaitLine("opened", 30*time.Second)
	pause(9 * time.Second) // the prompt and the tone
	caller.tell("play " + waveFile(t, "fault", fault))
	pause(time.Duration(len(fault))*time.Second/8000 + 500*time.Millisecond)
	caller.tell("play " + silence)
	caller.tell("#")
	pause(time.Second)
	caller.tell("1")

	engineer.sees("Media streams established", 60*time.Second)
	pause(3 * time.Second) // the brief has begun
	engineer.tell("1")
	engineer.tell("play " + silence) // without a file it sends nothing at all, and nobody has talked
	h.awaitLine("joined", 30*time.Second)
	pause(time.Second)
	caller.tell("play " + waveFile(t, "talk", talk))
	pause(time.Duration(len(talk))*time.Second/8000 + time.Second)
	caller.tell("play " + silence)
	engineer.tell("play " + waveFile(t, "reply", reply))
	pause(time.Duration(len(reply))*time.Second/8000 + time.Second)
	caller.tell("terminate")
	v := h.awaitLine("talk_ended", 20*time.Second)
	engineer.sees("ended", 20*time.Second)
	if v.Claim != "blocking" || v.Contract != "rossi" || v.Assignee != "e0" {
		t.Errorf("ticket is %+v", v)
	}
	h.judgeRecording(v, fault, talk)
	h.judgeLegs(t)
	engineer.close()
	caller.close()
	judgeWay(t, h, seen, []string{portOf(engineer.address), portOf(caller.address), portOf(engineer.address)}, settings == nil, settings != nil)
	for _, c := range []struct {
		who         *linphone
		said, other []int16
	}{{engineer, talk, reply}, {caller, reply, talk}} {
		heard := samplesOf(t, c.who.heard)
		is, not := inPieces(heard, c.said), inPieces(heard, c.other)
		t.Logf("%s heard %.0f%% of what was said, %.0f%% of what was not", c.who.address, 100*is, 100*not)
		if is < 0.5 || not > 0.2 {
			t.Errorf("%s heard %.0f%% of what was said (want 50), %.0f%% of what was not (want less than 20)", c.who.address, 100*is, 100*not)
		}
	}
}

// inPieces is the share of a sound's half seconds that were heard, each wherever it was: a receiver that waits for late
// packets moves the rest of a sentence.
func inPieces(heard, sound []int16) float64 {
	const piece = 4000
	found, all := 0, 0
	for at := 0; at+piece <= len(sound); at += piece {
		if loud(sound[at:at+piece]) < 300 {
			continue // a pause is everywhere
		}
		all++
		if best, _ := likeness.Correlate(heard, sound[at:at+piece]); best >= 0.85 {
			found++
		}
	}
	return float64(found) / float64(max(all, 1))
}

// loud is the mean size of samples.
func loud(pcm []int16) (mean int) {
	for _, s := range pcm {
		mean += max(int(s), -int(s))
	}
	return mean / len(pcm)
}

// judgeLegs reads in the record of the call how the sound of its two legs came over.
func (h *house) judgeLegs(t *testing.T) {
	t.Helper()
	eventually(t, 30*time.Second, "both legs are in the record of the call with their sound", func() error {
		var calls struct{ Calls []callView }
		if _, err := h.call(http.MethodGet, "/api/v1/calls", nil, &calls); err != nil {
			return err
		}
		if len(calls.Calls) != 1 || len(calls.Calls[0].Legs) != 1 {
			return fmt.Errorf("the record is %+v", calls.Calls)
		}
		for _, q := range []qualityView{calls.Calls[0].Quality, calls.Calls[0].Legs[0].Quality} {
			if q.PacketsIn < 200 || q.PacketsOut < 200 || q.Law != "PCMA" || q.RoundTrip <= 0 || q.RoundTrip > 0.5 {
				return fmt.Errorf("quality is %+v", q)
			}
		}
		return nil
	})
}

// samplesOf reads a WAV file of 16 bits, 8 kHz and one channel.
func samplesOf(t *testing.T, file string) []int16 {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, 0, len(b)/2)
	for i := 44; i+1 < len(b); i += 2 {
		pcm = append(pcm, int16(uint16(b[i])|uint16(b[i+1])<<8))
	}
	return pcm
}
