package document

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/go-chi/chi/v5"

	"hotline/admin/problem"
	"hotline/tickets/turns"
)

// The two ways in which a partial edit is written.
const (
	mergePatch = "application/merge-patch+json" // RFC 7396: the fields that change, null takes one away
	jsonPatch  = "application/json-patch+json"  // RFC 6902: operations, which can add to a list
)

// largestCopy bounds by how much the copies of one patch may let a document grow, in octets.
const largestCopy = 1 << 20

// longestTurn bounds how long a patch waits for those of the same document before it. Nobody sits at a telephone meanwhile, and a patch
// without a turn costs all others more.
const longestTurn = 20 * time.Second

// Patch offers PATCH for every document of an API that can be read and replaced whole. It reads, applies the patch, and
// writes what comes of it as PUT does, with every check of PUT. Without If-Match the patch is applied anew where somebody was
// faster, so that of ten additions at once all ten stand. Call it after the routes of the documents.
func Patch(api huma.API, router chi.Router) {
	for path, item := range api.OpenAPI().Paths {
		if item.Get == nil || item.Put == nil || item.Patch != nil || !inJSON(item.Get) {
			continue
		}
		body := item.Put.RequestBody.Content["application/json"].Schema
		if body.Ref != "" {
			body = api.OpenAPI().Components.Schemas.SchemaFromRef(body.Ref)
		}
		p := &patcher{router: router, fields: body.Properties, turns: turns.Queue[string]{Longest: longestTurn}}
		router.Method(http.MethodPatch, path, p)
		api.OpenAPI().AddOperation(described(item.Put))
	}
}

// inJSON tells whether an operation answers with a document, and not with sound.
func inJSON(op *huma.Operation) bool {
	r := op.Responses["200"]
	return r != nil && r.Content["application/json"] != nil
}

// described is the operation as the OpenAPI document tells of it.
func described(put *huma.Operation) *huma.Operation {
	return &huma.Operation{
		OperationID: strings.NewReplacer("change-", "patch-", "put-", "patch-").Replace(put.OperationID), Method: http.MethodPatch, Path: put.Path,
		Summary:     put.Summary + ", in part",
		Description: "A merge patch (RFC 7396) or a JSON patch (RFC 6902) of what GET gives. Without If-Match it is applied to whatever stands, and to that alone: nobody else's edit is lost.",
		Parameters:  put.Parameters, Responses: put.Responses, MaxBodyBytes: put.MaxBodyBytes,
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
			mergePatch: {Schema: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}},
			jsonPatch: {Schema: &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{
				Type: huma.TypeObject, Required: []string{"op", "path"}, Properties: map[string]*huma.Schema{
					"op":   {Type: huma.TypeString, Enum: []any{"add", "remove", "replace", "move", "copy", "test"}},
					"path": {Type: huma.TypeString, Description: "JSON pointer; /phones/- is behind the last telephone"},
					"from": {Type: huma.TypeString}, "value": {},
				},
			}}},
		}},
	}
}

// patcher answers PATCH for one kind of document.
type patcher struct {
	router http.Handler
	fields map[string]*huma.Schema // that PUT takes
	turns  turns.Queue[string]     // of those who patch one document at once: else all but one of them read and write it anew, each time
}

// ServeHTTP applies the patch to what stands, again where somebody was faster.
func (p *patcher) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	patch, err := io.ReadAll(r.Body)
	if err != nil {
		problem.Send(w, huma.Error400BadRequest("the body could not be read to its end"))
		return
	}
	defer p.turns.Take(r.Context(), r.URL.Path)()
	for try := 1; ; try++ {
		stands := p.forward(r, http.MethodGet, nil, "")
		if stands.status != http.StatusOK {
			stands.copyTo(w)
			return
		}
		body, failed := p.apply(r.Header.Get("Content-Type"), stands.body.Bytes(), patch)
		if failed != nil {
			problem.Send(w, failed)
			return
		}
		match := r.Header.Get("If-Match")
		if match == "" {
			match = stands.header.Get("ETag")
		}
		done := p.forward(r, http.MethodPut, body, match)
		if done.status != http.StatusPreconditionFailed || r.Header.Get("If-Match") != "" || try == tries {
			done.copyTo(w)
			return
		}
	}
}

