package essence

import "strings"

// ParsePath splits a dotted path into its segments. A dot that belongs to a
// segment is written `\.`, a backslash before a dot or a backslash `\\`:
// `metadata.labels.app\.kubernetes\.io/name` has three segments. Any other
// backslash stands for itself. An empty path is the object itself.
func ParsePath(dotted string) []string {
	if dotted == "" {
		return []string{}
	}
	if !strings.Contains(dotted, `\`) {
		return strings.Split(dotted, ".")
	}
	var path []string
	var segment strings.Builder
	for i := 0; i < len(dotted); i++ {
		switch c := dotted[i]; {
		case c == '.':
			path = append(path, segment.String())
			segment.Reset()
		case c == '\\' && i+1 < len(dotted) && (dotted[i+1] == '.' || dotted[i+1] == '\\'):
			i++
			segment.WriteByte(dotted[i])
		default:
			segment.WriteByte(c)
		}
	}
	return append(path, segment.String())
}

// FormatPath writes a path in the form that ParsePath reads.
func FormatPath(path []string) string {
	var out strings.Builder
	for i, segment := range path {
		if i > 0 {
			out.WriteByte('.')
		}
		segment = strings.ReplaceAll(segment, `\`, `\\`)
		out.WriteString(strings.ReplaceAll(segment, `.`, `\.`))
	}
	return out.String()
}

// Lookup finds the value at a path. Only maps have fields: lists are values.
func Lookup(obj any, path []string) (any, bool) {
	for _, key := range path {
		m, ok := obj.(map[string]any)
		if !ok {
			return nil, false
		}
		if obj, ok = m[key]; !ok {
			return nil, false
		}
	}
	return obj, true
}

// MetaText is a text of an object's metadata, such as its name; empty where
// there is none.
func MetaText(object map[string]any, key string) string {
	value, _ := Lookup(object, []string{"metadata", key})
	text, _ := value.(string)
	return text
}
