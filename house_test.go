// Package hotline_test holds the laws of the house: who may import whom, and how the code is kept.
package hotline_test

import (
	"go/ast"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"
)

// allowed is the import table of docs/architecture.md: a room, and the rooms below it that it may touch. A room that is
// named with a trailing "/..." stands for its inner rooms too. Everything that is not allowed is forbidden; forbidden
// names the edges that people will be tempted to draw, each with its reason.
var allowed = map[string][]string{
	"sla":                          {"ical", "validation"},
	"ical":                         {},
	"prompts":                      {},
	"company":                      {"prompts"},
	"company/companytest":          {"company", "storage", "storage/storagetest/check"},
	"sip":                          {"sip/body", "sip/capture", "sip/cseq", "sip/digest", "sip/guard", "sip/header", "sip/resolver", "sip/syntax", "sip/transport", "sip/trunk"},
	"media":                        {"media/..."},
	"strictyaml":                   {},
	"intake":                       {"directory", "limits", "sla", "storage", "tickets", "validation"},
	"intake/format":                {"intake", "limits", "intake/snmp", "intake/syslog"},
	"heartbeat":                    {"directory", "intake", "limits", "sla", "storage", "audit"},
	"evosupport":                   {"directory", "sla", "storage", "tickets"},
	"admin/evo":                    {"admin/letters", "admin/document", "admin/operation", "admin/problem", "admin/report", "directory", "evosupport", "tickets", "evosupport/news"},
	"outbox":                       {"limits", "sla", "storage", "tickets", "audit"},
	"outbox/send":                  {"limits", "outbox"},
	"bridge":                       {"alarm", "bridge/states", "bridge/twins", "bridge/zammad", "directory", "limits", "outbox", "storage", "tickets", "tickets/turns"},
	"bridge/states":                {"tickets"},
	"bridge/twins":                 {"tickets"},
	"bridge/twins/twinstest":       {"bridge/twins", "storage", "storage/storagetest/check", "tickets"},
	"bridge/zammad":                {"limits"},
	"bridge/bridgetest":            {"bridge/zammad"},
	"admin/bridged":                {"admin/operation", "bridge", "tickets"},
	"outbox/push":                  {"atomicfile", "limits", "outbox", "prompts", "prompts/written"},
	"admin/outgoing":               {"admin/document", "admin/operation", "admin/problem", "outbox", "outbox/send", "sla", "storage"},
	"heartbeat/ping":               {"heartbeat", "sip/ratelimit", "storage"},
	"admin/heartbeats":             {"admin/document", "admin/operation", "admin/problem", "heartbeat", "intake"},
	"admin/voice":                  {"admin/operation", "admin/problem", "admin/schema", "prompts", "prompts/replaced", "speech", "speech/upload", "speech/upload/pack"},
	"admin/alerts":                 {"admin/document", "admin/operation", "admin/problem", "directory", "heartbeat", "intake", "intake/format", "sla", "storage", "tickets", "agent/receiver", "validation"},
	"limits":                       {},
	"numbers":                      {},
	"tickets":                      {"limits", "sla", "tickets/turns", "prompts", "prompts/written", "budgets", "directory", "paging", "storage", "audit"},
	"oncall":                       {"sla", "validation"},
	"admin/files":                  {"admin/operation", "admin/problem", "attachments", "tickets"},
	"admin/transcripts":            {"admin/operation", "tickets", "transcription"},
	"transcription":                {"tickets"},
	"transcription/engine":         {"backend", "media/vad", "media/wav", "prompts", "speech", "storage", "tickets", "transcription"},
	"mail":                         {"directory", "sla", "tickets", "audit"},
	"mail/parse":                   {"limits", "mail"},
	"mail/authentic":               {"mail"},
	"mail/smtpd":                   {"sip/ratelimit", "limits", "mail"},
	"mail/inbox":                   {"atomicfile", "directory", "limits", "mail", "mail/parse", "mail/smtpd", "storage", "tickets", "attachments"},
	"agent":                        {"agent/probe", "agent/protocol", "agent/spool", "atomicfile", "secretfile", "strictyaml"},
	"agent/protocol":               {"limits"},
	"agent/probe":                  {"agent/protocol", "limits"},
	"agent/spool":                  {"agent/protocol", "atomicfile"},
	"agent/receiver":               {"agent/protocol", "directory", "evosupport", "intake", "sip/ratelimit", "storage"},
	"admin/agents":                 {"admin/document", "admin/operation", "admin/problem", "agent/protocol", "agent/receiver", "heartbeat", "agent/keys"},
	"portal":                       {"budgets", "directory", "idempotency", "notify", "portal/access", "prompts", "prompts/written", "sip/ratelimit", "sla", "storage", "tickets", "tickets/turns", "web/ui", "attachments", "browser", "ivr"},
	"browser":                      {"cdr", "directory", "ivr", "line", "media", "media/rtp", "media/udp", "sip/ratelimit"},
	"portal/access":                {"audit", "directory", "tickets"},
	"admin/links":                  {"admin/operation", "admin/problem", "portal/access", "tickets"},
	"intake/listener":              {"intake", "limits", "sip/ratelimit", "storage"},
	"intake/listener/listenertest": {"intake", "intake/listener"},
	"intake/snmp":                  {"intake", "intake/listener", "sip/ratelimit", "strictyaml"},
	"certificate":                  {},
	"backend":                      {"secretfile"},
	"secretfile":                   {},
	"intake/syslog":                {"certificate", "intake", "intake/listener", "limits", "sip/ratelimit"},

	"sla/oracle":                  {}, // the reference of the proof must not know what it proves
	"oncall/rota":                 {"ical", "oncall", "sla", "validation"},
	"oncall/rota/oracle":          {}, // this one too
	"prove":                       {},
	"logtest":                     {},
	"web/hostiletest":             {},
	"oncall/escalation":           {"oncall", "oncall/rota", "sla", "validation"},
	"oncall/readiness":            {"oncall", "oncall/escalation", "oncall/rota"},
	"oncall/replay":               {"oncall", "oncall/escalation"},
	"oncall/load":                 {"cdr", "oncall", "oncall/escalation", "oncall/rota", "paging", "sla", "storage"},
	"storage":                     {},
	"validation":                  {},
	"audit":                       {"paging"},
	"audit/audittest":             {"audit", "directory", "paging", "sla", "storage", "storage/storagetest/check", "tickets", "tokens", "users"},
	"admin/auditlog":              {"admin/operation", "admin/problem", "audit", "paging"},
	"web/auditlog":                {"admin/report", "audit", "paging", "users", "web/ui"},
	"paging":                      {},
	"sealed":                      {},
	"directory":                   {"directory/persistent", "sla", "storage"},
	"directory/persistent":        {},
	"budgets":                     {"directory"},
	"cdr":                         {"directory", "paging", "tickets"},
	"tokens":                      {"audit", "validation"},
	"users":                       {"audit"},
	"users/password":              {},
	"users/second":                {},
	"users/oidc":                  {"circuitbreaker", "users"},
	"users/oidc/oidctest":         {},
	"web/faults":                  {"directory", "directory/entry", "evosupport", "prompts", "storage", "users", "web/ui", "web/form"},
	"web/pronunciation":           {"directory", "limits", "oncall", "prompts", "users", "web/form", "web/ui"},
	"web/signon":                  {"storage", "users", "users/oidc", "web/ui"},
	"listening":                   {"paging", "storage", "tickets"},
	"prompts/translation":         {"prompts", "prompts/written"},
	"web/setup":                   {"cdr", "directory", "company", "prompts", "oncall", "sla", "storage", "tickets", "users", "web/ui", "directory/entry", "numbers", "prompts/translation"},
	"web/access":                  {"admin/access", "directory", "oncall", "storage", "tokens", "users", "validation", "web/form", "web/ui", "audit"},
	"web/live":                    {"dispatch/chains", "sla", "tickets"},
	"web":                         {"web/letters", "notify/mailing", "cdr", "directory", "dispatch/chains", "listening", "numbers", "oncall", "oncall/escalation", "paging", "prompts", "prompts/written", "sip/ratelimit", "sla", "storage", "tickets", "tickets/turns", "users", "users/password", "users/second", "tickets/statistics", "attachments", "drafts", "presence", "web/access", "web/files", "web/waveform", "web/editing", "web/calendars", "web/imports", "web/live", "web/reports", "web/ui", "web/setup", "web/schedules", "tokens", "ivr/try", "ivr/versions", "web/flows", "prompts/replaced", "speech/upload", "web/voices", "outbox", "web/outgoing", "evosupport", "evosupport/news", "heartbeat", "intake", "agent/receiver", "web/alerts", "web/heartbeats", "web/evo", "transcription", "audit", "web/auditlog", "users/oidc", "web/signon", "web/pronunciation", "web/faults", "oncall/readiness", "agent/keys", "mail", "web/agents", "web/mails", "bridge", "web/webpush", "web/masterdata", "sip/ladder", "prompts/translation", "web/rotas", "web/policies", "web/contacts", "web/resubmit"},
	"web/editing":                 {"drafts", "presence", "storage", "tickets", "users", "web/ui"},
	"web/waveform":                {"media/wav", "storage", "tickets", "users", "web/ui"},
	"web/files":                   {"attachments", "storage", "tickets", "users", "web/ui"},
	"web/outgoing":                {"outbox", "outbox/send", "sla", "storage", "users", "web/form", "web/ui"},
	"web/resubmit":                {},
	"web/form":                    {"directory/entry", "storage", "web/ui", "prompts/translation", "validation", "audit"},
	"web/form/fields":             {"oncall", "oncall/escalation", "oncall/rota", "prompts", "sla", "web/form", "web/ui"},
	"web/alerts":                  {"directory", "intake", "intake/format", "sla", "storage", "users", "web/form", "web/ui"},
	"web/heartbeats":              {"heartbeat", "intake", "users", "web/form", "web/ui"},
	"admin/letters":               {"admin/operation", "directory", "notify/mailing"},
	"web/letters":                 {"directory", "notify/mailing", "users", "web/ui"},
	"web/evo":                     {"notify/mailing", "admin/report", "directory", "evosupport", "evosupport/news", "storage", "tickets", "users", "web/form", "web/ui"},
	"web/webpush":                 {"limits", "oncall", "outbox", "outbox/push", "storage", "users", "web/ui", "prompts/translation"},
	"web/calendars":               {"directory", "directory/entry", "sla", "storage", "tickets", "users", "web/ui", "web/impact", "web/form"},
	"web/impact":                  {"directory", "tickets", "web/ui"},
	"web/masterdata":              {"directory", "directory/entry", "numbers", "oncall", "prompts", "sla", "storage", "tickets", "users", "web/form", "web/form/fields", "web/ui", "web/impact"},
	"web/rotas":                   {"directory", "oncall", "oncall/escalation", "oncall/readiness", "oncall/rota", "sla", "storage", "tickets", "users", "web/form", "web/form/fields", "web/ui"},
	"web/policies":                {"directory", "directory/entry", "numbers", "oncall", "oncall/escalation", "oncall/rota", "sla", "storage", "tickets", "users", "web/form", "web/form/fields", "web/ui"},
	"web/contacts":                {"oncall", "oncall/escalation", "oncall/pins", "oncall/rota", "sla", "storage", "tickets", "users", "web/form", "web/form/fields", "web/ui"},
	"web/imports":                 {"admin/report", "directory", "directory/entry", "numbers", "prompts", "prompts/written", "sla", "storage", "tickets", "users", "web/ui"},
	"directory/entry":             {"directory", "limits", "numbers", "sla", "storage", "validation"},
	"web/flows":                   {"ivr", "ivr/try", "ivr/versions", "prompts", "storage", "strictyaml", "tickets", "users", "web/ui", "prompts/translation"},
	"web/voices":                  {"prompts", "prompts/replaced", "speech", "speech/upload", "speech/upload/pack", "storage", "users", "web/ui"},
	"web/schedules":               {"admin/report", "cdr", "ical", "oncall", "oncall/escalation", "oncall/load", "oncall/readiness", "oncall/rota", "paging", "sla", "storage", "tickets", "users", "web/form", "web/ui", "prompts/translation", "validation", "audit"},
	"web/ui":                      {"admin/middleware", "prompts", "prompts/written", "users", "prompts/translation"},
	"web/reports":                 {"admin/report", "cdr", "directory", "sla", "storage", "tickets", "tickets/statistics", "users", "web/ui"},
	"storage/stored":              {"company", "prompts", "agent/protocol", "agent/receiver", "evosupport", "outbox", "cdr", "directory", "heartbeat", "intake", "ivr/versions", "oncall", "oncall/escalation", "oncall/rota", "sla", "tickets", "audit"},
	"idempotency":                 {},
	"ivr/versions":                {},
	"storage/storagetest/check":   {},
	"storage/storagetest":         {"attachments", "drafts", "presence", "storage/storagetest/check", "budgets", "cdr", "directory", "heartbeat", "idempotency", "intake", "ivr/versions", "oncall", "oncall/escalation", "oncall/rota", "paging", "sla", "storage", "tickets", "tokens", "users", "prompts", "prompts/replaced", "outbox", "evosupport", "transcription", "mail", "agent/protocol", "agent/receiver"},
	"portal/access/accesstest":    {"portal/access", "storage", "storage/storagetest/check", "tickets"},
	"tickets/statistics":          {"directory", "sla", "tickets"},
	"prompts/...":                 {"prompts"},
	"prompts/readback":            {"media/g711", "media/wav", "prompts", "prompts/packs"},
	"prompts/written/writtentest": {"prompts", "prompts/written"},
	"media/...":                   {},
	"media/udp":                   {"localroute"},
	"localroute":                  {},
	"media/sdp":                   {"media/g711", "media/rtp", "media/srtp"},
	"media/rtp":                   {"media/g711"},
	"media/amd":                   {"media/vad"},
	"media/wav":                   {"media/g711"},
	"media/mix":                   {"media/g711"},
	"media/mediatest":             {"media", "media/g711", "media/udp"},
	"sip/...":                     {},
	"sip/syntax":                  {"sip/body"},
	"sip/header":                  {"sip/body", "sip/syntax"},
	"sip/hep":                     {"sip/capture"},
	"sip/ladder":                  {"sip/capture"},
	"sip/guard":                   {"sip/body", "sip/capture", "sip/ratelimit", "sip/syntax"},
	"sip/digest":                  {"sip/header", "sip/ratelimit"},
	"sip/transport":               {"certificate", "localroute", "sip/guard", "sip/resolver", "sip/syntax"},
	"sip/trunk":                   {"sip/digest", "sip/guard", "sip/header", "sip/resolver", "sip/syntax", "sip/transport"},
	"admin/document":              {"admin/problem", "audit", "storage", "tickets/turns"},
	"admin/operation":             {"admin/document"},
	"attachments":                 {"sealed", "tickets"},
	"drafts":                      {"tickets"},
	"presence":                    {"tickets"},
	"tickets/turns":               {}, // one after the other, whatever it is
	"tickets/ticketstest":         {"storage/storagetest/check", "tickets", "oncall", "sla", "directory", "paging", "storage", "tickets/statistics"},
	"ivr":                         {"alarm", "tickets", "sla", "prompts", "strictyaml", "directory"},
	"ivr/...":                     {"ivr", "tickets", "sla", "prompts", "memory", "directory"},
	"ivr/console":                 {"alarm", "directory", "dispatch/cover", "ivr", "oncall", "oncall/duty", "oncall/pins", "oncall/ring", "paging", "prompts", "prompts/replaced", "sla", "storage", "tickets"},
	"ivr/ivrtest":                 {"alarm", "directory", "dispatch/cover", "ivr", "ivr/console", "memory", "oncall", "oncall/duty", "oncall/pins", "oncall/ring", "prompts", "prompts/replaced", "sla", "storage", "tickets"},
	"oncall/pins":                 {"budgets", "directory", "oncall", "storage"},
	"oncall/ring":                 {"tickets", "sla", "oncall", "oncall/escalation", "oncall/ring/recorded", "prompts", "cdr"},
	"oncall/ring/recorded":        {"prompts", "tickets"},
	"line/processor":              {},
	"line":                        {"line/processor", "limits", "localroute", "ivr", "oncall/ring", "oncall/ring/recorded", "sip", "media", "media/amd", "media/dtmf", "media/g711", "media/sdp", "prompts", "tickets", "cdr"},
	"memory":                      {"notify/mailing", "notify/statement", "company", "attachments", "drafts", "presence", "heartbeat", "intake", "tickets", "sla", "oncall", "budgets", "cdr", "directory", "idempotency", "ivr/versions", "paging", "storage", "tickets/statistics", "tokens", "oncall/escalation", "oncall/rota", "users", "prompts", "prompts/replaced", "outbox", "evosupport", "transcription", "mail", "agent/receiver", "portal/access", "audit", "evosupport/news", "memory/bridged", "bridge/twins"},
	"postgres":                    {"notify/mailing", "notify/statement", "company", "attachments", "drafts", "presence", "heartbeat", "intake", "tickets", "sla", "oncall", "budgets", "cdr", "directory", "idempotency", "ivr/versions", "paging", "storage", "storage/stored", "tickets/statistics", "tokens", "oncall/escalation", "oncall/rota", "postgres/backfill", "postgres/months", "users", "prompts", "prompts/replaced", "outbox", "evosupport", "transcription", "mail", "agent/receiver", "portal/access", "audit", "evosupport/news", "postgres/bridged"},
	"postgres/backfill":           {},
	"postgres/bridged":            {"bridge/twins", "storage", "tickets"},
	"memory/bridged":              {"bridge/twins", "storage", "tickets"},
	"postgres/months":             {"cdr", "directory", "sla", "storage/stored", "tickets", "tickets/statistics"},
	"postgres/local":              {},
	"journal":                     {"atomicfile", "storage", "storage/stored", "tickets"},
	"numberlease":                 {"atomicfile", "circuitbreaker", "tickets"},
	"spool":                       {"media/g711", "media/wav", "sealed", "storage"},
	"atomicfile":                  {},
	"phone":                       {"sip", "media", "media/g711", "media/udp"},
	"notify":                      {"certificate", "tickets", "sla", "prompts/written", "prompts/translation"},
	"phone/load":                  {"media/g711", "media/wav"},
	"admin/access":                {"admin/problem", "storage", "tokens", "audit"},
	"app/connections":             {},
	"admin":                       {"admin/letters", "notify/mailing", "admin/evo", "numbers", "admin/alerts", "admin/heartbeats", "admin/outgoing", "heartbeat", "intake", "outbox", "admin/access", "admin/document", "admin/files", "admin/operation", "admin/report", "attachments", "tickets", "sla", "oncall", "prompts", "prompts/written", "strictyaml", "admin/schema", "admin/diagnostics", "admin/idempotency", "admin/metrics", "admin/middleware", "admin/problem", "cdr", "directory", "directory/entry", "idempotency", "ivr/versions", "paging", "storage", "tickets/statistics", "tokens", "admin/schedules", "oncall/escalation", "oncall/pins", "admin/calling", "dispatch/chains", "listening", "admin/voice", "prompts/replaced", "admin/transcripts", "transcription", "admin/agents", "agent/receiver", "admin/links", "portal/access", "audit", "admin/auditlog", "evosupport/news", "admin/bridged", "validation"},
	"admin/schema":                {"admin/problem", "limits", "prompts", "prompts/written", "sla"},
	"admin/problem":               {"oncall", "sla", "tickets", "storage", "tickets/statistics"},
	"admin/idempotency":           {"admin/problem", "idempotency"},
	"admin/diagnostics":           {"admin/problem"},
	"admin/middleware":            {"admin/problem"},
	"admin/metrics":               {"sla", "tickets"},
	"admin/report":                {"oncall/load", "sla", "prompts", "prompts/written", "tickets/statistics"},
	"config":                      {"secretfile", "numbers", "tickets", "sla", "prompts", "strictyaml", "users", "bridge/states"},
	"app":                         {"..."},
	"speech":                      {"backend", "media/g711", "media/wav", "prompts", "prompts/packs", "prompts/studio", "prompts/written"},
	"speech/recording":            {"audit", "ivr/console", "oncall", "prompts", "prompts/replaced", "speech/upload"},
	"speech/upload/pack":          {"media/g711", "media/wav", "prompts", "prompts/replaced", "speech", "speech/upload"},
	"speech/upload":               {"media/g711", "prompts", "prompts/replaced", "prompts/studio", "speech", "storage"},
	"app/settings":                {"atomicfile", "config", "company", "prompts", "sealed", "storage/stored", "audit"},
	"app/spoken":                  {"config", "prompts", "speech", "directory", "oncall", "sla"},
	"app/show":                    {"phone", "media/g711", "media/likeness", "media/wav", "prompts", "prompts/packs"},
	"cmd/hotline":                 {"agent", "evosupport", "limits", "intake", "intake/format", "strictyaml", "app", "app/...", "config", "ivr", "ivr/...", "phone/load", "prompts", "prompts/written", "datadir", "sla", "spool", "users"},
	"cmd/bench":                   {"agent/protocol", "line/processor", "phone", "phone/load", "prompts", "prompts/packs", "media/g711", "sealed", "spool"},
	"cmd/...":                     {"prompts", "prompts/...", "media/g711", "speech"},

	"alarm":              {},
	"circuitbreaker":     {},
	"callstore":          {"circuitbreaker", "tickets", "directory", "storage"},
	"calls":              {"limits", "tickets", "cdr", "storage"},
	"calls/ladders":      {"cdr", "sip/ladder", "sip/ratelimit", "storage", "tickets"},
	"callhandler":        {"ivr", "line", "prompts", "tickets", "admin/metrics", "cdr", "directory"},
	"dispatch":           {"alarm", "dispatch/bulletin", "dispatch/chains", "ivr", "oncall", "oncall/ring", "oncall/ring/recorded", "prompts", "sla", "storage/stored", "tickets", "cdr", "directory"},
	"dispatch/bulletin":  {"budgets", "oncall", "oncall/ring", "prompts", "sla", "tickets"},
	"dispatch/cover":     {"oncall", "oncall/duty", "oncall/ring", "oncall/rota", "prompts", "tickets"},
	"dispatch/chains":    {"cdr", "oncall/ring", "tickets"},
	"admin/calling":      {"cdr", "dispatch/chains", "oncall"},
	"oncall/duty":        {"alarm", "circuitbreaker", "oncall", "oncall/escalation", "oncall/readiness", "oncall/rota", "sla", "tickets", "cdr", "storage", "storage/stored"},
	"app/faultinjection": {"callhandler", "dispatch", "ivr", "line", "media", "media/g711", "oncall/ring", "prompts", "tickets"},
	"app/loadtest":       {"callhandler", "ivr", "line", "media", "prompts"},
	"app/apptest":        {"app", "config", "datadir", "directory", "media/g711", "media/mediatest", "memory", "phone", "prompts", "prompts/packs", "sip/siptest", "sla", "tickets"},
	"dialplan":           {"budgets", "config", "line", "numbers", "oncall/ring", "sip", "tickets"},
	"datadir":            {"atomicfile", "directory", "sealed", "storage"},
	"deadlines":          {"alarm", "sla", "tickets", "wallclock"},
	"nodes":              {"alarm", "budgets", "circuitbreaker", "directory", "ivr/versions", "oncall", "wallclock"},
	"offline":            {"alarm", "atomicfile", "datadir", "directory", "ivr/versions", "storage", "storage/stored", "tickets"},
	"recovery":           {"media/g711", "prompts/replaced", "storage", "tickets"},
	"maintenance":        {"wallclock"},
	"retention":          {"directory", "storage", "tickets"},
	"notify/delivery":    {"alarm", "notify", "prompts", "prompts/written", "sla", "tickets", "mail"},
	"wallclock":          {},
	"app/database":       {"notify/mailing", "notify/statement", "company", "secretfile", "attachments", "drafts", "presence", "admin/access", "budgets", "cdr", "config", "datadir", "directory", "heartbeat", "idempotency", "intake", "ivr/versions", "oncall", "postgres", "postgres/local", "storage", "tickets", "tickets/statistics", "tokens", "oncall/escalation", "users", "users/password", "prompts/replaced", "outbox", "evosupport", "transcription", "mail", "agent/receiver", "portal/access", "audit", "evosupport/news", "bridge/twins"},
	"app/flows":          {"admin", "ivr", "ivr/versions", "strictyaml"},
	"app/voices":         {"app/spoken", "directory", "line", "media", "media/g711", "oncall", "prompts", "prompts/packs", "sla", "prompts/replaced"},

	"admin/schedules": {"admin/document", "admin/operation", "admin/report", "admin/schema", "cdr", "ical", "oncall", "oncall/escalation", "oncall/load", "oncall/readiness", "oncall/replay", "oncall/rota", "paging", "prompts", "prompts/written", "sla", "storage", "storage/stored", "tickets", "validation"},

	"notify/mailing":                 {"alarm", "directory", "notify"},
	"notify/mailing/mailingtest":     {"alarm", "directory", "notify", "notify/mailing", "storage/storagetest/check"},
	"notify/statement":               {"alarm", "directory", "notify", "notify/mailing", "prompts", "prompts/written", "sla", "tickets/statistics"},
	"notify/statement/statementtest": {"directory", "notify/mailing", "notify/mailing/mailingtest", "notify/statement", "storage/storagetest/check"},
	"evosupport/news":                {"alarm", "directory", "evosupport", "notify", "notify/mailing", "prompts", "prompts/written", "sla", "tickets"},
	"evosupport/news/newstest":       {"directory", "evosupport/news", "notify/mailing", "notify/mailing/mailingtest", "storage/storagetest/check"},
	"agent/keys":                     {"agent/receiver", "heartbeat", "storage"},
	"web/agents":                     {"agent/keys", "agent/protocol", "agent/receiver", "directory", "heartbeat", "intake", "tickets", "users", "web/form", "web/ui"},
	"web/mails":                      {"mail", "storage", "tickets", "users", "web/ui"},
	"mail/mailbox":                   {"limits", "mail/smtpd"},
}

