package eval

import (
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"sigs.k8s.io/yaml"
)

// The overloads that cost.go charges by size.
const (
	overloadJSONEncode = "json_encode_dyn"
	overloadJSONDecode = "json_decode_string"
	overloadYAMLEncode = "yaml_encode_dyn"
	overloadYAMLDecode = "yaml_decode_string"
)

// jsonEncode is json.encode.
func jsonEncode(v ref.Val) ref.Val {
	native, err := nativeOf(v)
	if err != nil {
		return types.WrapErr(err)
	}
	out, err := compactJSON(native)
	if err != nil {
		return types.WrapErr(err)
	}
	return types.String(out)
}

// yamlEncode is yaml.encode.
func yamlEncode(v ref.Val) ref.Val {
	native, err := nativeOf(v)
	if err != nil {
		return types.WrapErr(err)
	}
	out, err := yaml.Marshal(native)
	if err != nil {
		return types.WrapErr(err)
	}
	return types.String(out)
}

// nativeOf is v as JSON-like data that is only read; an omitted value is null.
func nativeOf(v ref.Val) (any, error) {
	w := jsonWriter{share: true}
	native, _, err := w.toJSON(v)
	return native, err
}

// jsonDecode is json.decode. Its errors do not quote the text, which may be a
// secret's.
func jsonDecode(v ref.Val) ref.Val {
	native, err := parseJSON(string(v.(types.String)))
	if err != nil {
		return types.NewErr("the text is not JSON")
	}
	return adapter{}.NativeToValue(native)
}

// yamlDecode is yaml.decode.
func yamlDecode(v ref.Val) ref.Val {
	s := string(v.(types.String))
	asJSON, err := yaml.YAMLToJSON([]byte(s))
	if err != nil {
		return types.NewErr("the text is not YAML")
	}
	if manyDocuments(s) {
		return types.NewErr("the text has more than one YAML document")
	}
	native, err := parseJSON(string(asJSON))
	if err != nil {
		return types.NewErr("the text is not YAML")
	}
	return adapter{}.NativeToValue(native)
}

// manyDocuments tells whether a document marker stands behind content. The
// YAML reader stops at the first document without a word.
func manyDocuments(s string) bool {
	content := false
	for line := range strings.Lines(s) {
		line = strings.TrimRight(line, "\r\n")
		if line == "---" || strings.HasPrefix(line, "--- ") {
			if content {
				return true
			}
			content = line != "---"
			continue
		}
		if line != "" && line[0] != '#' && line[0] != '%' {
			content = true
		}
	}
	return false
}

// parseJSON reads one JSON value; whole numbers become int64.
func parseJSON(s string) (any, error) {
	decoder := json.NewDecoder(strings.NewReader(s))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return numbers(value)
}

// numbers replaces the json.Numbers in v, in place.
func numbers(v any) (any, error) {
	switch x := v.(type) {
	case json.Number:
		if i, err := strconv.ParseInt(x.String(), 10, 64); err == nil {
			return i, nil
		}
		return x.Float64()
	case map[string]any:
		for key, value := range x {
			n, err := numbers(value)
			if err != nil {
				return nil, err
			}
			x[key] = n
		}
	case []any:
		for i, value := range x {
			n, err := numbers(value)
			if err != nil {
				return nil, err
			}
			x[i] = n
		}
	}
	return v, nil
}
