package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"hotline/audit"
	"hotline/company"
	"hotline/directory"
	"hotline/evosupport"
	"hotline/oncall"
	"hotline/sla"
	"hotline/storage"
	"hotline/storage/stored"
	"hotline/tickets"
)

// kind names the documents of one type.
type kind string

const (
	customers kind = "customer"
	contracts kind = "contract"
	levels    kind = "level"
	calendars kind = "calendar"
	engineers kind = "engineer"
	rotas     kind = "rota"
	faults    kind = "fault"
	products  kind = "product"
	installed kind = "installed"
	houses    kind = "house"
)

// selectInstalledOf names its kind, so that the index of those documents serves it.
const selectInstalledOf = `select body from documents where kind = 'installed' and body ->> 'contract' = $1 order by id collate "C"`

// There is one of each.
const (
	theRota  = "rota"
	theHouse = "house"
)

const (
	lockDocuments   = `select pg_advisory_xact_lock(hashtext('hotline revisions'))`
	selectDocument  = `select body from documents where kind = $1 and id = $2`
	selectDocuments = `select body from documents where kind = $1 order by id collate "C"`
	standing        = `select version, body from documents where kind = $1 and id = $2`
	lastRemoved     = `select coalesce(max(version), 0) from removed where kind = $1 and id = $2`
	insertDocument  = `insert into documents (kind, id, version, body) values ($1, $2, $3, $4)`
	updateDocument  = `update documents set version = $3, body = $4 where kind = $1 and id = $2`
	deleteDocument  = `delete from documents where kind = $1 and id = $2`
	knownDocument   = `select exists (select from documents where kind = $1 and id = $2)`
)

// key names one document.
type key struct {
	kind kind
	id   string
}

// form is the stored form of a value of the domain (package stored).
type form[T any] interface{ Domain() T }

// scanDocument reads a value from its stored form F.
func scanDocument[F form[T], T any](r pgx.CollectableRow) (v T, err error) {
	var body []byte
	if err = r.Scan(&body); err == nil {
		v, err = parse[F](body)
	}
	return v, err
}

// parse reads a value from its stored form F.
func parse[F form[T], T any](body []byte) (v T, err error) {
	var f F
	if err = json.Unmarshal(body, &f); err == nil {
		v = f.Domain()
	}
	return v, err
}

func document[F form[T], T any](ctx context.Context, s *Store, k kind, id string) (T, error) {
	return row(ctx, s, fmt.Sprintf("reading %s %s", k, id), scanDocument[F], selectDocument, k, id)
}

func documents[F form[T], T any](ctx context.Context, s *Store, k kind) ([]T, error) {
	return rows(ctx, s, fmt.Sprintf("reading every %s", k), scanDocument[F], selectDocuments, k)
}

// edit runs a transaction that writes documents. Those of all nodes are written one after the other, so that what was
// checked of several of them still holds when one of them is written, and revisions are committed in their order.
func (s *Store) edit(ctx context.Context, doing string, f func(tx pgx.Tx) error) error {
	if tx, ok := ctx.Value(together{}).(pgx.Tx); ok { // it holds the lock
		return fault(doing, pgx.BeginFunc(ctx, tx, f))
	}
	return s.within(ctx, doing, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, lockDocuments); err != nil {
			return err
		}
		return f(tx)
	})
}

// together is the key of the transaction that several edits share.
type together struct{}

// Together makes one transaction of several edits. One that fails is undone to where it began.
func (s *Store) Together(ctx context.Context, f func(ctx context.Context) error) error {
	return s.edit(ctx, "writing several documents", func(tx pgx.Tx) error { return f(context.WithValue(ctx, together{}, tx)) })
}

// put writes a whole document in a transaction of its own; of gives its stored form.
func put[T any, F form[T]](ctx context.Context, s *Store, k key, v T, of func(T) F, version func(*T) *int) (T, error) {
	return writing(ctx, s, k, func(tx pgx.Tx) (T, error) { return replace(ctx, tx, k, v, of, version) })
}

