package actions

import (
	"encoding/json"
	"fmt"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	utiljson "k8s.io/apimachinery/pkg/util/json"

	"github.com/kopf-declarative/kopf-declarative/actions/patch"
)

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
