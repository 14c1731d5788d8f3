package handle

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kopf-declarative/kopf-declarative/actions"
	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/runtime/essence"
	"github.com/kopf-declarative/kopf-declarative/runtime/state"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Operator is one compiled Operator document. It is immutable: what
// changes while it runs is in the Memory of each object or on the object itself.
type Operator struct {
	Name     string
	Settings Settings
	Handlers []*Handler
	// Startup and Cleanup are the activities, in declared order.
	Startup, Cleanup []*Handler
	Probes           []Probe
	Indexes          []*Index
	// Selectors are the resources that handlers and indexes name, each once.
	Selectors []*Selector
	// Related are the resources of the other objects that waiting handlers look at.
	Related []RelatedSelector
	// Metrics are those that steps record, in declared order.
	Metrics []*actions.Metric
	// Spent tells how often expressions were evaluated so far, and what the costly ones of
	// them have cost.
	Spent func() (evaluations, cost uint64)

	// envs are the environments by the ids of what they are for.
	envs map[string]*eval.Env
}

// RelatedSelector names resources under an alias; it is empty where objects are
// read by name.
type RelatedSelector struct {
	Alias    string
	Selector *Selector
}

// Compile turns a parsed Operator into one that can run. It finds everything
// that can be found without a cluster: also what does not fit the kinds, where these are
// known.
func Compile(op *spec.Operator, kinds *kube.Kinds) (*Operator, diag.List) {
	return compile(op, kinds, EnvOptions(op))
}

// EnvAt is the Env that knows the types at the place of an expression, which is found by
// its text: for those who help to write it. It is nil where the operator has no such
// expression that is compiled.
func EnvAt(op *spec.Operator, kinds *kube.Kinds, text string) *eval.Env {
	var found *eval.Env
	o := EnvOptions(op)
	o.Compiling = func(compiled string, at *eval.Env) {
		if compiled == text {
			found = at
		}
	}
	compile(op, kinds, o)
	return found
}

func compile(op *spec.Operator, kinds *kube.Kinds, o eval.Options) (*Operator, diag.List) {
	settings := settingsOf(op)
	env, err := eval.New(o)
	if err != nil {
		return nil, diag.List{ruleInternal.At(op.Range, "%v", err)}
	}
	c := &compiler{env: env, kinds: kinds, types: map[*schema.Type]eval.Types{}, selectors: map[*spec.Selector]*Selector{}, aliases: map[string]*Selector{}, operator: &Operator{Name: settings.Name, Settings: settings, Spent: env.Spent, envs: map[string]*eval.Env{}}}
	c.found = append(c.found, env.CheckFilters()...)
	if kinds != nil {
		c.env = c.env.With(eval.Types{"children": c.childrenType(op), "index": c.indexType(op)})
	}
	c.remember("")
	for _, entry := range op.Spec.Resources {
		c.aliases[entry.Key.Value] = c.selector(entry.Value)
	}
	c.stored(op)
	c.writers = c.writersOf(op)
	for _, h := range op.Spec.Handlers {
		c.handler(h)
	}
	c.activities(op)
	for _, t := range op.Spec.Timers {
		c.timer(t)
	}
	for _, d := range op.Spec.Daemons {
		c.daemon(d)
	}
	for _, x := range op.Spec.Indexes {
		c.index(x)
	}
	c.versions()
	return c.operator, c.found
}

// EnvOptions are those of the environment of an operator's expressions.
func EnvOptions(op *spec.Operator) eval.Options {
	settings := settingsOf(op)
	return eval.Options{
		CostLimit: settings.CostLimit,
		Deadline:  settings.Deadline,
		Filters:   op.Spec.Filters,
		Indexes:   indexIDs(op.Spec.Indexes),
	}
}

// compiler collects what it makes and what it finds.
type compiler struct {
	env       *eval.Env
	kinds     *kube.Kinds
	types     map[*schema.Type]eval.Types // those of objectTypes, by that of the object
	operator  *Operator
	selectors map[*spec.Selector]*Selector
	aliases   map[string]*Selector
	// writers are handlers that write into each new object.
	writers []writer
	found   diag.List
}

// selector compiles a selector once, however often it is named.
func (c *compiler) selector(s *spec.Selector) *Selector {
	if known := c.selectors[s]; known != nil {
		return known
	}
	out := &Selector{Spec: s, when: c.expr(s.When, eval.Selector)}
	c.selectors[s] = out
	return out
}

// watched notes that objects of a selector are handled.
func (c *compiler) watched(s *Selector) {
	if !slices.Contains(c.operator.Selectors, s) {
		c.operator.Selectors = append(c.operator.Selectors, s)
	}
}

// related notes what the waiting steps of a program look at.
func (c *compiler) related(program *actions.Program) {
	if program == nil {
		return
	}
	needs := program.Needs()
	c.operator.Metrics = append(c.operator.Metrics, needs.Metrics...)
	for _, child := range needs.Children {
		s := c.aliases[child.Alias]
		if s == nil {
			c.found = append(c.found, unknownAlias(child, slices.Sorted(maps.Keys(c.aliases))))
			continue
		}
		c.operator.Related = append(c.operator.Related, RelatedSelector{Alias: child.Alias, Selector: s})
	}
	if !needs.Waits {
		return
	}
	for _, s := range needs.Reads {
		c.operator.Related = append(c.operator.Related, RelatedSelector{Selector: c.selector(s)})
	}
}

func unknownAlias(child actions.Child, known []string) *diag.Diagnostic {
	d := ruleAlias.At(child.Range, "children.%s: spec.resources has no alias %q", child.Alias, child.Alias)
	if nearest, ok := diag.Nearest(child.Alias, known); ok {
		d.SuggestWord(child.Alias, nearest)
		d.Detail += fmt.Sprintf("; did you mean %q?", nearest)
	}
	return d
}

// Storage is where the operator keeps its records on an object.
func (o *Operator) Storage() *state.Storage { return &o.Settings.Storage }

// EssenceOptions are the same for all objects of a resource: the fields that
// its handlers name, and what is the operator's own.
func (o *Operator) EssenceOptions(handlers []*Handler) essence.Options {
	var fields [][]string
	for _, h := range withSubs(handlers) {
		path := h.match.field
		known := slices.ContainsFunc(fields, func(p []string) bool { return slices.Equal(p, path) })
		if path != nil && !known {
			fields = append(fields, path)
		}
	}
	return o.Settings.Storage.Essence(fields)
}

// HandlersOf are the handlers that name a selector, in declared order.
func (o *Operator) HandlersOf(s *Selector) []*Handler {
	var out []*Handler
	for _, h := range o.Handlers {
		if slices.Contains(h.Selectors, s) {
			out = append(out, h)
		}
	}
	return out
}

// InOrder puts handlers into their declared order, each once.
func (o *Operator) InOrder(handlers []*Handler) []*Handler {
	return slices.DeleteFunc(slices.Clone(o.Handlers), func(h *Handler) bool { return !slices.Contains(handlers, h) })
}