// writing writes a document in a transaction of its own, and gives what was written.
func writing[T any](ctx context.Context, s *Store, k key, write func(tx pgx.Tx) (T, error)) (next T, err error) {
	err = s.edit(ctx, fmt.Sprintf("writing %s %s", k.kind, k.id), func(tx pgx.Tx) (err error) {
		next, err = write(tx)
		return err
	})
	if err != nil {
		var none T
		return none, err
	}
	return next, nil
}

// replace writes a whole document by the rule of versions: 0 makes a new one, else it must be the one that stands. It gives
// back the document with its next version.
func replace[T any, F form[T]](ctx context.Context, tx pgx.Tx, k key, v T, of func(T) F, version func(*T) *int) (T, error) {
	given, stands := *version(&v), 0
	var former []byte
	err := tx.QueryRow(ctx, standing, k.kind, k.id).Scan(&stands, &former)
	there := !errors.Is(err, pgx.ErrNoRows)
	switch {
	case there && err != nil:
		return v, err
	case there && given == 0:
		return v, storage.ErrExists
	case !there && given != 0:
		return v, storage.ErrNotFound
	case stands != given:
		return v, storage.ErrConflict
	}
	sql := updateDocument
	if !there {
		sql = insertDocument
		if err := tx.QueryRow(ctx, lastRemoved, k.kind, k.id).Scan(&stands); err != nil { // it goes on where it ended
			return v, err
		}
	}
	*version(&v) = stands + 1
	if _, err = tx.Exec(ctx, sql, k.kind, k.id, stands+1, of(v)); err != nil {
		return v, err
	}
	fields, err := differences[F](ctx, former, v)
	if err != nil {
		return v, err
	}
	return v, note(ctx, tx, audit.OfDocument(string(k.kind), k.id, given, stands+1, fields))
}

// remove deletes a document, unless another version than the one given stands.
func remove(ctx context.Context, tx pgx.Tx, k kind, id string, given int) error {
	var stands int
	if err := tx.QueryRow(ctx, standing, k, id).Scan(&stands, nil); err != nil {
		return err // there is no such row
	}
	if given != 0 && given != stands {
		return storage.ErrConflict
	}
	if _, err := tx.Exec(ctx, deleteDocument, k, id); err != nil {
		return err
	}
	return note(ctx, tx, audit.OfDocument(string(k), id, stands, 0, nil))
}

// Customer reads one customer.
func (s *Store) Customer(ctx context.Context, id directory.CustomerID) (directory.Customer, error) {
	return document[stored.Customer](ctx, s, customers, string(id))
}

// Customers lists them by id.
func (s *Store) Customers(ctx context.Context) ([]directory.Customer, error) {
	return documents[stored.Customer](ctx, s, customers)
}

// PutCustomer writes a whole customer.
func (s *Store) PutCustomer(ctx context.Context, c directory.Customer) (directory.Customer, error) {
	return put(ctx, s, key{customers, string(c.ID)}, c, stored.OfCustomer, func(c *directory.Customer) *int { return &c.Version })
}

// Contract reads one contract.
func (s *Store) Contract(ctx context.Context, id directory.ContractID) (directory.Contract, error) {
	return document[stored.Contract](ctx, s, contracts, string(id))
}

// Contracts lists them by id.
func (s *Store) Contracts(ctx context.Context) ([]directory.Contract, error) {
	return documents[stored.Contract](ctx, s, contracts)
}

// PutContract writes a whole contract.
func (s *Store) PutContract(ctx context.Context, c directory.Contract) (directory.Contract, error) {
	return put(ctx, s, key{contracts, string(c.ID)}, c, stored.OfContract, versionOfContract)
}

func versionOfContract(c *directory.Contract) *int { return &c.Version }

// Level reads one level.
func (s *Store) Level(ctx context.Context, id sla.LevelID) (sla.Level, error) {
	return document[stored.Level](ctx, s, levels, string(id))
}

