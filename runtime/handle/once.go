package handle

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/kopf-declarative/kopf-declarative/actions"
	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
	"github.com/kopf-declarative/kopf-declarative/runtime/state"
)

// keptLimit is how many bytes the records of an object's handlers may keep of
// results. Annotations have 256 KiB together, and the essence must fit too.
const keptLimit = 128 << 10

// keepOnce writes the result of a step that is not to be repeated, together with
// the step's own changes of the object, ahead of all else: even if the engine is
// killed right behind it, the step has been run.
//
// Nothing is written of handlers that have ended in this pass: what they have
// changed is not written yet either.
func (p *pass) keepOnce(ctx context.Context, h *Handler, place string, result any, from int) error {
	record := p.records[h.ID].Begun(p.now).Keeping(place, result)
	if err := p.keepable(h.ID, record); err != nil {
		return err
	}
	records := map[string]state.Record{h.ID: record}
	for above := h.parent; above != nil; above = above.parent {
		records[above.ID] = p.records[above.ID]
	}
	part := p.own.Cut(from)
	p.forgetShares(from)
	var failed error
	object, err := p.ahead(ctx, func() {
		p.own = part
		failed = p.keepRecords(records)
	})
	switch {
	case failed != nil:
		return failed
	case kube.Permanent(err):
		return &actions.Permanent{Message: "cannot keep what a step with once has done", Cause: err}
	case err != nil:
		return err
	case object == nil:
		return errors.New("the object is gone: nothing can be kept on it any more")
	}
	p.records[h.ID], p.drop = record, nil
	return p.own.Rebase(object)
}

// keepable tells whether a record, and what others keep, fits on the object.
func (p *pass) keepable(id string, record state.Record) error {
	records := maps.Clone(p.records)
	records[id] = record
	total := 0
	for _, r := range records {
		size, err := r.KeptSize()
		if err != nil {
			return &actions.Permanent{Message: "a result cannot be kept", Cause: err}
		}
		total += size
	}
	if total > keptLimit {
		return &actions.Permanent{Message: fmt.Sprintf("a result is too large to be kept with the progress: all together have %d bytes, and the limit is %d", total, keptLimit)}
	}
	return nil
}

// forgetShares drops the shares of changes that are cut from the patch.
func (p *pass) forgetShares(from int) {
	for len(p.shares) > 0 && p.shares[len(p.shares)-1].from >= from {
		p.shares = p.shares[:len(p.shares)-1]
	}
	p.from = min(p.from, from)
}

// adoptStatus is adopt for what the engine keeps in the status.
func (p *pass) adoptStatus(newer map[string]any) {
	for _, path := range p.storage().InStatus() {
		if value, there := essence.Lookup(newer, path); there {
			put(p.object, path, value)
		}
	}
}

// put sets a value in an object, with the maps on the way to it.
func put(object map[string]any, path []string, value any) {
	for _, key := range path[:len(path)-1] {
		inner, ok := object[key].(map[string]any)
		if !ok {
			inner = map[string]any{}
			object[key] = inner
		}
		object = inner
	}
	object[path[len(path)-1]] = value
}
