// Package stored is the forms in which the values of the domain lie in the database's documents, in the journal and in the
// copies on the disk. They are JSON objects, whose names stay as long as there is a database or a journal that has them.
//
// Each form has a constructor (OfCustomer) and gives the value back (Domain). The package postgres, the journal, and those
// who keep a copy on the disk use them; the domain itself knows nothing of JSON. A field that is added to a value of the
// domain is stored only where somebody writes it here. Pure: no value here is changed by the package, and slices and maps
// may be shared with the domain's value. An empty slice and a nil one stay what they are.
package stored

// each converts a list, element by element. A nil list stays nil.
func each[A, B any](list []A, convert func(A) B) []B {
	if list == nil {
		return nil
	}
	converted := make([]B, len(list))
	for i, v := range list {
		converted[i] = convert(v)
	}
	return converted
}
