package parse

import (
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Text is what a page of HTML says, in plain words: nothing of it is ever rendered. Links show where they lead, for people must see what
// they click.
func Text(page string) string {
	t := html.NewTokenizer(strings.NewReader(first(page, textMost)))
	t.SetMaxBuf(textMost)
	w := &writer{}
	for {
		switch t.Next() {
		case html.ErrorToken:
			return w.whole()
		case html.TextToken:
			if w.hidden == 0 {
				w.words(string(t.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			w.begin(t.Token())
		case html.EndTagToken:
			w.end(t.Token())
		}
	}
}

// writer puts a page's words down.
type writer struct {
	text   strings.Builder
	blank  bool // a blank is due
	breaks int  // line ends that stand at the end
	hidden int  // depth of what nobody reads
	link   string
}

func (w *writer) words(s string) {
	for i, word := range strings.Fields(s) {
		if (i > 0 || w.blank || strings.TrimLeft(s, " \t\r\n\u00a0") != s) && w.text.Len() > 0 && w.breaks == 0 {
			w.text.WriteByte(' ')
		}
		w.text.WriteString(word)
		w.breaks, w.blank = 0, false
	}
	w.blank = strings.TrimRight(s, " \t\r\n") != s
}

func (w *writer) line(n int) {
	for ; w.text.Len() > 0 && w.breaks < n; w.breaks++ {
		w.text.WriteByte('\n')
	}
	w.blank = false
}

func (w *writer) begin(t html.Token) {
	switch t.DataAtom {
	case atom.Script, atom.Style, atom.Head, atom.Title, atom.Template, atom.Object:
		if t.Type == html.StartTagToken {
			w.hidden++
		}
	case atom.Br, atom.Tr, atom.Div, atom.Blockquote, atom.H1, atom.H2, atom.H3, atom.H4:
		w.line(1)
	case atom.Li:
		w.line(1)
		w.words("- ")
	case atom.P, atom.Table, atom.Ul, atom.Ol, atom.Hr:
		w.line(2)
	case atom.A:
		for _, a := range t.Attr {
			if a.Key == "href" && (strings.HasPrefix(a.Val, "http://") || strings.HasPrefix(a.Val, "https://")) {
				w.link = a.Val
			}
		}
	}
}

func (w *writer) end(t html.Token) {
	switch t.DataAtom {
	case atom.Script, atom.Style, atom.Head, atom.Title, atom.Template, atom.Object:
		w.hidden = max(w.hidden-1, 0)
	case atom.Div, atom.Tr, atom.Li, atom.Blockquote, atom.H1, atom.H2, atom.H3, atom.H4:
		w.line(1)
	case atom.P, atom.Table, atom.Ul, atom.Ol:
		w.line(2)
	case atom.Td, atom.Th:
		w.blank = true
	case atom.A:
		if w.link != "" && !strings.HasSuffix(w.text.String(), w.link) {
			w.words(" <" + w.link + ">")
		}
		w.link = ""
	}
}

func (w *writer) whole() string { return strings.TrimSpace(w.text.String()) }