// forbidden repeats the edges that matter most, so that a failure says why.
var forbidden = []struct{ from, to, why string }{
	{"sip", "media", "signalling hands SDP on as bytes and never hears of sound"},
	{"media", "sip", "a leg of sound does not know how the call was set up"},
	{"ivr", "sip", "a conversation runs on the keyboard and in virtual time as well as on a trunk"},
	{"ivr", "media", "a conversation runs on the keyboard and in virtual time as well as on a trunk"},
	{"oncall/ring", "ivr", "finding a human is asked for by its own interface, not by the flow's"},
	{"oncall/ring", "sip", "telephones are asked for by an interface of its own, which app fills from line"},
	{"tickets", "postgres", "rules know no rows"},
	{"admin", "postgres", "HTTP knows no SQL"},
	{"postgres", "admin", "SQL knows no HTTP"},
}

const module = "hotline"

// source is one parsed Go file of the house.
type source struct {
	room string // folder, slash-separated; "." is the root
	name string // path from the root
	test bool
	fset *token.FileSet
	file *ast.File
	text string
}

func TestRoomsImportOnlyWhatLiesBelow(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || s.room == "." {
			continue
		}
		for _, room := range houseImports(s) {
			if mayImport(s.room, room) {
				continue
			}
			t.Errorf("%s: %s must not import %s%s", s.name, s.room, room, reason(s.room, room))
		}
	}
}

