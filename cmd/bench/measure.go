package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// result is one row of the report.
type result struct {
	calls      int
	cpu        float64 // cpu-ms of the server per call-second
	packets    int
	late       int // more than 20 ms late
	lost       int
	p99, worst time.Duration // deviation of the server's packets
	memory     float64       // KB of resident memory per call
	rate       float64       // calls set up per second
	setup99    time.Duration // INVITE to 200
	load       string
}

// measure starts an answering process, sets n calls up, lets them sound for length, and ends them.
func measure(ctx context.Context, n int, length time.Duration) (result, error) {
	server, err := startAnswering(ctx)
	if err != nil {
		return result{}, err
	}
	defer server.stop()
	callers := make([]*caller, n)
	for i := range callers {
		if callers[i], err = newCaller(i); err != nil {
			return result{}, err
		}
		defer callers[i].close()
	}
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return result{}, fmt.Errorf("opening the SIP socket: %w", err)
	}
	defer conn.Close()
	_ = conn.SetReadBuffer(4 << 20)
	board := &switchboard{conn: conn, server: server.sip}
	empty, err := server.memory()
	if err != nil {
		return result{}, err
	}
	r := result{calls: n, load: loadAverage()}
	began := time.Now()
	if err := setUp(board, callers); err != nil {
		return r, err
	}
	r.rate = float64(n) / time.Since(began).Seconds()
	r.setup99 = setup99(callers)

	sound(callers, 2*time.Second, false)
	before, err := server.cpu()
	if err != nil {
		return r, err
	}
	start := time.Now()
	sound(callers, length, true)
	seconds := time.Since(start).Seconds()
	after, err := server.cpu()
	if err != nil {
		return r, err
	}
	full, err := server.memory()
	if err != nil {
		return r, err
	}
	r.cpu = float64((after - before).Milliseconds()) / seconds / float64(n)
	r.memory = float64(full-empty) / 1024 / float64(n)
	r.judge(callers)
	hangUp(board, callers)
	return r, nil
}

// setUp invites one caller after the other, as fast as the answers come, at most 32 in flight.
func setUp(board *switchboard, callers []*caller) error {
	buf := make([]byte, 8192)
	next, done := 0, 0
	for done < len(callers) {
		for next < len(callers) && next-done < 32 {
			c := callers[next]
			c.invited = time.Now()
			if err := board.send(board.message(c, "INVITE", 1, offer(c.port))); err != nil {
				return err
			}
			next++
		}
		_ = board.conn.SetReadDeadline(time.Now().Add(5 * time.Second))
		n, err := board.conn.Read(buf)
		if err != nil {
			return fmt.Errorf("waiting for answers, %d of %d calls are up: %w", done, len(callers), err)
		}
		head, body, _ := strings.Cut(string(buf[:n]), "\r\n\r\n")
		c, status := addressee(head, callers)
		if c == nil || status < 200 {
			continue
		}
		if status != 200 {
			return fmt.Errorf("call %d was refused: %s", c.id, strings.SplitN(head, "\r\n", 2)[0])
		}
		if c.answered.IsZero() {
			c.answered = time.Now()
			c.toTag = tagOf(head)
			done++
			if err := c.connect(body); err != nil {
				return err
			}
		}
		if err := board.send(board.message(c, "ACK", 1, "")); err != nil {
			return err
		}
	}
	return nil
}

// addressee finds the caller of an answer by its Call-ID.
func addressee(head string, callers []*caller) (*caller, int) {
	var status, id int
	if _, err := fmt.Sscanf(head, "SIP/2.0 %d", &status); err != nil {
		return nil, 0
	}
	_, rest, found := strings.Cut(head, "Call-ID: bench-")
	if _, err := fmt.Sscanf(rest, "%d", &id); !found || err != nil || id >= len(callers) || !strings.Contains(head, "INVITE") {
		return nil, 0
	}
	return callers[id], status
}

func tagOf(head string) string {
	for _, line := range strings.Split(head, "\r\n") {
		if strings.HasPrefix(line, "To:") {
			_, tag, _ := strings.Cut(line, ";tag=")
			return tag
		}
	}
	return ""
}

// sound lets every caller speak each 20 ms and hear, from one shared tick of 5 ms, as the server does.
func sound(callers []*caller, length time.Duration, counting bool) {
	buf, oob := make([]byte, 1500), make([]byte, 64)
	start := time.Now()
	for tick := 0; ; tick++ {
		at := start.Add(time.Duration(tick) * 5 * time.Millisecond)
		if at.Sub(start) >= length {
			return
		}
		time.Sleep(time.Until(at))
		for i := tick % 4; i < len(callers); i += 4 {
			callers[i].speak()
			callers[i].hear(buf, oob, counting)
		}
	}
}

func hangUp(board *switchboard, callers []*caller) {
	for i, c := range callers {
		_ = board.send(board.message(c, "BYE", 2, ""))
		if i%50 == 49 {
			time.Sleep(10 * time.Millisecond)
		}
	}
	time.Sleep(300 * time.Millisecond)
}

func setup99(callers []*caller) time.Duration {
	var all []time.Duration
	for _, c := range callers {
		all = append(all, c.answered.Sub(c.invited))
	}
	slices.Sort(all)
	return all[len(all)*99/100]
}

func (r *result) judge(callers []*caller) {
	var all []int32
	for _, c := range callers {
		all = append(all, c.arrivals.deviations()...)
		r.lost += c.arrivals.lost
	}
	slices.Sort(all)
	r.packets = len(all)
	if len(all) == 0 {
		return
	}
	for _, d := range all {
		if d > 20_000 {
			r.late++
		}
	}
	r.p99 = time.Duration(all[len(all)*99/100]) * time.Microsecond
	r.worst = time.Duration(all[len(all)-1]) * time.Microsecond
}

// answering is the process under measurement.
type answering struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	sip netip.AddrPort
}

func startAnswering(ctx context.Context) (*answering, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "--answer")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the answering process: %w", err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("waiting for the answering process: %w", err)
	}
	sip, err := netip.ParseAddrPort(strings.TrimSpace(line))
	return &answering{cmd: cmd, in: in, sip: sip}, err
}

func (a *answering) stop() {
	_ = a.in.Close()
	_ = a.cmd.Wait()
}

// cpu is user plus system time of the process (proc(5), fields 14 and 15 of stat, in ticks of 10 ms).
func (a *answering) cpu() (time.Duration, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", a.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	if err1 != nil || err2 != nil {
		return 0, fmt.Errorf("reading the CPU time of the answering process: %q", text)
	}
	return time.Duration(user+system) * 10 * time.Millisecond, nil
}

// memory is the resident set in octets.
func (a *answering) memory() (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", a.cmd.Process.Pid))
	if err != nil {
		return 0, err
	}
	pages, err := strconv.Atoi(strings.Fields(string(text))[1])
	return pages * os.Getpagesize(), err
}

func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "?"
	}
	return strings.Fields(string(text))[0]
}
