package trunk

import "time"

// Whether a trunk lets calls pass that show the customer's number. Carriers filter numbers that are not their customer's own: some
// refuse such a call, and take the same call with the line's own number. The agent asks here before each call, and tells what came of it.

// How a refusal of the number is told from a telephone's own.
const (
	// AtOnce is how soon after the INVITE a filter answers. A person who declines hears the telephone ring before.
	AtOnce = 2 * time.Second
	// hideFor is how long calls show the line's own number after a refusal; then the customer's is tried again.
	hideFor = time.Hour
)

// MayRefuseCaller tells whether a final answer may be a carrier's refusal of the number that is shown. Each may also be the
// telephone's own word, so only a second call, with the line's own number, tells.
func MayRefuseCaller(code int) bool {
	switch code {
	case 403, // RFC 3261 section 21.4.4: a number that is not ours to show
		428, // RFC 8224 section 6.2.2: the number wants a signature
		433, // RFC 5079: the number counts as withheld
		436, // RFC 8224 section 6.2.2: its signature cannot be fetched
		437, // RFC 8224 section 6.2.2: its signature is not trusted
		438, // RFC 8224 section 6.2.2: its signature is wrong
		480, // RFC 3261 section 21.4.18: filters that do not say so
		603, // RFC 3261 section 21.6.2: filters that do not say so either
		607, // RFC 8197: unwanted
		608: // RFC 8688: rejected by an intermediary
		return true
	}
	return false
}

// CallerRefusal is a trunk that does not take the customer's number. Its zero value is one that does, or that was not asked.
type CallerRefusal struct {
	Code  int       // the final answer, of SIP
	Since time.Time // of the first refusal in a row
	Until time.Time // from then on the customer's number is tried again
}

// ShowsCaller tells whether a call for somebody shows the customer's number: the trunk is set to, the number is known, and the
// trunk has not refused one lately.
func (t *Trunk) ShowsCaller(o OnBehalf, now time.Time) bool {
	if !t.showsCaller(o) {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return !now.Before(t.caller.Until)
}

// CallerRefused notes that the trunk refused a call with the customer's number by a code, and let the same call pass with ours.
// It tells whether that is news.
func (t *Trunk) CallerRefused(code int, now time.Time) (news bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if news = t.caller.Code == 0; news {
		t.caller.Since = now
	}
	t.caller.Code, t.caller.Until = code, now.Add(hideFor)
	return news
}

// CallerShown notes that the trunk let a call pass with the customer's number. It tells whether that is news.
func (t *Trunk) CallerShown() (news bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	news = t.caller.Code != 0
	t.caller = CallerRefusal{}
	return news
}
