package e2e_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"hotline/app"
	"hotline/line/processor"
	"hotline/phone"
)

// metrics reads what the program counts, by name and labels.
func (h *house) metrics(ctx context.Context) (map[string]float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+h.http+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+app.DemoToken)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	out := map[string]float64{}
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		name, value, ok := cutLast(lines.Text(), " ")
		if n, err := strconv.ParseFloat(value, 64); ok && err == nil && !strings.HasPrefix(name, "#") {
			out[name] = n
		}
	}
	return out, nil
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// attack is what the open internet sends to a telephone line, from addresses that it does not know.
type attack struct {
	t       *testing.T
	h       *house
	junk    atomic.Int64
	scans   atomic.Int64
	sprayed atomic.Int64
	leaked  atomic.Int64 // datagrams that came back to those who spray
	open    atomic.Int64 // silent connections made
	refused []error      // of the trunk's calls; of the test's goroutine alone
}

// flood sends at a rate until ctx ends, in bursts of a hundredth of a second. What a busy machine made it miss it sends later, at most
// five bursts at once: the attack is as strong there.
func flood(ctx context.Context, perSecond int, send func(i int)) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	began := time.Now()
	for i := 0; ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			due := int(time.Since(began).Seconds() * float64(perSecond))
			for end := min(due, i+perSecond/20); i < end; i++ {
				send(i)
			}
		}
	}
}

// sources are sockets on loopback addresses that nobody trusts.
func (a *attack) sources(network string, n int) []net.PacketConn {
	var out []net.PacketConn
	for i := range n {
		c, err := net.ListenPacket("udp", fmt.Sprintf("127.0.%s.%d:0", network, i+1))
		if err != nil {
			a.t.Fatal(err)
		}
		a.t.Cleanup(func() { c.Close() })
		out = append(out, c)
	}
	return out
}

func (a *attack) run(ctx context.Context, all *sync.WaitGroup) {
	line := net.UDPAddrFromAddrPort(netip.MustParseAddrPort(a.h.sip))
	noise, dice := make([]byte, 700), rand.New(rand.NewPCG(1, 700))
	for i := range noise {
		noise[i] = byte(dice.Uint32())
	}
	from := a.sources("2", 50)
	all.Go(func() {
		flood(ctx, 20000, func(i int) { _, _ = from[i%50].WriteTo(noise[:60+i%640], line); a.junk.Add(1) })
	})
	scanners := a.sources("3", 20)
	all.Go(func() {
		flood(ctx, 500, func(i int) {
			method, agent := [...]string{"OPTIONS", "REGISTER", "INVITE", "SUBSCRIBE"}[i%4], [...]string{"friendly-scanner", "sipcli/v1.8", "Linksys", "x"}[i/4%4]
			fmt.Fprintf(writer{scanners[i%20], line}, "%s sip:%d@%s SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK%d;rport\r\nMax-Forwards: 70\r\nFrom: <sip:%d@x>;tag=%d\r\nTo: <sip:%d@x>\r\nCall-ID: s%d\r\nCSeq: 1 %s\r\nUser-Agent: %s\r\nContent-Length: 0\r\n\r\n",
				method, 9001+i%1000, a.h.sip, i, i, i, i, i, method, agent)
			a.scans.Add(1)
		})
	})
	low, high, _ := strings.Cut(a.h.rtp, "-")
	first, _ := strconv.Atoi(low)
	last, _ := strconv.Atoi(high)
	sprayers := a.sources("4", 4)
	for _, c := range sprayers {
		all.Go(func() { a.listen(ctx, c) })
	}
	all.Go(func() {
		packet := make([]byte, 172)
		packet[0], packet[1] = 0x80, 8
		flood(ctx, 10000, func(i int) {
			packet[2], packet[3] = byte(i>>8), byte(i)
			if i%5 == 0 {
				packet[1] = 101 // a key, they hope
			} else {
				packet[1] = 8
			}
			_, _ = sprayers[i%4].WriteTo(packet, &net.UDPAddr{IP: line.IP, Port: first + i%(last-first+1)})
			a.sprayed.Add(1)
		})
	})
	all.Go(func() { a.silent(ctx) })
}

