package handle

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kopf-declarative/kopf-declarative/actions"
	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/cause"
	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
)

// trackedKey names the annotation that lists the resources of those children
// which Kubernetes cannot collect, so that the engine deletes them itself.
const trackedKey = "tracked-children"

// hold puts the finalizer on an object that a deletion handler is meant for,
// before any other handler runs: an object deleted while it is being created
// must not slip away from its deletion handler. It tells whether the object is
// gone.
func (p *pass) hold(ctx context.Context) (gone bool, err error) {
	needed := p.needsHold(ctx)
	held := cause.HasFinalizer(p.object, p.finalizer())
	switch {
	case cause.IsDeleting(p.object), needed == held:
		return false, nil
	case !needed:
		return p.change(ctx, p.release)
	default:
		return p.change(ctx, func() { p.own.Edit(p.addFinalizer) })
	}
}

// letGo takes the finalizer off an object that no handler is meant for any
// more. An object that never had it is left alone.
func (p *pass) letGo(ctx context.Context) error {
	if !cause.HasFinalizer(p.object, p.finalizer()) {
		return nil
	}
	if !cause.IsDeleting(p.object) && p.tracked() != "" {
		return nil
	}
	p.own = p.newOwn()
	if err := p.deleteTracked(ctx); err != nil {
		return err
	}
	p.release()
	return p.write(ctx)
}

func (p *pass) needsHold(ctx context.Context) bool {
	if p.tracked() != "" {
		return true
	}
	for _, h := range p.w.handlers {
		if h.holds() && p.test(ctx, h, h.match.relevant) {
			return true
		}
	}
	return false
}

func (p *pass) finalizer() string { return p.w.operator.Settings.Finalizer }

// change makes and writes one patch ahead of the cycle's own, and goes on with
// the object as it is then.
func (p *pass) change(ctx context.Context, edit func()) (gone bool, err error) {
	p.own = p.newOwn()
	edit()
	answer, err := p.send(ctx)
	if apierrors.IsNotFound(err) {
		return true, nil
	}
	if err != nil || answer == nil {
		return false, err
	}
	object, err := answer.Decode()
	if err != nil {
		return false, err
	}
	meta, _ := p.object["metadata"].(map[string]any)
	for _, key := range []string{"finalizers", "resourceVersion", "annotations"} {
		if value, ok := essence.Lookup(object, []string{"metadata", key}); ok {
			meta[key] = value
		} else {
			delete(meta, key)
		}
	}
	return false, nil
}

// addFinalizer is an edit of the own object.
func (p *pass) addFinalizer(object map[string]any) (map[string]any, error) {
	if cause.HasFinalizer(object, p.finalizer()) || cause.IsDeleting(object) {
		return nil, nil
	}
	return finalizers(append(finalizersOf(object), p.finalizer())), nil
}

// release lets the object go.
func (p *pass) release() {
	// Removing from what is there cannot fail.
	_ = p.own.Edit(func(object map[string]any) (map[string]any, error) {
		if !cause.HasFinalizer(object, p.finalizer()) {
			return nil, nil
		}
		return finalizers(slices.DeleteFunc(finalizersOf(object), func(f any) bool { return f == p.finalizer() })), nil
	})
}

func finalizersOf(object map[string]any) []any {
	value, _ := essence.Lookup(object, []string{"metadata", "finalizers"})
	list, _ := value.([]any)
	return slices.Clone(list)
}

func finalizers(list []any) map[string]any {
	return map[string]any{"metadata": map[string]any{"finalizers": list}}
}

// tracked is the text of the annotation.
func (p *pass) tracked() string {
	annotations, _ := p.meta("annotations").(map[string]any)
	text, _ := annotations[p.trackedAnnotation()].(string)
	return text
}

func (p *pass) trackedAnnotation() string { return p.storage().Prefix + "/" + trackedKey }

// holdForChild makes sure, before a child is made that cannot have an owner
// reference, that the object stays until the engine has deleted that child.
func (p *pass) holdForChild(ctx context.Context, child kube.Resource) error {
	known, err := p.trackedResources()
	if err != nil {
		return err
	}
	name := child.GVR()
	if slices.Contains(known, name) && cause.HasFinalizer(p.object, p.finalizer()) {
		return nil
	}
	if cause.IsDeleting(p.object) {
		return fmt.Errorf("the object is being deleted: no child of it can be made any more")
	}
	text, err := json.Marshal(append(known, name))
	if err != nil {
		return err
	}
	cycle := p.own // the cycle's own patch is written later
	defer func() { p.own = cycle }()
	gone, err := p.change(ctx, func() {
		_ = p.own.Edit(p.addFinalizer)
		p.own.Merge(map[string]any{"metadata": map[string]any{"annotations": map[string]any{p.trackedAnnotation(): string(text)}}})
	})
	if gone {
		return fmt.Errorf("the object is gone: no child of it can be made any more")
	}
	if err == nil {
		err = cycle.Rebase(p.object)
	}
	return err
}

func (p *pass) trackedResources() ([]schema.GroupVersionResource, error) {
	text := p.tracked()
	if text == "" {
		return nil, nil
	}
	var out []schema.GroupVersionResource
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		return nil, fmt.Errorf("annotation %s: %w", p.trackedAnnotation(), err)
	}
	return out, nil
}

// deleteTracked deletes the children that Kubernetes cannot collect.
func (p *pass) deleteTracked(ctx context.Context) error {
	resources, err := p.trackedResources()
	if err != nil {
		p.log.Warn("cannot tell which children to delete", "error", err)
		return nil
	}
	selector := actions.TrackingSelector(p.storage().Prefix, metaText(p.object, "uid"))
	for _, gvr := range resources {
		if err := p.deleteAll(ctx, gvr, selector); err != nil {
			return fmt.Errorf("deleting the children in %s: %w", strings.TrimSuffix(gvr.Resource+"."+gvr.Group, "."), err)
		}
	}
	return nil
}

func (p *pass) deleteAll(ctx context.Context, gvr schema.GroupVersionResource, selector string) error {
	background := metav1.DeletePropagationBackground
	list, err := p.w.client.Dynamic.Resource(gvr).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if apierrors.IsNotFound(err) {
		return nil // the resource itself is gone
	}
	if err != nil {
		return err
	}
	for i := range list.Items {
		child := &list.Items[i]
		err := p.w.client.Dynamic.Resource(gvr).Namespace(child.GetNamespace()).
			Delete(ctx, child.GetName(), metav1.DeleteOptions{PropagationPolicy: &background})
		if err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	}
	return nil
}
