package index

import (
	"cmp"
	"slices"

	"github.com/kopf-declarative/kopf-declarative/actions/patch"
)

// table is one index.
type table struct {
	buckets map[any]*bucket // by canonical key
	members map[Object]*member
}

// bucket has the members under one key.
type bucket struct {
	key     any // as it was given first
	members []*member
	// values are those of the members, made when they are first read, and made anew after a
	// change: readers keep theirs.
	values []any
}

// member is what an object has in an index.
type member struct {
	object Object
	keys   []any // canonical
	value  any
}

func newTable() *table { return &table{buckets: map[any]*bucket{}, members: map[Object]*member{}} }

// put gives the object a value under keys, none of them twice. It returns the keys whose
// values are others now; none where the object has had the same value under the same keys.
func (t *table) put(o Object, keys []any, value any) (changed []any) {
	old := t.members[o]
	m := &member{object: o, value: value}
	given := map[any]any{}
	for _, key := range keys {
		c := canonical(key)
		if c == nil {
			continue
		}
		if _, twice := given[c]; !twice {
			given[c] = key
			m.keys = append(m.keys, c)
		}
	}
	if old != nil && slices.Equal(old.keys, m.keys) && patch.Equal(old.value, value) {
		return nil
	}
	if len(m.keys) == 0 {
		return t.remove(o)
	}
	t.members[o] = m
	if old != nil {
		for _, c := range old.keys {
			changed = append(changed, t.buckets[c].key)
			if slices.Contains(m.keys, c) {
				t.buckets[c].replace(m)
			} else {
				t.take(c, o)
			}
		}
	}
	for _, c := range m.keys {
		if old == nil || !slices.Contains(old.keys, c) {
			t.insert(c, given[c], m)
			changed = append(changed, given[c])
		}
	}
	return changed
}

func (t *table) insert(c, key any, m *member) {
	b := t.buckets[c]
	if b == nil {
		b = &bucket{key: key}
		t.buckets[c] = b
	}
	at, _ := slices.BinarySearchFunc(b.members, m.object, compare)
	b.members = slices.Insert(b.members, at, m)
	b.values = nil
}

// remove takes the object out and returns the keys that it was under.
func (t *table) remove(o Object) (changed []any) {
	m := t.members[o]
	if m == nil {
		return nil
	}
	delete(t.members, o)
	for _, c := range m.keys {
		changed = append(changed, t.buckets[c].key)
		t.take(c, o)
	}
	return changed
}

// take takes the object from under one key.
func (t *table) take(c any, o Object) {
	b := t.buckets[c]
	at, _ := slices.BinarySearchFunc(b.members, o, compare)
	b.members = slices.Delete(b.members, at, at+1)
	b.values = nil
	if len(b.members) == 0 {
		delete(t.buckets, c)
	}
}

// replace gives the object another entry in its place.
func (b *bucket) replace(m *member) {
	at, _ := slices.BinarySearchFunc(b.members, m.object, compare)
	b.members[at], b.values = m, nil
}

// compare orders members by namespace and name.
func compare(m *member, o Object) int {
	return cmp.Or(cmp.Compare(m.object.Namespace, o.Namespace), cmp.Compare(m.object.Name, o.Name), cmp.Compare(m.object.Resource, o.Resource))
}

// list is the bucket's values, which never change. It makes them where they are not there.
func (b *bucket) list() []any {
	if b.values == nil {
		b.values = make([]any, len(b.members))
		for i, m := range b.members {
			b.values[i] = m.value
		}
	}
	return b.values
}
