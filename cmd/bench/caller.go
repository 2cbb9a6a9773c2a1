package main

import (
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// caller is one call of the load: a SIP dialog over a shared socket and an RTP socket of its own, non-blocking, with
// kernel receive timestamps.
type caller struct {
	id     int
	fd     int
	port   int
	remote unix.SockaddrInet4
	toTag  string

	invited  time.Time
	answered time.Time

	sequence uint16
	stamp    uint32
	packet   [172]byte

	arrivals arrivals
}

// arrivals judges the far end's pacing by the kernel's receive timestamps: a packet's deviation is how much later it
// came than the earliest packet of the call allows, by its RTP sequence number.
type arrivals struct {
	seen     bool
	first    uint16
	base     int64   // ns, arrival of the first packet
	early    int64   // ns, the smallest offset seen
	offsets  []int32 // µs against base, one a packet
	received int
	last     uint16
	lost     int
}

func (a *arrivals) take(sequence uint16, at int64) {
	a.received++
	if !a.seen {
		a.seen, a.first, a.base, a.last = true, sequence, at, sequence
		a.offsets = append(a.offsets, 0)
		return
	}
	if gap := sequence - a.last; gap > 1 && gap < 1000 {
		a.lost += int(gap) - 1
	}
	a.last = sequence
	offset := at - a.base - int64(sequence-a.first)*int64(20*time.Millisecond)
	a.early = min(a.early, offset)
	a.offsets = append(a.offsets, int32(offset/1000))
}

// deviations gives each packet's lateness in µs against the call's own best packet.
func (a *arrivals) deviations() []int32 {
	early := int32(a.early / 1000)
	out := make([]int32, len(a.offsets))
	for i, o := range a.offsets {
		out[i] = o - early
	}
	return out
}

func newCaller(id int) (*caller, error) {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("opening an RTP socket: %w", err)
	}
	c := &caller{id: id, fd: fd, sequence: uint16(id), stamp: uint32(id) * 977}
	if err := unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1); err != nil {
		return nil, fmt.Errorf("asking for receive timestamps: %w", err)
	}
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return nil, fmt.Errorf("binding an RTP socket: %w", err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		return nil, err
	}
	c.port = name.(*unix.SockaddrInet4).Port
	c.packet[0], c.packet[1] = 0x80, 8
	binary.BigEndian.PutUint32(c.packet[8:], 0x10000+uint32(id))
	for i := range c.packet[12:] {
		c.packet[12+i] = byte(0x55 ^ (i*7+id)&0x3f)
	}
	return c, nil
}

// connect aims the call's sound at the port that the 200's SDP names.
func (c *caller) connect(sdp string) error {
	_, rest, found := strings.Cut(sdp, "m=audio ")
	var port int
	if _, err := fmt.Sscanf(rest, "%d", &port); !found || err != nil {
		return fmt.Errorf("answer without an audio port: %q", sdp)
	}
	c.remote = unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}
	return unix.Connect(c.fd, &c.remote)
}

// speak sends one frame of 20 ms.
func (c *caller) speak() {
	binary.BigEndian.PutUint16(c.packet[2:], c.sequence)
	binary.BigEndian.PutUint32(c.packet[4:], c.stamp)
	c.sequence++
	c.stamp += 160
	_, _ = unix.Write(c.fd, c.packet[:]) // a refused packet shows as loss at the far end
}

// hear drains the socket. counting says whether the packets belong to the measured span.
func (c *caller) hear(buf, oob []byte, counting bool) {
	for {
		n, oobn, _, _, err := unix.Recvmsg(c.fd, buf, oob, unix.MSG_DONTWAIT)
		if err != nil {
			return
		}
		if n < 12 || buf[1]&0x7f == 13 || !counting {
			continue
		}
		c.arrivals.take(binary.BigEndian.Uint16(buf[2:]), stampOf(oob[:oobn]))
	}
}

// stampOf reads SCM_TIMESTAMPNS: after a 16-octet control header come seconds and nanoseconds.
func stampOf(oob []byte) int64 {
	if len(oob) < 32 {
		return time.Now().UnixNano()
	}
	sec, nsec := binary.LittleEndian.Uint64(oob[16:]), binary.LittleEndian.Uint64(oob[24:])
	return int64(sec)*int64(time.Second) + int64(nsec)
}

func (c *caller) close() { _ = unix.Close(c.fd) }

// switchboard is the one SIP socket of all callers.
type switchboard struct {
	conn   *net.UDPConn
	server netip.AddrPort
}

func (s *switchboard) message(c *caller, method string, cseq int, body string) string {
	local := s.conn.LocalAddr().String()
	to := ""
	if c.toTag != "" {
		to = ";tag=" + c.toTag
	}
	content := ""
	if body != "" {
		content = "Content-Type: application/sdp\r\n"
	}
	return fmt.Sprintf("%s sip:bench@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bKb%d-%s-%d;rport\r\nMax-Forwards: 70\r\n"+
		"From: <sip:caller%d@%s>;tag=f%d\r\nTo: <sip:bench@%s>%s\r\nCall-ID: bench-%d\r\nCSeq: %d %s\r\nContact: <sip:caller%d@%s>\r\n%sContent-Length: %d\r\n\r\n%s",
		method, s.server, local, c.id, method, cseq, c.id, local, c.id, s.server, to, c.id, cseq, method, c.id, local, content, len(body), body)
}

func (s *switchboard) send(m string) error {
	_, err := s.conn.WriteToUDPAddrPort([]byte(m), s.server)
	return err
}

func offer(port int) string {
	return fmt.Sprintf("v=0\r\no=b 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio %d RTP/AVP 8 101\r\n"+
		"a=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=ptime:20\r\na=sendrecv\r\n", port)
}
