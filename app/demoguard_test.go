package app

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"hotline/app/database"
	"hotline/config"
	"hotline/directory"
	"hotline/memory"
	"hotline/storage"
)

// judged is the demo's guard with a database, with or without --demo, listening at an address.
func judged(t *testing.T, store database.Store, demo bool, listen string, anywhere ...bool) error {
	t.Helper()
	c := Config{Config: config.Default(), DemoAnywhere: len(anywhere) > 0}
	if c.Config.SIP.Listen = []netip.AddrPort{netip.MustParseAddrPort(listen)}; demo {
		c.Demo = &Demo{}
	}
	return guardDemo(t.Context(), store, c)
}

func TestTheDemoCompanyStaysApartFromARealOne(t *testing.T) {
	const loopback, outside = "127.0.0.1:5060", "0.0.0.0:5060"
	store := memory.New(1)
	if err := judged(t, store, true, loopback); err != nil {
		t.Fatalf("the demo on a new database: %v", err)
	}
	if err := (Demo{}).found(t.Context(), store, []byte("key"), time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := judged(t, store, true, loopback); err != nil {
		t.Errorf("the demo on its own database: %v", err)
	}
	if err := judged(t, store, false, loopback); err != nil {
		t.Errorf("its database without --demo, on loopback: %v", err)
	}
	if err := judged(t, store, false, outside); err == nil || !strings.Contains(err.Error(), outside) || !strings.Contains(err.Error(), "--demo-anywhere") {
		t.Errorf("its database without --demo, open to others: %v", err)
	}
	if err := judged(t, store, false, outside, true); err != nil {
		t.Errorf("the same with --demo-anywhere: %v", err)
	}

	own := memory.New(1)
	if _, err := own.PutContract(t.Context(), directory.Contract{ID: "c", Customer: "x", Level: "extended"}); err != nil {
		t.Fatal(err)
	}
	if err := judged(t, own, true, loopback); err == nil || !strings.Contains(err.Error(), "another --data folder") {
		t.Errorf("the demo on a company of one's own: %v", err)
	}
	if err := judged(t, own, false, outside); err != nil {
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

func TestADemoOfAnEarlierReleaseGoesOnAsADemo(t *testing.T) {
	const loopback = "127.0.0.1:5060"
	store := memory.New(1) // as it was before it said whose company it holds
	if err := (Demo{}).found(t.Context(), store, []byte("key"), time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := judged(t, store, true, loopback); err != nil {
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
	if err := judged(t, mixed, true, loopback); err == nil {
		t.Error("a company with a contract of its own is taken for the demo's")
	}
	if _, err := mixed.Fact(t.Context(), companyFact); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("and is marked as such: %v", err)
	}
}
