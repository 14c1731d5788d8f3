package eval

import (
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
)

// mergeValues is merge(a, b): RFC 7386 with the patch b. The result shares
// what b does not touch with a.
func mergeValues(a, b ref.Val) ref.Val {
	target, err := nativeOf(a)
	if err != nil {
		return types.WrapErr(err)
	}
	patch, err := nativeOf(b)
	if err != nil {
		return types.WrapErr(err)
	}
	return adapter{}.NativeToValue(mergePatch(target, patch))
}

// mergePatch applies a merge patch without changing either argument.
func mergePatch(target, patch any) any {
	changes, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	old, _ := target.(map[string]any)
	result := make(map[string]any, len(old)+len(changes))
	for key, value := range old {
		result[key] = value
	}
	for key, value := range changes {
		if value == nil {
			delete(result, key)
			continue
		}
		result[key] = mergePatch(result[key], value)
	}
	return result
}
