package index

import (
	"fmt"
	"slices"
	"sync"
	"testing"
)

func object(name string) Object { return Object{Resource: "pods", Namespace: "ns", Name: name} }

func put(s *Store, id, name string, value any, keys ...any) {
	s.Put(object(name), []Entry{{Index: id, Keys: keys, Value: value}})
}

func TestValuesUnderKeys(t *testing.T) {
	s := New([]string{"x", "y"}, nil)
	put(s, "x", "b", "B", "k", int64(1))
	put(s, "x", "a", "A", "k", "k") // a key twice counts once
	put(s, "x", "c", "C", 1.0)
	put(s, "y", "a", "other", "k")
	put(s, "x", "none", "never", nil)
	get := func(id string, key any) []any {
		values, found := s.View().Get(id, key)
		if found != (values != nil) {
			t.Errorf("%s[%v]: found %v with %v", id, key, found, values)
		}
		return values
	}
	check := func(id string, key any, want ...any) {
		t.Helper()
		if got := get(id, key); !slices.Equal(got, want) {
			t.Errorf("%s[%v] is %v, want %v", id, key, got, want)
		}
	}
	check("x", "k", "A", "B") // by the names of the objects
	check("x", 1.0, "B", "C")
	check("x", int64(1), "B", "C")
	check("x", "1")
	check("x", nil)
	check("y", "k", "other")
	check("nope", "k")

	put(s, "x", "a", "A2", "k")
	check("x", "k", "A2", "B")
	put(s, "x", "b", "B", "j") // other keys
	check("x", "k", "A2")
	check("x", int64(1), "C")
	check("x", "j", "B")
	put(s, "x", "a", nil) // no keys: not in it
	check("x", "k")
	if keys := s.View().Keys("x"); !slices.Equal(keys, []any{1.0, "j"}) && !slices.Equal(keys, []any{int64(1), "j"}) {
		t.Errorf("keys %v", keys)
	}
	s.Remove(object("b"))
	s.Remove(object("b"))
	check("x", "j")
	check("y", "k", "other")
	s.Remove(object("a"))
	if objects, keys := s.Len("y"); objects != 0 || keys != 0 {
		t.Errorf("%d objects and %d keys are left", objects, keys)
	}
}

func TestKeysOfAnyType(t *testing.T) {
	s := New([]string{"x"}, nil)
	put(s, "x", "a", "A", "t", true, 2.5, 3.0, int64(-1), []any{"no key"}, nil)
	for _, key := range []any{true, "t", 2.5, int64(3), 3.0, -1.0} {
		if values, _ := s.View().Get("x", key); !slices.Equal(values, []any{"A"}) {
			t.Errorf("%v: %v", key, values)
		}
	}
	for _, key := range []any{false, "true", "2.5", "3", 1e300, []any{"no key"}, nil} {
		if values, found := s.View().Get("x", key); found {
			t.Errorf("%v: %v", key, values)
		}
	}
	want := []any{true, int64(-1), 2.5, 3.0, "t"}
	if keys := s.View().Keys("x"); !slices.Equal(keys, want) {
		t.Errorf("keys %v, want %v", keys, want)
	}
}

