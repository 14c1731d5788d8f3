package actions

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

const (
	// maxRaces is how often in a row somebody else may be faster.
	maxRaces = 5
	// leavingDelay is when to look again whether an object that is in the way
	// has gone.
	leavingDelay = 5 * time.Second
)

// createAction creates one object or several.
type createAction struct {
	object, objects *eval.Template
	adopt           *adoption
	// ifExists is keep, replace, fail or, where the user did not say, empty.
	ifExists string
}

func (c *compiler) create(x *spec.Create) action {
	c.needs.Creates = true
	a := &createAction{object: c.template(x.Object), objects: c.template(x.Objects), adopt: c.adopt(x.Adopt)}
	if x.IfExists != nil {
		a.ifExists = x.IfExists.Value
	}
	c.checkCreate(x, a)
	return a
}

func (a *createAction) run(ctx context.Context, f *frame) (any, error) {
	labels, err := a.adopt.render(ctx, f)
	if err != nil {
		return nil, err
	}
	if a.object != nil {
		object, err := renderMap(ctx, f, "the object", a.object)
		if err != nil {
			return nil, err
		}
		return a.one(ctx, f, object, labels, f.place)
	}
	objects, err := renderList(ctx, f, "objects", a.objects)
	if err != nil {
		return nil, err
	}
	results := make([]any, 0, len(objects))
	for i, object := range objects {
		fields, ok := object.(map[string]any)
		if !ok {
			return nil, permanent("item %d of objects must be a map, found %s", i, kindOf(object))
		}
		result, err := a.one(ctx, f, fields, labels, f.place+"."+strconv.Itoa(i))
		if err != nil {
			return nil, err
		}
		results = append(results, result)
	}
	return results, nil
}

// birth is one object that is to be created.
type birth struct {
	where  place
	object map[string]any
	parent parent
	origin origin
	// mark tells what this step made from all other objects.
	mark string
	// owned and tracked tell how the child belongs to its parent.
	owned, tracked bool
}

func (a *createAction) one(ctx context.Context, f *frame, object, labels map[string]any, place string) (any, error) {
	b, err := a.prepare(ctx, f, object, labels, place)
	if err != nil {
		return nil, err
	}
	if b.tracked {
		if err := f.HoldFinalizer(ctx, b.where.resource, b.where.namespace); err != nil {
			return nil, err
		}
	}
	if f.created[b.where.key()] && (a.ifExists == "" || a.ifExists == "fail") {
		return nil, permanent("cannot create %s: another step of this handler has just done so", b.where)
	}
	made, err := a.make(ctx, f, b)
	if err != nil {
		return nil, err
	}
	f.created[b.where.key()] = b.where.name != ""
	if f.Made != nil {
		f.Made(b.where.resource, made.Object)
	}
	return shown(made.Object), nil
}

// prepare turns what the template yielded into what is sent.
func (a *createAction) prepare(ctx context.Context, f *frame, object, labels map[string]any, place string) (*birth, error) {
	apiVersion, kind := stringAt(object, "apiVersion"), stringAt(object, "kind")
	if apiVersion == "" || kind == "" {
		return nil, permanent("an object needs apiVersion and kind")
	}
	resource, err := f.Client.Discovery.ByKind(ctx, apiVersion, kind)
	if err != nil {
		return nil, err
	}
	if err := f.know(ctx, resource); err != nil {
		return nil, err
	}
	if meta, exists := object["metadata"]; exists && meta != nil && mapAt(object, "metadata") == nil {
		return nil, permanent("metadata must be a map, found %s", kindOf(meta))
	}
	b := &birth{object: object, parent: f.parent()}
	b.where.resource = resource
	b.origin = origin{owner: b.parent.uid, handler: f.HandlerID, place: place, cycle: f.Cycle}
	if err := a.settle(b); err != nil {
		return nil, err
	}
	a.adopt.setName(object, b.parent, b.origin)
	b.where.name = stringAt(object, "metadata", "name")
	a.adopt.setLabels(object, labels)
	if err := a.belong(b); err != nil {
		return nil, err
	}
	return b, b.sign()
}

