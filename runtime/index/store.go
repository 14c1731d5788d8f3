package index

import (
	"slices"
	"sync"
)

// Object names an object whose values are kept.
type Object struct {
	Resource, Namespace, Name string
}

// Entry is what one object has in one index: the value, under each of the keys. Without
// keys, it has nothing there. The value is JSON-like data that nobody changes; a key is a
// bool, a string, an int64 or a float64.
type Entry struct {
	Index string
	Keys  []any
	Value any
}

// Store has all indexes of one operator. It is safe for concurrent use.
type Store struct {
	ids     []string
	changed func(id string, keys []any)

	mu     sync.RWMutex
	tables map[string]*table // guarded by mu: by id
}

// New makes a store of empty indexes. changed is told, after each change, which keys of an
// index have other values than before; it is called by whoever has made the change.
func New(ids []string, changed func(id string, keys []any)) *Store {
	s := &Store{ids: slices.Clone(ids), changed: changed, tables: map[string]*table{}}
	for _, id := range ids {
		s.tables[id] = newTable()
	}
	return s
}

// IDs are the ids of all indexes.
func (s *Store) IDs() []string { return s.ids }

// Put sets what an object has in some indexes, and leaves the others as they are. An
// index that does not exist is no matter.
func (s *Store) Put(o Object, entries []Entry) {
	for _, e := range entries {
		s.edit(e.Index, func(t *table) []any { return t.put(o, e.Keys, e.Value) })
	}
}

// Remove takes an object out of all indexes.
func (s *Store) Remove(o Object) {
	for _, id := range s.ids {
		s.edit(id, func(t *table) []any { return t.remove(o) })
	}
}

// Sweep takes those objects of a resource out of all indexes that are not to be kept.
func (s *Store) Sweep(resource string, keep func(index string, o Object) bool) {
	for _, id := range s.ids {
		for _, o := range s.objects(id, resource) {
			if !keep(id, o) {
				s.edit(id, func(t *table) []any { return t.remove(o) })
			}
		}
	}
}

// Len is how many objects an index has, and how many keys.
func (s *Store) Len(id string) (objects, keys int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	t := s.tables[id]
	if t == nil {
		return 0, 0
	}
	return len(t.members), len(t.buckets)
}

func (s *Store) objects(id, resource string) []Object {
	s.mu.RLock()
	defer s.mu.RUnlock()
	var out []Object
	for o := range s.tables[id].members {
		if o.Resource == resource {
			out = append(out, o)
		}
	}
	return out
}

// edit changes one index and tells.
func (s *Store) edit(id string, change func(*table) []any) {
	if keys := s.editing(id, change); len(keys) > 0 && s.changed != nil {
		s.changed(id, keys)
	}
}

func (s *Store) editing(id string, change func(*table) []any) []any {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.tables[id]; t != nil {
		return change(t)
	}
	return nil
}

// read finds the values under a canonical key; found is false where there are none.
func (s *Store) read(id string, c any) (values []any, found bool) {
	if values, found, ready := s.readMade(id, c); ready {
		return values, found
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.bucketLocked(id, c); b != nil {
		return b.list(), true
	}
	return nil, false
}

// readMade is read where the list needs not be made.
func (s *Store) readMade(id string, c any) (values []any, found, ready bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	b := s.bucketLocked(id, c)
	if b == nil {
		return nil, false, true
	}
	return b.values, true, b.values != nil
}

func (s *Store) bucketLocked(id string, c any) *bucket {
	if t := s.tables[id]; t != nil {
		return t.buckets[c]
	}
	return nil
}

// all is a copy of an index: each key as it was given, with its values.
func (s *Store) all(id string) map[any]listed {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables[id]
	if t == nil {
		return nil
	}
	out := make(map[any]listed, len(t.buckets))
	for c, b := range t.buckets {
		out[c] = listed{b.key, b.list()}
	}
	return out
}

// listed is what there is under one key.
type listed struct {
	key    any
	values []any
}
