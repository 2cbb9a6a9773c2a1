package e2e_test

import (
	"fmt"
	"maps"
	"net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// postfix is the mail server of a customer, customer.example, which knows the way to our houses. Letters to the customer lie in box.
type postfix struct {
	at, dir, box string
}

// startPostfix runs Postfix in a folder of its own: next carries each domain of ours to the port where it listens.
func startPostfix(t *testing.T, next map[string]int) *postfix {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("Postfix starts as root only: run the tests as root or with sudo")
	}
	dir, err := os.MkdirTemp("", "hotline-postfix-") // its processes run as other users, who may not read the test's folder
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	p := &postfix{at: fmt.Sprintf("127.0.0.1:%d", freePort(t)), dir: dir, box: filepath.Join(dir, "box")}
	var routes []string
	for _, domain := range slices.Sorted(maps.Keys(next)) {
		routes = append(routes, fmt.Sprintf("{ %s=smtp:[127.0.0.1]:%d }", domain, next[domain]))
	}
	settings := fmt.Sprintf(`compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
maillog_file = %[1]s/log
maillog_file_prefixes = %[1]s
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.customer.example
mydestination =
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
virtual_mailbox_domains = customer.example
virtual_mailbox_base = %[1]s
virtual_mailbox_maps = static:box/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
transport_maps = inline:{ %[2]s }
smtp_dns_support_level = disabled
smtp_host_lookup = native
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
`, dir, strings.Join(routes, ", "))
	services := p.at + ` inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 1 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
smtp unix - - n - - smtp
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
`
	for _, line := range []string{"chmod 755 " + dir, "mkdir " + dir + "/conf " + dir + "/queue " + dir + "/data " + p.box, "chown postfix " + dir + "/data", "chown 65534 " + p.box} {
		command(t, strings.Fields(line)...)
	}
	for name, text := range map[string]string{"main.cf": settings, "master.cf": services} {
		if err := os.WriteFile(filepath.Join(dir, "conf", name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	command(t, "postfix", "-c", dir+"/conf", "start")
	t.Cleanup(func() {
		if t.Failed() {
			log, _ := os.ReadFile(dir + "/log")
			t.Logf("Postfix says:\n%s", log)
		}
		command(t, "postfix", "-c", dir+"/conf", "stop")
	})
	return p
}

// command runs a program to its end.
func command(t *testing.T, argv ...string) {
	t.Helper()
	if out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", strings.Join(argv, " "), err, out)
	}
}

// write hands a letter to Postfix, as a customer's mail program does.
func (p *postfix) write(t *testing.T, from, to, subject, text string, headers ...string) {
	t.Helper()
	argv := []string{"swaks", "--server", p.at, "--from", from, "--to", to, "--header", "Subject: " + subject, "--body", text, "--silent", "2"}
	for _, h := range headers {
		argv = append(argv, "--add-header", h)
	}
	command(t, argv...)
}

// letters are those that came to the customer, the first one first.
func (p *postfix) letters(t *testing.T) (list []*mail.Message) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(p.box, "new", "*"))
	if err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(files, func(a, b string) int { return written(t, a).Compare(written(t, b)) })
	for _, file := range files {
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		m, err := mail.ReadMessage(f)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, m)
	}
	return list
}

func written(t *testing.T, file string) time.Time {
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	return info.ModTime()
}

// awaitLetters waits until so many letters lie in the customer's box.
func (p *postfix) awaitLetters(t *testing.T, n int) (list []*mail.Message) {
	t.Helper()
	eventually(t, 40*time.Second, fmt.Sprintf("the customer has %d letters", n), func() error {
		if list = p.letters(t); len(list) < n {
			return fmt.Errorf("%d", len(list))
		}
		return nil
	})
	return list
}

