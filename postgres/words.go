package postgres

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"hotline/paging"
	"hotline/storage"
	"hotline/tickets"
	"hotline/transcription"
)

// insertWords makes what the function search_words makes: a statement that calls it reads and plans it anew.
const insertWords = `
insert into ticket_words (ticket, words) values ($1,
	strip(to_tsvector('simple', $2::text) || to_tsvector('italian', $3::text) || to_tsvector('english', $3::text)) || array_to_tsvector($4::text[]))
on conflict (ticket) do update set words = ticket_words.words || excluded.words where length(ticket_words.words) < 20000`

const (
	selectWithWords  = `select ticket from ticket_words where words @@ search_query($1) order by ticket desc limit $2`
	selectNewestWith = `select ticket from ticket_words where ticket > $3 and words @@ search_query($1) order by ticket desc limit $2`
	guessItalian     = `explain (format json) select from ticket_words where words @@ plainto_tsquery('italian', $1)`
	guessEnglish     = `explain (format json) select from ticket_words where words @@ plainto_tsquery('english', $1)`
	selectReach      = `
select greatest(reltuples::bigint, 0), coalesce((select min(ticket) from ticket_words), 0), coalesce((select max(ticket) from ticket_words), 0)
from pg_class where oid = 'ticket_words'::regclass`

	// PostgreSQL takes for cheap to read the words ticket by ticket, because it does not count what it costs to fetch them;
	// which of the two ways is the cheaper one is decided here.
	readTheirIndex = `set local plan_cache_mode = force_custom_plan; set local enable_seqscan = off; set local enable_indexscan = off; set local enable_bitmapscan = on`
	readNewest     = `set local plan_cache_mode = force_custom_plan; set local enable_seqscan = off; set local enable_indexscan = on; set local enable_bitmapscan = off`
)

// searches are the latest ones, and what they found. The next page of a list is of the same look at the tickets as the first one, so
// nothing is looked up again for it. Safe for concurrent use.
type searches struct {
	mu   sync.Mutex
	list []search // the latest one last
}

type search struct {
	words string
	at    time.Time
	found []tickets.Number
}

const (
	searchesKept = 16               // of 80 kB at most
	searchTime   = 60 * time.Second // after it the next page is looked up anew
)

func (l *searches) keep(words []string, found []tickets.Number) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := strings.Join(words, " ")
	l.list = slices.DeleteFunc(l.list, func(s search) bool { return s.words == key })
	if len(l.list) == searchesKept {
		l.list = slices.Delete(l.list, 0, 1)
	}
	l.list = append(l.list, search{key, time.Now(), found})
}

func (l *searches) of(words []string) ([]tickets.Number, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	key := strings.Join(words, " ")
	i := slices.IndexFunc(l.list, func(s search) bool { return s.words == key && time.Since(s.at) < searchTime })
	if i < 0 {
		return nil, false
	}
	return l.list[i].found, true
}

const (
	newestWithWords = `select ticket, further::int, timestamptz 'epoch', total from search_page($1, $2, $3, $4)`
	countWithWords  = `select count(*)::int from search_known(search_query($1), $2)`
)

// searchedAtMost is where the total of a search for words alone ends: to fetch more tickets, which lie apart, takes longer than to look at
// the newest ones.
const searchedAtMost = 2000

// pageOfWords is the page of a search for words alone, the newest ticket first. No more is looked for than the page holds, whatever
// is found.
func (s *Store) pageOfWords(ctx context.Context, o order, f tickets.Filter) (page paging.Page[tickets.Ticket], err error) {
	below, words := int64(math.MaxInt64), f.Words()
	if o.behind != nil {
		below = o.behind.Number
	}
	_, found, err := s.countedPage(ctx, "", nil, newestWithWords, []any{words, below, paging.Size(f.Limit) + 1, searchedAtMost})
	if err != nil {
		return page, err
	}
	further := len(found) > 0 && found[0].rank > 0
	for i := range found {
		found[i].rank = 0 // an order by number has none
	}
	total := ofSpots(found)
	if len(found) == 0 && o.behind != nil { // what stood on this page is gone
		if total, err = row(ctx, s, "counting what was found", pgx.RowTo[int], countWithWords, words, searchedAtMost+1); err != nil {
			return page, err
		}
		total, further = min(total, searchedAtMost), total > searchedAtMost
	}
	page = pageOf(o, f, found).Counted(total)
	page.More = page.More || further
	return page, nil
}

