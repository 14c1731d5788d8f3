package eval

import (
	"sync/atomic"

	"github.com/google/cel-go/cel"
)

// spent counts what the expressions of an operator cost.
type spent struct{ evaluations, cost atomic.Uint64 }

// add counts an evaluation. The details are nil where its cost is not counted.
func (s *spent) add(details *cel.EvalDetails) {
	s.evaluations.Add(1)
	if cost := details.ActualCost(); cost != nil {
		s.cost.Add(*cost)
	}
}

// Spent tells how often expressions were evaluated so far, and what those of them that can
// be costly have cost, as CEL counts it.
func (e *Env) Spent() (evaluations, cost uint64) {
	return e.spent.evaluations.Load(), e.spent.cost.Load()
}
