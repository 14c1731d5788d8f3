package lsp_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creachadair/jrpc2"

	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/command"
	"github.com/kopf-declarative/kopf-declarative/runtime/lsp/lsptest"
)

// buildFolder is where the command is built, when a test needs it.
var buildFolder string

var build = sync.OnceValues(func() (string, error) {
	return command.Build(context.Background(), "cmd/kopf-declarative", buildFolder)
})

// binary is the built command.
func binary(t *testing.T) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "lsp")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	buildFolder = dir
	return m.Run()
}

// session is a client that has opened one document.
type session struct {
	*lsptest.Client
	t   *testing.T
	ctx context.Context
	uri string
	// text is the newest version of the document.
	text    string
	version int
}

// begin starts a server, and opens a document in a folder of its own.
func begin(t *testing.T, name, text string, capabilities any) *session {
	t.Helper()
	dir := t.TempDir()
	s := connect(t, capabilities)
	s.uri = "file://" + strings.ReplaceAll(filepath.Join(dir, name), " ", "%20")
	s.open(text)
	return s
}

func connect(t *testing.T, capabilities any, arguments ...string) *session {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	client, err := lsptest.Start(ctx, binary(t), arguments...)
	if err != nil {
		t.Fatal(err)
	}
	s := &session{Client: client, t: t, ctx: ctx}
	if _, err := client.Initialize(ctx, capabilities); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *session) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *session) open(text string) {
	s.t.Helper()
	s.text, s.version = text, 1
	s.must(s.Open(s.ctx, s.uri, text))
}

// at is the place behind a piece of the text, in UTF-16.
func (s *session) at(piece string) lsptest.Position {
	s.t.Helper()
	before, _, ok := strings.Cut(s.text, piece)
	if !ok {
		s.t.Fatalf("%q does not stand in the text", piece)
	}
	before += piece
	line := before[strings.LastIndexByte(before, '\n')+1:]
	units := 0
	for _, r := range line {
		units++
		if r > 0xffff {
			units++
		}
	}
	return lsptest.Position{Line: strings.Count(before, "\n"), Character: units}
}

// replace edits the document: a piece of it becomes another text.
func (s *session) replace(piece, text string) {
	s.t.Helper()
	end := s.at(piece)
	before, _, _ := strings.Cut(s.text, piece)
	rest := s.text
	s.text = before + "\x00"
	start := s.at("\x00")
	start.Character--
	s.text = strings.Replace(rest, piece, text, 1)
	s.version++
	s.must(s.Change(s.ctx, s.uri, s.version, &lsptest.Range{Start: start, End: end}, text))
}

// diagnostics are those of the newest version.
func (s *session) diagnostics() []lsptest.Diagnostic {
	s.t.Helper()
	d, err := s.Await(s.ctx, s.uri, func(d lsptest.Diagnostics) bool { return d.Version == s.version })
	s.must(err)
	return d.Diagnostics
}

// ask sends a request about a place.
func (s *session) ask(method string, at lsptest.Position, result any) {
	s.t.Helper()
	s.must(s.Call(s.ctx, "textDocument/"+method, map[string]any{
		"textDocument": map[string]any{"uri": s.uri}, "position": at,
	}, result))
}

// end ends the session well.
func (s *session) end() {
	s.t.Helper()
	s.must(s.Shutdown(s.ctx))
}

const operator = `apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: evc}
spec:
  resources:
    claims: things.example.com
  filters:
    big: spec.size > 10
  handlers:
    - id: first
      on: create
      resource: claims
      match: {when: big}
      do:
        - log: "🙂 ${name}"
    - id: second
      on: update
      resource: claims
      needs: first
      do:
        - name: made
          create: {object: {apiVersion: v1, kind: ConfigMap}}
        - log: ${steps.made.metadata.name} of ${nam}
`

type item struct {
	Label         string
	Kind          int
	Detail        string
	Documentation *struct{ Value string }
	TextEdit      struct {
		Range   lsptest.Range
		NewText string
	}
	InsertTextFormat int
}