// found gives the tickets with all of these words, newest first, which nobody changes: what the first page of the list was made of,
// where there is a page before.
func (s *Store) found(ctx context.Context, words []string, goesOn bool) ([]tickets.Number, error) {
	if goesOn {
		if list, known := s.searches.of(words); known {
			return list, nil
		}
	}
	list, err := s.withWords(ctx, words)
	if err == nil {
		s.searches.keep(words, list)
	}
	return list, err
}

// withWords finds the newest tickets with all of these words, and one more than are looked at where there are so many.
// Words that many tickets have are looked for from the newest ticket on, until so many are found; all others in their index.
func (s *Store) withWords(ctx context.Context, words []string) (list []tickets.Number, err error) {
	err = s.within(ctx, "looking words up", func(tx pgx.Tx) error {
		above, many, err := newest(ctx, tx, words)
		if err == nil && many {
			list, err = ticketsWith(ctx, tx, readNewest, selectNewestWith, words, paging.CountedAtMost+1, above)
		}
		if err == nil && len(list) <= paging.CountedAtMost {
			list, err = ticketsWith(ctx, tx, readTheirIndex, selectWithWords, words, paging.CountedAtMost+1)
		}
		return err
	})
	return list, err
}

func ticketsWith(ctx context.Context, tx pgx.Tx, way, sql string, args ...any) ([]tickets.Number, error) {
	if _, err := tx.Exec(ctx, way); err != nil {
		return nil, err
	}
	found, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(found, pgx.RowTo[tickets.Number])
}

// newest tells whether so many tickets have these words, by PostgreSQL's guess, that enough of them are found sooner among the
// newest tickets than by the words' index, and above which number. The guess may be wrong, and then the index is read.
func newest(ctx context.Context, tx pgx.Tx, words []string) (above tickets.Number, many bool, err error) {
	const (
		fetching = 8 // times the cost of looking at a ticket in passing: to find one by the index and fetch it
		margin   = 3 // of the guess
	)
	guess, err := guessed(ctx, tx, words)
	if err != nil || guess <= paging.CountedAtMost {
		return 0, false, err
	}
	var all, first, last int64
	if err := tx.QueryRow(ctx, selectReach).Scan(&all, &first, &last); err != nil {
		return 0, false, err
	}
	share := paging.CountedAtMost / guess // of all tickets, that is passed by
	reach := margin * share * float64(last-first+1)
	return tickets.Number(last - int64(reach)), share*float64(all) < fetching*guess, nil
}

// guessed is how many tickets have the words, by PostgreSQL's guess: the larger of the guesses for the two languages, because
// the forms of one word lie in the same tickets.
func guessed(ctx context.Context, tx pgx.Tx, words []string) (most float64, err error) {
	for _, sql := range []string{guessItalian, guessEnglish} {
		var plan []struct {
			Plan struct {
				Rows float64 `json:"Plan Rows"`
			}
		}
		if err := tx.QueryRow(ctx, sql, strings.Join(words, " ")).Scan(&plan); err != nil {
			return 0, err
		}
		for _, p := range plan {
			most = max(most, p.Plan.Rows)
		}
	}
	return most, nil
}

// putWords keeps what is found by searches: what people wrote, and the names of the customers that the ticket had. A ticket
// with very many words learns no more of them.
func putWords(batch *pgx.Batch, c tickets.Change) {
	said, renamed := []string{}, c.Expect == 0
	for _, e := range c.Events {
		if text := e.Searchable(); text != "" {
			said = append(said, text)
		}
		renamed = renamed || e.Kind == tickets.TermsChanged
	}
	if renamed || len(said) > 0 {
		const longestNumber = 40 // digits
		caller := tickets.Digits(c.Ticket.Caller)
		name, numbers := searchPlain(c.Ticket.Name), []string{fmt.Sprint("#", c.Ticket.Number), "@" + caller[:min(len(caller), longestNumber)]}
		batch.Queue(insertWords, c.Ticket.Number, name, name+" "+searchPlain(strings.Join(said, " ")), numbers)
	}
}

// searchPlain is what the function search_plain makes of a text.
func searchPlain(text string) string { return strings.Join(tickets.Words(text), " ") }

