package spec

import (
	"fmt"
	"io"

	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// LoadCRDs reads the CustomResourceDefinitions in files and folders, and nothing else of
// them. In a folder, other objects do not matter; in a file, only operators do not.
func LoadCRDs(paths []string, stdin io.Reader) (*Bundle, diag.List) {
	bundle := &Bundle{Sources: map[string][]byte{}}
	var found diag.List
	for _, path := range paths {
		sources, unread := ReadSources([]string{path}, stdin)
		found = append(found, unread...)
		p := &parser{report: &report{}, bundle: bundle}
		before := len(bundle.CRDs)
		for _, s := range sources {
			bundle.Sources[s.Name] = s.Text
			for _, v := range p.readDocuments(newSource(s.Name, string(s.Text))) {
				p.onlyCRD(v, s.Name == path)
			}
		}
		if len(bundle.CRDs) == before && len(unread) == 0 && len(p.found) == 0 {
			p.found = append(p.found, ruleDocument.At(diag.Range{File: path}, "there is no CustomResourceDefinition in it"))
		}
		found = append(found, p.found...)
	}
	return bundle, found.Sorted()
}

// onlyCRD reads a document if it is a CustomResourceDefinition. named says that its file
// was named, and not found in a folder.
func (p *parser) onlyCRD(v *Value, named bool) {
	kind := v.Get("kind")
	switch {
	case kind != nil && kind.Scalar == kindCRD:
		if p.kindOf(v) == kindCRD {
			p.crd(v)
		}
	case !named || kind != nil && (kind.Scalar == kindOperator || kind.Scalar == kindOperatorTest):
	case kind == nil:
		p.add(ruleDocument, head(v), "this is no CustomResourceDefinition: it has no kind")
	default:
		p.add(ruleDocument, head(kind), "a CustomResourceDefinition is expected, not %s", quoteShort(fmt.Sprint(kind.Native())))
	}
}
