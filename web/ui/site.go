package ui

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"time"

	"hotline/admin/middleware"
)

// Site is what every answer of a site of pages passes, whoever the site is for.
type Site struct {
	Headers map[string]string // on every answer, beside those of [Site.Handler]; a page may change them
	Foreign http.HandlerFunc  // answers a form that another site has sent
	Failed  http.HandlerFunc  // answers in the place of a page that panicked
	Log     *slog.Logger
}

// Handler serves the pages. The browser may not guess content types or keep answers. Forms of other sites are refused. A panic
// becomes a page. A change that has begun is finished although the browser has gone.
func (s Site) Handler(pages http.Handler) http.Handler {
	var origins http.CrossOriginProtection
	origins.SetDenyHandler(s.Foreign)
	served := origins.Handler(middleware.FinishWrites(pages))
	return middleware.Recover(s.Log, s.Failed)(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		for name, value := range s.Headers {
			h.Set(name, value)
		}
		served.ServeHTTP(w, q)
	}))
}

// Unfit is the status of a request that cannot be read, or 0. Such a request has a form that is too large, or text that no store
// keeps (octets that are not UTF-8, or the character NUL). parsed is the error with which the form was parsed.
func Unfit(q *http.Request, parsed error) int {
	var large *http.MaxBytesError
	switch {
	case errors.As(parsed, &large):
		return http.StatusRequestEntityTooLarge
	case parsed != nil || !middleware.Plain(q.URL.Path):
		return http.StatusBadRequest
	}
	for name, values := range q.Form {
		if !middleware.Plain(name + strings.Join(values, "")) {
			return http.StatusUnprocessableEntity
		}
	}
	return 0
}

// ParseFramed reads every page of a site, each with the frame around it: pages/layout.html, which defines "layout", and pages/parts.html. It panics where
// one does not parse, which every test of the site finds.
func ParseFramed(files fs.FS) Templates {
	t := Templates{}
	names, _ := fs.Glob(files, "pages/*.html") // the pattern is well formed
	for _, file := range names {
		if name := strings.TrimSuffix(path.Base(file), ".html"); name != "layout" && name != "parts" {
			t[name] = template.Must(template.ParseFS(files, "pages/layout.html", "pages/parts.html", file))
		}
	}
	return t
}

// Write writes a page in its frame. Where the template fails nothing is written: half a page is worse than none.
func (t Templates) Write(w http.ResponseWriter, status int, name string, data any) error {
	var b bytes.Buffer
	if err := t[name].ExecuteTemplate(&b, "layout", data); err != nil {
		return fmt.Errorf("rendering the page %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // a browser that has gone away needs no page
	return nil
}

// shared are the files that every site serves: the base of the style sheets, and the icon.
//
//go:embed static
var shared embed.FS

// Shared are the files that every site serves, below "static".
func Shared() fs.FS { return shared }

// ServeFile serves a file of a site, which lies below "static", or one that all sites share. False: there is none. A browser asks each time
// whether the file is still the same.
func ServeFile(w http.ResponseWriter, q *http.Request, own fs.FS, name string) bool {
	content, err := fs.ReadFile(own, "static/"+name)
	if err != nil {
		content, err = fs.ReadFile(shared, "static/"+name)
	}
	if err != nil {
		return false
	}
	sum := sha256.Sum256(content)
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	w.Header().Set("Cache-Control", "no-cache")
	http.ServeContent(w, q, name, time.Time{}, bytes.NewReader(content))
	return true
}
