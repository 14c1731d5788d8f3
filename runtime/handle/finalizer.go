package handle

import (
	"context"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kopf-declarative/kopf-declarative/runtime/cause"
	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
)

// hold puts the finalizer on an object that a deletion handler is meant for,
// before any other handler runs: an object deleted while it is being created
// must not slip away from its deletion handler. It tells whether to go on: not
// with an object that is gone, or that has changed meanwhile, since its newer
// state is on its way through the watch.
func (p *pass) hold(ctx context.Context) (proceed bool, err error) {
	needed := p.needsHold(ctx)
	held := cause.HasFinalizer(p.object, p.finalizer())
	if cause.IsDeleting(p.object) || needed == held {
		return true, nil
	}
	object, err := p.ahead(ctx, func() {
		if needed {
			// Adding to what is there cannot fail.
			_ = p.own.Edit(p.addFinalizer)
		} else {
			p.release()
		}
	})
	return object != nil && !p.outdated, err
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
	return p.tracked() != "" || p.guarded(ctx) || p.heldIfDeleted(ctx)
}

// heldIfDeleted tells whether a deletion handler would match if the object were
// being deleted now: only then it is asked, and its filter may say so.
func (p *pass) heldIfDeleted(ctx context.Context) bool {
	if !slices.ContainsFunc(p.w.handlers, (*Handler).holds) {
		return false
	}
	deleted := p.ifDeleted()
	return slices.ContainsFunc(p.w.handlers, func(h *Handler) bool {
		return h.holds() && deleted.test(ctx, h, func(ctx context.Context, s subject) (bool, error) {
			return h.match.matches(ctx, s, false)
		})
	})
}

// ifDeleted is the pass as it would be for the object's deletion.
func (p *pass) ifDeleted() *pass {
	out := *p
	out.cause.Reason = cause.Delete
	if out.cause.New == nil { // nothing has changed
		out.cause.New = essence.Of(p.object, p.w.essence)
		out.cause.Old = out.cause.New
	}
	out.vars = out.bind(out.changeVars())
	return &out
}

func (p *pass) finalizer() string { return p.w.operator.Settings.Finalizer }

// ahead makes and writes a patch ahead of the cycle's own. It returns the object
// as it is then, and nil where it is gone.
func (p *pass) ahead(ctx context.Context, edit func()) (map[string]any, error) {
	cycle := p.own
	defer func() { p.own = cycle }()
	p.own = p.newOwn()
	edit()
	answer, err := p.send(ctx)
	switch {
	case apierrors.IsNotFound(err):
		return nil, nil
	case err != nil:
		return nil, err
	case answer == nil:
		return p.object, nil // somebody else has made the same change
	}
	object, err := answer.Decode()
	if err != nil {
		return nil, err
	}
	p.adopt(object)
	return object, nil
}

// adopt takes over from a newer state of the object what the engine itself has
// changed in it.
func (p *pass) adopt(newer map[string]any) {
	meta, _ := p.object["metadata"].(map[string]any)
	for _, key := range []string{"finalizers", "resourceVersion", "annotations"} {
		if value, ok := essence.Lookup(newer, []string{"metadata", key}); ok {
			meta[key] = value
		} else {
			delete(meta, key)
		}
	}
	p.adoptStatus(newer)
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
