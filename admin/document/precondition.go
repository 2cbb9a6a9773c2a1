// Package document is what all documents of the API have in common: a version, given as an entity tag, edits that lose
// nobody else's, and partial edits by PATCH.
package document

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Precondition is what a write says of the version that it is made for (RFC 9110, section 13.1.1).
type Precondition struct {
	IfMatch string `header:"If-Match" maxLength:"2000" doc:"The ETag that was read: 412 when somebody was faster; * for whatever stands"`
}

// Tag is the entity tag of a version.
func Tag(version int) string { return `"` + strconv.Itoa(version) + `"` }

// anyVersion tells whether the write is meant for whatever stands.
func (p Precondition) anyVersion() bool { return strings.TrimSpace(p.IfMatch) == "*" }

// given tells whether the write names a version.
func (p Precondition) given() bool { return strings.TrimSpace(p.IfMatch) != "" }

// Check compares the precondition with the version that stands, 0 for none. A weak tag never matches.
func (p Precondition) Check(name string, stands int) error {
	if !p.given() || p.anyVersion() && stands > 0 {
		return nil
	}
	var tags []string
	for tag := range strings.SplitSeq(p.IfMatch, ",") {
		tag = strings.TrimSpace(tag)
		if opaque := strings.TrimPrefix(tag, "W/"); tag != "*" && (len(opaque) < 2 || opaque[0] != '"' || strings.IndexByte(opaque[1:], '"') != len(opaque)-2) {
			return huma.Error400BadRequest(`If-Match is no list of entity tags: send the ETag that was read, such as "3", or *`)
		}
		tags = append(tags, tag)
	}
	switch {
	case slices.Contains(tags, Tag(stands)):
		return nil
	case stands == 0:
		return huma.Error412PreconditionFailed(name + " does not exist (any more); leave If-Match out to make it")
	}
	return overtaken(name, stands)
}

// Removed is the version that the store must compare when a document is removed: the one that stands, 0 for whichever. stands reads it.
func (p Precondition) Removed(ctx context.Context, name string, stands func(context.Context) (int, error)) (int, error) {
	version, err := stands(ctx)
	if err != nil {
		return 0, err
	}
	if !p.given() || p.anyVersion() {
		version = 0
	}
	return version, p.Check(name, max(version, 1))
}

// overtaken is the answer to a write for a version that does not stand any more.
func overtaken(name string, stands int) error {
	return huma.Error412PreconditionFailed(fmt.Sprintf(
		"%s was changed by somebody else meanwhile (its ETag is %s now): read it again, and repeat the edit on what stands", name, Tag(stands)))
}

// stale is the same to a write that says its version in the body.
func stale(name string, said, stands int) error {
	return huma.Error409Conflict(fmt.Sprintf(
		"%s was changed by somebody else meanwhile (version %d stands, not %d): read it again, and repeat the edit on what stands", name, stands, said))
}

// unsaid is the answer to a write of a whole document that does not say which version it replaces (RFC 6585, section 3).
func unsaid(name string, stands int) error {
	return huma.NewError(http.StatusPreconditionRequired, fmt.Sprintf(
		"%s exists already, and this edit does not say which version of it was read: it could undo what somebody else has written. "+
			"Read it, and send its ETag as If-Match (%s now); If-Match: * replaces whatever stands; PATCH changes a part", name, Tag(stands)))
}
