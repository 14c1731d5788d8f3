package schema

// derived makes a Type that is like another one, but for what change says. Parts are
// still looked at when somebody asks for them.
func (t *Type) derived(change func(*Type)) *Type {
	out := &Type{kind: t.Kind(), name: t.Name(), doc: t.Doc(), nullable: t.Nullable(), open: t.Open(), schema: t.Schema()}
	out.expand = func(out *Type) { out.fields, out.elem = t.Fields(), t.Elem() }
	change(out)
	return out
}

// OrNull is the type of values of this type, and of null.
func (t *Type) OrNull() *Type {
	if t.Kind() == Any || t.Kind() == Null || t.Nullable() {
		return t
	}
	return t.derived(func(out *Type) { out.nullable = true })
}

// NotNull is the type of the values of this type without null.
func (t *Type) NotNull() *Type {
	if !t.Nullable() {
		return t
	}
	return t.derived(func(out *Type) { out.nullable = false })
}

// AndMore is the type of objects that may have fields beside those of this one.
func (t *Type) AndMore() *Type {
	if t.Kind() != Object || t.Open() {
		return t
	}
	return t.derived(func(out *Type) { out.open = true })
}

// JSON is the type that values of this type have once they are written as JSON: times,
// durations and bytes are texts.
func (t *Type) JSON() *Type {
	switch t.Kind() {
	case Bytes, Timestamp, Duration:
		return t.derived(func(out *Type) { out.kind = String })
	case List, Map, Object:
	default:
		return t
	}
	t.jsonOnce.Do(func() {
		t.json = t.derived(func(out *Type) { out.expand = func(out *Type) { out.writtenParts(t) } })
		t.json.jsonOnce.Do(func() { t.json.json = t.json })
	})
	return t.json
}

// writtenParts are those of another type once it is written as JSON.
func (t *Type) writtenParts(of *Type) {
	t.elem = of.Elem().JSON()
	for _, f := range of.Fields() {
		f.Type = f.Type.JSON()
		t.fields = append(t.fields, f)
	}
}