// TestACustomerWritesThroughHisMailServer: swaks to a real Postfix, which brings the letter to the line, and the receipt back to the
// customer. The answer to the receipt is a line on the same ticket, and work that begins is told in the same thread.
func TestACustomerWritesThroughHisMailServer(t *testing.T) {
	t.Parallel()
	in := freePort(t)
	p := startPostfix(t, map[string]int{"house.example": in})
	h := open(t, "--config", mailSettings(t, p, in, "house.example"))
	h.posts("/api/v1/customers", map[string]any{"id": "gialli", "name": "Officine Gialli", "email": "plant@customer.example"})
	h.posts("/api/v1/contracts", map[string]any{"customer": "gialli", "level": "extended", "language": "en", "valid_from": "2020-01-01T00:00:00Z", "remote_access": true, "after_hours": "ring"})

	p.write(t, "plant@customer.example", "support@house.example", "The line stands still", "Category: blocking anomaly\n\nIt does not start.")
	receipt := p.awaitLetters(t, 1)[0]
	v, err := h.latest()
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("[%d]", v.Number); !strings.Contains(receipt.Header.Get("Subject"), want) || receipt.Header.Get("Auto-Submitted") == "" {
		t.Errorf("the receipt is %v, want %s in its subject", receipt.Header, want)
	}
	to, err := mail.ParseAddress(receipt.Header.Get("Reply-To"))
	if err != nil {
		t.Fatalf("to whom does the customer answer? %v", err)
	}
	p.write(t, "plant@customer.example", to.Address, "Re: "+receipt.Header.Get("Subject"), "The fuse was blown too.", "In-Reply-To: "+receipt.Header.Get("Message-Id"))
	h.awaitLine("mail_received", 40*time.Second)
	h.posts(fmt.Sprintf("/api/v1/tickets/%d/intervention", v.Number), map[string]any{})
	told := p.awaitLetters(t, 2)[1]
	if told.Header.Get("In-Reply-To") == "" || told.Header.Get("Reply-To") != receipt.Header.Get("Reply-To") {
		t.Errorf("the second letter is outside the thread: %v", told.Header)
	}
	var list struct {
		Items []struct{} `json:"tickets"`
	}
	if _, err := h.call("GET", "/api/v1/tickets", nil, &list); err != nil || len(list.Items) != 1 {
		t.Errorf("%d tickets, %v; want one", len(list.Items), err)
	}
}

// TestTwoHotlinesAndPostfixSettle: a forged letter makes one house write to the other, and there it ends.
func TestTwoHotlinesAndPostfixSettle(t *testing.T) {
	t.Parallel()
	a, b := freePort(t), freePort(t)
	p := startPostfix(t, map[string]int{"house.example": a, "other.example": b})
	one := open(t, "--config", mailSettings(t, p, a, "house.example"))
	other := open(t, "--config", mailSettings(t, p, b, "other.example"))
	p.write(t, "support@other.example", "support@house.example", "Hello", "Category: blocking anomaly\n\nWho is there?")
	eventually(t, 40*time.Second, "the receipt came to the other house", func() error { return came(t, other, 1) })
	p.write(t, "support@house.example", "support@other.example", "Hello", "Category: blocking anomaly\n\nWho is there?")
	eventually(t, 40*time.Second, "the other's receipt came back", func() error { return came(t, one, 2) })
	// What would go on would go on at once: a letter that is the customer's own is the end of the line.
	p.write(t, "x@customer.example", "support@house.example", "A person", "Category: blocking anomaly\n\nIs this read?")
	p.awaitLetters(t, 1)
	for h, n := range map[*house]int{one: 3, other: 2} {
		if err := came(t, h, n); err != nil {
			t.Errorf("%v; want %d", err, n)
		}
	}
}

// posts writes a document, which has to be taken.
func (h *house) posts(path string, body any) {
	h.t.Helper()
	if _, err := h.call("POST", path, body, nil); err != nil {
		h.t.Fatal(err)
	}
}

// came tells whether a house took so many letters.
func came(t *testing.T, h *house, n int) error {
	m, err := h.metrics(t.Context())
	if got := int(m[`hotline_mails_received_total{result="taken"}`]); err == nil && got != n {
		err = fmt.Errorf("%d letters came", got)
	}
	return err
}

// mailSettings is a house of a domain that listens for mail at a port and writes through Postfix.
func mailSettings(t *testing.T, p *postfix, in int, domain string) string {
	return settingsFile(t, fmt.Sprintf("mail:\n  server: %s\n  security: none\n  from: Support <support@%s>\n  inbox: {listen: \"127.0.0.1:%d\", address: support@%s, verify: false}\n", p.at, domain, in, domain))
}