// One session, as an editor has it.
func TestSession(t *testing.T) {
	s := begin(t, "my operator.yaml", operator, map[string]any{})

	// Diagnostics, with everything that belongs to them.
	found := s.diagnostics()
	if len(found) != 1 || found[0].Code != "expression-name" || found[0].Message != "unknown variable: nam; did you mean name?" ||
		found[0].Severity != 1 || found[0].Source != "kopf-declarative" || !strings.HasSuffix(found[0].CodeDescription.Href, "/docs/rules/expression-name.md") {
		t.Fatalf("diagnostics: %+v", found)
	}
	nam := s.at("of ${nam")
	if got := found[0].Range; got.End != nam || got.Start.Character != nam.Character-3 {
		t.Errorf("the finding stands at %+v, the name ends at %+v", got, nam)
	}

	// Its fix.
	var actions []struct {
		Title, Kind string
		IsPreferred bool
		Edit        struct {
			Changes map[string][]struct {
				Range   lsptest.Range
				NewText string
			}
		}
		Diagnostics []lsptest.Diagnostic
	}
	s.must(s.Call(s.ctx, "textDocument/codeAction", map[string]any{
		"textDocument": map[string]any{"uri": s.uri}, "range": found[0].Range, "context": map[string]any{"diagnostics": []any{}},
	}, &actions))
	if len(actions) != 1 || actions[0].Title != "Write name" || actions[0].Kind != "quickfix" || actions[0].IsPreferred || len(actions[0].Diagnostics) != 1 {
		t.Fatalf("actions: %+v", actions)
	}
	var others []any
	s.must(s.Call(s.ctx, "textDocument/codeAction", map[string]any{
		"textDocument": map[string]any{"uri": s.uri}, "range": found[0].Range, "context": map[string]any{"diagnostics": []any{}, "only": []string{"source.organizeImports"}},
	}, &others))
	if len(others) > 0 {
		t.Errorf("actions of another kind: %+v", others)
	}
	edits := actions[0].Edit.Changes[s.uri]
	if len(edits) != 1 || edits[0].NewText != "name" || edits[0].Range != found[0].Range {
		t.Errorf("edits: %+v", edits)
	}
	s.replace("of ${nam}", "of ${name}")
	if found := s.diagnostics(); len(found) != 0 {
		t.Errorf("after the fix: %+v", found)
	}

	// Places are counted in UTF-16: the smiley before is two units wide.
	s.replace("🙂 ${name}", "🙂 ${name} ${lables}")
	found = s.diagnostics()
	if len(found) != 1 || found[0].Range.End != s.at("${lables") {
		t.Errorf("behind a smiley: %+v", found)
	}

	// Completion while the text is broken.
	s.replace(" ${lables}", " ${spec.size > 3 && meta.")
	var list struct{ Items []item }
	s.ask("completion", s.at("meta."), &list)
	i := slices.IndexFunc(list.Items, func(i item) bool { return i.Label == "namespace" })
	if i < 0 || list.Items[i].Detail != "string" || list.Items[i].TextEdit.NewText != "namespace" || list.Items[i].TextEdit.Range.Start != s.at("meta.") {
		t.Errorf("completion of meta.: %+v", list.Items)
	}
	s.replace(" ${spec.size > 3 && meta.", "")
	s.replace("      needs: first\n", "      needs: first\n      err\n")
	s.ask("completion", s.at("\n      err"), &list)
	if i := slices.IndexFunc(list.Items, func(i item) bool { return i.Label == "errors" }); i < 0 || list.Items[i].TextEdit.NewText != "errors: " {
		t.Errorf("completion of a key: %+v", list.Items)
	}
	s.replace("      err\n", "")

	// Hover over a key, a value, a name in an expression.
	for piece, want := range map[string]string{
		"      need":        "Ids of handlers that must have succeeded",
		"when: bi":          "spec.size > 10",
		"needs: fir":        "on create of claims",
		"resource: cla":     "things.example.com",
		"of ${na":           "Short for `meta.name`.",
		"${steps.ma":        "Result of the step `create`",
		"made.metadata.nam": "Name must be unique within a namespace",
		"on: upda":          "What makes the handler run",
	} {
		var hover struct {
			Contents struct{ Kind, Value string }
			Range    lsptest.Range
		}
		s.ask("hover", s.at(piece), &hover)
		if hover.Contents.Kind != "markdown" || !strings.Contains(hover.Contents.Value, want) {
			t.Errorf("hover over %q: %+v", piece, hover)
		}
	}
	var nothing any
	s.ask("hover", s.at("metadata:"), &nothing)
	if nothing != nil {
		t.Errorf("hover over a colon: %v", nothing)
	}

	// Definitions.
	for piece, want := range map[string]string{
		"resource: cla": "    claims", "when: bi": "    big", "needs: fir": "- id: first", "${steps.ma": "- name: made",
	} {
		var where struct {
			URI   string
			Range lsptest.Range
		}
		s.ask("definition", s.at(piece), &where)
		if where.URI != s.uri || where.Range.End != s.at(want) {
			t.Errorf("definition of %q: %+v, want %+v", piece, where, s.at(want))
		}
	}

	// Symbols.
	var symbols []struct {
		Name     string
		Range    lsptest.Range
		Children []struct {
			Name, Detail          string
			Range, SelectionRange lsptest.Range
		}
	}
	s.must(s.Call(s.ctx, "textDocument/documentSymbol", map[string]any{"textDocument": map[string]any{"uri": s.uri}}, &symbols))
	var names []string
	for _, c := range symbols[0].Children {
		names = append(names, c.Name)
	}
	if symbols[0].Name != "evc" || strings.Join(names, " ") != "resources filters first second" {
		t.Errorf("symbols: %+v", symbols)
	}
	if second := symbols[0].Children[3]; second.Detail != "on update of claims" || second.SelectionRange.End != s.at("- id: second") {
		t.Errorf("the handler is %+v", second)
	}

	// The whole text at once, and the end.
	s.version++
	s.text = "kind: [\n"
	s.must(s.Change(s.ctx, s.uri, s.version, nil, s.text))
	s.diagnostics()
	s.must(s.Notify(s.ctx, "textDocument/didClose", map[string]any{"textDocument": map[string]any{"uri": s.uri}}))
	if _, err := s.Await(s.ctx, s.uri, func(d lsptest.Diagnostics) bool { return d.Version == 0 && len(d.Diagnostics) == 0 }); err != nil {
		t.Error(err)
	}
	s.end()
	if log := s.Stderr.String(); log != "" {
		t.Errorf("logged: %s", log)
	}
}

