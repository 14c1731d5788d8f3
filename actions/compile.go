package actions

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/cel-go/cel"

	"github.com/kopf-declarative/kopf-declarative/actions/kube"
	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Compile checks the steps, as far as their decoder has not done so, and makes
// them ready to run. The scope is that of the handler; the variables that steps
// bring themselves are added to it. Visible are steps outside of the block whose
// results it sees. The kinds tell what objects steps make and read; nil is for none.
func Compile(env *eval.Env, kinds *kube.Kinds, steps []*spec.Step, s eval.Scope, visible ...string) (*Program, diag.List) {
	c := &compiler{env: env, kinds: kinds, scope: s | eval.Steps, needs: &Needs{}, diags: &diag.List{}, visible: slices.Clone(visible), inside: map[string]diag.Range{}}
	c.results = slices.Clone(env.Known("steps").Fields())
	c.knowResults()
	if own, ok := kinds.Of(env.Known("body")); ok && s&eval.Object != 0 {
		c.own = &own
	}
	p := &Program{steps: c.block(steps)}
	p.needs, p.results, p.given = *c.needs, c.env.Known("steps"), c.given
	return p, *c.diags
}

// compiler is where in a do block the compilation stands.
type compiler struct {
	env   *eval.Env
	kinds *kube.Kinds
	// own is the resource of the handled object, nil where it is not known.
	own   *kube.Resource
	scope eval.Scope
	// given is what of the object is known to be there, looked what the current step
	// has looked at, and item the path of the item of a loop.
	given, looked eval.Facts
	item          string
	// results are the types of the results that the steps here can see.
	results []schema.Field
	needs   *Needs
	diags   *diag.List
	// visible are the names whose results the steps here can see.
	visible []string
	// inside are all names within loops, for messages.
	inside map[string]diag.Range
	looped bool
}

func (c *compiler) block(steps []*spec.Step) block {
	b := make(block, 0, len(steps))
	verbs := map[string]int{}
	for i, source := range steps {
		s := c.step(source)
		s.key, s.label = s.name, s.name
		if s.name == "" {
			// By its number among its kind: a log in between changes nothing.
			s.key, s.label = fmt.Sprintf("%s#%d", s.verb, verbs[s.verb]), fmt.Sprintf("step %d", i+1)
		}
		verbs[s.verb]++
		b = append(b, s)
	}
	return b
}

func (c *compiler) step(source *spec.Step) *step {
	s := &step{source: source}
	inner, before := c, c.given
	c.looked = nil
	if source.ForEach != nil {
		s.forEach = c.expr(source.ForEach, eval.Collection)
		inner = c.inLoop(s.forEach)
	}
	c.when(s)
	s.once = source.Once != nil && source.Once.Value
	c.guard(s, inner)
	s.verb, s.action = inner.action(source)
	c.given = c.givenBehind(s, before)
	if source.Name != nil {
		s.name = source.Name.Value
		c.name(source.Name)
		c.result(s)
	}
	return s
}

// inLoop is the compiler for what runs once per item of a collection: it sees the item,
// and its names are seen by nobody else.
func (c *compiler) inLoop(over *eval.Program) *compiler {
	inner := *c
	inner.env = c.knowing(itemTypes(over.Type()))
	inner.item = over.ItemPath(c.item)
	inner.given = c.given.And(over.ItemFacts(c.item))
	inner.scope |= eval.Item
	inner.results = slices.Clone(c.results)
	inner.visible = slices.Clone(c.visible)
	inner.looped = true
	return &inner
}

// when compiles the predicate of a step. Of a step with forEach it may be
// about the step or about each item: what it uses decides.
func (c *compiler) when(s *step) {
	source := s.source
	if source.When == nil {
		return
	}
	if source.ForEach == nil {
		s.when = c.expr(source.When, cel.BoolType)
		return
	}
	scope := c.scope &^ eval.Item
	s.whenPerItem = !c.env.Compiles(source.When, scope, cel.BoolType)
	if s.whenPerItem {
		c.inLoop(s.forEach).predicate(s, c.scope|eval.Item)
		return
	}
	c.predicate(s, scope)
}

func (c *compiler) predicate(s *step, scope eval.Scope) {
	program, diags := c.at().Expr(s.source.When, scope, cel.BoolType)
	s.when = program
	*c.diags = append(*c.diags, diags...)
	c.uses(program.Selections)
}

// uses looks at what an expression or a template selects.
func (c *compiler) uses(selections func(variable string) []eval.Selection) {
	c.references(selections("steps"))
	c.needs.Vars = append(c.needs.Vars, selections("vars")...)
}

// references reports steps that are used where they have no result.
func (c *compiler) references(used []eval.Selection) {
	for _, use := range used {
		if slices.Contains(c.visible, use.Name) {
			continue
		}
		if taken, exists := c.inside[use.Name]; exists {
			c.report(ruleStep, use.Range, "the step %q at %s is inside a forEach that does not enclose this one: use the result of the group", use.Name, taken)
			continue
		}
		*c.diags = append(*c.diags, unknownStep(use, c.visible, "no step named %q stands before this one"))
	}
}

// UnknownSteps reports steps that do not exist at all, in what is evaluated
// where it is used, such as vars.
func UnknownSteps(used []eval.Selection, names []string) diag.List {
	var found diag.List
	for _, use := range used {
		if !slices.Contains(names, use.Name) {
			found = append(found, unknownStep(use, names, "no step of this handler has the name %q"))
		}
	}
	return found
}

