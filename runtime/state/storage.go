package state

import (
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
)

const (
	// HandledKey is the name under which the essence that was handled last is
	// kept, unless a storage says otherwise.
	HandledKey = "last-handled-configuration"

	// pendingKey is the name under which the essence is kept that a cycle began
	// with, as long as the cycle is not at its end.
	pendingKey = "pending-configuration"

	// touchKey is the name of an annotation that Kopf changes to be called back
	// by the watch, and takes away with its next patch.
	touchKey = "touch-dummy"
)

// Storage says where on an object an operator keeps its records.
type Storage struct {
	Prefix   string // of annotations
	Progress Progress
	Diffbase Diffbase

	// ReadAlso are prefixes that this operator had before. Where there is
	// nothing under its own, it goes on with what is there.
	ReadAlso []string

	// Takeover: an operator in Python may have written under these prefixes
	// before, so its older forms count too. Without it they do not: they are
	// not told apart by operator, and may be those of a neighbour.
	Takeover bool
}

// Progress says where records of handlers are: in annotations, or in a field
// of the status.
type Progress struct {
	InStatus bool
	Field    []string // the default is status.kopf.progress
}

// Diffbase says where the essence that was handled last is: in an annotation,
// or in a field of the status.
type Diffbase struct {
	InStatus bool
	Field    []string // the default is status.kopf.last-handled-configuration
	Key      string   // of the annotation; the default is HandledKey
}

// Essence are the options for the essences of objects with this storage and
// these fields that handlers name. They are the same for all objects.
func (s Storage) Essence(fields [][]string) essence.Options {
	opts := essence.Options{
		Prefixes: append([]string{s.Prefix}, s.ReadAlso...),
		Fields:   fields,
		Without:  [][]string{kopfProgress(), kopfTouch()},
	}
	if s.Progress.InStatus {
		opts.Without = append(opts.Without, s.progressField())
	}
	if s.Diffbase.InStatus {
		opts.Without = append(opts.Without, s.handledField(), s.pendingField())
	}
	return opts
}

// kopfProgress is where Kopf keeps progress in a status.
func kopfProgress() []string { return []string{"status", "kopf", "progress"} }

// kopfTouch is what Kopf changes in a status to be called back by the watch.
func kopfTouch() []string { return []string{"status", "kopf", "dummy"} }

func (s Storage) progressField() []string {
	if len(s.Progress.Field) > 0 {
		return s.Progress.Field
	}
	return kopfProgress()
}

func (s Storage) handledField() []string {
	if len(s.Diffbase.Field) > 0 {
		return s.Diffbase.Field
	}
	return []string{"status", "kopf", HandledKey}
}

func (s Storage) pendingField() []string {
	field := s.handledField()
	return join(field[:len(field)-1], pendingKey)
}

// InStatus are the fields of the status that the storage writes.
func (s Storage) InStatus() [][]string {
	var out [][]string
	if s.Progress.InStatus {
		out = append(out, s.progressField())
	}
	if s.Diffbase.InStatus {
		out = append(out, s.handledField(), s.pendingField())
	}
	return out
}

// recordPlaces are all paths where a record of a handler can be, the one to
// write to first, then in the order of reading.
func (s Storage) recordPlaces(id string, obj map[string]any) [][]string {
	var places [][]string
	if s.Progress.InStatus {
		places = append(places, join(s.progressField(), id))
	}
	places = append(places, s.annotationPlaces(id, obj)...)
	if s.Takeover && !(s.Progress.InStatus && len(s.Progress.Field) == 0) && !s.neighbours(id, obj) {
		places = append(places, join(kopfProgress(), id))
	}
	return places
}

