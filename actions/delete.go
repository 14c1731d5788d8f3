package actions

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// pageSize is how many objects one request lists.
const pageSize = 500

// deleteAction deletes the object itself, a target, or all objects that have
// some labels.
type deleteAction struct {
	target      *target
	resource    *spec.Selector
	labels      []field
	namespace   *eval.Template
	propagation *metav1.DeletionPropagation
	mustHave    bool
}

func (c *compiler) delete(x *spec.Delete) action {
	a := &deleteAction{
		target: c.target(x.Target), resource: x.Resource,
		labels: c.fields(x.Labels), namespace: c.template(x.Namespace),
		mustHave: x.IfMissing != nil && x.IfMissing.Value == "fail",
	}
	if x.Propagation != nil {
		policy := metav1.DeletionPropagation(x.Propagation.Value)
		a.propagation = &policy
	}
	switch {
	case x.Target != nil:
		c.checkTarget(x.Target)
	case x.Resource != nil:
		if r, known := c.kinds.Find(x.Resource); known {
			c.checkNamespace(r, x.Namespace, x.Range)
		}
	}
	return a
}

func (a *deleteAction) run(ctx context.Context, f *frame) (any, error) {
	if a.resource != nil {
		return a.matching(ctx, f)
	}
	where, err := a.target.find(ctx, f)
	if err != nil {
		return nil, err
	}
	var uid types.UID
	if where.key() == f.ownPlace().key() {
		uid = f.self().UID
	}
	err = f.deleteOne(ctx, where, uid, a.propagation)
	if gone(err) && !a.mustHave {
		return nil, nil
	}
	if err != nil {
		return nil, cannot("delete", where, err)
	}
	return reference(where), nil
}

// deleteOne deletes an object: that of the uid only, if one is given.
func (f *frame) deleteOne(ctx context.Context, where place, uid types.UID, how *metav1.DeletionPropagation) error {
	options := metav1.DeleteOptions{PropagationPolicy: how}
	if uid != "" {
		options.Preconditions = &metav1.Preconditions{UID: &uid}
	}
	return f.client(where).Delete(ctx, where.name, options)
}

// gone tells that there is nothing to delete. A conflict means that another
// object has the name now.
func gone(err error) bool { return apierrors.IsNotFound(err) || apierrors.IsConflict(err) }

func (a *deleteAction) matching(ctx context.Context, f *frame) (any, error) {
	resource, err := f.Client.Discovery.Find(ctx, a.resource)
	if err != nil {
		return nil, err
	}
	selector, err := a.selector(ctx, f)
	if err != nil {
		return nil, err
	}
	where := place{resource: resource}
	if resource.Namespaced {
		if where.namespace, err = f.namespaceOr(ctx, a.namespace); err != nil {
			return nil, err
		}
		switch where.namespace {
		case "":
			return nil, permanent("%s are namespaced: delete needs a namespace, or \"*\" for all", resource.Plural)
		case "*":
			where.namespace = ""
		}
	}
	found, err := listAll(ctx, f, where, selector)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 && a.mustHave {
		return nil, cannot("delete", where, fmt.Errorf("none has the labels %s", selector))
	}
	return a.each(ctx, f, resource, found)
}

func (a *deleteAction) selector(ctx context.Context, f *frame) (labels.Selector, error) {
	set := labels.Set{}
	for _, label := range a.labels {
		// A label that is dropped would widen the selection.
		_, exists, err := label.value.Render(ctx, f.bind)
		if err != nil {
			return nil, err
		}
		if !exists {
			return nil, permanent("the label %s has no value to select by", label.key)
		}
		if set[label.key], err = label.value.Text(ctx, f.bind); err != nil {
			return nil, err
		}
	}
	selector, err := labels.ValidatedSelectorFromSet(set)
	if err != nil {
		return nil, &Permanent{Message: "the labels cannot be selected by", Cause: err}
	}
	return selector, nil
}

func listAll(ctx context.Context, f *frame, where place, selector labels.Selector) ([]unstructured.Unstructured, error) {
	var all []unstructured.Unstructured
	options := metav1.ListOptions{LabelSelector: selector.String(), Limit: pageSize}
	for {
		page, err := f.client(where).List(ctx, options)
		if err != nil {
			return nil, cannot("list", where, err)
		}
		all = append(all, page.Items...)
		if options.Continue = page.GetContinue(); options.Continue == "" {
			return all, nil
		}
	}
}

// each deletes the listed objects, except those that are going already.
func (a *deleteAction) each(ctx context.Context, f *frame, resource kube.Resource, found []unstructured.Unstructured) (any, error) {
	deleted := []any{}
	for i := range found {
		if found[i].GetDeletionTimestamp() != nil {
			continue
		}
		where := place{resource: resource, namespace: found[i].GetNamespace(), name: found[i].GetName()}
		err := f.deleteOne(ctx, where, found[i].GetUID(), a.propagation)
		if gone(err) {
			continue
		}
		if err != nil {
			return nil, cannot("delete", where, err)
		}
		deleted = append(deleted, reference(where))
	}
	return deleted, nil
}

// reference is how a result names an object that is no more.
func reference(p place) map[string]any {
	apiVersion, kind := p.resource.GVK().ToAPIVersionAndKind()
	ref := map[string]any{"apiVersion": apiVersion, "kind": kind, "name": p.name}
	if p.namespace != "" {
		ref["namespace"] = p.namespace
	}
	return ref
}
