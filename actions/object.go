package actions

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// at walks down maps; nil where the way ends early.
func at(object map[string]any, path ...string) any {
	var value any = object
	for _, segment := range path {
		fields, ok := value.(map[string]any)
		if !ok {
			return nil
		}
		value = fields[segment]
	}
	return value
}

func stringAt(object map[string]any, path ...string) string {
	text, _ := at(object, path...).(string)
	return text
}

func mapAt(object map[string]any, path ...string) map[string]any {
	fields, _ := at(object, path...).(map[string]any)
	return fields
}

func listAt(object map[string]any, path ...string) []any {
	items, _ := at(object, path...).([]any)
	return items
}

// subMap is the map under the key, made where there is none.
func subMap(object map[string]any, key string) map[string]any {
	fields, ok := object[key].(map[string]any)
	if !ok {
		fields = map[string]any{}
		object[key] = fields
	}
	return fields
}

// shown is the object as steps see it: without the server's bookkeeping of
// field owners, which is most of its size.
func shown(object map[string]any) map[string]any {
	delete(mapAt(object, "metadata"), "managedFields")
	return object
}

// Reference reads out of an object what events and owner references need.
func Reference(object map[string]any) corev1.ObjectReference {
	return corev1.ObjectReference{
		APIVersion: stringAt(object, "apiVersion"),
		Kind:       stringAt(object, "kind"),
		Namespace:  stringAt(object, "metadata", "namespace"),
		Name:       stringAt(object, "metadata", "name"),
		UID:        types.UID(stringAt(object, "metadata", "uid")),
	}
}

// kindOf names the JSON type of a value, for messages that must not show the
// value itself.
func kindOf(value any) string {
	switch value.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case string:
		return "a string"
	case []any:
		return "a list"
	case map[string]any:
		return "a map"
	case int64, float64:
		return "a number"
	default:
		return fmt.Sprintf("a %T", value)
	}
}
