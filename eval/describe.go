package eval

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/interpreter"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// describe makes an Error of an error of cel-go: where it happened, in words
// for people, without values.
func (p *Program) describe(b *Binding, err error) *Error {
	message := err.Error()
	node := p.node(err)
	if key, ok := strings.CutPrefix(message, "no such key: "); ok {
		return p.missingKey(b, err, node, key)
	}
	if index := indexIn(node, message); index != nil {
		e := p.locate(err, plainMessage(message))
		e.Range = p.rangeOf(index.ID())
		return e
	}
	if !strings.HasPrefix(message, "no such overload") {
		return p.locate(err, plainMessage(message))
	}
	if node == nil {
		node = p.culprit(b)
	}
	if node == nil || node.Kind() != ast.CallKind {
		return p.locate(err, plainMessage(message))
	}
	e := p.failed(Failed, p.wrongOperands(b, node))
	e.Range = p.rangeOf(node.ID())
	return e
}

// node is the expression that failed, or nil.
func (p *Program) node(err error) ast.Expr {
	if celErr := (*types.Err)(nil); errors.As(err, &celErr) {
		return usageOf(p.ast.NativeRep()).nodes[celErr.NodeID()]
	}
	return nil
}

// locate makes an Error that points at the failed node, or at the whole
// expression where cel-go does not tell which it is.
func (p *Program) locate(err error, message string) *Error {
	e := p.failed(Failed, message)
	if node := p.node(err); node != nil {
		e.Range = p.rangeOf(node.ID())
	}
	return e
}

// rangeOf is the token that stands for a node.
func (p *Program) rangeOf(id int64) diag.Range {
	offset, ok := p.use.offset(id)
	if !ok {
		return p.src.whole()
	}
	return p.src.rangeOf(p.src.tokenAt(offset))
}

// missingKey describes a selection of what is not there.
func (p *Program) missingKey(b *Binding, err error, node ast.Expr, key string) *Error {
	e := p.locate(err, "no such key")
	if !strings.Contains(p.src.text, key) {
		return e // a computed key is data
	}
	e.Message += ": " + key
	chain, operand := selectionOf(node, key)
	if chain == nil {
		return e
	}
	e.Range = p.rangeOf(chain.ID())
	owner, known := p.resolve(operand, b)
	if !known {
		return e
	}
	keys, isMap := keysOf(owner)
	if !isMap {
		e.Message = "cannot take " + key + " of " + typeName(adapter{}.NativeToValue(owner))
		return e
	}
	if guess, ok := diag.Nearest(key, keys); ok {
		e.Message += "; did you mean " + guess + "?"
	}
	return e
}

// selectionOf finds the innermost selection of key within a chain such as
// a.b['c'].d, and what it selects from.
func selectionOf(node ast.Expr, key string) (selection, operand ast.Expr) {
	for node != nil {
		name, inner := selected(node)
		if inner == nil {
			break
		}
		if name == key {
			selection, operand = node, inner
		}
		node = inner
	}
	return selection, operand
}

// indexIn finds the list index that a message is about within a chain of
// selections: CEL tells only the end of the chain.
func indexIn(node ast.Expr, message string) ast.Expr {
	position, outOfBounds := strings.CutPrefix(message, "index out of bounds: ")
	if !outOfBounds && !strings.HasPrefix(message, "unsupported index") {
		return nil
	}
	var found ast.Expr
	for node != nil {
		_, operand := selected(node)
		if operand == nil {
			break
		}
		if node.Kind() == ast.CallKind && (found == nil || literalIs(node.AsCall().Args()[1], position)) {
			found = node
		}
		node = operand
	}
	return found
}

// identIn finds the variable of a name at the begin of a chain of selections.
func identIn(node ast.Expr, name string) ast.Expr {
	for node != nil {
		if node.Kind() == ast.IdentKind && node.AsIdent() == name {
			return node
		}
		_, node = selected(node)
	}
	return nil
}

// literalIs tells whether e is a literal of that text.
func literalIs(e ast.Expr, text string) bool {
	return e.Kind() == ast.LiteralKind && fmt.Sprint(e.AsLiteral().Value()) == text
}

