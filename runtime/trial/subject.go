package trial

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/google/cel-go/cel"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/runtime/bind"
	"github.com/kopf-declarative/kopf-declarative/runtime/cause"
	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
	"github.com/kopf-declarative/kopf-declarative/runtime/state"
)

// subject is the object of a trial, and what has happened to it.
type subject struct {
	// object is nil where there is none.
	object   map[string]any
	resource kube.Resource
	shape    *eval.Shape
	cause    cause.Cause
	// known are the variables of the change that have a value.
	known map[string]bool
}

// set changes the object, or begins one.
func (s *subject) set(path []string, value any) error {
	changed, err := set(mapOrNil(s.object), path, value)
	if err != nil {
		return err
	}
	object, ok := changed.(map[string]any)
	if !ok {
		return needed("a map", changed)
	}
	s.object = object
	return nil
}

func mapOrNil(m map[string]any) any {
	if m == nil {
		return nil
	}
	return m
}

// make finds out what can be known of the object.
func (s *subject) make(o Options, given map[string]any) error {
	switch {
	case s.object == nil && o.Old != nil:
		return errors.New("there is a state before a change, but no object: --object FILE gives it")
	case s.object == nil:
		return nil
	}
	if err := checkMetadata(s.object); err != nil {
		return err
	}
	if err := o.Target.checkKind(s.object, o.Kinds); err != nil {
		return err
	}
	s.resource = resourceOf(s.object, o.Kinds)
	s.shape = eval.ObjectShape(o.Kinds.TypeOfKind(typeMeta(s.object)))
	return s.detect(o, given)
}

// checkMetadata refuses an object that the API server would not have, where the variables
// depend on it.
func checkMetadata(object map[string]any) error {
	found, has := object["metadata"]
	metadata, ok := found.(map[string]any)
	if has && found != nil && !ok {
		return fmt.Errorf("metadata: %w", needed("a map", found))
	}
	types := map[string]*cel.Type{"name": cel.StringType, "uid": cel.StringType, "namespace": cel.StringType}
	texts := cel.MapType(cel.StringType, cel.StringType)
	types["labels"], types["annotations"] = texts, texts
	for _, key := range slices.Sorted(maps.Keys(types)) {
		if metadata[key] == nil {
			continue
		}
		if _, err := fit(metadata[key], types[key]); err != nil {
			return fmt.Errorf("metadata.%s: %w", key, err)
		}
	}
	return nil
}

// detect finds the cause, as the engine does: from the earlier state that was given, or that
// the object itself has stored for the operator. Without one it depends on the
// handler: for one that only creates there is none, for one that only resumes or
// deletes nothing has changed.
func (s *subject) detect(o Options, given map[string]any) error {
	in := cause.Input{Object: s.object, Gone: cause.IsDeleting(s.object), FirstListing: true}
	storage := storageOf(o, &in)
	reason := o.Target.reason
	if r, ok := given["reason"].(string); ok {
		reason = cause.Reason(r)
	}
	old := essence.Of(s.object, in.Essence)
	switch stored, has := storage.StoredEssence(s.object); {
	case o.Old != nil:
		old = essence.Of(o.Old, in.Essence)
		in.HasStored = true
	case givenOld(given):
		old, _ = given["old"].(map[string]any)
		in.HasStored = old != nil
	case has:
		in.Stored, in.HasStored = stored, true
	case reason == cause.Delete || reason == cause.Resume:
		in.HasStored = true
	case reason != cause.Create:
		s.cause = cause.Cause{Reason: reason, New: old}
		s.known = map[string]bool{"new": true, "reason": reason != ""}
		return nil
	}
	if in.HasStored && in.Stored == "" {
		var err error
		if in.Stored, err = essence.Marshal(old); err != nil {
			return err
		}
	}
	in.Gone = in.Gone || reason == cause.Delete
	found, err := cause.Detect(in)
	if err != nil {
		return fmt.Errorf("the object's record of what was handled last is damaged: %w", err)
	}
	s.cause = found
	s.known = map[string]bool{"reason": true, "old": true, "new": true, "diff": true}
	return nil
}

// givenOld tells whether the variable old was given as a state: null is none.
func givenOld(given map[string]any) bool {
	old, has := given["old"]
	_, isMap := old.(map[string]any)
	return has && (old == nil || isMap)
}

// storageOf is where the operator keeps its records; it completes what belongs to the essence.
func storageOf(o Options, in *cause.Input) *state.Storage {
	compiled := o.Target.compiled
	if compiled == nil {
		storage := &state.Storage{}
		in.Essence = storage.Essence(nil)
		return storage
	}
	in.Essence = compiled.EssenceOptions(compiled.Handlers)
	return compiled.Storage()
}

// vars are the variables of the change that have a value.
func (s *subject) vars(field []string) map[string]any {
	vars := bind.Change(s.cause, s.shape)
	if field != nil {
		maps.Copy(vars, bind.Field(s.cause, field, s.shape))
	}
	for name := range vars {
		if name != changedKey && !s.known[name] || name == changedKey && !s.known["diff"] {
			delete(vars, name)
		}
	}
	return vars
}
