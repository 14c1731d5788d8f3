package eval

import (
	"errors"

	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/parser"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Seen is a part of an expression that failed, and the value that it had.
type Seen struct {
	// Text is the part in CEL, such as spec.size.
	Text string
	// Value is JSON-like data, which is only to be read.
	Value any
}

// Seen are the values from the Binding that the expression behind an error saw: what it
// selects from variables, as far as it is there. An Error itself never tells
// values, as they may be secrets: these are for people who try an expression on
// data of theirs.
func (p *Program) Seen(b *Binding, err error) []Seen {
	failed := (*Error)(nil)
	if !errors.As(err, &failed) {
		return nil
	}
	if found := p.behind(failed.Range); found != nil && found.use != nil {
		return found.seen(b)
	}
	return nil
}

// Seen is that of the expression in the template that failed.
func (t *Template) Seen(b *Binding, err error) []Seen {
	for _, p := range t.programs {
		if seen := p.Seen(b, err); seen != nil {
			return seen
		}
	}
	return nil
}

// behind finds the expression that holds a place: this one, or a filter that it uses.
func (p *Program) behind(at diag.Range) *Program {
	whole := p.src.whole()
	if whole.File == at.File && whole.Start.Offset <= at.Start.Offset && at.End.Offset <= whole.End.Offset {
		return p
	}
	for _, f := range p.filters {
		if found := f.behind(at); found != nil {
			return found
		}
	}
	return nil
}

func (p *Program) seen(b *Binding) []Seen {
	if p.ast == nil {
		return nil
	}
	native := p.ast.NativeRep()
	s := &seer{program: p, binding: b, info: native.SourceInfo(), known: map[string]bool{}}
	s.look(native.Expr())
	return s.seen
}

// seer walks an expression and collects what it selects from variables.
type seer struct {
	program *Program
	binding *Binding
	info    *ast.SourceInfo
	known   map[string]bool
	seen    []Seen
}

func (s *seer) look(e ast.Expr) {
	if s.chain(e) {
		return
	}
	switch e.Kind() {
	case ast.SelectKind:
		s.look(e.AsSelect().Operand())
	case ast.CallKind:
		if e.AsCall().IsMemberFunction() {
			s.look(e.AsCall().Target())
		}
		for _, arg := range e.AsCall().Args() {
			s.look(arg)
		}
	case ast.ListKind:
		for _, element := range e.AsList().Elements() {
			s.look(element)
		}
	case ast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			s.look(entry.AsMapEntry().Key())
			s.look(entry.AsMapEntry().Value())
		}
	case ast.ComprehensionKind:
		s.look(e.AsComprehension().IterRange())
		s.look(e.AsComprehension().LoopStep())
		s.look(e.AsComprehension().Result())
	}
}

// chain notes a chain of selections from a variable, as far as it leads to a value; it is
// false for anything else.
func (s *seer) chain(e ast.Expr) bool {
	if !s.isChain(e) {
		return false
	}
	for e != nil {
		if value, ok := s.program.resolve(e, s.binding); ok {
			s.note(e, value)
			return true
		}
		_, e = selected(e)
	}
	return true
}

// isChain tells whether nothing is evaluated but selections with literals.
func (s *seer) isChain(e ast.Expr) bool {
	for e != nil {
		if e.Kind() == ast.IdentKind {
			return !s.program.use.locals[e.AsIdent()]
		}
		_, e = selected(e)
	}
	return false
}

func (s *seer) note(e ast.Expr, value any) {
	text, err := parser.Unparse(e, s.info)
	if err != nil || s.known[text] {
		return
	}
	s.known[text] = true
	w := jsonWriter{share: true}
	data, ok, err := w.toJSON(adapter{}.NativeToValue(value))
	if err == nil && ok {
		s.seen = append(s.seen, Seen{Text: text, Value: data})
	}
}

// entryOf is the value of a text key in a map of CEL.
func entryOf(m traits.Mapper, key string) (any, bool) {
	value, found := m.Find(types.String(key))
	if !found || types.IsUnknownOrError(value) {
		return nil, false
	}
	return value, true
}