// Positions are in UTF-8 where the client wants it.
func TestUTF8(t *testing.T) {
	s := begin(t, "op.yaml", strings.Replace(operator, "🙂 ${name}", "🙂 ${nam}", 1), map[string]any{
		"general": map[string]any{"positionEncodings": []string{"utf-8", "utf-16"}},
	})
	found := s.diagnostics()
	line := `        - log: "🙂 ${`
	if len(found) != 2 || found[0].Range.Start.Character != len(line) {
		t.Errorf("diagnostics: %+v, want one at %d", found, len(line))
	}
	s.end()
}

// What is beside a file is known, and is not shown: a definition types the fields, and
// another operator of the same name is a mistake.
func TestFolder(t *testing.T) {
	s := connect(t, map[string]any{})
	dir := t.TempDir()
	beside := filepath.Join(dir, "beside.yaml")
	s.must(os.WriteFile(beside, []byte(operator), 0o600))
	s.must(os.WriteFile(filepath.Join(dir, "compose.yaml"), []byte("services: {web: {image: [x}}\n"), 0o600))
	s.must(os.WriteFile(filepath.Join(dir, "broken.json"), []byte("{"), 0o600))
	s.uri = "file://" + filepath.Join(dir, "operator.yaml")
	s.open(strings.Replace(operator, "${nam}", "${name}", 1))
	found := s.diagnostics()
	if len(found) == 0 || found[0].Code != "duplicate-name" || len(found[0].RelatedInformation) != 1 ||
		found[0].RelatedInformation[0].Location.URI != "file://"+beside {
		t.Fatalf("diagnostics: %+v", found)
	}
	s.must(os.WriteFile(filepath.Join(dir, "crd.yaml"), []byte(strings.Join([]string{
		"apiVersion: apiextensions.k8s.io/v1", "kind: CustomResourceDefinition", "metadata: {name: things.example.com}",
		"spec: {group: example.com, scope: Namespaced, names: {kind: Thing, plural: things}, versions: [{name: v1, served: true, storage: true,",
		"  schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}, colour: {type: string}}}}}}}]}", "",
	}, "\n")), 0o600))
	s.replace("spec.size > 10", "spec. > 10")
	var list struct{ Items []item }
	s.ask("completion", s.at("big: spec."), &list)
	if len(list.Items) < 2 || list.Items[0].Label != "colour" || list.Items[1].Label != "size" {
		t.Errorf("fields of the definition beside: %+v", list.Items)
	}
	s.replace("spec. > 10", "spec.size > 10")
	s.diagnostics()

	// A file that is changed outside counts when the editor tells.
	s.must(os.WriteFile(beside, []byte("nothing: to see\n"), 0o600))
	s.must(s.Notify(s.ctx, "workspace/didChangeWatchedFiles", map[string]any{"changes": []any{map[string]any{"uri": "file://" + beside, "type": 2}}}))
	_, err := s.Await(s.ctx, s.uri, func(d lsptest.Diagnostics) bool { return len(d.Diagnostics) == 0 })
	s.must(err)
	s.end()
}

