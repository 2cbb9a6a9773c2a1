package load

import (
	"bytes"
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

type state byte

const (
	inviting state = iota
	up
	leaving // our BYE is on its way
	over
)

// Timers A, E and B/F of RFC 3261 (section 17.1).
const (
	t1     = 500 * time.Millisecond
	t2     = 4 * time.Second
	giveUp = 64 * t1
)

// call is one telephone of the crowd.
type call struct {
	id     int
	callID string
	plan   Plan
	batch  *batch
	state  state
	slot   int
	place  int
	fd     int
	port   uint16
	toTag  string
	keys   string // still to be pressed

	transaction
	until time.Duration // instant to hang up; 0 never

	turn uint8
	talk talk
	seal *seal
	from stream
}

// transaction is the request of a call that waits for its answer (RFC 3261 section 17.1).
type transaction struct {
	invited  int64         // ns since 1970
	request  []byte        // that waits for an answer
	repeatAt time.Duration // instant of its next repeat
	repeat   time.Duration
	asked    time.Duration // instant of its first sending
	heardOf  bool          // a provisional answer came
}

func (k *Crowd) now() time.Duration { return time.Since(k.epoch) }

// unix is an instant of the crowd in the kernel's clock.
func (k *Crowd) unix(at time.Duration) int64 { return k.epoch.UnixNano() + int64(at) }

// dial sends the INVITE of a new call.
func (k *Crowd) dial(b *batch) error {
	fd, port, err := openSocket(k.cfg.Local, 0)
	if err != nil {
		return err
	}
	c := &call{id: k.next, batch: b, plan: b.plan, fd: fd, port: port, callID: fmt.Sprintf("load-%d-%08x", k.next, k.run)}
	k.next++
	if c.plan.Keys != nil {
		c.keys = c.plan.Keys(b.dialed)
	}
	b.dialed++
	c.talk.begin(c.id)
	if c.plan.Secure {
		if c.seal, err = newSeal(); err != nil {
			return err
		}
	}
	k.calls[c.id] = c
	c.slot = 0
	for i := range k.wheel {
		if len(k.wheel[i]) < len(k.wheel[c.slot]) {
			c.slot = i
		}
	}
	c.place = len(k.wheel[c.slot])
	k.wheel[c.slot] = append(k.wheel[c.slot], c)
	k.sums.dialled++
	k.ask(c, k.board.message(c, "INVITE", 1, fmt.Sprintf("%08xi%d", k.run, c.id), c.offer(k.cfg.Local)))
	c.invited = k.unix(c.asked)
	return nil
}

// ask sends a request that will be repeated until it is answered.
func (k *Crowd) ask(c *call, request []byte) {
	c.request, c.repeat, c.asked = request, t1, k.now()
	c.repeatAt = c.asked + t1
	k.board.send(request)
}

// chase repeats what was not answered, and gives a call up in the end.
func (k *Crowd) chase(c *call, now time.Duration) {
	switch {
	case now-c.asked > giveUp:
		k.sums.unanswered++
		k.end(c)
	case now >= c.repeatAt && (c.state == leaving || !c.heardOf):
		c.repeat = min(2*c.repeat, t2)
		c.repeatAt = now + c.repeat
		k.sums.repeats++
		k.board.send(c.request)
	}
}

// signal handles what came at the signalling socket.
func (k *Crowd) signal() {
	for {
		text, at := k.board.receive()
		if text == nil {
			return
		}
		c := k.calls[idOf(header(text, "Call-ID"), k.run)]
		status := statusOf(text)
		switch {
		case status == 0:
			k.requested(c, text)
		case c == nil || status < 200 && c.state != inviting:
		case status < 200:
			c.heardOf = true
		case bytes.HasSuffix(header(text, "CSeq"), []byte("INVITE")):
			k.answered(c, text, status, at)
		case c.state == leaving:
			k.end(c)
		}
	}
}

// idOf reads the id out of "load-17-0badcafe"; -1 when it is not of this crowd.
func idOf(callID []byte, run uint32) int {
	rest, ok := bytes.CutPrefix(callID, []byte("load-"))
	id, mark, found := bytes.Cut(rest, []byte("-"))
	n, err := strconv.Atoi(string(id))
	if !ok || !found || err != nil || string(mark) != fmt.Sprintf("%08x", run) {
		return -1
	}
	return n
}

// answered takes the final answer of an INVITE.
func (k *Crowd) answered(c *call, text []byte, status int, at int64) {
	_, tag, _ := bytes.Cut(header(text, "To"), []byte(";tag="))
	if status != 200 {
		c.toTag = string(tag)
		k.board.send(k.board.message(c, "ACK", 1, fmt.Sprintf("%08xi%d", k.run, c.id), nil))
		if c.state == inviting {
			k.refused(c, status, header(text, "Retry-After") != nil)
		}
		return
	}
	again := c.state != inviting
	if !again {
		c.toTag, c.state = string(tag), up
		k.sums.up++
		k.sums.setup.add(at - c.invited)
		c.from.answered = at
	}
	k.board.send(k.board.message(c, "ACK", 1, fmt.Sprintf("%08xa%d", k.run, c.id), nil))
	if again {
		k.sums.repeated++ // the 200 came again: our ACK was late or lost
		return
	}
	if c.plan.HangUp {
		k.goodbye(c)
		return
	}
	if err := c.connect(text); err != nil {
		k.sums.broken++
		k.goodbye(c)
		return
	}
	if c.plan.Hold > 0 && c.until == 0 {
		c.until = k.now() + c.plan.Hold
	}
}

// refused notes a call that was not taken.
func (k *Crowd) refused(c *call, status int, later bool) {
	k.sums.refused[status]++
	if later {
		k.sums.retryAfter++
	}
	k.end(c)
}

// connect aims the call's sound at the address that the answer names.
func (c *call) connect(text []byte) error {
	_, rest, _ := bytes.Cut(text, []byte("m=audio "))
	word, _, _ := bytes.Cut(rest, []byte(" "))
	port, err := strconv.Atoi(string(word))
	if err != nil {
		return fmt.Errorf("answer without an audio port")
	}
	_, rest, _ = bytes.Cut(text, []byte("c=IN IP4 "))
	word, _, _ = bytes.Cut(rest, []byte("\r"))
	host, err := netip.ParseAddr(string(word))
	if err != nil {
		return fmt.Errorf("answer without an address: %w", err)
	}
	if c.seal != nil {
		_, rest, found := bytes.Cut(text, []byte("AES_CM_128_HMAC_SHA1_80 inline:"))
		key, _, _ := bytes.Cut(rest, []byte("\r"))
		if !found {
			return fmt.Errorf("answer without a key")
		}
		if err := c.seal.take(string(key)); err != nil {
			return err
		}
	}
	return unix.Connect(c.fd, &unix.SockaddrInet4{Port: port, Addr: host.As4()})
}

// requested answers a request of the far end: BYE and OPTIONS are what a line sends.
func (k *Crowd) requested(c *call, text []byte) {
	method, _, _ := bytes.Cut(text, []byte(" "))
	if string(method) == "ACK" {
		return
	}
	out := []byte("SIP/2.0 200 OK\r\n")
	if c == nil || c.state == inviting {
		out = []byte("SIP/2.0 481 Call/Transaction Does Not Exist\r\n")
	}
	for _, name := range []string{"Via", "From", "To", "Call-ID", "CSeq"} {
		out = fmt.Appendf(out, "%s: %s\r\n", name, header(text, name))
	}
	k.board.send(append(out, "Content-Length: 0\r\n\r\n"...))
	if c != nil && string(method) == "BYE" && c.state != inviting {
		k.sums.byThem++
		k.end(c)
	}
}

// goodbye says BYE.
func (k *Crowd) goodbye(c *call) {
	if c.state == up {
		k.sums.up--
		k.listen(c)
	}
	c.state = leaving
	k.ask(c, k.board.message(c, "BYE", 2, fmt.Sprintf("%08xb%d", k.run, c.id), nil))
}

// end forgets a call; with Redial the next one takes its place.
func (k *Crowd) end(c *call) {
	if c.state == up {
		k.sums.up--
		k.listen(c)
	}
	if c.state == up || c.state == leaving {
		k.sums.completed++
	}
	c.state = over
	c.close()
	delete(k.calls, c.id)
	legs := k.wheel[c.slot]
	last := legs[len(legs)-1]
	legs[c.place], last.place = last, c.place
	k.wheel[c.slot] = legs[:len(legs)-1]
	if c.plan.Redial && c.batch != nil {
		c.batch.left++
		if c.batch.left == 1 {
			c.batch.due = k.now()
			k.again(c.batch)
		}
	}
}

// again dials for a batch that was through.
func (k *Crowd) again(b *batch) {
	for _, o := range k.batches {
		if o == b {
			return
		}
	}
	k.batches = append(k.batches, b)
}

func (c *call) close() {
	if c.fd >= 0 {
		_ = unix.Close(c.fd)
		c.fd = -1
	}
}
