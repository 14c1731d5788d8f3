package conform

import (
	"strings"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// CheckJSON compares the operations of a JSON patch with the type of what it changes.
func (w Writing) CheckJSON(v *spec.Value, t *schema.Type) diag.List {
	c := &checker{Writing: w, root: t}
	for _, operation := range v.Items {
		if operation.Kind == spec.MapKind {
			c.operation(operation, t)
		}
	}
	return c.found
}

// operation checks the paths of an operation, and the value that it writes.
func (c *checker) operation(v *spec.Value, t *schema.Type) {
	kind := c.constant(v.Get("op"))
	if from := v.Get("from"); from != nil {
		c.pointer(from, t)
	}
	at := v.Get("path")
	if at == nil {
		return
	}
	of, name, known := c.pointer(at, t)
	value := v.Get("value")
	if !known || value == nil || kind != "add" && kind != "replace" {
		return
	}
	c.value(value, of, where{name: name, key: start(value.Range)})
}

var pointerEscapes = strings.NewReplacer("~1", "/", "~0", "~")

// pointer follows a JSON pointer through a type; known is false where it is not
// constant, or leads to nothing, which is reported.
func (c *checker) pointer(v *spec.Value, t *schema.Type) (of *schema.Type, name string, known bool) {
	if v.Kind != spec.StringKind {
		return nil, "", false
	}
	text := c.Texts(v)
	path := text.Constant
	if !text.IsConstant || !strings.HasPrefix(path, "/") {
		return nil, "", false
	}
	offset := 1
	for segment := range strings.SplitSeq(path[1:], "/") {
		name = pointerEscapes.Replace(segment)
		at := v.RangeOf(offset, offset+len(segment))
		offset += len(segment) + 1
		switch t.Kind() {
		case schema.Any:
			return nil, "", false
		case schema.List, schema.Map:
			t = t.Elem()
			continue
		case schema.Object:
		default:
			c.report(ruleType, at, "%s has no fields", t)
			return nil, "", false
		}
		f, has := t.Field(name)
		if !has && t.Open() {
			return nil, "", false
		}
		if !has {
			c.unknownSegment(at, name, t)
			return nil, "", false
		}
		t = f.Type
	}
	return t, name, true
}

// unknownSegment reports a segment of a path.
func (c *checker) unknownSegment(at diag.Range, name string, t *schema.Type) {
	d := c.unknownAt(at, name, t.String())
	if guess, ok := diag.Nearest(name, fieldNames(t)); ok {
		suggest(d, name, guess)
	}
}
