package peer

import (
	"context"
	"encoding/json"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/watch"
)

// leaveTimeout is how long the own entry may take to be removed at the end.
const leaveTimeout = 5 * time.Second

// Options say which peering object a Monitor takes part in, and as whom.
type Options struct {
	Client *kube.Client
	// Resource is a kind of peering object; Namespace is empty for cluster-wide ones.
	Resource        kube.Resource
	Namespace, Name string
	// Self has the own identity, priority and lifetime.
	Self Peer
	// Stealth keeps renewals out of the log.
	Stealth bool
	Log     *slog.Logger
	// Changed is told whenever the state is another, on the goroutine of Run.
	Changed func(State)
}

// State is what a Monitor knows.
type State struct {
	// Known tells whether the server has answered at all. Trouble is why it has not, where
	// there is a reason: missing rights, an unreachable server.
	Known   bool
	Trouble error
	// Exists tells whether there is a peering object.
	Exists bool
	// Decision is what follows of its entries.
	Decision Decision
}

// Monitor takes part in one peering object: it has an entry there as long as it runs, and
// tells what the others' entries mean.
type Monitor struct {
	options Options
	log     *slog.Logger
	machine machine
	news    chan news
	known   bool
	// mute: it was said that the own entry cannot be written.
	mute bool
	// damaged are the unreadable entries that were told of.
	damaged map[string]bool
}

// news is what the watch has brought: an object, nil where it is gone; the end of the
// first listing; or trouble.
type news struct {
	object  *kube.Object
	synced  bool
	trouble error
}

// NewMonitor makes a monitor; Run starts it.
func NewMonitor(o Options) *Monitor {
	return &Monitor{
		options: o,
		log:     o.Log.With("peering", Where(o.Resource.Kind, o.Namespace, o.Name)),
		machine: machine{self: o.Self, chance: rand.Float64},
		news:    make(chan news),
		damaged: map[string]bool{},
	}
}

// Run takes part until the context ends; then it takes the own entry away.
func (m *Monitor) Run(ctx context.Context) {
	var watching sync.WaitGroup
	watching.Go(func() { m.watch(ctx) })
	defer watching.Wait()
	defer m.leave(ctx)
	for {
		next := m.act(ctx)
		var alarm <-chan time.Time
		if !next.IsZero() {
			alarm = time.After(time.Until(next))
		}
		select {
		case <-ctx.Done():
			return
		case <-alarm:
		case n := <-m.news:
			m.hear(n)
		}
	}
}

// watch follows the one object.
func (m *Monitor) watch(ctx context.Context) {
	tell := func(n news) {
		select {
		case m.news <- n:
		case <-ctx.Done():
		}
	}
	watch.New(watch.Options{
		Client:    m.options.Client,
		Resource:  m.options.Resource,
		Namespace: m.options.Namespace,
		Fields:    "metadata.name=" + m.options.Name,
	}, watch.Sink{
		Event: func(e watch.Event) {
			if e.Type == watch.Deleted {
				tell(news{})
				return
			}
			tell(news{object: e.Object})
		},
		Synced: func() { tell(news{synced: true}) },
		Trouble: func(err error) {
			if err != nil {
				tell(news{trouble: err})
			}
		},
	}).Run(ctx)
}

// hear takes notice of news.
func (m *Monitor) hear(n news) {
	switch {
	case n.trouble != nil:
		if !m.known {
			m.options.Changed(State{Trouble: n.trouble})
		}
	case n.synced:
		m.known = true
		if !m.machine.exists {
			m.options.Changed(State{Known: true})
		}
	case n.object == nil:
		m.machine.gone()
		m.options.Changed(State{Known: true})
	default:
		m.known = true
		m.see(n.object)
	}
}

// see reads a state of the object.
func (m *Monitor) see(object *kube.Object) {
	body, err := object.Decode()
	if err != nil {
		m.log.Warn("the peering object cannot be read", "error", err)
		return
	}
	status, _ := body["status"].(map[string]any)
	m.machine.see(status, object.ResourceVersion)
}

