package actions

import "github.com/kopf-declarative/kopf-declarative/actions/patch"

// OwnPatch collects what the handlers of one cycle change on their own object,
// so that it is written once: one merge patch of the object and, where the
// resource has a status subresource, one of its status.
//
// It remembers how each change came about, so that changes that depend on what
// was there (a JSON patch, a condition in a list) can be made again on a newer
// object after a conflict.
//
// It is not safe for concurrent use; the handlers of a cycle run one by one.
type OwnPatch struct {
	base  map[string]any
	split bool
	edits []func(object map[string]any) (map[string]any, error)
	// guards tells for each edit whether it depends on the object.
	guards []bool

	main, status part
}

// part is what goes into one request.
type part struct {
	merge   map[string]any
	guarded bool
}

func (p *part) add(base, merge map[string]any, guarded bool) {
	p.merge = patch.Over(base, p.merge, merge)
	p.guarded = p.guarded || guarded
}

// NewOwnPatch starts an empty patch of the object. With statusSubresource, the
// status goes into a part of its own.
func NewOwnPatch(object map[string]any, statusSubresource bool) *OwnPatch {
	return &OwnPatch{base: object, split: statusSubresource}
}

// Merge adds a merge patch. A status in it goes into the status part.
func (p *OwnPatch) Merge(merge map[string]any) {
	p.keep(false, func(map[string]any) (map[string]any, error) { return merge, nil })
	p.add(merge, false)
}

// Edit adds the merge patch that derive makes from the object as it is with
// everything collected so far. What it yields is sent with a resourceVersion,
// and after a conflict derive is called again with the newer object.
func (p *OwnPatch) Edit(derive func(object map[string]any) (map[string]any, error)) error {
	merge, err := derive(p.Object())
	if err != nil {
		return err
	}
	p.keep(true, derive)
	p.add(merge, true)
	return nil
}

func (p *OwnPatch) keep(guarded bool, derive func(map[string]any) (map[string]any, error)) {
	p.edits = append(p.edits, derive)
	p.guards = append(p.guards, guarded)
}

func (p *OwnPatch) add(merge map[string]any, guarded bool) {
	main, status := p.parts(merge)
	if len(main) > 0 {
		p.main.add(p.base, main, guarded)
	}
	if len(status) > 0 {
		p.status.add(p.base, status, guarded)
	}
}

func (p *OwnPatch) parts(merge map[string]any) (main, status map[string]any) {
	value, exists := merge["status"]
	if !p.split || !exists {
		return merge, nil
	}
	main = make(map[string]any, len(merge))
	for key, value := range merge {
		if key != "status" {
			main[key] = value
		}
	}
	return main, map[string]any{"status": value}
}

// Object is the object as it will be once the patch is written.
func (p *OwnPatch) Object() map[string]any {
	return patch.Apply(patch.Apply(p.base, p.main.merge), p.status.merge)
}

// Main is the merge patch for the object itself, without what the object has
// already: empty where there is nothing to write. A guarded one must be sent
// with the resourceVersion of the object that the patch was made for.
func (p *OwnPatch) Main() (merge map[string]any, guarded bool) {
	return p.main.effective(p.base)
}

// Status is the merge patch for the status subresource, in the form
// {"status": …}; like Main otherwise. It is always empty where the resource
// has no status subresource.
func (p *OwnPatch) Status() (merge map[string]any, guarded bool) {
	return p.status.effective(p.base)
}

func (p *part) effective(base map[string]any) (map[string]any, bool) {
	merge := patch.Effective(base, p.merge)
	return merge, p.guarded && len(merge) > 0
}

// Empty tells whether there is nothing to write.
func (p *OwnPatch) Empty() bool {
	main, _ := p.Main()
	status, _ := p.Status()
	return len(main) == 0 && len(status) == 0
}

// ResourceVersion is that of the object that the patch was made for.
func (p *OwnPatch) ResourceVersion() string { return stringAt(p.base, "metadata", "resourceVersion") }

// Rebase makes the same changes on a newer state of the object, of which
// nothing is written yet. It fails where an edit does not fit there any more;
// the others are made all the same.
func (p *OwnPatch) Rebase(object map[string]any) error {
	p.main = part{}
	return p.replay(object, func(merge map[string]any, guarded bool) { p.add(merge, guarded) })
}

// MainWritten goes on with the object that the API answered to the main part:
// only the status part is left, made again for that object.
func (p *OwnPatch) MainWritten(object map[string]any) error {
	p.main = part{}
	return p.replay(object, func(merge map[string]any, guarded bool) {
		if _, status := p.parts(merge); len(status) > 0 {
			p.status.add(p.base, status, guarded)
		}
	})
}

func (p *OwnPatch) replay(object map[string]any, add func(merge map[string]any, guarded bool)) error {
	var failed error
	p.base, p.status = object, part{}
	for i, edit := range p.edits {
		merge, err := edit(p.Object())
		if err != nil {
			failed = err
			continue
		}
		add(merge, p.guards[i])
	}
	return failed
}

// Len is the number of changes collected so far.
func (p *OwnPatch) Len() int { return len(p.edits) }

// Select is the patch with only some of its changes, by their index.
func (p *OwnPatch) Select(keep func(edit int) bool) *OwnPatch {
	out := NewOwnPatch(p.base, p.split)
	for i, edit := range p.edits {
		if !keep(i) {
			continue
		}
		merge, err := edit(out.Object())
		if err != nil {
			continue // it builds on one that was left out
		}
		out.keep(p.guards[i], edit)
		out.add(merge, p.guards[i])
	}
	return out
}
