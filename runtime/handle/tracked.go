package handle

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/kopf-declarative/kopf-declarative/actions"
	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/cause"
	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
)

// trackedKey names the annotation that lists the places of those children
// which Kubernetes cannot collect, so that the engine deletes them itself.
const trackedKey = "tracked-children"

// pageSize is how many children are listed at a time.
const pageSize = 500

// trackedPlace is where to look for children. The namespace is empty for
// resources without: with rights in single namespaces, none but those can be
// listed.
type trackedPlace struct {
	schema.GroupVersionResource
	Namespace string
}

func (t trackedPlace) String() string {
	text := strings.TrimSuffix(t.Resource+"."+t.Group, ".")
	if t.Namespace != "" {
		text += " of namespace " + t.Namespace
	}
	return text
}

// tracked is the text of the annotation.
func (p *pass) tracked() string { return p.storage().Noted(p.object, trackedKey) }

// holdForChild makes sure, before a child is made that cannot have an owner
// reference, that the object stays until the engine has deleted that child.
func (p *pass) holdForChild(ctx context.Context, child kube.Resource, namespace string) error {
	known, err := p.trackedPlaces()
	if err != nil {
		return err
	}
	where := trackedPlace{child.GVR(), namespace}
	if slices.Contains(known, where) && cause.HasFinalizer(p.object, p.finalizer()) {
		return nil
	}
	if cause.IsDeleting(p.object) {
		return fmt.Errorf("the object is being deleted: no child of it can be made any more")
	}
	text, err := json.Marshal(append(known, where))
	if err != nil {
		return err
	}
	object, err := p.ahead(ctx, func() {
		_ = p.own.Edit(p.addFinalizer)
		p.own.Merge(p.storage().Note(p.object, trackedKey, string(text)))
	})
	if err != nil {
		return err
	}
	if object == nil {
		return fmt.Errorf("the object is gone: no child of it can be made any more")
	}
	return p.own.Rebase(object)
}

func (p *pass) trackedPlaces() ([]trackedPlace, error) {
	text := p.tracked()
	if text == "" {
		return nil, nil
	}
	var out []trackedPlace
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		return nil, fmt.Errorf("annotation %s: %w", trackedKey, err)
	}
	return out, nil
}

// deleteTracked deletes the children that Kubernetes cannot collect.
func (p *pass) deleteTracked(ctx context.Context) error {
	places, err := p.trackedPlaces()
	if err != nil {
		p.log.Warn("cannot tell which children to delete", "error", err)
		return nil
	}
	selector := actions.TrackingSelector(p.storage().Prefix, essence.MetaText(p.object, "uid"))
	for _, where := range places {
		if err := p.deleteAll(ctx, where, selector); err != nil {
			return fmt.Errorf("deleting the children in %s: %w", where, err)
		}
	}
	return nil
}

// deleteAll deletes the children of one place, page by page.
func (p *pass) deleteAll(ctx context.Context, where trackedPlace, selector string) error {
	children := p.w.client.Dynamic.Resource(where.GroupVersionResource)
	page := metav1.ListOptions{LabelSelector: selector, Limit: pageSize}
	for {
		list, err := children.Namespace(where.Namespace).List(ctx, page)
		if apierrors.IsNotFound(err) {
			return nil // the resource itself is gone
		}
		if err != nil {
			return err
		}
		for i := range list.Items {
			child := &list.Items[i]
			if err := deleteOne(ctx, children.Namespace(child.GetNamespace()), child); err != nil {
				return err
			}
		}
		if page.Continue = list.GetContinue(); page.Continue == "" {
			return nil
		}
	}
}

func deleteOne(ctx context.Context, siblings dynamic.ResourceInterface, child *unstructured.Unstructured) error {
	background, uid := metav1.DeletePropagationBackground, child.GetUID()
	err := siblings.Delete(ctx, child.GetName(), metav1.DeleteOptions{
		PropagationPolicy: &background,
		Preconditions:     &metav1.Preconditions{UID: &uid},
	})
	// A conflict means that another object has the name now.
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil
	}
	return err
}