// act does what is to be done, and tells when to look again.
func (m *Monitor) act(ctx context.Context) time.Time {
	for ctx.Err() == nil {
		todo := m.machine.step(time.Now())
		if todo.Ask {
			m.ask(ctx)
			continue
		}
		if !m.machine.exists {
			return time.Time{}
		}
		m.tell(todo.Decision)
		if len(todo.Clean) > 0 {
			m.clean(ctx, todo.Clean)
		}
		if !todo.Write {
			return todo.Next
		}
		m.renew(ctx)
	}
	return time.Time{}
}

// tell tells what was decided. A pause that is only confirmed by the clock, not by the
// server, goes on.
func (m *Monitor) tell(d Decision) {
	for _, text := range d.Damaged {
		if !m.damaged[text] {
			m.damaged[text] = true
			m.log.Warn("an entry of the peering object cannot be read and does not count", "entry", text)
		}
	}
	if m.machine.paused == d.Pause() {
		m.options.Changed(State{Known: true, Exists: true, Decision: d})
	}
}

// ask reads the object from the server.
func (m *Monitor) ask(ctx context.Context) {
	object, err := m.options.Client.Get(ctx, m.options.Resource, m.options.Namespace, m.options.Name)
	switch {
	case apierrors.IsNotFound(err):
		m.hear(news{})
	case err != nil:
		m.log.Debug("cannot ask for the peering object", "error", err)
		m.machine.unanswered(time.Now())
	default:
		m.see(object)
		m.machine.fresh = true
	}
}

// renew writes the own entry.
func (m *Monitor) renew(ctx context.Context) {
	self := m.options.Self
	self.LastSeen = time.Now()
	object, err := Patch(ctx, m.options.Client, m.options.Resource, m.options.Namespace, m.options.Name, Renewal(self))
	switch {
	case ctx.Err() != nil:
	case apierrors.IsNotFound(err): // the watch will tell
		m.machine.unwritten(time.Now())
	case err != nil:
		m.machine.unwritten(time.Now())
		if !m.mute {
			m.mute = true
			m.log.Warn("cannot renew the own entry in the peering object; others do not see this engine then", "error", err)
		}
	default:
		m.mute = false
		m.machine.written(self.LastSeen)
		m.see(object)
		if !m.options.Stealth {
			m.log.Debug("renewed the own entry", "identity", self.Identity)
		}
	}
}

// clean takes dead entries away, unless one of them has been renewed meanwhile: the patch
// fails then, and the watch brings the newer object.
func (m *Monitor) clean(ctx context.Context, dead []string) {
	patch := Removal(dead...)
	patch["metadata"] = map[string]any{"resourceVersion": m.machine.version}
	_, err := Patch(ctx, m.options.Client, m.options.Resource, m.options.Namespace, m.options.Name, patch)
	switch {
	case err == nil:
		m.log.Debug("removed the entries of dead peers", "peers", dead)
	case !apierrors.IsConflict(err) && ctx.Err() == nil:
		m.log.Debug("cannot remove the entries of dead peers", "error", err)
	}
}

// leave takes the own entry away.
func (m *Monitor) leave(ctx context.Context) {
	if !m.machine.exists || m.machine.wrote.IsZero() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	_, err := Patch(ctx, m.options.Client, m.options.Resource, m.options.Namespace, m.options.Name, Removal(m.options.Self.Identity))
	if err != nil && !apierrors.IsNotFound(err) {
		m.log.Warn("cannot remove the own entry from the peering object; it counts until its lifetime is over", "error", err)
	}
}

// Patch sends a merge patch of a peering object's status, by the subresource where the
// resource has one.
func Patch(ctx context.Context, client *kube.Client, r kube.Resource, namespace, name string, patch map[string]any) (*kube.Object, error) {
	body, err := json.Marshal(patch)
	if err != nil {
		return nil, err
	}
	subresource := ""
	if r.Status {
		subresource = "status"
	}
	return client.MergePatch(ctx, r, namespace, name, subresource, body, false)
}
