package trial

import (
	"fmt"

	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// ReadObject reads the one object of a text, in YAML or JSON. What is wrong with the
// text has its place; an error says that it is something else than one object.
func ReadObject(source spec.Source) (map[string]any, diag.List, error) {
	values, found := spec.ParseValues(source)
	if found.HasErrors() {
		return nil, found, nil
	}
	switch {
	case len(values) == 0:
		return nil, nil, fmt.Errorf("%s: there is no object in it", source.Name)
	case len(values) > 1:
		return nil, nil, fmt.Errorf("%s holds %d documents; one object is needed (the second begins in line %d)", source.Name, len(values), values[1].Range.Start.Line)
	}
	object, ok := values[0].Native().(map[string]any)
	if !ok {
		return nil, nil, fmt.Errorf("%s: an object is a map, and this is %s", source.Name, values[0].Kind)
	}
	if items, isList := object["items"].([]any); isList && object["kind"] == "List" {
		return nil, nil, fmt.Errorf("%s is a list of %d objects; one object is needed", source.Name, len(items))
	}
	return asWatched(object), nil, nil
}

// asWatched leaves out what the engine never sees.
func asWatched(object map[string]any) map[string]any {
	if metadata, ok := essence.Lookup(object, []string{"metadata"}); ok {
		if m, ok := metadata.(map[string]any); ok {
			delete(m, "managedFields")
		}
	}
	return object
}
