package e2e_test

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"hotline/sip/siptest"
)

// rows are the 62 torture messages with their octets.
func rows(t *testing.T) (list []siptest.Torture, octets map[string][]byte) {
	t.Helper()
	octets = map[string][]byte{}
	for folder, all := range map[string][]siptest.Torture{"rfc4475": siptest.RFC4475(), "rfc5118": siptest.RFC5118()} {
		for _, r := range all {
			b, err := os.ReadFile(filepath.Join("..", "sip", "testdata", folder, r.Name+".dat"))
			if err != nil {
				t.Fatal(err)
			}
			if folder == "rfc5118" {
				b = siptest.AsSent(b)
			}
			octets[r.Name] = b
			list = append(list, r)
		}
	}
	if len(list) != 62 {
		t.Fatalf("%d torture messages", len(list))
	}
	return list, octets
}

// judgeTorture holds the first answers against the row. A call that would ring at a telephone is answered or refused for
// its sound by the hotline, after 100.
func judgeTorture(r siptest.Torture, answers []string) error {
	switch {
	case r.Want == siptest.Silence:
		if len(answers) > 0 {
			return fmt.Errorf("heard %q; wanted silence: %s", answers, r.Why)
		}
	case r.Want == siptest.Rings:
		if len(answers) < 2 || answers[0] != "100" || answers[1] != "200" && answers[1] != "488" {
			return fmt.Errorf("heard %q; wanted a call: %s", answers, r.Why)
		}
	case len(answers) == 0 || answers[0] != r.Want:
		return fmt.Errorf("heard %q, want %s: %s", answers, r.Want, r.Why)
	}
	return nil
}

// status is the code of an answer; empty for anything else.
func status(message []byte) string {
	rest, ok := bytes.CutPrefix(message, []byte("SIP/2.0 "))
	if !ok || len(rest) < 3 {
		return ""
	}
	return string(rest[:3])
}

// TestTheTortureMessagesAgainstTheShippedProgram sends each message of RFC 4475 and RFC 5118 over UDP, whole over TCP, and
// octet by octet over TCP. package sip judges the answers in full; here the program as it ships gives the same ones.
func TestTheTortureMessagesAgainstTheShippedProgram(t *testing.T) {
	t.Parallel()
	h := open(t)
	list, octets := rows(t)
	t.Run("messages", func(t *testing.T) {
		for i, r := range list {
			t.Run(r.Section+" "+r.Name, func(t *testing.T) {
				t.Parallel()
				endures(t, h, i, r, octets[r.Name])
			})
		}
	})
	sipp(t, h, "call")
}

// endures sends one message by every way.
func endures(t *testing.T, h *house, i int, r siptest.Torture, octets []byte) {
	t.Helper()
	if err := judgeTorture(r, byDatagram(t, h, i, r, own(r, octets, "u"))); err != nil {
		t.Errorf("UDP: %v", err)
	}
	if r.Stream == siptest.Datagram {
		return
	}
	if r.Stream == siptest.Stalls {
		r.Want = siptest.Silence
	} else if r.Want == siptest.Rings && r.Stream == siptest.Closed {
		r.Want = "400"
	}
	for _, piece := range []int{len(octets), 1} {
		if err := judgeTorture(r, byStream(t, h, own(r, octets, fmt.Sprint(piece)), piece, r.Want)); err != nil {
			t.Errorf("TCP, %d octets at once: %v", piece, err)
		}
	}
}

// own gives an INVITE that makes a call a Call-ID and a branch of its own: the same call by another way would be a merged
// one (482), and the same branch a repeat.
func own(r siptest.Torture, message []byte, mark string) []byte {
	if r.Want != siptest.Rings {
		return message
	}
	id := regexp.MustCompile(`(?i)(\r\n(?:call-id|i)[ \t]*:[ \t]*)`)
	message = id.ReplaceAll(message, []byte("${1}"+r.Name+mark))
	return bytes.ReplaceAll(message, []byte("=z9hG4bK"), []byte("=z9hG4bK"+r.Name+mark))
}

// torturePatience is how long an answer that must not come is waited for.
const torturePatience = 700 * time.Millisecond

// byDatagram sends from an address of its own, at the port to which the message's Via wants its answer.
func byDatagram(t *testing.T, h *house, i int, r siptest.Torture, message []byte) (answers []string) {
	t.Helper()
	port := 5060
	if at := strings.LastIndex(r.From, ":"); at >= 0 {
		port, _ = strconv.Atoi(r.From[at+1:])
	}
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 8, byte(1+i)), Port: port})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	to, err := net.ResolveUDPAddr("udp", h.sip)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.WriteTo(message, to); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 65535)
	for len(answers) < wanted(r.Want) {
		_ = c.SetReadDeadline(time.Now().Add(waitFor(r.Want)))
		n, _, err := c.ReadFrom(b)
		if err != nil {
			return answers
		}
		answers = append(answers, status(b[:n]))
	}
	return answers
}

func wanted(want string) int {
	if want == siptest.Rings {
		return 2
	}
	return 1
}

func waitFor(want string) time.Duration {
	if want == siptest.Silence {
		return torturePatience
	}
	return 30 * time.Second
}

// byStream sends over a connection, so many octets at once.
func byStream(t *testing.T, h *house, message []byte, piece int, want string) (answers []string) {
	t.Helper()
	c, err := net.Dial("tcp", h.sip)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.(*net.TCPConn).SetNoDelay(true)
	for at := 0; at < len(message); at += piece {
		if _, err := c.Write(message[at:min(at+piece, len(message))]); err != nil {
			break // it has answered and closed already
		}
	}
	var text []byte
	b := make([]byte, 65535)
	for len(answers) < wanted(want) {
		_ = c.SetReadDeadline(time.Now().Add(waitFor(want)))
		n, err := c.Read(b)
		text = append(text, b[:n]...)
		for {
			head, rest, whole := bytes.Cut(text, []byte("\r\n\r\n"))
			if !whole {
				break
			}
			if code := status(head); code != "" {
				answers = append(answers, code)
			}
			text = rest
		}
		if err != nil {
			return answers
		}
	}
	return answers
}