// Levels lists them by id.
func (s *Store) Levels(ctx context.Context) ([]sla.Level, error) {
	return documents[stored.Level](ctx, s, levels)
}

// PutLevel writes a whole level.
func (s *Store) PutLevel(ctx context.Context, l sla.Level) (sla.Level, error) {
	return put(ctx, s, key{levels, string(l.ID)}, l, stored.OfLevel, func(l *sla.Level) *int { return &l.Version })
}

// Calendar reads one calendar.
func (s *Store) Calendar(ctx context.Context, id sla.CalendarID) (sla.Calendar, error) {
	return document[stored.Calendar](ctx, s, calendars, string(id))
}

// Calendars lists them by id.
func (s *Store) Calendars(ctx context.Context) ([]sla.Calendar, error) {
	return documents[stored.Calendar](ctx, s, calendars)
}

// PutCalendar writes a whole calendar.
func (s *Store) PutCalendar(ctx context.Context, c sla.Calendar) (sla.Calendar, error) {
	return put(ctx, s, key{calendars, string(c.ID)}, c, stored.OfCalendar, func(c *sla.Calendar) *int { return &c.Version })
}

// Fault reads one known fault.
func (s *Store) Fault(ctx context.Context, id string) (directory.KnownFault, error) {
	return document[stored.KnownFault](ctx, s, faults, id)
}

// Faults lists the known faults by id.
func (s *Store) Faults(ctx context.Context) ([]directory.KnownFault, error) {
	return documents[stored.KnownFault](ctx, s, faults)
}

// PutFault writes a whole known fault.
func (s *Store) PutFault(ctx context.Context, f directory.KnownFault) (directory.KnownFault, error) {
	return put(ctx, s, key{faults, f.ID}, f, stored.OfKnownFault, func(f *directory.KnownFault) *int { return &f.Version })
}

// DeleteFault removes a fault that is over.
func (s *Store) DeleteFault(ctx context.Context, id string, version int) error {
	return s.edit(ctx, "deleting known fault "+id, func(tx pgx.Tx) error { return remove(ctx, tx, faults, id, version) })
}

// Engineer reads one engineer.
func (s *Store) Engineer(ctx context.Context, id oncall.EngineerID) (oncall.Engineer, error) {
	return document[stored.Engineer](ctx, s, engineers, string(id))
}

// Engineers lists them by id.
func (s *Store) Engineers(ctx context.Context) ([]oncall.Engineer, error) {
	return documents[stored.Engineer](ctx, s, engineers)
}

// PutEngineer writes a whole engineer.
func (s *Store) PutEngineer(ctx context.Context, e oncall.Engineer) (oncall.Engineer, error) {
	return put(ctx, s, key{engineers, string(e.ID)}, e, stored.OfEngineer, func(e *oncall.Engineer) *int { return &e.Version })
}

// DeleteEngineer removes an engineer whom no rota, no escalation policy and no live ticket names, with what is kept of the engineer.
func (s *Store) DeleteEngineer(ctx context.Context, id oncall.EngineerID, version int) error {
	return s.edit(ctx, fmt.Sprintf("deleting engineer %s", id), func(tx pgx.Tx) error {
		if err := unnamed(ctx, tx, id); err != nil {
			return err
		}
		if err := remove(ctx, tx, engineers, string(id), version); err != nil {
			return err
		}
		var has bool // asked for once the engineer is gone: an assignment under way has ended then, and a later one finds nobody
		if err := tx.QueryRow(ctx, hasTicket, string(id), tickets.LiveStates()).Scan(&has); err != nil {
			return err
		}
		if has {
			return oncall.ErrHasTicket
		}
		return removeOf(ctx, tx, id)
	})
}

// Rota reads the rota; an empty one when none was written.
func (s *Store) Rota(ctx context.Context) (oncall.Rota, error) {
	r, err := document[stored.Rota](ctx, s, rotas, theRota)
	if errors.Is(err, storage.ErrNotFound) {
		return oncall.Rota{}, nil
	}
	return r, err
}