// neighbours tells that Kopf's place in the status, which has no prefix, holds
// the record of another operator with a handler of the same id: it has its
// record in an annotation too.
func (s Storage) neighbours(id string, obj map[string]any) bool {
	name := strings.TrimPrefix(Key("", id, obj), "/")
	value, _ := essence.Lookup(obj, []string{"metadata", "annotations"})
	annotations, _ := value.(map[string]any)
	for key, value := range annotations {
		prefix, rest, ok := strings.Cut(key, "/")
		if !ok || rest != name || prefix == s.Prefix || slices.Contains(s.ReadAlso, prefix) {
			continue
		}
		if text, ok := value.(string); ok {
			if _, err := ParseRecord(text); err == nil {
				return true
			}
		}
	}
	return false
}

// touchPlaces are where an operator in Python may have left its touch.
func (s Storage) touchPlaces(obj map[string]any) [][]string {
	if !s.Takeover {
		return nil
	}
	return append(s.annotationPlaces(touchKey, obj), kopfTouch())
}

// handledPlaces are the paths of the essence handled last, likewise.
func (s Storage) handledPlaces(obj map[string]any) [][]string {
	var places [][]string
	if s.Diffbase.InStatus {
		places = append(places, s.handledField())
	}
	key := s.Diffbase.Key
	if key == "" {
		key = HandledKey
	}
	return append(places, s.annotationPlaces(key, obj)...)
}

func (s Storage) pendingPlace(obj map[string]any) []string {
	if s.Diffbase.InStatus {
		return s.pendingField()
	}
	return annotation(Key(s.Prefix, pendingKey, obj))
}

// annotationPlaces are the annotations of one record, under all the prefixes.
func (s Storage) annotationPlaces(id string, obj map[string]any) [][]string {
	places := make([][]string, 0, 4)
	for _, prefix := range append([]string{s.Prefix}, s.ReadAlso...) {
		key := Key(prefix, id, obj)
		places = append(places, annotation(key))
		if !s.Takeover {
			continue
		}
		if old := OldKey(prefix, id, obj); old != key {
			places = append(places, annotation(old))
		}
	}
	return places
}

// Note makes a patch that keeps a text of the operator on an object, beside its
// records and with the same marker, so that no operator takes it for a change.
func (s Storage) Note(obj map[string]any, name, text string) map[string]any {
	return s.write(nil, obj, annotation(Key(s.Prefix, name, obj)), text)
}

// Noted is the text that Note has kept; empty where there is none.
func (s Storage) Noted(obj map[string]any, name string) string {
	value, _ := essence.Lookup(obj, annotation(Key(s.Prefix, name, obj)))
	text, _ := value.(string)
	return text
}

func annotation(key string) []string {
	return []string{"metadata", "annotations", key}
}

func join(path []string, key string) []string {
	return append(append(make([]string, 0, len(path)+1), path...), key)
}

// write puts a value at a place into a patch. With the first annotation goes
// the marker that makes the prefix known as an operator's own. Prefixes of
// Kopf's own naming are known without one.
func (s Storage) write(patch, obj map[string]any, place []string, value any) map[string]any {
	patch = put(patch, place, value)
	if place[0] != "metadata" || strings.HasPrefix(s.Prefix, "kopf.") {
		return patch
	}
	marker := annotation(s.Prefix + "/" + essence.Marker)
	if _, there := essence.Lookup(obj, marker); !there {
		patch = put(patch, marker, "yes")
	}
	return patch
}

// erase removes from an object what it has at a place.
func erase(patch, obj map[string]any, place []string) map[string]any {
	if value, there := essence.Lookup(obj, place); !there || value == nil {
		return patch
	}
	return put(patch, place, nil)
}

// put sets a value in a patch, which is made with the first.
func put(patch map[string]any, path []string, value any) map[string]any {
	if patch == nil {
		patch = map[string]any{}
	}
	parent := patch
	for _, key := range path[:len(path)-1] {
		child, ok := parent[key].(map[string]any)
		if !ok {
			child = map[string]any{}
			parent[key] = child
		}
		parent = child
	}
	parent[path[len(path)-1]] = value
	return patch
}
