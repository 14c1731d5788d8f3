package daemon

import (
	"context"
	"sync"
	"time"

	"github.com/kopf-declarative/kopf-declarative/runtime/queue"
	"github.com/kopf-declarative/kopf-declarative/runtime/state"
)

// Options are what a Pool is made with.
type Options struct {
	// Slots is how many runs work at a time; those that sleep do not count.
	Slots int
	// Polling is how often it is said of a run that it has not stopped yet.
	Polling time.Duration
	// ExitTimeout is how long runs may take to end when the pool does.
	ExitTimeout time.Duration
	// Ended is called, without any lock, when a task that was running is no more; the
	// object should be looked at again then.
	Ended func(uid string)
}

// Pool has the tasks of all objects of a resource. A task that waits for its time is a
// few bytes; only one that runs has a goroutine. A task never overlaps itself.
type Pool struct {
	options Options
	slots   chan struct{}
	due     *queue.Queue[key]
	runs    sync.WaitGroup

	mu      sync.Mutex
	objects map[string]map[string]*task // guarded by mu: by uid and id
	// waiters are closed when an object has no daemon any more.
	waiters map[string]chan struct{} // guarded by mu
	held    bool                     // guarded by mu: no run begins
	paused  bool                     // guarded by mu: there are no tasks but those that stop
	ended   bool                     // guarded by mu: so for ever
}

// New makes a pool without tasks.
func New(o Options) *Pool {
	return &Pool{
		options: o,
		slots:   make(chan struct{}, o.Slots),
		due:     queue.New[key](nil),
		objects: map[string]map[string]*task{},
		waiters: map[string]chan struct{}{},
	}
}

// Run starts tasks when they are due, until ctx ends. Then all of them are stopped, for
// the reason that is asked for, and waited for no longer than the exit timeout, nor than
// work lasts; what still runs then is cut off.
func (p *Pool) Run(ctx, work context.Context, reason func() Reason) {
	work, cut := context.WithCancelCause(work)
	defer cut(nil)
	p.due.Run(ctx, 1, func(k key) { p.begin(ctx, work, k) })
	p.end(reason())
	timer := time.AfterFunc(p.options.ExitTimeout, func() { cut(ErrExit) })
	defer timer.Stop()
	p.runs.Wait()
}

// Sync gives an object the tasks that are wanted for it: those that are missing are
// made and started, and those that are not wanted are stopped as a mismatch. changed is
// when the object has changed last. One that is still stopping starts anew when it has
// ended and Sync is called again. make may refuse.
func (p *Pool) Sync(uid string, changed time.Time, wanted []*Plan, make func(*Plan) (Task, bool)) {
	for _, plan := range p.compare(uid, changed, wanted) {
		if t, ok := make(plan); ok {
			p.add(uid, changed, t)
		}
	}
}

// compare stops what is not wanted, and returns what is missing.
func (p *Pool) compare(uid string, changed time.Time, wanted []*Plan) (missing []*Plan) {
	p.mu.Lock()
	defer p.mu.Unlock()
	tasks := p.objects[uid]
	unwanted := map[string]*task{}
	for id, t := range tasks {
		unwanted[id] = t
	}
	for _, plan := range wanted {
		delete(unwanted, plan.ID)
		if t := tasks[plan.ID]; t != nil {
			p.touchLocked(t, changed)
		} else if !p.paused {
			missing = append(missing, plan)
		}
	}
	for _, t := range unwanted {
		p.stopLocked(t, Mismatch)
	}
	return missing
}

// touchLocked takes notice of a change of the object: a timer that waits for it to be
// idle is due later, or due at all.
func (p *Pool) touchLocked(t *task, changed time.Time) {
	if !changed.After(t.times.Changed) {
		return
	}
	t.times.Changed = changed
	if t.Timing == nil || t.run != nil || t.record != nil {
		return
	}
	due, _ := t.Timing.Next(t.times)
	p.scheduleLocked(t, due)
}

func (p *Pool) add(uid string, changed time.Time, new Task) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.paused || p.objects[uid][new.ID] != nil {
		return
	}
	now := time.Now()
	t := &task{Task: new, key: key{uid, new.ID}, times: Times{From: now.Add(new.Delay), Changed: changed}}
	if p.objects[uid] == nil {
		p.objects[uid] = map[string]*task{}
	}
	p.objects[uid][new.ID] = t
	t.Count(1)
	due := t.times.From
	if t.Timing != nil {
		due, _ = t.Timing.Next(t.times)
	}
	p.scheduleLocked(t, due)
}

func (p *Pool) scheduleLocked(t *task, due time.Time) {
	t.due = due
	if !due.IsZero() {
		p.due.AddAfter(t.key, max(0, time.Until(due)))
	}
}

// Stop stops all tasks of an object. It does not wait for them; see Alive.
func (p *Pool) Stop(uid string, why Reason) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopAllLocked(p.objects[uid], why)
}

