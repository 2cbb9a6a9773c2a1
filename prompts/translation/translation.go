// Package translation tells the lines of a history that the program writes, and the reasons of refusals, in the language of a page or of a
// letter. The program writes them in English, and so they are kept; the sentence with its gaps is their code. The catalogues have the same sentence in each language
// (page-said-NAME), and the values of its gaps are found again in what was kept. So lines of former versions are told, too. A line that
// no sentence fits stays as it was written.
//
// It starts no goroutine.
package translation

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"hotline/prompts"
	"hotline/prompts/written"
)

// prefix stands before a sentence's name in the catalogues.
const prefix = "page-said-"

// sentences are all of them by name. A test reads each place that writes a line, and finds what is missing here.
var sentences = [...]string{
	"bulletin", "unconfirmed", "asked-confirm", "on-duty-called", "gone-early", "was-gone-early", "caller-lost", "caller-lost-after", "caller-lost-before", "not-told", "not-recorded", "refused-recording", "was-told", "gone-while", "rung", "bulletin-accepted",
	"refused-talk", "refused-talk-none", "refused-talk-stays", "refused-talk-deleted", "refuser-caller", "refuser-customer", "refuser-operator", "operator-recorded", "call-back-key", "call-back", "call-back-picked", "call-back-talk", "call-back-ended", "has-called", "customer-called", "customer-picked", "customer-talk", "customer-ended",
	"handed-over", "talk", "asks-join", "asks-over", "gone-before", "nobody-duty", "no-outgoing", "nobody-accepted", "second-none", "second-joins", "second-hung", "second-left", "second-lost",
	"handed-stays", "lost-stays", "has-caller", "two-wanted", "lost", "hung-up", "nobody-talked", "has-ticket", "caller-hung-up", "accepted", "not-back", "caller-hung-up-after",
	"left-before", "implied", "keeps", "talk-recorded", "moved", "on-contract", "as-before", "call-back-wanted", "bulletin-nobody", "call-back-vain", "acts-by", "office-opens", "without-deadline",
	"plan", "plan-rings", "plan-overflow", "plan-gap", "plan-none-by", "plan-not-by", "rule-request", "rule-request-closed",
	"rule-blocking", "rule-night", "rule-closed", "rule-non-blocking", "rule-others", "told-connecting", "told-called-back", "told-opening",
	"told-due", "told-staff", "told-request", "next-chain", "next-opening", "next-clocks", "next-staff",
	"mailed", "not-delivered", "alarm", "needless-taken", "needless-contact", "needless-assessed", "needless-waiting", "needless-restored", "needless-closed",
	"alerts-left", "alert-again", "alert-flaps", "alert-count", "alert-storm", "alert-merged", "alert-resolved", "alert-storm-over", "alert-child", "alert-children", "alert-now",
	"receipt", "update",
	"number-while", "price-taken", "outside-hours", "did-not-wait", "not-called", "nobody-then", "nobody-reached", "soon", "by",
	"works-yes", "works-no", "never-came", "alert-fires", "alert-over", "alert-restored", "not-confirmed", "alert-waited", "such-as", "alert-from", "not-said",
	"alert-request", "not-in-force", "no-access", "storm-alert", "storm-more", "storm-count", "storm-remembered", "storm-opens", "handed-by", "by-telephone",
	"heard-state", "adds", "number", "number-then", "lost-before", "hung-before", "caller-before", "kept-days",
}

