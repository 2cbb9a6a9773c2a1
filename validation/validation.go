// Package validation is how the checks of documents name the field that they refuse. A check wraps its error with the field; who calls it
// for a part of a document wraps it again with the part's place. The API and the pages read the whole path.
package validation

import (
	"errors"
	"strings"
)

// FieldError is a field of a document that cannot be right.
type FieldError struct {
	Field string // its path, as the API calls it, such as "shifts[2].length"; empty: the document as a whole
	Err   error  // what is wrong, in English
}

// Error is what is wrong. The field is not part of it.
func (e *FieldError) Error() string { return e.Err.Error() }

// Unwrap is what is wrong.
func (e *FieldError) Unwrap() error { return e.Err }

// Field says which field an error is about. A field that the error names itself lies within it. An error that is nil stays so.
func Field(path string, err error) error {
	if err == nil {
		return nil
	}
	if within, _ := Of(err); within != "" {
		path = strings.Trim(path+"."+within, ".")
	}
	return &FieldError{Field: path, Err: err}
}

// Of gives the field that an error is about, and what is wrong with it, without the kinds of error that are wrapped around it. The field is
// empty where the error names none.
func Of(err error) (field, text string) {
	var e *FieldError
	if errors.As(err, &e) {
		return e.Field, e.Error()
	}
	return "", err.Error()
}
