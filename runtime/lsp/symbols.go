package lsp

import (
	"fmt"

	"github.com/kopf-declarative/kopf-declarative/runtime/lsp/outline"
)

// symbol is an entry of a file's table of contents.
type symbol struct {
	name, detail string
	kind         symbolKind
	// node is all of it, label where its name stands.
	node, label *outline.Node
	children    []symbol
}

// symbols are the contents of a file: its operators with what they have.
func symbols(documents []*outline.Document) []symbol {
	var out []symbol
	for _, d := range documents {
		kind, name := d.Root.Get("kind"), d.Root.Get("metadata", "name")
		if kind == nil {
			continue
		}
		s := symbol{name: kind.Value(), detail: kind.Value(), kind: moduleSymbol, node: d.Root, label: kind}
		if name != nil && name.Value() != "" {
			s.name, s.label = name.Value(), name
		}
		if kind.Value() == kindOperator {
			s.children = operatorSymbols(d.Root.Get("spec"))
		}
		out = append(out, s)
	}
	return out
}

// operatorSymbols are what an operator has, in the order of the file.
func operatorSymbols(of *outline.Node) []symbol {
	if of == nil {
		return nil
	}
	var out []symbol
	for _, f := range of.Fields {
		switch key := f.Key.Value(); key {
		case "resources", "filters":
			s := symbol{name: key, kind: propertySymbol, node: f.Value, label: f.Key}
			for _, entry := range f.Value.Fields {
				s.children = append(s.children, symbol{name: entry.Key.Value(), detail: oneLine(entry.Value.Value()), kind: keySymbol, node: entry.Value, label: entry.Key})
			}
			out = append(out, s)
		default:
			for i, item := range f.Value.Items {
				if one, ok := singular[key]; ok {
					out = append(out, taskSymbol(one, i, item))
				}
			}
		}
	}
	return out
}

// singular are the words for one item of the lists of an operator.
var singular = map[string]string{
	"handlers": "handler", "timers": "timer", "daemons": "daemon", "startup": "startup", "cleanup": "cleanup",
	"indexes": "index", "probes": "probe",
}

// taskSymbol is a handler, a timer and so on.
func taskSymbol(kind string, i int, item *outline.Node) symbol {
	s := symbol{name: fmt.Sprintf("%s-%d", kind, i+1), detail: kind, kind: functionSymbol, node: item, label: item}
	switch kind {
	case "index", "probe":
		s.kind = variableSymbol
	case "handler":
		s.kind, s.detail = eventSymbol, handlerDoc(item)
	}
	if id := item.Get("id"); id != nil && id.Value() != "" {
		s.name, s.label = id.Value(), id
	}
	return s
}
