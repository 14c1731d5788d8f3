package watch

import (
	"fmt"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
)

// store is what the reflector writes into: it compares with what is known and
// tells the sink the difference.
type store struct{ *Stream }

// Add implements cache.ReflectorStore. What the reflector takes for new may be
// known, and the other way round: only the comparison counts.
func (s store) Add(obj any) error { return s.put(obj) }

// Update implements cache.ReflectorStore.
func (s store) Update(obj any) error { return s.put(obj) }

// Delete implements cache.ReflectorStore. The object is the last state.
func (s store) Delete(obj any) error {
	o, err := packed(obj)
	if err != nil {
		return err
	}
	_, known := s.objects[keyOf(o)]
	delete(s.objects, keyOf(o))
	if known {
		s.sink.Event(Event{Deleted, o})
	}
	return nil
}

// Replace implements cache.ReflectorStore: it takes a complete listing.
func (s store) Replace(list []any, _ string) error {
	before, first := s.objects, !s.synced
	s.objects = make(map[key]*kube.Object, len(list))
	for _, obj := range list {
		o, err := packed(obj)
		if err != nil {
			return err
		}
		s.objects[keyOf(o)] = o
	}
	s.synced = true
	s.tellListing(list, before, first)
	return nil
}

// Resync implements cache.ReflectorStore. Nobody asks for it.
func (s store) Resync() error { return nil }

// tellListing tells how a listing differs from what was known before.
func (s store) tellListing(list []any, before map[key]*kube.Object, first bool) {
	for _, obj := range list {
		o, _ := packed(obj)
		if first {
			s.sink.Event(Event{Listed, o})
			continue
		}
		old := before[keyOf(o)]
		delete(before, keyOf(o))
		s.tell(old, o)
	}
	for _, gone := range before {
		s.sink.Event(Event{Deleted, gone})
	}
	if first && s.sink.Synced != nil {
		s.sink.Synced()
	}
}

// put takes a new state of one object.
func (s store) put(obj any) error {
	o, err := packed(obj)
	if err != nil {
		return err
	}
	old := s.objects[keyOf(o)]
	s.objects[keyOf(o)] = o
	s.tell(old, o)
	return nil
}

// tell tells the sink what became of an object; old is nil if it is new. An
// object that was deleted and made again under its name is two objects.
func (s store) tell(old, o *kube.Object) {
	switch {
	case old == nil:
		s.sink.Event(Event{Added, o})
	case old.UID != o.UID:
		s.sink.Event(Event{Deleted, old})
		s.sink.Event(Event{Added, o})
	case old.ResourceVersion != o.ResourceVersion:
		s.sink.Event(Event{Modified, o})
	}
}

// packed returns the object that the reflector hands over.
func packed(obj any) (*kube.Object, error) {
	it, ok := obj.(item)
	if !ok {
		return nil, fmt.Errorf("the watch delivered a %T", obj)
	}
	return it.Object, nil
}
