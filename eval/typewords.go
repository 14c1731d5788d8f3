package eval

import (
	"slices"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

// typeText names a type in a finding: as CEL writes it, list(map(string, int)), in our words.
func typeText(t *cel.Type) string {
	if t == Collection {
		return Collection.TypeName()
	}
	return objectNumber.ReplaceAllString(plainTypes(cel.FormatCELType(t)), "")
}

// plainTypes shortens the protobuf names of types within a text.
func plainTypes(s string) string {
	return protobufNames.Replace(s)
}

var protobufNames = strings.NewReplacer(
	"google.protobuf.Timestamp", "timestamp", "google.protobuf.Duration", "duration",
	"null_type", "null", "optional_type", "optional", "wrapper", "nullable")

// shortType names a type in a signature or beside a symbol: parameters of which nothing is known are left
// out, and an object is just that.
func shortType(t *cel.Type) string {
	switch t.Kind() {
	case types.DynKind, types.AnyKind, types.TypeParamKind:
		return "any"
	case types.TypeKind:
		return "type"
	}
	if objectNumber.MatchString(t.TypeName()) {
		return "object"
	}
	name := strings.ToLower(plainTypes(t.TypeName()))
	if _, short, ok := strings.Cut(name, "."); ok { // kubernetes.Quantity, net.IP
		name = strings.TrimPrefix(short, "named")
	}
	var parameters []string
	for _, p := range t.Parameters() {
		parameters = append(parameters, shortType(p))
	}
	if !slices.ContainsFunc(parameters, func(p string) bool { return p != "any" }) {
		return name
	}
	return name + "(" + strings.Join(parameters, ", ") + ")"
}

// typeWords names a type in a sentence: list of string, int or null.
func typeWords(t *cel.Type) string {
	switch t.Kind() {
	case cel.DynKind, cel.AnyKind, cel.TypeParamKind:
		return "any"
	case cel.ListKind:
		return collectionOf("list", t.Parameters()[0])
	case cel.MapKind:
		words := collectionOf("map", t.Parameters()[1])
		if key := t.Parameters()[0]; key.Kind() != cel.StringKind && key.Kind() != cel.DynKind {
			words += " by " + typeWords(key)
		}
		return words
	case cel.TypeKind:
		return "type"
	}
	switch {
	case isOptional(t):
		return "optional " + typeWords(t.Parameters()[0])
	case t.IsAssignableType(cel.NullType) && t.Kind() != cel.NullTypeKind:
		return typeWords(unwrapped(t)) + " or null"
	}
	return wordFor(t.TypeName())
}

// unwrapped is the type that a nullable type may have beside null.
func unwrapped(t *cel.Type) *cel.Type {
	for _, inner := range []*cel.Type{cel.BoolType, cel.BytesType, cel.DoubleType, cel.IntType, cel.StringType, cel.UintType} {
		if t.IsAssignableType(inner) {
			return inner
		}
	}
	return cel.DynType
}

func collectionOf(what string, element *cel.Type) string {
	if words := typeWords(element); words != "any" {
		return what + " of " + words
	}
	return what
}

// kubernetesTypes are the words for types that CEL does not have itself.
var kubernetesTypes = map[string]string{
	"kubernetes.Quantity": "quantity", "kubernetes.URL": "URL", "kubernetes.Semver": "version",
	"kubernetes.NamedFormat": "format", "net.IP": "IP address", "net.CIDR": "CIDR",
}

func wordFor(name string) string {
	if word := kubernetesTypes[name]; word != "" {
		return word
	}
	return plainTypes(name)
}

// typeName names the type of a value for people.
func typeName(v ref.Val) string {
	switch v.(type) {
	case traits.Mapper:
		return "map"
	case traits.Lister:
		return "list"
	case types.Null:
		return "null"
	}
	if v == nil {
		return "nothing"
	}
	return plainTypes(v.Type().TypeName())
}

// noValue is the type of what is omitted.
const noValue = "optional without a value"

// valueWords names the type of a value for people: what is known of the expression's type,
// and where that is anything, what the value shows.
func valueWords(v ref.Val, known *cel.Type) string {
	switch x := v.(type) {
	case *types.Optional:
		if !x.HasValue() {
			return noValue
		}
		inner := cel.DynType
		if isOptional(known) {
			inner = known.Parameters()[0]
		}
		return "optional " + valueWords(x.GetValue(), inner)
	case traits.Lister:
		return listWords(x, known)
	case traits.Mapper:
		switch {
		case x.Size() == types.IntZero:
			return "empty map"
		case known.Kind() == cel.MapKind:
			return typeWords(known)
		}
		return "map"
	}
	return wordFor(typeName(v))
}

// maxLooked is how many items of a list are looked at for their type.
const maxLooked = 1000

func listWords(l traits.Lister, known *cel.Type) string {
	element := cel.DynType
	if known.Kind() == cel.ListKind {
		element = known.Parameters()[0]
	}
	words := ""
	for it, n := l.Iterator(), 0; it.HasNext() == types.True && n < maxLooked; n++ {
		one := valueWords(it.Next(), element)
		if words != "" && one != words {
			return collectionOf("list", element)
		}
		words = one
	}
	if words == "" {
		return "empty list"
	}
	return "list of " + words
}
