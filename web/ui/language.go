package ui

import (
	"net/http"
	"slices"
	"time"

	"golang.org/x/text/language"

	"hotline/prompts"
)

// languageCookie holds the language that somebody chose, for the pages of staff and of customers together.
const languageCookie = "hotline_language"

// languageTime is how long a chosen language is remembered.
const languageTime = 365 * 24 * time.Hour

// LanguageOf is the language of a page. It is the one that was chosen in the browser, else the first one that the browser asks for and
// that is written, else the one for the owner's spoken language house. It is Italian where house is empty.
func LanguageOf(q *http.Request, house prompts.Language) prompts.Language {
	if c, err := q.Cookie(languageCookie); err == nil && speaks(c.Value) {
		return prompts.Language(c.Value)
	}
	if wanted, _, err := language.ParseAcceptLanguage(q.Header.Get("Accept-Language")); err == nil {
		for _, tag := range wanted { // in the order of their weights
			if base, _ := tag.Base(); speaks(base.String()) {
				return prompts.Language(base.String())
			}
		}
	}
	return prompts.WrittenFor(house)
}

// ChooseLanguage remembers the language of a form (its field "language") in the browser; one that there is not changes nothing. secure:
// the cookie goes over TLS alone.
func ChooseLanguage(w http.ResponseWriter, q *http.Request, secure bool) {
	if chosen := q.FormValue("language"); speaks(chosen) {
		http.SetCookie(w, &http.Cookie{Name: languageCookie, Value: chosen, Path: "/", MaxAge: int(languageTime / time.Second), HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: secure})
	}
}

// speaks tells whether there are pages in a language.
func speaks(lang string) bool { return slices.Contains(prompts.Written(), prompts.Language(lang)) }