// What was read once stays, in one view, whatever changes.
func TestViewsAreRepeatable(t *testing.T) {
	s := New([]string{"x"}, nil)
	put(s, "x", "a", int64(1), "k")
	put(s, "x", "b", int64(1), "only b")
	v := s.View()
	if n := v.Len("x"); n != 2 {
		t.Errorf("%d keys", n)
	}
	before, _ := v.Get("x", "k")
	_, missing := v.Get("x", "later")
	put(s, "x", "a", int64(2), "k", "later")
	put(s, "x", "c", int64(3), "c")
	if again, _ := v.Get("x", "k"); !slices.Equal(again, []any{int64(1)}) || !slices.Equal(before, again) {
		t.Errorf("k is %v", again)
	}
	if _, found := v.Get("x", "later"); found || missing {
		t.Error("a key has come")
	}
	if fresh, _ := v.Get("x", "c"); !slices.Equal(fresh, []any{int64(3)}) {
		t.Errorf("what was not read yet is %v", fresh)
	}
	if n := v.Len("x"); n != 2 {
		t.Errorf("now there are %d keys", n)
	}
	keys := v.Keys("x")
	if n := v.Len("x"); n != len(keys) {
		t.Errorf("%d keys, and %d are listed", n, len(keys))
	}
	if !slices.Equal(keys, []any{"c", "k", "only b"}) {
		t.Errorf("keys %v", keys)
	}
	s.Remove(object("b"))
	put(s, "x", "d", int64(4), "d")
	if again := v.Keys("x"); !slices.Equal(keys, again) {
		t.Errorf("keys %v", again)
	}
	if values, _ := v.Get("x", "only b"); !slices.Equal(values, []any{int64(1)}) {
		t.Errorf("the values of a key in the list are %v", values)
	}
	if _, found := v.Get("x", "d"); found {
		t.Error("a key is there that the list has not")
	}
}

func TestWhatHasChanged(t *testing.T) {
	var got []string
	s := New([]string{"x", "y"}, func(id string, keys []any) { got = append(got, fmt.Sprint(id, keys)) })
	check := func(what string, want ...string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", what, got, want)
		}
		got = nil
	}
	put(s, "x", "a", map[string]any{"n": int64(1)}, "k", "l")
	check("new", "x[k l]")
	put(s, "x", "a", map[string]any{"n": 1.0}, "k", "l")
	check("the same again")
	put(s, "x", "a", map[string]any{"n": int64(1)}, "k", "m")
	check("another key", "x[k l m]")
	put(s, "x", "a", map[string]any{"n": int64(2)}, "k", "m")
	check("another value", "x[k m]")
	put(s, "y", "a", "v", "k")
	check("another index", "y[k]")
	s.Remove(object("a"))
	check("gone", "x[k m]", "y[k]")
	s.Remove(object("a"))
	put(s, "x", "a", "v")
	check("nothing there")
}

func TestSweep(t *testing.T) {
	s := New([]string{"x", "y"}, nil)
	for _, name := range []string{"a", "b"} {
		put(s, "x", name, name, "k")
		put(s, "y", name, name, "k")
	}
	other := Object{Resource: "nodes", Name: "a"}
	s.Put(other, []Entry{{Index: "x", Keys: []any{"k"}, Value: "node"}})
	s.Sweep("pods", func(id string, o Object) bool { return id == "x" && o.Name == "b" })
	if values, _ := s.View().Get("x", "k"); !slices.Equal(values, []any{"node", "b"}) {
		t.Errorf("x has %v", values)
	}
	if objects, keys := s.Len("y"); objects+keys != 0 {
		t.Errorf("y has %d objects", objects)
	}
}

// Readers and writers at once: each list is whole, and lists do not change under readers.
func TestConcurrentUse(t *testing.T) {
	s := New([]string{"x"}, func(string, []any) {})
	var writers, readers sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		readers.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				v := s.View()
				first, _ := v.Get("x", "k")
				held := slices.Clone(first)
				for _, key := range v.Keys("x") {
					if values, found := v.Get("x", key); !found || len(values) == 0 {
						t.Errorf("%v has no values", key)
					}
				}
				if again, _ := v.Get("x", "k"); !slices.Equal(held, again) {
					t.Error("a list has changed under its reader")
				}
			}
		})
	}
	for w := range 4 {
		writers.Go(func() {
			for i := range 500 {
				put(s, "x", fmt.Sprintf("o%d-%d", w, i%20), int64(i), "k", fmt.Sprintf("k%d", i%7))
				if i%5 == 0 {
					s.Remove(object(fmt.Sprintf("o%d-%d", w, (i+3)%20)))
				}
			}
		})
	}
	writers.Wait()
	close(stop)
	readers.Wait()
	values, _ := s.View().Get("x", "k")
	if objects, _ := s.Len("x"); len(values) != objects {
		t.Errorf("%d values of %d objects", len(values), objects)
	}
}
