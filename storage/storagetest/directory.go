package storagetest

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"hotline/directory"
	"hotline/oncall"
	"hotline/sla"
	"hotline/storage"
	"hotline/storage/storagetest/check"
)

// DirectoryStore is a store of the directory, and of engineers, who are documents beside it.
type DirectoryStore interface {
	directory.Store
	PutEngineer(ctx context.Context, e oncall.Engineer) (oncall.Engineer, error)
}

// Directory runs the suite of directory.Store; open gives a new and empty store each time.
func Directory(t *testing.T, open func(t *testing.T) DirectoryStore) {
	run(t, open, map[string]func(*testing.T, DirectoryStore){
		"customers and contracts are written whole": customersAndContracts,
		"a PIN is unique for ever":                  pins,
		"levels and calendars":                      calendars,
		"known faults":                              faults,
		"every document has a version, never twice": func(t *testing.T, s DirectoryStore) { versioned(t, documents(s)) },
		"of many who write one version one does":    oneWriterWins,
		"edits are what is new":                     editsSince,
		"several writes together":                   together,
	})
}

func customersAndContracts(t *testing.T, s DirectoryStore) {
	ctx := t.Context()
	c, err := s.PutCustomer(ctx, directory.Customer{ID: "k1", Name: "Rossi", Email: "a@example.org", Numbers: []string{"06", "07"}})
	check.Must(t, err)
	check.Equal(t, "version", c.Version, 1)
	_, err = s.PutCustomer(ctx, directory.Customer{ID: "k1"})
	check.Error(t, "the same customer anew", err, storage.ErrExists)
	c.Name = "Rossi S.p.A."
	next, err := s.PutCustomer(ctx, c)
	check.Must(t, err)
	_, err = s.PutCustomer(ctx, c)
	check.Error(t, "a stale customer", err, storage.ErrConflict)
	_, err = s.PutCustomer(ctx, directory.Customer{ID: "k9", Version: 1})
	check.Error(t, "a change of no customer", err, storage.ErrNotFound)
	got, err := s.Customer(ctx, "k1")
	check.Must(t, err)
	check.Equal(t, "customer", got, next)
	_, err = s.PutCustomer(ctx, directory.Customer{ID: "K0"})
	check.Must(t, err)
	list, err := s.Customers(ctx)
	check.Must(t, err)
	if len(list) != 2 || list[0].ID != "K0" {
		t.Errorf("customers are %+v", list)
	}
	k := directory.Contract{
		ID: "c1", Customer: "k1", Level: sla.Extended, Language: "it", ValidFrom: monday, AfterHours: directory.AfterHoursRing,
		Blocking: &sla.Limits{Contact: time.Hour}, EvoSupport: true, ConfirmByCall: true, RemoteAccess: true, KeepDays: 90, SlowMenus: true, RecordTalks: true, Statement: true, Calendar: sla.OfficeHours,
	}
	k, err = s.PutContract(ctx, k)
	check.Must(t, err)
	stands, err := s.Contract(ctx, "c1")
	check.Must(t, err)
	check.Equal(t, "contract", stands, k)
	contracts, err := s.Contracts(ctx)
	check.Must(t, err)
	check.Equal(t, "contracts", contracts, []directory.Contract{k})
	_, err = s.Contract(ctx, "none")
	check.Error(t, "a contract that does not exist", err, storage.ErrNotFound)
}

func pins(t *testing.T, s DirectoryStore) {
	ctx := t.Context()
	for _, id := range []directory.ContractID{"c1", "c2"} {
		_, err := s.PutContract(ctx, directory.Contract{ID: id})
		check.Must(t, err)
	}
	a, b := directory.PINHash{1}, directory.PINHash{2}
	check.Must(t, s.SetPIN(ctx, "c1", a))
	check.Error(t, "a PIN in use", s.SetPIN(ctx, "c2", a), storage.ErrExists)
	check.Must(t, s.SetPIN(ctx, "c1", b))
	check.Error(t, "a former PIN", s.SetPIN(ctx, "c2", a), storage.ErrExists)
	check.Error(t, "a PIN of no contract", s.SetPIN(ctx, "c9", directory.PINHash{9}), storage.ErrNotFound)
	current, err := s.PINs(ctx)
	check.Must(t, err)
	check.Equal(t, "current PINs", current, map[directory.PINHash]directory.ContractID{b: "c1"})
	for h, want := range map[directory.PINHash]bool{a: true, b: true, {7}: false} {
		used, err := s.UsedPIN(ctx, h)
		check.Must(t, err)
		check.Equal(t, "used", used, want)
	}
}

func calendars(t *testing.T, s DirectoryStore) {
	ctx := t.Context()
	for _, c := range sla.DefaultCalendars() {
		stands, err := s.PutCalendar(ctx, c)
		check.Must(t, err)
		c.Version = 1
		check.Equal(t, "calendar as written", stands, c)
		got, err := s.Calendar(ctx, c.ID)
		check.Must(t, err)
		check.Equal(t, "calendar", got, c)
	}
	for _, l := range sla.DefaultLevels() {
		_, err := s.PutLevel(ctx, l)
		check.Must(t, err)
		l.Version = 1
		got, err := s.Level(ctx, l.ID)
		check.Must(t, err)
		check.Equal(t, "level", got, l)
	}
	list, err := s.Calendars(ctx)
	check.Must(t, err)
	check.Equal(t, "calendars", len(list), len(sla.DefaultCalendars()))
	levels, err := s.Levels(ctx)
	check.Must(t, err)
	check.Equal(t, "levels", len(levels), len(sla.DefaultLevels()))
}

