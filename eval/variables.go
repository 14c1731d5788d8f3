package eval

import (
	"sync"

	"github.com/google/cel-go/cel"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
)

// Variable is one name that expressions can use.
type Variable struct {
	Name string
	// Type is that of its values wherever it exists; nil where it can be anything, or is another one in
	// each handler: see Types and ObjectTypes.
	Type *schema.Type
	// Scope is where it exists: at any place that has one of these bits, or
	// everywhere where it is 0.
	Scope Scope
	Doc   string
}

// Variables is the one table of what exists where: the environment, the types by which expressions are
// checked, completion, the diagnostics and the docs are made from it.
var Variables = []Variable{
	{"body", nil, Object, "The whole object."},
	{"spec", nil, Object, "The object's `spec`; empty where it has none."},
	{"status", nil, Object, "The object's `status`; empty where it has none."},
	{"meta", nil, Object, "The object's `metadata`."},
	{"name", schema.Of(schema.String), Object, "Short for `meta.name`."},
	{"uid", schema.Of(schema.String), Object, "Short for `meta.uid`."},
	{"labels", schema.MapOf(schema.Of(schema.String)), Object, "Short for `meta.labels`; never null."},
	{"annotations", schema.MapOf(schema.Of(schema.String)), Object, "Short for `meta.annotations`; never null."},
	{"resource", resourceType, Object | Selector, "The resource: `group`, `version`, `kind`, `plural`, `singular`, `shortNames`, `categories`, `namespaced`, `preferred`."},
	{"retry", schema.Of(schema.Int), Retry, "Number of the attempt, from 0."},
	{"started", schema.Of(schema.Timestamp), Retry, "When the first attempt began."},
	{"runtime", schema.Of(schema.Duration), Retry, "Time since `started`."},
	{"now", schema.Of(schema.Timestamp), everywhere, "The time; the same for a whole invocation."},
	{"reason", schema.Of(schema.String), Change, "The cause: `create`, `update`, `delete` or `resume`."},
	{"old", nil, Change, "The essence before the change, or null."},
	{"new", nil, Change, "The essence after the change, or null."},
	{"diff", schema.ListOf(changeType), Change, "What changed: a list of `{op, path, field, old, new}`."},
	{"event", eventType(nil), RawEvent, "The watch event `{type, object}`; `type` is null at the first listing."},
	{"value", nil, TestValue, "The value under test."},
	{"memo", nil, everywhere, "Data in memory, of this object; in startup, cleanup and probes of the operator."},
	{indexName, nil, everywhere, "The indexes: `index.<id>[key]` is a list of values."},
	{"param", nil, everywhere, "The handler's `param`, or null."},
	{"vars", schema.MapOf(nil), Steps, "The handler's `vars`."},
	{"steps", schema.MapOf(nil), Steps, "Results of the named steps that ran."},
	{"item", nil, Item, "The current element of the `forEach`."},
	{"key", nil, Item, "Its key in the map, or its index in the list."},
	{"children", schema.MapOf(schema.ListOf(nil)), Children, "Live children of the object, by alias: a list of objects each."},
	{"stopped", schema.Of(schema.String).OrNull(), Background, "Why the daemon or timer must stop: `deleted`, `mismatch`, `paused` or `exiting`; else null."},
	{"operator", operatorType, everywhere, "The operator: `name`, `id`, `version`."},
	{"error", failureType, Failure, "Why the handler failed: `kind`, `message`, `step`."},
}

// variable finds a variable by its name.
func variable(name string) (Variable, bool) {
	for _, v := range Variables {
		if v.Name == name {
			return v, true
		}
	}
	return Variable{}, false
}

// objectParts are the variables that are parts of the object, and where in it.
var objectParts = map[string][]string{
	"body": {}, "spec": {"spec"}, "status": {"status"}, "meta": {"metadata"},
	"name": {"metadata", "name"}, "uid": {"metadata", "uid"},
	"labels": {"metadata", "labels"}, "annotations": {"metadata", "annotations"},
}

// PartOfObject is where in the object a variable stands: labels at metadata and labels. It is
// no part of it where ok is false.
func PartOfObject(variable string) (path []string, ok bool) {
	path, ok = objectParts[variable]
	return path, ok
}

