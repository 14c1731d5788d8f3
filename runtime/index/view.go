package index

import (
	"cmp"
	"slices"
)

// View reads a Store so that what was read once stays: a key has the same values each time,
// and once all keys of an index were asked for, all of it stays as it was then. What is
// returned is only to be read. A View is for one goroutine at a time.
type View struct {
	store *Store
	seen  map[string]*sight // by index
}

// sight is what was seen of one index.
type sight struct {
	read map[any]listed // by canonical key; without values for a key that was not there
	all  []any          // the keys that were there, in their order
	full bool           // all is known
	size *int           // what Len has said
}

// View makes a reader.
func (s *Store) View() *View { return &View{store: s, seen: map[string]*sight{}} }

// IDs are the ids of all indexes.
func (v *View) IDs() []string { return v.store.IDs() }

// Get returns the values under a key, ordered by the namespaces and names of their objects;
// found is false where there are none. Numbers are equal by value.
func (v *View) Get(id string, key any) (values []any, found bool) {
	c, s := canonical(key), v.sight(id)
	known, ok := s.read[c]
	if !ok && !s.full {
		known.key = key
		known.values, _ = v.store.read(id, c)
		s.read[c] = known
	}
	return known.values, known.values != nil
}

// Len is how many keys an index has: as many as Keys returns, if that was asked before,
// else as many as there were when Len was asked first.
func (v *View) Len(id string) int {
	s := v.sight(id)
	if s.full {
		return len(s.all)
	}
	if s.size == nil {
		_, n := v.store.Len(id)
		s.size = &n
	}
	return *s.size
}

// Keys returns all keys of an index, in an order that is the same for the same keys:
// booleans, numbers, texts.
func (v *View) Keys(id string) []any {
	s := v.sight(id)
	if s.full {
		return s.all
	}
	present := v.store.all(id)
	for c, known := range s.read {
		if known.values == nil {
			delete(present, c)
		} else {
			present[c] = known
		}
	}
	s.read, s.full = present, true
	order := make([]any, 0, len(present))
	for c := range present {
		order = append(order, c)
	}
	slices.SortFunc(order, compareKeys)
	s.all = make([]any, len(order))
	for i, c := range order {
		s.all[i] = present[c].key
	}
	return s.all
}

func (v *View) sight(id string) *sight {
	s := v.seen[id]
	if s == nil {
		s = &sight{read: map[any]listed{}}
		v.seen[id] = s
	}
	return s
}

// compareKeys orders canonical keys.
func compareKeys(a, b any) int {
	if a, ok := a.(string); ok {
		if b, ok := b.(string); ok {
			return cmp.Compare(a, b)
		}
	}
	if rank(a) != rank(b) {
		return cmp.Compare(rank(a), rank(b))
	}
	switch a := a.(type) {
	case bool:
		return cmp.Compare(fromBool(a), fromBool(b.(bool)))
	case int64:
		if b, ok := b.(int64); ok {
			return cmp.Compare(a, b)
		}
		return cmp.Compare(float64(a), b.(float64))
	case float64:
		if b, ok := b.(int64); ok {
			return cmp.Compare(a, float64(b))
		}
		return cmp.Compare(a, b.(float64))
	case string:
		return cmp.Compare(a, b.(string))
	}
	return 0
}

// rank is the place of a key's type among the others.
func rank(c any) int {
	switch c.(type) {
	case bool:
		return 1
	case int64, float64:
		return 2
	case string:
		return 3
	}
	return 0
}

func fromBool(b bool) int {
	if b {
		return 1
	}
	return 0
}
