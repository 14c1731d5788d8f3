package eval

import (
	"slices"
	"strings"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Indexes is what the variable index reads: the values of objects by index and key. Keys
// and values are JSON-like data; 1 and 1.0 are the same key, '1' is another one.
type Indexes struct {
	// IDs are the ids of all indexes.
	IDs []string
	// Keys are all keys of an index.
	Keys func(id string) []any
	// Len is how many keys an index has.
	Len func(id string) int
	// Get returns the values under a key; found is false where there are none.
	Get func(id string, key any) (values []any, found bool)
}

// BindIndexes is the value of the variable index. It reads nothing before an expression
// does. It is for one goroutine at a time, if the indexes are.
func BindIndexes(indexes Indexes) any { return &lazyMap{source: allIndexes{indexes}} }

// allIndexes has the indexes by their ids.
type allIndexes struct{ indexes Indexes }

func (a allIndexes) keys() []any {
	var out []any
	for _, id := range a.indexes.IDs {
		out = append(out, id)
	}
	return out
}

func (a allIndexes) size() int { return len(a.indexes.IDs) }

func (a allIndexes) find(key ref.Val) (any, bool) {
	id, ok := key.(types.String)
	if !ok || !slices.Contains(a.indexes.IDs, string(id)) {
		return nil, false
	}
	return &lazyMap{source: oneIndex{a.indexes, string(id)}}, true
}

// oneIndex has the lists of values by their keys.
type oneIndex struct {
	indexes Indexes
	id      string
}

func (o oneIndex) keys() []any { return o.indexes.Keys(o.id) }

func (o oneIndex) size() int { return o.indexes.Len(o.id) }

func (o oneIndex) find(key ref.Val) (any, bool) {
	native, err := nativeOf(key)
	if err != nil {
		return nil, false // nothing that could be a key
	}
	return o.indexes.Get(o.id, native)
}

// notIndexed says why some variables that exist everywhere do not in an index: it follows
// its objects, and nothing else.
var notIndexed = map[string]string{
	"index": "an index cannot read indexes",
	"memo":  "an index cannot read the memo: it would not follow its changes",
}

// checkIndexes finds indexes that do not exist.
func (e *Env) checkIndexes(src source, at place, u *usage) diag.List {
	var problems diag.List
	if e.unavailable(at, "index") != "" {
		return nil
	}
	for _, s := range u.selected {
		if s.variable != "index" || s.name == anything || slices.Contains(e.indexes, s.name) {
			continue
		}
		d := src.problemOn(u, s.id, ruleIndex, "unknown index", s.name)
		if guess, ok := diag.Nearest(s.name, e.indexes); ok {
			d.Detail += "; did you mean " + guess + "?"
			d.SuggestWord(s.name, guess)
		} else if len(e.indexes) > 0 {
			d.Detail += "; the indexes are " + strings.Join(e.indexes, ", ")
		}
		problems = append(problems, d)
	}
	return problems
}
