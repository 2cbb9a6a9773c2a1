package e2e_test

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// gateway stands in front of a softphone, as a gateway of an office does. The SIP of calls to the softphone passes through it, and it
// tells keys by INFO in the softphone's own dialog (RFC 6086, application/dtmf-relay): the baresip that Debian ships sends keys as
// telephone-events alone. Safe for concurrent use.
type gateway struct {
	t      *testing.T
	socket *net.UDPConn
	behind netip.AddrPort // the softphone
	done   chan struct{}
	infos  chan string // first lines of the answers to INFO

	mu             sync.Mutex
	line           netip.AddrPort // who calls
	invite, answer string         // the latest INVITE, and the 200 to it
	seq            int            // of the last INFO
}

// inFrontOf puts a gateway in front of a softphone; address is where it is called.
func inFrontOf(t *testing.T, b *baresip) (g *gateway, address string) {
	t.Helper()
	name, at, _ := strings.Cut(strings.TrimPrefix(b.address, "sip:"), "@")
	g = &gateway{t: t, behind: netip.MustParseAddrPort(at), done: make(chan struct{}), infos: make(chan string, 8)}
	port := freePort(t)
	var err error
	if g.socket, err = net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}); err != nil {
		t.Fatal(err)
	}
	go func() { defer close(g.done); g.pass() }()
	t.Cleanup(func() { g.socket.Close(); <-g.done })
	return g, fmt.Sprintf("sip:%s@127.0.0.1:%d", name, port)
}

// pass lets messages through until the gateway is closed.
func (g *gateway) pass() {
	b := make([]byte, 1<<16)
	for {
		n, from, err := g.socket.ReadFromUDPAddrPort(b)
		if err != nil {
			return
		}
		text, answer := string(b[:n]), strings.HasPrefix(string(b[:n]), "SIP/2.0 ")
		switch {
		case answer && strings.HasSuffix(headerOf(text, "CSeq"), " INFO"):
			first, _, _ := strings.Cut(text, "\r\n")
			g.infos <- first
		case answer:
			g.back(text)
		default:
			g.forward(text, from)
		}
	}
}

// forward passes a request on to the softphone, with a Via of its own on top (RFC 3261 section 16.6).
func (g *gateway) forward(text string, from netip.AddrPort) {
	first, rest, found := strings.Cut(text, "\r\n")
	_, branch, ok := strings.Cut(headerOf(text, "Via"), "branch=z9hG4bK")
	if !found || !ok {
		return // a sign of life
	}
	branch, _, _ = strings.Cut(branch, ";")
	g.mu.Lock()
	g.line = from
	if strings.HasPrefix(first, "INVITE ") {
		g.invite = text
	}
	g.mu.Unlock()
	g.send(g.behind, fmt.Sprintf("%s\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKgateway%s;rport\r\n%s", first, g.socket.LocalAddr(), branch, rest))
}

// back passes an answer of the softphone's on, without that Via.
func (g *gateway) back(text string) {
	lines := strings.SplitAfter(text, "\r\n")
	for i, line := range lines {
		if strings.HasPrefix(strings.ToLower(line), "via:") {
			text = strings.Join(append(lines[:i:i], lines[i+1:]...), "")
			break
		}
	}
	g.mu.Lock()
	line := g.line
	if strings.HasPrefix(text, "SIP/2.0 200 ") && strings.HasSuffix(headerOf(text, "CSeq"), " INVITE") {
		g.answer = text
	}
	g.mu.Unlock()
	g.send(line, text)
}

func (g *gateway) send(to netip.AddrPort, text string) {
	if _, err := g.socket.WriteToUDPAddrPort([]byte(text), to); err != nil {
		g.t.Errorf("a gateway cannot send: %v", err)
	}
}

// press tells keys, each by an INFO that has to be answered with 200.
func (g *gateway) press(keys string) {
	g.t.Helper()
	for _, k := range keys {
		g.mu.Lock()
		g.seq++
		_, target, _ := strings.Cut(headerOf(g.invite, "Contact"), "<")
		target, _, _ = strings.Cut(target, ">")
		body := fmt.Sprintf("Signal=%c\r\nDuration=160\r\n", k)
		text := strings.Join([]string{
			"INFO " + target + " SIP/2.0", fmt.Sprintf("Via: SIP/2.0/UDP %s;branch=z9hG4bKkey%d;rport", g.socket.LocalAddr(), g.seq), "Max-Forwards: 70",
			"From: " + headerOf(g.answer, "To"), "To: " + headerOf(g.invite, "From"), "Call-ID: " + headerOf(g.invite, "Call-ID"), "CSeq: " + strconv.Itoa(g.seq) + " INFO",
			"Content-Type: application/dtmf-relay", "Content-Length: " + strconv.Itoa(len(body)), "", body,
		}, "\r\n")
		line := g.line
		g.mu.Unlock()
		g.send(line, text)
		select {
		case got := <-g.infos:
			if !strings.HasPrefix(got, "SIP/2.0 200 ") {
				g.t.Errorf("a key by INFO is answered with %q", got)
			}
		case <-time.After(30 * time.Second):
			g.t.Errorf("a key by INFO has no answer")
		}
		pause(250 * time.Millisecond)
	}
}

// headerOf is a header of a message; empty where there is none.
func headerOf(text, name string) string {
	head, _, _ := strings.Cut(text, "\r\n\r\n")
	for line := range strings.SplitSeq(head, "\r\n") {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(strings.TrimSpace(key), name) {
			return strings.TrimSpace(value)
		}
	}
	return ""
}
