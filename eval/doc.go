// Package eval is the language inside the YAML: CEL expressions and templates
// with ${ } in them. It compiles them once, when definitions are loaded, and
// evaluates them many times.
//
// It knows which variable and function exists where (Variables, Functions),
// and every error it returns, at load and at run time, points into the YAML.
// It does not know what an expression is for, never talks to a cluster, and
// has no clock: what an expression sees comes in a Binding.
//
// Start at Env. Env.Expr, Env.Template and Env.Vars compile, Program and Template evaluate.
// Package actions compiles steps with this package, and runtime/handle the rest of a
// definition. The files, by what they are about:
//
// The tables, from which the environment, the diagnostics, completion and
// docs/expressions.md are made: scope.go (the places), variables.go (what exists where,
// and the types of what the engine makes), functions.go (our functions), celfunctions.go
// (those of CEL and its libraries), reference.go and signature.go (both for people),
// rules.go (the rules of findings).
//
// Our functions: library.go declares them. changed.go, dnsname.go, encoding.go, hash.go,
// merge.go, random.go and readiness.go are what they do. ordered.go makes macros walk maps in the order of
// their keys.
//
// To compile: env.go, compile.go, check.go (what exists, but not here), source.go (places
// in expressions), usage.go (what an expression names), filters.go, vars.go, index.go,
// template.go, scan.go (where the ${ } are), token.go (the words of CEL), issues.go and
// misread.go (what CEL complains of, in plain words), cost.go (what can be costly).
//
// To check by types, which come from package schema: types.go (what an Env knows of
// variables: Env.With), typeregistry.go (types of schemas as those of CEL, and back), typecheck.go,
// typelift.go (where CEL's checker is too strict for JSON), typeissues.go, typeenum.go and
// fieldpath.go (what does not fit), typeresult.go (the type of what is compiled),
// typewords.go (types in words). What may be absent: given.go and unguarded.go find it, by
// facts.go and paths.go (what is known to be there) and presence.go (what conditions say
// about it).
//
// To evaluate: program.go, render.go (templates), binding.go (what is seen), lazymap.go
// (maps that are read when they are used), error.go and describe.go (what went wrong),
// sharederrors.go (which of cel-go's errors many share), spent.go (what it has cost).
//
// Values: values.go makes those of CEL of JSON, and json.go JSON of those of CEL. shape.go
// and convert.go say where JSON data are more than JSON can say: times and the like.
//
// To help people who write expressions, finished or not: complete.go, hover.go, symbol.go
// (what can be named), cursor.go (what tokens tell of the place), answer.go (values with
// their types), seen.go (what a failed expression saw).
//
// To look at expressions without an object, for lint: inspect.go, constant.go (what is
// always the same), reveal.go (what may be secret), texts.go (what templates write, for
// package conform).
package eval
