package actions

import (
	"maps"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
)

// succeed is the object that replaces an existing one: the template's, with the
// identity of the existing one and with what others keep in its metadata. A
// status that the template does not mention stays.
func (a *createAction) succeed(b *birth, existing map[string]any) (map[string]any, error) {
	wanted := runtime.DeepCopyJSON(b.object)
	meta, was := subMap(wanted, "metadata"), mapAt(existing, "metadata")
	for _, key := range []string{"uid", "resourceVersion"} {
		meta[key] = was[key]
	}
	for _, key := range []string{"labels", "annotations"} {
		if kept := mergedMap(was[key], meta[key]); len(kept) > 0 {
			meta[key] = kept
		}
	}
	if _, given := meta["finalizers"]; !given && was["finalizers"] != nil {
		meta["finalizers"] = was["finalizers"]
	}
	if status, exists := existing["status"]; exists && wanted["status"] == nil {
		wanted["status"] = status
	}
	if owners := mergedOwners(listAt(was, "ownerReferences"), listAt(meta, "ownerReferences")); len(owners) > 0 {
		meta["ownerReferences"] = owners
	}
	if b.owned {
		// The existing object may have a controller that the template has not.
		return wanted, a.adopt.setOwner(wanted, b.parent)
	}
	return wanted, nil
}

func mergedMap(was, is any) map[string]any {
	out := map[string]any{}
	for _, source := range []any{was, is} {
		fields, _ := source.(map[string]any)
		maps.Copy(out, fields)
	}
	return out
}

// mergedOwners are the template's owners behind those that others have set.
func mergedOwners(was, is []any) []any {
	out := slices.DeleteFunc(slices.Clone(was), func(owner any) bool {
		fields, _ := owner.(map[string]any)
		uid, _ := fields["uid"].(string)
		return slices.ContainsFunc(is, func(other any) bool { return isOwner(other, uid) })
	})
	return append(out, is...)
}

func groupOf(apiVersion string) string {
	group, _, grouped := strings.Cut(apiVersion, "/")
	if !grouped {
		return ""
	}
	return group
}
