package show

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"hotline/media/likeness"
	"hotline/media/wav"
)

const (
	same  = 0.9 // correlation from which a sound is there
	other = 0.3 // and below which it is not: the negative control
)

// ticket is what the API shows of a ticket.
type ticket struct {
	Number     int64       `json:"number"`
	Customer   string      `json:"customer"`
	Claim      string      `json:"claim"`
	Priority   int         `json:"priority"`
	Level      string      `json:"level"`
	State      string      `json:"state"`
	Assignee   string      `json:"assignee"`
	Clocks     []clock     `json:"clocks"`
	Recordings []recording `json:"recordings"`
	History    []event     `json:"history"`
}

type clock struct {
	Kind      string     `json:"kind"`
	Due       time.Time  `json:"due"`
	MetAt     *time.Time `json:"met_at"`
	BrokenAt  *time.Time `json:"broken_at"`
	Projected bool       `json:"projected"`
}

type recording struct {
	ID      string  `json:"id"`
	Seconds float64 `json:"seconds"`
	URL     string  `json:"url"`
}

type event struct {
	At    time.Time `json:"at"`
	Kind  string    `json:"kind"`
	Actor string    `json:"actor"`
	Text  string    `json:"text"`
}

// api asks the program as staff does.
type api struct{ base, token string }

func (a api) get(ctx context.Context, path string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, a.base+path, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+a.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", path, resp.Status)
	}
	return body, err
}

// latest finds the newest ticket with its history; it is asked again until the talk's end is written, at most 10 s.
func (a api) latest(ctx context.Context) (t ticket, err error) {
	for range 40 {
		if t, err = a.newest(ctx); err == nil && (t.has("talk_ended") || t.has("unreached")) {
			return t, nil
		}
		if !pass(ctx, 250*time.Millisecond) {
			return t, context.Cause(ctx)
		}
	}
	return t, err
}

// accepted tells whether somebody has accepted the newest ticket.
func (a api) accepted(ctx context.Context) bool {
	t, err := a.newest(ctx)
	return err == nil && t.has("accepted")
}

func (a api) newest(ctx context.Context) (ticket, error) {
	body, err := a.get(ctx, "/api/v1/tickets?limit=1")
	if err != nil {
		return ticket{}, err
	}
	var list struct{ Tickets []ticket }
	if err := json.Unmarshal(body, &list); err != nil || len(list.Tickets) == 0 {
		return ticket{}, errors.Join(errors.New("there is no ticket"), err)
	}
	if body, err = a.get(ctx, fmt.Sprintf("/api/v1/tickets/%d", list.Tickets[0].Number)); err != nil {
		return ticket{}, err
	}
	var t ticket
	return t, json.Unmarshal(body, &t)
}

func (t ticket) has(kind string) bool {
	for _, e := range t.History {
		if e.Kind == kind {
			return true
		}
	}
	return false
}

// judgement collects what was found.
type judgement struct {
	say   func(ok bool, what string)
	fails int
}

func (j *judgement) expect(ok bool, format string, a ...any) {
	if !ok {
		j.fails++
	}
	j.say(ok, fmt.Sprintf(format, a...))
}

// ticket judges the ticket and its history.
func (j *judgement) ticket(t ticket) {
	j.expect(t.Claim == "blocking" && t.Level == "extended" && t.Priority == 1,
		"ticket %d: %s, %s, priority %d", t.Number, t.Claim, t.Level, t.Priority)
	j.expect(t.State == "assigned" && t.Assignee == "marco", "ticket is %s, in the hands of %q", t.State, t.Assignee)
	kinds := map[string]clock{}
	for _, c := range t.Clocks {
		kinds[c.Kind] = c
	}
	j.expect(len(kinds) == 3 && kinds["contact"].MetAt != nil && kinds["intervention"].MetAt == nil && kinds["restore"].Projected,
		"three clocks: contact met, intervention running, restore projected")
	var missing []string
	at := 0
	for _, want := range []string{"opened", "rang", "accepted", "joined", "talk_ended"} {
		found := false
		for i := at; i < len(t.History) && !found; i++ {
			if t.History[i].Kind == want {
				found, at = true, i+1
			}
		}
		if !found {
			missing = append(missing, want)
		}
	}
	j.expect(len(missing) == 0 && t.has("recording"), "history in its order%s", unless(len(missing) == 0, ", missing: "+strings.Join(missing, " ")))
	j.expect(anna(t.History), "history says that Anna's telephone pressed no key")
}

func anna(history []event) bool {
	for _, e := range history {
		if e.Kind == "rang" && strings.Contains(e.Text, "Anna") && strings.Contains(e.Text, "no key") {
			return true
		}
	}
	return false
}

func unless(ok bool, words string) string {
	if ok {
		return ""
	}
	return words
}

// sound judges that heard holds what was said, and not what was not.
func (j *judgement) sound(what string, heard, said, notSaid []int16) {
	is := likeness.Of(heard, said)
	not, _ := likeness.Correlate(heard, notSaid)
	j.expect(is >= same && not < other, "%s: correlation %.3f with what was said, %.3f with what was not", what, is, not)
}

// recording fetches the caller's message.
func (j *judgement) recording(ctx context.Context, a api, t ticket, said, notSaid []int16) {
	if len(t.Recordings) == 0 {
		j.expect(false, "the caller's message: there is none")
		return
	}
	body, err := a.get(ctx, t.Recordings[len(t.Recordings)-1].URL)
	if err != nil {
		j.expect(false, "the caller's message: %v", err)
		return
	}
	format, octets, err := wav.Read(bytes.NewReader(body))
	if err != nil {
		j.expect(false, "the caller's message: %v", err)
		return
	}
	j.sound("the caller's message", format.Samples(octets), said, notSaid)
}

// soon judges how long after the engineer's key the caller hears the engineer. The engineer began to speak at the span spoke
// after the key. What is missing at the beginning of what was said was said too early.
func (j *judgement) soon(heard, said []int16, spoke time.Duration) {
	const frame, most = 160, time.Second // a machine under load may need longer than the goal of 300 ms
	_, place := likeness.Correlate(heard, said)
	begins := max(0, slices.IndexFunc(said, func(v int16) bool { return v > 500 || v < -500 })/frame*frame)
	for at := begins; at+2*frame <= len(said) && place+at+2*frame <= len(heard); at += frame {
		if is, _ := likeness.Correlate(heard[place+at:place+at+2*frame], said[at:at+2*frame]); is >= same {
			took := spoke + time.Duration(at-begins)*time.Millisecond/8
			j.expect(took <= most, "the caller hears Marco %d ms after Marco's key", took.Milliseconds())
			return
		}
	}
	j.expect(false, "the caller hears Marco after Marco's key: never")
}
