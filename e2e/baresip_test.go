package e2e_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"hotline/logtest"
)

// baresip is one softphone of another maker: a process that is told over its control port what to do.
type baresip struct {
	t       *testing.T
	address string // sip:NAME@127.0.0.1:PORT
	dir     string
	cmd     *exec.Cmd
	control net.Conn
	log     *logtest.Log

	mu     sync.Mutex
	events []event
	done   chan struct{}
}

// event is what baresip says of a call; At is when the test read it.
type event struct {
	Event bool      `json:"event"`
	Type  string    `json:"type"`
	Peer  string    `json:"peeruri"`
	Param string    `json:"param"`
	At    time.Time `json:"-"`
}

// softphone starts a baresip that speaks the WAV file say once it is in a call; answers tells it to pick up by itself.
// account are parameters of its account, such as mediaenc=srtp-mand.
func softphone(t *testing.T, name, say string, answers bool, account ...string) *baresip {
	t.Helper()
	b := &baresip{t: t, dir: t.TempDir(), log: &logtest.Log{}, done: make(chan struct{})}
	sip, control := freePort(t), freePort(t)
	b.address = fmt.Sprintf("sip:%s@127.0.0.1:%d", name, sip)
	rtp := freePort(t)
	config := fmt.Sprintf(`poll_method epoll
sip_listen 127.0.0.1:%d
net_interface 127.0.0.1
audio_source aufile,%s
audio_player aufile,%s/played.wav
audio_alert aufile,%s/alert.wav
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
rtp_ports %d-%d
snd_path %s
module_path /usr/lib/baresip/modules
module g711.so
module srtp.so
module aufile.so
module sndfile.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:%d
`, sip, say, b.dir, b.dir, rtp, rtp+blockPorts-1, b.dir, control)
	mode := ""
	if answers {
		mode = ";answermode=auto"
	}
	for _, a := range account {
		mode += ";" + a
	}
	line := fmt.Sprintf("<%s>;regint=0;audio_codecs=pcma,pcmu;ptime=20%s\n", b.address, mode)
	for file, text := range map[string]string{"config": config, "accounts": line, "contacts": ""} {
		if err := os.WriteFile(filepath.Join(b.dir, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	b.cmd = exec.Command("baresip", "-f", b.dir)
	b.cmd.Dir, b.cmd.Stdout, b.cmd.Stderr = b.dir, b.log, b.log
	if err := b.cmd.Start(); err != nil {
		t.Fatalf("starting baresip: %v", err)
	}
	t.Cleanup(b.close)
	eventually(t, 30*time.Second, "baresip's control port answers", func() (err error) {
		b.control, err = net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", control))
		return err
	})
	go func() { b.read(); close(b.done) }()
	return b
}

// read collects the events from the control port: netstrings of JSON.
func (b *baresip) read() {
	r := bufio.NewReader(b.control)
	for {
		length, err := r.ReadString(':')
		if err != nil {
			return
		}
		n, err := strconv.Atoi(strings.TrimSuffix(length, ":"))
		if err != nil {
			return
		}
		text := make([]byte, n+1)
		if _, err := io.ReadFull(r, text); err != nil {
			return
		}
		e := event{At: time.Now()}
		if json.Unmarshal(text[:n], &e) == nil && e.Event {
			b.mu.Lock()
			b.events = append(b.events, e)
			b.mu.Unlock()
		}
	}
}

func (b *baresip) tell(command, params string) {
	b.t.Helper()
	text, err := json.Marshal(map[string]string{"command": command, "params": params})
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := fmt.Fprintf(b.control, "%d:%s,", len(text), text); err != nil {
		b.t.Fatalf("telling baresip to %s: %v", command, err)
	}
}

func (b *baresip) dial(address string) { b.t.Helper(); b.tell("dial", address) }
func (b *baresip) hangUp()             { b.t.Helper(); b.tell("hangup", "") }

// press keys them one after the other as a caller does, about four a second.
func (b *baresip) press(keys string) {
	b.t.Helper()
	for _, k := range keys {
		b.tell("sndcode", string(k))
		pause(250 * time.Millisecond)
	}
}

// pause lets real time pass while a real telephone sounds: what is waited for is sound, so there is nothing to ask for.
func pause(d time.Duration) { <-time.After(d) }

// await waits for the nth event of a kind and gives it back.
func (b *baresip) await(kind string, nth int, within time.Duration) event {
	b.t.Helper()
	var found event
	eventually(b.t, within, b.address+" sees "+kind, func() error {
		b.mu.Lock()
		defer b.mu.Unlock()
		n := 0
		for _, e := range b.events {
			if e.Type == kind {
				if n++; n == nth {
					found = e
					return nil
				}
			}
		}
		return fmt.Errorf("%d of %d so far", n, nth)
	})
	return found
}

func (b *baresip) close() {
	if b.control != nil {
		b.control.Close()
		<-b.done
	}
	_ = b.cmd.Process.Signal(syscall.SIGTERM)
	stopped := make(chan struct{})
	go func() { _ = b.cmd.Wait(); close(stopped) }()
	select {
	case <-stopped:
	case <-time.After(5 * time.Second):
		_ = b.cmd.Process.Kill()
		<-stopped
	}
	if b.t.Failed() {
		b.t.Logf("%s:\n%s", b.address, tail(strings.ReplaceAll(b.log.String(), "\r", "\n"), 3000))
	}
}