func TestGroundImportsTheStandardLibraryOnly(t *testing.T) {
	for _, s := range sources(t) {
		if s.test || !ground(s.room) {
			continue
		}
		for _, p := range imports(s) {
			if first, _, _ := strings.Cut(p, "/"); strings.Contains(first, ".") {
				t.Errorf("%s: the ground imports %s; nothing but the standard library may lie below it", s.name, p)
			}
		}
	}
}

func TestSipgoStaysInItsRoom(t *testing.T) {
	owner := map[string][]string{
		"github.com/emiago/sipgo":        {"sip", "sip/digest", "sip/header", "sip/transport", "sip/trunk"},
		"github.com/pion/rtp":            {"media", "media/mediatest", "phone/load"},
		"github.com/pion/webrtc":         {"browser"},
		"github.com/pion/ice":            {"browser"},
		"github.com/pion/interceptor":    {"browser"},
		"github.com/pion/logging":        {"browser"},
		"github.com/jackc/pgx":           {"postgres", "postgres/backfill", "postgres/bridged", "postgres/months"},
		"github.com/riverqueue":          {"postgres"},
		"github.com/pressly/goose":       {"postgres"},
		"github.com/go-chi/chi":          {"admin", "admin/access", "admin/diagnostics", "admin/document", "admin/middleware"},
		"github.com/adhocore/gronx":      {"heartbeat"},
		"github.com/danielgtaylor":       {"admin/alerts", "admin/calling", "admin/evo", "admin/files", "admin/outgoing", "admin/schedules", "admin/voice", "admin", "admin/document", "admin/operation", "admin/problem", "admin/schema", "admin/agents"},
		"go.yaml.in/yaml":                {"config", "ivr", "strictyaml"},
		"github.com/evanphx":             {"admin/document"},
		"github.com/alecthomas/kong":     {"cmd/hotline"},
		"github.com/wneessen":            {"notify"},
		"github.com/nyaruka":             {"numbers"},
		"github.com/chromedp":            {"cmd/screenshots"},
		"golang.org/x/crypto":            {"users/password"},
		"github.com/itchyny/gojq":        {"intake/format"},
		"github.com/emersion/go-imap":    {"mail/mailbox"},
		"github.com/emersion/go-smtp":    {"mail/smtpd", "notify/notifytest", "cmd/screenshots"},
		"github.com/emersion/go-msgauth": {"mail/authentic", "notify"},
		"github.com/jhillyerd":           {"mail/parse"},
		"blitiri.com.ar":                 {"mail/authentic"},
		"github.com/gosnmp":              {"intake/snmp"},
		"github.com/leodido":             {"intake/syslog"},
		"github.com/coreos/go-oidc":      {"users/oidc"},
		"golang.org/x/oauth2":            {"users/oidc"},
		"github.com/go-jose":             {"users/oidc/oidctest"},
	}
	for _, s := range sources(t) {
		for _, p := range imports(s) {
			for lib, rooms := range owner {
				if strings.HasPrefix(p, lib) && !contains(rooms, s.room) && !s.test {
					t.Errorf("%s: %s belongs to %v alone", s.name, lib, rooms)
				}
			}
		}
	}
}

