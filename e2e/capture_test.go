package e2e_test

import (
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"hotline/logtest"
	"hotline/media/g711"
)

// capture is what tshark saw on the loopback interface: a witness that shares no line of code with us.
type capture struct {
	t    *testing.T
	file string
	cmd  *exec.Cmd
	log  *logtest.Log
}

// watch begins to capture what a house sends and is sent; other tests call at the same time.
func watch(t *testing.T, h *house) *capture {
	t.Helper()
	_, port, err := net.SplitHostPort(h.sip)
	if err != nil {
		t.Fatal(err)
	}
	filter := fmt.Sprintf("udp port %s or udp portrange %s", port, h.rtp)
	c := &capture{t: t, file: filepath.Join(dataFolder(t), "seen.pcap"), log: &logtest.Log{}}
	c.cmd = exec.Command("tshark", "-i", "lo", "-f", filter, "-w", c.file, "-F", "pcap")
	c.cmd.Stderr = c.log
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.stop() })
	nudge, err := net.Dial("udp", h.sip)
	if err != nil {
		t.Fatal(err)
	}
	defer nudge.Close()
	eventually(t, 30*time.Second, "tshark captures (it needs root or the right to capture)", func() error {
		_, _ = nudge.Write([]byte("\r\n\r\n"))
		info, err := os.Stat(c.file)
		if err == nil && info.Size() < 40 {
			err = fmt.Errorf("nothing yet: %s", c.log)
		}
		return err
	})
	return c
}

// stop ends the capture. Idempotent.
func (c *capture) stop() {
	if c.cmd.ProcessState == nil {
		_ = c.cmd.Process.Signal(syscall.SIGINT)
		_ = c.cmd.Wait()
	}
}

// fields asks tshark for fields of the packets that a filter lets through, one row a packet.
func (c *capture) fields(sipPorts []string, filter string, names ...string) [][]string {
	c.t.Helper()
	c.stop()
	args := []string{"-r", c.file, "-Y", filter, "-T", "fields", "-E", "separator=;", "-o", "rtp.heuristic_rtp:TRUE"}
	for _, p := range sipPorts {
		args = append(args, "-d", "udp.port=="+p+",sip")
	}
	for _, n := range names {
		args = append(args, "-e", n)
	}
	out, err := exec.Command("tshark", args...).Output()
	if err != nil {
		c.t.Fatalf("reading the capture: %v", err)
	}
	var rows [][]string
	for line := range strings.Lines(string(out)) {
		rows = append(rows, strings.Split(strings.TrimRight(line, "\n"), ";"))
	}
	return rows
}

// stream is the sound from one port to another as tshark decoded it.
type stream struct {
	samples []int16
	at      []time.Duration // when each 160 samples passed, since the epoch
}

// sound puts the streams of RTP together, by "source>destination" port.
func (c *capture) sound(sipPorts []string) map[string]*stream {
	c.t.Helper()
	streams := map[string]*stream{}
	for _, f := range c.fields(sipPorts, "rtp && (rtp.p_type == 8 || rtp.p_type == 0)", "frame.time_epoch", "udp.srcport", "udp.dstport", "rtp.p_type", "rtp.payload") {
		at, err := strconv.ParseFloat(f[0], 64)
		if err != nil {
			c.t.Fatal(err)
		}
		octets, err := hex.DecodeString(strings.ReplaceAll(f[4], ":", ""))
		if err != nil {
			c.t.Fatal(err)
		}
		law := g711.ALaw
		if f[3] == "0" {
			law = g711.MuLaw
		}
		pcm := law.Samples(octets)
		key := f[1] + ">" + f[2]
		if streams[key] == nil {
			streams[key] = &stream{}
		}
		s := streams[key]
		for range len(pcm) / 160 {
			s.at = append(s.at, time.Duration(at*float64(time.Second)))
		}
		s.samples = append(s.samples, pcm...)
	}
	return streams
}

// ports are those of streams in a fixed order, for messages.
func ports(streams map[string]*stream) string {
	var list []string
	for k, s := range streams {
		list = append(list, fmt.Sprintf("%s (%.1f s)", k, float64(len(s.samples))/8000))
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}