// sign marks the object as made by this operator. One without a name, which the
// API server only looks at (a review of rights), is left as it is.
func (b *birth) sign() error {
	if b.where.name == "" {
		return nil
	}
	content, err := json.Marshal(b.object)
	if err != nil {
		return err
	}
	b.mark = b.origin.mark(string(content))
	subMap(subMap(b.object, "metadata"), "annotations")[b.parent.prefix+createdBy] = b.mark
	return nil
}

// settle decides about the namespace.
func (a *createAction) settle(b *birth) error {
	meta := subMap(b.object, "metadata")
	if !b.where.resource.Namespaced {
		delete(meta, "namespace")
		return nil
	}
	if namespace, _ := meta["namespace"].(string); namespace == "" && a.adopt.namespace {
		meta["namespace"] = b.parent.namespace
	}
	b.where.namespace, _ = meta["namespace"].(string)
	if b.where.namespace == "" {
		return permanent("%s are namespaced: the object needs a metadata.namespace", b.where.resource.Plural)
	}
	return nil
}

// belong ties the child to its parent, as far as the user wants it.
func (a *createAction) belong(b *birth) error {
	if !a.adopt.enabled || !a.adopt.owner {
		return nil
	}
	if b.parent.canOwn(b.where.resource, b.where.namespace) {
		b.owned = true
		return a.adopt.setOwner(b.object, b.parent)
	}
	b.tracked = true
	track(b.object, b.parent)
	return nil
}

// make creates the object, or does with an existing one what is to be done.
func (a *createAction) make(ctx context.Context, f *frame, b *birth) (*unstructured.Unstructured, error) {
	client := f.client(b.where)
	for range maxRaces {
		options := metav1.CreateOptions{FieldManager: f.manager()}
		made, err := client.Create(ctx, &unstructured.Unstructured{Object: b.object}, options)
		if err == nil {
			return made, nil
		}
		if !apierrors.IsAlreadyExists(err) || b.where.name == "" {
			return nil, cannot("create", b.where, err)
		}
		existing, err := client.Get(ctx, b.where.name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, cannot("create", b.where, err)
		}
		result, err := a.meet(ctx, f, b, existing)
		if !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
			return result, err
		}
	}
	return nil, fmt.Errorf("cannot create %s: others keep changing it", b.where)
}

// meet decides about an object that is there already.
func (a *createAction) meet(ctx context.Context, f *frame, b *birth, existing *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	mark := existing.GetAnnotations()[f.Prefix+createdBy]
	switch {
	case existing.GetDeletionTimestamp() != nil || b.parent.succeeds(existing):
		delay := leavingDelay
		return nil, &Temporary{Message: fmt.Sprintf("cannot create %s yet: the one that is there is being deleted", b.where), Delay: &delay}
	case a.ifExists == "replace" && mark != b.mark:
		return a.replace(ctx, f, b, existing)
	case b.origin.made(mark) || a.ifExists == "replace" || a.ifExists == "keep":
		return existing, nil
	default:
		return nil, permanent("cannot create %s: it exists, and was not made for this object; ifExists can be keep or replace", b.where)
	}
}

// succeeds tells whether the object belongs to nobody but a predecessor of the
// parent: one of the same name, which is gone, so that the object will follow.
func (p parent) succeeds(existing *unstructured.Unstructured) bool {
	owners := existing.GetOwnerReferences()
	if len(owners) != 1 || p.namespaced && existing.GetNamespace() != p.namespace {
		return false
	}
	owner := owners[0]
	return owner.Kind == p.kind && owner.Name == p.name && string(owner.UID) != p.uid &&
		groupOf(owner.APIVersion) == groupOf(p.apiVersion)
}

// replace updates the existing object to the template.
func (a *createAction) replace(ctx context.Context, f *frame, b *birth, existing *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	wanted, err := a.succeed(b, existing.Object)
	if err != nil {
		return nil, err
	}
	options := metav1.UpdateOptions{FieldManager: f.manager()}
	updated, err := f.client(b.where).Update(ctx, &unstructured.Unstructured{Object: wanted}, options)
	if err != nil {
		return nil, cannot("replace", b.where, err)
	}
	return updated, nil
}
