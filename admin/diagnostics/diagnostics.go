// Package diagnostics shows where the process spends time and memory, in the format of `go tool pprof`. Package admin hangs
// its routes behind the token; they stand outside the OpenAPI document, for whoever looks into the program.
package diagnostics

import (
	"net/http"
	"runtime"
	"runtime/pprof"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"hotline/admin/problem"
)

// longest is how long a profile of the CPU may be taken.
const longest = 5 * time.Minute

// Routes adds GET base/debug/profile?seconds=N, base/debug/heap and base/debug/goroutine.
func Routes(r chi.Router, base string) {
	r.Get(base+"/debug/profile", cpu)
	for _, name := range []string{"heap", "goroutine"} {
		r.Get(base+"/debug/"+name, func(w http.ResponseWriter, _ *http.Request) {
			runtime.GC() // what is alive, not what was at the last collection
			w.Header().Set("Content-Type", "application/octet-stream")
			_ = pprof.Lookup(name).WriteTo(w, 0) // whoever asked has gone
		})
	}
}

// cpu profiles for the seconds that the query names, or until its client goes.
func cpu(w http.ResponseWriter, r *http.Request) {
	n, err := strconv.Atoi(r.URL.Query().Get("seconds"))
	span := time.Duration(n) * time.Second
	if err != nil || span <= 0 || span > longest {
		problem.Write(w, http.StatusBadRequest, "seconds must be a number from 1 to "+strconv.Itoa(int(longest/time.Second)))
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	if err := pprof.StartCPUProfile(w); err != nil {
		problem.Write(w, http.StatusConflict, "another profile is being taken; try again when it is over")
		return
	}
	defer pprof.StopCPUProfile()
	select {
	case <-time.After(span):
	case <-r.Context().Done():
	}
}
