package eval

import (
	"errors"
	"fmt"
	"math"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
)

// noNode is the id of no node.
const noNode = -1

// markSharedErrors deals with errors of which cel-go has one value for the
// whole process. An evaluation writes the failed node into an error that has
// none yet: the first to meet a shared one would leave its own node there for
// all others, and two at once would be a data race. So they get a node before
// any evaluation, which is none of any expression.
func markSharedErrors(env *cel.Env) error {
	shared := []ref.Val{
		types.NoSuchOverloadErr(),
		types.Int(math.MaxInt64).ConvertToType(types.TimestampType),
	}
	overflow, err := mathOverflow(env)
	if err != nil {
		return err
	}
	for _, e := range append(shared, overflow) {
		types.LabelErrNode(noNode, e)
	}
	return nil
}

// mathOverflow is what math.abs says of the smallest number.
func mathOverflow(env *cel.Env) (ref.Val, error) {
	bindings, err := env.Functions()["math.abs"].Bindings()
	if err != nil {
		return nil, fmt.Errorf("math.abs: %w", err)
	}
	for _, b := range bindings {
		if b.Unary != nil && b.Operator == "math_abs_int" {
			return b.Unary(types.Int(math.MinInt64)), nil
		}
	}
	return nil, errors.New("math.abs takes no int")
}
