package runtime

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/watch"
)

const (
	// settleInterval is how often discovery is asked for settleTime after a CRD has
	// changed: it follows the CRDs with some delay.
	settleInterval = 500 * time.Millisecond
	settleTime     = 5 * time.Second
	// deniedInterval is how often CRDs are tried again that may not be watched.
	deniedInterval = 5 * time.Minute
)

var crdResource = kube.Resource{
	Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition", Plural: "customresourcedefinitions",
}

// crds tells when CustomResourceDefinitions change.
type crds struct {
	changed chan struct{} // has room for one

	mu   sync.Mutex
	last time.Time // guarded by mu: the time of the last change
}

func (c *crds) event(e watch.Event) {
	if e.Type == watch.Listed {
		return // discovery has been asked since
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = time.Now()
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

// unsettled tells whether discovery may be behind a change.
func (c *crds) unsettled(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return now.Sub(c.last) < settleTime
}

// followCRDs watches CustomResourceDefinitions, where the rights allow, until the
// operator stops. Without it, discovery is asked now and then, which is slower but
// finds the same.
func (o *operator) followCRDs() {
	if o.compiled.Settings.ScanningDisabled {
		return
	}
	silent := slog.New(slog.DiscardHandler) // nobody needs to grant these rights
	for {
		ctx, cancel := context.WithCancel(o.ctx)
		o.stream(o.client.Identities(), crdResource, "", "", "", silent, watch.Sink{
			Event: o.crds.event,
			Trouble: func(err error) {
				o.log.Debug("CustomResourceDefinitions cannot be watched; the cluster is asked now and then", "error", err)
				if lasting(err) {
					cancel()
				}
			},
		}).Run(ctx)
		cancel()
		if !o.sleep(deniedInterval) {
			return
		}
	}
}