// selected is the name that a node selects with a literal, and its operand.
func selected(node ast.Expr) (name string, operand ast.Expr) {
	switch node.Kind() {
	case ast.SelectKind:
		return node.AsSelect().FieldName(), node.AsSelect().Operand()
	case ast.CallKind:
		c := node.AsCall()
		if name, ok := constantIndex(c); ok {
			return name, c.Args()[0]
		}
		if c.FunctionName() == operators.Index && len(c.Args()) == 2 {
			return "", c.Args()[0]
		}
	}
	return "", nil
}

// resolve looks up a chain of selections in the data, without evaluating. What it finds is as it
// was bound, or what Typed makes of it.
func (p *Program) resolve(e ast.Expr, b *Binding) (any, bool) {
	if e.Kind() == ast.IdentKind {
		if p.use.locals[e.AsIdent()] {
			return nil, false
		}
		return b.lookup(e.AsIdent())
	}
	name, operand := selected(e)
	if operand == nil {
		return nil, false
	}
	owner, ok := p.resolve(operand, b)
	if !ok {
		return nil, false
	}
	switch o := owner.(type) {
	case map[string]any:
		value, ok := o[name]
		return value, ok
	case *jsonMap:
		value, ok := o.raw[name]
		return Typed(value, o.shape.field(name)), ok
	case []any:
		return itemAt(&jsonList{raw: o}, e)
	case *jsonList:
		return itemAt(o, e)
	case traits.Mapper:
		return entryOf(o, name)
	}
	return nil, false
}

// itemAt is the item that an expression takes by the index operator with a literal.
func itemAt(list *jsonList, e ast.Expr) (any, bool) {
	if e.Kind() != ast.CallKind || e.AsCall().Args()[1].Kind() != ast.LiteralKind {
		return nil, false
	}
	i, ok := e.AsCall().Args()[1].AsLiteral().(types.Int)
	if !ok || i < 0 || int(i) >= len(list.raw) {
		return nil, false
	}
	return Typed(list.raw[i], list.shape.Item(int(i))), true
}

// keysOf are the keys of a map, sorted.
func keysOf(owner any) ([]string, bool) {
	var keys []string
	switch m := owner.(type) {
	case map[string]any:
		for key := range m {
			keys = append(keys, key)
		}
	case traits.Mapper:
		for _, key := range sortedKeys(m) {
			if s, ok := key.(types.String); ok {
				keys = append(keys, string(s))
			}
		}
	default:
		mapper, ok := adapter{}.NativeToValue(owner).(traits.Mapper)
		if !ok {
			return nil, false
		}
		return keysOf(mapper)
	}
	slices.Sort(keys)
	return keys, true
}

// wrongOperands says which types a function or operator was given. CEL does
// not tell, so the expression is evaluated once more.
func (p *Program) wrongOperands(b *Binding, node ast.Expr) string {
	c, args := node.AsCall(), node.AsCall().Args()
	if c.IsMemberFunction() {
		args = append([]ast.Expr{c.Target()}, args...)
	}
	kinds := p.operandTypes(b, args)
	symbol, isOperator := operators.FindReverse(c.FunctionName())
	switch {
	case c.FunctionName() == touchedName:
		return badChangedPath
	case c.FunctionName() == operators.Conditional: // of ?: or of a filter()
		return "the condition must be true or false"
	case c.FunctionName() == operators.LogicalAnd || c.FunctionName() == operators.LogicalOr:
		return "operator " + symbol + " takes true and false only"
	case isOperator && symbol != "" && kinds != nil:
		return "operator " + symbol + " does not take " + strings.Join(kinds, " and ")
	case isOperator && symbol != "":
		return "operator " + symbol + " does not take values of these types"
	case kinds != nil && c.IsMemberFunction():
		return kinds[0] + " has no " + c.FunctionName() + "(" + strings.Join(kinds[1:], ", ") + ")"
	case kinds != nil:
		return c.FunctionName() + "() does not take (" + strings.Join(kinds, ", ") + ")"
	}
	return c.FunctionName() + "() does not take values of these types"
}

// operandTypes are the types that the nodes evaluate to, or nil.
func (p *Program) operandTypes(b *Binding, nodes []ast.Expr) []string {
	state := p.track(b)
	if state == nil {
		return nil
	}
	var kinds []string
	for _, node := range nodes {
		value, ok := state.Value(node.ID())
		if !ok || types.IsUnknownOrError(value) {
			return nil
		}
		kinds = append(kinds, typeName(value))
	}
	return kinds
}

