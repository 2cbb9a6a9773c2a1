package postgres

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"hotline/audit"
	"hotline/idempotency"
	"hotline/portal/access"
	"hotline/storage"
	"hotline/tickets"
	"hotline/tokens"
	"hotline/users"
)

const (
	insertToken = `insert into tokens (name, hash, created, scope, expires, contract, installation) values ($1, $2, $3, $4, $5, $6, $7)`
	selectToken = `select name, created, scope, expires, contract, installation, used from tokens where hash = $1`
	listTokens  = `select name, hash, created, scope, expires, contract, installation, used from tokens order by name`
	useToken    = `update tokens set used = greatest(used, $2) where hash = $1`
	deleteToken = `delete from tokens where name = $1`
)

// PutToken keeps a token; its name must be new.
func (s *Store) PutToken(ctx context.Context, t tokens.Token) error {
	return s.within(ctx, "writing token "+t.Name, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, insertToken, t.Name, t.Hash[:], t.Created, cmp.Or(t.Scope, tokens.ScopeAdmin), instant(t.Expires), t.Contract, t.Installation); err != nil {
			return err
		}
		return note(ctx, tx, t.Audited(audit.Created))
	})
}

// Token finds a token by its hash.
func (s *Store) Token(ctx context.Context, hash [32]byte) (tokens.Token, error) {
	return row(ctx, s, "reading a token", func(r pgx.CollectableRow) (tokens.Token, error) {
		t := tokens.Token{Hash: hash}
		var expires, used *time.Time
		err := r.Scan(&t.Name, &t.Created, &t.Scope, &expires, &t.Contract, &t.Installation, &used)
		t.Created, t.Expires, t.Used = t.Created.UTC(), orNever(expires), orNever(used)
		return t, err
	}, selectToken, hash[:])
}

// Tokens lists the tokens by name.
func (s *Store) Tokens(ctx context.Context) ([]tokens.Token, error) {
	return rows(ctx, s, "reading tokens", func(r pgx.CollectableRow) (t tokens.Token, err error) {
		var hash []byte
		var expires, used *time.Time
		err = r.Scan(&t.Name, &hash, &t.Created, &t.Scope, &expires, &t.Contract, &t.Installation, &used)
		copy(t.Hash[:], hash)
		t.Created, t.Expires, t.Used = t.Created.UTC(), orNever(expires), orNever(used)
		return t, err
	}, listTokens)
}

// TokenUsed notes that a token was used.
func (s *Store) TokenUsed(ctx context.Context, hash [32]byte, at time.Time) error {
	return s.exec(ctx, "noting the use of a token", useToken, hash[:], at)
}

