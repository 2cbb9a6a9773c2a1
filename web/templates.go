package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"html/template"
	"net/http"
	"strings"
	"time"
)

//go:embed pages/*.html
var pageFiles embed.FS

//go:embed static
var staticFiles embed.FS

// templates are the pages by name; each has the layout around it. Safe for concurrent use once they are parsed.
type templates map[string]*template.Template

// parse reads what is embedded in the program: a template that does not parse fails every test of this package.
func parse() templates {
	t := templates{}
	entries, _ := pageFiles.ReadDir("pages")
	for _, e := range entries {
		name := strings.TrimSuffix(e.Name(), ".html")
		if name == "layout" || name == "parts" {
			continue
		}
		t[name] = template.Must(template.ParseFS(pageFiles, "pages/layout.html", "pages/parts.html", "pages/"+e.Name()))
	}
	return t
}

// static serves our own files. A browser asks each time whether they are still the same.
func (s *server) static(w http.ResponseWriter, r *request) {
	content, err := staticFiles.ReadFile("static/" + r.PathValue("file"))
	if err != nil {
		s.fail(w, r, http.StatusNotFound, "page-not-found")
		return
	}
	sum := sha256.Sum256(content)
	w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:8])+`"`)
	w.Header().Set("Cache-Control", "no-cache")
	http.ServeContent(w, r.Request, r.PathValue("file"), time.Time{}, bytes.NewReader(content))
}