const namesOf = `select id from documents where kind = $1`

// PutRota writes the whole rota, if everybody whom it names exists.
func (s *Store) PutRota(ctx context.Context, r oncall.Rota) (oncall.Rota, error) {
	var next oncall.Rota
	err := s.edit(ctx, "writing the rota", func(tx pgx.Tx) error {
		known, err := staff(ctx, tx)
		if err != nil {
			return err
		}
		next, err = replace(ctx, tx, key{rotas, theRota}, r, stored.OfRota, func(r *oncall.Rota) *int { return &r.Version })
		if errors.Is(err, storage.ErrExists) || errors.Is(err, storage.ErrNotFound) { // the empty one is version 0
			err = storage.ErrConflict
		}
		if err == nil {
			err = r.Staffed(known)
		}
		return err
	})
	if err != nil {
		return oncall.Rota{}, err
	}
	return next, nil
}

// Product reads one product.
func (s *Store) Product(ctx context.Context, id string) (evosupport.Product, error) {
	return document[stored.Product](ctx, s, products, id)
}

// Products lists them by id.
func (s *Store) Products(ctx context.Context) ([]evosupport.Product, error) {
	return documents[stored.Product](ctx, s, products)
}

// PutProduct writes a whole product.
func (s *Store) PutProduct(ctx context.Context, p evosupport.Product) (evosupport.Product, error) {
	return put(ctx, s, key{products, p.ID}, p, stored.OfProduct, func(p *evosupport.Product) *int { return &p.Version })
}

// DeleteProduct removes a product.
func (s *Store) DeleteProduct(ctx context.Context, id string, version int) error {
	return s.edit(ctx, "deleting product "+id, func(tx pgx.Tx) error { return remove(ctx, tx, products, id, version) })
}

// Installed reads what stands at one installation.
func (s *Store) Installed(ctx context.Context, id string) (evosupport.Installed, error) {
	return document[stored.Installed](ctx, s, installed, id)
}

// InstalledOf lists what stands at the installations of a contract, or of all.
func (s *Store) InstalledOf(ctx context.Context, contract directory.ContractID) ([]evosupport.Installed, error) {
	if contract == "" {
		return documents[stored.Installed](ctx, s, installed)
	}
	return rows(ctx, s, "reading what is installed at "+string(contract), scanDocument[stored.Installed], selectInstalledOf, string(contract))
}

// PutInstalled writes what stands at an installation.
func (s *Store) PutInstalled(ctx context.Context, i evosupport.Installed) (evosupport.Installed, error) {
	return put(ctx, s, key{installed, i.ID}, i, stored.OfInstalled, func(i *evosupport.Installed) *int { return &i.Version })
}

// DeleteInstalled removes what stands at an installation.
func (s *Store) DeleteInstalled(ctx context.Context, id string, version int) error {
	return s.edit(ctx, "deleting installation "+id, func(tx pgx.Tx) error { return remove(ctx, tx, installed, id, version) })
}

var (
	_ evosupport.Store = (*Store)(nil)
	_ company.Store    = (*Store)(nil)
)

// Profile reads what was said of the house; the zero value where nothing was.
func (s *Store) Profile(ctx context.Context) (company.Profile, error) {
	h, err := document[stored.Company](ctx, s, houses, theHouse)
	if errors.Is(err, storage.ErrNotFound) {
		return company.Profile{}, nil
	}
	return h, err
}

// PutProfile writes what is said of the house, whole.
func (s *Store) PutProfile(ctx context.Context, h company.Profile) (company.Profile, error) {
	next, err := put(ctx, s, key{houses, theHouse}, h, stored.OfCompany, func(h *company.Profile) *int { return &h.Version })
	if errors.Is(err, storage.ErrExists) || errors.Is(err, storage.ErrNotFound) { // the empty one is version 0
		err = fmt.Errorf("writing what is said of the house: %w", storage.ErrConflict)
	}
	return next, err
}
