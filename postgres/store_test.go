package postgres

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"hotline/cdr"
	"hotline/postgres/local"
	"hotline/storage"
	"hotline/tickets"
)

func TestMain(m *testing.M) {
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "hotline-test-")
		if err == nil {
			err = os.Chmod(dir, 0o755)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		s, err := local.Start(context.Background(), local.Config{Dir: filepath.Join(dir, "cluster"), Throwaway: true})
		if err != nil {
			fmt.Fprintln(os.Stderr, "these tests need PostgreSQL:", err)
			return 1
		}
		defer s.Stop()
		if err := errors.Join(os.Setenv("HOTLINE_TEST_SERVER", s.URL()), migrateTemplate(s.URL())); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

// template is a database whose schema is up to date, and which nobody uses: a copy of it costs a fraction of what migrating an empty
// one does.
const template = "migrated"

func migrateTemplate(server string) error {
	ctx := context.Background()
	admin, err := pgx.Connect(ctx, server)
	if err != nil {
		return err
	}
	defer admin.Close(ctx)
	if _, err := admin.Exec(ctx, "create database "+template); err != nil {
		return err
	}
	s, err := Open(ctx, databaseOf(server, template), Config{})
	if err != nil {
		return err
	}
	s.Close()
	return nil
}

// databaseOf is where a database of the tests' server is reached.
func databaseOf(server, name string) string {
	return strings.Replace(server, "@/postgres", "@/"+name, 1)
}

// fresh makes a database whose schema is up to date, and opens it.
func fresh(t testing.TB) *Store {
	t.Helper()
	s, err := Open(t.Context(), createDatabase(t, template), Config{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// freshURL makes a database without a schema.
func freshURL(t testing.TB) string {
	t.Helper()
	return createDatabase(t, "template1")
}

func createDatabase(t testing.TB, like string) string {
	t.Helper()
	base := os.Getenv("HOTLINE_TEST_SERVER")
	admin, err := pgx.Connect(t.Context(), base)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(t.Context())
	name := "t" + regexp.MustCompile(`[^a-z0-9]`).ReplaceAllString(strings.ToLower(t.Name()), "")
	name = name[:min(40, len(name))] + fmt.Sprintf("_%08x_%d", crc32.ChecksumIEEE([]byte(t.Name())), os.Getpid())
	if _, err := admin.Exec(t.Context(), "create database "+pgx.Identifier{name}.Sanitize()+" template "+like); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dropDatabase(t, base, name) })
	return databaseOf(base, name)
}

// dropDatabase gives the room of a database back: those of all tests together take gigabytes.
func dropDatabase(t testing.TB, server, name string) {
	ctx := context.WithoutCancel(t.Context())
	admin, err := pgx.Connect(ctx, server)
	if err != nil {
		t.Error(err)
		return
	}
	defer admin.Close(ctx)
	if _, err := admin.Exec(ctx, "drop database "+pgx.Identifier{name}.Sanitize()+" with (force)"); err != nil {
		t.Error(err)
	}
}

func TestHistoryCannotBeChangedEvenByHand(t *testing.T) {
	s := fresh(t)
	for _, sql := range []string{"delete from events", "update events set text = 'x'", "truncate events"} {
		if _, err := s.pool.Exec(t.Context(), sql); err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", sql, err)
		}
	}
}

func TestTwoProgramsMayMigrateAtOnce(t *testing.T) {
	url, errs := freshURL(t), make(chan error, 3)
	for range 3 {
		go func() {
			s, err := Open(context.Background(), url, Config{})
			if err == nil {
				s.Close()
			}
			errs <- err
		}()
	}
	for range 3 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestASchemaOfTheFutureIsRefused(t *testing.T) {
	url := freshURL(t)
	s, err := Open(t.Context(), url, Config{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.pool.Exec(t.Context(), "insert into goose_db_version (version_id, is_applied) values (999, true)")
	s.Close()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), url, Config{}); !errors.Is(err, ErrTooNew) {
		t.Errorf("opening it: %v", err)
	}
}

func TestADatabaseThatIsDownSaysSo(t *testing.T) {
	s := fresh(t)
	s.Close()
	_, err := s.Ticket(t.Context(), 417)
	if !errors.Is(err, storage.ErrDown) {
		t.Errorf("reading: %v", err)
	}
	if _, err := Open(t.Context(), "postgres://nobody@127.0.0.1:1/none", Config{}); !errors.Is(err, storage.ErrDown) {
		t.Errorf("opening: %v", err)
	}
	if _, err := Open(t.Context(), "postgres://u:secret@host:bad/none", Config{}); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("a bad URL: %v", err)
	}
}

func TestRecordsOfCallsAreWrittenTogetherOrNotAtAll(t *testing.T) {
	s := fresh(t)
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	err := s.PutCalls(t.Context(), cdr.Call{ID: "a", Started: at}, cdr.Call{ID: "b", From: "no text\x00", Started: at})
	if page, listing := s.Calls(t.Context(), cdr.Filter{}); err == nil || errors.Is(err, storage.ErrDown) || page.Total != 0 || listing != nil {
		t.Errorf("a record that cannot be kept: %v, and %d records stand, %v", err, page.Total, listing)
	}
}

// TestEveryStatementFitsTheSchema prepares each constant statement of the package.
func TestEveryStatementFitsTheSchema(t *testing.T) {
	s := fresh(t)
	whole := []string{insertTicket, updateTicket, insertClock, insertRecording, insertEvent, insertWork, deleteClocks, deleteRecordings,
		knownEvent, knownTicket, selectHistory, leaseNumbers, insertAccess, selectTickets, selectTickets + whereNumber,
		selectTickets + whereOpen, claimDue, selectTerms, insertTerms, selectTickets + whereNumbers, countFacets, countAll, openedBetween, insertWords, selectWithWords, newestWithWords, countWithWords, selectNewestWith, selectReach, lockRiver, selectRecording,
		selectDocument, selectDocuments, insertDocument, updateDocument, standing, lastRemoved, lockDocuments, namesOf, selectBook, selectOnCall, selectEdits, selectNewest, deleteDocument, knownDocument, endPIN, insertPIN,
		selectPINs, usedPIN, upsertCalls, selectCall, addLadders, selectLadder, deleteLadders, insertLeg, selectLegs, selectCallsOf, insertToken, selectToken, listTokens, useToken, deleteToken, insertReply, selectReply, deleteReply, selectAccess, insertPrompt, deletePrompts, promptsBehind, promptVersions, insertSpendings, selectSpendings, deleteSpendings,
		insertFlow, selectFlows, selectFact, upsertFact, selectWork, finishWork,
		selectUser, selectUsers, insertUser, updateUser, endSessions, sessionOwner, putSession, forgetSessions, selectHolder, spendLogin, forgetLogins, selectSession, endSession, endOthers, selectInstallation, insertInstallation, updateInstallation, moveProblems, dueInstallations, namedProblems, knownProblems, dueProblems, forgetProblems, putProblem,
		insertErased, forgetReplies, lockHolds, contractHeld, holdEngineer, hasTicket, insertHeld, deleteHeld, selectErased, selectErasures, selectRecorded, insertAccessFound, insertHold, selectHolds,
		lockAttachments, knownAttachment, weighAttachments, insertAttachment, selectAttachments, selectAttachment, deleteAttachment,
		insertDraft, updateDraft, removeDraft, dropDraft, selectDraft, forgetDrafts, putTab, forgetTabs, endTab, selectTabs,
		lockEngaged, engage, selectEngaged, deleteEngaged, renewEngaged, deleteNotEngaged,
		selectBeat, selectBeats, selectBeatOf, insertBeat, updateBeat, deleteBeat, dueBeats, putListened, forgetListened, selectListening, addOutgoing, selectOutgoing, listOutgoing, countOutgoing,
		dueEndpoints, claimOutgoing, behindOutgoing, leadOutgoing, joinOutgoing, putOutgoing, hastenOutgoing, requeueOutgoing, forgetOutgoing, deleteOutgoingOf, selectInstalledOf, lockRecording, putTranscript, addHeard, selectTranscripts, deleteTranscript,
		gatherAgain, selectMail, insertMail, doneMail, mailsWith, mailsFrom, mailsLast, mailsFiled, settleMail, claimReceipt, markAddress, clearAddress, badAddresses, selectAgent, selectAgents, insertAgent, updateAgent, clearAgent,
		forgetCodes, putCode, lockCode, countTry, dropCode, forgetCustomers, putCustomer, selectCustomerSession, deleteCustomerSession, forgetLinks, putLink, selectLink, revokeLinksOff, insertAudit, deleteAudit, selectAudit,
		selectAuditedSound, noteRelease, problemsNamed, insertNotice, claimNotices, updateNotice, selectNotices,
		putLease, forgetLeases, rescueWork, insertStatement, claimStatement, updateStatement, selectStatements, selectLetters}
	conn, err := s.pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Release()
	for i, sql := range whole {
		if _, err := conn.Conn().Prepare(t.Context(), fmt.Sprint("s", i), sql); err != nil {
			t.Errorf("%v in %s", err, sql)
		}
	}
	if found := statements(t); found != len(whole)-4 { // where... pieces are prepared with what they belong to, and prompts are selected in two ways
		t.Errorf("the package has %d statements, %d are prepared here", found, len(whole)-4)
	}
}

// statements counts the SQL constants of this package.
func statements(t *testing.T) int {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	sql, n := regexp.MustCompile("= `\\s*(select|insert|update|delete|with added as) "), 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		n += len(sql.FindAll(text, -1))
	}
	return n
}

// TestDueWorkOutlastsTheProgram enqueues with one program, which ends, and does the work with the next one.
func TestDueWorkOutlastsTheProgram(t *testing.T) {
	url := freshURL(t)
	first, err := Open(t.Context(), url, Config{})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	err = first.Apply(t.Context(), tickets.Change{
		Ticket: tickets.Ticket{Number: 417, Version: 1, State: tickets.Open, OpenedAt: at},
		Events: []tickets.Event{{ID: "a", Ticket: 417, At: at, Kind: tickets.Opened}},
		Work:   []tickets.Work{{ID: "escalate-417", Kind: "escalate", Ticket: 417, Due: at, Facts: map[string]string{"why": "nobody"}}},
	})
	first.Close()
	if err != nil {
		t.Fatal(err)
	}
	next, err := Open(t.Context(), url, Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var done []tickets.Work
	err = next.Run(ctx, func(_ context.Context, w tickets.Work) error {
		done = append(done, w)
		cancel()
		return nil
	})
	if err != nil || len(done) != 1 || done[0].ID != "escalate-417" || done[0].Facts["why"] != "nobody" || !done[0].Due.Equal(at) {
		t.Errorf("the next program did %+v, %v", done, err)
	}
}
