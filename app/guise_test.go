package app

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"hotline/config"
	"hotline/directory"
	"hotline/memory"
	"hotline/storage"
)

// house is an app with a database in memory that has not been started.
func house(t *testing.T, store Store, demo bool, listen string) *App {
	t.Helper()
	c := config.Default()
	c.Data, c.SIP.Listen = t.TempDir(), []netip.AddrPort{netip.MustParseAddrPort(listen)}
	cfg := Config{Config: c}
	if demo {
		cfg.Demo = &Demo{}
	}
	a, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	a.store = store
	return a
}

func TestTheDemoCompanyStaysApartFromARealOne(t *testing.T) {
	const loopback, outside = "127.0.0.1:5060", "0.0.0.0:5060"
	store := memory.New(1)
	a := house(t, store, true, loopback)
	if err := a.judgeCompany(t.Context()); err != nil {
		t.Fatalf("the demo on a new database: %v", err)
	}
	if err := (Demo{}).found(t.Context(), store, []byte("key"), time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := a.judgeCompany(t.Context()); err != nil {
		t.Errorf("the demo on its own database: %v", err)
	}
	if err := house(t, store, false, loopback).judgeCompany(t.Context()); err != nil {
		t.Errorf("its database without --demo, on loopback: %v", err)
	}
	open := house(t, store, false, outside)
	if err := open.judgeCompany(t.Context()); err == nil || !strings.Contains(err.Error(), outside) || !strings.Contains(err.Error(), "--demo-anywhere") {
		t.Errorf("its database without --demo, open to others: %v", err)
	}
	open.cfg.DemoAnywhere = true
	if err := open.judgeCompany(t.Context()); err != nil {
		t.Errorf("the same with --demo-anywhere: %v", err)
	}

	own := memory.New(1)
	if _, err := own.PutContract(t.Context(), directory.Contract{ID: "c", Customer: "x", Level: "extended"}); err != nil {
		t.Fatal(err)
	}
	if err := house(t, own, true, loopback).judgeCompany(t.Context()); err == nil || !strings.Contains(err.Error(), "another --data folder") {
		t.Errorf("the demo on a company of one's own: %v", err)
	}
	if err := house(t, own, false, outside).judgeCompany(t.Context()); err != nil {
		t.Errorf("a company of one's own: %v", err)
	}
}

func TestTheDemoIsRefusedWhereverOthersReachIt(t *testing.T) {
	at := netip.MustParseAddrPort
	for name, spoil := range map[string]func(*config.Config){
		"SIP":  func(c *config.Config) { c.SIP.Listen = append(c.SIP.Listen, at("192.0.2.7:5060")) },
		"TLS":  func(c *config.Config) { c.SIP.Secure = []netip.AddrPort{at("[::]:5061")} },
		"HTTP": func(c *config.Config) { c.HTTP.Listen = at("0.0.0.0:8080") },
	} {
		c := config.Default()
		c.SIP.Listen = []netip.AddrPort{at("127.0.0.1:5060"), at("[::1]:5060")}
		if _, err := New(Config{Config: c, Demo: &Demo{}}); err != nil {
			t.Fatalf("on loopback: %v", err)
		}
		spoil(&c)
		if _, err := New(Config{Config: c, Demo: &Demo{}}); err == nil || !strings.Contains(err.Error(), "--demo-anywhere") {
			t.Errorf("%s beyond loopback: %v", name, err)
		}
		if _, err := New(Config{Config: c, Demo: &Demo{}, DemoAnywhere: true}); err != nil {
			t.Errorf("%s beyond loopback, allowed: %v", name, err)
		}
	}
}

func TestAnotherPINKeyIsRefusedWithTheRemedy(t *testing.T) {
	store, dir := memory.New(1), t.TempDir()
	right, wrong := filepath.Join(dir, "right"), filepath.Join(dir, "wrong")
	if _, err := readPINKey(t.Context(), store, right); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"another one": hex.EncodeToString(make([]byte, pinKeyOctets)), "half of one": "00ff", "no key": "hello", "nothing": "",
	} {
		if err := os.WriteFile(wrong, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readPINKey(t.Context(), store, wrong); err == nil || !strings.Contains(err.Error(), wrong) || !strings.Contains(err.Error(), "backup") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if info, err := os.Stat(right); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the key's file is %v, %v", info.Mode(), err)
	}

	// without the database the disk knows which key is the right one
	a := house(t, store, false, "127.0.0.1:5060")
	a.cfg.Config.PINKeyFile = right
	text, err := os.ReadFile(right)
	if err != nil {
		t.Fatal(err)
	}
	key, err := pinKeyOf(right, text, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := a.cache().Put(cachedKey, directory.KeyFingerprint(key)); err != nil {
		t.Fatal(err)
	}
	if err := a.openFromDisk(); err != nil {
		t.Errorf("the right key without the database: %v", err)
	}
	a.cfg.Config.PINKeyFile = wrong
	if err := os.WriteFile(wrong, []byte(hex.EncodeToString(make([]byte, pinKeyOctets))), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := a.openFromDisk(); err == nil || !strings.Contains(err.Error(), "backup") {
		t.Errorf("another key without the database: %v", err)
	}
}

func TestADataFolderIsForOneProgram(t *testing.T) {
	f := folders{t.TempDir()}
	unlock, err := f.lock()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.lock(); err == nil || !strings.Contains(err.Error(), "another hotline uses the data folder "+f.data) {
		t.Errorf("a second one: %v", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	unlock, err = f.lock()
	if err != nil {
		t.Fatalf("after the first has ended: %v", err)
	}
	if err := unlock(); err != nil {
		t.Error(err)
	}
}

func TestAFolderThatCannotBeLockedIsUsedAllTheSame(t *testing.T) {
	f := folders{t.TempDir()}
	a := house(t, memory.New(1), false, "127.0.0.1:5060")
	for _, c := range []struct {
		err     error
		refused bool
	}{
		{nil, false}, {syscall.EWOULDBLOCK, true}, {syscall.ENOLCK, false}, {syscall.ENOTSUP, false}, {syscall.EINVAL, false},
	} {
		if err := a.tolerable(f.locked(c.err)); (err != nil) != c.refused {
			t.Errorf("the file system says %v, the start %v", c.err, err)
		}
	}
	full := fmt.Errorf("locking: %w", &fs.PathError{Op: "open", Path: "lock", Err: syscall.ENOSPC})
	if err := a.tolerable(full); err != nil {
		t.Errorf("on a full disk: %v", err)
	}
	if err := a.tolerable(fs.ErrPermission); err == nil {
		t.Error("a folder of somebody else is used")
	}
}

func TestADemoOfAnEarlierReleaseGoesOnAsADemo(t *testing.T) {
	const loopback = "127.0.0.1:5060"
	store := memory.New(1) // as it was before it said whose company it holds
	if err := (Demo{}).found(t.Context(), store, []byte("key"), time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := house(t, store, true, loopback).judgeCompany(t.Context()); err != nil {
		t.Errorf("with --demo: %v", err)
	}
	if kind, err := store.Fact(t.Context(), companyFact); err != nil || kind != demoCompany {
		t.Errorf("it is known as %q, %v", kind, err)
	}

	mixed := memory.New(1)
	if err := (Demo{}).found(t.Context(), mixed, []byte("key"), time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := mixed.PutContract(t.Context(), directory.Contract{ID: "acme", Customer: "x", Level: "extended"}); err != nil {
		t.Fatal(err)
	}
	if err := house(t, mixed, true, loopback).judgeCompany(t.Context()); err == nil {
		t.Error("a company with a contract of its own is taken for the demo's")
	}
	if _, err := mixed.Fact(t.Context(), companyFact); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("and is marked as such: %v", err)
	}
}