// orNever is the zero time for null.
func orNever(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// RemoveToken ends a token.
func (s *Store) RemoveToken(ctx context.Context, name string) error {
	return s.within(ctx, "removing token "+name, func(tx pgx.Tx) error {
		done, err := tx.Exec(ctx, deleteToken, name)
		if err == nil && done.RowsAffected() == 0 {
			err = storage.ErrNotFound
		}
		if err != nil {
			return err
		}
		return note(ctx, tx, tokens.Token{Name: name}.Audited(audit.Removed))
	})
}

const (
	userColumns  = `name, role, password, second, engineer, disabled, created, version, issuer, subject`
	selectUser   = `select ` + userColumns + ` from users where name = $1`
	selectUsers  = `select ` + userColumns + ` from users order by name`
	lockUser     = selectUser + ` for update`
	lockUsers    = `lock table users in share row exclusive mode`
	insertUser   = `insert into users (` + userColumns + `) values ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9)`
	updateUser   = `update users set role = $2, password = $3, second = $4, engineer = $5, disabled = $6, issuer = $7, subject = $8, version = version + 1 where name = $1`
	selectHolder = `select ` + userColumns + ` from users where issuer = $1 and subject = $2 and subject <> ''`
	spendLogin   = `insert into spent_logins (login, until) values ($1, $2)`
	forgetLogins = `delete from spent_logins where until < $1`
	endSessions  = `delete from sessions where owner = $1`
	sessionOwner = `select name from users where name = $1 and not disabled for share`
	putSession   = `insert into sessions (hash, owner, created, expires) values ($1, $2, $3, $4)
		on conflict (hash) do update set expires = excluded.expires returning xmax = 0` // of a row that was not there
	forgetSessions = `delete from sessions where expires < $1`
	selectSession  = `select s.created, s.expires, u.name, u.role, u.password, u.second, u.engineer, u.disabled, u.created, u.version, u.issuer, u.subject
		from sessions s join users u on u.name = s.owner where s.hash = $1 and not u.disabled`
	endSession = `delete from sessions where hash = $1 returning owner`
	endOthers  = `delete from sessions where owner = $1 and hash <> $2`
)

func scanUser(r pgx.CollectableRow) (u users.User, err error) {
	err = r.Scan(&u.Name, &u.Role, &u.Password, &u.Second, &u.Engineer, &u.Disabled, &u.Created, &u.Version, &u.Identity.Issuer, &u.Identity.Subject)
	u.Created = u.Created.UTC()
	return u, err
}

// User reads one user.
func (s *Store) User(ctx context.Context, name string) (users.User, error) {
	return row(ctx, s, "reading user "+name, scanUser, selectUser, name)
}

// Users lists them by name.
func (s *Store) Users(ctx context.Context) ([]users.User, error) {
	return rows(ctx, s, "reading users", scanUser, selectUsers)
}

// PutUser writes a user whole, and ends the sessions that may not go on.
func (s *Store) PutUser(ctx context.Context, u users.User) (users.User, error) {
	err := s.within(ctx, "writing user "+u.Name, func(tx pgx.Tx) error {
		if u.Version == 0 {
			return addUser(ctx, tx, u)
		}
		found, err := tx.Query(ctx, lockUser, u.Name)
		if err != nil {
			return err
		}
		stands, err := pgx.CollectExactlyOneRow(found, scanUser)
		if err != nil {
			return err
		}
		if stands.Version != u.Version {
			return storage.ErrConflict
		}
		u.Created = stands.Created
		if _, err := tx.Exec(ctx, updateUser, u.Name, u.Role, u.Password, u.Second, u.Engineer, u.Disabled, u.Identity.Issuer, u.Identity.Subject); err != nil {
			return err
		}
		if u.Disabled || u.Password != stands.Password || u.Identity != stands.Identity {
			if _, err = tx.Exec(ctx, endSessions, u.Name); err != nil {
				return err
			}
		}
		return note(ctx, tx, u.Audited(stands))
	})
	if err != nil {
		return users.User{}, err
	}
	u.Version++
	return u, nil
}

// PutFirstUser writes a user where there is none.
func (s *Store) PutFirstUser(ctx context.Context, u users.User) (users.User, error) {
	err := s.within(ctx, "writing the first user", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, lockUsers); err != nil {
			return err
		}
		found, err := tx.Query(ctx, selectUsers)
		if err != nil {
			return err
		}
		all, err := pgx.CollectRows(found, scanUser)
		if err == nil && len(all) > 0 {
			err = storage.ErrExists
		}
		if err != nil {
			return err
		}
		return addUser(ctx, tx, u)
	})
	if err != nil {
		return users.User{}, err
	}
	u.Version = 1
	return u, nil
}

func addUser(ctx context.Context, tx pgx.Tx, u users.User) error {
	if _, err := tx.Exec(ctx, insertUser, u.Name, u.Role, u.Password, u.Second, u.Engineer, u.Disabled, u.Created, u.Identity.Issuer, u.Identity.Subject); err != nil {
		return err
	}
	return note(ctx, tx, u.Audited(users.User{}))
}

// UserOf finds the user of an identity.
func (s *Store) UserOf(ctx context.Context, i users.Identity) (users.User, error) {
	return row(ctx, s, "reading the user of an identity", scanUser, selectHolder, i.Issuer, i.Subject)
}

// SpendLogin notes that a login by a provider has been used, and forgets those whose time is over.
func (s *Store) SpendLogin(ctx context.Context, login [32]byte, until, now time.Time) error {
	return s.within(ctx, "noting a login by a provider", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, forgetLogins, now); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, spendLogin, login[:], until)
		return err
	})
}

// PutSession begins a session or moves its end, and forgets those that have ended.
func (s *Store) PutSession(ctx context.Context, n users.Session, now time.Time) error {
	return s.within(ctx, "writing a session", func(tx pgx.Tx) error {
		var owner string
		err := tx.QueryRow(ctx, sessionOwner, n.User).Scan(&owner) // the row's lock keeps the user from being disabled meanwhile
		if errors.Is(err, pgx.ErrNoRows) {
			err = storage.ErrNotFound
		}
		if err != nil {
			return err
		}
		var begun bool
		if err := tx.QueryRow(ctx, putSession, n.Hash[:], n.User, n.Created, n.Expires).Scan(&begun); err != nil {
			return err
		}
		if begun {
			if err := note(ctx, tx, users.AuditedSession(n.User, audit.LoggedIn)); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, forgetSessions, now)
		return err
	})
}

