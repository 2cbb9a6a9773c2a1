package postgres

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"hotline/audit"
	"hotline/directory"
	"hotline/evosupport/news"
	"hotline/ivr/versions"
	"hotline/notify/mailing"
	"hotline/notify/statement"
	"hotline/prompts"
	"hotline/prompts/replaced"
	"hotline/storage"
)

const (
	insertFlow  = `insert into flows (version, name, yaml, published, by) select coalesce(max(version), 0) + 1, $1, $2, $3, $4 from flows having $5::bigint = 0 or coalesce(max(version), 0) = $5 returning version`
	selectFlows = `select version, name, yaml, published, by from flows order by version desc`
)

// PutFlow writes a new version of the flow. Those who publish at once do so one after the other.
func (s *Store) PutFlow(ctx context.Context, f versions.Flow) (versions.Flow, error) {
	f.Published = f.Published.Truncate(time.Second).UTC()
	err := s.edit(ctx, "writing a flow", func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, insertFlow, f.Name, f.YAML, f.Published, f.By, f.Version).Scan(&f.Version)
		if errors.Is(err, pgx.ErrNoRows) {
			err = storage.ErrConflict
		}
		if err != nil {
			return err
		}
		return note(ctx, tx, audit.Record{Who: f.By, What: audit.Published, Document: audit.Document{Kind: "flow", ID: f.Name}, Before: f.Version - 1, After: f.Version})
	})
	return f, err
}

// Flows lists the versions, newest first.
func (s *Store) Flows(ctx context.Context) ([]versions.Flow, error) {
	return rows(ctx, s, "reading flows", func(r pgx.CollectableRow) (f versions.Flow, err error) {
		err = r.Scan(&f.Version, &f.Name, &f.YAML, &f.Published, &f.By)
		f.Published = f.Published.UTC()
		return f, err
	}, selectFlows)
}

const (
	selectFact = `select value from facts where key = $1`
	upsertFact = `insert into facts (key, value) values ($1, $2) on conflict (key) do update set value = excluded.value`
)

// Fact reads a named fact.
func (s *Store) Fact(ctx context.Context, key string) (string, error) {
	return row(ctx, s, "reading fact "+key, pgx.RowTo[string], selectFact, key)
}

// PutFact writes a named fact.
func (s *Store) PutFact(ctx context.Context, key, value string) error {
	return s.exec(ctx, "writing fact "+key, upsertFact, key, value)
}

const (
	// lockPrompts lets one writer after the other have its place and its version: nobody who reads behind a place misses a lower one
	// that is committed later.
	lockPrompts  = `lock table prompts in share row exclusive mode`
	insertPrompt = `
insert into prompts (language, key, version, at, author, format, changes, sound, sha256)
select $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5, $6::text[], $7, $8 from prompts where language = $1 and key = $2
returning version, place`
	deletePrompts  = `delete from prompts where language = $1 and key = $2 and version <= $3`
	selectPrompts  = `select language, key, version, at, author, format, changes, sound, sha256, place from prompts`
	promptsBehind  = selectPrompts + ` p where place > $1 and not exists (select from prompts q where q.language = p.language and q.key = p.key and q.version > p.version) order by place`
	promptVersions = selectPrompts + ` where language = $1 and key = $2 order by version desc`
)

// AddPrompt writes a prompt as the next version.
func (s *Store) AddPrompt(ctx context.Context, p replaced.Prompt) (replaced.Prompt, error) {
	doing := "writing prompt " + string(p.Key)
	if p.Changes == nil {
		p.Changes = []string{}
	}
	if p.Sound == nil {
		p.Sound = []byte{}
	}
	err := s.within(ctx, doing, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, lockPrompts); err != nil {
			return err
		}
		if err := tx.QueryRow(ctx, insertPrompt, p.Language, p.Key, p.At, p.By, p.Format, p.Changes, p.Sound, p.SHA256).Scan(&p.Version, &p.Place); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, deletePrompts, p.Language, p.Key, p.Version-replaced.MostVersions); err != nil {
			return err
		}
		return note(ctx, tx, audit.Record{Who: p.By, What: audit.Published, Document: audit.Document{Kind: "prompt", ID: string(p.Language) + "/" + string(p.Key)}, Before: p.Version - 1, After: p.Version})
	})
	return p, err
}