// apply makes the body of PUT of a document and a patch.
func (p *patcher) apply(kind string, document, patch []byte) ([]byte, huma.StatusError) {
	kind, _, _ = mime.ParseMediaType(kind)
	stands := document
	var err error
	switch kind {
	case mergePatch, "application/json", "":
		document, err = jsonpatch.MergePatch(document, patch)
	case jsonPatch:
		var operations jsonpatch.Patch
		if operations, err = jsonpatch.DecodePatch(patch); err == nil {
			options := jsonpatch.NewApplyOptions()
			options.AccumulatedCopySizeLimit, options.SupportNegativeIndices = largestCopy, false
			document, err = operations.ApplyWithOptions(document, options)
		}
	default:
		return nil, huma.NewError(http.StatusUnsupportedMediaType, "a patch is sent as "+mergePatch+" or "+jsonPatch)
	}
	if errors.Is(err, jsonpatch.ErrTestFailed) {
		return nil, huma.Error409Conflict("a test of the patch failed on what stands: " + err.Error())
	}
	if err != nil {
		return nil, huma.Error422UnprocessableEntity("the patch cannot be applied: " + err.Error())
	}
	return p.writable(stands, document)
}

// writable leaves what GET gives and PUT does not take out of a document: what only tells of it, such as whose it is. What a patch has
// changed of that is left in, and PUT refuses it.
func (p *patcher) writable(stands, document []byte) ([]byte, huma.StatusError) {
	var before map[string]any
	if err := json.Unmarshal(stands, &before); err != nil {
		return nil, huma.Error500InternalServerError(fmt.Sprintf("what stands cannot be read: %v", err))
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(document, &fields); err != nil || fields == nil {
		return nil, huma.Error422UnprocessableEntity("the patch leaves no object")
	}
	for name, value := range fields {
		var now any
		was, given := before[name]
		same := given && json.Unmarshal(value, &now) == nil && reflect.DeepEqual(was, now)
		if _, ok := p.fields[name]; !ok && (same || name == "id" || name == "standing" || strings.HasSuffix(name, "_at")) {
			delete(fields, name)
		}
	}
	text, err := json.Marshal(fields)
	if err != nil {
		return nil, huma.Error422UnprocessableEntity(fmt.Sprintf("the patch cannot be applied: %v", err))
	}
	return text, nil
}

// forward asks for the same document by another method.
func (p *patcher) forward(r *http.Request, method string, body []byte, match string) *response {
	ctx := context.WithValue(r.Context(), chi.RouteCtxKey, nil) // routed anew
	out := &response{header: http.Header{}, status: http.StatusOK}
	next := r.Clone(ctx)
	next.Method, next.Body, next.ContentLength = method, io.NopCloser(bytes.NewReader(body)), int64(len(body))
	next.Header.Set("Content-Type", "application/json")
	next.Header.Set("Accept", "application/json")
	next.Header.Del("If-Match")
	if match != "" {
		next.Header.Set("If-Match", match)
	}
	if method == http.MethodGet {
		next.URL.RawQuery = "" // what is asked of the edit
	}
	p.router.ServeHTTP(out, next)
	return out
}

// response is an answer that is not sent yet.
type response struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header is where fields are set.
func (a *response) Header() http.Header { return a.header }

// WriteHeader notes the status.
func (a *response) WriteHeader(status int) { a.status = status }

// Write notes the octets.
func (a *response) Write(b []byte) (int, error) { return a.body.Write(b) }

func (a *response) copyTo(w http.ResponseWriter) {
	for name, values := range a.header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body.Bytes()) // the client may have gone
}