func TestEveryPackageHasOnePackageComment(t *testing.T) {
	comments := map[string][]string{}
	rooms := map[string]bool{}
	for _, s := range sources(t) {
		if s.test {
			continue
		}
		rooms[s.room] = true
		if s.file.Doc != nil {
			comments[s.room] = append(comments[s.room], s.name)
		}
	}
	for room := range rooms {
		if n := len(comments[room]); n != 1 {
			t.Errorf("%s has %d package comments %v; it wants exactly one", room, n, comments[room])
		}
	}
}

func reason(from, to string) string {
	for _, f := range forbidden {
		if f.from == from && f.to == to {
			return ": " + f.why
		}
	}
	return ": the table in house_test.go and docs/architecture.md does not allow it"
}

// rowOf is the row of the import table that holds for a room: its own, else the nearest one above that ends in "/...".
func rowOf(room string) string {
	if _, ok := allowed[room]; ok {
		return room
	}
	for dir := room; dir != "."; {
		dir = path.Dir(dir)
		if _, ok := allowed[dir+"/..."]; ok {
			return dir + "/..."
		}
	}
	return ""
}

func mayImport(from, to string) bool {
	row := allowed[rowOf(from)]
	for _, r := range row {
		if r == to || r == "..." {
			return true
		}
		if outer, wide := strings.CutSuffix(r, "/..."); wide && strings.HasPrefix(to, outer+"/") {
			return true
		}
	}
	return false
}

