package web

import (
	"bytes"
	"compress/gzip"
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"hotline/sla"
	"hotline/users"
	"hotline/web/ui"
)

// The weights of a first visit, in octets.
const (
	scriptMost = 20_000
	loadMost   = 60_000 // the page and everything that it loads, compressed
)

func zipped(t *testing.T, content []byte) int {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(content)
	must(t, err)
	must(t, w.Close())
	return b.Len()
}

// TestAFirstVisitIsLight weighs the board of a full page of tickets with every file that it loads.
func TestAFirstVisitIsLight(t *testing.T) {
	o := open(t)
	for range rowsOnPage {
		o.opened("rossi", sla.Blocking, strings.Repeat("The switchboard is dead. ", 5))
	}
	load := zipped(t, o.as(users.Admin).get("/").is(200).Body.Bytes())
	script := 0
	files := 0
	for _, own := range []fs.FS{staticFiles, ui.Shared()} {
		names, err := fs.Glob(own, "static/*")
		must(t, err)
		for _, name := range names {
			if name == "static/push.js" || name == "static/worker.js" { // of the page of browsers alone
				continue
			}
			content, err := fs.ReadFile(own, name)
			must(t, err)
			load += zipped(t, content)
			if strings.HasSuffix(name, ".js") {
				script += len(content)
			}
			files++
		}
	}
	if files < 4 || script == 0 || script >= scriptMost || load >= loadMost {
		t.Errorf("%d files: %d octets of script (less than %d), %d for a first visit (less than %d)", files, script, scriptMost, load, loadMost)
	}
}

// TestEveryFileThatAPageLoadsIsServed: those of these pages, and those that they share with the customers'.
func TestEveryFileThatAPageLoadsIsServed(t *testing.T) {
	b := open(t).as(users.Viewer)
	files := regexp.MustCompile(`(?:href|src)="(/static/[^"]+)"`).FindAllStringSubmatch(b.get("/").is(200).Body.String(), -1)
	if len(files) < 8 {
		t.Errorf("the page loads only %v", files)
	}
	for _, f := range files {
		b.get(f[1]).is(200)
	}
}

// TestEachKeyIsExplainedOnEveryPage: what the script does is what the page says.
func TestEachKeyIsExplainedOnEveryPage(t *testing.T) {
	script, err := staticFiles.ReadFile("static/keys.js")
	must(t, err)
	_, table, _ := strings.Cut(string(script), "const keys = {")
	table, _, _ = strings.Cut(table, "};")
	known := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^  "?([^": ]+)"?: `).FindAllStringSubmatch(table, -1) {
		known[m[1]] = true
	}
	o := open(t)
	a := o.as(users.Viewer).get("/").is(200, "shows the keys")
	for _, k := range (page{}).Keys() {
		a.is(200, "<kbd>"+k.Key+"</kbd>")
		if !known[k.Key] && k.Key != "Enter" && k.Key != "1-9, 0" && k.Key != "Ctrl K" {
			t.Errorf("%s is explained and does nothing", k.Key)
		}
		delete(known, k.Key)
	}
	if len(known) > 0 {
		t.Errorf("%v are not explained", known)
	}
}
