package scaffold

import (
	"bytes"
	"embed"
	"fmt"
	"slices"
	"strings"
	"text/template"

	"sigs.k8s.io/yaml"
)

// File is one file of an operator, by its path with slashes from the operator's folder.
type File struct {
	Path string
	Text []byte
}

//go:embed templates
var templates embed.FS

// Files are the files of the operator. The choices must have been checked.
func Files(c Choices) ([]File, error) {
	all, err := template.New("").Funcs(template.FuncMap{"q": quoted, "article": article}).ParseFS(templates, "templates/*")
	if err != nil {
		return nil, err
	}
	v := newView(c)
	var out []File
	for _, f := range []struct{ path, template string }{
		{"operator.yaml", "operator.yaml"},
		{"example/object.yaml", "object.yaml"},
		{"README.md", "README.md"},
	} {
		var text bytes.Buffer
		if err := all.ExecuteTemplate(&text, f.template, v); err != nil {
			return nil, fmt.Errorf("%s: %w", f.path, err)
		}
		out = append(out, File{f.path, text.Bytes()})
	}
	return out, nil
}

// view is what the templates see.
type view struct {
	Choices
	Singular string
	// Fields are those chosen, and those that the child needs.
	Fields []fieldView
}

type fieldView struct {
	Field
	// Schema is the type in a CRD, Sample a value, and Text an expression that yields the value
	// as text: all in YAML.
	Schema, Sample, Text string
}

func newView(c Choices) view {
	v := view{Choices: c, Singular: strings.ToLower(c.Kind)}
	for _, n := range needed[c.Child] {
		if !slices.Contains(c.Fields, n) {
			c.Fields = append(slices.Clone(c.Fields), n)
		}
	}
	for _, f := range c.Fields {
		v.Fields = append(v.Fields, viewOf(f))
	}
	return v
}

// IsNone, IsConfigMap and IsDeployment tell the children apart.
func (v view) IsNone() bool       { return v.Child == None }
func (v view) IsConfigMap() bool  { return v.Child == ConfigMap }
func (v view) IsDeployment() bool { return v.Child == Deployment }

// Resource is the resource as an operator names it.
func (v view) Resource() string { return v.Plural + "." + v.Group }

// ChildKind is the kind of the child.
func (v view) ChildKind() string {
	return map[Child]string{ConfigMap: "ConfigMap", Deployment: "Deployment"}[v.Child]
}

func viewOf(f Field) fieldView {
	texts := "{type: string}"
	out := fieldView{Field: f, Text: "string(spec." + f.Name + ")"}
	switch f.Type {
	case "string":
		out.Schema, out.Sample, out.Text = texts, "something", "spec."+f.Name
	case "integer":
		out.Schema, out.Sample = "{type: integer}", "1"
	case "number":
		out.Schema, out.Sample = "{type: number}", "0.5"
	case "boolean":
		out.Schema, out.Sample = "{type: boolean}", "true"
	case "list":
		out.Schema, out.Sample, out.Text = "{type: array, items: "+texts+"}", "[one, two]", "json.encode(spec."+f.Name+")"
	case "map":
		out.Schema, out.Sample, out.Text = "{type: object, additionalProperties: "+texts+"}", "{key: value}", "json.encode(spec."+f.Name+")"
	}
	if f.Name == "image" && f.Type == "string" {
		out.Sample = quoted("nginx:1.29")
	}
	return out
}

// quoted is a text in YAML, with quotes where it would be something else without.
func quoted(text string) string {
	out, err := yaml.Marshal(text)
	if err != nil {
		panic(err) // there is no text that YAML cannot hold
	}
	return strings.TrimSuffix(string(out), "\n")
}

// article is the word before a kind.
func article(kind string) string {
	if strings.ContainsAny(kind[:1], "AEIO") {
		return "an"
	}
	return "a"
}
