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
	edits []edit
	// statusDone is how many of the edits have their status part stored: it must
	// not be made again.
	statusDone int

	main, status part
}

// edit is one change in the order in which they came.
type edit struct {
	derive func(object map[string]any) (map[string]any, error)
	// guarded tells whether the change depends on the object.
	guarded bool
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
	p.edits = append(p.edits, edit{derive: func(map[string]any) (map[string]any, error) { return merge, nil }})
	p.add(merge, false, false)
}

// Edit adds the merge patch that derive makes from the object as it is with
// everything collected so far. What it yields is sent with a resourceVersion,
// and after a conflict derive is called again with the newer object.
func (p *OwnPatch) Edit(derive func(object map[string]any) (map[string]any, error)) error {
	merge, err := derive(p.Object())
	if err != nil {
		return err
	}
	p.edits = append(p.edits, edit{derive: derive, guarded: true})
	p.add(merge, true, false)
	return nil
}

// Len is the number of changes so far, for Select.
func (p *OwnPatch) Len() int { return len(p.edits) }

// Select is a patch of some of the changes, chosen by their numbers from 0.
func (p *OwnPatch) Select(wanted func(edit int) bool) *OwnPatch {
	out := &OwnPatch{base: p.base, split: p.split}
	for i, e := range p.edits {
		if !wanted(i) {
			continue
		}
		out.edits = append(out.edits, e)
		if i < p.statusDone {
			out.statusDone++
		}
	}
	// What depended on a change that is left out may not be possible any more.
	_ = out.replay()
	return out
}

// Cut takes the changes from a number on out of the patch, as one of their own.
func (p *OwnPatch) Cut(from int) *OwnPatch {
	tail := p.Select(func(edit int) bool { return edit >= from })
	*p = *p.Select(func(edit int) bool { return edit < from })
	return tail
}

func (p *OwnPatch) add(merge map[string]any, guarded, statusDone bool) {
	main, status := p.parts(merge)
	if len(main) > 0 {
		p.main.add(p.base, main, guarded)
	}
	if len(status) > 0 && !statusDone {
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

// ResourceVersion is that of the object that the patch was made for.
func (p *OwnPatch) ResourceVersion() string { return stringAt(p.base, "metadata", "resourceVersion") }

// StatusWritten notes that the status part is stored: of the changes so far
// there is only the main part from now on, also after a Rebase.
func (p *OwnPatch) StatusWritten() {
	p.statusDone = len(p.edits)
	p.base = patch.Apply(p.base, p.status.merge)
	p.status = part{}
}

// Rebase makes the same changes on a newer state of the object. It fails where
// one does not fit there any more; the others are made all the same.
func (p *OwnPatch) Rebase(object map[string]any) error {
	p.base = object
	return p.replay()
}

func (p *OwnPatch) replay() error {
	var failed error
	p.main, p.status = part{}, part{}
	for i, e := range p.edits {
		merge, err := e.derive(p.Object())
		if err != nil {
			failed = err
			continue
		}
		p.add(merge, e.guarded, i < p.statusDone)
	}
	return failed
}
