package memory_test

import (
	"testing"

	"hotline/agent/receiver"
	"hotline/attachments"
	"hotline/audit/audittest"
	"hotline/bridge/twins"
	"hotline/bridge/twins/twinstest"
	"hotline/budgets"
	"hotline/cdr"
	"hotline/company"
	"hotline/company/companytest"
	"hotline/drafts"
	"hotline/evosupport"
	"hotline/evosupport/news/newstest"
	"hotline/heartbeat"
	"hotline/idempotency"
	"hotline/intake"
	"hotline/ivr/versions"
	"hotline/mail"
	"hotline/memory"
	"hotline/notify/statement/statementtest"
	"hotline/oncall"
	"hotline/outbox"
	"hotline/portal/access"
	"hotline/portal/access/accesstest"
	"hotline/presence"
	"hotline/prompts/replaced"
	"hotline/storage"
	"hotline/storage/storagetest"
	"hotline/tickets/ticketstest"
	"hotline/tokens"
	"hotline/users"
)

func TestTheTwinKeepsTheRulesOfEveryStore(t *testing.T) {
	t.Run("tickets", func(t *testing.T) {
		ticketstest.Run(t, func(t *testing.T) ticketstest.Store { return memory.New(417) })
	})
	t.Run("desk", func(t *testing.T) {
		ticketstest.Desk(t, func(t *testing.T) ticketstest.DeskStore { return memory.New(417) })
	})
	t.Run("statistics", func(t *testing.T) {
		ticketstest.Statistics(t, func(t *testing.T) ticketstest.StatisticsStore { return memory.New(417) })
	})
	t.Run("directory", func(t *testing.T) {
		storagetest.Directory(t, func(t *testing.T) storagetest.DirectoryStore { return memory.New(417) })
	})
	t.Run("oncall", func(t *testing.T) {
		storagetest.Oncall(t, func(t *testing.T) storagetest.StaffStore { return memory.New(417) })
	})
	t.Run("calls", func(t *testing.T) { storagetest.Calls(t, func(t *testing.T) cdr.Store { return memory.New(417) }) })
	t.Run("tokens", func(t *testing.T) { storagetest.Tokens(t, func(t *testing.T) tokens.Store { return memory.New(417) }) })
	t.Run("portal", func(t *testing.T) { accesstest.Store(t, func(t *testing.T) access.Store { return memory.New(417) }) })
	t.Run("twins", func(t *testing.T) { twinstest.Store(t, func(t *testing.T) twins.Store { return memory.New(417) }) })
	t.Run("users", func(t *testing.T) { storagetest.Users(t, func(t *testing.T) users.Store { return memory.New(417) }) })
	t.Run("replies", func(t *testing.T) {
		storagetest.Replies(t, func(t *testing.T) idempotency.Store { return memory.New(417) })
	})
	t.Run("flows", func(t *testing.T) { storagetest.Flows(t, func(t *testing.T) versions.Store { return memory.New(417) }) })
	t.Run("budgets", func(t *testing.T) {
		storagetest.Budgets(t, func(t *testing.T) budgets.Store { return memory.New(417) })
	})
	t.Run("engaged", func(t *testing.T) {
		storagetest.Engagements(t, func(t *testing.T) oncall.Engagements { return memory.New(417) })
	})
	t.Run("alerts", func(t *testing.T) { storagetest.Alerts(t, func(t *testing.T) intake.Store { return memory.New(417) }) })
	t.Run("agents", func(t *testing.T) {
		storagetest.Agents(t, func(t *testing.T) receiver.Store { return memory.New(417) })
	})
	t.Run("heartbeats", func(t *testing.T) {
		storagetest.Heartbeats(t, func(t *testing.T) heartbeat.Store { return memory.New(417) })
	})
	t.Run("attachments", func(t *testing.T) {
		storagetest.Attachments(t, func(t *testing.T) attachments.Store { return memory.New(417) })
	})
	t.Run("house", func(t *testing.T) { companytest.Store(t, func(t *testing.T) company.Store { return memory.New(417) }) })
	t.Run("drafts", func(t *testing.T) { storagetest.Drafts(t, func(t *testing.T) drafts.Store { return memory.New(417) }) })
	t.Run("presence", func(t *testing.T) {
		storagetest.Presence(t, func(t *testing.T) presence.Store { return memory.New(417) })
	})
	t.Run("outbox", func(t *testing.T) { storagetest.Outbox(t, func(t *testing.T) outbox.Store { return memory.New(417) }) })
	t.Run("evo support", func(t *testing.T) {
		storagetest.EvoSupport(t, func(t *testing.T) evosupport.Store { return memory.New(417) })
	})
	t.Run("news", func(t *testing.T) { newstest.Run(t, func(t *testing.T) newstest.Store { return memory.New(417) }) })
	t.Run("statements", func(t *testing.T) {
		statementtest.Run(t, func(t *testing.T) statementtest.Store { return memory.New(417) })
	})
	t.Run("mails", func(t *testing.T) { storagetest.Mails(t, func(t *testing.T) mail.Store { return memory.New(417) }) })
	t.Run("prompts", func(t *testing.T) {
		storagetest.Prompts(t, func(t *testing.T) replaced.Store { return memory.New(417) })
	})
	t.Run("transcripts", func(t *testing.T) {
		storagetest.Transcripts(t, func(t *testing.T) storagetest.Transcribed { return memory.New(417) })
	})
	t.Run("audit", func(t *testing.T) {
		audittest.Run(t, func(t *testing.T) audittest.Store { return memory.New(417) })
	})
	t.Run("facts", func(t *testing.T) { storagetest.Facts(t, func(t *testing.T) storage.Facts { return memory.New(417) }) })
}
