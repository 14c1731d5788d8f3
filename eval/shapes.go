package eval

import (
	"errors"
	"maps"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/decls"
	"github.com/google/cel-go/common/types"
)

// The types of what the engine itself puts into variables, for an Env that has no
// types. They are for those who help to write expressions: an evaluation sees maps.
var (
	resourceShape = cel.ObjectType("kopf.Resource")
	eventShape    = cel.ObjectType("kopf.Event")
	changeShape   = cel.ObjectType("kopf.Change")
	operatorShape = cel.ObjectType("kopf.Operator")
	failureShape  = cel.ObjectType("kopf.Failure")
	bodyShape     = cel.ObjectType("kopf.Body")
	metaShape     = cel.ObjectType("kopf.Meta")
	ownerShape    = cel.ObjectType("kopf.OwnerReference")
	essenceShape  = cel.ObjectType("kopf.Essence")
	essentialMeta = cel.ObjectType("kopf.EssentialMeta")
)

// shapes are the fields of those types.
var shapes = map[string][]Name{
	resourceShape.TypeName(): {
		{"group", cel.StringType, "API group; empty for the core group."},
		{"version", cel.StringType, "API version."},
		{"kind", cel.StringType, "Kind, such as Pod."},
		{"plural", cel.StringType, "Plural name, such as pods."},
		{"singular", cel.StringType, "Singular name, such as pod."},
		{"shortNames", cel.ListType(cel.StringType), "Short names, such as po."},
		{"categories", cel.ListType(cel.StringType), "Categories, such as all."},
		{"namespaced", cel.BoolType, "Whether its objects have a namespace."},
		{"preferred", cel.BoolType, "Whether it is the version that the server prefers."},
	},
	eventShape.TypeName(): {
		{"type", cel.DynType, "ADDED, MODIFIED or DELETED; null at the first listing."},
		{"object", bodyShape, "The object as the event has it."},
	},
	changeShape.TypeName(): {
		{"op", cel.StringType, "add, change or remove."},
		{"path", cel.ListType(cel.StringType), "The segments of the path of the field."},
		{"field", cel.StringType, "The path with dots."},
		{"old", cel.DynType, "The value before the change, or null."},
		{"new", cel.DynType, "The value after the change, or null."},
	},
	operatorShape.TypeName(): {
		{"name", cel.StringType, "Name of the operator."},
		{"id", cel.StringType, "Id of the engine that runs it."},
		{"version", cel.StringType, "Version of the engine."},
	},
	failureShape.TypeName(): {
		{"kind", cel.StringType, "permanent, temporary, exhausted or error."},
		{"message", cel.StringType, "What went wrong."},
		{"step", cel.StringType, "The step that failed."},
	},
	bodyShape.TypeName(): {
		{"apiVersion", cel.StringType, "API version, with the group."},
		{"kind", cel.StringType, "Kind, such as Pod."},
		{"metadata", metaShape, "What all objects have: name, labels and so on."},
		{"spec", cel.DynType, "What is wanted."},
		{"status", cel.DynType, "What is."},
	},
	metaShape.TypeName(): {
		{"name", cel.StringType, "Name of the object."},
		{"namespace", cel.StringType, "Its namespace, where it has one."},
		{"uid", cel.StringType, "Unique in time and space."},
		{"labels", stringMap, "The labels, where there are any."},
		{"annotations", stringMap, "The annotations, where there are any."},
		{"generateName", cel.StringType, "The prefix that its name was made of."},
		{"generation", cel.IntType, "Counts the changes of what is wanted."},
		{"resourceVersion", cel.StringType, "Differs after each change."},
		{"creationTimestamp", cel.StringType, "When it was created."},
		{"deletionTimestamp", cel.StringType, "When it was asked to be deleted; absent before."},
		{"deletionGracePeriodSeconds", cel.IntType, "Time that its deletion may take."},
		{"finalizers", cel.ListType(cel.StringType), "What its deletion waits for."},
		{"ownerReferences", cel.ListType(ownerShape), "The objects that it belongs to."},
	},
	ownerShape.TypeName(): {
		{"apiVersion", cel.StringType, "API version of the owner."},
		{"kind", cel.StringType, "Kind of the owner."},
		{"name", cel.StringType, "Name of the owner."},
		{"uid", cel.StringType, "Uid of the owner."},
		{"controller", cel.BoolType, "Whether it is the managing one."},
		{"blockOwnerDeletion", cel.BoolType, "Whether a foreground deletion of the owner waits for the object."},
	},
	essenceShape.TypeName(): {
		{"metadata", essentialMeta, "Labels and annotations."},
		{"spec", cel.DynType, "What is wanted."},
	},
	essentialMeta.TypeName(): {
		{"labels", stringMap, "The labels, where there are any."},
		{"annotations", stringMap, "The annotations, where there are any."},
	},
}

