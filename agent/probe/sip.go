package probe

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"strconv"
	"strings"
	"time"

	"hotline/agent/protocol"
)

// Timers of a request over UDP (RFC 3261, section 17.1.2).
const (
	timerT1 = 500 * time.Millisecond
	timerT2 = 4 * time.Second
)

// options asks a SIP server for OPTIONS (RFC 3261, section 11). A server that answers anything but a failure of its own (5xx) or of
// everybody (6xx) lives: many refuse strangers.
func options(ctx context.Context, c protocol.Check, _ time.Time) error {
	network, address, err := protocol.SIPAddress(c.Target)
	if err != nil {
		return err
	}
	conn, err := dial(ctx, network, address)
	if err != nil {
		return err
	}
	defer conn.Close()
	id := rand.Text()
	request := optionsTo(network, address, conn.LocalAddr().String(), id)
	if network == "tcp" {
		if _, err := conn.Write(request); err != nil {
			return err
		}
		status, err := statusOf(bufio.NewReader(io.LimitReader(conn, 64<<10)), id)
		if err != nil {
			return fmt.Errorf("no answer to OPTIONS: %w", err)
		}
		return lives(status)
	}
	return overUDP(ctx, conn, request, id)
}

// overUDP sends a request again until an answer comes.
func overUDP(ctx context.Context, conn net.Conn, request []byte, id string) error {
	buffer := make([]byte, 64<<10)
	end, _ := ctx.Deadline()
	for wait := timerT1; ; wait = min(2*wait, timerT2) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if _, err := conn.Write(request); err != nil {
			return err
		}
		until := time.Now().Add(wait)
		if until.After(end) {
			until = end
		}
		for {
			if err := conn.SetReadDeadline(until); err != nil {
				return err
			}
			n, err := conn.Read(buffer)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				break
			}
			if err != nil {
				return err
			}
			status, err := statusOf(bufio.NewReader(strings.NewReader(string(buffer[:n]))), id)
			if err == nil && status >= 200 {
				return lives(status)
			}
		}
		if !time.Now().Before(end) {
			return context.DeadlineExceeded
		}
	}
}

// optionsTo is the request. rport has the answer sent to where it came from (RFC 3581).
func optionsTo(network, address, from, id string) []byte {
	host, _, _ := net.SplitHostPort(from) // an address of the machine's own
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return fmt.Appendf(nil, "OPTIONS sip:%s SIP/2.0\r\nVia: SIP/2.0/%s %s;branch=z9hG4bK%s;rport\r\nMax-Forwards: 70\r\n"+
		"From: <sip:agent@%s>;tag=%s\r\nTo: <sip:%s>\r\nCall-ID: %s\r\nCSeq: 1 OPTIONS\r\nContact: <sip:agent@%s;transport=%s>\r\nAccept: application/sdp\r\nUser-Agent: hotline-agent\r\nContent-Length: 0\r\n\r\n",
		address, strings.ToUpper(network), from, id, host, id[:8], address, id, from, network)
}

// statusOf reads the status of the answer to a request of this Call-ID.
func statusOf(r *bufio.Reader, id string) (int, error) {
	for {
		text := textproto.NewReader(r)
		first, err := text.ReadLine()
		if err != nil {
			return 0, err
		}
		if first == "" { // a keep-alive (RFC 5626, section 3.5.1)
			continue
		}
		rest, ok := strings.CutPrefix(first, "SIP/2.0 ")
		code, _, _ := strings.Cut(rest, " ")
		status, err := strconv.Atoi(code)
		if !ok || err != nil || status < 100 || status > 699 {
			return 0, fmt.Errorf("%.60q is no answer of SIP", first)
		}
		head, err := text.ReadMIMEHeader()
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		if call := head.Get("Call-ID") + head.Get("I"); call != id {
			return 0, errors.New("an answer to another request came")
		}
		if status >= 200 {
			return status, nil
		}
	}
}

func lives(status int) error {
	if status >= 500 {
		return fmt.Errorf("it answers %d to OPTIONS", status)
	}
	return nil
}
