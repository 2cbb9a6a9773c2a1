package admin

import (
	"net/http"
	"runtime"
	"runtime/pprof"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
)

const longestProfile = 5 * time.Minute

// profileRoutes show where the process spends time and memory, in the format of `go tool pprof`. They stand behind the
// token like everything else, and outside the OpenAPI document: they are for whoever looks into the program.
func (s *server) profileRoutes(r chi.Router) {
	r.Get(base+"/debug/profile", func(w http.ResponseWriter, r *http.Request) {
		n, err := strconv.Atoi(r.URL.Query().Get("seconds"))
		if d := time.Duration(n) * time.Second; err != nil || d <= 0 || d > longestProfile {
			problem(w, http.StatusBadRequest, "seconds must be a number from 1 to "+strconv.Itoa(int(longestProfile/time.Second)))
			return
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		if err := pprof.StartCPUProfile(w); err != nil {
			w.Header().Set("Content-Type", "application/problem+json")
			problem(w, http.StatusConflict, "another profile is being taken; try again when it is over")
			return
		}
		defer pprof.StopCPUProfile()
		select {
		case <-time.After(time.Duration(n) * time.Second):
		case <-r.Context().Done():
		}
	})
	for _, name := range []string{"heap", "goroutine"} {
		r.Get(base+"/debug/"+name, func(w http.ResponseWriter, _ *http.Request) {
			runtime.GC() // what is alive, not what was at the last collection
			w.Header().Set("Content-Type", "application/octet-stream")
			_ = pprof.Lookup(name).WriteTo(w, 0) // whoever asked has gone
		})
	}
}
