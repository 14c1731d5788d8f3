package daemon

import "time"

// stopLocked asks a task to stop; one that waits for its time is gone at once.
func (p *Pool) stopLocked(t *task, why Reason) {
	r := t.run
	switch {
	case r == nil:
		p.removeLocked(t)
		return
	case r.reason != "":
		return // it was asked already
	}
	r.reason, r.asked = why, time.Now()
	close(r.stop)
	switch {
	case t.Backoff != nil:
		p.laterLocked(t, r, *t.Backoff, p.cutOffLocked)
	case t.Timeout != nil:
		p.laterLocked(t, r, *t.Timeout, p.abandonLocked)
	default:
		p.laterLocked(t, r, p.options.Polling, p.lingerLocked)
	}
}

// laterLocked does the next thing about a run that was asked to stop, unless it has
// ended until then.
func (p *Pool) laterLocked(t *task, r *run, delay time.Duration, do func(*task, *run) (gone bool)) {
	r.next = time.AfterFunc(delay, func() {
		p.mu.Lock()
		gone := t.run == r && do(t, r)
		p.mu.Unlock()
		if gone {
			p.options.Ended(t.key.uid)
		}
	})
}

// cutOffLocked cancels what the run does.
func (p *Pool) cutOffLocked(t *task, r *run) (gone bool) {
	r.cancel(ErrCutOff)
	if t.Timeout != nil {
		p.laterLocked(t, r, *t.Timeout, p.abandonLocked)
	} else {
		p.laterLocked(t, r, p.options.Polling, p.lingerLocked)
	}
	return false
}

// abandonLocked forgets the task, whatever its run still does.
func (p *Pool) abandonLocked(t *task, r *run) (gone bool) {
	r.cancel(ErrAbandoned)
	t.run = nil
	p.removeLocked(t)
	t.Abandoned(time.Since(r.asked))
	return true
}

// lingerLocked says that the run has still not ended.
func (p *Pool) lingerLocked(t *task, r *run) (gone bool) {
	t.Lingers(time.Since(r.asked))
	p.laterLocked(t, r, p.options.Polling, p.lingerLocked)
	return false
}
