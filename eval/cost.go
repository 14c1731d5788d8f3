package eval

import (
	"math"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/checker"
	"github.com/google/cel-go/common"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/overloads"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"k8s.io/apiserver/pkg/cel/library"
)

// costs says what calls cost: ours by the size of what they read and write,
// those of the Kubernetes libraries as in the API server.
type costs struct{}

// CallCost implements interpreter.ActualCostEstimator.
func (costs) CallCost(function, overload string, args []ref.Val, result ref.Val) *uint64 {
	switch function {
	case "json.encode", "yaml.encode", "json.decode", "yaml.decode", "merge", "hash.sha256", "hash.short", "dns.name", "random.string":
		return price(1 + weigh(result) + weigh(args...))
	case "isReady", "condition", orderedName, "omit", "changed", touchedName, "random.int", "uuid":
		return price(1)
	}
	if overload == overloads.AddList {
		// CEL joins lists for nothing, so that adding a list to itself again
		// and again would make one that nobody can write out. Appending an
		// item stays cheap.
		return price(1 + min(size(args[0]), size(args[1])))
	}
	charged := (&library.CostEstimator{}).CallCost(function, overload, args, result)
	if written, ok := result.(types.String); ok && charged != nil {
		// replace() and join() can write much more than they read.
		*charged = max(*charged, traversal(len(written)))
	}
	return charged
}

func price(n uint64) *uint64 { return &n }

// traversal is what CEL charges for reading or writing n bytes.
func traversal(n int) uint64 {
	return uint64(math.Ceil(float64(n) * common.StringTraversalCostFactor))
}

// size is the number of elements of a list.
func size(v ref.Val) uint64 {
	if s, ok := v.(traits.Sizer); ok {
		return uint64(s.Size().(types.Int))
	}
	return 1
}

// weigh is the cost to visit all of the values.
func weigh(values ...ref.Val) uint64 {
	var sum uint64
	for _, v := range values {
		switch x := v.(type) {
		case types.String:
			sum += traversal(len(x))
		case types.Bytes:
			sum += traversal(len(x))
		case traits.Mapper, traits.Lister:
			native, err := nativeOf(x)
			if err != nil {
				sum += maxNodes
				continue
			}
			sum += weighNative(native)
		default:
			sum++
		}
	}
	return sum
}

// weighNative is weigh for JSON-like data.
func weighNative(v any) uint64 {
	switch x := v.(type) {
	case string:
		return 1 + traversal(len(x))
	case map[string]any:
		sum := uint64(1)
		for key, value := range x {
			sum += traversal(len(key)) + weighNative(value)
		}
		return sum
	case []any:
		sum := uint64(1)
		for _, value := range x {
			sum += weighNative(value)
		}
		return sum
	}
	return 1
}

// maxDatum is the size of the largest text, list or map that an expression can
// meet in an object: etcd takes no larger requests.
const maxDatum = 3 << 20

// cheapCalls are those whose cost cel-go can estimate well and that make
// nothing larger than what they are given.
var cheapCalls = map[string]bool{
	operators.Conditional: true, operators.LogicalAnd: true, operators.LogicalOr: true, operators.LogicalNot: true,
	operators.Equals: true, operators.NotEquals: true,
	operators.Less: true, operators.LessEquals: true, operators.Greater: true, operators.GreaterEquals: true,
	operators.Add: true, operators.Subtract: true, operators.Multiply: true, operators.Divide: true,
	operators.Modulo: true, operators.Negate: true,
	operators.Index: true, operators.OptIndex: true, operators.OptSelect: true, operators.In: true,
	overloads.Size: true, overloads.StartsWith: true, overloads.EndsWith: true,
	overloads.TypeConvertInt: true, overloads.TypeConvertString: true, overloads.TypeConvertDouble: true,
	overloads.TypeConvertDyn: true, overloads.TypeConvertBool: true,
	overloads.TypeConvertDuration: true, overloads.TypeConvertTimestamp: true,
	"orValue": true, "hasValue": true, "value": true, "or": true,
	"omit": true, touchedName: true, "lowerAscii": true, "upperAscii": true, "trim": true,
}

// isCostly tells whether what a node costs cannot be bounded beforehand.
func isCostly(node ast.Expr) bool {
	switch node.Kind() {
	case ast.ComprehensionKind:
		return true // cel.bind is one too
	case ast.CallKind:
		return !cheapCalls[node.AsCall().FunctionName()]
	}
	return false
}

// cheap tells whether an expression is without loops and cannot come near the
// cost limit, so that its cost need not be counted.
func (e *Env) cheap(checked *cel.Ast, u *usage) bool {
	if u.folds {
		return false
	}
	for _, node := range u.nodes {
		if isCostly(node) {
			return false
		}
	}
	estimate, err := e.cel.EstimateCost(checked, dataSizes{})
	return err == nil && estimate.Max <= e.costLimit
}

// dataSizes bounds the sizes of what expressions meet.
type dataSizes struct{}

// EstimateSize implements checker.CostEstimator.
func (dataSizes) EstimateSize(checker.AstNode) *checker.SizeEstimate {
	return &checker.SizeEstimate{Min: 0, Max: maxDatum}
}

// EstimateCallCost implements checker.CostEstimator.
func (dataSizes) EstimateCallCost(function, overload string, target *checker.AstNode, args []checker.AstNode) *checker.CallEstimate {
	return (&library.CostEstimator{SizeEstimator: dataSizes{}}).EstimateCallCost(function, overload, target, args)
}
