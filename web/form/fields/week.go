package fields

import (
	"fmt"
	"strings"
	"time"

	"hotline/sla"
	"hotline/web/form"
	"hotline/web/ui"
)

// Week writes hours of the week as forms have them: a day and its times on each line, in the language of the page.
func Week(v ui.View, list []sla.Interval) string {
	var b strings.Builder
	for i, h := range list {
		switch {
		case i > 0 && list[i-1].Day == h.Day:
			b.WriteByte(' ')
		default:
			if i > 0 {
				b.WriteByte('\n')
			}
			b.WriteString(v.Weekday(h.Day) + " ")
		}
		b.WriteString(Clock(h.From) + "-" + Clock(h.Until))
	}
	return b.String()
}

// WeekHelp says how hours of the week are written.
func WeekHelp(r *ui.Request) string {
	return r.T("form-week-text", r.Weekday(time.Saturday), r.Weekday(time.Monday), r.Weekday(time.Friday))
}

// ReadWeek reads them back. A line names a day, or the first and the last of several with a hyphen between; its first three letters do.
func ReadWeek(v ui.View, field, text string) (list []sla.Interval, err error) {
	for _, one := range Lines(text) {
		said, times, _ := strings.Cut(one, " ")
		days, ok := weekdays(v, said)
		if !ok || times == "" {
			return nil, &form.Refusal{Field: field, Text: fmt.Sprintf("%q names no day and its times; write them as the example has them", one)}
		}
		for _, day := range days {
			for _, part := range strings.FieldsFunc(times, func(c rune) bool { return c == ' ' || c == ',' || c == ';' }) {
				from, until, _ := strings.Cut(part, "-")
				begin, err := ReadClock(from)
				end, wrong := ReadClock(until)
				if err != nil || wrong != nil {
					return nil, &form.Refusal{Field: field, Text: fmt.Sprintf("%q has no beginning and end; write 09:00-18:00", part)}
				}
				list = append(list, sla.Interval{Day: day, From: begin, Until: end})
			}
		}
	}
	return list, nil
}

// weekdays are those that a text names.
func weekdays(v ui.View, text string) (list []time.Weekday, ok bool) {
	first, last, several := strings.Cut(text, "-")
	from, ok := Day(v, first)
	if !several || !ok {
		return []time.Weekday{from}, ok
	}
	until, ok := Day(v, last)
	for d := from; ; d = (d + 1) % 7 {
		list = append(list, d)
		if d == until {
			return list, ok
		}
	}
}

// Day reads the name of a day of the week in the page's language, or the beginning of it, three letters at least.
func Day(v ui.View, text string) (time.Weekday, bool) {
	text = strings.ToLower(text)
	for d := range 7 {
		if len(text) >= 3 && strings.HasPrefix(strings.ToLower(v.Weekday(time.Weekday(d))), text) {
			return time.Weekday(d), true
		}
	}
	return 0, false
}
