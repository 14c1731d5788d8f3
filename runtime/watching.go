package runtime

import (
	"context"

	"github.com/kopf-declarative/kopf-declarative/actions"
	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/events"
	"github.com/kopf-declarative/kopf-declarative/runtime/watch"
)

// watch lists and watches those objects of a resource within the engine's
// namespace that match the selectors, until the context ends.
func (o *operator) watch(ctx context.Context, r kube.Resource, labels, fields string, sink watch.Sink) {
	settings := &o.compiled.Settings
	watch.New(watch.Options{
		Client:            o.client,
		Resource:          r,
		Namespace:         o.options.Namespace,
		Labels:            labels,
		Fields:            fields,
		ServerTimeout:     settings.ServerTimeout,
		InactivityTimeout: settings.InactivityTimeout,
		ReconnectBackoff:  settings.ReconnectBackoff,
		Log:               o.log.With("resource", r.Plural),
	}, sink).Run(ctx)
}

// emit posts a Kubernetes event of a handler, unless the operator posts none.
func (o *operator) emit(e actions.Event) {
	if !o.compiled.Settings.Posting {
		return
	}
	o.recorder.Emit(events.Event{Type: e.Type, Reason: e.Reason, Note: e.Message, About: e.About})
}
