package runtime

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/peer"
)

// peering lets the operators of this engine that have one peering name take part in its
// peering objects: as one, so that they never pause each other. It pauses them all where
// others have a say.
type peering struct {
	name      string
	operators []*operator
	options   Options
	self      peer.Peer
	stealth   bool
	log       *slog.Logger

	mu       sync.Mutex
	monitors map[place]*monitored // guarded by mu
	// said is the reason for a pause that the log was told last, standing whether it was told
	// that the engine takes part, or that it cannot.
	said     string // guarded by mu
	standing string // guarded by mu
}

// place is one peering object.
type place struct {
	resource  string
	namespace string
}

// monitored is a peering object that is looked at.
type monitored struct {
	resource kube.Resource
	state    peer.State
	stop     func()
	ended    chan struct{}
}

// newPeerings makes one peering for each name that operators have. Those operators begin no
// work before it is known that they may.
func newPeerings(operators []*operator, o Options) []*peering {
	identity := peer.Identity(time.Now())
	byName := map[string]*peering{}
	var out []*peering
	for _, op := range operators {
		s := op.compiled.Settings.Peering
		if s.Standalone {
			continue
		}
		p := byName[s.Name]
		if p == nil {
			p = &peering{
				name: s.Name, options: o, log: o.Log, stealth: true, monitors: map[place]*monitored{},
				self: peer.Peer{Identity: identity, Priority: s.Priority, Lifetime: s.Lifetime},
			}
			byName[s.Name] = p
			out = append(out, p)
		}
		p.operators = append(p.operators, op)
		p.self.Priority = max(p.self.Priority, s.Priority)
		p.self.Lifetime = max(p.self.Lifetime, s.Lifetime)
		p.stealth = p.stealth && s.Stealth
		op.gate.Close(p.id(), fmt.Sprintf("peering %q is not known yet", p.name))
	}
	return out
}

// takePart runs peerings until leave is called: for longer than the context, since the others
// must not begin before the last handler has ended.
func takePart(ctx context.Context, peerings []*peering) (leave func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	for _, p := range peerings {
		running.Go(func() { p.run(ctx) })
	}
	return func() {
		cancel()
		running.Wait()
	}
}

// id is that of the peering's obstacles in the gates.
func (p *peering) id() string { return "peering" }

// served are the namespaces whose peering objects count, by now, and whether all are known; one
// that is empty stands for the cluster. All operators of an engine have the same.
func (p *peering) served() (namespaces []string, known bool) {
	if p.clusterwide() {
		return []string{""}, true
	}
	return p.operators[0].namespaces.served()
}

func (p *peering) clusterwide() bool { return p.options.Namespaces.All() }

// run takes part until the context ends, and leaves then.
func (p *peering) run(ctx context.Context) {
	defer p.keep(nil)
	changed, forget := p.operators[0].namespaces.join()
	defer forget()
	for {
		interval := servedInterval
		resources, err := peer.Resources(ctx, p.options.Client, p.clusterwide())
		if err != nil {
			interval = missingInterval
			p.log.Debug("cannot ask the cluster for its peering objects", "error", err)
		} else {
			p.adjust(ctx, resources)
			p.judge(true)
		}
		if err == nil && len(resources) == 0 && p.mandatory() {
			interval = missingInterval
		}
		select {
		case <-ctx.Done():
			return
		case <-changed: // other namespaces are served now
		case <-time.After(interval):
			if err := p.options.Client.Discovery.Refresh(ctx); err != nil && ctx.Err() == nil {
				p.log.Debug("cannot ask the cluster what it serves", "error", err)
			}
		}
	}
}

// mandatory tells whether any of the operators does not run without a peering object.
func (p *peering) mandatory() bool {
	return slices.ContainsFunc(p.operators, func(o *operator) bool { return o.compiled.Settings.Peering.Mandatory })
}

// adjust starts and stops monitors, so that there is one for each peering object that may be.
func (p *peering) adjust(ctx context.Context, resources []kube.Resource) {
	wanted := map[place]kube.Resource{}
	namespaces, _ := p.served()
	for _, r := range resources {
		for _, namespace := range namespaces {
			wanted[place{r.String(), namespace}] = r
		}
	}
	p.keep(wanted)
	p.mu.Lock()
	defer p.mu.Unlock()
	for at, r := range wanted {
		if p.monitors[at] == nil {
			p.monitors[at] = p.startLocked(ctx, at, r)
		}
	}
}

// keep ends the monitors of all other places, and waits for them.
func (p *peering) keep(wanted map[place]kube.Resource) {
	p.mu.Lock()
	var ending []*monitored
	for at, m := range p.monitors {
		if _, ok := wanted[at]; !ok {
			m.stop()
			ending = append(ending, m)
			delete(p.monitors, at)
		}
	}
	p.mu.Unlock()
	for _, m := range ending {
		<-m.ended
	}
}