const (
	lockRecording = `select ticket from recordings where id = $1 for key share`

	putTranscript = `
insert into transcripts (recording, ticket, at, engine, language, confidence, begins, ends, texts, confidences, doubtful, left_out)
values ($1, $2, $3, $4, $5, $6, $7::bigint[], $8::bigint[], $9::text[], $10::double precision[], $11::boolean[], $12::text[])
on conflict (recording) do update set at = excluded.at, engine = excluded.engine, language = excluded.language, confidence = excluded.confidence,
	begins = excluded.begins, ends = excluded.ends, texts = excluded.texts, confidences = excluded.confidences, doubtful = excluded.doubtful, left_out = excluded.left_out`

	addHeard = `
update ticket_words set words = words || strip(to_tsvector('italian', $2::text) || to_tsvector('english', $2::text))
where ticket = $1 and length(words) < 20000`

	selectTranscripts = `
select recording, ticket, at, engine, language, confidence, begins, ends, texts, confidences, doubtful, left_out
from transcripts where ticket = $1 order by recording`

	deleteTranscript = `delete from transcripts where recording = $1 returning ticket`

	// gatherAgain forgets what was heard and what nobody says any more: all that is left of the ticket is gathered anew.
	gatherAgain = `
update ticket_words w set words = search_words(t.number, t.name, t.caller, left(
	coalesce((select string_agg(e.text, ' ' order by e.place) from events e where e.ticket = t.number and e.actor <> 'system'), '') || ' ' ||
	coalesce((select string_agg(array_to_string(x.texts, ' '), ' ') from transcripts x where x.ticket = t.number), ''), 100000))
from tickets t where t.number = $1 and w.ticket = t.number`
)

// PutTranscript writes the transcript of a recording that is there, in the place of a former one.
func (s *Store) PutTranscript(ctx context.Context, t transcription.Transcript) error {
	doing := "keeping the transcript of recording " + t.Recording
	begins, ends, texts, confidences, doubtful := []int64{}, []int64{}, []string{}, []float64{}, []bool{}
	for _, g := range t.Segments {
		begins, ends = append(begins, g.From.Milliseconds()), append(ends, g.To.Milliseconds())
		texts, confidences, doubtful = append(texts, g.Text), append(confidences, g.Confidence), append(doubtful, g.Doubtful)
	}
	left := []string{}
	for _, g := range t.Left {
		left = append(left, string(g))
	}
	return s.within(ctx, doing, func(tx pgx.Tx) error {
		var ticket tickets.Number
		if err := tx.QueryRow(ctx, lockRecording, t.Recording).Scan(&ticket); errors.Is(err, pgx.ErrNoRows) {
			return fmt.Errorf("recording %s: %w", t.Recording, storage.ErrNotFound)
		} else if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, putTranscript, t.Recording, ticket, t.At, t.Engine, t.Language, t.Confidence, begins, ends, texts, confidences, doubtful, left); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, addHeard, ticket, searchPlain(t.Text()))
		return err
	})
}

// Transcripts are those of a ticket, by recording.
func (s *Store) Transcripts(ctx context.Context, n tickets.Number) ([]transcription.Transcript, error) {
	return rows(ctx, s, fmt.Sprintf("reading the transcripts of ticket %d", n), scanTranscript, selectTranscripts, n)
}

func scanTranscript(r pgx.CollectableRow) (t transcription.Transcript, err error) {
	var begins, ends []int64
	var texts []string
	var confidences []float64
	var doubtful []bool
	var left []string
	if err = r.Scan(&t.Recording, &t.Ticket, &t.At, &t.Engine, &t.Language, &t.Confidence, &begins, &ends, &texts, &confidences, &doubtful, &left); err != nil {
		return t, err
	}
	t.At = t.At.UTC()
	for i := range texts {
		t.Segments = append(t.Segments, transcription.Segment{
			From: time.Duration(begins[i]) * time.Millisecond, To: time.Duration(ends[i]) * time.Millisecond,
			Text: texts[i], Confidence: confidences[i], Doubtful: doubtful[i],
		})
	}
	for _, g := range left {
		t.Left = append(t.Left, transcription.Guard(g))
	}
	return t, nil
}

// DeleteTranscript removes the transcript of a recording, and its words from searches.
func (s *Store) DeleteTranscript(ctx context.Context, recording string) error {
	return s.within(ctx, "removing the transcript of recording "+recording, func(tx pgx.Tx) error {
		var ticket tickets.Number
		if err := tx.QueryRow(ctx, deleteTranscript, recording).Scan(&ticket); errors.Is(err, pgx.ErrNoRows) {
			return nil
		} else if err != nil {
			return err
		}
		_, err := tx.Exec(ctx, gatherAgain, ticket)
		return err
	})
}
