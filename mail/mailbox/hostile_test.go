package mailbox_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"hotline/mail/mailbox"
)

// script is a server that says what a test wants: the answer to a command, without its tag, in which %s is the tag.
type script struct {
	greeting string
	answers  func(command string) string // empty: as a server of good will with one mail
	mails    int

	mu       sync.Mutex
	commands []string
	moved    map[string]bool
}

const plainMail = "From: a@b.example\r\nSubject: x\r\n\r\nthe press stands still\r\n"

// usual is the answer of a server of good will that has mails 1 to s.mails.
func (s *script) usual(command string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	fields := strings.Fields(command)
	switch {
	case fields[0] == "CAPABILITY":
		return "* CAPABILITY IMAP4rev1 MOVE UIDPLUS\r\n%s OK done\r\n"
	case fields[0] == "SELECT":
		return "* FLAGS (\\Seen)\r\n* OK [PERMANENTFLAGS (\\Seen \\*)] x\r\n* 1 EXISTS\r\n%s OK [READ-WRITE] done\r\n"
	case strings.HasPrefix(command, "UID SEARCH"):
		list := "* SEARCH"
		for n := range s.mails {
			if uid := fmt.Sprint(n + 1); !s.moved[uid] {
				list += " " + uid
			}
		}
		return list + "\r\n%s OK done\r\n"
	case strings.HasPrefix(command, "UID FETCH") && strings.Contains(command, "RFC822.SIZE"):
		return fmt.Sprintf("* 1 FETCH (UID %s RFC822.SIZE %d)\r\n%%s OK done\r\n", fields[2], len(plainMail))
	case strings.HasPrefix(command, "UID FETCH"):
		section := "BODY[]"
		if strings.Contains(command, "<0.") {
			section += "<0>"
		}
		return fmt.Sprintf("* 1 FETCH (UID %s %s {%d}\r\n%s)\r\n%%s OK done\r\n", fields[2], section, len(plainMail), plainMail)
	case strings.HasPrefix(command, "UID MOVE"):
		if s.moved == nil {
			s.moved = map[string]bool{}
		}
		s.moved[fields[2]] = true
	}
	return "%s OK done\r\n"
}

// converse is one connection.
func (s *script) converse(c net.Conn) {
	defer c.Close()
	greeting := s.greeting
	if greeting == "" {
		greeting = "* OK [CAPABILITY IMAP4rev1 MOVE UIDPLUS] ready\r\n"
	}
	if _, err := io.WriteString(c, greeting); err != nil {
		return
	}
	lines, waits := bufio.NewScanner(c), ""
	for lines.Scan() {
		tag, command, _ := strings.Cut(lines.Text(), " ")
		switch {
		case command == "IDLE":
			waits = tag
		case tag == "DONE":
			tag, command = waits, tag
		}
		s.mu.Lock()
		s.commands = append(s.commands, command)
		s.mu.Unlock()
		answer := ""
		if s.answers != nil {
			answer = s.answers(command)
		}
		if answer == "" {
			answer = s.usual(command)
		}
		if answer == silence {
			continue
		}
		if _, err := io.WriteString(c, strings.ReplaceAll(answer, "%s", tag)); err != nil {
			return
		}
	}
}

const silence = "silence"

// tried counts the commands that begin so.
func (s *script) tried(prefix string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.commands {
		if strings.HasPrefix(c, prefix) {
			n++
		}
	}
	return n
}

// reads reads the mailbox of a script for a while, in the time of the test.
func (s *script) reads(t *testing.T, k *kept, span time.Duration) {
	t.Helper()
	k.count = map[string]int{}
	ctx, cancel := context.WithCancel(t.Context())
	var done sync.WaitGroup
	source := mailbox.Over(mailbox.New(mailbox.Config{
		Server: "mail.house.example:143", Security: mailbox.None, User: "support", Password: "s3cret", Folder: "INBOX", Done: "hotline",
		Main: "support@house.example", MaxBytes: 2000, Known: func(string) bool { return true }, Keep: k.keep, Now: time.Now,
		Log: slog.New(slog.DiscardHandler), Count: func(what string) { k.mu.Lock(); defer k.mu.Unlock(); k.count[what]++ },
	}), func(context.Context) (net.Conn, error) {
		ours, theirs := net.Pipe()
		done.Go(func() { s.converse(theirs) })
		return ours, nil
	})
	done.Go(func() { source.Run(ctx) })
	time.Sleep(span)
	synctest.Wait()
	cancel()
	done.Wait()
}

// TestAMailThatComesBeforeTheWaitIsNotLeftLying: a server tells nothing of one that came after the look and before the wait.
func TestAMailThatComesBeforeTheWaitIsNotLeftLying(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{mails: 1, greeting: "* OK [CAPABILITY IMAP4rev1 MOVE UIDPLUS IDLE] ready\r\n"}
		s.answers = func(command string) string {
			switch command {
			case "CAPABILITY":
				return "* CAPABILITY IMAP4rev1 MOVE UIDPLUS IDLE\r\n%s OK done\r\n"
			case "IDLE":
				s.mu.Lock()
				defer s.mu.Unlock()
				s.mails = 2
				return "+ idling\r\n"
			}
			return ""
		}
		k := &kept{}
		s.reads(t, k, 20*time.Second)
		if n := len(k.all()); n != 2 {
			t.Errorf("after 20 s %d mails are taken", n)
		}
		if n := s.tried("IDLE"); n > 4 {
			t.Errorf("in 20 s it began to wait %d times", n)
		}
	})
}