// Session finds a session and its user.
func (s *Store) Session(ctx context.Context, hash [32]byte) (users.Session, users.User, error) {
	var u users.User
	n, err := row(ctx, s, "reading a session", func(r pgx.CollectableRow) (users.Session, error) {
		n := users.Session{Hash: hash}
		err := r.Scan(&n.Created, &n.Expires, &u.Name, &u.Role, &u.Password, &u.Second, &u.Engineer, &u.Disabled, &u.Created, &u.Version, &u.Identity.Issuer, &u.Identity.Subject)
		n.Created, n.Expires, u.Created, n.User = n.Created.UTC(), n.Expires.UTC(), u.Created.UTC(), u.Name
		return n, err
	}, selectSession, hash[:])
	return n, u, err
}

// EndSession ends a session.
func (s *Store) EndSession(ctx context.Context, hash [32]byte) error {
	return s.within(ctx, "ending a session", func(tx pgx.Tx) error {
		var owner string
		err := tx.QueryRow(ctx, endSession, hash[:]).Scan(&owner)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		return note(ctx, tx, users.AuditedSession(owner, audit.LoggedOut))
	})
}

// EndSessions ends the sessions of a user but one.
func (s *Store) EndSessions(ctx context.Context, user string, but [32]byte) error {
	return s.within(ctx, "ending the sessions of "+user, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, endOthers, user, but[:]); err != nil {
			return err
		}
		return note(ctx, tx, users.AuditedSession(user, audit.LoggedOut))
	})
}

const (
	insertReply = `insert into replies (key, digest, status, body, at, location) values ($1, $2, $3, $4, $5, $6) on conflict (key) do nothing`
	selectReply = `select digest, status, body, at, location from replies where key = $1`
	deleteReply = `delete from replies where key in (select key from replies where at < $1 limit $2)`
)

const fewReplies = 5000 // forgotten in one statement, which must end in time however many there are

// ForgetReplies forgets the answers that were kept before an instant.
func (s *Store) ForgetReplies(ctx context.Context, before time.Time) error {
	for {
		var forgotten int64
		err := s.within(ctx, "forgetting old answers", func(tx pgx.Tx) error {
			done, err := tx.Exec(ctx, deleteReply, before, fewReplies)
			forgotten = done.RowsAffected()
			return err
		})
		if err != nil || forgotten < fewReplies {
			return err
		}
	}
}

// Remember keeps the answer to a write, or gives back the one that is known under its key.
func (s *Store) Remember(ctx context.Context, r idempotency.Reply) (known idempotency.Reply, found bool, err error) {
	known = r
	err = s.within(ctx, "remembering an answer", func(tx pgx.Tx) error {
		done, err := tx.Exec(ctx, insertReply, r.Key, r.Digest[:], r.Status, append([]byte{}, r.Body...), r.At, r.Location)
		if err != nil || done.RowsAffected() == 1 {
			return err
		}
		var digest []byte
		if err := tx.QueryRow(ctx, selectReply, r.Key).Scan(&digest, &known.Status, &known.Body, &known.At, &known.Location); err != nil {
			return err
		}
		known.Digest, known.At, found = [32]byte(digest), known.At.UTC(), true
		return nil
	})
	return known, found, err
}

const (
	forgetCodes = `delete from portal_codes where expires < $1`
	putCode     = `insert into portal_codes (browser, hash, contract, pin_at, expires) values ($1, $2, $3, $4, $5)
		on conflict (browser) do update set hash = excluded.hash, contract = excluded.contract, pin_at = excluded.pin_at, expires = excluded.expires, tries = 0`
	lockCode              = `select contract, pin_at, expires, tries, hash from portal_codes where browser = $1 and expires > $2 for update`
	countTry              = `update portal_codes set tries = tries + 1 where browser = $1`
	dropCode              = `delete from portal_codes where browser = $1`
	forgetCustomers       = `delete from portal_sessions where expires < $1`
	putCustomer           = `insert into portal_sessions (hash, contract, pin_at, created, expires) values ($1, $2, $3, $4, $5)`
	selectCustomerSession = `select contract, pin_at, created, expires from portal_sessions where hash = $1`
	deleteCustomerSession = `delete from portal_sessions where hash = $1`
	forgetLinks           = `delete from ticket_links where expires < $1`
	putLink               = `insert into ticket_links (hash, ticket, created, expires, made_by) values ($1, $2, $3, $4, $5) on conflict (hash) do nothing`
	selectLink            = `select ticket, created, expires, made_by from ticket_links where hash = $1 and not revoked`
	revokeLinksOff        = `update ticket_links set revoked = true where ticket = $1 and not revoked`
)

