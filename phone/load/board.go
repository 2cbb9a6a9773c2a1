package load

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"net/netip"
	"strconv"

	"golang.org/x/sys/unix"
)

// board is the one signalling socket of a crowd.
type board struct {
	fd    int
	local netip.AddrPort
	to    netip.AddrPort
	buf   [8192]byte
	oob   [64]byte
}

func newRun() uint32 {
	var b [4]byte
	_, _ = rand.Read(b[:])
	return binary.NativeEndian.Uint32(b[:])
}

func newBoard(local netip.Addr, server netip.AddrPort) (*board, error) {
	fd, port, err := openSocket(local, 4<<20)
	if err != nil {
		return nil, fmt.Errorf("opening the signalling socket: %w", err)
	}
	if err := unix.Connect(fd, &unix.SockaddrInet4{Port: int(server.Port()), Addr: server.Addr().As4()}); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("aiming at %s: %w", server, err)
	}
	return &board{fd: fd, local: netip.AddrPortFrom(local, port), to: server}, nil
}

// openSocket opens a non-blocking datagram socket with receive timestamps.
func openSocket(local netip.Addr, buffer int) (fd int, port uint16, err error) {
	fd, err = unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, 0, fmt.Errorf("opening a socket: %w; allow more open files (ulimit -n)", err)
	}
	err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_TIMESTAMPNS, 1)
	if err == nil && buffer > 0 {
		if unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUFFORCE, buffer) != nil {
			err = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, buffer)
		}
	}
	if err == nil {
		err = unix.Bind(fd, &unix.SockaddrInet4{Addr: local.As4()})
	}
	var name unix.Sockaddr
	if err == nil {
		name, err = unix.Getsockname(fd)
	}
	if err != nil {
		_ = unix.Close(fd)
		return 0, 0, fmt.Errorf("preparing a socket at %s: %w", local, err)
	}
	return fd, uint16(name.(*unix.SockaddrInet4).Port), nil
}

func (b *board) close() error { return unix.Close(b.fd) }

// send hands one message on. What the kernel does not take is lost, and repeated like any loss.
func (b *board) send(text []byte) { _, _ = unix.Write(b.fd, text) }

// receive takes one message and its instant, ns since 1970; nil when none waits.
func (b *board) receive() (text []byte, at int64) {
	n, oobn, _, _, err := unix.Recvmsg(b.fd, b.buf[:], b.oob[:], unix.MSG_DONTWAIT)
	if err != nil {
		return nil, 0
	}
	return b.buf[:n], stampOf(b.oob[:oobn])
}

// stampOf reads SCM_TIMESTAMPNS: after a 16-octet control header come seconds and nanoseconds. 0 without one.
func stampOf(oob []byte) int64 {
	if len(oob) < 32 {
		return 0
	}
	return int64(binary.NativeEndian.Uint64(oob[16:]))*1e9 + int64(binary.NativeEndian.Uint64(oob[24:]))
}

// message is one request of a call.
func (b *board) message(c *call, method string, seq int, branch string, body []byte) []byte {
	out := make([]byte, 0, 640+len(body))
	out = fmt.Appendf(out, "%s sip:%s@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%s;rport\r\nMax-Forwards: 70\r\n"+
		"From: <sip:+3906%07d@%s>;tag=f%d\r\nTo: <sip:%s@%s>", method, c.plan.Number, b.to, b.local, branch, c.id, b.local, c.id, c.plan.Number, b.to)
	if c.toTag != "" {
		out = append(append(out, ";tag="...), c.toTag...)
	}
	out = fmt.Appendf(out, "\r\nCall-ID: %s\r\nCSeq: %d %s\r\nContact: <sip:+3906%07d@%s>\r\n", c.callID, seq, method, c.id, b.local)
	if body != nil {
		out = append(out, "Content-Type: application/sdp\r\n"...)
	}
	out = fmt.Appendf(out, "Content-Length: %d\r\n\r\n", len(body))
	return append(out, body...)
}

// offer is the description of a call's sound: A-law and telephone-events.
func (c *call) offer(local netip.Addr) []byte {
	profile, key := "AVP", ""
	if c.seal != nil {
		profile, key = "SAVP", "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:"+c.seal.ours+"\r\n"
	}
	return fmt.Appendf(nil, "v=0\r\no=- %d 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio %d RTP/%s 8 101\r\na=rtpmap:8 PCMA/8000\r\n"+
		"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n%sa=sendrecv\r\n", c.id, local, local, c.port, profile, key)
}

// header gives the value of a header of a message; nil when it has none. Our server writes the long names.
func header(text []byte, name string) []byte {
	at := bytes.Index(text, []byte("\r\n"+name+":"))
	if at < 0 {
		return nil
	}
	value := text[at+len(name)+3:]
	if end := bytes.IndexByte(value, '\r'); end >= 0 {
		value = value[:end]
	}
	return bytes.TrimSpace(value)
}

// statusOf is the code of a response; 0 of a request.
func statusOf(text []byte) int {
	if len(text) < 12 || string(text[:8]) != "SIP/2.0 " {
		return 0
	}
	n, _ := strconv.Atoi(string(text[8:11]))
	return n
}
