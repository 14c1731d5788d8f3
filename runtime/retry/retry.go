package retry

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/actions/patch"
	"github.com/kopf-declarative/kopf-declarative/runtime/state"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// conflictRetries is how often the note is made anew for a newer object.
const conflictRetries = 5

// Wish says what is to be tried again.
type Wish struct {
	// Kind is what kubectl understands: a kind, a plural, a short name, with or without group.
	Kind, Name string
	// Namespace does not count for resources without.
	Namespace string
	// Handlers are ids; empty for all that failed for good.
	Handlers []string
	// Storages are those of the operators that are meant; empty for all that keep something on
	// the object.
	Storages []*state.Storage
}

// Asked is a handler that an operator was asked to try again.
type Asked struct {
	Object, Handler, Prefix string
	// Failed for good; otherwise it was waiting for its next attempt.
	Failed bool
	// Message is the last error.
	Message string
}

// Ask leaves the note on the object. Its errors are made for people.
func Ask(ctx context.Context, client *kube.Client, w Wish) ([]Asked, error) {
	resource, err := find(ctx, client, w.Kind)
	if err != nil {
		return nil, err
	}
	if !resource.Namespaced {
		w.Namespace = ""
	}
	for attempt := 0; ; attempt++ {
		asked, err := ask(ctx, client, resource, w)
		if !apierrors.IsConflict(err) || attempt == conflictRetries {
			return asked, err
		}
	}
}

func find(ctx context.Context, client *kube.Client, kind string) (kube.Resource, error) {
	selector, err := spec.ParseResource(kind)
	if err != nil {
		return kube.Resource{}, err
	}
	return client.Discovery.Find(ctx, selector)
}

func ask(ctx context.Context, client *kube.Client, resource kube.Resource, w Wish) ([]Asked, error) {
	what := resource.Plural + "/" + w.Name
	packed, err := client.Get(ctx, resource, w.Namespace, w.Name)
	switch {
	case apierrors.IsNotFound(err) && w.Namespace != "":
		return nil, fmt.Errorf("there is no %s in namespace %s", what, w.Namespace)
	case apierrors.IsNotFound(err):
		return nil, fmt.Errorf("there is no %s", what)
	case err != nil:
		return nil, err
	}
	object, err := packed.Decode()
	if err != nil {
		return nil, err
	}
	storages := w.Storages
	if len(storages) == 0 {
		storages = storagesOn(object)
	}
	if len(storages) == 0 {
		return nil, fmt.Errorf("no operator keeps anything on %s: no handler can have failed", what)
	}
	chosen, err := choose(what, candidates(object, storages), w.Handlers)
	if err != nil {
		return nil, err
	}
	merge, err := note(object, chosen, time.Now())
	if err != nil {
		return nil, err
	}
	identity := map[string]any{"metadata": map[string]any{"uid": packed.UID, "resourceVersion": packed.ResourceVersion}}
	body, err := json.Marshal(patch.Merge(merge, identity))
	if err != nil {
		return nil, err
	}
	if _, err := client.MergePatch(ctx, resource, w.Namespace, w.Name, "", body, false); err != nil {
		return nil, err
	}
	var out []Asked
	for _, c := range chosen {
		out = append(out, Asked{Object: what, Handler: c.id, Prefix: c.storage.Prefix, Failed: c.failed, Message: c.message})
	}
	return out, nil
}

// note is the patch that asks for handlers. What was asked for before stays asked for.
func note(object map[string]any, chosen []candidate, now time.Time) (map[string]any, error) {
	requests := map[*state.Storage]state.Request{}
	for _, c := range chosen {
		r, known := requests[c.storage]
		if !known {
			before, _ := c.storage.Request(object)
			r = state.Request{Handlers: before.Handlers, At: now.UTC().Format(time.RFC3339Nano)}
		}
		if !slices.Contains(r.Handlers, c.id) {
			r.Handlers = append(r.Handlers, c.id)
		}
		requests[c.storage] = r
	}
	merge := map[string]any{}
	for storage, r := range requests {
		part, err := storage.SaveRequest(object, r)
		if err != nil {
			return nil, err
		}
		merge = patch.Merge(merge, part)
	}
	return merge, nil
}