// reasons are the sentences by which checks of the domain refuse a form, by name; the same test reads where they are made.
var reasons = [...]string{
	"why-name-blank", "why-one-line", "why-no-mail", "why-most-numbers", "why-number", "why-number-emergency", "why-id", "why-begins",
	"why-ends", "why-not-there", "why-on-request", "why-note", "why-words", "why-control", "why-unsayable", "why-most-contracts",
	"why-telephone", "why-shift", "why-shift-twice", "why-override", "why-override-twice", "why-override-nobody", "why-engineer", "why-no-engineer", "why-engineers",
	"why-level", "why-weekday", "why-begins-day", "why-long", "why-names-nobody", "why-ends-early", "why-calendar", "why-zone",
	"why-holidays", "why-month-day", "why-years", "why-date", "why-there-twice", "why-never", "why-overlaps", "why-working",
	"why-form-tickets", "why-form-contract", "why-form-contract-default", "why-form-nobody", "why-form-nobody-or", "why-form-number",
	"why-form-day-times", "why-form-span", "why-form-empty", "why-form-choice", "why-form-characters", "why-form-line", "why-form-kind",
	"why-form-instant", "why-form-minutes", "why-form-day", "why-form-day-or", "why-form-days-or", "why-form-language", "why-form-telephones",
	"why-form-rings", "why-form-people", "why-form-id", "why-form-turn", "why-form-installed", "why-form-pairs", "why-form-most", "why-form-endpoints",
	"why-form-source", "why-form-marks", "why-form-parts", "why-form-needed", "why-release-ticket",
	"template-gotify", "template-ntfy", "template-slack", "template-sms", "template-teams", "template-telegram", "template-webhook", "template-such",
	"template-topic", "template-optional-access", "template-app-token", "template-slack-url", "template-sms-url", "template-sms-to", "template-sms-from",
	"template-bearer", "template-teams-url", "template-chat", "template-bot", "template-posted", "template-signing",
	"why-form-range", "why-form-when", "why-form-day", "why-form-choose-day", "why-form-one", "why-form-long",
	"why-time", "why-calendar-name", "why-check-many", "why-rota-replaced", "why-sound-version",
	"why-check-name", "why-check-line", "why-check-twice", "why-check-product", "why-check-together", "why-check-path", "why-check-kind",
	"why-check-short", "why-check-alone", "why-check-range", "why-check-ends", "change-level", "change-rate", "change-channels", "change-clipping",
	"change-silence", "change-again", "change-ships", "why-sound-none", "why-sound-lasts", "why-sound-another",
	"why-rota", "why-rota-layer", "why-rota-layer-named", "why-rota-swap", "why-rota-turn", "why-rota-start", "why-rota-until", "why-rota-turns",
	"why-rota-follow", "why-rota-time", "why-rota-rotation", "why-rota-lengths", "why-rota-lasts", "why-rota-name", "why-rota-level",
	"why-rota-layer-name", "why-rota-hours", "why-rota-overlap", "why-rota-themselves", "why-rota-back", "why-rota-same", "why-rota-nobody",
	"why-zone-named", "why-policy-name", "why-policy-silence", "why-policy-steps", "why-policy-rounds", "why-policy-need", "why-policy-overflow",
	"why-policy-step", "why-policy-rings", "why-policy-level", "why-policy-rota", "why-policy-phone", "why-policy-hours", "why-policy-same", "why-policy-names-rota",
	"why-policy-names-engineer",
	"why-appointment", "why-level-needs", "why-level-of", "why-level-is", "why-level-limit", "why-stop", "why-stop-clock", "why-alarms",
	"why-alarm-clock", "why-alarm-share", "why-alarm-left", "why-alarm-night", "why-alarm-two", "why-alarm-action", "why-alert-least",
	"why-alert-category", "why-alert-night", "why-alert-twice", "why-alert-span", "why-alert-storm", "why-alert-flapping", "why-alert-many",
	"why-alert-parent", "why-alert-star", "why-alert-place", "why-alert-wait", "why-alert-settle", "why-alert-ring", "why-alert-labels", "why-window",
	"why-beat-either", "why-beat-period", "why-beat-no-zone", "why-beat-zone", "why-beat-grace", "why-beat-bad-zone", "why-beat-cron", "why-beat-never",
	"why-quiet-time", "why-quiet-never", "why-quiet-zone", "why-agent-target", "why-agent-disk", "why-agent-process", "why-agent-http", "why-agent-host",
	"why-agent-sip", "why-installation", "why-sound", "why-sound-short", "why-sound-long", "why-sound-silent", "why-sound-quiet", "why-sound-overdriven",
	"why-sound-ends", "why-sound-all", "why-sound-fixed", "why-sound-damaged", "why-sound-large", "why-sound-opus", "why-sound-mp3", "why-sound-other",
	"why-sound-flac", "why-sound-flac-bad", "why-sound-hours", "why-sound-vorbis", "why-sound-ogg", "why-sound-rate", "why-sound-empty", "why-sound-wav",
	"why-flow-no-step", "why-flow-prompt", "why-flow-unreached", "why-flow-loop", "why-flow-nobody", "why-flow-kept", "why-flow-range", "why-flow-wait",
	"why-flow-ring", "why-flow-message", "why-flow-silence", "why-flow-octets", "why-flow-empty", "why-flow-second", "why-flow-format", "why-flow-language",
	"why-flow-language-twice", "why-flow-table", "why-flow-many", "why-flow-step-twice", "why-flow-no-table", "why-flow-verb", "why-flow-hours", "why-flow-field",
	"why-flow-value", "why-flow-span", "why-flow-whole", "why-flow-first", "why-flow-name-step", "why-flow-use-prompt", "why-flow-wire", "why-flow-through",
	"why-flow-lead", "why-flow-shorter", "why-flow-allow", "why-flow-write-range", "why-flow-read", "why-flow-copy", "why-flow-one", "why-flow-write-flow",
	"why-flow-write-languages", "why-flow-once", "why-flow-tables", "why-flow-own-name", "why-flow-do", "why-flow-verbs", "why-flow-docs", "why-flow-yaml",
	"why-flow-whose", "why-flow-languages", "why-flow-or", "why-flow-fewer", "why-format-at", "why-format-version", "why-format-list", "why-format-status",
	"why-format-no-labels", "why-format-cloudevents", "why-format-missing", "why-format-base64", "why-format-many", "why-format-fingerprint",
	"why-format-follows", "why-format-empty", "why-format-fit", "why-format-expected", "why-format-json", "why-format-early", "why-format-grafana",
	"why-format-name-expression", "why-format-title-expression", "why-format-known-already", "why-format-nagios", "why-format-nagios-kind",
	"why-format-nagios-state", "why-format-icinga", "why-format-native", "why-format-otherwise", "why-format-own-name", "why-format-title", "why-format-uptime",
	"why-format-uptime-status", "why-format-zabbix", "why-format-zabbix-value", "why-format-long", "why-format-jq", "why-format-resolved",
	"why-format-title-nothing", "why-format-labels", "why-format-slow", "why-format-memory", "why-format-none", "why-format-known", "why-format-object",
	"why-format-a-list", "why-format-text", "why-format-bool", "why-format-number", "why-send-kind", "why-send-window", "why-send-own", "why-send-lacks",
	"why-send-address", "why-send-secret", "why-send-private", "why-send-clear", "why-send-redirect", "why-send-answers", "why-send-request", "why-send-template",
	"why-send-nested-of", "why-send-nested", "why-send-two-lists", "why-send-lists", "why-send-method", "why-send-url", "why-send-long", "why-net-refused",
	"why-net-timeout", "why-net-host", "why-net-lookup", "why-net-route", "why-net-deadline", "why-net-certificate", "why-trunk-credentials", "why-trunk-answers",
	"why-trunk-denied", "why-trunk-way", "why-trunk-alive", "why-dial-address", "why-dial-itself", "why-dial-port", "why-dial-trunk", "why-dial-stranger", "why-dial-emergency", "why-dial-service", "why-dial-not-allowed",
}

