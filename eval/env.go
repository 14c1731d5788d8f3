package eval

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/cel-go/cel"

	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Defaults of the Options.
const (
	DefaultCostLimit = 10_000_000
	DefaultDeadline  = time.Second
)

// Options are what one operator sets.
type Options struct {
	// CostLimit is the CEL runtime cost that one evaluation may have; 0 is the
	// default.
	CostLimit uint64
	// Deadline is the time that one evaluation may take; 0 is the default.
	Deadline time.Duration
	// Filters are spec.filters.
	Filters []spec.Entry[*spec.Expr]
	// Indexes are the ids of spec.indexes.
	Indexes []string
	// Compiling is told of each expression before it is compiled, with the Env that
	// knows the types at its place: for those who look for what can stand there. It is
	// nil where nobody is to be told.
	Compiling func(text string, at *Env)
}

// Env compiles the expressions and templates of one operator.
type Env struct {
	*operatorEnv
	// types is what is known of the variables; nil for nothing at all.
	types *typing
	// given is what is known to be there; nil where nobody asks.
	given *given
}

// operatorEnv is what all environments of an operator share.
type operatorEnv struct {
	cel       *cel.Env
	registry  *registry
	costLimit uint64
	deadline  time.Duration
	filters   map[string]*spec.Expr
	order     []spec.Entry[*spec.Expr]
	indexes   []string
	compiling func(text string, at *Env)
	spent     spent

	// mu guards compiled, the filters' programs for the places that use them.
	mu       sync.Mutex
	compiled map[filterKey]*Program
}

// New makes the environment of one operator.
func New(o Options) (*Env, error) {
	shared, err := base()
	if err != nil {
		return nil, fmt.Errorf("CEL environment: %w", err)
	}
	e := &operatorEnv{
		cel: shared, costLimit: o.CostLimit, deadline: o.Deadline,
		filters: map[string]*spec.Expr{}, order: o.Filters, indexes: o.Indexes, compiling: o.Compiling, compiled: map[filterKey]*Program{},
	}
	if e.costLimit == 0 {
		e.costLimit = DefaultCostLimit
	}
	if e.deadline == 0 {
		e.deadline = DefaultDeadline
	}
	if err := e.declareFilters(); err != nil {
		return nil, err
	}
	e.registry = newRegistry(shared.CELTypeProvider(), slices.Sorted(maps.Keys(e.filters)))
	return &Env{operatorEnv: e}, nil
}

// declareFilters makes each filter a boolean variable.
func (e *operatorEnv) declareFilters() error {
	var options []cel.EnvOption
	for _, f := range e.order {
		if _, taken := variable(f.Key.Value); taken || f.Value == nil || e.filters[f.Key.Value] != nil {
			continue // CheckFilters or the decoder tells
		}
		e.filters[f.Key.Value] = f.Value
		options = append(options, cel.Variable(f.Key.Value, cel.BoolType))
	}
	if len(options) == 0 {
		return nil
	}
	extended, err := e.cel.Extend(options...)
	if err != nil {
		return fmt.Errorf("CEL environment with filters: %w", err)
	}
	e.cel = extended
	return nil
}

// Collection is a result type for Expr: a list or a map.
var Collection = cel.OpaqueType("list or map")

// Expr compiles an expression for a place. want is the type that its result
// must have, such as cel.BoolType or Collection, or nil for any. The Program
// is never nil: one with errors fails when it is evaluated.
func (e *Env) Expr(x *spec.Expr, s Scope, want *cel.Type) (*Program, diag.List) {
	return e.compile(exprSource(x), place{scope: s}, want)
}

// Compiles tells whether nothing is wrong with an expression at a place, types aside.
func (e *Env) Compiles(x *spec.Expr, s Scope, want *cel.Type) bool {
	_, found := e.untyped().Expr(x, s, want)
	return len(found) == 0
}