// culprit finds the call that failed while its operands did not, where the
// error does not tell (sharederrors.go).
func (p *Program) culprit(b *Binding) ast.Expr {
	state := p.track(b)
	if state == nil {
		return nil
	}
	failed := func(e ast.Expr) bool {
		value, ok := state.Value(e.ID())
		return ok && types.IsError(value)
	}
	nodes := usageOf(p.ast.NativeRep()).nodes
	for _, id := range slices.Sorted(maps.Keys(nodes)) {
		node := nodes[id]
		if node.Kind() != ast.CallKind || !failed(node) {
			continue
		}
		c := node.AsCall()
		if !slices.ContainsFunc(c.Args(), failed) && (!c.IsMemberFunction() || !failed(c.Target())) {
			return node
		}
	}
	return nil
}

// track evaluates once more and remembers the value of every node. In a loop
// that would be its last round, which need not be the failed one: then there
// is nil.
func (p *Program) track(b *Binding) interpreter.EvalState {
	if p.use.folds {
		return nil
	}
	tracked, err := p.env.cel.Program(p.ast, cel.EvalOptions(cel.OptTrackState),
		cel.CostTracking(costs{}), cel.CostLimit(p.env.costLimit))
	if err != nil {
		return nil
	}
	vars := &filterBinding{ctx: context.Background(), binding: b, filters: p.filters}
	_, details, _ := tracked.Eval(vars)
	return details.State()
}

// plainMessages replace messages of CEL and its libraries that are hard to
// read or that hold values.
var plainMessages = []struct{ pattern, message string }{
	{`^invalid RFC 3339 timestamp`, "not an RFC 3339 timestamp"},
	{`^type conversion error from '(.*?)' to '(.*?)'`, "cannot convert this $1 to $2"},
	{`^URL parse error`, "not a URL"},
	{`^IP Address .* parse error`, "not an IP address"},
	{`^IP address .* is not an IPv4 or IPv6`, "not an IP address"},
	{`^network address parse error`, "not a CIDR"},
	{`^quantities must match`, "not a quantity"},
	{`^(?:error parsing regexp|Illegal regex)`, "not a regular expression"},
	{`^No Major\.Minor\.Patch`, "not a semantic version"},
	{`^insert failed: key .* already exists`, "two entries have the same key"},
	{`^join: invalid input`, "join() takes texts only"},
	{`^timezone offset (hours|minutes) out of range`, "timezone offset: $1 out of range"},
	{`^unknown time zone`, "unknown time zone"},
	{`^invalid qualifier type`, "a map key must be a text, a number or a boolean"},
	{`^unsupported conversion to ref\.Val`, "a value of an unknown type"},
	{`^unsupported index (?:value|type)`, "a list index must be a whole number"},
	{`^optional\.none\(\) dereference`, "the optional has no value; use .orValue(…) or .hasValue()"},
	{`^cannot initialize optional`, "what follows ? must be an optional"},
	{`^no such overload`, "a function or an operator does not take values of these types"},
	{`^no such attribute\(s\): (.*)$`, "$1 has no value here"},
	{`^got 'types\.(.*?)', expected iterable type`, "a list or a map is needed"},
	{`^(index out of bounds: -?\d+)`, "$1"},
}

var plainPatterns = func() []*regexp.Regexp {
	var patterns []*regexp.Regexp
	for _, m := range plainMessages {
		patterns = append(patterns, regexp.MustCompile("(?s)"+m.pattern))
	}
	return patterns
}()

var quoted = regexp.MustCompile("(?s)\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`|'[^']*'")

// plainMessage is a message of CEL on one line, in plain words, without
// anything quoted: what CEL quotes is mostly data.
func plainMessage(message string) string {
	for i, pattern := range plainPatterns {
		if m := pattern.FindStringSubmatchIndex(message); m != nil {
			return plainTypes(string(pattern.ExpandString(nil, plainMessages[i].message, message, m)))
		}
	}
	return plainTypes(strings.Join(strings.Fields(quoted.ReplaceAllString(message, "…")), " "))
}