func (p *peering) startLocked(ctx context.Context, at place, r kube.Resource) *monitored {
	ctx, stop := context.WithCancel(ctx)
	m := &monitored{resource: r, stop: stop, ended: make(chan struct{})}
	monitor := peer.NewMonitor(peer.Options{
		Client: p.options.Client, Resource: r, Namespace: at.namespace, Name: p.name,
		Self: p.self, Stealth: p.stealth, Log: p.log,
		Changed: func(s peer.State) {
			p.mu.Lock()
			m.state = s
			p.mu.Unlock()
			p.judge(false)
		},
	})
	go func() {
		defer close(m.ended)
		monitor.Run(ctx)
	}()
	return m
}

// verdict is what the peering objects together mean.
type verdict struct {
	// unknown: some object was not seen yet.
	unknown bool
	// missing are the namespaces that have none, of so many.
	missing []string
	of      int
	// reason is why to pause, empty for not at all. same tells that it is one that somebody
	// should do something about.
	reason string
	same   bool
	// trouble is why an object cannot be seen.
	trouble error
}

// judge opens or closes the gates. With asked, the cluster has just been asked for the kinds:
// before that, nothing is known.
func (p *peering) judge(asked bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !asked && len(p.monitors) == 0 {
		return
	}
	v := p.verdictLocked()
	p.sayLocked(v)
	for _, op := range p.operators {
		switch {
		case v.reason != "":
			op.gate.Pause(p.id(), fmt.Sprintf("peering %q: %s", p.name, v.reason))
		case v.unknown:
			op.gate.Close(p.id(), fmt.Sprintf("peering %q is not known yet", p.name))
		case len(v.missing) > 0 && op.compiled.Settings.Peering.Mandatory:
			op.gate.Pause(p.id(), fmt.Sprintf("peering %q is mandatory, but %s", p.name, p.lack(v)))
		default:
			op.gate.Open(p.id())
		}
	}
}

func (p *peering) verdictLocked() verdict {
	namespaces, known := p.served()
	v := verdict{unknown: !known, of: len(namespaces)}
	var reasons []string
	for _, namespace := range namespaces {
		exists := false
		for _, m := range p.inLocked(namespace) {
			s := m.state
			exists = exists || s.Exists
			v.unknown = v.unknown || !s.Known && !final(s.Trouble)
			if s.Trouble != nil {
				v.trouble = s.Trouble
			}
			if reason := s.Decision.Reason(); reason != "" && !slices.Contains(reasons, reason) {
				reasons = append(reasons, reason)
			}
			v.same = v.same || len(s.Decision.Same) > 0
		}
		if !exists {
			v.missing = append(v.missing, namespace)
		}
	}
	slices.Sort(reasons)
	v.reason = strings.Join(reasons, "; ")
	return v
}

func (p *peering) inLocked(namespace string) []*monitored {
	var out []*monitored
	for at, m := range p.monitors {
		if at.namespace == namespace {
			out = append(out, m)
		}
	}
	return out
}

// final tells whether waiting for an answer is in vain: the engine has no right to it, or the
// kind has just gone. Without any answer of the server nothing is known.
func final(trouble error) bool {
	return apierrors.IsForbidden(trouble) || apierrors.IsNotFound(trouble) || apierrors.IsMethodNotSupported(trouble)
}

// lack says what is missing.
func (p *peering) lack(v verdict) string {
	if v.trouble != nil && final(v.trouble) {
		return "it cannot be read: " + v.trouble.Error()
	}
	text := "there is no " + peer.Where(peer.Kind(p.clusterwide()), v.missing[0], p.name)
	if more := len(v.missing) - 1; more > 0 {
		text += fmt.Sprintf(", and none in %d more", more)
	}
	return text
}

// sayLocked tells the log what has changed.
func (p *peering) sayLocked(v verdict) {
	log := p.log.With("peering", p.name)
	if v.unknown {
		return
	}
	if v.reason != p.said {
		switch {
		case v.same:
			log.Warn("pausing: "+v.reason, "to do", "give each operator another priority, or another peering name")
		case v.reason != "":
			log.Info("pausing: " + v.reason)
		default:
			log.Info("resuming: no other operator has a say any more")
		}
		p.said = v.reason
	}
	p.sayStandingLocked(log, v)
}

// sayStandingLocked tells the log whether the engine takes part. Namespaces that come and go are
// not worth a word each.
func (p *peering) sayStandingLocked(log *slog.Logger, v verdict) {
	standing := "some"
	switch len(v.missing) {
	case 0:
		standing = "all"
	case v.of:
		standing = "none"
	}
	if standing == p.standing || v.of == 0 {
		return
	}
	p.standing = standing
	switch {
	case standing == "all":
		log.Info("taking part in the peering", "identity", p.self.Identity, "priority", p.self.Priority)
	case p.mandatory():
		log.Warn("pausing: the peering is mandatory, but "+p.lack(v), "to do", "see 'kopf-declarative crds'")
	case standing == "some":
		log.Info("taking part in the peering, but not everywhere: "+p.lack(v), "identity", p.self.Identity, "priority", p.self.Priority)
	default:
		log.Info("running without peering: " + p.lack(v))
	}
}
