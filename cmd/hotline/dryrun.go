package main

import (
	"fmt"
	"strings"

	"hotline/prompts"
	"hotline/prompts/written"
	"hotline/sla"
)

// promised tells, one sentence for each clock, what the policy's own levels promise to a request that comes in at an
// instant; it needs no database. at is "2026-11-20 17:20" in the level's zone, or RFC 3339.
func promised(level, category, at, lang string) ([]string, error) {
	c := sla.Category(category)
	if !c.Valid() {
		return nil, fmt.Errorf("category %q is unknown; use one of %s", category, joined(sla.Categories()))
	}
	var ids []sla.LevelID
	for _, l := range sla.DefaultLevels() {
		if ids = append(ids, l.ID); string(l.ID) != level {
			continue
		}
		for _, calendar := range sla.DefaultCalendars() {
			if calendar.ID != l.Calendar {
				continue
			}
			list, err := sla.Try(l.Terms(calendar), c, at)
			return accountLines(list, written.In(prompts.Language(lang))), err
		}
	}
	return nil, fmt.Errorf("level %q is unknown; use one of %s", level, joined(ids))
}

func accountLines(list []sla.Account, w written.Words) []string {
	if len(list) == 0 {
		return []string{w.Text("account-none")}
	}
	var lines []string
	for _, a := range list {
		lines = append(lines, a.In(w))
	}
	return lines
}

func joined[T ~string](list []T) string {
	var words []string
	for _, v := range list {
		words = append(words, string(v))
	}
	return strings.Join(words, ", ")
}