func ground(room string) bool {
	return contains([]string{
		"audit", "budgets", "cdr", "directory", "company", "ical", "idempotency", "limits", "oncall", "oncall/escalation", "oncall/readiness",
		"oncall/replay", "oncall/rota", "paging", "prompts", "sla", "storage", "storage/stored", "tickets", "tokens", "users", "validation",
	}, room)
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

func imports(s source) []string {
	var list []string
	for _, i := range s.file.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err == nil {
			list = append(list, p)
		}
	}
	return list
}

func houseImports(s source) []string {
	var rooms []string
	for _, p := range imports(s) {
		if room, ok := strings.CutPrefix(p, module+"/"); ok {
			rooms = append(rooms, room)
		}
	}
	return rooms
}

// sources parses every Go file of the house once a test.
func sources(t *testing.T) []source {
	t.Helper()
	var list []source
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if n := d.Name(); name != "." && (strings.HasPrefix(n, ".") || n == "testdata" || n == "node_modules") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		s, err := parse(name)
		list = append(list, s)
		return err
	})
	if err != nil {
		t.Fatalf("reading the house: %v", err)
	}
	if len(list) < 10 {
		t.Fatalf("only %d Go files found: the walk is broken", len(list))
	}
	sort.Slice(list, func(i, j int) bool { return list[i].name < list[j].name })
	return list
}
