package siptest

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"
)

// SDP is a body that offers or answers G.711 at an address that nobody hears.
const SDP = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8 0 101\r\na=rtpmap:101 telephone-event/8000\r\n"

// Packets opens datagram sockets: a [Wire], or anything with real ones.
type Packets interface {
	ListenPacket(addr netip.AddrPort) (net.PacketConn, error)
}

// Phone is a telephone without a will: it says what a test tells it to and repeats
// nothing by itself. One goroutine may use it.
type Phone struct {
	// At is its address.
	At netip.AddrPort
	// Spell, when not nil, rewrites each message before it is sent.
	Spell func(message string) string

	t    testing.TB
	conn net.PacketConn
	seen map[string]bool
	n    int
	sent int
}

// NewPhone opens a telephone; it is closed when the test ends.
func NewPhone(t testing.TB, w Packets, at string) *Phone {
	t.Helper()
	c, err := w.ListenPacket(netip.MustParseAddrPort(at))
	if err != nil {
		t.Fatal(err)
	}
	a := c.LocalAddr().(*net.UDPAddr).AddrPort()
	p := &Phone{At: netip.AddrPortFrom(a.Addr().Unmap(), a.Port()), t: t, conn: c, seen: map[string]bool{}}
	t.Cleanup(p.Close)
	return p
}

// Close unplugs the telephone.
func (p *Phone) Close() { _ = p.conn.Close() }

