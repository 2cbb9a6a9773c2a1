package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"hotline/app/database"
	"hotline/config"
	"hotline/datadir"
	"hotline/directory"
	"hotline/storage"
)

const (
	companyFact = "company"
	demoCompany = "demo"
)

// beyondLoopback names an address that others than this machine reach.
func beyondLoopback(c config.Config) (netip.AddrPort, bool) {
	all := append([]netip.AddrPort{c.HTTP.Listen}, c.SIP.Listen...)
	for _, at := range slices.Concat(all, c.SIP.Secure, c.Browser.UDP, c.Browser.TCP) {
		if !at.Addr().IsLoopback() {
			return at, true
		}
	}
	return netip.AddrPort{}, false
}

// guardDemo keeps the demo company apart from a real one, because everybody knows its PINs, its token and its user. They are
// never added to a real company. A later start without --demo does not serve them to the outside.
func guardDemo(ctx context.Context, s database.Store, c Config) error {
	kind, err := s.Fact(ctx, companyFact)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return fmt.Errorf("reading whose company this is: %w", err)
	}
	if c.Demo == nil {
		at, beyond := beyondLoopback(c.Config)
		if kind == demoCompany && beyond && !c.DemoAnywhere {
			return fmt.Errorf("this database holds the demo company, and %s is open to others: everybody knows its PINs and its API token; use another --data folder (or database), loopback addresses, or --demo-anywhere", at)
		}
		return nil
	}
	if kind == demoCompany {
		return nil
	}
	contracts, err := s.Contracts(ctx)
	if err != nil {
		return fmt.Errorf("reading contracts: %w", err)
	}
	if !ofDemo(contracts) { // also of one that is older than the fact
		return errors.New("this database holds a company of its own: the demo company, whose PINs everybody knows, is not added to it; use another --data folder (or database) for --demo")
	}
	return s.PutFact(ctx, companyFact, demoCompany)
}

// ofDemo tells whether none of the contracts is somebody else's than the demo company's.
func ofDemo(list []directory.Contract) bool {
	own := DemoContracts()
	return !slices.ContainsFunc(list, func(c directory.Contract) bool {
		return !slices.ContainsFunc(own, func(d DemoContract) bool { return d.Contract.ID == c.ID })
	})
}

// RecordingKeyFile is where the keys of the recordings lie: as configured, else in the data folder.
func RecordingKeyFile(c config.Config) string {
	return cmp.Or(c.Recordings.KeyFile, datadir.Dir(c.Data).RecordingKeys())
}

// PINKeyFile is where the key of the PINs' hashes lies: as configured, else in the data folder.
func PINKeyFile(c config.Config) string { return cmp.Or(c.PINKeyFile, datadir.Dir(c.Data).PINKey()) }

// PushKeyFile is where the key of push messages lies: as configured, else in the data folder.
func PushKeyFile(c config.Config) string {
	return cmp.Or(c.Outbox.Push.KeyFile, datadir.Dir(c.Data).PushKey())
}
