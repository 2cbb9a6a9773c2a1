package transport

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"hotline/sip/guard"
	"hotline/sip/syntax"
)

// stream is a connection of TCP or TLS that hands whole messages to sipgo, one for each Read. Framing, size caps, deadlines
// and the guard's decision are done here. sipgo reads from it and writes to it.
type stream struct {
	net.Conn
	guard    *guard.Guard
	origin   guard.Origin
	timeouts Timeouts
	in       *bufio.Reader
	rest     []byte    // of a message that did not fit the reader's buffer
	spoken   bool      // a first message came
	lastAt   time.Time // when the last one did
	reading  func()    // called before the first Read: sipgo has put the connection into its pool by then
	gone     func()    // called once when closed
	once     sync.Once
	writeMu  sync.Mutex
}

// Read yields the next message that the guard let pass, whole.
func (s *stream) Read(b []byte) (int, error) {
	if s.reading != nil {
		s.reading()
		s.reading = nil
	}
	for len(s.rest) == 0 {
		msg, err := s.message()
		if err != nil {
			s.lingerAfter(err)
			_ = s.Close()
			return 0, io.EOF
		}
		s.spoken, s.lastAt = true, time.Now()
		s.guard.Came(s.origin, msg.octets)
		d := s.guard.JudgeRead(&msg.read, msg.normal, s.origin)
		if s.rest = d.Pass; d.Answer != nil {
			if _, err := s.Write(d.Answer); err != nil {
				return 0, io.EOF
			}
		}
	}
	n := copy(b, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// lingerAfter leaves a connection open for a while on which junk has followed a message, so that the message gets its answer.
// Nothing that comes now is taken.
func (s *stream) lingerAfter(err error) {
	junk := errors.Is(err, errFraming) || errors.Is(err, syntax.ErrNotSIP)
	if since := time.Since(s.lastAt); !junk || since > s.timeouts.Linger {
		return
	}
	_ = s.Conn.SetReadDeadline(s.lastAt.Add(s.timeouts.Linger))
	_, _ = io.Copy(io.Discard, s.in)
}

var errFraming = errors.New("sip: no message boundary")

// message is one message of a stream. Its head is read once, for the framing and for the guard.
type message struct {
	octets []byte         // as they came
	normal []byte         // as syntax.Normalise has made them
	read   syntax.Message // what normal says
}

// message reads one message by its Content-Length (RFC 3261 18.3).
func (s *stream) message() (m message, err error) {
	if err := s.keepAlive(); err != nil {
		return m, err
	}
	_ = s.Conn.SetReadDeadline(time.Now().Add(s.timeouts.Half))
	head, err := s.head()
	if err != nil {
		return m, err
	}
	normal := syntax.Normalise(head)
	if m.read, err = syntax.Read(normal); err != nil {
		return m, err
	}
	length := &m.read.Body.Length
	switch {
	case *length == syntax.NoLength && (m.read.Method == "BYE" || !m.read.Request):
		*length = 0
	case *length < 0 || len(head)+*length > syntax.MaxMessage:
		return m, s.refuse(&m.read)
	}
	m.octets = append(head, make([]byte, *length)...)
	body := m.octets[len(head):]
	if _, err := io.ReadFull(s.in, body); err != nil {
		return m, err
	}
	m.normal = m.octets
	if len(normal) != len(head) || !bytes.Equal(normal, head) {
		m.normal = append(normal, body...)
	}
	m.read.Body.Octets = m.normal[len(m.normal)-len(body):]
	return m, nil
}

// head reads a start line and headers, to the empty line.
func (s *stream) head() (head []byte, err error) {
	for !bytes.HasSuffix(head, []byte("\r\n\r\n")) {
		line, err := s.in.ReadSlice('\n')
		head = append(head, line...)
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return nil, err
		}
		if len(head) > syntax.MaxMessage {
			return nil, errFraming
		}
	}
	return head, nil
}

// refuse answers a message whose end cannot be found, or is too far: without a length, or with two, the stream has no next
// message (RFC 3261 18.3, RFC 4475 3.3.9).
func (s *stream) refuse(m *syntax.Message) error {
	r := guard.Refusal{Code: 400, Reason: "Content-Length Missing"}
	switch {
	case m.Body.Length == syntax.BadLength:
		r.Reason = "Bad Content-Length"
	case m.Body.Length >= 0:
		r = guard.Refusal{Code: 513, Reason: "Message Too Large"}
	}
	if m.Request && m.Method != "ACK" && len(m.Vias) > 0 {
		_, _ = s.Write(s.guard.Refuse(m, r, s.origin))
	}
	return errFraming
}

// keepAlive reads past CRLFs between messages and answers a double one (RFC 5626 3.5.1). It waits for the first octet of the
// next message.
func (s *stream) keepAlive() error {
	wait := s.timeouts.Idle
	if !s.spoken {
		wait = s.timeouts.First
	}
	_ = s.Conn.SetReadDeadline(time.Now().Add(wait))
	for ends := 0; ; {
		c, err := s.in.ReadByte()
		if err != nil {
			return err
		}
		switch c {
		case '\r':
		case '\n':
			if ends++; ends%2 == 0 {
				if _, err := s.Write([]byte("\r\n")); err != nil {
					return err
				}
			}
		default:
			return s.in.UnreadByte()
		}
	}
}

// Write sends whole messages, one writer at a time, each within 10 s.
func (s *stream) Write(b []byte) (int, error) {
	s.writeMu.Lock()
	defer s.writeMu.Unlock()
	_ = s.Conn.SetWriteDeadline(time.Now().Add(10 * time.Second))
	if len(b) > 4 {
		s.guard.Went(s.origin, b)
	}
	return s.Conn.Write(b)
}

// Close ends the connection; later calls do nothing.
func (s *stream) Close() (err error) {
	s.once.Do(func() {
		err = s.Conn.Close()
		s.gone()
	})
	return err
}
