package lsp

import (
	"strings"
	"sync"

	"github.com/kopf-declarative/kopf-declarative/runtime/lsp/outline"
)

// document is one version of a file, with what is read of it when somebody asks.
type document struct {
	// uri is as the client writes it; name is what findings call the file.
	uri, name string
	version   int
	*text
	documents func() []*outline.Document
}

func newDocument(uri string, version int, t *text) *document {
	d := &document{uri: uri, name: uri, version: version, text: t}
	if path, ok := fileOf(uri); ok {
		d.name = path
	}
	d.documents = sync.OnceValue(func() []*outline.Document { return outline.Parse(t.content) })
	return d
}

// The kinds of documents that the server looks at, and the versions of ours.
const (
	kindOperator = "Operator"
	kindCRD      = "CustomResourceDefinition"
	groupPrefix  = "kopf.dev/"
	ourVersion   = "kopf.dev/v1alpha1"
)

// isOurs tells whether a text has something of the language in it. Editors may
// show every YAML file to the server, and what is none of ours is left alone.
func isOurs(content string) bool {
	return strings.Contains(content, ourVersion) || strings.Contains(content, "kind: "+kindOperator) && strings.Contains(content, groupPrefix)
}

// hasCRD tells whether a text may define resources.
func hasCRD(content string) bool { return strings.Contains(content, kindCRD) }

// isOperator tells whether a document is an operator, or may become one: an empty
// one, or one that has nothing that an operator cannot have.
func isOperator(root *outline.Node) bool {
	if root.Kind != outline.Mapping {
		return true
	}
	kind, version := root.Get("kind"), root.Get("apiVersion")
	if kind != nil && kind.Kind == outline.Scalar && !strings.HasPrefix(kindOperator, clean(kind.Value())) {
		return false
	}
	if version != nil && strings.HasPrefix(clean(version.Value()), groupPrefix) {
		return true
	}
	for _, f := range root.Fields {
		switch clean(f.Key.Value()) {
		case "apiVersion", "kind", "metadata", "spec":
		default:
			if f.Colon >= 0 {
				return false
			}
		}
	}
	return version == nil || clean(version.Value()) == "" || strings.HasPrefix(groupPrefix, clean(version.Value()))
}

// documentAt is the document of the stream that an offset is in.
func documentAt(documents []*outline.Document, offset int) *outline.Document {
	for _, d := range documents {
		if offset < d.To {
			return d
		}
	}
	return documents[len(documents)-1]
}
