package runtime

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/kopf-declarative/kopf-declarative/runtime/health"
	"github.com/kopf-declarative/kopf-declarative/runtime/status"
)

// statusLimit is how many lines about objects under way the status of one operator has.
const statusLimit = 100

// serve opens the ports of the engine, if any, and tells how to close them.
func (e *Engine) serve(o Options) (stop func(), err error) {
	e.mu.Lock()
	e.version, e.began = o.Version, time.Now()
	e.mu.Unlock()
	live := health.Probes(e.probe)
	server, err := health.Start(health.Options{
		Listen:   o.Listen,
		Liveness: o.Liveness,
		Health:   live,
		Pages: map[string]http.Handler{
			"/metrics":  e.metrics.Handler(),
			"/healthz":  live,
			"/readyz":   health.JSON(func(*http.Request) (int, any) { return e.readiness() }),
			status.Path: health.JSON(func(*http.Request) (int, any) { return http.StatusOK, e.Status() }),
		},
		Log: o.Log,
	})
	if err != nil {
		return nil, err
	}
	return server.Stop, nil
}

// Ready is what /readyz tells.
type Ready struct {
	Ready bool `json:"ready"`
	// NotReady says, by operator, what is waited for; what is of the engine itself is under "".
	NotReady map[string][]string `json:"notReady,omitempty"`
	// Paused says which operators leave their work to others, and why. They are ready to take
	// over: a new pod must count as ready, or it would never take the place of the old one.
	Paused map[string][]string `json:"paused,omitempty"`
}

func (e *Engine) readiness() (int, Ready) {
	s := e.Status()
	out := Ready{Ready: s.Ready, NotReady: map[string][]string{}, Paused: map[string][]string{}}
	if reason := e.notRunning(); reason != "" {
		out.NotReady[""] = []string{reason}
	}
	for _, o := range s.Operators {
		if len(o.NotReady) > 0 {
			out.NotReady[o.Name] = o.NotReady
		}
		if len(o.Paused) > 0 {
			out.Paused[o.Name] = o.Paused
		}
	}
	if !out.Ready {
		return http.StatusServiceUnavailable, out
	}
	return http.StatusOK, out
}

// notRunning says why the engine as a whole does no work.
func (e *Engine) notRunning() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.running == nil:
		return "the engine has not begun yet"
	case e.ctx.Err() != nil:
		return "the engine is stopping"
	default:
		return ""
	}
}

// Status tells what the engine is doing.
func (e *Engine) Status() *status.Status {
	e.mu.Lock()
	out := &status.Status{Version: e.version, Started: e.began, Now: time.Now()}
	running := e.running
	e.mu.Unlock()
	out.Ready = e.notRunning() == ""
	out.Operators = make([]status.Operator, 0, len(running))
	for _, o := range running {
		s := o.status()
		out.Ready = out.Ready && len(s.NotReady) == 0
		out.Operators = append(out.Operators, s)
	}
	return out
}

func (o *operator) status() status.Operator {
	out := status.Operator{Name: o.compiled.Name, NotReady: o.troubles.list()}
	held, paused := o.gate.obstacles()
	out.NotReady, out.Paused = append(out.NotReady, held...), paused
	if !o.looked.Load() {
		out.NotReady = append(out.NotReady, "its resources are being looked for")
	}
	for _, h := range o.compiled.Handlers {
		out.Handlers = append(out.Handlers, status.Handler{ID: h.ID, Outcomes: o.metrics.Handler(h.ID).Counts()})
	}
	o.mu.Lock()
	runners := slices.Collect(maps.Values(o.runners))
	o.mu.Unlock()
	for _, r := range runners {
		name := r.resource.GVR().GroupResource().String()
		out.Resources = append(out.Resources, status.Resource{Resource: name, Watched: r.objects.len(), UnderWay: r.underWay.len()})
		out.UnderWay += r.underWay.len()
		out.Objects = append(out.Objects, r.underWay.list(name)...)
		if !r.listed.Load() {
			out.NotReady = append(out.NotReady, name+" is not listed yet")
		}
	}
	slices.SortFunc(out.Resources, func(a, b status.Resource) int { return strings.Compare(a.Resource, b.Resource) })
	slices.SortFunc(out.Objects, urgency)
	out.Objects = out.Objects[:min(len(out.Objects), statusLimit)]
	return out
}

// urgency sorts what is at work to the front, then by the time of the next attempt.
func urgency(a, b status.Object) int {
	return cmp.Or(
		when(a).Compare(when(b)),
		strings.Compare(a.Resource, b.Resource),
		strings.Compare(a.Namespace, b.Namespace),
		strings.Compare(a.Name, b.Name),
		strings.Compare(a.Handler, b.Handler),
	)
}

// when is the time that an object under way is sorted by: what runs has begun in the past,
// what waits for something without a time comes last.
func when(o status.Object) time.Time {
	switch {
	case o.Since != nil:
		return *o.Since
	case o.Next != nil:
		return *o.Next
	default:
		return time.Unix(1<<40, 0)
	}
}
