package actions

import (
	"context"
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// The names behind the operator's prefix, on objects that steps made.
const (
	createdBy       = "/created-by"
	parentUID       = "/parent-uid"
	parentNamespace = "/parent-namespace"
	parentName      = "/parent-name"
)

// TrackingSelector selects the children of a parent that it cannot own, since
// they are cluster-scoped or in another namespace.
func TrackingSelector(prefix, uid string) string { return prefix + parentUID + "=" + uid }

// TrackedParent is the uid of the parent that tracks the object by that label;
// empty where there is none.
func TrackedParent(prefix string, object map[string]any) string {
	return stringAt(object, "metadata", "labels", prefix+parentUID)
}

// adoption is a compiled Adopt.
type adoption struct {
	enabled                                     bool
	owner, controller, block, namespace, forced bool
	// naming is strict, prefix, keep or, where the user did not say, empty.
	naming     string
	copyLabels bool
	labels     *eval.Template
	nested     [][]string
}

func (c *compiler) adopt(x *spec.Adopt) *adoption {
	a := &adoption{enabled: true, owner: true, controller: true, block: true, namespace: true, copyLabels: true}
	if c.scope&eval.Object == 0 {
		return &adoption{} // there is no parent
	}
	if x == nil {
		return a
	}
	a.enabled = isTrue(x.Enabled, true)
	a.owner = isTrue(x.Owner, true)
	a.controller = isTrue(x.Controller, true)
	a.block = isTrue(x.BlockOwnerDeletion, true)
	a.namespace = isTrue(x.Namespace, true)
	a.forced = isTrue(x.Forced, false)
	if x.Name != nil {
		a.naming = x.Name.Value
	}
	if x.Labels != nil {
		a.copyLabels = x.Labels.Values == nil && isTrue(x.Labels.Enabled, true)
		a.labels = c.template(x.Labels.Values)
	}
	for _, path := range x.Nested {
		a.nested = append(a.nested, withoutLabels(path.Segments))
	}
	return a
}

func isTrue(value *spec.Bool, unset bool) bool {
	if value == nil {
		return unset
	}
	return value.Value
}

// withoutLabels takes a path down to the labels for that of their object.
func withoutLabels(path []string) []string {
	if n := len(path); n >= 2 && path[n-2] == "metadata" && path[n-1] == "labels" {
		return path[:n-2]
	}
	return path
}

// parent is what children are made to belong to.
type parent struct {
	apiVersion, kind, namespace, name, uid string
	namespaced                             bool
	prefix                                 string
}

func (f *frame) parent() parent {
	self := f.self()
	return parent{
		apiVersion: self.APIVersion, kind: self.Kind, namespace: self.Namespace, name: self.Name,
		uid: string(self.UID), namespaced: f.Resource.Namespaced, prefix: f.Prefix,
	}
}

// canOwn tells whether Kubernetes allows an owner reference to the parent: not
// across namespaces, and not from outside of them.
func (p parent) canOwn(child kube.Resource, namespace string) bool {
	return !p.namespaced || child.Namespaced && namespace == p.namespace
}

// render are the labels to put on children.
func (a *adoption) render(ctx context.Context, f *frame) (map[string]any, error) {
	switch {
	case !a.enabled:
		return nil, nil
	case a.labels == nil && a.copyLabels:
		return inheritable(mapAt(f.Object, "metadata", "labels")), nil
	case a.labels == nil:
		return nil, nil
	}
	labels, err := renderMap(ctx, f, "labels", a.labels)
	if err != nil {
		return nil, err
	}
	for key, value := range labels {
		if _, ok := value.(string); !ok {
			return nil, permanent("the label %s must be a string, found %s", key, kindOf(value))
		}
	}
	return labels, nil
}

// inheritable are the labels without those by which an engine tracks the parent
// itself: its children must not be taken for its siblings.
func inheritable(labels map[string]any) map[string]any {
	out := maps.Clone(labels)
	for key := range labels {
		if prefix, tracked := strings.CutSuffix(key, parentUID); tracked {
			for _, name := range []string{parentUID, parentNamespace, parentName} {
				delete(out, prefix+name)
			}
		}
	}
	return out
}

// setLabels puts the labels on the child and on its nested objects.
func (a *adoption) setLabels(child, labels map[string]any) {
	if len(labels) == 0 {
		return
	}
	a.label(child, labels)
	for _, path := range a.nested {
		a.labelNested(child, path, labels)
	}
}

// labelNested walks down the path, into every item of the lists on its way. It
// labels what exists and adds nothing else.
func (a *adoption) labelNested(value any, path []string, labels map[string]any) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			a.labelNested(item, path, labels)
		}
	case map[string]any:
		if len(path) == 0 {
			a.label(value, labels)
			return
		}
		a.labelNested(value[path[0]], path[1:], labels)
	}
}

