package eval

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/cel-go/cel"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// toolsEnv is an environment with filters and an index.
func toolsEnv(t testing.TB) *Env {
	t.Helper()
	filter := func(name, text string) spec.Entry[*spec.Expr] {
		return spec.Entry[*spec.Expr]{Key: spec.String{Value: name}, Value: &spec.Expr{Text: text}}
	}
	e, err := New(Options{Indexes: []string{"by_node"}, Filters: []spec.Entry[*spec.Expr]{filter("big", "spec.size > 10")}})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// inDo is a step of a handler for changes.
var inDo = Site{
	Scope: Object | Change | Retry | Steps, Template: true,
	Vars:     []Name{{Name: "title", Type: cel.StringType, Doc: "a title"}},
	Steps:    []Name{{Name: "config"}},
	Children: []Name{{Name: "pods"}, {Name: "odd-name"}},
}

// cut takes the | out of a text, which marks the place.
func cut(t testing.TB, marked string) (string, int) {
	t.Helper()
	before, behind, ok := strings.Cut(marked, "¦")
	if !ok {
		t.Fatalf("%q marks no place", marked)
	}
	return before + behind, len(before)
}

func names(symbols []Symbol) []string {
	var out []string
	for _, s := range symbols {
		out = append(out, s.Name)
	}
	return out
}

func TestComplete(t *testing.T) {
	for _, c := range []struct {
		at Site
		// text has the place marked by ¦.
		text string
		// replaced is the text between From and To.
		replaced string
		// has and lacks are names that are among the symbols, and that are not.
		has, lacks string
	}{
		{inDo, "¦", "", "spec body vars steps big size hash.sha256 has math.greatest cel.bind changed omit true uuid", "value item resources hash sha256 startsWith map @ordered _in_ in"},
		{inDo, "sp¦", "sp", "spec", ""},
		{inDo, "s¦pec.x", "spec", "spec", ""},
		{inDo, "has(spec.x) && ¦", "", "spec big", "in"},
		{inDo, "has(spec.x) && sp¦", "sp", "spec", ""},
		{inDo, "spec.size ¦", "", "in", "spec"},
		{inDo, "spec.size > ¦", "", "spec", "in"},
		{inDo, "!¦", "", "big", ""},
		{inDo, "{'a': ¦}", "", "spec", ""},
		{inDo, "[spec, ¦", "", "name", ""},
		{inDo, "spec.¦", "", "size startsWith map orValue", "spec has hash.sha256"},
		{inDo, "spec.si¦", "si", "size", ""},
		{inDo, "name.¦", "", "size startsWith split", "map getHours orValue"},
		{inDo, "name.¦size", "", "startsWith", ""},
		{inDo, "(name + 'x').¦", "", "startsWith", "map"},
		{inDo, "name.split('.')[0].¦", "", "startsWith", "map"},
		{inDo, "name.split(')')[0].¦", "", "startsWith", "map"},
		{inDo, "labels.¦", "", "map all size", "startsWith"},
		{inDo, "labels.?app.¦", "", "orValue hasValue optMap", "startsWith"},
		{inDo, "'a'.¦", "", "startsWith", "map"},
		{inDo, "[1, 2].¦", "", "sum map", "startsWith"},
		{inDo, "{'a': 1}.¦", "", "map transformList", "sum"},
		{inDo, "now.¦", "", "getHours", "startsWith"},
		{inDo, "quantity('1Mi').¦", "", "asInteger isGreaterThan", "getHost"},
		{inDo, "hash.¦", "", "sha256 short", "spec hash.sha256"},
		{inDo, "hash.sh¦", "sh", "sha256", ""},
		{inDo, "math.¦", "", "greatest abs", "math.abs @max"},
		{inDo, "cel.¦", "", "bind", "@block"},
		{inDo, "meta.¦", "", "name namespace labels ownerReferences", "spec"},
		{inDo, "body.¦", "", "metadata spec status", "size"},
		{inDo, "old.¦", "", "metadata spec", "size"},
		{inDo, "body.metadata.¦", "", "namespace", "spec"},
		{inDo, "meta.ownerReferences[0].¦", "", "controller", "namespace"},
		{inDo, "meta.ownerReferences.filter(o, o.¦)", "", "controller", "namespace"},
		{inDo, "diff.exists(d, d.¦", "", "op field", "apiVersion"},
		{inDo, "operator.¦", "", "name id version", ""},
		{inDo, "resource.¦", "", "plural", ""},
		{inDo, "vars.¦", "", "title", "config"},
		{inDo, "vars.title.¦", "", "startsWith", ""},
		{inDo, "steps.¦", "", "config", "title"},
		{inDo, "index.¦", "", "by_node", "config"},
		{inDo, "index.by_node[name].¦", "", "map", "startsWith"},
		{inDo, "steps['¦", "", "config", "title size"},
		{inDo, "steps['con¦fig']", "config", "config", "title"},
		{inDo, "steps[?'con¦']", "con", "config", "title"},
		{inDo, "meta['¦']", "", "namespace", "size"},
		{inDo, "name == '¦'", "", "", "spec config"},
		{inDo, "name == 'spec.¦", "", "", "spec config"},
		{inDo, "1¦", "", "", "spec"},
		{inDo, "// spec.¦", "", "", "spec size"},
		{inDo, "spec.items.all(i, i¦", "i", "i spec", ""},
		{inDo, "spec.items.all(i¦", "i", "index", "i"},
		{inDo, "name.split(',').map(x, x.¦)", "", "startsWith", "map"},
		{inDo, "name.split(',').map(x, x.size() > 1, x.¦)", "", "startsWith", "map"},
		{inDo, "labels.map(k, k.¦)", "", "startsWith", "map"},
		{inDo, "labels.transformList(k, v, v.¦)", "", "startsWith", "map"},
		{inDo, "name.split(',').all(i, v, i.¦)", "", "", "startsWith map"},
		{inDo, "name.split(',').all(i, v, v.¦)", "", "startsWith", "map"},
		{inDo, "cel.bind(x, name.split(','), x.¦)", "", "map join", "startsWith"},
		{inDo, "labels.?app.optMap(a, a.¦)", "", "startsWith", "map"},
		{inDo, "[name].map(x, x.split(',').map(y, y.¦))", "", "startsWith", "map"},
		{inDo, "[name].map(name, ¦)", "", "name spec", ""},
		{inDo, "spec.items.all(i, i.x) && ¦", "", "spec", "i"},
		{Site{Scope: Object}, "¦", "", "spec big", "vars steps changed uuid value"},
		{Site{Scope: Selector}, "¦", "", "resource now", "spec big"},
		{Site{Scope: Object | Children | Steps, Children: inDo.Children}, "children.¦", "", "pods odd-name", "config"},
		{Site{Scope: Object | Children | Steps, Children: inDo.Children}, "children.pods.filter(p, p.¦)", "", "metadata", "op"},
		{Site{Scope: Object | Steps}, "¦", "", "spec", "uuid random.int"},
		{inDo, "ä.¦", "", "", "spec"},
		{inDo, "'ä' + na¦", "na", "name", ""},
		{inDo, ").¦", "", "", "spec"},
		{inDo, "]¦", "", "", "spec"},
		{inDo, ".¦", "", "", "spec"},
	} {
		text, offset := cut(t, c.text)
		got := toolsEnv(t).Complete(text, offset, c.at)
		if text[got.From:got.To] != c.replaced || got.Prefix != text[got.From:offset] {
			t.Errorf("%s: replaces %q, prefix %q", c.text, text[got.From:got.To], got.Prefix)
		}
		for _, name := range strings.Fields(c.has) {
			if !slices.Contains(names(got.Symbols), name) {
				t.Errorf("%s: %s is missing in %v", c.text, name, names(got.Symbols))
			}
		}
		for _, name := range strings.Fields(c.lacks) {
			if slices.Contains(names(got.Symbols), name) {
				t.Errorf("%s: %s cannot stand there", c.text, name)
			}
		}
	}
}

// Whatever is offered first is what belongs to the place: a local name hides the
// variable of its name.
func TestCompleteHides(t *testing.T) {
	text, offset := cut(t, "[name].map(name, ¦)")
	got := toolsEnv(t).Complete(text, offset, inDo)
	if n := slices.Index(names(got.Symbols), "name"); n != 0 || got.Symbols[0].Kind != LocalSymbol {
		t.Errorf("name is at %d: %v", n, got.Symbols)
	}
	if n := strings.Count(strings.Join(names(got.Symbols), " ")+" ", " name "); n > 1 {
		t.Errorf("name is offered %d times", n)
	}
}

// What is offered can be written: with each name in its place, the expression is
// not worse than one with a name that does not exist.
func TestCompletionsExist(t *testing.T) {
	e := toolsEnv(t)
	for _, s := range e.Complete("", 0, inDo).Symbols {
		text := s.Text()
		if s.Kind == FunctionSymbol {
			continue // see TestAllFunctionsAreThoseOfTheEnvironment
		}
		if _, problems := e.compile(source{text: text, end: len(text)}, place{scope: inDo.Scope, template: true}, nil); len(problems) > 0 {
			t.Errorf("%s: %v", text, problems)
		}
	}
}

func TestSymbolText(t *testing.T) {
	for name, want := range map[string]string{"size": "size", "a-b": "`a-b`", "example.com/x": "`example.com/x`", "in": "`in`", "9x": "`9x`"} {
		if got := (Symbol{Kind: FieldSymbol, Name: name}).Text(); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestExpressionAt(t *testing.T) {
	for text, want := range map[string]string{
		"a ${na¦me} b":          "name",
		"a ${¦} b":              "",
		"${name}-${spec.¦}":     "spec.",
		"${name¦}-${spec.x}":    "name",
		"${spec.¦ and ${name}":  "spec. and ",
		"a ${spec.¦":            "spec.",
		"${ {'a': '}'}.¦ } x":   " {'a': '}'}. ",
		"a¦ ${name}":            "-",
		"${name} ¦b":            "-",
		"$${na¦me}":             "-",
		"$¦{name}":              "-",
		"no ex¦pression":        "-",
		"$${a} ${na¦me}":        "name",
		"${'ä'} ${'ö' + na¦me}": "'ö' + name",
	} {
		template, offset := cut(t, text)
		from, to, ok := ExpressionAt(template, offset)
		if got := template[from:to]; ok == (want == "-") || ok && got != want {
			t.Errorf("%s: %q %v", text, got, ok)
		}
	}
}

func TestHover(t *testing.T) {
	for _, c := range []struct {
		text string
		// name, type and doc are what is told, as far as given; no name is for nothing.
		kind      SymbolKind
		name, typ string
		doc       string
	}{
		{"sp¦ec.size", VariableSymbol, "spec", "any", "The object's `spec`"},
		{"spec¦ > 1", VariableSymbol, "spec", "any", ""},
		{"na¦me + 'x'", VariableSymbol, "name", "string", "Short for"},
		{"met¦a.name", VariableSymbol, "meta", "object", ""},
		{"di¦ff", VariableSymbol, "diff", "list(object)", ""},
		{"spec.si¦ze", FieldSymbol, "size", "any", ""},
		{"labels.ap¦p", FieldSymbol, "app", "string", ""},
		{"labels['ap¦p']", FieldSymbol, "app", "string", ""},
		{"labels.?ap¦p", FieldSymbol, "app", "optional(string)", ""},
		{"meta.names¦pace", FieldSymbol, "namespace", "string", "Namespace defines the space"},
		{"body.metadata.own¦erReferences", FieldSymbol, "ownerReferences", "list(object)", ""},
		{"diff.map(d, d.o¦p)", FieldSymbol, "op", "string", "add, change or remove."},
		{"diff.map(d, ¦d.op)", LocalSymbol, "d", "object", ""},
		{"diff.map(¦d, d.op)", LocalSymbol, "d", "object", ""},
		{"labels.all(k, ¦v, v == k)", LocalSymbol, "v", "string", ""},
		{"cel.bind(¦x, name, x)", LocalSymbol, "x", "string", ""},
		{"cel.bind(¦x, quantity('1Mi'), x)", LocalSymbol, "x", "quantity", ""},
		{"cel.bi¦nd(x, name, x)", FunctionSymbol, "cel.bind", "", ""},
		{"bi¦g && true", FilterSymbol, "big", "bool", "spec.size > 10"},
		{"vars.ti¦tle", VarSymbol, "title", "string", "a title"},
		{"vars['ti¦tle']", VarSymbol, "title", "string", "a title"},
		{"steps.con¦fig.metadata", StepSymbol, "config", "any", ""},
		{"steps.config.meta¦data", FieldSymbol, "metadata", "any", ""},
		{"index.by¦_node[name]", IndexSymbol, "by_node", "map(any, list)", ""},
		{"children.po¦ds", ChildSymbol, "pods", "list(object)", ""},
		{"hash.sha¦256(name)", FunctionSymbol, "hash.sha256", "hash.sha256(string | bytes) -> string", "SHA-256"},
		{"ha¦sh.sha256(name)", FunctionSymbol, "hash.sha256", "", ""},
		{"chan¦ged('spec')", FunctionSymbol, "changed", "", "Whether the diff"},
		{"name.starts¦With('x')", MethodSymbol, "startsWith", "string.startsWith(string) -> bool", "begins"},
		{"name.split(',').ma¦p(x, x)", MethodSymbol, "map", "(list | map).map(x, [condition,] value) -> list", "A list of the values"},
		{"si¦ze(name)", FunctionSymbol, "size", "size(bytes | list | map | string) -> int", "How many"},
		{"ha¦s(spec.x)", FunctionSymbol, "has", "", "Whether"},
		{"unkno¦wn", 0, "", "", ""},
		{"vars.unkno¦wn", 0, "", "", ""},
		{"name.unkno¦wn", 0, "", "", ""},
		{"name.unkno¦wn()", 0, "", "", ""},
		{"name ¦== 'x'", 0, "", "", ""},
		{"'sp¦ec'", 0, "", "", ""},
		{"¦", 0, "", "", ""},
		{"(.¦", 0, "", "", ""},
	} {
		text, offset := cut(t, c.text)
		got, ok := toolsEnv(t).Hover(text, offset, inDo)
		if ok != (c.name != "") {
			t.Errorf("%s: %v %+v", c.text, ok, got)
			continue
		}
		s := got.Symbol
		if s.Kind != c.kind || s.Name != c.name || c.typ != "" && s.Type != c.typ || !strings.Contains(s.Doc, c.doc) {
			t.Errorf("%s: %+v", c.text, s)
		}
		if ok && (offset < got.From || offset > got.To) {
			t.Errorf("%s: stands at %d to %d", c.text, got.From, got.To)
		}
	}
}

// Every place of whatever text can be completed and asked about.
func FuzzComplete(f *testing.F) {
	f.Add("spec.items.all(i, v, has(i.x) && labels['a'] == vars.title) ? [name].map(x, {x: 1}) : cel.bind(y, 1, y)", 40)
	f.Add("diff[?0].?old.orValue('ä').split(')')[1].`a-b`", 10)
	e := toolsEnv(f)
	f.Fuzz(func(t *testing.T, text string, offset int) {
		if len(text) > 200 || offset < 0 || offset > len(text) {
			return
		}
		c := e.Complete(text, offset, inDo)
		if c.From < 0 || c.From > offset || c.To < offset || c.To > len(text) {
			t.Fatalf("%q at %d: replaces %d to %d", text, offset, c.From, c.To)
		}
		e.Hover(text, offset, inDo)
		ExpressionAt(text, offset)
	})
}

// Each place of an expression can be completed within the time of a keystroke.
func BenchmarkComplete(b *testing.B) {
	e := toolsEnv(b)
	text := "spec.items.all(i, has(i.x)) && name.split(',').map(x, x.size() > 1, x."
	for b.Loop() {
		e.Complete(text, len(text), inDo)
	}
}

// Every symbol of a function has a signature and a sentence.
func TestFunctionSymbols(t *testing.T) {
	for _, s := range append(functionSymbols(inDo, ""), methodSymbols(cel.DynType)...) {
		if s.Type == "" || s.Doc == "" {
			t.Errorf("%s: type %q, doc %q", s.Name, s.Type, s.Doc)
		}
	}
}

// An Env that knows types completes and explains the fields of objects, with what the
// schema says of them.
func TestCompleteTyped(t *testing.T) {
	deployment := schema.Builtin().Type(schema.KindOf("apps/v1", "Deployment"))
	spec, _ := deployment.Field("spec")
	e := toolsEnv(t).With(Types{
		"body": deployment, "spec": spec.Type, "meta": schema.Metadata(),
		"vars":     schema.ObjectOf("vars", []schema.Field{{Name: "title", Type: schema.Of(schema.Int)}}).AndMore(),
		"steps":    schema.ObjectOf("steps", []schema.Field{{Name: "config", Type: deployment.OrNull()}}).AndMore(),
		"children": schema.ObjectOf("children", []schema.Field{{Name: "pods", Type: schema.ListOf(deployment)}}).AndMore(),
	})
	for _, c := range []struct{ text, has, lacks string }{
		{"spec.¦", "replicas template", "size startsWith metadata"},
		{"spec.template.spec.¦", "containers", "replicas"},
		{"body.spec.template.¦", "metadata spec", ""},
		{"body['spec'].template.¦", "metadata spec", ""},
		{"body['¦']", "spec metadata", "replicas"},
		{"meta.¦", "labels ownerReferences", "spec"},
		{"meta.name.¦", "startsWith", "labels map"},
		{"spec.template.spec.containers.all(c, c.¦", "image resources", "containers"},
		{"spec.template.spec.containers.map(c, c.ports)[0].exists(p, p.¦)", "containerPort", "image"},
		{"spec.?template.?spec.¦", "containers orValue", "startsWith"},
		{"spec.replicas.¦", "", "startsWith replicas map"},
		{"steps.config.¦", "metadata spec", "replicas"},
		{"steps.config.spec.¦", "replicas", "metadata"},
		{"children.pods[0].¦", "metadata", "map"},
		{"children.pods.filter(p, p.spec.¦)", "replicas", "map"},
	} {
		text, offset := cut(t, c.text)
		got := names(e.Complete(text, offset, inDo).Symbols)
		for _, name := range strings.Fields(c.has) {
			if !slices.Contains(got, name) {
				t.Errorf("%s: %s is missing in %v", c.text, name, got)
			}
		}
		for _, name := range strings.Fields(c.lacks) {
			if slices.Contains(got, name) {
				t.Errorf("%s: %s cannot stand there", c.text, name)
			}
		}
	}
	for text, want := range map[string]string{
		"spec.repl¦icas": "int: Number of desired pods.",
		"spec.template.spec.containers.all(c, c.ima¦ge)": "string: Container image name.",
		"spec.template.spec.containers.all(¦c, true)":    "object: ",
		"spec.template.metadata.labels.ap¦p":             "string: ",
		"sp¦ec":                                          "object: The object's `spec`",
		"vars.ti¦tle":                                    "int: a title",
		"steps.con¦fig":                                  "object: ",
		"children.po¦ds":                                 "list(object): ",
	} {
		text, offset := cut(t, text)
		h, ok := e.Hover(text, offset, inDo)
		if got := h.Symbol.Type + ": " + h.Symbol.Doc; !ok || !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", text, got)
		}
	}
	text, offset := cut(t, "spec.repliccas¦")
	if h, ok := e.Hover(text, offset, inDo); ok {
		t.Errorf("a field that does not exist is %+v", h.Symbol)
	}
}