// A document need not be a file, and other YAML is left alone.
func TestOtherDocuments(t *testing.T) {
	s := connect(t, map[string]any{})
	s.uri = "untitled:Untitled-1"
	s.open(operator)
	if found := s.diagnostics(); len(found) != 1 {
		t.Errorf("an unsaved document: %+v", found)
	}
	s.uri = "file:///nowhere/compose.yaml"
	s.open("services:\n  web: {image: [x}\n")
	if found := s.diagnostics(); len(found) != 0 {
		t.Errorf("a file of others: %+v", found)
	}
	s.end()
}

// Mistakes of the client are answered, and the session goes on.
func TestClientMistakes(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	client, err := lsptest.Start(ctx, binary(t))
	if err != nil {
		t.Fatal(err)
	}
	fails := func(method string, params any, code jrpc2.Code) {
		t.Helper()
		var problem *jrpc2.Error
		if err := client.Call(ctx, method, params, nil); !errors.As(err, &problem) || problem.Code != code {
			t.Errorf("%s: %v, want an error of code %d", method, err, code)
		}
	}
	place := map[string]any{"textDocument": map[string]any{"uri": "file:///not/open.yaml"}, "position": map[string]any{"line": 1, "character": 1}}
	fails("textDocument/hover", place, -32002)
	if _, err := client.Initialize(ctx, map[string]any{}); err != nil {
		t.Fatal(err)
	}
	fails("initialize", map[string]any{}, -32600)
	fails("textDocument/unknown", place, -32601)
	fails("textDocument/hover", map[string]any{"position": "here"}, -32602)
	fails("textDocument/hover", []any{1, 2}, -32602)
	for _, method := range []string{"textDocument/didChange", "textDocument/didOpen", "$/whatever"} {
		if err := client.Notify(ctx, method, map[string]any{"textDocument": map[string]any{"uri": 1}}); err != nil {
			t.Fatal(err)
		}
	}
	for _, method := range []string{"hover", "definition", "completion", "documentSymbol", "codeAction"} {
		if err := client.Call(ctx, "textDocument/"+method, place, nil); err != nil {
			t.Errorf("%s of a document that is not open: %v", method, err)
		}
	}
	// Positions that do not exist.
	if err := client.Open(ctx, "file:///a.yaml", operator); err != nil {
		t.Fatal(err)
	}
	for _, at := range []lsptest.Position{{Line: 10_000}, {Line: 3, Character: 10_000}, {Line: -1, Character: -1}} {
		for _, method := range []string{"hover", "definition", "completion"} {
			params := map[string]any{"textDocument": map[string]any{"uri": "file:///a.yaml"}, "position": at}
			if err := client.Call(ctx, "textDocument/"+method, params, nil); err != nil {
				t.Errorf("%s at %+v: %v", method, at, err)
			}
		}
	}
	if err := client.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	if log := client.Stderr.String(); !strings.Contains(log, "a notification that makes no sense") {
		t.Errorf("log: %s", log)
	}
}

// What is no message ends the process with an error, at once and with a reason; what is no
// JSON does not end it.
func TestNoProtocol(t *testing.T) {
	frame := func(text string) string { return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(text), text) }
	for input, want := range map[string]string{
		"hello\r\n\r\n":                                `"code":-32700`,
		"Content-Length: x\r\n\r\n":                    `"code":-32700`,
		"Content-Length: 99999999999999\r\n\r\n":       `"code":-32700`,
		"Content-Type: x\r\n\r\n":                      `"code":-32700`,
		frame("{"):                                     `"code":-32700`,
		frame("[]"):                                    `"code":-32600`,
		frame(`{"jsonrpc":"1.0","id":1,"method":"x"}`): `"code":-32600`,
		frame(`{"jsonrpc":"2.0","id":1}`):              `"code":-32600`,
		frame(`{"jsonrpc":"2.0","id":1,"method":"x"}`): `"code":-32601`,
		"": "",
	} {
		cmd, in, out, err := lsptest.Raw(t.Context(), binary(t))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := in.Write([]byte(input)); err != nil {
			t.Fatal(err)
		}
		answer := make([]byte, 1000)
		n := 0
		if want != "" {
			n, _ = out.Read(answer)
		}
		in.Close()
		if !strings.Contains(string(answer[:n]), want) {
			t.Errorf("%q: answered %q", input, answer[:n])
		}
		var exit *exec.ExitError
		if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 1 {
			t.Errorf("%q: ended with %v", input, err)
		}
	}
}
