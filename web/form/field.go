package form

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"hotline/directory/entry"
	"hotline/web/ui"
)

// Kind is how a field is shown and read.
type Kind string

// The kinds of fields.
const (
	Text    Kind = "text"    // one line
	Lines   Kind = "lines"   // several
	Choice  Kind = "choice"  // one of the options
	Ticks   Kind = "ticks"   // any of the options; the value holds one a line
	Tick    Kind = "tick"    // "yes", or empty
	Number  Kind = "number"  // a whole number; empty is 0
	Instant Kind = "instant" // to the minute, in the zone of the page
	Wall    Kind = "wall"    // a day and a time by a clock on the wall, which the document reads itself
	Day     Kind = "day"     // a date
	Secret  Kind = "secret"  // one line that is never shown: not what stands, and not what was sent
	Note    Kind = "note"    // words between the fields; nothing is read
	Hidden  Kind = "hidden"  // what the form was shown for
)

// Option is one choice: the value, and as people read it.
type Option struct{ Value, Name string }

// WithOption is options with one more, where a document has a value that is none of them, such as the id of what was removed.
func WithOption(list []Option, value string) []Option {
	if slices.ContainsFunc(list, func(o Option) bool { return o.Value == value }) {
		return list
	}
	return append(slices.Clip(list), Option{value, value})
}

// Field is one part of a form.
type Field struct {
	Name, Label, Value string
	Kind               Kind
	Options            []Option
	Least, Most        int    // characters at most, or the bounds of a number
	Needed             bool   // empty is refused
	Help               string // what one should know of it
	English            bool   // the help, or the words of a note, are English in each language
	Group              string // fields that follow one another and name the same group stand together
	More               bool   // of a group: shown when it is asked for
	Loose              bool   // it is no part of the document: nobody else can have changed it
	Stands             string // what somebody else wrote meanwhile; empty: the same
	Wrong              bool   // it is what a complaint is about
}

// Fields are those of a form, by their names.
type Fields []Field

// Refusal is a field that cannot be right, or a whole document where the field is empty.
type Refusal = entry.Refusal

// instantForm is how browsers write an instant (HTML, section "Local dates and times").
const instantForm = "2006-01-02T15:04"

// At is the value of a field of an instant; empty for the zero one.
func At(r *ui.Request, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(r.Zone).Format(instantForm)
}

// Ticked is the value of a tick.
func Ticked(yes bool) string {
	if yes {
		return "yes"
	}
	return ""
}

// Count is the value of a number; empty for 0.
func Count[N ~int | ~int64](n N) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(int64(n), 10)
}

// Has tells whether there is a field of a name.
func (f Fields) Has(name string) bool {
	return slices.ContainsFunc(f, func(one Field) bool { return one.Name == name })
}

// Value is what a field says.
func (f Fields) Value(name string) string {
	for _, one := range f {
		if one.Name == name {
			return one.Value
		}
	}
	return ""
}

// Set lets a field say something else than was written into it.
func (f Fields) Set(name, value string) {
	for i := range f {
		if f[i].Name == name {
			f[i].Value = value
		}
	}
}

// Yes tells whether a tick is set.
func (f Fields) Yes(name string) bool { return f.Value(name) != "" }

// Number is what a field of a number says, which was read before.
func (f Fields) Number(name string) int {
	n, _ := strconv.Atoi(f.Value(name)) // an empty one is 0
	return n
}

// Instant is what a field of an instant says, which was read before; zero for an empty one. One that nobody has changed stays as it
// stands, with the seconds that the form does not show.
func (f Fields) Instant(r *ui.Request, name string, stands time.Time) time.Time {
	if f.Value(name) == At(r, stands) {
		return stands
	}
	t, _ := time.ParseInLocation(instantForm, f.Value(name), r.Zone)
	return t
}

// Day is the beginning of the day that a field says, which was read before; zero for an empty one.
func (f Fields) Day(r *ui.Request, name string) time.Time {
	t, _ := time.ParseInLocation(time.DateOnly, f.Value(name), r.Zone)
	return t
}

// List is what a field says that holds one thing a line.
func (f Fields) List(name string) (list []string) {
	for one := range strings.Lines(f.Value(name)) {
		if one = strings.TrimSpace(one); one != "" {
			list = append(list, one)
		}
	}
	return list
}

