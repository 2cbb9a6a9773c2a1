package web

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"hotline/users"
)

// TestEveryPageIsTwoStepsAway walks the links of the board, and those of the pages behind them, with each role: every page of the table of
// rules that the role may see is among them, and none that it may not see.
func TestEveryPageIsTwoStepsAway(t *testing.T) {
	links := regexp.MustCompile(`<a [^>]*href="(/[^"#]*)"`)
	noPages := map[string]bool{"/live": true, "/login": true, "/login/oidc": true, "/spoken/sound": true, "/flow/picture.svg": true}
	for _, role := range users.Roles() {
		b := open(t).as(role)
		seen := map[string]bool{}
		step := func(from string) (fresh []string) {
			for _, m := range links.FindAllStringSubmatch(b.get(from).is(http.StatusOK).Body.String(), -1) {
				if to := html.UnescapeString(m[1]); !seen[to] {
					seen[to], fresh = true, append(fresh, to)
				}
			}
			return fresh
		}
		for _, near := range step("/") {
			if path, _, _ := strings.Cut(near, "?"); may(role, "GET "+path) || may(role, "GET "+path+"{$}") {
				step(near)
			} else if rules()["GET "+path].roles != nil {
				t.Errorf("%s is led to %s and may not go there", role, near)
			}
		}
		paths := map[string]bool{}
		for to := range seen {
			path, _, _ := strings.Cut(to, "?")
			paths[path] = true
		}
		for pattern, rule := range rules() {
			path, get := strings.CutPrefix(pattern, "GET ")
			file := strings.Contains(path[strings.LastIndex(path, "/"):], ".")
			if !get || strings.Contains(path, "{") || noPages[path] || file || rule.anybody || !may(role, pattern) {
				continue
			}
			if !paths[path] {
				t.Errorf("%s is more than two steps away for %s", path, role)
			}
		}
		if !paths["/faults"] || len(paths) < 15 {
			t.Errorf("%s reaches %d pages", role, len(paths))
		}
	}
}
