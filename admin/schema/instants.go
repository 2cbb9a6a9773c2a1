package schema

import (
	"fmt"
	"reflect"
	"strings"
	"time"

	"hotline/admin/problem"
)

// The years within which instants are taken. What follows an instant by years must still be a time that JSON can write.
const (
	firstYear = 1970
	lastYear  = 9000
)

// Instants refuses a request, a pointer to a struct, in which an instant lies outside those years, wherever it stands. Zero
// is an instant that was left out, but not behind a pointer: there it was written, and means the year 1, not now.
func Instants(request any) error { return within(reflect.ValueOf(request).Elem(), "") }

func within(v reflect.Value, place string) error {
	if t, ok := v.Interface().(time.Time); ok {
		if t.IsZero() {
			return nil
		}
		return inYears(t, place)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		if t, ok := v.Interface().(*time.Time); ok {
			return inYears(*t, place)
		}
		return within(v.Elem(), place)
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return nil
		}
		for i := range v.Len() {
			if err := within(v.Index(i), fmt.Sprintf("%s[%d]", place, i)); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() {
				continue
			}
			if err := within(v.Field(i), named(place, f)); err != nil {
				return err
			}
		}
	}
	return nil
}

func inYears(t time.Time, place string) error {
	if t.UTC().Year() < firstYear || t.UTC().Year() >= lastYear {
		return problem.Refused(place, fmt.Sprintf("the instant must lie in one of the years %d to %d", firstYear, lastYear-1))
	}
	return nil
}

// named names a field of a request as the schema's checks do.
func named(place string, f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	switch {
	case f.Anonymous:
		return place
	case f.Name == "Body":
		return "body"
	case name == "":
		return "query." + f.Tag.Get("query")
	}
	return place + "." + name
}
