package health

import (
	"context"
	"encoding/json"
	"net/http"
	"sync"
	"time"
)

// JSON is a page of JSON. Its HTTP status comes with it.
func JSON(content func(*http.Request) (status int, value any)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status, value := content(r)
		text, err := json.MarshalIndent(value, "", "  ")
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		w.WriteHeader(status)
		_, _ = w.Write(append(text, '\n')) // the client may have gone
	})
}

// probeAge is how long results of probes hold, as in Kopf: many may ask, and probes may
// cost something.
const probeAge = 10 * time.Second

// Probes is the page of the probes' results. They are evaluated when somebody asks, by one
// request at a time.
func Probes(evaluate func(context.Context) map[string]any) http.Handler {
	p := &probes{evaluate: evaluate}
	return JSON(func(r *http.Request) (int, any) { return http.StatusOK, p.results(r.Context()) })
}

type probes struct {
	evaluate func(context.Context) map[string]any

	mu    sync.Mutex
	known map[string]any // guarded by mu
	at    time.Time      // guarded by mu
}

func (p *probes) results(ctx context.Context) map[string]any {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.known == nil || time.Since(p.at) >= probeAge {
		p.known, p.at = p.evaluate(ctx), time.Now()
	}
	if p.known == nil {
		p.known = map[string]any{}
	}
	return p.known
}
