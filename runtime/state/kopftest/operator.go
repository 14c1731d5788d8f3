package kopftest

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
)

const handledKey = "last-handled-configuration"

// Operator says where an operator in Python keeps its records. The zero value
// has Kopf's defaults.
type Operator struct {
	Prefix    string // default: kopf.zalando.org
	Finalizer string // default: kopf.zalando.org/KopfFinalizerMarker
	Fields    [][]string

	// InStatus: progress is in the status alone, as with Kopf's
	// StatusProgressStorage. Else it is in annotations first.
	InStatus bool
	// HandledInStatus: as with Kopf's StatusDiffBaseStorage.
	HandledInStatus bool
}

func (o Operator) prefix() string {
	if o.Prefix == "" {
		return "kopf.zalando.org"
	}
	return o.Prefix
}

func (o Operator) finalizer() string {
	if o.Finalizer == "" {
		return "kopf.zalando.org/KopfFinalizerMarker"
	}
	return o.Finalizer
}

// Reason is why the operator would handle the object now.
func (o Operator) Reason(obj map[string]any) string {
	handled, known := o.Handled(obj)
	finalizers, _ := at(obj, "metadata", "finalizers").([]any)
	switch {
	case at(obj, "metadata", "deletionTimestamp") == nil:
	case slices.Contains(finalizers, any(o.finalizer())):
		return "delete"
	default:
		return "free"
	}
	switch {
	case !known:
		return "create"
	case reflect.DeepEqual(handled, o.Essence(obj)):
		return "noop"
	default:
		return "update"
	}
}

// Handled is the essence that was handled last.
func (o Operator) Handled(obj map[string]any) (map[string]any, bool) {
	if o.HandledInStatus {
		return object(at(obj, "status", "kopf", handledKey))
	}
	for _, key := range o.keys(handledKey, obj) {
		if found, ok := object(at(obj, "metadata", "annotations", key)); ok {
			return found, true
		}
	}
	return nil, false
}

// object reads an object from its JSON.
func object(text any) (map[string]any, bool) {
	var out map[string]any
	if text, ok := text.(string); ok && json.Unmarshal([]byte(text), &out) == nil {
		return out, out != nil
	}
	return nil, false
}

// Essence is what of an object matters to the operator. Its numbers are those of
// JSON, float64.
func (o Operator) Essence(obj map[string]any) map[string]any {
	body := jsonCopy(obj)
	out := map[string]any{}
	for key, value := range body {
		if !slices.Contains([]string{"apiVersion", "kind", "metadata", "status"}, key) {
			out[key] = value
		}
	}
	meta := map[string]any{}
	if labels, _ := at(body, "metadata", "labels").(map[string]any); len(labels) > 0 {
		meta["labels"] = labels
	}
	if annotations := o.annotations(body); len(annotations) > 0 {
		meta["annotations"] = annotations
	}
	if len(meta) > 0 {
		out["metadata"] = meta
	}
	for _, field := range o.Fields {
		if value := at(body, field...); value != nil {
			set(out, value, field...)
		}
	}
	return out
}

// annotations are those that are no operator's bookkeeping.
func (o Operator) annotations(body map[string]any) map[string]any {
	all, _ := at(body, "metadata", "annotations").(map[string]any)
	operators := map[string]bool{o.prefix(): true}
	for key := range all {
		prefix, name, ok := strings.Cut(key, "/")
		if ok && (name == "kopf-managed" || prefix == "kopf.zalando.org" || strings.HasSuffix(prefix, ".kopf.zalando.org")) {
			operators[prefix] = true
		}
	}
	out := map[string]any{}
	for key, value := range all {
		prefix, _, ok := strings.Cut(key, "/")
		if !(ok && operators[prefix]) && key != "kubectl.kubernetes.io/last-applied-configuration" {
			out[key] = value
		}
	}
	return out
}

// Finish is the patch by which the operator ends a cycle of these handlers: it
// removes what it has kept, and stores the essence as handled.
func (o Operator) Finish(obj map[string]any, ids ...string) map[string]any {
	out := map[string]any{}
	for _, id := range ids {
		for _, place := range o.places(id, obj) {
			if at(obj, place...) != nil {
				set(out, nil, place...)
			}
		}
	}
	if o.Reason(obj) == "noop" {
		return out
	}
	text := compact(o.Essence(obj))
	if o.HandledInStatus {
		set(out, text, "status", "kopf", handledKey)
		return out
	}
	for _, key := range o.keys(handledKey, obj) {
		set(out, text+"\n", "metadata", "annotations", key)
	}
	o.mark(out)
	return out
}

func (o Operator) mark(patch map[string]any) {
	if !strings.HasPrefix(o.prefix(), "kopf.") {
		set(patch, "yes", "metadata", "annotations", o.prefix()+"/kopf-managed")
	}
}
