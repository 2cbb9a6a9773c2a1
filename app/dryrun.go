package app

import (
	"fmt"
	"strings"
	"time"

	"hotline/sla"
)

// DryRun tells, one sentence for each clock, what the policy's own levels promise to a request that comes in at an
// instant; it needs no database. at is "2026-11-20 17:20" in the level's zone, or RFC 3339.
func DryRun(level, category, at, lang string) ([]string, error) {
	c := sla.Category(category)
	if !c.Valid() {
		return nil, fmt.Errorf("category %q is unknown; use one of %s", category, join(sla.Categories()))
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
			instant, err := instantIn(at, calendar.Zone)
			if err != nil {
				return nil, err
			}
			list, err := sla.Try(l.Terms(calendar), c, instant)
			return sentences(list, lang), err
		}
	}
	return nil, fmt.Errorf("level %q is unknown; use one of %s", level, join(ids))
}

func sentences(list []sla.Account, lang string) []string {
	var lines []string
	for _, a := range list {
		lines = append(lines, a.In(sla.Language(lang)))
	}
	if len(lines) == 0 && lang == string(sla.Italian) {
		return []string{"nessuna scadenza"}
	}
	if len(lines) == 0 {
		return []string{"no deadline"}
	}
	return lines
}

func instantIn(text, zone string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t, nil
	}
	z, err := time.LoadLocation(zone)
	if err != nil {
		return time.Time{}, fmt.Errorf("zone %s: %w", zone, err)
	}
	for _, layout := range []string{"2006-01-02 15:04", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if t, err := time.ParseInLocation(layout, text, z); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no instant; write it as 2026-11-20 17:20, or with a zone as 2026-11-20T17:20:00+01:00", text)
}

func join[T ~string](list []T) string {
	var words []string
	for _, v := range list {
		words = append(words, string(v))
	}
	return strings.Join(words, ", ")
}
