package devcluster

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// report reads what the go command says, counts packages and modules in it, and
// tells from time to time how far the build is.
type report struct {
	once    sync.Once
	stopped chan struct{}
	ticking sync.WaitGroup

	mu         sync.Mutex // guards what follows
	rest       []byte     // a line that is not complete yet
	downloaded int
	compiled   int
	total      int // packages, or 0 if not known yet
	other      []string
}

func newReport(w io.Writer, started time.Time) *report {
	r := &report{stopped: make(chan struct{})}
	r.ticking.Go(func() {
		ticker := time.NewTicker(heartbeat)
		defer ticker.Stop()
		for {
			select {
			case <-r.stopped:
				return
			case <-ticker.C:
				fmt.Fprintf(w, "  %v: %s\n", time.Since(started).Round(time.Second), r.state())
			}
		}
	})
	return r
}

// stop ends the ticking, at the latest when the build is over.
func (r *report) stop() {
	r.once.Do(func() { close(r.stopped) })
	r.ticking.Wait()
}

func (r *report) expect(packages int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.total = packages
}

func (r *report) state() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.total == 0 {
		return fmt.Sprintf("%d modules downloaded", r.downloaded)
	}
	return fmt.Sprintf("%d of at most %d packages compiled", r.compiled, r.total)
}

// Write takes the go command's standard error.
func (r *report) Write(text []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rest = append(r.rest, text...)
	for {
		line, rest, found := bytes.Cut(r.rest, []byte("\n"))
		if !found {
			return len(text), nil
		}
		r.rest = rest
		r.lineLocked(string(line))
	}
}

// lineLocked sorts a line: a package that is compiled now is a single word.
func (r *report) lineLocked(line string) {
	switch {
	case strings.HasPrefix(line, "go: downloading "):
		r.downloaded++
	case strings.TrimSpace(line) == "":
	case !strings.ContainsAny(line, " \t"):
		r.compiled++
	default:
		r.other = append(r.other, line)
	}
}

// complaints are the first lines that are not about progress; errors begin there.
func (r *report) complaints() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return "  " + strings.Join(r.other[:min(len(r.other), lastLines)], "\n  ")
}
