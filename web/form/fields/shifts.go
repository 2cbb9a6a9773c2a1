package fields

import (
	"strconv"
	"time"

	"hotline/oncall"
	"hotline/web/form"
	"hotline/web/ui"
)

const (
	// ShiftsMost is how many weekly shifts a rota may have, as by the API.
	ShiftsMost = 1000
	clockMost  = 6 // characters of a time of day, or of a length: 168:00
)

// Shifts are the weekly shifts of a form, with rows for so many more. A row without an engineer is no shift.
func Shifts(blank int) form.Parts {
	return form.Parts{Name: "shift-%d-%s", API: "shifts", Marks: []string{"engineer"}, Blank: blank, Most: ShiftsMost}
}

// ShiftFields are the fields of the shifts of a rota.
func ShiftFields(r *ui.Request, parts form.Parts, people People, shifts []oncall.Shift) (list form.Fields) {
	engineers, days := []form.Option{{Name: r.T("keeping-nobody")}}, []form.Option{}
	for _, e := range people {
		engineers = append(engineers, form.Option{Value: string(e.ID), Name: e.Name})
	}
	for d := range 7 { // a week begins on Monday
		day := time.Weekday((d + 1) % 7)
		days = append(days, form.Option{Value: strconv.Itoa(int(day)), Name: r.Weekday(day)})
	}
	for i := range parts.Rows(r, len(shifts)) {
		s := oncall.Shift{Day: time.Monday, Length: 7 * 24 * time.Hour, Level: 1, Order: 1}
		if i < len(shifts) {
			s = shifts[i]
		}
		group := r.T("keeping-shift", i+1)
		list = append(list,
			form.Field{Name: parts.At(i, "engineer"), Label: r.T("page-engineer"), Value: string(s.Engineer), Kind: form.Choice, Options: form.WithOption(engineers, string(s.Engineer)), Group: group},
			form.Field{Name: parts.At(i, "day"), Label: r.T("keeping-day"), Value: strconv.Itoa(int(s.Day)), Kind: form.Choice, Options: days, Group: group},
			form.Field{Name: parts.At(i, "from"), Label: r.T("keeping-from"), Value: Clock(s.From), Kind: form.Text, Most: clockMost, Group: group},
			form.Field{Name: parts.At(i, "length"), Label: r.T("keeping-length"), Value: Clock(s.Length), Kind: form.Text, Most: clockMost, Group: group},
			form.Field{Name: parts.At(i, "level"), Label: r.T("keeping-level"), Value: strconv.Itoa(s.Level), Kind: form.Number, Least: 1, Most: 100, Group: group},
			form.Field{Name: parts.At(i, "order"), Label: r.T("keeping-order"), Value: strconv.Itoa(s.Order), Kind: form.Number, Least: -1000, Most: 1000, Group: group},
		)
	}
	return list
}

// ReadShifts reads them back, and tells in which row each stands.
func ReadShifts(f form.Fields, parts form.Parts) (list []oncall.Shift, rows []int, err error) {
	rows = parts.Said(f)
	for _, i := range rows {
		day, err := strconv.Atoi(f.Value(parts.At(i, "day")))
		if err != nil {
			return nil, nil, &form.Refusal{Field: parts.At(i, "day"), Text: "choose a day"}
		}
		s := oncall.Shift{Engineer: oncall.EngineerID(f.Value(parts.At(i, "engineer"))), Day: time.Weekday(day), Level: f.Number(parts.At(i, "level")), Order: f.Number(parts.At(i, "order"))}
		for _, span := range []struct {
			field string
			to    *time.Duration
		}{{"from", &s.From}, {"length", &s.Length}} {
			text := f.Value(parts.At(i, span.field))
			if _, err := strconv.Atoi(text); err == nil { // hours alone
				text += ":00"
			}
			if *span.to, err = ReadClock(text); err != nil {
				return nil, nil, &form.Refusal{Field: parts.At(i, span.field), Text: err.Error()}
			}
		}
		list = append(list, s)
	}
	return list, rows, nil
}