// Prompts are the versions that stand and were written behind a place.
func (s *Store) Prompts(ctx context.Context, behind int64) ([]replaced.Prompt, error) {
	return rows(ctx, s, "reading the owner's prompts", scanPrompt, promptsBehind, behind)
}

// PromptVersions are the versions of one prompt, the newest first.
func (s *Store) PromptVersions(ctx context.Context, lang prompts.Language, key prompts.ID) ([]replaced.Prompt, error) {
	return rows(ctx, s, "reading the versions of prompt "+string(key), scanPrompt, promptVersions, lang, key)
}

func scanPrompt(r pgx.CollectableRow) (p replaced.Prompt, err error) {
	err = r.Scan(&p.Language, &p.Key, &p.Version, &p.At, &p.By, &p.Format, &p.Changes, &p.Sound, &p.SHA256, &p.Place)
	p.At = p.At.UTC()
	return p, err
}

const (
	noteColumns  = `product, release, contract, address, noted, state, due, tries, settled, error`
	noteRelease  = `insert into releases_noted (product, release) values ($1, $2) on conflict do nothing`
	insertNotice = `insert into release_notices (` + noteColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict do nothing`
	lockNotices  = `lock table release_notices in share row exclusive mode` // nodes claim one after the other: an address is told by one of them
	claimNotices = `update release_notices set due = $2, tries = tries + 1 where state = 'waiting'
	and address = (select address from release_notices where state = 'waiting' and due <= $1 order by due, address limit 1) returning ` + noteColumns
	updateNotice  = `update release_notices set state = $4, due = $5, settled = $6, error = $7 where product = $1 and release = $2 and contract = $3 and state = 'waiting'`
	selectNotices = `select ` + noteColumns + ` from release_notices where product = $1 order by noted desc, release, contract collate "C" limit 1000`
)

// NoteReleases remembers versions of a product, and who is told of the newest.
func (s *Store) NoteReleases(ctx context.Context, product string, releases []string, about []news.Notice) (fresh bool, err error) {
	err = s.within(ctx, "noting the versions of "+product, func(tx pgx.Tx) error {
		for _, r := range releases {
			done, err := tx.Exec(ctx, noteRelease, product, r)
			if err != nil {
				return err
			}
			fresh = done.RowsAffected() == 1 // of the last one, which is the newest
		}
		if !fresh {
			return nil
		}
		batch := &pgx.Batch{}
		for _, n := range about {
			batch.Queue(insertNotice, n.Product, n.Release, n.Contract, n.Address, n.Noted, n.State, n.Due, n.Tries, instant(n.Settled), n.Error)
		}
		return tx.SendBatch(ctx, batch).Close()
	})
	return fresh && err == nil, err
}

func scanNotice(r pgx.CollectableRow) (n news.Notice, err error) {
	var settled *time.Time
	err = r.Scan(&n.Product, &n.Release, &n.Contract, &n.Address, &n.Noted, &n.State, &n.Due, &n.Tries, &settled, &n.Error)
	n.Noted, n.Due, n.Settled = n.Noted.UTC(), n.Due.UTC(), orNever(settled)
	return n, err
}

// ClaimNotices gives what waits for one address, and puts it off.
func (s *Store) ClaimNotices(ctx context.Context, now, until time.Time) (list []news.Notice, err error) {
	err = s.within(ctx, "looking whom to tell of published versions", func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, lockNotices); err != nil {
			return err
		}
		found, err := tx.Query(ctx, claimNotices, now, until)
		if err == nil {
			list, err = pgx.CollectRows(found, scanNotice)
		}
		return err
	})
	slices.SortFunc(list, func(a, b news.Notice) int {
		return cmp.Or(cmp.Compare(a.Product, b.Product), cmp.Compare(a.Contract, b.Contract))
	})
	return list, err
}

// PutNotice writes how a notice stands that waits.
func (s *Store) PutNotice(ctx context.Context, n news.Notice) error {
	return s.exec(ctx, "writing whether "+n.Address+" was told", updateNotice, n.Product, n.Release, n.Contract, n.State, n.Due, instant(n.Settled), n.Error)
}

// Notices are those about a product.
func (s *Store) Notices(ctx context.Context, product string) ([]news.Notice, error) {
	return rows(ctx, s, "reading who was told of "+product, scanNotice, selectNotices, product)
}

var _ news.Store = (*Store)(nil)

const (
	letterColumns   = `contract, month, address, noted, state, due, tries, settled, error`
	insertStatement = `insert into statement_letters (` + letterColumns + `) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
	on conflict (contract, month) do update set noted = excluded.noted, state = excluded.state, due = excluded.due, settled = excluded.settled, error = excluded.error
	where statement_letters.state = 'no_address' and excluded.state = 'waiting'`
	claimStatement = `update statement_letters set due = $2, tries = tries + 1 where (contract, month) = (
	select contract, month from statement_letters where state = 'waiting' and due <= $1 order by due, contract collate "C" limit 1 for update skip locked) returning ` + letterColumns
	updateStatement  = `update statement_letters set address = $3, state = $4, due = $5, settled = $6, error = $7 where contract = $1 and month = $2 and state = 'waiting'`
	selectStatements = `select ` + letterColumns + ` from statement_letters where contract = $1 order by month desc limit 1000`
	selectLetters    = `select * from (
	select 'statement' as kind, contract, month as about, address, noted, state, due, tries, settled, error from statement_letters
	union all select 'release', contract, product || ' ' || release, address, noted, state, due, tries, settled, error from release_notices) l
	where ($1 = '' or contract = $1) and ($2::text[] = '{}' or state = any($2)) order by noted desc, contract collate "C", kind collate "C", about collate "C" limit $3`
)

func scanStatement(r pgx.CollectableRow) (l statement.Letter, err error) {
	var settled *time.Time
	err = r.Scan(&l.Contract, &l.Month, &l.Address, &l.Noted, &l.State, &l.Due, &l.Tries, &settled, &l.Error)
	l.Noted, l.Due, l.Settled = l.Noted.UTC(), l.Due.UTC(), orNever(settled)
	return l, err
}

func scanLetter(r pgx.CollectableRow) (l mailing.Letter, err error) {
	var settled *time.Time
	err = r.Scan(&l.Kind, &l.Contract, &l.About, &l.Address, &l.Noted, &l.State, &l.Due, &l.Tries, &settled, &l.Error)
	l.Noted, l.Due, l.Settled = l.Noted.UTC(), l.Due.UTC(), orNever(settled)
	return l, err
}

// NoteStatement writes a letter down, once, unless the one that stands has no address.
func (s *Store) NoteStatement(ctx context.Context, l statement.Letter) error {
	return s.exec(ctx, "noting a statement", insertStatement, l.Contract, l.Month, l.Address, l.Noted, l.State, l.Due, l.Tries, instant(l.Settled), l.Error)
}

// ClaimStatements gives a letter that is due, and puts it off.
func (s *Store) ClaimStatements(ctx context.Context, now, until time.Time) ([]statement.Letter, error) {
	return rows(ctx, s, "looking for a statement that is due", scanStatement, claimStatement, now, until)
}

// PutStatement writes how a letter stands that waits.
func (s *Store) PutStatement(ctx context.Context, l statement.Letter) error {
	return s.exec(ctx, "writing whether a statement was sent", updateStatement, l.Contract, l.Month, l.Address, l.State, l.Due, instant(l.Settled), l.Error)
}

// Statements are the letters of a contract.
func (s *Store) Statements(ctx context.Context, c directory.ContractID) ([]statement.Letter, error) {
	return rows(ctx, s, "reading the statements of a contract", scanStatement, selectStatements, c)
}

// Letters are those that were noted last, of every kind.
func (s *Store) Letters(ctx context.Context, f mailing.Filter) ([]mailing.Letter, error) {
	states := []string{}
	for _, one := range f.States {
		states = append(states, string(one))
	}
	return rows(ctx, s, "reading the letters to customers", scanLetter, selectLetters, f.Contract, states, cmp.Or(f.Limit, mailing.Most))
}

var _ statement.Store = (*Store)(nil)
