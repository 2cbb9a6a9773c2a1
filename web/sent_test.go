package web

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"

	dom "golang.org/x/net/html"
)

var (
	formPart  = regexp.MustCompile(`(?s)<form method="post" action="/(?:rotas|policies|engineers|alerts)[^"]*" class="card fields">(.*?)</form>`)
	inputPart = regexp.MustCompile(`<input [^>]*>`)
	areaPart  = regexp.MustCompile(`(?s)<textarea name="([^"]*)"[^>]*>(.*?)</textarea>`)
	pickPart  = regexp.MustCompile(`(?s)<select name="([^"]*)"[^>]*>(.*?)</select>`)
	pickedOne = regexp.MustCompile(`<option value="([^"]*)" selected>`)
	pinPart   = regexp.MustCompile(`class="pin">([0-9]+)<`)
)

// sent is what a browser sends of the form of a document as it was shown, but for the button.
func sent(page string) (fields []string) {
	form := formPart.FindStringSubmatch(page)
	if form == nil {
		return nil
	}
	for _, input := range inputPart.FindAllString(form[1], -1) {
		if strings.Contains(input, `type="checkbox"`) && !strings.Contains(input, " checked") {
			continue
		}
		fields = append(fields, attribute(input, "name"), attribute(input, "value"))
	}
	for _, m := range areaPart.FindAllStringSubmatch(form[1], -1) {
		fields = append(fields, m[1], strings.ReplaceAll(html.UnescapeString(m[2]), "\n", "\r\n"))
	}
	for _, m := range pickPart.FindAllStringSubmatch(form[1], -1) {
		if picked := pickedOne.FindStringSubmatch(m[2]); picked != nil {
			fields = append(fields, m[1], html.UnescapeString(picked[1]))
		}
	}
	return fields
}

func attribute(tag, name string) string {
	_, rest, _ := strings.Cut(tag, " "+name+`="`)
	value, _, _ := strings.Cut(rest, `"`)
	return html.UnescapeString(value)
}

// pinShown is the PIN that a page shows; empty: none.
func pinShown(page string) string {
	if m := pinPart.FindStringSubmatch(page); m != nil {
		return m[1]
	}
	return ""
}

// successful is what a browser sends of the form that goes somewhere (HTML, section "Constructing the entry list"), with a button or a
// field that tells one of several forms.
func successful(t *testing.T, page, goes, press string) (found url.Values) {
	t.Helper()
	root, err := dom.Parse(strings.NewReader(page))
	must(t, err)
	name, value, _ := strings.Cut(press, "=")
	var visit func(n *dom.Node, form url.Values)
	visit = func(n *dom.Node, form url.Values) {
		mine := form
		if n.Data == "form" && n.Type == dom.ElementNode && of(n, "action") == goes && of(n, "method") == "post" {
			mine = url.Values{}
		}
		if n.Type == dom.ElementNode && mine != nil {
			control(n, mine)
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			visit(c, mine)
		}
		if form == nil && mine != nil && found == nil {
			if has := mine.Get(name); has != "" && has != value {
				return
			}
			if found = mine; name != "" {
				found.Set(name, value)
			}
		}
	}
	visit(root, nil)
	return found
}

func control(n *dom.Node, form url.Values) {
	switch name := of(n, "name"); n.Data {
	case "input":
		if kind := of(n, "type"); kind != "checkbox" || has(n, "checked") {
			value := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(of(n, "value"))
			form.Add(name, strings.ReplaceAll(value, "\n", map[bool]string{true: "\r\n"}[kind == "hidden"])) // other fields have one line
		}
	case "textarea":
		text := ""
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			text += c.Data
		}
		form.Add(name, strings.ReplaceAll(text, "\n", "\r\n"))
	case "select":
		var chosen *dom.Node
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			if c.Data == "option" && (chosen == nil || has(c, "selected")) {
				chosen = c
			}
		}
		if chosen != nil && has(chosen, "value") {
			form.Add(name, of(chosen, "value"))
		} else if chosen != nil {
			form.Add(name, chosen.FirstChild.Data)
		}
	}
}

func has(n *dom.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

func of(n *dom.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
