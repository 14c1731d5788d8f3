package runtime

import (
	"slices"
	"sync"
)

// gate holds up the work of an operator while at least one reason stands, as the
// toggle sets of Kopf do. The watches go on: what they bring is known when the gate
// opens. Work that is under way when it closes is finished, but no handler
// begins any more.
//
// The zero gate is open and ready for use.
type gate struct {
	// turn keeps the hooks of one change from those of the next; it is taken before
	// mu, and before all that hooks take.
	turn sync.Mutex

	mu      sync.Mutex
	reasons map[string]obstacle        // guarded by mu: by id
	hooks   []func(before, now aspect) // guarded by mu
}

// obstacle is one reason to keep a gate closed.
type obstacle struct {
	reason string
	pause  bool
}

// aspect is what a gate is like at one time.
type aspect struct {
	// Closed: no work is to begin.
	Closed bool
	// Paused: it is closed, and others may do the work meanwhile. What happens now is
	// not kept for handlers of raw events.
	Paused bool
}

// Close keeps the gate closed for a reason, until Open is called with the same id.
// The reason is for people: "indexes are not complete". Another reason of the same id
// takes the place of the former one.
func (g *gate) Close(id, reason string) {
	g.change(func(reasons map[string]obstacle) { reasons[id] = obstacle{reason: reason} })
}

// Pause is Close where others may do the work meanwhile.
func (g *gate) Pause(id, reason string) {
	g.change(func(reasons map[string]obstacle) { reasons[id] = obstacle{reason, true} })
}

// Open takes a reason away; one that does not stand is no matter. The gate is open when
// the last one has gone.
func (g *gate) Open(id string) {
	g.change(func(reasons map[string]obstacle) { delete(reasons, id) })
}

// Closed are the reasons why the gate is closed, sorted; none where it is open.
func (g *gate) Closed() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	out := make([]string, 0, len(g.reasons))
	for _, o := range g.reasons {
		out = append(out, o.reason)
	}
	slices.Sort(out)
	return out
}

// obstacles are the reasons by what they mean: what holds up the work, and why it is left
// to others. Both are sorted.
func (g *gate) obstacles() (held, paused []string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, o := range g.reasons {
		if o.pause {
			paused = append(paused, o.reason)
		} else {
			held = append(held, o.reason)
		}
	}
	slices.Sort(held)
	slices.Sort(paused)
	return held, paused
}

// Aspect is what the gate is like now.
func (g *gate) Aspect() aspect {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.aspectLocked()
}

// Hook adds a function that is called after each change of the aspect, by whoever
// has changed it, one change after the other. It must not change the gate.
func (g *gate) Hook(hook func(before, now aspect)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.hooks = append(g.hooks, hook)
}

func (g *gate) change(edit func(reasons map[string]obstacle)) {
	g.turn.Lock()
	defer g.turn.Unlock()
	before, now, hooks := g.edit(edit)
	if before == now {
		return
	}
	for _, hook := range hooks {
		hook(before, now)
	}
}

func (g *gate) edit(edit func(reasons map[string]obstacle)) (before, now aspect, hooks []func(before, now aspect)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	before = g.aspectLocked()
	if g.reasons == nil {
		g.reasons = map[string]obstacle{}
	}
	edit(g.reasons)
	return before, g.aspectLocked(), slices.Clone(g.hooks)
}

func (g *gate) aspectLocked() aspect {
	out := aspect{Closed: len(g.reasons) > 0}
	for _, o := range g.reasons {
		out.Paused = out.Paused || o.pause
	}
	return out
}

// gateChanged is the operator's own hook: it tells the runners.
func (o *operator) gateChanged(before, now aspect) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, r := range o.runners {
		if before.Paused != now.Paused {
			r.objects.setPaused(now.Paused, r.worker.SeesEvents())
		}
		r.setGate(now)
		if !now.Closed {
			r.lookAtAll()
		}
	}
}