// PutCode keeps a code, and forgets those that have ended.
func (s *Store) PutCode(ctx context.Context, c access.Code, now time.Time) error {
	return s.within(ctx, "keeping a code of the portal", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, forgetCodes, now); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, putCode, c.Browser[:], c.Hash[:], c.Contract, instant(c.PINAt), c.Expires)
		return err
	})
}

// TryCode counts a try of a code. The row's lock keeps many who try at once from having more tries than one.
func (s *Store) TryCode(ctx context.Context, browser, code [32]byte, now time.Time) (c access.Code, right bool, err error) {
	c.Browser = browser
	err = s.within(ctx, "trying a code of the portal", func(tx pgx.Tx) error {
		var hash []byte
		var at *time.Time
		err := tx.QueryRow(ctx, lockCode, browser[:], now).Scan(&c.Contract, &at, &c.Expires, &c.Tries, &hash)
		if errors.Is(err, pgx.ErrNoRows) {
			return storage.ErrNotFound
		}
		if err != nil {
			return err
		}
		copy(c.Hash[:], hash)
		c.PINAt, c.Expires = orNever(at), c.Expires.UTC()
		if right = c.Is(code); !right {
			c.Tries++
		}
		change := countTry
		if right || c.Tries >= access.Tries {
			change = dropCode
		}
		_, err = tx.Exec(ctx, change, browser[:])
		return err
	})
	if err != nil {
		return access.Code{}, false, err
	}
	return c, right, nil
}

// PutCustomerSession begins a session, and forgets those that have ended.
func (s *Store) PutCustomerSession(ctx context.Context, n access.Session, now time.Time) error {
	return s.within(ctx, "beginning a session of contract "+string(n.Contract), func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, forgetCustomers, now); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, putCustomer, n.Hash[:], n.Contract, instant(n.PINAt), n.Created, n.Expires)
		return err
	})
}

// CustomerSession finds a session by the hash of its secret.
func (s *Store) CustomerSession(ctx context.Context, hash [32]byte) (access.Session, error) {
	return row(ctx, s, "reading a customer's session", func(r pgx.CollectableRow) (access.Session, error) {
		n := access.Session{Hash: hash}
		var at *time.Time
		err := r.Scan(&n.Contract, &at, &n.Created, &n.Expires)
		n.PINAt, n.Created, n.Expires = orNever(at), n.Created.UTC(), n.Expires.UTC()
		return n, err
	}, selectCustomerSession, hash[:])
}

// EndCustomerSession ends a session.
func (s *Store) EndCustomerSession(ctx context.Context, hash [32]byte) error {
	return s.exec(ctx, "ending a customer's session", deleteCustomerSession, hash[:])
}

// PutLink keeps a link, and forgets those that have ended.
func (s *Store) PutLink(ctx context.Context, l access.Link, now time.Time) error {
	return s.within(ctx, "keeping a link to a ticket", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, forgetLinks, now); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, putLink, l.Hash[:], l.Ticket, l.Created, l.Expires, l.By); err != nil {
			return err
		}
		return note(ctx, tx, access.AuditedLinks(l.Ticket, audit.Created))
	})
}

// TicketLink finds a link by the hash of its token.
func (s *Store) TicketLink(ctx context.Context, hash [32]byte) (access.Link, error) {
	return row(ctx, s, "reading a link to a ticket", func(r pgx.CollectableRow) (access.Link, error) {
		l := access.Link{Hash: hash}
		err := r.Scan(&l.Ticket, &l.Created, &l.Expires, &l.By)
		l.Created, l.Expires = l.Created.UTC(), l.Expires.UTC()
		return l, err
	}, selectLink, hash[:])
}

// RevokeLinks ends every link of a ticket.
func (s *Store) RevokeLinks(ctx context.Context, n tickets.Number) (count int, err error) {
	err = s.within(ctx, "revoking the links to a ticket", func(tx pgx.Tx) error {
		done, err := tx.Exec(ctx, revokeLinksOff, n)
		if err != nil {
			return err
		}
		count = int(done.RowsAffected())
		return note(ctx, tx, access.AuditedLinks(n, audit.Removed))
	})
	return count, err
}
