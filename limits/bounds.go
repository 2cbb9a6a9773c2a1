package limits

import "reflect"

// Bounds are the limits of every text in the values of one type, worked out once: desk and records apply them to each
// value that they write. Safe for concurrent use.
type Bounds[T any] struct{ whole *part }

// For works out the limits of a type of struct, by the names of its fields. What lies behind a pointer or an interface, and
// what is not exported, is left alone.
func For[T any]() Bounds[T] {
	return Bounds[T]{partOf(reflect.TypeFor[T](), Line, map[place]*part{})}
}

// Apply bounds every text in a value. A value that is within the limits is not written to.
func (b Bounds[T]) Apply(v *T) { b.whole.apply(reflect.ValueOf(v).Elem()) }

// part is what has to be looked at in values of one type at one kind of place. Nil stands for nothing.
type part struct {
	kind   reflect.Kind // String, Struct, Slice (arrays too) or Map
	most   int          // characters of a String
	fields []field      // of a Struct, those with texts in them alone
	each   *part        // of a Slice
}

type field struct {
	index int
	part  *part
}

// place is a type where a text has at most so many characters.
type place struct {
	is   reflect.Type
	most int
}

// partOf works out a part; known are those that are worked out or being so, because a type may hold itself.
func partOf(t reflect.Type, most int, known map[place]*part) *part {
	at := place{t, most}
	if p, ok := known[at]; ok {
		return p
	}
	p := &part{most: most}
	known[at] = p
	switch t.Kind() {
	case reflect.String:
		p.kind = reflect.String
	case reflect.Struct:
		p.kind = reflect.Struct
		for i := range t.NumField() {
			f := t.Field(i)
			if !f.IsExported() {
				continue
			}
			if inside := partOf(f.Type, mostOf(f.Name), known); inside != nil {
				p.fields = append(p.fields, field{i, inside})
			}
		}
	case reflect.Slice, reflect.Array:
		p.kind = reflect.Slice
		p.each = partOf(t.Elem(), most, known)
	case reflect.Map:
		p.kind = reflect.Map
	}
	if p.kind == reflect.Invalid || p.kind == reflect.Struct && p.fields == nil || p.kind == reflect.Slice && p.each == nil ||
		p.kind == reflect.Map && t != reflect.TypeFor[map[string]string]() {
		known[at] = nil
		return nil
	}
	return p
}

// mostOf is how long a text may be in a field of the house's values. All but these are lines.
func mostOf(name string) int {
	switch name {
	case "Caller", "From", "To":
		return Number
	case "SIPID":
		return CallID
	case "Text":
		return Text
	}
	return Line
}

func (p *part) apply(v reflect.Value) {
	switch {
	case p == nil:
	case p.kind == reflect.String:
		keep(v, p.most)
	case p.kind == reflect.Struct:
		for _, f := range p.fields {
			f.part.apply(v.Field(f.index))
		}
	case p.kind == reflect.Slice:
		for i := range v.Len() {
			p.each.apply(v.Index(i))
		}
	case v.Len() > 0: // a Map
		if kept := bounded(v.Interface().(map[string]string)); kept != nil {
			v.Set(reflect.ValueOf(kept))
		}
	}
}

func keep(v reflect.Value, most int) {
	text := v.String()
	kept := OneLine(text, most)
	if most == Text {
		kept = Plain(text, most)
	}
	if kept != text {
		v.SetString(kept)
	}
}

// bounded is a line's facts within the limits; nil when they are so already.
func bounded(facts map[string]string) map[string]string {
	whole := len(facts) <= Facts
	for name, value := range facts {
		whole = whole && name == OneLine(name, Line) && value == Plain(value, Fact)
	}
	if whole {
		return nil
	}
	kept := map[string]string{}
	for name, value := range facts {
		if len(kept) < Facts {
			kept[OneLine(name, Line)] = Plain(value, Fact)
		}
	}
	return kept
}
