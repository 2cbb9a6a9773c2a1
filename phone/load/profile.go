package load

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// Profile fetches a line's CPU profile of a span that begins now, then its heap and its goroutines, and keeps them in a
// folder as line-cpu.pprof, line-heap.pprof and line-goroutine.pprof.
func Profile(api, token, dir string, span time.Duration) error {
	seconds := max(1, int(span/time.Second))
	for _, p := range []struct{ name, path string }{
		{"cpu", fmt.Sprintf("profile?seconds=%d", seconds)}, {"heap", "heap"}, {"goroutine", "goroutine"},
	} {
		if err := fetch(api+"/api/v1/debug/"+p.path, token, filepath.Join(dir, "line-"+p.name+".pprof"), span+10*time.Second); err != nil {
			return fmt.Errorf("fetching the line's profile: %w", err)
		}
	}
	return nil
}

func fetch(url, token, to string, within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+token)
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %.200s", url, answer.Status, body)
	}
	return os.WriteFile(to, body, 0o644)
}
