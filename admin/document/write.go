package document

// ByID is an address with the id of a document.
type ByID struct {
	ID string `path:"id" pattern:"^[a-z0-9][a-z0-9_.-]{0,62}$"`
}

// Keyed is the part of every write that names it, so that it can be repeated without being done twice.
type Keyed struct {
	IdempotencyKey string `header:"Idempotency-Key" maxLength:"200" doc:"The same key with the same request gives the same answer"`
}

// Write is the head of every write of a document at its id.
type Write struct {
	Keyed
	Precondition
	ByID
}

// Versioned is the answer that shows a document, with its entity tag.
type Versioned[T any] struct {
	ETag string `header:"ETag" doc:"Of the version; sent back as If-Match it keeps an edit from undoing another one"`
	Body T
}

// Tagged answers with a document in its version, or with why there is none.
func Tagged[T any](v T, version int, err error) (*Versioned[T], error) {
	if err != nil {
		return nil, err
	}
	return &Versioned[T]{Tag(version), v}, nil
}
