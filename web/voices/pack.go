package voices

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"html"
	"html/template"
	"io"
	"mime/multipart"
	"net/http"
	"time"

	"hotline/prompts"
	"hotline/speech/upload/pack"
	"hotline/storage"
	"hotline/web/ui"
)

// packPage is where a whole voice goes out and comes in.
type packPage struct {
	ui.View
	Language prompts.Language
	Problem  string
}

// Examples are names of files as they stand in a pack.
func (p packPage) Examples() []string {
	lang := string(p.Language)
	return []string{lang + "/welcome.wav", lang + "/digits/21.wav", "sounds/" + lang + "/goodbye.flac"}
}

// outcomePage is what became of a pack, or would become of it.
type outcomePage struct {
	ui.View
	pack.Result
	Language prompts.Language
	Tried    bool
	Sum      string // of the file that was looked at
	Problem  string
}

// Wrong are the files that are not taken.
func (p outcomePage) Wrong() (list []pack.File) {
	for _, f := range p.Files {
		if f.Refused != "" {
			list = append(list, f)
		}
	}
	return list
}

// Right are the files that are taken.
func (p outcomePage) Right() (list []pack.File) {
	for _, f := range p.Files {
		if f.Refused == "" {
			list = append(list, f)
		}
	}
	return list
}

// Length is a length in seconds.
func (p outcomePage) Length(d time.Duration) string { return p.Decimal(d.Seconds()) }

// inLanguage is the language of an address, with all that is said in it.
func inLanguage(r *ui.Request) (prompts.Language, []prompts.Entry, error) {
	lang := prompts.Language(r.PathValue("language"))
	entries, err := prompts.Catalogue(lang)
	if err != nil {
		return lang, nil, fmt.Errorf("prompts in %s: %w", lang, storage.ErrNotFound)
	}
	return lang, entries, nil
}

// export gives all that is heard in a language, or the owner's recordings alone.
func (h Handlers) export(w http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	lang, entries, err := inLanguage(r)
	if err != nil {
		return nil, err
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", "hotline-"+string(lang)+".zip"))
	if err := pack.Export(w, h.Line, lang, entries, r.URL.Query().Get("only") == "owner", h.Now()); err != nil {
		h.Log.InfoContext(r.Context(), "an export of prompts was broken off", "language", string(lang), "error", err)
		panic(http.ErrAbortHandler) // so that nobody takes half a voice for a whole one
	}
	return nil, nil
}

// pack shows the form of a pack.
func (h Handlers) pack(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) { return chosen(r, "") }

func chosen(r *ui.Request, problem string) (*ui.Page, error) {
	lang, _, err := inLanguage(r)
	if err != nil {
		return nil, err
	}
	page, err := pages().Page("pack", r.T("voices-pack"), packPage{r.View, lang, problem})
	if err == nil && problem != "" {
		page.Status = http.StatusUnprocessableEntity
	}
	return page, err
}

// tryPack says what a pack would change, and writes nothing.
func (h Handlers) tryPack(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	return h.received(r, true)
}

// takePack replaces the prompts of a pack that was looked at.
func (h Handlers) takePack(_ http.ResponseWriter, r *ui.Request) (*ui.Page, error) {
	return h.received(r, false)
}

// received works a pack off while the page tells how far it is.
func (h Handlers) received(r *ui.Request, try bool) (*ui.Page, error) {
	lang, _, err := inLanguage(r)
	if err != nil {
		return nil, err
	}
	file, header, err := r.FormFile("file")
	if err != nil {
		return chosen(r, r.T("voices-no-file"))
	}
	sum, err := sumOf(file)
	if err != nil {
		return nil, fmt.Errorf("reading a pack: %w", errors.Join(err, file.Close()))
	}
	if !try && r.FormValue("sum") != sum {
		return chosen(r, r.T("voices-pack-other"))
	}
	page, err := pages().Page("doing", r.T(map[bool]string{true: "voices-pack-tried", false: "voices-pack-doing"}[try]), packPage{View: r.View, Language: lang})
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	page.Stream = func(say func(template.HTML)) {
		defer file.Close()
		h.stream(r, say, outcomePage{View: r.View, Language: lang, Tried: try, Sum: sum}, file, header.Size)
	}
	return page, nil
}

// sumOf is the hash of a file, which is read from its beginning again afterwards.
func sumOf(file multipart.File) (string, error) {
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", err
	}
	_, err := file.Seek(0, io.SeekStart)
	return hex.EncodeToString(hash.Sum(nil)), err
}

// beat is how often the page is told how far the work is.
const beat = 300 * time.Millisecond

// stream does the work. What it says is steps that hide each other, and then the outcome.
func (h Handlers) stream(r *ui.Request, say func(template.HTML), p outcomePage, file io.ReaderAt, size int64) {
	said := time.Time{}
	told := func(done, of int) {
		if done > 0 && h.Now().Sub(said) < beat {
			return
		}
		said = h.Now()
		say(template.HTML(fmt.Sprintf(`<p class="step"><progress max="%d" value="%d" aria-label="%s"></progress> %s</p>`,
			max(of, 1), done, html.EscapeString(r.T("imports-progress")), html.EscapeString(r.T("imports-of", done, of)))))
	}
	say(`<div class="steps" role="status">`)
	m := pack.Import{Booth: h.booth(), Busy: h.Busy, By: r.Actor(), Try: p.Tried, Told: told}
	var err error
	p.Result, err = m.Run(r.Context(), p.Language, file, size)
	say(`</div>`)
	switch {
	case errors.Is(err, pack.ErrNoZip):
		p.Problem = r.T("voices-pack-no-zip")
	case errors.Is(err, pack.ErrMany):
		p.Problem = r.T("voices-pack-many", pack.MostFiles)
	case err != nil:
		p.Problem = r.T("voices-pack-failed")
		h.Log.ErrorContext(r.Context(), "a pack of prompts was broken off", "by", r.User.Name, "language", string(p.Language), "taken", p.Taken, "error", err)
	}
	if !p.Tried {
		h.Log.InfoContext(r.Context(), "web: staff wrote", "by", r.User.Name, "language", string(p.Language), "prompts", p.Taken, "what", r.URL.Path)
	}
	outcome, err := pages().Page("outcome", "", p)
	if err != nil {
		h.Log.ErrorContext(r.Context(), "the outcome of a pack cannot be shown", "error", err)
		return
	}
	say(outcome.Content)
}
