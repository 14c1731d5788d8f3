package handle

import (
	"context"
	"encoding/json"
	"hash/fnv"
	"time"

	"github.com/robfig/cron/v3"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/runtime/cause"
	"github.com/kopf-declarative/kopf-declarative/runtime/daemon"
	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

func (c *compiler) timer(t *spec.Timer) {
	h := &Handler{ID: t.ID.Value, Range: t.Range, plan: &daemon.Plan{ID: t.ID.Value, Timing: &daemon.Timing{
		Interval: duration(t.Interval, 0),
		Sharp:    t.Sharp != nil && t.Sharp.Value,
		Idle:     duration(t.Idle, 0),
		Schedule: c.schedule(t),
	}}}
	c.background(h, t.Resource, t.Match, t.InitialDelay, &t.Work)
}

func (c *compiler) daemon(d *spec.Daemon) {
	plan := &daemon.Plan{ID: d.ID.Value}
	if cancel := d.Cancellation; cancel != nil {
		plan.Backoff, plan.Timeout = span(cancel.Backoff), span(cancel.Timeout)
	}
	restart := text(d.Restart, "onFailure")
	plan.Always = restart == "always"
	h := &Handler{ID: d.ID.Value, Range: d.Range, plan: plan}
	c.background(h, d.Resource, d.Match, d.InitialDelay, &d.Work)
	if restart == "never" {
		once := 1
		h.limits.Retries = &once
	}
}

func span(d *spec.Duration) *time.Duration {
	if d == nil {
		return nil
	}
	return &d.Value
}

func (c *compiler) background(h *Handler, resource []*spec.Selector, match *spec.Match, delay *spec.Template, work *spec.Work) {
	c.resources(resource, h)
	c.knowing(c.objectTypes(resource), func() {
		c.body(match, work, h, backgroundScope)
		h.initialDelay = c.duration(delay, eval.Object)
	})
	c.operator.Handlers = append(c.operator.Handlers, h)
}

// schedule reads the schedule of a timer; nil where there is none.
func (c *compiler) schedule(t *spec.Timer) cron.Schedule {
	if t.Schedule == nil {
		return nil
	}
	zone := text(t.TimeZone, "UTC")
	if _, err := daemon.Zone(zone); err != nil {
		c.found = append(c.found, unknownZone(t.TimeZone))
		zone = "UTC" // the schedule may be wrong too
	}
	out, err := daemon.ParseSchedule(t.Schedule.Value, zone)
	if err != nil {
		c.found = append(c.found, wrongSchedule(t.Schedule, err))
		return nil
	}
	return out
}

func unknownZone(zone *spec.String) *diag.Diagnostic {
	near, ok := daemon.NearestZone(zone.Value)
	if !ok {
		return ruleTimeZone.At(zone.Node.Range, "%q is not the name of a time zone, such as Europe/Berlin or UTC", zone.Value)
	}
	d := ruleTimeZone.At(zone.Node.Range, "%q is not the name of a time zone; did you mean %q?", zone.Value, near)
	d.SuggestWord(zone.Value, near)
	return d
}

// meant tells whether a timer or daemon is to run for the object as it is.
func (p *pass) meant(ctx context.Context, h *Handler) bool {
	if known, ok := p.matching[h]; ok {
		return known
	}
	ok := !cause.IsDeleting(p.object) && !p.mem.isOver(h.ID) &&
		p.test(ctx, h, func(ctx context.Context, s subject) (bool, error) { return h.match.matches(ctx, s, false) })
	if p.matching == nil {
		p.matching = map[*Handler]bool{}
	}
	p.matching[h] = ok
	return ok
}

// guarded tells whether the object must be held for its daemons: those that are meant
// for it, and those that have not ended yet.
func (p *pass) guarded(ctx context.Context) bool {
	for _, h := range p.w.background {
		if h.daemon() && p.meant(ctx, h) {
			return true
		}
	}
	return p.alive()
}

// alive tells whether daemons of the object have not ended yet.
func (p *pass) alive() bool {
	return len(p.w.background) > 0 && p.w.pool.Alive(essence.MetaText(p.object, "uid"))
}

// background gives the object the timers and daemons that are meant for it. A daemon
// begins no sooner than the object is held for it.
func (p *pass) background(ctx context.Context) {
	if len(p.w.background) == 0 {
		return
	}
	uid := essence.MetaText(p.object, "uid")
	if cause.IsDeleting(p.object) {
		p.w.pool.Stop(uid, daemon.Deleted)
		p.w.pool.Wait(ctx, uid, p.w.operator.Settings.InstantExitTimeout)
		return
	}
	var wanted []*daemon.Plan
	handlers := map[*daemon.Plan]*Handler{}
	held := cause.HasFinalizer(p.object, p.finalizer())
	for _, h := range p.w.background {
		if (held || !h.daemon()) && p.meant(ctx, h) {
			wanted = append(wanted, h.plan)
			handlers[h.plan] = h
		}
	}
	p.w.pool.Sync(uid, p.changed(), wanted, func(plan *daemon.Plan) (daemon.Task, bool) {
		return p.task(ctx, handlers[plan])
	})
}

// changed is when the essence of the object has changed last, as far as a timer asks.
func (p *pass) changed() time.Time {
	if !p.w.idles {
		return time.Time{}
	}
	hash := fnv.New64a()
	// An essence is JSON; writing to a hash cannot fail.
	_ = json.NewEncoder(hash).Encode(essence.Of(p.object, p.w.essence))
	return p.mem.essenceIs(hash.Sum64(), p.now)
}

// task makes the task of a handler for the object. It is false where it cannot be told
// when it is to begin.
func (p *pass) task(ctx context.Context, h *Handler) (daemon.Task, bool) {
	var delay time.Duration
	if h.initialDelay != nil {
		var err error
		if delay, err = h.initialDelay.Duration(ctx, p.handlerVars(ctx, h)); err != nil {
			p.w.faults.filter(h, err)
			return daemon.Task{}, false
		}
	}
	r := &resident{w: p.w, handler: h, uid: essence.MetaText(p.object, "uid"), mem: p.mem, log: p.handlerLog(h)}
	return daemon.Task{
		Plan: h.plan, Delay: delay, Run: r.run,
		Over:      func() { r.mem.over(h.ID) },
		Lingers:   r.lingers,
		Abandoned: r.abandoned,
		Count:     r.count,
	}, true
}
