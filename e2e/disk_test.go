package e2e_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"hotline/media/likeness"
)

// smallDisk mounts a file system of 80 MB in memory; like the capture of packets, it takes root.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir := dataFolder(t)
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=80m,mode=755", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Fatalf("mounting a small disk, which takes root: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", dir).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	return dir
}

// zeros never end.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// fill takes the rest of a disk, to the last octet, and gives the file that holds it.
func fill(t *testing.T, dir string) string {
	t.Helper()
	file, err := os.Create(filepath.Join(dir, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, err := io.Copy(file, zeros{}); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("filling the disk: %v", err)
	}
	return file.Name()
}

// reportBlocking keys PIN and category, speaks, and listens until the number was read out.
func (h *house) reportBlocking(t *testing.T) (heard []int16) {
	t.Helper()
	c, _ := h.describes(t, "0612345", pin+"#1", nil)
	keeps(t, c, 10*time.Second)
	c.Hangup()
	return c.Heard()
}

// TestOnAFullDiskCallersGetTheirTicketsAlsoAcrossACrash fills the disk of a running program, calls, kills it, starts it on
// the full disk, calls again, and makes room.
func TestOnAFullDiskCallersGetTheirTicketsAlsoAcrossACrash(t *testing.T) {
	t.Parallel()
	data := smallDisk(t)
	h := reopen(t, data)
	filler := fill(t, data)
	number := speech(t, "it", "readout-ticket")
	if best := likeness.Of(h.reportBlocking(t), number); best < 0.9 {
		t.Errorf("on a full disk the caller hears his ticket's number with correlation %.2f", best)
	}
	if status, _ := h.call("GET", "/api/v1/health", nil, nil); status != 503 {
		t.Errorf("health answers %d", status)
	}
	if err := h.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	h.done <- <-h.done

	h = launch(t, data, "--demo")
	eventually(t, 40*time.Second, "the line is ready on a full disk", func() error {
		if !strings.Contains(h.log.String(), "msg=ready") {
			return fmt.Errorf("log: %s", tail(h.log.String(), 800))
		}
		return nil
	})
	if best := likeness.Of(h.reportBlocking(t), number); best < 0.9 {
		t.Errorf("after a start on a full disk the caller hears his ticket's number with correlation %.2f", best)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	var list struct{ Tickets []ticketView }
	eventually(t, 40*time.Second, "both tickets stand once there is room", func() error {
		list.Tickets = nil
		if _, err := h.call("GET", "/api/v1/tickets", nil, &list); err != nil {
			return err
		}
		if len(list.Tickets) != 2 || list.Tickets[0].Number == list.Tickets[1].Number {
			return fmt.Errorf("the tickets are %+v", list.Tickets)
		}
		return nil
	})
	for _, v := range list.Tickets {
		if v.Claim != "blocking" || v.Contract != "rossi" {
			t.Errorf("a ticket is %+v", v)
		}
	}
}

// TestTheProgramBringsItsZones hides the machine's own copy of the zones; taking it away takes root.
func TestTheProgramBringsItsZones(t *testing.T) {
	t.Parallel()
	const hide = `mount -t tmpfs tmpfs /usr/share/zoneinfo && exec "$@"`
	cmd := exec.Command("unshare", "-m", "sh", "-c", hide, "sh", program(), "sla", "dry-run", "--level", "professional", "--category", "blocking", "--at", "2026-11-20 17:20", "--lang", "en")
	cmd.Env = append(cleanEnvironment(), "GOROOT=/none", "ZONEINFO=")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "due Monday 23 November 12:20") {
		t.Errorf("without the machine's zones: %v\n%s", err, out)
	}
}

// TestAReadOnlyDataFolderIsRefusedWithTheRemedy starts on a disk that takes no writing.
func TestAReadOnlyDataFolderIsRefusedWithTheRemedy(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t)
	if out, err := exec.Command("mount", "-o", "remount,ro", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	cmd := exec.Command(program(), "serve", "--demo", "--data", dir)
	cmd.Env = cleanEnvironment()
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatal("the program ended well")
	}
	for _, want := range []string{dir, "read-only", "--data"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the message lacks %q:\n%s", want, out)
		}
	}
}
