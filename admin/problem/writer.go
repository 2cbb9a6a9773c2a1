package problem

import "net/http"

// Translate gives a writer that makes a problem of what a library refuses in plain words. What the library serves passes
// through. Like every http.ResponseWriter it is for one goroutine.
func Translate(w http.ResponseWriter) http.ResponseWriter { return &translator{ResponseWriter: w} }

type translator struct {
	http.ResponseWriter
	refused bool
}

// WriteHeader takes a refusal over.
func (t *translator) WriteHeader(status int) {
	if status < http.StatusBadRequest {
		t.ResponseWriter.WriteHeader(status)
		return
	}
	t.refused = true
	t.Header().Del("Content-Length")
	Write(t.ResponseWriter, status, map[int]string{
		http.StatusRequestedRangeNotSatisfiable: "there are no such octets; Content-Range tells how many there are",
		http.StatusPreconditionFailed:           "it has changed since",
	}[status])
}

// Write drops the words of a refusal.
func (t *translator) Write(b []byte) (int, error) {
	if t.refused {
		return len(b), nil
	}
	return t.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (t *translator) Unwrap() http.ResponseWriter { return t.ResponseWriter }
