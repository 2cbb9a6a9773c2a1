package stored

import (
	"hash/crc32"
	"reflect"
	"strconv"
	"time"
)

// filled is a value with something in every field, by the fields' names: in two parts of a value the same name gives the
// same content, and however fields are grouped by embedding.
func filled[T any]() (v T) {
	fill(reflect.ValueOf(&v).Elem(), "")
	return v
}

func fill(v reflect.Value, name string) {
	n := int64(crc32.ChecksumIEEE([]byte(name)) % 1000)
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Date(2026, 3, 2, 9, 0, int(n), 0, time.UTC)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(name + ` <é>"&`)
	case reflect.Int, reflect.Int64:
		v.SetInt(n + 1)
	case reflect.Uint8:
		v.SetUint(uint64(n % 256))
	case reflect.Uint64:
		v.SetUint(uint64(n) + 1)
	case reflect.Float64:
		v.SetFloat(float64(n) + 0.25)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), name)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i), name+strconv.Itoa(i))
		}
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, name)
		fill(value, name)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.Struct:
		for i := range v.NumField() {
			// Not in the journal: File, which the id says, Unheld and Staffed, for what waits there was granted before.
			if f := v.Type().Field(i); f.IsExported() && f.Name != "File" && f.Name != "Unheld" && f.Name != "Staffed" {
				inside := f.Name
				if f.Anonymous {
					inside = name
				}
				fill(v.Field(i), inside)
			}
		}
	default:
		panic("nothing is known to fill a " + v.Type().String() + " with")
	}
}