// shaped are the types of variables that the engine makes.
var shaped = map[string]*cel.Type{
	"body": bodyShape, "meta": metaShape, "resource": resourceShape, "event": eventShape,
	"old": essenceShape, "new": essenceShape, "diff": cel.ListType(changeShape),
	"operator": operatorShape, "error": failureShape,
	"children": cel.MapType(cel.StringType, cel.ListType(bodyShape)),
}

// shapeProvider knows the fields of shapes, beside the types of an environment.
type shapeProvider struct{ types.Provider }

// FindStructType implements types.Provider.
func (p shapeProvider) FindStructType(name string) (*types.Type, bool) {
	if _, ok := shapes[name]; ok {
		return types.NewTypeTypeWithParam(types.NewObjectType(name)), true
	}
	return p.Provider.FindStructType(name)
}

// FindStructFieldNames implements types.Provider.
func (p shapeProvider) FindStructFieldNames(name string) ([]string, bool) {
	fields, ok := shapes[name]
	if !ok {
		return p.Provider.FindStructFieldNames(name)
	}
	var names []string
	for _, f := range fields {
		names = append(names, f.Name)
	}
	return names, true
}

// FindStructFieldType implements types.Provider.
func (p shapeProvider) FindStructFieldType(name, field string) (*types.FieldType, bool) {
	fields, ok := shapes[name]
	if !ok {
		return p.Provider.FindStructFieldType(name, field)
	}
	for _, f := range fields {
		if f.Name == field {
			return &types.FieldType{Type: f.Type}, true
		}
	}
	return nil, false
}

// variableTypes are the best types that are known of variables and filters.
func (e *Env) variableTypes() map[string]*cel.Type {
	known := map[string]*cel.Type{}
	for _, v := range e.cel.Variables() {
		known[v.Name()] = v.Type()
	}
	if e.types == nil {
		maps.Copy(known, shaped)
		return known
	}
	for _, v := range Variables {
		if t := e.Known(v.Name); t != nil {
			known[v.Name] = e.registry.celType(t)
		}
	}
	return known
}

// typeOf is the type of an expression in which there are local names, dyn where it
// cannot be told.
func (e *Env) typeOf(text string, locals []Name) *cel.Type {
	of, ok := e.checkedType(text, locals)
	if !ok {
		return cel.DynType
	}
	return of
}

// checkedType is false for an expression that is wrong.
func (e *Env) checkedType(text string, locals []Name) (of *cel.Type, ok bool) {
	parsed, issues := e.cel.Parse(text)
	if issues.Err() != nil {
		return nil, false
	}
	var err error
	if e.types == nil {
		of, err = e.shapedType(parsed, locals)
	} else {
		of, err = e.knownType(text, parsed, locals)
	}
	return of, err == nil
}

var errNoType = errors.New("the expression has no type")

// knownType is the type by what the Env knows.
func (e *Env) knownType(text string, parsed *cel.Ast, locals []Name) (*cel.Type, error) {
	var variables []*decls.VariableDecl
	for _, local := range locals {
		variables = append(variables, decls.NewVariable(local.Name, orDyn(local.Type)))
	}
	env, err := e.registry.inherit(e.types.checker, variables)
	if err != nil {
		return nil, err
	}
	c := &typeCheck{env: e, src: source{text: text, end: len(text)}, parsed: parsed.NativeRep(), checker: env}
	issues, of := c.run()
	if len(issues) > 0 {
		return nil, errNoType
	}
	return of, nil
}

// shapedType is the type by the shapes.
func (e *Env) shapedType(parsed *cel.Ast, locals []Name) (*cel.Type, error) {
	known := e.variableTypes()
	for _, local := range locals {
		known[local.Name] = orDyn(local.Type)
	}
	options := []cel.EnvOption{cel.CustomTypeProvider(shapeProvider{e.cel.CELTypeProvider()})}
	for name, t := range known {
		options = append(options, cel.Variable(name, t))
	}
	env, err := libraries()
	if err != nil {
		return nil, err
	}
	if env, err = env.Extend(options...); err != nil {
		return nil, err
	}
	checked, issues := env.Check(parsed)
	if issues.Err() != nil {
		return nil, issues.Err()
	}
	return checked.OutputType(), nil
}

func orDyn(t *cel.Type) *cel.Type {
	if t == nil {
		return cel.DynType
	}
	return t
}