func (a *adoption) label(object, labels map[string]any) {
	existing := subMap(subMap(object, "metadata"), "labels")
	for key, value := range labels {
		if _, taken := existing[key]; !taken || a.forced {
			existing[key] = value
		}
	}
}

// setOwner makes the parent an owner of the child.
func (a *adoption) setOwner(child map[string]any, p parent) error {
	reference := map[string]any{
		"apiVersion": p.apiVersion, "kind": p.kind, "name": p.name, "uid": p.uid,
		"controller": a.controller, "blockOwnerDeletion": a.block,
	}
	meta := subMap(child, "metadata")
	owners := slices.Clone(listAt(meta, "ownerReferences"))
	place := slices.IndexFunc(owners, func(owner any) bool { return isOwner(owner, p.uid) })
	if place < 0 {
		owners = append(owners, reference)
	} else {
		owners[place] = reference
	}
	if a.controller {
		if err := a.soleController(owners, p.uid); err != nil {
			return err
		}
	}
	meta["ownerReferences"] = owners
	return nil
}

func isOwner(owner any, uid string) bool {
	fields, ok := owner.(map[string]any)
	return ok && fields["uid"] == uid
}

// soleController makes sure that no other owner is the controller, for the API
// server accepts only one. Forced, the others stay owners.
func (a *adoption) soleController(owners []any, uid string) error {
	for i, owner := range owners {
		fields, ok := owner.(map[string]any)
		if !ok || isOwner(owner, uid) || fields["controller"] != true {
			continue
		}
		if !a.forced {
			return permanent("the object has a controller already, the %v %q, and can have only one: "+
				"set adopt.controller to false, or adopt.forced to true", fields["kind"], fields["name"])
		}
		demoted := maps.Clone(fields)
		demoted["controller"] = false
		owners[i] = demoted
	}
	return nil
}

// track marks a child that the parent cannot own, so that the engine finds it.
func track(child map[string]any, p parent) {
	meta := subMap(child, "metadata")
	labels := subMap(meta, "labels")
	labels[p.prefix+parentUID] = p.uid
	for key, value := range map[string]string{parentNamespace: p.namespace, parentName: p.name} {
		switch {
		case value == "":
		case len(validation.IsValidLabelValue(value)) == 0:
			labels[p.prefix+key] = value
		default:
			subMap(meta, "annotations")[p.prefix+key] = value
		}
	}
}

// setName names the child where the user did not, or as adopt says.
func (a *adoption) setName(child map[string]any, p parent, o origin) {
	meta := subMap(child, "metadata")
	beginning, _ := meta["generateName"].(string)
	named := meta["name"] != nil && meta["name"] != ""
	if a.enabled && a.naming != "keep" && (!named && beginning == "" || a.forced && a.naming != "") {
		named, beginning = false, p.name+"-"
		if a.naming == "strict" {
			meta["name"], named = p.name, true
		}
	}
	if !named && beginning != "" {
		meta["name"] = o.name(beginning)
	}
	if named || beginning != "" {
		delete(meta, "generateName")
	}
}