// The types of what the engine makes.
var (
	resourceType = schema.ObjectOf("resource", []schema.Field{
		made("group", schema.String, "API group; empty for the core group."),
		made("version", schema.String, "API version."),
		made("kind", schema.String, "Kind, such as Pod."),
		made("plural", schema.String, "Plural name, such as pods."),
		made("singular", schema.String, "Singular name, such as pod."),
		madeField("shortNames", texts, "Short names, such as po."),
		madeField("categories", texts, "Categories, such as all."),
		made("namespaced", schema.Bool, "Whether its objects have a namespace."),
		made("preferred", schema.Bool, "Whether it is the version that the server prefers."),
	})
	changeType = schema.ObjectOf("a change", []schema.Field{
		made("op", schema.String, "add, change or remove."),
		madeField("path", texts, "The segments of the path of the field."),
		made("field", schema.String, "The path with dots."),
		made("old", schema.Any, "The value before the change, or null."),
		made("new", schema.Any, "The value after the change, or null."),
	})
	operatorType = schema.ObjectOf("operator", []schema.Field{
		made("name", schema.String, "Name of the operator."),
		made("id", schema.String, "Id of the engine that runs it."),
		made("version", schema.String, "Version of the engine."),
	})
	failureType = schema.ObjectOf("error", []schema.Field{
		made("kind", schema.String, "permanent, temporary, exhausted or error."),
		made("message", schema.String, "What went wrong."),
		made("step", schema.String, "The step that failed."),
	})
	texts = schema.ListOf(schema.Of(schema.String))
)

// eventType is the type of the variable event for objects of a type.
func eventType(object *schema.Type) *schema.Type {
	return schema.ObjectOf("event", []schema.Field{
		madeField("type", schema.Of(schema.String).OrNull(), "ADDED, MODIFIED or DELETED; null at the first listing."),
		madeField("object", object, "The object as the event has it."),
	})
}

// made is a field that the engine always fills in.
func made(name string, kind schema.Kind, doc string) schema.Field {
	return madeField(name, schema.Of(kind), doc)
}

func madeField(name string, t *schema.Type, doc string) schema.Field {
	return schema.Field{Name: name, Type: t, Required: true, Doc: doc}
}

// ObjectTypes are the types of the variables about an object of a type; nil is one of which
// nothing is known.
func ObjectTypes(body *schema.Type) Types {
	if body == nil {
		body = schema.AnyObject()
	}
	essence := body.OrNull()
	return Types{
		"body": body, "meta": schema.Metadata(), "spec": stanzaType(body, "spec"), "status": stanzaType(body, "status"),
		"old": essence, "new": essence, "event": eventType(body),
	}
}

// stanzaType is the type of a part of an object, which reads as empty where it is absent.
func stanzaType(body *schema.Type, key string) *schema.Type {
	f, known := body.Field(key)
	switch {
	case known:
		return f.Type.NotNull()
	case body.Open():
		return nil
	}
	return schema.ObjectOf("the empty "+key+" of "+body.Name(), nil)
}

// anyObjectTypes are those of the variables where no kind of object is known.
var anyObjectTypes = sync.OnceValue(func() Types {
	types := ObjectTypes(nil)
	types["children"] = schema.MapOf(schema.ListOf(schema.AnyObject()))
	return types
})

// indexName is the variable whose keys may be of any type, which no schema.Type can say.
const indexName = "index"

var (
	dynMap = cel.MapType(cel.StringType, cel.DynType)
	// indexMap is the type of index, as far as it is the same for all operators.
	indexMap = cel.MapType(cel.StringType, cel.MapType(cel.DynType, cel.ListType(cel.DynType)))
)

// CELType is the type of the values of the variable, as an evaluation sees them: objects are maps.
func (v Variable) CELType() *cel.Type {
	if v.Name == indexName {
		return indexMap
	}
	return evaluatedType(v.Type)
}

func evaluatedType(t *schema.Type) *cel.Type {
	if t.Nullable() {
		return cel.DynType
	}
	switch t.Kind() {
	case schema.List:
		return cel.ListType(evaluatedType(t.Elem()))
	case schema.Map:
		return cel.MapType(cel.StringType, evaluatedType(t.Elem()))
	case schema.Object:
		return cel.MapType(cel.StringType, commonType(t.Fields()))
	}
	if scalar := scalars[t.Kind()]; scalar != nil {
		return scalar
	}
	return cel.DynType
}

// commonType is the type that all fields have; dyn where they have none in common.
func commonType(fields []schema.Field) *cel.Type {
	var common *cel.Type
	for _, f := range fields {
		of := evaluatedType(f.Type)
		if common != nil && !common.IsExactType(of) {
			return cel.DynType
		}
		common = of
	}
	return orDyn(common)
}