func faults(t *testing.T, s DirectoryStore) {
	ctx := t.Context()
	one := directory.KnownFault{ID: "a", Note: "the provider is down", Contracts: []directory.ContractID{"c1"}, Until: monday}
	for _, f := range []directory.KnownFault{{ID: "b"}, one} {
		_, err := s.PutFault(ctx, f)
		check.Must(t, err)
	}
	one.Version = 1
	list, err := s.Faults(ctx)
	check.Must(t, err)
	check.Equal(t, "known faults", list, []directory.KnownFault{one, {ID: "b", Version: 1}})
	got, err := s.Fault(ctx, "a")
	check.Must(t, err)
	check.Equal(t, "known fault", got, one)
	check.Must(t, s.DeleteFault(ctx, "b", 0))
	check.Error(t, "a fault that is over", s.DeleteFault(ctx, "b", 0), storage.ErrNotFound)
}

// documents lists every kind of document of the directory. A kind that is added belongs here.
func documents(s DirectoryStore) map[string]document {
	return map[string]document{
		"customer": {
			put: func(ctx context.Context, v int) (int, error) {
				c, err := s.PutCustomer(ctx, directory.Customer{ID: "x", Version: v})
				return c.Version, err
			},
			read: func(ctx context.Context) (int, error) { c, err := s.Customer(ctx, "x"); return c.Version, err },
		},
		"contract": {
			put: func(ctx context.Context, v int) (int, error) {
				c, err := s.PutContract(ctx, directory.Contract{ID: "x", Version: v})
				return c.Version, err
			},
			read: func(ctx context.Context) (int, error) { c, err := s.Contract(ctx, "x"); return c.Version, err },
		},
		"contract with a PIN": {
			put: func(ctx context.Context, v int) (int, error) {
				c, err := s.PutContractWithPIN(ctx, directory.Contract{ID: "y", Version: v}, drawn())
				return c.Version, err
			},
			read: func(ctx context.Context) (int, error) { c, err := s.Contract(ctx, "y"); return c.Version, err },
		},
		"level": {
			put: func(ctx context.Context, v int) (int, error) {
				l, err := s.PutLevel(ctx, sla.Level{ID: "x", Version: v})
				return l.Version, err
			},
			read: func(ctx context.Context) (int, error) { l, err := s.Level(ctx, "x"); return l.Version, err },
		},
		"calendar": {
			put: func(ctx context.Context, v int) (int, error) {
				c, err := s.PutCalendar(ctx, sla.Calendar{ID: "x", Version: v})
				return c.Version, err
			},
			read: func(ctx context.Context) (int, error) { c, err := s.Calendar(ctx, "x"); return c.Version, err },
		},
		"known fault": {
			put: func(ctx context.Context, v int) (int, error) {
				f, err := s.PutFault(ctx, directory.KnownFault{ID: "x", Version: v})
				return f.Version, err
			},
			read:   func(ctx context.Context) (int, error) { f, err := s.Fault(ctx, "x"); return f.Version, err },
			remove: func(ctx context.Context, v int) error { return s.DeleteFault(ctx, "x", v) },
		},
	}
}

// drawn is a PIN's hash that nobody had before.
func drawn() directory.PINHash {
	var h directory.PINHash
	_, _ = rand.Read(h[:]) // never fails
	return h
}

// oneWriterWins also sees that a contract has one PIN, however many renewed it at once.
func oneWriterWins(t *testing.T, s DirectoryStore) {
	oneWins(t, documents(s))
	current, err := s.PINs(t.Context())
	check.Must(t, err)
	check.Equal(t, "current PINs of one contract", len(current), 1)
}

// together writes several documents at once, of which one is refused: the others stand, and what was written before them is found.
func together(t *testing.T, s DirectoryStore) {
	ctx := t.Context()
	_, err := s.PutCustomer(ctx, directory.Customer{ID: "k1", Name: "Rossi"})
	check.Must(t, err)
	before, err := s.Edits(ctx, 0)
	check.Must(t, err)
	check.Must(t, s.Together(ctx, func(ctx context.Context) error {
		_, err := s.PutCustomer(ctx, directory.Customer{ID: "k2", Name: "Verdi"})
		check.Must(t, err)
		_, err = s.PutCustomer(ctx, directory.Customer{ID: "k1", Name: "another"})
		check.Error(t, "a new one that stands", err, storage.ErrExists)
		c, err := s.PutCustomer(ctx, directory.Customer{ID: "k2", Name: "Verdi S.r.l.", Version: 1})
		check.Must(t, err)
		check.Equal(t, "the version of a second write", c.Version, 2)
		_, err = s.PutContractWithPIN(ctx, directory.Contract{ID: "c1", Customer: "k2", Level: sla.Extended, ValidFrom: monday}, directory.PINHash{1})
		check.Must(t, err)
		_, err = s.PutContractWithPIN(ctx, directory.Contract{ID: "c2", Customer: "k2", Level: sla.Extended, ValidFrom: monday}, directory.PINHash{1})
		check.Error(t, "a PIN that was given", err, directory.ErrPINUsed)
		return nil
	}))
	list, err := s.Customers(ctx)
	check.Must(t, err)
	if len(list) != 2 || list[0].Name != "Rossi" || list[1].Name != "Verdi S.r.l." {
		t.Errorf("customers are %+v", list)
	}
	edits, err := s.Edits(ctx, before.Revision)
	check.Must(t, err)
	if len(edits.Customers) != 1 || len(edits.Contracts) != 1 || len(edits.Given) != 1 {
		t.Errorf("what is new is %+v", edits)
	}
}
