package spec

import (
	"fmt"
	"reflect"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Parse reads definitions. What it returns is complete where the list holds no
// error; otherwise it holds what could be understood, without the parts that
// cannot be used. The findings are sorted, each stands once.
func Parse(sources []Source) (*Bundle, diag.List) {
	p := &parser{report: &report{}, bundle: &Bundle{Sources: map[string][]byte{}}}
	for _, s := range sources {
		p.bundle.Sources[s.Name] = s.Text
		for _, v := range p.readDocuments(newSource(s.Name, string(s.Text))) {
			p.document(v)
		}
	}
	p.checkNames()
	return p.bundle, p.found.Sorted()
}

type parser struct {
	*report
	bundle *Bundle
}

// The kinds of documents, and their API versions.
const (
	kindOperator     = "Operator"
	kindOperatorTest = "OperatorTest"
	kindCRD          = "CustomResourceDefinition"

	apiVersion    = "kopf.dev/v1alpha1"
	apiVersionCRD = "apiextensions.k8s.io/v1"
)

var kinds = []string{kindOperator, kindOperatorTest, kindCRD}

func (p *parser) document(v *Value) {
	switch p.kindOf(v) {
	case kindOperator:
		p.operator(v)
	case kindCRD:
		p.crd(v)
	}
	// An OperatorTest is for another command.
}

// kindOf returns the kind of a document, empty after a complaint.
func (p *parser) kindOf(v *Value) string {
	if v.Kind != MapKind {
		p.add(ruleType, head(v), "a document must be a map with apiVersion and kind, and is %s", v.Kind)
		return ""
	}
	kind, version := v.Get("kind"), v.Get("apiVersion")
	if kind == nil {
		p.missing(v, "kind", orList(kinds))
	}
	if version == nil {
		p.missing(v, "apiVersion", "such as "+apiVersion)
	}
	if kind == nil || kind.broken {
		return ""
	}
	name, wanted, ok := p.knownKind(kind)
	if !ok || version == nil || version.broken {
		return ""
	}
	if version.Scalar != wanted {
		bad := p.add(ruleDocument, head(version), "%s is of apiVersion %s here, not %s", name, wanted, quoteShort(fmt.Sprint(version.Native())))
		bad.Correct(wanted)
		return ""
	}
	return name
}

// missing reports a key that a document lacks, or the one that it has instead.
func (p *parser) missing(v *Value, key, what string) {
	for _, f := range v.Fields {
		name, _ := f.Key.String()
		if guess, ok := diag.Nearest(name, []string{key}); ok {
			bad := p.add(ruleUnknown, f.Key.Range, "a document has no key %q; did you mean %q?", name, guess)
			bad.SuggestWord(name, guess)
			return
		}
	}
	p.add(ruleMissing, head(v), "a document needs %q: %s", key, what)
}

func (p *parser) knownKind(kind *Value) (name, version string, ok bool) {
	name, _ = kind.String()
	switch name {
	case kindOperator, kindOperatorTest:
		return name, apiVersion, true
	case kindCRD:
		return name, apiVersionCRD, true
	}
	bad := p.add(ruleDocument, head(kind), "kind %s cannot stand here", quoteShort(fmt.Sprint(kind.Native())))
	if guess, ok := diag.Nearest(name, kinds); ok {
		bad.SuggestWord(name, guess)
		bad.Detail += fmt.Sprintf("; did you mean %q?", guess)
	} else {
		bad.Detail += "; only " + andList(kinds) + " can"
	}
	return "", "", false
}

func (p *parser) operator(v *Value) {
	op := &Operator{}
	d := &decoder{report: p.report}
	sound := d.object(v, reflect.ValueOf(op), field{})
	c := &checker{report: p.report, op: op}
	c.operator()
	if sound {
		p.bundle.Operators = append(p.bundle.Operators, op)
	}
}

func (p *parser) crd(v *Value) {
	for _, key := range []string{"metadata", "spec"} {
		part := v.Get(key)
		switch {
		case part == nil:
			p.add(ruleMissing, head(v), "a CustomResourceDefinition needs %q", key)
			return
		case part.Kind != MapKind:
			p.add(ruleType, head(part), "%q must be a map, and is %s", key, part.Kind)
			return
		}
	}
	metadata := v.Get("metadata")
	name := metadata.Get("name")
	if name == nil {
		p.add(ruleMissing, head(metadata), `a CustomResourceDefinition needs a name, such as things.example.com`)
		return
	}
	if _, ok := name.String(); !ok {
		p.add(ruleType, head(name), `"name" must be text, and is %s`, name.Kind)
		return
	}
	object, _ := v.Native().(map[string]any)
	p.bundle.CRDs = append(p.bundle.CRDs, &CRD{Range: name.Range, Object: object, Node: v})
}

// checkNames reports documents of one kind and name. The same definition of a
// resource may come with several operators, and is taken once.
func (p *parser) checkNames() {
	operators := map[string]diag.Range{}
	for _, op := range p.bundle.Operators {
		name := op.Metadata.Name
		if first, again := operators[name.Value]; again {
			p.duplicate("operator", name.Value, name.Range(), first)
			continue
		}
		operators[name.Value] = name.Range()
	}
	crds := map[string]*CRD{}
	kept := p.bundle.CRDs[:0]
	for _, crd := range p.bundle.CRDs {
		name := fmt.Sprint(crd.Object["metadata"].(map[string]any)["name"])
		first := crds[name]
		switch {
		case first == nil:
			crds[name] = crd
			kept = append(kept, crd)
		case !reflect.DeepEqual(first.Object, crd.Object):
			p.duplicate("CustomResourceDefinition", name, crd.Range, first.Range)
		}
	}
	p.bundle.CRDs = kept
}

func (r *report) duplicate(what, name string, at, first diag.Range) {
	place := fmt.Sprintf("line %d", first.Start.Line)
	if first.File != at.File {
		place = first.String()
	}
	bad := r.add(ruleUnique, at, "another %s has the name %q, at %s", what, name, place)
	bad.Context = &first
}