// form is a sentence with what finds the values of its gaps.
type form struct {
	id    string
	words int      // characters that stand for themselves
	parts []string // what stands around the gaps
	finds *regexp.Regexp
}

// may tells whether a line can be the sentence: what is cheap is asked first, since a page asks all sentences for each line.
func (f form) may(line string) bool {
	last := len(f.parts) - 1
	if !strings.HasPrefix(line, f.parts[0]) || !strings.HasSuffix(line, f.parts[last]) {
		return false
	}
	for _, part := range f.parts {
		if !strings.Contains(line, part) {
			return false
		}
	}
	return true
}

// forms are the sentences of histories, lines; those of refusals are among all.
var forms = sync.OnceValue(func() (f struct{ lines, all []form }) {
	f.lines, f.all = read(sentences[:]), read(slices.Concat(sentences[:], reasons[:]))
	return f
})

// read gives sentences by their names, those first that say most themselves.
func read(names []string) []form {
	english, list := written.In(prompts.English), make([]form, 0, len(names))
	for _, name := range names {
		text := strings.ReplaceAll(english.Text(prefix+name), "%%", "%")
		literal := strings.ReplaceAll(text, "%s", "")
		list = append(list, form{prefix + name, len(literal), strings.Split(text, "%s"), regexp.MustCompile("(?s)^" + strings.ReplaceAll(regexp.QuoteMeta(text), "%s", "(.+?)") + "$")})
	}
	slices.SortStableFunc(list, func(a, b form) int { return cmp.Compare(b.words, a.words) })
	return list
}

// In tells a line in the language of the words; value tells the value of a gap that is no sentence itself, such as an instant or how a
// call ended; nil leaves it as it is. It is false for a line that no sentence fits.
func In(words written.Words, line string, value func(string) string) (text string, ok bool) {
	if value == nil {
		value = func(v string) string { return v }
	}
	return in(words, line, value, forms().lines)
}

func in(words written.Words, line string, value func(string) string, among []form) (text string, ok bool) {
	for _, f := range among {
		if !f.may(line) {
			continue
		}
		found := f.finds.FindStringSubmatch(line)
		if found == nil {
			continue
		}
		var values []any
		for _, v := range found[1:] {
			inner, ok := in(words, v, value, among)
			if !ok {
				inner = value(v)
			}
			values = append(values, inner)
		}
		if len(values) == 0 {
			return words.Text(f.id), true
		}
		text = words.Text(f.id)
		return fmt.Sprintf(text, values[:min(len(values), strings.Count(text, "%s"))]...), true
	}
	return byLine(words, line, value, among)
}

// byLine tells a text of several lines of which some are the program's and others somebody's, such as the titles of alerts.
func byLine(words written.Words, text string, value func(string) string, among []form) (whole string, ok bool) {
	lines := strings.Split(text, "\n")
	if len(lines) == 1 {
		return "", false
	}
	for i, l := range lines {
		if told, known := in(words, l, value, among); known {
			lines[i], ok = told, true
		}
	}
	return strings.Join(lines, "\n"), ok
}

// Reason is why a form was refused, in the language that it is told in.
type Reason struct {
	Text string
	Lang prompts.Language
}

// Why tells why a form was refused: in the language of a page, and where no sentence fits in English, as it was made.
func Why(words written.Words, lang prompts.Language, text string) *Reason {
	if told, ok := in(words, text, func(v string) string { return v }, forms().all); ok {
		return &Reason{told, lang}
	}
	return &Reason{text, prompts.English}
}
