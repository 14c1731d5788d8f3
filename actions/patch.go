package actions

import (
	"context"
	"encoding/json"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// patchAction changes the object itself, in the cycle's one patch where it can
// be, or another object at once. Exactly one of the templates is set.
type patchAction struct {
	merge, json, apply *eval.Template
	target             *target
	subresource        string
	force              bool
}

func (c *compiler) patch(x *spec.Patch) action {
	a := &patchAction{
		merge: c.template(x.Merge), json: c.template(x.JSON), apply: c.template(x.Apply),
		target: c.target(x.Target), force: x.Force == nil || x.Force.Value,
	}
	if x.Subresource != nil {
		a.subresource = x.Subresource.Value
	}
	if a.subresource == "status" && x.Merge != nil && lacks(x.Merge, "status") {
		c.noStatusKey(x.Merge)
	}
	c.checkPatch(x, a)
	return a
}

// noStatusKey reports a merge that changes nothing of a status.
func (c *compiler) noStatusKey(merge *spec.Value) {
	for _, f := range merge.Fields {
		name, _ := f.Key.String()
		if guess, ok := diag.Nearest(name, []string{"status"}); ok {
			d := rulePatchStatus.At(f.Key.Range, "with subresource: status only the key status of a merge counts; did you mean %q?", guess)
			d.SuggestWord(name, guess)
			*c.diags = append(*c.diags, d)
			return
		}
	}
	c.report(rulePatchStatus, merge.Range,
		"with subresource: status only the key status of a merge counts: put the fields under it, or use the action status")
}

func (a *patchAction) run(ctx context.Context, f *frame) (any, error) {
	where, err := a.target.find(ctx, f)
	if err != nil {
		return nil, err
	}
	own := where.key() == f.ownPlace().key()
	if own && a.apply == nil && (a.subresource == "" || a.subresource == "status") {
		return a.collect(ctx, f)
	}
	answer, err := a.send(ctx, f, where, own)
	if err != nil {
		return nil, err
	}
	if own && (a.subresource == "" || a.subresource == "status") {
		// What the cycle writes at its end must build on this.
		if err := f.Own.Rebase(answer); err != nil {
			return nil, err
		}
	}
	return shown(answer), nil
}

// collect adds to the cycle's patch of the object itself.
func (a *patchAction) collect(ctx context.Context, f *frame) (any, error) {
	if a.merge != nil {
		merge, err := renderMap(ctx, f, "merge", a.merge)
		if err != nil {
			return nil, err
		}
		f.Own.Merge(a.only(merge))
		return f.Own.Object(), nil
	}
	operations, err := renderList(ctx, f, "json", a.json)
	if err != nil {
		return nil, err
	}
	err = f.Own.Edit(func(object map[string]any) (map[string]any, error) {
		change, err := jsonChange(object, operations)
		return a.only(change), err
	})
	if err != nil {
		return nil, err
	}
	return f.Own.Object(), nil
}

// only is what the API server would heed of a change at the subresource.
func (a *patchAction) only(change map[string]any) map[string]any {
	status, exists := change["status"]
	switch {
	case a.subresource == "":
		return change
	case exists:
		return map[string]any{"status": status}
	default:
		return nil
	}
}

// send makes the request at once.
func (a *patchAction) send(ctx context.Context, f *frame, where place, own bool) (map[string]any, error) {
	kind, content, err := a.content(ctx, f, where, own)
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(content)
	if err != nil {
		return nil, err
	}
	options := metav1.PatchOptions{FieldManager: f.manager()}
	if kind == types.ApplyPatchType {
		options.Force = &a.force
	}
	var subresources []string
	if a.subresource != "" {
		subresources = []string{a.subresource}
	}
	answer, err := f.client(where).Patch(ctx, where.name, kind, data, options, subresources...)
	if kind == types.JSONPatchType && kube.Conflict(err) && !apierrors.IsConflict(err) {
		// The server says only that something was wrong with the request.
		return nil, &apiError{text: fmt.Sprintf("cannot patch %s: a test of the JSON patch failed, or a path is missing", where), err: err}
	}
	if err != nil {
		return nil, cannot("patch", where, err)
	}
	return answer.Object, nil
}

func (a *patchAction) content(ctx context.Context, f *frame, where place, own bool) (types.PatchType, any, error) {
	switch {
	case a.merge != nil:
		merge, err := renderMap(ctx, f, "merge", a.merge)
		return types.MergePatchType, merge, err
	case a.json != nil:
		operations, err := renderList(ctx, f, "json", a.json)
		return types.JSONPatchType, operations, err
	default:
		configuration, err := renderMap(ctx, f, "apply", a.apply)
		if err != nil {
			return "", nil, err
		}
		return types.ApplyPatchType, configuration, a.complete(ctx, f, where, own, configuration)
	}
}

// complete says in an apply configuration which object it is for. The uid is
// part of that: a patch must not create what has gone.
func (a *patchAction) complete(ctx context.Context, f *frame, where place, own bool, configuration map[string]any) error {
	uid := string(f.self().UID)
	if !own {
		existing, err := f.client(where).Get(ctx, where.name, metav1.GetOptions{})
		if err != nil {
			return cannot("patch", where, err)
		}
		uid = string(existing.GetUID())
	}
	if _, exists := configuration["apiVersion"]; !exists {
		configuration["apiVersion"] = where.resource.GVK().GroupVersion().String()
	}
	if _, exists := configuration["kind"]; !exists {
		configuration["kind"] = where.resource.Kind
	}
	meta := subMap(configuration, "metadata")
	meta["name"], meta["uid"] = where.name, uid
	if where.namespace != "" {
		meta["namespace"] = where.namespace
	}
	return nil
}
