package middleware

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"hotline/admin/problem"
)

// MaxBody bounds a request's body in octets; a flow of two thousand lines is a tenth of it.
const MaxBody = 1 << 20

// MaxSound bounds the body of a request that brings sound, in octets; which route takes how much says the route.
const MaxSound = 64 << 20

// bringsSound tells whether a body is sound, or a zip file of sounds: no text. Only prompts are replaced so.
func bringsSound(r *http.Request) bool {
	kind := r.Header.Get("Content-Type")
	return r.Method == http.MethodPut && strings.Contains(r.URL.Path, "/prompts/") && (strings.HasPrefix(kind, "audio/") || kind == "application/ogg" || kind == "application/zip")
}

// MaxFile bounds the body of a request that brings a file of a ticket, in octets. The route says how large the file may be.
const MaxFile = 11 << 20

// bringsFile tells whether a body is a file of a ticket, whatever it holds.
func bringsFile(r *http.Request) bool {
	return r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/attachments")
}

// icalendar is the one kind of body whose lines may be folded within a character; its reader cleans the text itself.
const icalendar = "text/calendar"

// PlainText reads the body, within its limit, and refuses text that no store keeps: octets that are not UTF-8 and the
// character NUL, in the address as well as in the body. It refuses an instant in the address that would be taken as none.
func PlainText(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query, err := url.ParseQuery(r.URL.RawQuery)
		if err != nil || !Plain(r.URL.Path) {
			problem.Write(w, http.StatusBadRequest, "the address is not plain text")
			return
		}
		for name, values := range query {
			if !Plain(name + strings.Join(values, "")) {
				problem.Write(w, http.StatusUnprocessableEntity, "a query parameter is not plain text")
				return
			}
			if slices.ContainsFunc(values, yearOne) {
				problem.Write(w, http.StatusUnprocessableEntity, "query."+name+": the instant must lie in one of the years 1970 to 8999")
				return
			}
		}
		most := int64(MaxBody)
		switch {
		case bringsSound(r):
			most = MaxSound
		case bringsFile(r):
			most = MaxFile
		}
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
		var large *http.MaxBytesError
		switch {
		case errors.As(err, &large):
			problem.Write(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is larger than %d octets", most))
		case err != nil:
			problem.Write(w, http.StatusBadRequest, "the body could not be read to its end")
		case !bringsSound(r) && !bringsFile(r) && r.Header.Get("Content-Type") != icalendar && (!Plain(string(body)) || hidesNUL(body)):
			problem.Write(w, http.StatusUnprocessableEntity, "the body is not plain text: it must be UTF-8 without the character NUL")
		default:
			r.Body = io.NopCloser(bytes.NewReader(body))
			next.ServeHTTP(w, r)
		}
	})
}

// yearOne tells whether a text is the instant that stands for none where instants are kept: taken as one it would leave out the filter
// that somebody asked for.
func yearOne(text string) bool {
	at, err := time.Parse(time.RFC3339, text)
	return err == nil && at.IsZero()
}

// Plain tells whether a text is UTF-8 without the character NUL.
func Plain(text string) bool { return utf8.ValidString(text) && !strings.ContainsRune(text, 0) }

// hidesNUL finds the character in its JSON spelling, \u0000. A backslash of its own before it makes it text.
func hidesNUL(body []byte) bool {
	if !bytes.Contains(body, []byte(`\u0000`)) {
		return false
	}
	for d := json.NewDecoder(bytes.NewReader(body)); ; {
		t, err := d.Token()
		if err != nil {
			return false // the end, or no JSON: the next reader says so
		}
		if text, ok := t.(string); ok && !Plain(text) {
			return true
		}
	}
}