// listen counts what comes to a stranger who sprays.
func (a *attack) listen(ctx context.Context, c net.PacketConn) {
	defer context.AfterFunc(ctx, func() { _ = c.SetReadDeadline(time.Now()) })()
	b := make([]byte, 2000)
	for {
		if _, _, err := c.ReadFrom(b); err != nil {
			return
		}
		a.leaked.Add(1)
	}
}

type writer struct {
	conn net.PacketConn
	to   net.Addr
}

func (w writer) Write(b []byte) (int, error) { return w.conn.WriteTo(b, w.to) }

// silent keeps 2,000 connections open that never say a word, and opens those anew that are closed.
func (a *attack) silent(ctx context.Context) {
	var open []net.Conn
	defer func() {
		for _, c := range open {
			c.Close()
		}
	}()
	for i := 0; ctx.Err() == nil && i < 2000; i++ {
		d := net.Dialer{Timeout: time.Second, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 5, byte(1+i%250))}}
		if c, err := d.DialContext(ctx, "tcp", a.h.sip); err == nil {
			open = append(open, c)
			a.open.Add(1)
		}
	}
	<-ctx.Done()
}

// standing is what a caller had heard when the attack began.
type standing struct {
	*phone.Call
	in, lost uint64
}

// stand lets so many calls stand that have no end for a while: without keys a caller is asked three times and then left a recording. Where
// one is refused there are few of them, so few that a machine which others keep busy refuses none beside them (line/overload.go).
func (a *attack) stand(pbx *phone.Phone, most, few int) (calls []standing) {
	a.t.Helper()
	for len(calls) < most {
		c, err := pbx.Dial(a.t.Context(), "sip:hotline@"+a.h.sip)
		if err != nil && len(calls) > few {
			a.refused = append(a.refused, err)
			for _, c := range calls[few:] {
				c.Hangup()
			}
			return calls[:few]
		}
		if err != nil {
			a.t.Fatal(err)
		}
		calls = append(calls, standing{Call: c})
	}
	return calls
}

// TestAnAttackFromTheOpenInternet lets a hundred recorded calls run on while strangers do their worst for a minute.
func TestAnAttackFromTheOpenInternet(t *testing.T) {
	h := open(t, "--config", settingsFile(t, "sip:\n  accept: anyone\n  trust_loopback: false\n  trunks:\n    - {name: carrier, addresses: [127.0.0.1/32]}\nlog_level: info\n"))
	pbx := telephone(t, "pbx")
	before, err := h.metrics(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a, spent := &attack{t: t, h: h}, h.processors(before)
	calls := a.stand(pbx, 100, 45)
	for i := range calls {
		s := calls[i].Sound()
		calls[i].in, calls[i].lost = s.PacketsIn, s.Lost
	}
	began, logged := time.Now(), len(h.log.String())
	setups, peak := a.during(60*time.Second, pbx)
	lasted := time.Since(began)
	a.judgeRefusals(spent)
	slices.Sort(setups)
	worst := setups[len(setups)*99/100]
	grown, written := peak-held(before), len(h.log.String())-logged
	t.Logf("%d junk, %d scans, %d sprayed, %d silent connections; %d calls, %d set-ups, p99 %s; heap +%.0f MB; log %d KB in %s; %d datagrams back to strangers",
		a.junk.Load(), a.scans.Load(), a.sprayed.Load(), a.open.Load(), len(calls), len(setups), worst, grown/1e6, written/1000, lasted.Round(time.Second), a.leaked.Load())
	if worst > 500*time.Millisecond || grown > maxGrown || written > 1<<20 || a.leaked.Load() > 0 {
		t.Errorf("p99 of set-ups %s (500 ms), heap +%.0f MB (32), log %d octets (1 MB), %d datagrams to strangers", worst, grown/1e6, written, a.leaked.Load())
	}
	if !a.enough() {
		t.Errorf("the attack was weaker than it should be: %d junk, %d silent connections", a.junk.Load(), a.open.Load())
	}
	for i, c := range calls {
		s := c.Sound()
		got, want := s.PacketsIn-c.in, uint64(lasted/(20*time.Millisecond))
		if c.Context().Err() != nil || s.Lost > c.lost || got+want/100 < want {
			t.Errorf("call %d: %v, %d of %d packets, %d lost", i, context.Cause(c.Context()), got, want, s.Lost-c.lost)
		}
		c.Hangup()
	}
	h.backTo(before)
}

// maxGrown is by how much an attack may make the heap grow, in octets.
const maxGrown = 32 << 20

// held is what the heap held at the last collection, in octets, with what stacks and globals add to it. What is allocated since then is
// mostly garbage, and how much of it there is depends on when one looks.
func held(m map[string]float64) float64 {
	return m["go_memstats_next_gc_bytes"] / (1 + m["go_gc_gogc_percent"]/100)
}

// enough tells whether the attack was one: so much junk, so many connections that never say a word.
func (a *attack) enough() bool { return a.junk.Load() >= 1_000_000 && a.open.Load() >= 2000 }

// processors is what the processors of the machine had done at an instant, in seconds of one processor: the whole time, that in which
// they worked, and that in which they did so for the program and these tests.
type processors struct{ whole, busy, ours float64 }

// processors reads them; m are the program's metrics of now.
func (h *house) processors(m map[string]float64) processors {
	h.t.Helper()
	var tests unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &tests); err != nil {
		h.t.Fatal(err)
	}
	const ticks = 100 // of the kernel in a second (time(7), USER_HZ)
	now := processor.Read()
	seconds := func(v unix.Timeval) float64 { return float64(v.Sec) + float64(v.Usec)/1e6 }
	return processors{float64(now.Total) / ticks, float64(now.Total-now.Idle) / ticks, seconds(tests.Utime) + seconds(tests.Stime) + m["process_cpu_seconds_total"]}
}