// TestASilentServerIsLeft, wherever in the conversation it falls silent.
func TestASilentServerIsLeft(t *testing.T) {
	for name, silentAt := range map[string]string{
		"at the login": "LOGIN", "at the folder": "SELECT", "at the search": "UID SEARCH", "at a mail": "UID FETCH", "at the move": "UID MOVE",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{mails: 1, answers: func(command string) string {
					if strings.HasPrefix(command, silentAt) {
						return silence
					}
					return ""
				}}
				s.reads(t, &kept{}, 10*time.Minute)
				if s.tried("LOGIN") < 2 {
					t.Errorf("within ten minutes nobody asked again: %q", s.commands)
				}
			})
		})
	}
}

// TestAServerWhoseSizesLieFillsNothing: the bound is held by what comes, not by what was said.
func TestAServerWhoseSizesLieFillsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		large := plainMail + strings.Repeat("a long line\r\n", 5000)
		s := &script{mails: 2, answers: func(command string) string {
			if strings.HasPrefix(command, "UID FETCH 1 ") && !strings.Contains(command, "RFC822.SIZE") {
				text, section := large, "BODY[]"
				if _, rest, partial := strings.Cut(command, "<0."); partial {
					var most int
					_, _ = fmt.Sscanf(rest, "%d", &most)
					text, section = large[:most], "BODY[]<0>"
				}
				return fmt.Sprintf("* 1 FETCH (UID 1 %s {%d}\r\n%s)\r\n%%s OK done\r\n", section, len(text), text)
			}
			return ""
		}}
		k := &kept{}
		s.reads(t, k, 3*time.Minute)
		if got := k.all(); len(got) != 1 || k.count["size"] != 1 || k.count["taken"] != 1 {
			t.Errorf("kept %d mails, counted %v", len(got), k.count)
		}
	})
}

// TestAMailThatIsNotMovedKeepsNobodyWaiting: the folder to which mails go may be full.
func TestAMailThatIsNotMovedKeepsNobodyWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{mails: 3, answers: func(command string) string {
			if strings.HasPrefix(command, "UID MOVE 1 ") {
				return "%s NO [OVERQUOTA] full\r\n"
			}
			return ""
		}}
		k := &kept{}
		s.reads(t, k, time.Minute)
		s.mu.Lock()
		defer s.mu.Unlock()
		if !s.moved["2"] || !s.moved["3"] {
			t.Errorf("moved %v, counted %v", s.moved, k.count)
		}
	})
}

// TestMailsThatAreNotThereKeepNobodyWaiting: a search may find what is gone.
func TestMailsThatAreNotThereKeepNobodyWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{mails: 102, answers: func(command string) string {
			if strings.HasPrefix(command, "UID FETCH") && !strings.HasPrefix(command, "UID FETCH 101 ") && !strings.HasPrefix(command, "UID FETCH 102 ") {
				return "%s OK done\r\n"
			}
			return ""
		}}
		k := &kept{}
		s.answersOnce(10_000)
		s.reads(t, k, time.Minute)
		if got := k.all(); len(got) != 2 {
			t.Errorf("kept %d mails after %d commands", len(got), len(s.commands))
		}
	})
}

// answersOnce has the server end the conversation after so many commands.
func (s *script) answersOnce(most int) {
	former := s.answers
	s.answers = func(command string) string {
		if s.tried("") > most {
			return "* BYE enough\r\n"
		}
		return former(command)
	}
}

// TestAServerThatSendsWithoutEndIsLeft, in a line or in a mail that it said to be small.
func TestAServerThatSendsWithoutEndIsLeft(t *testing.T) {
	for name, c := range map[string]struct{ at, begins string }{
		"a line": {"SELECT", "* OK "}, "a mail": {"UID FETCH 1 (UID BODY", "* 1 FETCH (UID 1 BODY[]<0> {4000000000}\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{mails: 1, answers: func(command string) string {
					if strings.HasPrefix(command, c.at) {
						return c.begins + strings.Repeat("x", 32<<20)
					}
					return ""
				}}
				s.reads(t, &kept{}, time.Minute) // before the time is up
				if s.tried("LOGIN") < 2 {
					t.Errorf("nobody left: %q", s.commands)
				}
			})
		})
	}
}

// TestAServerThatCountsMailsWithoutEndFillsNothing: four thousand million numbers are one short line.
func TestAServerThatCountsMailsWithoutEndFillsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{mails: 1, answers: func(command string) string {
			if strings.HasPrefix(command, "UID SEARCH") {
				return "* ESEARCH (TAG \"%s\") UID ALL 1:30000000\r\n%s OK done\r\n"
			}
			return ""
		}}
		s.answersOnce(5000)
		k := &kept{}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		s.reads(t, k, 3*time.Second)
		runtime.ReadMemStats(&after)
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 60<<20 || len(k.all()) == 0 {
			t.Errorf("%d MB were taken, %d mails kept", grown>>20, len(k.all()))
		}
	})
}
