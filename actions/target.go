package actions

import (
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/dynamic"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// target is a compiled Target; nil is the handler's own object.
type target struct {
	resource         *spec.Selector
	apiVersion, kind *eval.Template
	name, namespace  *eval.Template
}

func (c *compiler) target(x *spec.Target) *target {
	if x == nil {
		return nil
	}
	return &target{
		resource:   x.Resource,
		apiVersion: c.template(x.APIVersion), kind: c.template(x.Kind),
		name: c.template(x.Name), namespace: c.template(x.Namespace),
	}
}

// place is one object in the API, there or not.
type place struct {
	resource        kube.Resource
	namespace, name string
}

// String names the object as error messages of the API server do.
func (p place) String() string {
	text := p.resource.Plural
	if p.name != "" {
		text += fmt.Sprintf(" %q", p.name)
	}
	if p.namespace != "" {
		text += fmt.Sprintf(" in namespace %q", p.namespace)
	}
	return text
}

// key is the same for the same object, in whatever version it is addressed.
func (p place) key() string {
	return strings.Join([]string{p.resource.Group, p.resource.Plural, p.namespace, p.name}, "/")
}

func (f *frame) client(p place) dynamic.ResourceInterface {
	client := f.Client.Dynamic.Resource(p.resource.GVR())
	if p.namespace == "" {
		return client
	}
	return client.Namespace(p.namespace)
}

// self is a reference to the handler's own object.
func (f *frame) self() corev1.ObjectReference {
	ref := Reference(f.Object)
	if ref.APIVersion == "" || ref.Kind == "" {
		// Items of a list do not tell their type.
		ref.APIVersion, ref.Kind = f.Resource.GVK().ToAPIVersionAndKind()
	}
	return ref
}

// maxManager is the longest name of a field manager that the API accepts.
const maxManager = 128

// manager is the name under which fields are owned.
func (f *frame) manager() string { return f.Operator[:min(len(f.Operator), maxManager)] }

func (f *frame) ownPlace() place {
	self := f.self()
	return place{resource: f.Resource, namespace: self.Namespace, name: self.Name}
}

// find says where the target is. It is the object itself where t is nil.
func (t *target) find(ctx context.Context, f *frame) (place, error) {
	if t == nil {
		return f.ownPlace(), nil
	}
	resource, err := t.findResource(ctx, f)
	if err != nil {
		return place{}, err
	}
	if err := f.know(ctx, resource); err != nil {
		return place{}, err
	}
	p := place{resource: resource}
	if p.name, err = t.name.Text(ctx, f.bind); err != nil {
		return place{}, err
	}
	if p.name == "" {
		return place{}, permanent("the target has an empty name")
	}
	if resource.Namespaced {
		p.namespace, err = f.namespaceOr(ctx, t.namespace)
	}
	if err == nil && resource.Namespaced && p.namespace == "" {
		err = permanent("%s are namespaced, but the target has no namespace", resource.Plural)
	}
	return p, err
}

// namespaceOr renders a namespace; the default is that of the object itself.
func (f *frame) namespaceOr(ctx context.Context, t *eval.Template) (string, error) {
	namespace, err := renderText(ctx, f, t)
	if err != nil || namespace != "" {
		return namespace, err
	}
	return f.self().Namespace, nil
}

func (t *target) findResource(ctx context.Context, f *frame) (kube.Resource, error) {
	if t.resource != nil {
		return f.Client.Discovery.Find(ctx, t.resource)
	}
	apiVersion, err := t.apiVersion.Text(ctx, f.bind)
	if err != nil {
		return kube.Resource{}, err
	}
	kind, err := t.kind.Text(ctx, f.bind)
	if err != nil {
		return kube.Resource{}, err
	}
	return f.Client.Discovery.ByKind(ctx, apiVersion, kind)
}
