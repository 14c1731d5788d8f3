package state

import (
	"fmt"
	"strings"
	"time"
)

// Due is a handler that is due in a cycle.
type Due struct {
	ID     string
	Limits Limits
	Needs  []string // ids of handlers that must have succeeded before
}

// Plan says for every due handler what is to happen with it now. Each one is
// in exactly one of the groups, in declared order.
type Plan struct {
	Run      []string  // to be tried now
	Fail     []Failure // failed without a try
	Sleeping []Sleeper // to be tried later
	Waiting  []string  // for what they need to succeed
	Finished []string  // succeeded or failed before
}

// Failure is a handler that fails without being tried.
type Failure struct {
	ID      string
	Outcome Outcome
}

// Sleeper is a handler whose time has not come.
type Sleeper struct {
	ID    string
	Until time.Time
}

// MakePlan sorts the due handlers by what is to happen with them. The engine
// carries out Run and Fail, puts the outcomes into the records and plans again,
// until neither has anything in it: so what waits for a handler runs in the
// same pass as it. Handlers in tried have had their attempt in this pass; if
// they are to be tried again, they sleep, however short.
//
// A need that is not due in this cycle holds nothing up. Handlers that need
// each other fail.
func MakePlan(due []Due, records map[string]Record, tried map[string]bool, now time.Time) Plan {
	p := newPlanner(due)
	for _, d := range due {
		p.classify(d, records[d.ID], tried[d.ID], now)
	}
	p.holdBack()
	p.breakLoop()
	return p.plan()
}

// Done tells whether the cycle is at its end.
func (p Plan) Done() bool {
	return len(p.Run)+len(p.Fail)+len(p.Sleeping)+len(p.Waiting) == 0
}

// Wake is when to look again if nothing else happens. It is false where no
// handler sleeps.
func (p Plan) Wake() (wake time.Time, ok bool) {
	for _, s := range p.Sleeping {
		if !ok || s.Until.Before(wake) {
			wake, ok = s.Until, true
		}
	}
	return wake, ok
}

// fate is what is to happen with a handler.
type fate int

const (
	notDue fate = iota
	succeeded
	failed  // before
	failing // now
	sleeping
	waiting
	running
)

type planner struct {
	due      []Due
	fates    map[string]fate
	outcomes map[string]Outcome   // of those that are failing
	until    map[string]time.Time // of those that are sleeping
}

func newPlanner(due []Due) *planner {
	return &planner{
		due:      due,
		fates:    make(map[string]fate, len(due)),
		outcomes: map[string]Outcome{},
		until:    map[string]time.Time{},
	}
}

// classify looks at a handler alone.
func (p *planner) classify(d Due, r Record, tried bool, now time.Time) {
	switch {
	case r.Success:
		p.fates[d.ID] = succeeded
	case r.Failure:
		p.fates[d.ID] = failed
	case r.Sleeping(now):
		p.fates[d.ID], p.until[d.ID] = sleeping, *r.Delayed
	case tried:
		p.fates[d.ID], p.until[d.ID] = sleeping, now
	default:
		p.fates[d.ID] = running
		if outcome, over := d.Limits.Exhausted(r, now); over {
			p.fail(d.ID, outcome)
		}
	}
}

func (p *planner) fail(id string, outcome Outcome) {
	p.fates[id], p.outcomes[id] = failing, outcome
}

// holdBack looks at what the handlers need, again and again as long as one
// failure brings the next.
func (p *planner) holdBack() {
	for again := true; again; {
		again = false
		for _, d := range p.due {
			if f := p.fates[d.ID]; f == running || f == waiting {
				p.needs(d)
				again = again || p.fates[d.ID] == failing
			}
		}
	}
}

func (p *planner) needs(d Due) {
	for _, need := range d.Needs {
		switch p.fates[need] {
		case notDue, succeeded:
		case failed, failing:
			p.fail(d.ID, unattempted("needs %q, which failed", need))
			return
		default:
			p.fates[d.ID] = waiting
		}
	}
}

// breakLoop fails handlers that would wait for each other for ever. Loading
// finds such loops, but a cycle that never ends must not depend on that.
func (p *planner) breakLoop() {
	var stuck []string
	for _, d := range p.due {
		switch p.fates[d.ID] {
		case running, sleeping, failing:
			return
		case waiting:
			stuck = append(stuck, d.ID)
		}
	}
	for _, id := range stuck {
		p.fail(id, unattempted("can never run: the needs among %s form a loop", strings.Join(stuck, ", ")))
	}
}

func unattempted(format string, args ...any) Outcome {
	return Outcome{Verdict: Failed, Message: fmt.Sprintf(format, args...), Unattempted: true}
}

func (p *planner) plan() Plan {
	var plan Plan
	for _, d := range p.due {
		switch p.fates[d.ID] {
		case succeeded, failed:
			plan.Finished = append(plan.Finished, d.ID)
		case failing:
			plan.Fail = append(plan.Fail, Failure{d.ID, p.outcomes[d.ID]})
		case sleeping:
			plan.Sleeping = append(plan.Sleeping, Sleeper{d.ID, p.until[d.ID]})
		case waiting:
			plan.Waiting = append(plan.Waiting, d.ID)
		case running:
			plan.Run = append(plan.Run, d.ID)
		}
	}
	return plan
}