// judgeRefusals lets the line refuse a trunk only while others keep the machine busy: a line refuses what it has no time for, and an
// attack may not be what takes that time.
func (a *attack) judgeRefusals(since processors) {
	a.t.Helper()
	m, err := a.h.metrics(a.t.Context())
	if err != nil {
		a.t.Fatal(err)
	}
	now := a.h.processors(m)
	others := (now.busy - since.busy - (now.ours - since.ours)) / (now.whole - since.whole)
	a.t.Logf("others had %.0f of 100 parts of the processors' time", 100*others)
	for _, err := range a.refused {
		if others < 0.4 {
			a.t.Errorf("a trunk's call was not answered: %v", err)
		} else {
			a.t.Logf("beside others' work a trunk's call was not answered: %v", err)
		}
	}
}

// during attacks for so long, and until it was enough, where the machine is busy; meanwhile the trunk calls. peak is the most that
// the heap held, in octets.
func (a *attack) during(d time.Duration, pbx *phone.Phone) (setups []time.Duration, peak float64) {
	ctx, stop := context.WithTimeout(a.t.Context(), 4*d)
	var all sync.WaitGroup
	a.run(ctx, &all)
	defer all.Wait()
	defer stop()
	for until := time.Now().Add(d); time.Now().Before(until) || ctx.Err() == nil && !a.enough(); {
		began := time.Now()
		c, err := pbx.Dial(a.t.Context(), "sip:hotline@"+a.h.sip)
		if err != nil {
			a.refused = append(a.refused, err)
			pause(500 * time.Millisecond) // a trunk that is refused does not call without a break either
			continue
		}
		setups = append(setups, time.Since(began))
		c.Hangup()
		if m, err := a.h.metrics(a.t.Context()); err == nil {
			peak = max(peak, held(m))
		}
		pause(500 * time.Millisecond)
	}
	return setups, peak
}

// backTo waits until goroutines, sockets and heap are where they were.
func (h *house) backTo(before map[string]float64) {
	h.t.Helper()
	eventually(h.t, 40*time.Second, "goroutines, sockets and heap are back", func() error {
		m, err := h.metrics(h.t.Context())
		if err != nil {
			return err
		}
		for name, slack := range map[string]float64{"go_goroutines": 30, "process_open_fds": 30} {
			if m[name] > before[name]+slack {
				return fmt.Errorf("%s is %v, was %v", name, m[name], before[name])
			}
		}
		if held(m) > held(before)+maxGrown {
			return fmt.Errorf("the heap holds %.0f octets, held %.0f", held(m), held(before))
		}
		return nil
	})
}
