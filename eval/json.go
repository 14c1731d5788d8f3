package eval

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"time"

	"encoding/base64"
	"encoding/json"
	"math"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

// maxNodes is how many values one result may have. CEL can make a list of
// 2^40 elements for free by adding it to itself; writing it out is not free.
const maxNodes = 1 << 20

var errTooLarge = errors.New("the result is too large")

// jsonWriter turns CEL values into JSON-like data.
type jsonWriter struct {
	// share lets the result share maps and lists with the data that the
	// expression saw; otherwise the result is the caller's own.
	share bool
	nodes int
}

// toJSON converts v; ok is false for an optional without value, which is also
// what omit() returns.
func (w *jsonWriter) toJSON(v ref.Val) (value any, ok bool, err error) {
	if w.nodes++; w.nodes > maxNodes {
		return nil, false, errTooLarge
	}
	switch x := v.(type) {
	case *types.Optional:
		if !x.HasValue() {
			return nil, false, nil
		}
		return w.toJSON(x.GetValue())
	case *types.Err:
		return nil, false, x
	case *jsonMap:
		value, err = w.fromNative(x.raw, x.shape)
	case *jsonList:
		value, err = w.fromNative(x.raw, x.shape)
	case traits.Mapper:
		value, err = w.fromMap(x)
	case traits.Lister:
		value, err = w.fromList(x)
	default:
		value, err = scalar(v)
	}
	return value, err == nil, err
}

// scalar converts a value that is neither list nor map.
func scalar(v ref.Val) (any, error) {
	switch x := v.(type) {
	case types.Null:
		return nil, nil
	case types.Bool:
		return bool(x), nil
	case types.Int:
		return int64(x), nil
	case types.Uint:
		if x > math.MaxInt64 {
			return nil, fmt.Errorf("an unsigned number over %d does not fit", int64(math.MaxInt64))
		}
		return int64(x), nil
	case types.Double:
		return finite(float64(x))
	case types.String:
		return string(x), nil
	case types.Bytes:
		return base64.StdEncoding.EncodeToString(x), nil
	case types.Timestamp:
		return x.Time.UTC().Format(time.RFC3339Nano), nil
	case types.Duration:
		return x.Duration.String(), nil
	}
	return stringer(v)
}

// finite refuses what JSON cannot write.
func finite(f float64) (any, error) {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return nil, errors.New("JSON has no NaN and no infinity")
	}
	return f, nil
}

// stringer writes the Kubernetes types (quantity, IP, CIDR, URL, semver) as
// the text that they were read from.
func stringer(v ref.Val) (any, error) {
	if s, ok := v.Value().(fmt.Stringer); ok && v.Type() != types.TypeType {
		return s.String(), nil
	}
	return nil, fmt.Errorf("a value of type %s cannot become JSON", typeName(v))
}

// fromMap converts a map; entries that are omitted are dropped.
func (w *jsonWriter) fromMap(m traits.Mapper) (any, error) {
	if raw, ok := m.Value().(map[string]any); ok {
		return w.fromNative(raw, nil)
	}
	result := make(map[string]any)
	for it := m.Iterator(); it.HasNext() == types.True; {
		key := it.Next()
		text, err := keyText(key)
		if err != nil {
			return nil, err
		}
		found, _ := m.Find(key)
		value, ok, err := w.toJSON(found)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		if _, twice := result[text]; twice {
			return nil, errors.New("two keys of a map are the same text")
		}
		result[text] = value
	}
	return result, nil
}

// keyText is the JSON key for a CEL key.
func keyText(key ref.Val) (string, error) {
	switch k := key.(type) {
	case types.String:
		return string(k), nil
	case types.Int:
		return strconv.FormatInt(int64(k), 10), nil
	case types.Uint:
		return strconv.FormatUint(uint64(k), 10), nil
	case types.Bool:
		return strconv.FormatBool(bool(k)), nil
	}
	return "", fmt.Errorf("a map key must be a text, a whole number or a boolean, not %s", typeName(key))
}

// fromList converts a list; items that are omitted are dropped.
func (w *jsonWriter) fromList(l traits.Lister) (any, error) {
	if raw, ok := l.Value().([]any); ok {
		return w.fromNative(raw, nil)
	}
	result := []any{}
	for it := l.Iterator(); it.HasNext() == types.True; {
		value, ok, err := w.toJSON(it.Next())
		if err != nil {
			return nil, err
		}
		if ok {
			result = append(result, value)
		}
	}
	return result, nil
}

// fromNative converts what a Binding held. JSON-like data is shared or copied as it is, but
// for whole numbers that are meant to have a fraction; other Go values become JSON-like.
func (w *jsonWriter) fromNative(v any, s *Shape) (any, error) {
	if w.nodes++; w.nodes > maxNodes {
		return nil, errTooLarge
	}
	switch x := v.(type) {
	case int64:
		return s.number(x), nil
	case nil, bool, string:
		return x, nil
	case float64:
		return finite(x)
	case map[string]any:
		if w.share {
			return x, nil
		}
		result := make(map[string]any, len(x))
		for key, value := range x {
			copied, err := w.fromNative(value, s.field(key))
			if err != nil {
				return nil, err
			}
			result[key] = copied
		}
		return result, nil
	case []any:
		if w.share {
			return x, nil
		}
		result := make([]any, len(x))
		for i, value := range x {
			copied, err := w.fromNative(value, s.Item(i))
			if err != nil {
				return nil, err
			}
			result[i] = copied
		}
		return result, nil
	case time.Time, time.Duration, []byte, int, int32, uint, uint32, uint64, float32:
		return scalar(adapter{}.NativeToValue(x))
	}
	value, ok, err := w.toJSON(adapter{}.NativeToValue(v))
	if err == nil && !ok {
		err = fmt.Errorf("a Go value of type %s cannot become JSON", reflect.TypeOf(v))
	}
	return value, err
}

// compactJSON writes JSON-like data with sorted keys and without escaping what
// only HTML needs escaped.
func compactJSON(v any) (string, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return "", err
	}
	return string(bytes.TrimSuffix(out.Bytes(), []byte("\n"))), nil
}

// text is the string form of JSON-like data: a string as it is, all else as
// compact JSON.
func text(v any) (string, error) {
	if s, ok := v.(string); ok {
		return s, nil
	}
	return compactJSON(v)
}
