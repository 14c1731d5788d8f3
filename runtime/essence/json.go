package essence

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Marshal writes an essence as it is stored: compact JSON with sorted keys and
// a final newline, which kubectl needs to print it without wrapping.
//
// The text is what Python's json.dumps would write with compact separators:
// everything outside of printable ASCII is escaped as \uXXXX, with surrogate
// pairs and lower-case digits; the characters of HTML are not; and a float
// keeps its point (1.0). So a Python operator that takes over reads the very
// values that it would have written.
func Marshal(essence map[string]any) (string, error) {
	text, err := Encode(essence)
	return text + "\n", err
}

// Encode writes any JSON value the way Marshal does, without the newline.
func Encode(value any) (string, error) {
	var enc encoder
	if err := enc.value(value); err != nil {
		return "", err
	}
	return string(enc.buf), nil
}

// Unmarshal reads a stored essence, or any other JSON object. Numbers become
// int64 where they are whole and fit, else float64. A stored null yields nil.
func Unmarshal(text string) (map[string]any, error) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var out map[string]any
	if err := dec.Decode(&out); err != nil {
		return nil, fmt.Errorf("not a JSON object: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("not a JSON object: there is more behind it")
	}
	if _, err := typed(out); err != nil {
		return nil, fmt.Errorf("not a JSON object: %w", err)
	}
	return out, nil
}

// typed gives the numbers in a decoded value their types, in place where it is
// a map or a list.
func typed(value any) (any, error) {
	var err error
	switch v := value.(type) {
	case json.Number:
		if whole, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return whole, nil
		}
		return v.Float64()
	case map[string]any:
		for key, item := range v {
			if v[key], err = typed(item); err != nil {
				return nil, err
			}
		}
	case []any:
		for i, item := range v {
			if v[i], err = typed(item); err != nil {
				return nil, err
			}
		}
	}
	return value, nil
}

// encoder appends JSON to buf. Keys is a stack that all levels of nesting
// share to sort their keys without an allocation for each map.
type encoder struct {
	buf  []byte
	keys []string
}

func (e *encoder) value(value any) error {
	switch v := value.(type) {
	case nil:
		e.buf = append(e.buf, "null"...)
	case bool:
		e.buf = strconv.AppendBool(e.buf, v)
	case string:
		e.string(v)
	case int64:
		e.buf = strconv.AppendInt(e.buf, v, 10)
	case int:
		e.buf = strconv.AppendInt(e.buf, int64(v), 10)
	case float64:
		return e.float(v)
	case map[string]any:
		return e.object(v)
	case []any:
		return e.list(v)
	default:
		return fmt.Errorf("a %T is not a JSON value", value)
	}
	return nil
}

func (e *encoder) object(m map[string]any) error {
	base := len(e.keys)
	for key := range m {
		e.keys = append(e.keys, key)
	}
	end := len(e.keys)
	slices.Sort(e.keys[base:end])
	e.buf = append(e.buf, '{')
	for i := base; i < end; i++ {
		if i > base {
			e.buf = append(e.buf, ',')
		}
		key := e.keys[i]
		e.string(key)
		e.buf = append(e.buf, ':')
		if err := e.value(m[key]); err != nil {
			return err
		}
	}
	e.keys = e.keys[:base]
	e.buf = append(e.buf, '}')
	return nil
}

func (e *encoder) list(items []any) error {
	e.buf = append(e.buf, '[')
	for i, item := range items {
		if i > 0 {
			e.buf = append(e.buf, ',')
		}
		if err := e.value(item); err != nil {
			return err
		}
	}
	e.buf = append(e.buf, ']')
	return nil
}

// float writes a number as Python's repr does: the shortest digits that read
// back the same, in scientific form below 1e-4 and from 1e16 on.
func (e *encoder) float(f float64) error {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return errors.New("JSON has neither NaN nor infinity")
	}
	if abs := math.Abs(f); abs != 0 && (abs < 1e-4 || abs >= 1e16) {
		e.buf = strconv.AppendFloat(e.buf, f, 'e', -1, 64)
		return nil
	}
	start := len(e.buf)
	e.buf = strconv.AppendFloat(e.buf, f, 'f', -1, 64)
	if !slices.Contains(e.buf[start:], '.') {
		e.buf = append(e.buf, ".0"...)
	}
	return nil
}

func (e *encoder) string(s string) {
	e.buf = append(e.buf, '"')
	plain := 0
	for i := 0; i < len(s); {
		if c := s[i]; c >= ' ' && c <= '~' && c != '"' && c != '\\' {
			i++
			continue
		}
		e.buf = append(e.buf, s[plain:i]...)
		r, size := utf8.DecodeRuneInString(s[i:])
		e.escape(r)
		i += size
		plain = i
	}
	e.buf = append(e.buf, s[plain:]...)
	e.buf = append(e.buf, '"')
}

func (e *encoder) escape(r rune) {
	const shorts = "\"\"\\\\\bb\ff\nn\rr\tt" // pairs: the character, its letter
	for i := 0; i < len(shorts); i += 2 {
		if rune(shorts[i]) == r {
			e.buf = append(e.buf, '\\', shorts[i+1])
			return
		}
	}
	if r > 0xffff {
		r -= 0x10000
		e.unicode(0xd800 + r>>10)
		r = 0xdc00 + r&0x3ff
	}
	e.unicode(r)
}

func (e *encoder) unicode(r rune) {
	const digits = "0123456789abcdef"
	e.buf = append(e.buf, '\\', 'u', digits[r>>12&0xf], digits[r>>8&0xf], digits[r>>4&0xf], digits[r&0xf])
}
