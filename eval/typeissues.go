package eval

import (
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// problem puts an issue of the checker into plain words.
func (c *typeCheck) problem(issue *common.Error) *diag.Diagnostic {
	offset, _ := common.NewTextSource(c.src.text).LocationOffset(issue.Location)
	node := c.nodes[issue.ExprID]
	if m := undefinedField.FindStringSubmatch(issue.Message); m != nil && node != nil {
		return c.noField(node, m[1], int(offset))
	}
	summary, detail := typeMessage(issue.Message)
	detail = objectNumber.ReplaceAllString(detail, "")
	if node != nil {
		if condition := c.notACondition(node); condition != "" {
			return c.src.problemAt(ruleType, "wrong type", condition, int(offset))
		}
		if _, name, found := strings.Cut(issue.Message, "does not support field selection"); found && name == "" {
			return c.noFields(node, int(offset))
		}
		detail = c.subject(node, detail)
		detail += c.operandTypes(node)
	}
	return c.src.problemAt(ruleType, summary, detail, int(offset))
}

// noField says that an object has no such field.
func (c *typeCheck) noField(node ast.Expr, name string, offset int) *diag.Diagnostic {
	operand := operandOf(node)
	of := c.env.registry.typeOfObject(presentType(c.typeOf(operand)).TypeName())
	from, to := c.fieldRange(node, name, offset)
	d := noSuchField(of, c.text(operand), name, c.src.rangeOf(from, to))
	if guess := d.Suggestion(); guess != "" && !c.src.quotedAt(from) {
		d.SuggestWord(name, rewritten(c.src.text[from:to], guess))
	}
	return d
}

// quotedAt tells whether the text at an offset stands in quotes.
func (s source) quotedAt(from int) bool {
	return from > 0 && strings.IndexByte("'\"", s.text[from-1]) >= 0
}

// fieldRange is where the name of a field stands, in bytes.
func (c *typeCheck) fieldRange(node ast.Expr, name string, offset int) (from, to int) {
	if node.Kind() == ast.SelectKind && node.AsSelect().IsTestOnly() { // has(object.field), of which CEL has the place of has
		if at, ok := c.parsed.SourceInfo().GetOffsetRange(node.AsSelect().Operand().ID()); ok {
			if from, to, ok := c.src.selectedBehind(c.src.byteAt(int(at.Start)), name); ok {
				return from, to
			}
		}
	}
	from = c.src.byteAt(offset)
	if from < len(c.src.text) && strings.IndexByte("'\"rR", c.src.text[from]) >= 0 { // object['field']
		if at := strings.Index(c.src.text[from:], name); at >= 0 {
			return from + at, from + at + len(name)
		}
	}
	return c.src.tokenAt(offset)
}

// selectedBehind finds the first selection of a field of this name behind an offset.
func (s source) selectedBehind(offset int, name string) (from, to int, ok bool) {
	for at := offset; at < len(s.text); at++ {
		if s.text[at] != '.' {
			continue
		}
		from, to = s.fieldBehind(at)
		if strings.Trim(s.text[from:to], "`") == name {
			return from, to, true
		}
	}
	return 0, 0, false
}

// rewritten is the name of a field as it must be written in the place of another one.
func rewritten(written, name string) string {
	if strings.HasPrefix(written, "`") || strings.IndexFunc(name, func(r rune) bool { return r > 127 || !isNamePart(byte(r)) }) >= 0 {
		return "`" + name + "`"
	}
	return name
}

// noFields says that a value that has no parts has no field.
func (c *typeCheck) noFields(node ast.Expr, offset int) *diag.Diagnostic {
	operand := operandOf(node)
	what := c.text(operand)
	if what == "" {
		what = "this value"
	}
	from, to := c.fieldRange(node, fieldOf(node), offset)
	return c.src.problem(ruleField, ruleField.Summary, what+" is "+typeText(c.typeOf(operand))+", which has no fields", from, to)
}

// operandOf is what a field is selected from.
func operandOf(node ast.Expr) ast.Expr {
	if node.Kind() == ast.SelectKind {
		return node.AsSelect().Operand()
	}
	return node.AsCall().Args()[0]
}

// fieldOf is the name of the field that is selected.
func fieldOf(node ast.Expr) string {
	name, _ := selected(node)
	return name
}

// typeOf is the type of a node as it is written.
func (c *typeCheck) typeOf(node ast.Expr) *cel.Type { return c.types[c.inner(node).ID()] }

// inner is a node as it is written.
func (c *typeCheck) inner(node ast.Expr) ast.Expr {
	if inner := c.lifted[node.ID()]; inner != nil {
		return c.inner(inner)
	}
	return node
}

// text is a chain of fields as it is written, empty for anything else.
func (c *typeCheck) text(node ast.Expr) string {
	node = c.inner(node)
	if node.Kind() == ast.IdentKind {
		if name := node.AsIdent(); !strings.ContainsAny(name, "@#") {
			return name
		}
		return ""
	}
	name, operand := selected(node)
	if operand == nil || name == "" {
		return ""
	}
	before := c.text(operand)
	if before == "" {
		return ""
	}
	return before + "." + name
}

// operandTypes says of each operand of a call that is a field what it is.
func (c *typeCheck) operandTypes(node ast.Expr) string {
	if c.inner(node).Kind() != ast.CallKind {
		return ""
	}
	call := c.inner(node).AsCall()
	operands := call.Args()
	if call.IsMemberFunction() {
		operands = append([]ast.Expr{call.Target()}, operands...)
	}
	var known []string
	var null bool
	for _, operand := range operands {
		of := c.typeOf(operand)
		if of.Kind() == types.NullTypeKind {
			null = true
		}
		if text := c.text(operand); strings.Contains(text, ".") && of.Kind() != types.DynKind {
			known = append(known, text+" is "+typeText(of))
		}
	}
	if len(known) == 0 {
		return ""
	}
	out := "; " + strings.Join(known, ", ")
	if null && isEquality(call.FunctionName()) {
		out += " and never null: has(…) tests whether it is there"
	}
	return out
}

// notACondition says that what stands before ?: is not true or false.
func (c *typeCheck) notACondition(node ast.Expr) string {
	if node.Kind() != ast.CallKind || node.AsCall().FunctionName() != operators.Conditional || c.hasCondition(node.AsCall()) {
		return ""
	}
	condition := node.AsCall().Args()[0]
	what := c.text(condition)
	if what == "" {
		what = "this"
	}
	return "the condition of ?: must be bool, and " + what + " is " + typeText(c.typeOf(condition))
}

func (c *typeCheck) hasCondition(call ast.CallExpr) bool {
	return accepts(cel.BoolType, c.types[call.Args()[0].ID()])
}

func isEquality(function string) bool {
	return function == operators.Equals || function == operators.NotEquals
}

// wrongResult compares the type of the result with the wanted one.
func (c *typeCheck) wrongResult(of, want *cel.Type) *diag.Diagnostic {
	if want == nil || accepts(want, of) || want == Collection && of.Kind() == types.StructKind {
		return nil
	}
	if c.nodes == nil {
		c.nodes = nodesOf(c.parsed.Expr())
	}
	d := wrongResult(c.src, of, want)
	d.Detail = c.subject(c.parsed.Expr(), d.Detail)
	return d
}

// subject puts a field in the place of "this".
func (c *typeCheck) subject(node ast.Expr, detail string) string {
	if text := c.text(node); strings.Contains(text, ".") {
		if rest, ok := strings.CutPrefix(detail, "this is "); ok {
			return text + " is " + rest
		}
	}
	return detail
}
