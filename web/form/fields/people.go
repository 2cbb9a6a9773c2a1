// Package fields is what the forms of several documents have: engineers by name, the requests that a document is for, hours of the week and
// times of day as people write them.
package fields

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"hotline/oncall"
	"hotline/web/form"
)

// People are the engineers as forms name them.
type People []oncall.Engineer

// Nobody stands where a form names no engineer.
const Nobody = "-"

// Name is how a form names an engineer: by the name, or by the id where that alone is clear.
func (p People) Name(id oncall.EngineerID) string {
	if id == "" {
		return Nobody
	}
	for _, e := range p {
		if name := strings.Join(strings.Fields(e.Name), " "); e.ID == id && name == e.Name && !strings.ContainsAny(name, ";") {
			if found, ok := p.Find(name); ok && found == id {
				return name
			}
		}
	}
	return string(id)
}

// Find is the engineer whom a form names, by id or by name; false where none, or more than one, is called so.
func (p People) Find(text string) (id oncall.EngineerID, ok bool) {
	if text == Nobody {
		return "", true
	}
	for _, e := range p {
		if string(e.ID) == text {
			return e.ID, true
		}
	}
	for _, e := range p {
		if strings.EqualFold(e.Name, text) {
			if ok {
				return "", false
			}
			id, ok = e.ID, true
		}
	}
	return id, ok
}

// Called is how people call an engineer; the id where there is no such engineer any more.
func (p People) Called(id oncall.EngineerID) string {
	if i := slices.IndexFunc(p, func(e oncall.Engineer) bool { return e.ID == id }); i >= 0 {
		return p[i].Name
	}
	return string(id)
}

// Engineers reads engineers, one a line.
func (p People) Engineers(field, text string) (list []oncall.EngineerID, err error) {
	for _, one := range Lines(text) {
		id, ok := p.Find(one)
		if !ok || id == "" {
			return nil, &form.Refusal{Field: field, Text: fmt.Sprintf("%q is the name of no engineer, or of more than one; an id is always clear", one)}
		}
		list = append(list, id)
	}
	return list, nil
}

// Lines are those of a text, without empty ones.
func Lines(text string) (list []string) {
	for one := range strings.Lines(text) {
		if one = strings.Join(strings.Fields(one), " "); one != "" {
			list = append(list, one)
		}
	}
	return list
}

// Clock writes a time of day, or a length, in hours and minutes: 09:00, 168:00.
func Clock(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(d/time.Hour), int(d%time.Hour/time.Minute))
}

// longestClock is a year of hours.
const longestClock = 366 * 24

// ReadClock reads it back.
func ReadClock(text string) (time.Duration, error) {
	hours, minutes, _ := strings.Cut(text, ":")
	h, err := strconv.Atoi(hours)
	m, wrong := strconv.Atoi(minutes)
	if err != nil || wrong != nil || h < 0 || h > longestClock || m < 0 || m > 59 || len(minutes) != 2 {
		return 0, fmt.Errorf("%q is no time in hours and minutes, such as 18:00", text)
	}
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute, nil
}
