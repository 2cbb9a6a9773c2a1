package web

import (
	"embed"
	"net/http"

	"hotline/web/ui"
)

//go:embed pages/*.html
var pageFiles embed.FS

//go:embed static
var staticFiles embed.FS

// static serves our own files.
func (s *server) static(w http.ResponseWriter, r *request) {
	if !ui.ServeFile(w, r.Request, staticFiles, r.PathValue("file")) {
		s.showFailure(w, r, http.StatusNotFound, "page-not-found")
	}
}
