package trial

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// anywhere is every place at once: what has no value is missing.
const anywhere = eval.Object | eval.Change | eval.Retry | eval.RawEvent | eval.TestValue | eval.Steps | eval.Item |
	eval.Children | eval.Failure | eval.Background | eval.Selector

// inHandler is what places within a handler add to what the handler has.
const inHandler = eval.TestValue | eval.Steps | eval.Item | eval.Children | eval.Failure

// place is a word for where an expression stands.
type place struct {
	word  string
	scope eval.Scope
	// inner tells that it is a place within another one.
	inner bool
}

// places are all words, in the order in which messages list them.
var places = []place{
	{"change", eval.Object | eval.Change | eval.Retry, false},
	{"event", eval.Object | eval.RawEvent, false},
	{"timer", eval.Object | eval.Retry | eval.Background, false},
	{"daemon", eval.Object | eval.Retry | eval.Background, false},
	{"index", eval.Object | eval.Indexing, false},
	{"activity", eval.Retry, false},
	{"probe", 0, false},
	{"selector", eval.Selector, false},
	{"value", eval.TestValue, true},
	{"do", eval.Steps, true},
	{"forEach", eval.Steps | eval.Item, true},
	{"wait", eval.Steps | eval.Children, true},
	{"onFailure", eval.Steps | eval.Failure, true},
}

// Places are the words for places, in the order in which people meet them.
func Places() []string {
	var out []string
	for _, p := range places {
		out = append(out, p.word)
	}
	return out
}

// ParseScope reads a place: one of the kinds of handlers, and places within it, separated
// by commas, such as "change,forEach". Without a kind, a change handler is meant.
func ParseScope(text string) (eval.Scope, error) {
	var scope eval.Scope
	kind := ""
	for word := range strings.SplitSeq(text, ",") {
		at := slices.IndexFunc(places, func(p place) bool { return p.word == word })
		if at < 0 {
			return 0, unknownPlace(word)
		}
		scope |= places[at].scope
		if places[at].inner {
			continue
		}
		if kind != "" {
			return 0, fmt.Errorf("an expression stands in one kind of handler, and not both in %q and %q", kind, word)
		}
		kind = word
	}
	if kind == "" {
		scope |= places[0].scope
	}
	return scope, nil
}

func unknownPlace(word string) error {
	if guess, ok := diag.Nearest(word, Places()); ok {
		return fmt.Errorf("there is no place %q; did you mean %q?", word, guess)
	}
	return fmt.Errorf("there is no place %q; the places are %s", word, strings.Join(Places(), ", "))
}
