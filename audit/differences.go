package audit

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	longestValue = 80 // characters of a value that a record shows; of a longer one it tells that it differs
	mostFields   = 40
)

// Differences are the parts in which two values of one type of struct differ, by name. Values of a line are shown; texts that are longer,
// and what is made of parts itself, are named alone. What may be a secret is named alone, whatever it is. The version is left out.
func Differences[T any](before, after T) []Field {
	a, b := reflect.ValueOf(before), reflect.ValueOf(after)
	if a.Kind() != reflect.Struct {
		return nil
	}
	var list []Field
	for i := range a.NumField() {
		f := a.Type().Field(i)
		if !f.IsExported() || f.Name == "Version" || same(a.Field(i), b.Field(i)) {
			continue
		}
		field := Field{Name: snake(f.Name)}
		if from, short := shown(a.Field(i)); short && !secret(field.Name) {
			if to, short := shown(b.Field(i)); short {
				field.Before, field.After = from, to
			}
		}
		list = append(list, field)
	}
	slices.SortFunc(list, func(x, y Field) int { return strings.Compare(x.Name, y.Name) })
	return list[:min(len(list), mostFields)]
}

// Same tells whether two versions of a document say the same: nothing would change if one were written in the place of the other. Of a
// struct it looks at the exported parts but the version.
func Same[T any](before, after T) bool {
	if a := reflect.ValueOf(before); a.Kind() != reflect.Struct {
		return same(a, reflect.ValueOf(after))
	}
	return len(Differences(before, after)) == 0
}

// same tells whether two values of one type are equal: instants by what they are and not by their zone, and lists without anything whether
// they are there or not.
func same(a, b reflect.Value) bool {
	if a.CanInterface() {
		if at, ok := a.Interface().(time.Time); ok {
			return at.Equal(b.Interface().(time.Time))
		}
	}
	switch a.Kind() {
	case reflect.Slice, reflect.Array:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !same(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Struct:
		for i := range a.NumField() {
			if !same(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Map:
		if a.Len() != b.Len() {
			return false
		}
		for _, k := range a.MapKeys() {
			if other := b.MapIndex(k); !other.IsValid() || !same(a.MapIndex(k), other) {
				return false
			}
		}
		return true
	case reflect.Pointer:
		return a.IsNil() == b.IsNil() && (a.IsNil() || same(a.Elem(), b.Elem()))
	}
	return a.Equal(b)
}

// secret tells whether a part may hold what opens something. An address may hold a password, headers may hold a token.
func secret(name string) bool {
	return slices.ContainsFunc([]string{"pin", "secret", "password", "hash", "key", "token", "second", "header", "url", "salt", "digest"}, func(part string) bool {
		return slices.Contains(strings.Split(name, "_"), part) || slices.Contains(strings.Split(name, "_"), part+"s")
	})
}

// shown is a value as a record shows it; false for one that it does not show.
func shown(v reflect.Value) (text string, short bool) {
	switch x := v.Interface().(type) {
	case time.Time:
		if x.IsZero() {
			return "", true
		}
		return x.UTC().Format(time.RFC3339), true
	case time.Duration:
		return x.String(), true
	}
	switch v.Kind() {
	case reflect.String:
		text = v.String()
	case reflect.Bool:
		text = strconv.FormatBool(v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		text = strconv.FormatInt(v.Int(), 10)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		text = strconv.FormatUint(v.Uint(), 10)
	case reflect.Float32, reflect.Float64:
		text = fmt.Sprint(v.Float())
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.String {
			return "", false
		}
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = v.Index(i).String()
		}
		text = strings.Join(parts, ", ")
	default:
		return "", false
	}
	return text, utf8.RuneCountInString(text) <= longestValue && !strings.ContainsFunc(text, unicode.IsControl)
}

// snake writes a Go name as the API writes it: ValidFrom is valid_from, PIN is pin.
func snake(name string) string {
	var out strings.Builder
	letters := []rune(name)
	for i, c := range letters {
		if unicode.IsUpper(c) && i > 0 && (!unicode.IsUpper(letters[i-1]) || i+1 < len(letters) && unicode.IsLower(letters[i+1])) {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(c))
	}
	return out.String()
}
