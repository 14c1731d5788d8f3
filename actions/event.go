package actions

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// eventAction emits a Kubernetes event.
type eventAction struct {
	kind, reason, message, about *eval.Template
}

func (c *compiler) event(x *spec.Event) action {
	a := &eventAction{
		kind: c.template(x.Type), reason: c.template(x.Reason),
		message: c.template(x.Message), about: c.template(x.About),
	}
	if static, ok := constant(a.reason); ok && static == "" {
		c.report(ruleEventReason, x.Reason.Range, "an event needs a reason: one word in CamelCase, such as Created")
	}
	return a
}

func isEventType(value any) bool {
	return value == corev1.EventTypeNormal || value == corev1.EventTypeWarning
}

func (a *eventAction) run(ctx context.Context, f *frame) (any, error) {
	var event Event
	var err error
	if event.Type, err = renderText(ctx, f, a.kind); err != nil {
		return nil, err
	}
	if event.Type == "" {
		event.Type = corev1.EventTypeNormal
	}
	if !isEventType(event.Type) {
		return nil, permanent("an event is Normal or Warning, found %q", event.Type)
	}
	if event.Reason, err = a.reason.Text(ctx, f.bind); err != nil {
		return nil, err
	}
	if event.Reason == "" {
		return nil, permanent("an event needs a reason")
	}
	if event.Message, err = renderText(ctx, f, a.message); err != nil {
		return nil, err
	}
	if event.About, err = a.subject(ctx, f); err != nil {
		return nil, err
	}
	f.Emit(event)
	return nil, nil
}

func (a *eventAction) subject(ctx context.Context, f *frame) (corev1.ObjectReference, error) {
	if a.about == nil {
		return f.self(), nil
	}
	about, err := renderMap(ctx, f, "about", a.about)
	if err != nil {
		return corev1.ObjectReference{}, err
	}
	ref := Reference(about)
	if _, isObject := about["metadata"]; !isObject {
		ref.Namespace, ref.Name = stringAt(about, "namespace"), stringAt(about, "name")
		ref.UID = types.UID(stringAt(about, "uid"))
	}
	if ref.APIVersion == "" || ref.Kind == "" || ref.Name == "" {
		return ref, permanent("about must be an object, or have apiVersion, kind and name")
	}
	return ref, nil
}
