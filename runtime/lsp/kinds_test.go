package lsp_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kopf-declarative/kopf-declarative/runtime/lsp/lsptest"
)

// definitionOf is a CustomResourceDefinition whose spec has one field, of a type.
func definitionOf(plural, kind, group, field, fieldType string) string {
	return strings.NewReplacer("PLURAL", plural, "KIND", kind, "GROUP", group, "FIELD", field, "TYPE", fieldType).Replace(
		`apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: PLURAL.GROUP}
spec:
  group: GROUP
  scope: Namespaced
  names: {kind: KIND, plural: PLURAL}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {FIELD: {type: TYPE}}}}}}
`)
}

const sizes = `apiVersion: kopf.dev/v1alpha1
kind: Operator
metadata: {name: sizes}
spec:
  handlers:
    - id: first
      on: create
      resource: things.example.com
      do:
        - log: ${string(spec.sise)}
`

// write writes a file, and tells the server as a client that watches files does.
func (s *session) write(path, text string) {
	s.t.Helper()
	s.must(os.WriteFile(path, []byte(text), 0o600))
	s.must(s.Notify(s.ctx, "workspace/didChangeWatchedFiles", map[string]any{"changes": []any{map[string]any{"uri": "file://" + path, "type": 2}}}))
}

// finds waits until the only finding has a text; an empty one is for no finding.
func (s *session) finds(text string) {
	s.t.Helper()
	_, err := s.Await(s.ctx, s.uri, func(d lsptest.Diagnostics) bool {
		if text == "" {
			return d.Version == s.version && len(d.Diagnostics) == 0
		}
		return d.Version == s.version && len(d.Diagnostics) == 1 && strings.Contains(d.Diagnostics[0].Message, text)
	})
	s.must(err)
}

// edit makes a new version that says the same.
func (s *session) edit() {
	s.t.Helper()
	s.replace("name: sizes", "name: sizes ")
}

// Definitions need not be beside the file: --crd names them, and they are read again when
// they change.
func TestDefinitionsElsewhere(t *testing.T) {
	crds := t.TempDir()
	path := filepath.Join(crds, "things.yaml")
	s := connect(t, map[string]any{}, "--crd", crds)
	// The folder is empty so far.
	if _, err := s.AwaitMessage(s.ctx, func(m string) bool { return strings.Contains(m, "no .yaml, .yml or .json file") }); err != nil {
		t.Fatal(err)
	}
	s.uri = "file://" + filepath.Join(t.TempDir(), "operator.yaml")
	s.open(sizes)
	s.finds("")

	s.write(path, definitionOf("things", "Thing", "example.com", "size", "integer"))
	s.finds(`v1.Thing.spec has no field "sise"; did you mean "size"?`)
	s.replace("spec.sise", "spec.")
	var list struct{ Items []item }
	s.ask("completion", s.at("spec."), &list)
	if len(list.Items) == 0 || list.Items[0].Label != "size" || list.Items[0].Detail != "int" {
		t.Errorf("fields of the definition elsewhere: %+v", list.Items)
	}
	s.replace("spec.", "spec.sise")
	s.finds("did you mean")

	// It is noticed when something is saved, too.
	s.edit()
	s.must(os.WriteFile(path, []byte(definitionOf("things", "Thing", "example.com", "sise", "integer")), 0o600))
	s.must(s.Notify(s.ctx, "textDocument/didSave", map[string]any{"textDocument": map[string]any{"uri": s.uri}}))
	s.finds("perhaps absent")

	// What is wrong with a definition is told once.
	s.write(path, "kind: CustomResourceDefinition\napiVersion: apiextensions.k8s.io/v1\n")
	if _, err := s.AwaitMessage(s.ctx, func(m string) bool { return strings.Contains(m, path+":") }); err != nil {
		t.Error(err)
	}
	s.must(s.Notify(s.ctx, "textDocument/didSave", map[string]any{"textDocument": map[string]any{"uri": s.uri}}))
	s.ask("completion", s.at("spec."), &list)
	if told := s.Messages(); len(told) != 2 {
		t.Errorf("told %q", told)
	}
	s.end()
}

