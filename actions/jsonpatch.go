package actions

import (
	"encoding/json"
	"fmt"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/kopf-declarative/kopf-declarative/actions/patch"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// jsonOperations are those of RFC 6902, with whether they need from or value.
var jsonOperations = map[string]string{
	"add": "value", "replace": "value", "test": "value", "remove": "", "move": "from", "copy": "from",
}

// jsonChange is what a JSON patch does to an object, as a merge patch.
func jsonChange(object map[string]any, operations []any) (map[string]any, error) {
	data, err := json.Marshal(operations)
	if err != nil {
		return nil, err
	}
	decoded, err := jsonpatch.DecodePatch(data)
	if err != nil {
		return nil, &Permanent{Message: "the JSON patch is malformed", Cause: err}
	}
	before, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	after, err := decoded.Apply(before)
	if err != nil {
		return nil, fmt.Errorf("the JSON patch does not apply: %w", err)
	}
	var changed map[string]any
	if err := utiljson.Unmarshal(after, &changed); err != nil {
		return nil, err
	}
	return patch.Diff(object, changed), nil
}

// checkJSON reports operations that no JSON patch can have.
func (c *compiler) checkJSON(x *spec.Template) {
	if x == nil || !c.mustBe(spec.ListKind, "a JSON patch", x) {
		return
	}
	for _, operation := range x.Items {
		if c.mustBe(spec.MapKind, "an operation of a JSON patch", operation) && operation.Kind == spec.MapKind {
			c.checkOperation(operation)
		}
	}
}

func (c *compiler) checkOperation(operation *spec.Value) {
	op, known := literal(operation, "op")
	if op == nil {
		if known {
			c.report("json-patch", "operation without op", operation.Range, "each operation of a JSON patch has op and path")
		}
		return
	}
	if isDynamic(op) {
		return
	}
	name, _ := op.Scalar.(string)
	needs, exists := jsonOperations[name]
	if !exists {
		c.report("json-patch", "unknown operation", op.Range,
			"%v is none of add, remove, replace, move, copy and test", op.Scalar)
		return
	}
	for _, key := range []string{"path", needs} {
		if value, known := literal(operation, key); key != "" && value == nil && known {
			c.report("json-patch", "incomplete operation", operation.Range, "%s needs %s", name, key)
		}
	}
	path, _ := literal(operation, "path")
	if path == nil || isDynamic(path) {
		return
	}
	if text, ok := path.Scalar.(string); !ok || text != "" && text[0] != '/' {
		c.report("json-patch", "invalid path", path.Range, "a path is a JSON pointer such as /spec/size, found %v", path.Scalar)
	}
}
