// Package told tells the lines of a history that the program writes, and the reasons of refusals, in the language of a page. The program writes them in English, and
// so they are kept; the sentence with its gaps is their code. The catalogues have the same sentence in each language
// (page-said-NAME), and the values of its gaps are found again in what was kept. So lines of former versions are told, too. A line that
// no sentence fits stays as it was written.
//
// It starts no goroutine.
package told

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
	"bulletin", "unconfirmed", "asked-confirm", "on-duty-called", "gone-early", "not-told", "not-recorded", "refused-recording", "was-told", "gone-while", "rung", "bulletin-accepted",
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
}

// reasons are the sentences by which checks of the domain refuse a form, by name; the same test reads where they are made.
var reasons = [...]string{
	"why-name-blank", "why-one-line", "why-no-mail", "why-most-numbers", "why-number", "why-id", "why-begins",
	"why-ends", "why-not-there", "why-on-request", "why-note", "why-words", "why-control", "why-unsayable", "why-most-contracts",
	"why-telephone", "why-shift", "why-shift-twice", "why-override", "why-override-twice", "why-override-nobody", "why-engineer", "why-engineers",
	"why-level", "why-weekday", "why-begins-day", "why-long", "why-names-nobody", "why-ends-early", "why-calendar", "why-zone",
	"why-holidays", "why-month-day", "why-years", "why-date", "why-there-twice", "why-never", "why-overlaps", "why-working",
	"why-time", "why-calendar-name",
}

// form is a sentence with what finds the values of its gaps.
type form struct {
	id    string
	words int // characters that stand for themselves
	finds *regexp.Regexp
}

// forms are the sentences, those first that say most themselves.
var forms = sync.OnceValue(func() []form {
	english, list := written.In(prompts.English), make([]form, 0, len(sentences)+len(reasons))
	for _, name := range slices.Concat(sentences[:], reasons[:]) {
		text := english.Text(prefix + name)
		literal := strings.ReplaceAll(text, "%s", "")
		list = append(list, form{prefix + name, len(literal), regexp.MustCompile("(?s)^" + strings.ReplaceAll(regexp.QuoteMeta(text), "%s", "(.+?)") + "$")})
	}
	slices.SortStableFunc(list, func(a, b form) int { return cmp.Compare(b.words, a.words) })
	return list
})

// In tells a line in the language of the words; value tells the value of a gap that is no sentence itself, such as an instant or how a
// call ended; nil leaves it as it is. It is false for a line that no sentence fits.
func In(words written.Words, line string, value func(string) string) (text string, ok bool) {
	if value == nil {
		value = func(v string) string { return v }
	}
	for _, f := range forms() {
		found := f.finds.FindStringSubmatch(line)
		if found == nil {
			continue
		}
		var values []any
		for _, v := range found[1:] {
			inner, ok := In(words, v, value)
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
	return "", false
}

// Reason is why a form was refused, in the language that it is told in.
type Reason struct {
	Text string
	Lang prompts.Language
}

// Why tells why a form was refused: in the language of a page, and where no sentence fits in English, as it was made.
func Why(words written.Words, lang prompts.Language, text string) *Reason {
	if told, ok := In(words, text, nil); ok {
		return &Reason{told, lang}
	}
	return &Reason{text, prompts.English}
}