// A definition beside the open file goes before one that is known everywhere.
func TestNearestDefinition(t *testing.T) {
	crd := filepath.Join(t.TempDir(), "things.yaml")
	if err := os.WriteFile(crd, []byte(definitionOf("things", "Thing", "example.com", "size", "integer")), 0o600); err != nil {
		t.Fatal(err)
	}
	s := connect(t, map[string]any{}, "--crd", crd)
	dir := t.TempDir()
	s.uri = "file://" + filepath.Join(dir, "operator.yaml")
	s.open(sizes)
	s.finds("did you mean")
	s.edit()
	s.write(filepath.Join(dir, "crd.yaml"), definitionOf("things", "Thing", "example.com", "sise", "integer"))
	s.finds("perhaps absent")
	s.end()
}

// The client is asked to watch files, if it can: those of its folders, and those of --crd.
func TestWatchers(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "one.yaml")
	if err := os.WriteFile(file, []byte(definitionOf("things", "Thing", "example.com", "size", "integer")), 0o600); err != nil {
		t.Fatal(err)
	}
	can := func(relative bool) map[string]any {
		return map[string]any{"workspace": map[string]any{"didChangeWatchedFiles": map[string]any{"dynamicRegistration": true, "relativePatternSupport": relative}}}
	}
	for want, capabilities := range map[string]map[string]any{
		`[{"globPattern":"**/*.{yaml,yml,json}"}]`: can(false),
		`[{"globPattern":"**/*.{yaml,yml,json}"},{"globPattern":{"baseUri":"file://DIR","pattern":"*.{yaml,yml,json}"}},{"globPattern":{"baseUri":"file://DIR","pattern":"one.yaml"}}]`: can(true),
	} {
		s := connect(t, capabilities, "--crd", dir, "--crd", file)
		r, err := s.AwaitRequest(s.ctx, func(r lsptest.Request) bool { return r.Method == "client/registerCapability" })
		s.must(err)
		var p struct {
			Registrations []struct {
				ID, Method      string
				RegisterOptions struct{ Watchers json.RawMessage }
			}
		}
		s.must(json.Unmarshal(r.Params, &p))
		if len(p.Registrations) != 1 || p.Registrations[0].ID == "" || p.Registrations[0].Method != "workspace/didChangeWatchedFiles" ||
			string(p.Registrations[0].RegisterOptions.Watchers) != strings.ReplaceAll(want, "DIR", dir) {
			t.Errorf("registered %s", r.Params)
		}
		// The session goes on, whatever the client has answered.
		s.uri = "file://" + filepath.Join(t.TempDir(), "operator.yaml")
		s.open(sizes)
		s.finds("did you mean")
		s.end()
	}

	s := connect(t, map[string]any{})
	s.uri = "file://" + filepath.Join(t.TempDir(), "operator.yaml")
	s.open(sizes)
	s.finds("")
	s.end()
	if slices.ContainsFunc(s.Requests(), func(r lsptest.Request) bool { return r.Method == "client/registerCapability" }) {
		t.Error("a client that cannot watch files is asked to")
	}
}

// What is beside an open file is watched: another operator, and a definition.
func TestFilesBesideChange(t *testing.T) {
	s := connect(t, map[string]any{})
	dir := t.TempDir()
	beside, definition := filepath.Join(dir, "beside.yaml"), filepath.Join(dir, "crd.json")
	s.uri = "file://" + filepath.Join(dir, "operator.yaml")
	s.open(sizes)
	s.finds("")
	s.write(beside, sizes)
	s.finds("sizes")
	s.edit()
	s.must(os.Remove(beside))
	s.write(definition, `{"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "things.example.com"}, "spec": {"group": "example.com",
		"scope": "Namespaced", "names": {"kind": "Thing", "plural": "things"}, "versions": [{"name": "v1", "served": true, "storage": true, "schema":
		{"openAPIV3Schema": {"type": "object", "properties": {"spec": {"type": "object", "properties": {"size": {"type": "integer"}}}}}}}]}}`)
	s.finds("did you mean")
	s.end()
}
