package explain

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
	"github.com/kopf-declarative/kopf-declarative/spec/diag"
)

// Word explains a path of keys, a variable or a function: all of these that
// have the name. With recursive, it shows the keys below a path as a tree. The
// error is for the user: nothing has the name, or several keys have it.
func Word(word string, recursive bool) (string, error) {
	name := strings.TrimSuffix(word, "()")
	keys := spec.FindKeys(name)
	if name != word {
		keys = nil // keys are not called
	}
	if recursive {
		return recursively(word, keys)
	}
	var parts []string
	if len(keys) == 1 {
		parts = append(parts, key(keys[0]))
	}
	if name == word {
		parts = append(parts, variables(name)...)
	}
	parts = append(parts, functions(name)...)
	switch {
	case len(parts) == 0 && len(keys) > 0:
		return "", ambiguous(word, keys)
	case len(parts) == 0:
		return "", unknown(word)
	case len(keys) > 1:
		parts = append(parts, fmt.Sprintf("As a key, %q is one of:\n%s", word, candidates(keys)))
	}
	return strings.Join(parts, "\n"), nil
}

func recursively(word string, keys []spec.Key) (string, error) {
	switch len(keys) {
	case 0:
		if len(variables(word))+len(functions(word)) > 0 {
			return "", fmt.Errorf("%q has no keys below it that could be shown", word)
		}
		return "", unknown(word)
	case 1:
		return Tree(keys), nil
	}
	return "", ambiguous(word, keys)
}

// key explains one key and lists those below it.
func key(k spec.Key) string {
	var out strings.Builder
	head(&out, "KEY", k)
	paragraph(&out, k.Doc, 2)
	for _, limit := range k.Limits {
		paragraph(&out, limit, 2)
	}
	below := k.Keys()
	listed := func(title string, of func(spec.Key) bool) {
		if !slices.ContainsFunc(below, of) {
			return
		}
		fmt.Fprintf(&out, "\n%s\n", title)
		for _, b := range below {
			if of(b) {
				item(&out, b)
			}
		}
	}
	listed("KEYS", func(b spec.Key) bool { return !b.Action })
	listed("ACTIONS, of which a step has one", func(b spec.Key) bool { return b.Action })
	return out.String()
}

func head(out *strings.Builder, title string, k spec.Key) {
	fmt.Fprintf(out, "%s  %s <%s>%s\n", title, k.Path, k.Type, needed(k))
}

func item(out *strings.Builder, k spec.Key) {
	fmt.Fprintf(out, "  %s <%s>%s\n", k.Name(), k.Type, needed(k))
	paragraph(out, k.Doc, 6)
}

func needed(k spec.Key) string {
	if k.Required {
		return " required"
	}
	return ""
}

// variables explains the variable of a name, if there is one.
func variables(name string) []string {
	for _, v := range eval.Variables {
		if v.Name == name {
			return []string{entry("VARIABLE", v.Name+" <"+v.TypeText()+">", v.Doc, v.Scope.String())}
		}
	}
	return nil
}

// functions explains the functions of a name: json stands for json.encode and
// json.decode, and string.split is the split of strings.
func functions(name string) []string {
	var out []string
	for _, f := range eval.AllFunctions() {
		if f.Name == name || strings.HasPrefix(f.Name, name+".") || calledAs(f, name) {
			out = append(out, function(f))
		}
	}
	return out
}

// calledAs tells whether a function is called on a type like that.
func calledAs(f eval.Function, name string) bool {
	receiver, method, ok := strings.Cut(name, ".")
	return ok && f.Name == method && slices.ContainsFunc(f.Signatures, func(s string) bool {
		on, _, _ := strings.Cut(s, "."+method+"(")
		return slices.Contains(strings.FieldsFunc(on, func(r rune) bool { return strings.ContainsRune("(|) ", r) }), receiver)
	})
}

var titles = map[eval.FunctionKind]string{eval.PlainFunction: "FUNCTION", eval.Macro: "MACRO", eval.Operator: "OPERATOR"}

func function(f eval.Function) string {
	var out strings.Builder
	title := titles[f.Kind]
	for _, s := range f.Signatures {
		fmt.Fprintf(&out, "%s  %s\n", title, s)
		title = strings.Repeat(" ", len(title))
	}
	paragraph(&out, strings.ReplaceAll(f.Doc, "`", ""), 2)
	if f.Example != "" {
		fmt.Fprintf(&out, "  Example, which is true: %s\n", f.Example)
	}
	if f.Library != eval.LibraryOurs {
		paragraph(&out, "From: "+f.Library+".", 2)
	}
	paragraph(&out, "Exists: "+f.Where()+".", 2)
	return out.String()
}

func entry(title, what, doc, where string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "%s  %s\n", title, what)
	paragraph(&out, strings.ReplaceAll(doc, "`", ""), 2)
	paragraph(&out, "Exists: "+where+".", 2)
	return out.String()
}

func ambiguous(word string, keys []spec.Key) error {
	return fmt.Errorf("%q is one of several keys; say which:\n%s", word, strings.TrimSuffix(candidates(keys), "\n"))
}

func candidates(keys []spec.Key) string {
	var out strings.Builder
	for _, k := range keys {
		fmt.Fprintf(&out, "  %s\n", k.Path)
		paragraph(&out, k.Doc, 6)
	}
	return out.String()
}

// unknown says how far a path leads, and what was probably meant.
func unknown(word string) error {
	name := strings.TrimSuffix(word, "()")
	for at := strings.LastIndex(name, "."); at > 0; at = strings.LastIndex(name[:at], ".") {
		found := spec.FindKeys(name[:at])
		if len(found) == 0 {
			continue
		}
		wrong, _, _ := strings.Cut(name[at+1:], ".")
		return noKey(name[:at], wrong, found)
	}
	guess := ""
	if near, ok := diag.Nearest(name, words()); ok {
		guess = fmt.Sprintf("; did you mean %q?", near)
	}
	return fmt.Errorf("there is no key, variable or function %q%s", name, guess)
}

func noKey(path, wrong string, found []spec.Key) error {
	var below []string
	for _, k := range found {
		for _, b := range k.Keys() {
			below = append(below, b.Name())
		}
	}
	if len(below) == 0 {
		return fmt.Errorf("%q has no keys below it, and so no %q", path, wrong)
	}
	if guess, ok := diag.Nearest(wrong, below); ok {
		return fmt.Errorf("%q has no key %q; did you mean %q?", path, wrong, path+"."+guess)
	}
	return fmt.Errorf("%q has no key %q; its keys are %s", path, wrong, strings.Join(below, ", "))
}

// words are all that can be asked for by one word.
func words() []string {
	out := spec.KeyNames()
	for _, v := range eval.Variables {
		out = append(out, v.Name)
	}
	for _, f := range eval.AllFunctions() {
		if f.Kind != eval.Operator {
			out = append(out, f.Name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