// Send sends a message as it is; lines may end in LF alone.
func (p *Phone) Send(to netip.AddrPort, text string) {
	p.t.Helper()
	head, body, _ := strings.Cut(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n")
	text = strings.ReplaceAll(head, "\n", "\r\n") + "\r\n\r\n" + strings.ReplaceAll(body, "\n", "\r\n")
	if p.Spell != nil {
		text = p.Spell(text)
	}
	p.sent += len(text)
	if _, err := p.conn.WriteTo([]byte(text), net.UDPAddrFromAddrPort(to)); err != nil {
		p.t.Fatal(err)
	}
}

// Sent is how many octets the telephone has sent.
func (p *Phone) Sent() int { return p.sent }

// Hear waits for the next message; nil when there is none in time.
func (p *Phone) Hear(within time.Duration) *Message {
	p.t.Helper()
	_ = p.conn.SetReadDeadline(time.Now().Add(within))
	b := make([]byte, 65535)
	n, from, err := p.conn.ReadFrom(b)
	if err != nil {
		return nil
	}
	return parse(string(b[:n]), from.(*net.UDPAddr).AddrPort())
}

// Expect waits for a message whose first line begins with or contains what, such
// as "BYE " or " 200 ", and skips others; it fails the test after within.
func (p *Phone) Expect(what string, within time.Duration) *Message {
	p.t.Helper()
	var skipped []string
	for end := time.Now().Add(within); ; {
		m := p.Hear(time.Until(end))
		if m == nil {
			p.t.Fatalf("phone %s: no %q within %v; heard %q", p.At, what, within, skipped)
			return nil
		}
		if strings.Contains(m.Line, what) {
			return m
		}
		skipped = append(skipped, m.Line)
	}
}

// Silence fails the test when a message comes whose first line contains what.
func (p *Phone) Silence(what string, during time.Duration) {
	p.t.Helper()
	for end := time.Now().Add(during); ; {
		m := p.Hear(time.Until(end))
		if m == nil {
			return
		}
		if strings.Contains(m.Line, what) {
			p.t.Fatalf("phone %s: heard %q", p.At, m.Line)
		}
	}
}

func (p *Phone) id(kind string) string {
	p.n++
	return fmt.Sprintf("%s%d-%d", kind, p.At.Port(), p.n)
}

// Call is one dialog as the telephone keeps it. Every field may be changed to
// write wrong messages.
type Call struct {
	// Phone is whose call it is, To where its requests go.
	Phone *Phone
	To    netip.AddrPort
	// URI is the Request-URI: the number called, then the other side's Contact.
	URI string
	// From and Remote are the From and To values of requests in this dialog.
	From, Remote, CallID, Branch string
	// Seq is the number of the INVITE, then of the last request.
	Seq int
	// Contact is where the telephone says it is; its own address when empty.
	Contact string
	// Extra are header lines added to each request and answer.
	Extra []string
	// Invite is the request that began a call from the other side.
	Invite *Message
	invite int
	tag    string
}

// Dial sends an INVITE, with an offer unless sdp is empty.
func (p *Phone) Dial(to netip.AddrPort, number, sdp string) *Call {
	c := p.Call(to, number)
	c.SendInvite(sdp)
	return c
}

// Call is Dial before its INVITE is sent.
func (p *Phone) Call(to netip.AddrPort, number string) *Call {
	c := &Call{Phone: p, To: to, URI: "sip:" + number + "@" + to.String(), CallID: p.id("call"), Branch: "z9hG4bK" + p.id("b"),
		From: "<sip:phone@" + p.At.String() + ">;tag=" + p.id("t"), Seq: 1, invite: 1}
	c.Remote = "<" + c.URI + ">"
	return c
}

// SendInvite sends the INVITE of Dial, again when it was sent before.
func (c *Call) SendInvite(sdp string) { c.send("INVITE", c.invite, c.Branch, sdp) }

func (c *Call) send(method string, seq int, branch, sdp string) {
	kind := ""
	if sdp != "" {
		kind = "Content-Type: application/sdp\n"
	}
	for _, h := range c.Extra {
		kind += h + "\n"
	}
	contact := cmp.Or(c.Contact, "<sip:phone@"+c.Phone.At.String()+">")
	c.Phone.Send(c.To, fmt.Sprintf("%s %s SIP/2.0\nVia: SIP/2.0/UDP %s;branch=%s;rport\nMax-Forwards: 70\nFrom: %s\nTo: %s\nCall-ID: %s\nCSeq: %d %s\nContact: %s\n%sContent-Length: %d\n\n%s",
		method, c.URI, c.Phone.At, branch, c.From, c.Remote, c.CallID, seq, method, contact, kind, len(sdp), sdp))
}

// Expect waits for a response with the status and learns the dialog from it.
func (c *Call) Expect(status int, within time.Duration) *Message {
	c.Phone.t.Helper()
	m := c.Phone.Expect(" "+strconv.Itoa(status)+" ", within)
	if status > 100 {
		c.Remote = m.Get("To")
		if u := m.Get("Contact"); u != "" {
			c.URI = strings.Trim(u, "<>")
		}
	}
	return m
}

// Ask sends a request outside of calls, such as OPTIONS.
func (c *Call) Ask(method string) { c.send(method, c.invite, c.Branch, "") }

// Ack acknowledges a 2xx, with an answer when sdp is not empty.
func (c *Call) Ack(sdp string) { c.send("ACK", c.invite, "z9hG4bK"+c.Phone.id("b"), sdp) }

// AckRefusal acknowledges a final answer of 300 or more.
func (c *Call) AckRefusal() { c.send("ACK", c.invite, c.Branch, "") }

// Cancel takes the INVITE back.
func (c *Call) Cancel() { c.send("CANCEL", c.invite, c.Branch, "") }

// RequestWith is Request with a body whose Content-Type stands in Extra.
func (c *Call) RequestWith(method, body string) {
	c.Seq++
	c.Phone.Send(c.To, fmt.Sprintf("%s %s SIP/2.0\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s;rport\nMax-Forwards: 70\nFrom: %s\nTo: %s\nCall-ID: %s\nCSeq: %d %s\n%s\nContent-Length: %d\n\n%s",
		method, c.URI, c.Phone.At, c.Phone.id("b"), c.From, c.Remote, c.CallID, c.Seq, method, strings.Join(c.Extra, "\n"), len(body), body))
}

// Request sends any other request inside the dialog.
func (c *Call) Request(method, sdp string) {
	c.Seq++
	if method == "INVITE" {
		c.invite = c.Seq
		c.Branch = "z9hG4bK" + c.Phone.id("b")
		c.send(method, c.Seq, c.Branch, sdp)
		return
	}
	c.send(method, c.Seq, "z9hG4bK"+c.Phone.id("b"), sdp)
}

// Requested waits for a request outside of calls, such as REGISTER, and makes it answerable by Respond.
func (p *Phone) Requested(method string, within time.Duration) *Call {
	p.t.Helper()
	m := p.Expect(method+" ", within)
	return &Call{Phone: p, To: m.From, Invite: m, CallID: m.Get("Call-ID"), tag: p.id("t")}
}

// Incoming waits for an INVITE.
func (p *Phone) Incoming(within time.Duration) *Call {
	p.t.Helper()
	m := p.Expect("INVITE ", within)
	tag := p.id("t")
	return &Call{Phone: p, To: m.From, Invite: m, CallID: m.Get("Call-ID"), From: m.Get("To") + ";tag=" + tag, Remote: m.Get("From"),
		URI: strings.Trim(m.Get("Contact"), "<>"), tag: tag}
}

// Respond answers the INVITE, or with another request given, that one.
func (c *Call) Respond(status int, sdp string, to ...*Message) {
	c.RespondAs(c.tag, status, sdp, to...)
}

// RespondAs answers with a To tag of choice: a fork of the call.
func (c *Call) RespondAs(tag string, status int, sdp string, to ...*Message) {
	m := c.Invite
	if len(to) > 0 {
		m = to[0]
	}
	var b strings.Builder
	fmt.Fprintf(&b, "SIP/2.0 %d Said\n", status)
	for _, h := range []string{"Via", "From", "To", "Call-ID", "CSeq"} {
		for _, v := range m.All(h) {
			if h == "To" && status > 100 && !strings.Contains(v, ";tag=") {
				v += ";tag=" + tag
			}
			fmt.Fprintf(&b, "%s: %s\n", h, v)
		}
	}
	if len(m.All("Contact")) == 0 || !strings.HasPrefix(m.Line, "REGISTER") {
		fmt.Fprintf(&b, "Contact: <sip:phone@%s>\n", c.Phone.At)
	}
	for _, h := range c.Extra {
		b.WriteString(h + "\n")
	}
	if sdp != "" {
		b.WriteString("Content-Type: application/sdp\n")
	}
	fmt.Fprintf(&b, "Content-Length: %d\n\n%s", len(sdp), sdp)
	c.Phone.Send(c.To, b.String())
}

// Message is one message as it came.
type Message struct {
	// Line is the first line, Body what follows the headers, From the sender.
	Line, Body string
	From       netip.AddrPort
	// Size is its length in octets.
	Size int
	// At is when it was heard.
	At      time.Time
	headers []string
}

func parse(text string, from netip.AddrPort) *Message {
	head, body, _ := strings.Cut(text, "\r\n\r\n")
	lines := strings.Split(head, "\r\n")
	return &Message{Line: lines[0] + " ", Body: body, Size: len(text), From: netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), At: time.Now(), headers: lines[1:]}
}

// All are a header's values in order.
func (m *Message) All(name string) (out []string) {
	for _, l := range m.headers {
		if k, v, ok := strings.Cut(l, ":"); ok && strings.EqualFold(strings.TrimSpace(k), name) {
			out = append(out, strings.TrimSpace(v))
		}
	}
	return out
}

// Get is a header's first value; empty when it is missing.
func (m *Message) Get(name string) string {
	if all := m.All(name); len(all) > 0 {
		return all[0]
	}
	return ""
}
