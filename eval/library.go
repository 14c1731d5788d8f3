package eval

import (
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/ext"
	"k8s.io/apiserver/pkg/cel/library"
)

// base is the one CEL environment of the process: all libraries, all
// variables. It is immutable, and so safe to share between operators; where a
// variable or function may be used is checked on the expression (check.go), so
// that no scope needs an environment of its own.
var base = sync.OnceValues(func() (*cel.Env, error) {
	env, err := libraries()
	if err != nil {
		return nil, err
	}
	return env.Extend(declarations(Variables)...)
})

// libraries is the environment without variables, for those that give them
// other types: CEL cannot declare a variable twice.
//
// The libraries are those of environment.MustBaseEnvSet for Kubernetes 1.37,
// taken one by one: the set also brings authorizer functions, a second
// environment for stored expressions, and the rule that all elements of a list
// or map literal have one type, which no JSON object obeys.
var libraries = sync.OnceValues(func() (*cel.Env, error) {
	env, err := cel.NewEnv(
		cel.CustomTypeAdapter(adapter{}),
		cel.EagerlyValidateDeclarations(true),
		cel.DefaultUTCTimeZone(true),
		cel.CrossTypeNumericComparisons(true),
		cel.EnableIdentifierEscapeSyntax(),
		cel.OptionalTypes(),
		library.URLs(), library.Regex(), library.Lists(library.ListsVersion(1)), library.Quantity(),
		library.IP(), library.CIDR(), library.Format(), library.SemverLib(library.SemverVersion(1)),
		ext.Strings(), ext.Math(), ext.Lists(), ext.Sets(), ext.Bindings(), ext.TwoVarComprehensions(),
		ext.Encoders(ext.EncodersVersion(0)), // version 1 has a json.encode of its own
		cel.ASTValidators(cel.ValidateDurationLiterals(), cel.ValidateTimestampLiterals(), cel.ValidateRegexLiterals()),
		cel.Lib(ourLibrary{}),
	)
	if err != nil {
		return nil, err
	}
	if err := markSharedErrors(env); err != nil {
		return nil, err
	}
	return env.Extend(cel.Macros(ordered(env.Macros())...))
})

// ourLibrary declares our functions.
type ourLibrary struct{}

// ProgramOptions implements cel.Library.
func (ourLibrary) ProgramOptions() []cel.ProgramOption { return nil }

// CompileOptions implements cel.Library.
func (ourLibrary) CompileOptions() []cel.EnvOption {
	options := changedOptions()
	options = append(options, orderedOption())
	options = append(options,
		cel.Function("omit", cel.Overload("omit", nil, cel.DynType,
			cel.FunctionBinding(func(...ref.Val) ref.Val { return types.OptionalNone }))),
		cel.Function("condition", cel.Overload("condition_dyn_string",
			[]*cel.Type{cel.DynType, cel.StringType}, cel.OptionalType(dynMap), cel.BinaryBinding(conditionOf))),
		cel.Function("isReady", cel.Overload("is_ready_dyn",
			[]*cel.Type{cel.DynType}, cel.BoolType, cel.UnaryBinding(readyValue))),
		cel.Function("merge", cel.Overload("merge_map_map",
			[]*cel.Type{dynMap, dynMap}, dynMap, cel.BinaryBinding(mergeValues))),
		cel.Function("json.encode", cel.Overload(overloadJSONEncode, []*cel.Type{cel.DynType}, cel.StringType, cel.UnaryBinding(jsonEncode))),
		cel.Function("json.decode", cel.Overload(overloadJSONDecode, []*cel.Type{cel.StringType}, cel.DynType, cel.UnaryBinding(jsonDecode))),
		cel.Function("yaml.encode", cel.Overload(overloadYAMLEncode, []*cel.Type{cel.DynType}, cel.StringType, cel.UnaryBinding(yamlEncode))),
		cel.Function("yaml.decode", cel.Overload(overloadYAMLDecode, []*cel.Type{cel.StringType}, cel.DynType, cel.UnaryBinding(yamlDecode))),
		digestFunction("hash.sha256", "hash_sha256", sha256Hex),
		digestFunction("hash.short", "hash_short", shortHash),
		cel.Function("dns.name", dnsNameOverloads()...),
		cel.Function("random.string", cel.Overload("random_string", []*cel.Type{cel.IntType}, cel.StringType, cel.UnaryBinding(randomString))),
		cel.Function("random.int", cel.Overload("random_int", []*cel.Type{cel.IntType, cel.IntType}, cel.IntType, cel.BinaryBinding(randomInt))),
		cel.Function("uuid", cel.Overload("uuid", nil, cel.StringType, cel.FunctionBinding(newUUID))),
	)
	return options
}

// declarations makes CEL variables.
func declarations(variables []Variable) []cel.EnvOption {
	var options []cel.EnvOption
	for _, v := range variables {
		options = append(options, cel.Variable(v.Name, v.CELType()))
	}
	return options
}