func (p *Pool) stopAllLocked(tasks map[string]*task, why Reason) {
	for _, t := range tasks {
		p.stopLocked(t, why)
	}
}

// Pause stops all tasks and takes no new ones until Resume; the objects should be looked
// at again then.
func (p *Pool) Pause() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.paused = true
	for _, tasks := range p.objects {
		p.stopAllLocked(tasks, Paused)
	}
}

// Resume ends what Pause has begun.
func (p *Pool) Resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.paused = p.ended
}

// Hold keeps runs from beginning while it is true; those under way go on.
func (p *Pool) Hold(hold bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = hold
	if hold {
		return
	}
	for _, tasks := range p.objects {
		for _, t := range tasks {
			if t.run == nil {
				p.scheduleLocked(t, t.due)
			}
		}
	}
}

func (p *Pool) end(why Reason) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.paused, p.ended = true, true
	for _, tasks := range p.objects {
		p.stopAllLocked(tasks, why)
	}
}

// Alive tells whether an object has daemons that have neither ended nor been given up.
func (p *Pool) Alive(uid string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.aliveLocked(uid)
}

func (p *Pool) aliveLocked(uid string) bool {
	for _, t := range p.objects[uid] {
		if t.Timing == nil {
			return true
		}
	}
	return false
}

// Wait waits until an object has no daemon any more, no longer than that.
func (p *Pool) Wait(ctx context.Context, uid string, atMost time.Duration) {
	gone := p.waiter(uid)
	if gone == nil || atMost <= 0 {
		return
	}
	timer := time.NewTimer(atMost)
	defer timer.Stop()
	select {
	case <-gone:
	case <-timer.C:
	case <-ctx.Done():
	}
}

func (p *Pool) waiter(uid string) chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.aliveLocked(uid) {
		return nil
	}
	if p.waiters[uid] == nil {
		p.waiters[uid] = make(chan struct{})
	}
	return p.waiters[uid]
}

// slot takes one of the slots; an error is the cause of the context's end.
func (p *Pool) slot(ctx context.Context) error {
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (p *Pool) giveBack() { <-p.slots }

// begin starts the run of a task that is due.
func (p *Pool) begin(ctx, work context.Context, k key) {
	if !p.isDue(k) || p.slot(ctx) != nil {
		return
	}
	runCtx, cancel := context.WithCancelCause(work)
	t, r, record := p.take(k, cancel)
	if t == nil {
		cancel(nil)
		p.giveBack()
		return
	}
	p.runs.Go(func() {
		defer cancel(nil)
		c := &Control{pool: p, run: r}
		record, outcome := t.Run(runCtx, c, record)
		if !c.idle {
			p.giveBack()
		}
		p.finish(t, r, record, outcome)
	})
}

// isDue tells whether a task is due. One whose time has been put off is asked for again
// at its new time.
func (p *Pool) isDue(k key) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.dueLocked(k) != nil
}

func (p *Pool) dueLocked(k key) *task {
	t := p.objects[k.uid][k.id]
	if t == nil || t.run != nil || t.due.IsZero() || p.held {
		return nil
	}
	if wait := time.Until(t.due); wait > 0 {
		p.due.AddAfter(k, wait)
		return nil
	}
	return t
}

func (p *Pool) take(k key, cancel context.CancelCauseFunc) (*task, *run, state.Record) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.dueLocked(k)
	if t == nil {
		return nil, nil, state.Record{}
	}
	t.run = &run{stop: make(chan struct{}), cancel: cancel}
	t.times.Due, t.times.Begun = t.due, time.Now()
	t.due = time.Time{}
	var record state.Record
	if t.record != nil {
		record = *t.record
	}
	return t, t.run, record
}

// finish takes note of the end of a run.
func (p *Pool) finish(t *task, r *run, record state.Record, outcome state.Outcome) {
	if p.finished(t, r, record, outcome) {
		p.options.Ended(t.key.uid)
	}
}

func (p *Pool) finished(t *task, r *run, record state.Record, outcome state.Outcome) (gone bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.next != nil {
		r.next.Stop()
	}
	if t.run != r {
		return false // it was given up
	}
	t.run = nil
	now := time.Now()
	t.times.Ended = now
	due, over := t.after(record, outcome, now)
	if r.reason != "" {
		// One that was stopped has not ended by itself, unless it has failed.
		over = outcome.Verdict == state.Failed
	} else if !over {
		p.scheduleLocked(t, due)
		return false
	}
	if over {
		t.Over()
	}
	p.removeLocked(t)
	return true
}

func (p *Pool) removeLocked(t *task) {
	tasks := p.objects[t.key.uid]
	delete(tasks, t.key.id)
	if len(tasks) == 0 {
		delete(p.objects, t.key.uid)
	}
	t.Count(-1)
	if gone := p.waiters[t.key.uid]; gone != nil && !p.aliveLocked(t.key.uid) {
		close(gone)
		delete(p.waiters, t.key.uid)
	}
}