func unknownStep(use eval.Selection, names []string, detail string) *diag.Diagnostic {
	bad := ruleStep.At(use.Range, detail, use.Name)
	if guess, ok := diag.Nearest(use.Name, names); ok {
		bad.SuggestWord(use.Name, guess)
		bad.Detail += fmt.Sprintf("; did you mean %q?", guess)
	}
	return bad
}

func (c *compiler) name(name *spec.String) {
	c.visible = append(c.visible, name.Value)
	if c.looped {
		c.inside[name.Value] = name.Node.Range
	}
}

func (c *compiler) action(s *spec.Step) (string, action) {
	switch {
	case s.Do != nil:
		return "do", c.group(s)
	case s.Create != nil:
		c.ownObject(s.Create.Adopt != nil && isTrue(s.Create.Adopt.Enabled, true), adoptRange(s.Create), "there is no parent to adopt the child")
		return "create", c.create(s.Create)
	case s.Patch != nil:
		c.ownObject(s.Patch.Target == nil, s.Patch.Range, `it needs a "target"`)
		return "patch", c.patch(s.Patch)
	case s.Status != nil:
		c.ownObject(true, s.Status.Range, "there is no status; to keep data, write memo")
		return "status", c.status(s)
	case s.Condition != nil:
		c.ownObject(true, s.Condition.Range, "there is no status to set a condition in")
		return "condition", c.condition(s.Condition)
	case s.Delete != nil:
		c.ownObject(s.Delete.Target == nil && s.Delete.Resource == nil, s.Delete.Range, `it needs a "target"`)
		return "delete", c.delete(s.Delete)
	case s.Get != nil:
		return "get", c.get(s.Get)
	case s.Event != nil:
		c.ownObject(s.Event.About == nil, s.Event.Range, `it needs "about": what the event is about`)
		return "event", c.event(s.Event)
	case s.Log != nil:
		return "log", c.log(s.Log)
	case s.Fail != nil:
		return "fail", c.fail(s.Fail)
	case s.Return != nil:
		return "return", c.returns(s.Return)
	case s.Wait != nil:
		return "wait", c.wait(s.Wait)
	case s.Memo != nil:
		return "memo", c.memo(s.Memo)
	case len(s.Sub) > 0:
		return "subhandlers", c.subhandlers(s.Sub)
	case s.Sleep != nil:
		return "sleep", c.sleep(s.Sleep)
	case s.Repeat != nil:
		return "repeat", c.repeat(s.Repeat)
	case s.Metric != nil:
		return "metric", c.metric(s.Metric)
	default:
		// The decoder has reported that there is none.
		return "do", &group{}
	}
}

// ownObject reports a step that works on the handler's own object where there is none.
func (c *compiler) ownObject(needed bool, at diag.Range, detail string) {
	if needed && c.scope&eval.Object == 0 {
		if at.Start.Line != at.End.Line {
			at.End = at.Start
		}
		c.report(ruleNoObject, at, "startup and cleanup have none: %s", detail)
	}
}

func adoptRange(x *spec.Create) diag.Range {
	if x.Adopt == nil {
		return x.Range
	}
	return x.Adopt.Range
}

func (c *compiler) group(s *spec.Step) action {
	before, known := len(c.visible), len(c.results)
	steps := c.block(s.Do)
	return &group{steps: steps, names: slices.Clone(c.visible[before:]), results: slices.Clone(c.results[known:])}
}

func (c *compiler) report(rule *diag.Rule, where diag.Range, detail string, args ...any) {
	*c.diags = append(*c.diags, rule.At(where, detail, args...))
}

func (c *compiler) expr(x *spec.Expr, want *cel.Type) *eval.Program {
	program, diags := c.at().Expr(x, c.scope, want)
	*c.diags = append(*c.diags, diags...)
	c.looksAt(program.Evaluated)
	c.uses(program.Selections)
	return program
}

// template compiles a template; nil stays nil.
func (c *compiler) template(v *spec.Template) *eval.Template {
	if v == nil {
		return nil
	}
	t, diags := c.at().Template(v, c.scope)
	*c.diags = append(*c.diags, diags...)
	c.looksAt(t.Evaluated)
	c.uses(t.Selections)
	return t
}

// duration compiles a template that must yield a duration; nil stays nil.
func (c *compiler) duration(v *spec.Template) *eval.Template {
	t := c.template(v)
	if t != nil {
		*c.diags = append(*c.diags, t.MustBe(eval.ADuration, eval.Durations...)...)
	}
	return t
}

// fields are the compiled templates of a map that the user names the keys of.
func (c *compiler) fields(entries []spec.Entry[*spec.Template]) []field {
	out := make([]field, 0, len(entries))
	for _, entry := range entries {
		out = append(out, field{key: entry.Key.Value, value: c.template(entry.Value)})
	}
	return out
}

type field struct {
	key   string
	value *eval.Template
}

// lacks tells that a map template can never have this key at its top.
func lacks(v *spec.Value, key string) bool {
	if v.Kind != spec.MapKind {
		return false
	}
	for _, f := range v.Fields {
		text, isText := f.Key.String()
		if isText && (text == key || strings.Contains(text, "${")) {
			return false
		}
	}
	return true
}

// constant is the value of a template without expressions.
func constant(t *eval.Template) (any, bool) {
	if t == nil {
		return nil, false
	}
	return t.Static()
}