// Among are those of which the tick is set, each a field of its own whose name begins so. Those that stand come first, in their order; one that has
// no field stays.
func Among[T ~string](f Fields, prefix string, stands []T) (list []T) {
	for _, one := range stands {
		if name := prefix + string(one); !f.Has(name) || f.Yes(name) {
			list = append(list, one)
		}
	}
	for _, one := range f {
		if name, ok := strings.CutPrefix(one.Name, prefix); ok && one.Kind == Tick && one.Value != "" && !slices.Contains(list, T(name)) {
			list = append(list, T(name))
		}
	}
	return list
}

// Picked are those that a field of ticks has. Those that stand come first, in their order.
func Picked[T ~string](f Fields, name string, stands []T) (list []T) {
	said := f.List(name)
	for _, one := range stands {
		if slices.Contains(said, string(one)) {
			list = append(list, one)
		}
	}
	for _, one := range said {
		if !slices.Contains(list, T(one)) {
			list = append(list, T(one))
		}
	}
	return list
}

// said puts what a form says into the fields, and gives the first complaint: a *Refusal.
func (f Fields) said(r *ui.Request) error {
	var first error
	for i, one := range f {
		text := strings.ReplaceAll(r.FormValue(one.Name), "\r\n", "\n")
		switch one.Kind {
		case Note:
			continue
		case Ticks:
			text = strings.Join(r.Form[one.Name], "\n")
		case Choice: // one of those that were offered, to the letter
		default:
			if text = strings.TrimSpace(text); text == strings.TrimSpace(strings.ReplaceAll(one.Value, "\r\n", "\n")) {
				text = one.Value // what nobody has changed stays as it stands, to the blank
			}
		}
		f[i].Value = text
		if text := f[i].wrong(r); text != "" && first == nil {
			first = &Refusal{Field: one.Name, Text: text}
		}
	}
	return first
}

// wrong is what is wrong with a value, whatever the document is; empty: nothing.
func (f Field) wrong(r *ui.Request) string {
	switch {
	case f.Value == "" && f.Needed:
		return "it is needed"
	case f.Value == "":
		return ""
	case f.Kind == Choice && !f.offers(f.Value):
		return fmt.Sprintf("%q is not one of the choices", f.Value)
	case f.Kind == Number:
		if n, err := strconv.Atoi(f.Value); err != nil || n < f.Least || n > f.Most {
			return fmt.Sprintf("write a whole number from %d to %d", f.Least, f.Most)
		}
		return ""
	case f.Kind == Instant:
		if _, err := time.ParseInLocation(instantForm, f.Value, r.Zone); err != nil {
			return "write a day and a time, such as 2026-12-24T18:00"
		}
		return ""
	case f.Kind == Day:
		if _, err := time.Parse(time.DateOnly, f.Value); err != nil {
			return "write a day, such as 2026-12-24"
		}
		return ""
	case f.Kind == Ticks:
		for one := range strings.SplitSeq(f.Value, "\n") {
			if !f.offers(one) {
				return fmt.Sprintf("%q is not one of the choices", one)
			}
		}
		return ""
	case (f.Kind == Text || f.Kind == Secret) && strings.ContainsFunc(f.Value, unicode.IsControl):
		return "write one line"
	case f.Most > 0 && utf8.RuneCountInString(f.Value) > f.Most:
		return fmt.Sprintf("write at most %d characters", f.Most)
	}
	return ""
}

// offers tells whether a value is one of the options.
func (f Field) offers(value string) bool {
	return slices.ContainsFunc(f.Options, func(o Option) bool { return o.Value == value })
}

// Chosen tells whether an option is set, for the templates.
func (f Field) Chosen(value string) bool {
	if f.Kind == Ticks {
		return slices.Contains(strings.Split(f.Value, "\n"), value)
	}
	return f.Value == value
}

// digest names what the fields say, so that what was shown before it is written is what is written.
func (f Fields) digest() string {
	h := sha256.New()
	for _, one := range f {
		if !one.Loose && one.Kind != Secret {
			fmt.Fprintf(h, "%q %q\n", one.Name, one.Value)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}
