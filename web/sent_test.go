package web

import (
	"html"
	"regexp"
	"strings"
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
