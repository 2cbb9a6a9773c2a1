package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// dovecot is a mail server with one mailbox, that of support. It serves on a port of its own, and its mailbox is nobody's.
type dovecot struct {
	t   *testing.T
	at  int
	dir string
	n   int
}

// startDovecot runs Dovecot in a folder of its own.
func startDovecot(t *testing.T) *dovecot {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("Dovecot starts as root only: run the tests as root or with sudo")
	}
	dir, err := os.MkdirTemp("", "hotline-dovecot-") // its processes run as other users, who may not read the test's folder
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	d := &dovecot{t: t, at: freePort(t), dir: dir}
	settings := fmt.Sprintf(`base_dir = %[1]s/run
state_dir = %[1]s/state
log_path = %[1]s/log
protocols = imap
listen = 127.0.0.1
ssl = no
default_internal_user = nobody
default_internal_group = nogroup
default_login_user = nobody
mail_location = maildir:%[1]s/mail
passdb {
  driver = static
  args = password=s3cret
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=%[1]s/mail
}
service imap-login {
  chroot =
  inet_listener imap {
    port = %[2]d
  }
  inet_listener imaps {
    port = 0
  }
}
service anvil {
  chroot =
}
`, dir, d.at)
	if err := os.WriteFile(filepath.Join(dir, "conf"), []byte(settings), 0o644); err != nil {
		t.Fatal(err)
	}
	command(t, "chmod", "755", dir)
	command(t, "mkdir", "-p", dir+"/run", dir+"/state", dir+"/mail/cur", dir+"/mail/new", dir+"/mail/tmp")
	command(t, "chown", "-R", "nobody:nogroup", dir+"/mail")
	server := exec.Command("dovecot", "-F", "-c", dir+"/conf")
	if err := server.Start(); err != nil {
		t.Fatalf("Dovecot does not start (package dovecot-imapd): %v", err)
	}
	t.Cleanup(func() {
		_ = server.Process.Signal(os.Interrupt)
		_ = server.Wait()
		if t.Failed() {
			log, _ := os.ReadFile(dir + "/log")
			t.Logf("Dovecot says:\n%s", log)
		}
	})
	return d
}

// deliver puts a letter into the mailbox, as the mail server that delivers does.
func (d *dovecot) deliver(text string) {
	d.t.Helper()
	d.n++
	name := fmt.Sprintf("%d.M%dP%d.test", time.Now().Unix(), d.n, os.Getpid())
	in := filepath.Join(d.dir, "mail", "tmp", name)
	if err := os.WriteFile(in, []byte(text), 0o644); err != nil {
		d.t.Fatal(err)
	}
	command(d.t, "chown", "nobody:nogroup", in)
	if err := os.Rename(in, filepath.Join(d.dir, "mail", "new", name)); err != nil {
		d.t.Fatal(err)
	}
}

// in counts the letters of a folder; the inbox has no name.
func (d *dovecot) in(folder string) int {
	d.t.Helper()
	n := 0
	for _, state := range []string{"new", "cur"} {
		found, err := filepath.Glob(filepath.Join(d.dir, "mail", folder, state, "*"))
		if err != nil {
			d.t.Fatal(err)
		}
		n += len(found)
	}
	return n
}

// TestAMailboxIsReadAndItsMailsAreMoved: letters in a mailbox of a real Dovecot become tickets, and lie in the other folder afterwards. The
// program is killed meanwhile; nothing comes twice.
func TestAMailboxIsReadAndItsMailsAreMoved(t *testing.T) {
	t.Parallel()
	d := startDovecot(t)
	settings := settingsFile(t, fmt.Sprintf("mail:\n  inbox: {address: support@house.example, verify: false, imap: {server: '127.0.0.1:%d', security: none, user: support, password: s3cret, done: hotline}}\n", d.at))
	data := dataFolder(t)
	h := reopen(t, data, "--config", settings)
	letter := func(n int) string {
		return fmt.Sprintf("Return-Path: <x%d@stranger.example>\r\nDelivered-To: support@house.example\r\nFrom: x%d@stranger.example\r\nTo: support@house.example\r\nSubject: matter %d\r\nMessage-ID: <%d@stranger.example>\r\nDate: Mon, 23 Nov 2026 09:00:00 +0000\r\n\r\nIt stands still.\r\n", n, n, n, n)
	}
	tickets := func(want int) func() error {
		return func() error {
			var list struct {
				Items []struct {
					Channel string `json:"channel"`
				} `json:"tickets"`
			}
			if _, err := h.call("GET", "/api/v1/tickets", nil, &list); err != nil {
				return err
			}
			if len(list.Items) != want || list.Items[0].Channel != "email" {
				return fmt.Errorf("%d tickets: %+v", len(list.Items), list)
			}
			return nil
		}
	}
	for n := range 3 {
		d.deliver(letter(n))
	}
	eventually(t, 60*time.Second, "three letters are three tickets", tickets(3))
	d.deliver(letter(3))
	if err := h.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	h.close()
	h = reopen(t, data, "--config", settings)
	d.deliver(letter(4))
	eventually(t, 60*time.Second, "five letters are five tickets", tickets(5))
	eventually(t, 30*time.Second, "all letters are moved", func() error {
		if here, there := d.in(""), d.in(".hotline"); here != 0 || there != 5 {
			return fmt.Errorf("%d are in the inbox, %d are moved", here, there)
		}
		return nil
	})
}
