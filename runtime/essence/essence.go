package essence

import (
	"maps"
	"strings"
)

// Options say what belongs to an essence beyond the general rules.
type Options struct {
	// Prefixes are the annotation prefixes of this operator. What is under
	// them is left out even where no marker on the object says so, which is
	// the case until the first write.
	Prefixes []string

	// Fields are added to the essence wherever they are, even in the status:
	// the fields that handlers name.
	Fields [][]string

	// Without are paths that are left out whatever Fields say: where this
	// operator keeps its own records in the status.
	Without [][]string
}

// Of returns the essence of an object. The result shares nothing with the
// object and is the caller's to keep and to change.
func Of(obj map[string]any, opts Options) map[string]any {
	return copyMap(view(obj, opts))
}

// Matches tells whether a stored text is the essence of this object, byte for
// byte as Marshal writes it. It is the cheap test for the usual case that
// nothing has changed: neither the object is copied nor the text parsed. False
// only means that a closer look is needed: a Python operator orders the keys
// of the same essence differently.
func Matches(obj map[string]any, opts Options, stored string) bool {
	enc := encoder{buf: make([]byte, 0, len(stored)+64), keys: make([]string, 0, 64)}
	if err := enc.value(view(obj, opts)); err != nil {
		return false
	}
	return string(enc.buf) == strings.TrimSuffix(stored, "\n")
}

// view builds the essence out of the object's own maps and lists, so it must
// not leave this package. Only maps made here are ever written to.
func view(obj map[string]any, opts Options) map[string]any {
	out := make(map[string]any, len(obj))
	for key, value := range obj {
		switch key {
		case "apiVersion", "kind", "metadata", "status":
		default:
			out[key] = value
		}
	}
	if meta := metadataOf(obj, opts); len(meta) > 0 {
		out["metadata"] = meta
	}
	for _, path := range opts.Fields {
		addField(out, obj, path, opts)
	}
	for _, path := range opts.Without {
		out = withoutPath(out, path)
	}
	for _, stanza := range []string{"metadata", "status"} {
		if m, ok := out[stanza].(map[string]any); ok && len(m) == 0 {
			delete(out, stanza)
		}
	}
	return out
}

// metadataOf picks the labels and the annotations that count, and none of them
// that is empty.
func metadataOf(obj map[string]any, opts Options) map[string]any {
	source, _ := obj["metadata"].(map[string]any)
	meta := make(map[string]any, 2)
	if labels, _ := source["labels"].(map[string]any); len(labels) > 0 {
		meta["labels"] = labels
	}
	if annotations := annotationsOf(source, opts); len(annotations) > 0 {
		meta["annotations"] = annotations
	}
	return meta
}

// addField puts one named field of the object into the essence. Maps on the way
// may be the object's own, so they are replaced, not changed: others read them
// at the same time.
func addField(out, obj map[string]any, path []string, opts Options) {
	value, ok := fieldOf(out, obj, path, opts)
	if !ok {
		return
	}
	parent := out
	for _, key := range path[:len(path)-1] {
		child, _ := parent[key].(map[string]any)
		child = shallowCopy(child)
		parent[key] = child
		parent = child
	}
	parent[path[len(path)-1]] = value
}

// fieldOf finds what a named field adds to an essence, if anything. Naming the
// metadata or all annotations brings no operator's records back.
func fieldOf(out, obj map[string]any, path []string, opts Options) (any, bool) {
	value, ok := Lookup(obj, path)
	if !ok || len(path) == 0 || isOwnAnnotation(path, opts.Prefixes) {
		return nil, false
	}
	switch {
	case path[0] == "status":
		return value, true
	case path[0] != "metadata":
		_, there := out[path[0]]
		return value, !there
	case len(path) == 1:
		return wholeMetadata(value, obj, opts)
	case len(path) == 2 && (path[1] == "annotations" || path[1] == "labels"):
		return nil, false
	default:
		return value, true
	}
}

func wholeMetadata(value any, obj map[string]any, opts Options) (any, bool) {
	meta, ok := value.(map[string]any)
	if !ok {
		return nil, false
	}
	out := shallowCopy(meta)
	delete(out, "labels")
	delete(out, "annotations")
	maps.Copy(out, metadataOf(obj, opts))
	return out, true
}

// withoutPath returns m without the value at a path and without the maps that
// this leaves empty. Maps on the way are replaced, not changed.
func withoutPath(m map[string]any, path []string) map[string]any {
	if _, ok := Lookup(m, path); !ok || len(path) == 0 {
		return m
	}
	out := shallowCopy(m)
	if len(path) == 1 {
		delete(out, path[0])
		return out
	}
	child := withoutPath(out[path[0]].(map[string]any), path[1:])
	if len(child) == 0 {
		delete(out, path[0])
	} else {
		out[path[0]] = child
	}
	return out
}

func shallowCopy(m map[string]any) map[string]any {
	out := make(map[string]any, len(m)+1)
	maps.Copy(out, m)
	return out
}

func copyMap(m map[string]any) map[string]any {
	if m == nil {
		return nil
	}
	out := make(map[string]any, len(m))
	for key, value := range m {
		out[key] = copyValue(value)
	}
	return out
}

func copyValue(value any) any {
	switch v := value.(type) {
	case map[string]any:
		return copyMap(v)
	case []any:
		if v == nil {
			return v
		}
		out := make([]any, len(v))
		for i, item := range v {
			out[i] = copyValue(item)
		}
		return out
	default:
		return value
	}
}
