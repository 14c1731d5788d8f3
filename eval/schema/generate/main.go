// Command generate makes builtin.zip of the OpenAPI and discovery documents that are
// part of the source of Kubernetes. Its arguments are the folder of a module that
// requires k8s.io/kubernetes, whose version is taken, and the file to write.
package main

import (
	"archive/zip"
	"bytes"
	"cmp"
	"compress/flate"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: generate MODULE-FOLDER OUTPUT")
		os.Exit(2)
	}
	if err := generate(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// document is what of an OpenAPI v3 document is used.
type document struct {
	Components struct {
		Schemas map[string]map[string]any
	}
}

// discovery is what of an aggregated discovery document is used.
type discovery struct {
	Items []struct {
		Metadata struct{ Name string }
		Versions []struct {
			Version   string
			Resources []discovered
		}
	}
}

type discovered struct {
	Resource         string
	ResponseKind     struct{ Kind string }
	Scope            string
	SingularResource string
	ShortNames       []string
	Categories       []string
	Subresources     []struct{ Subresource string }
}

// core is what of the older kind of discovery document is used, which alone has the
// core group. Subresources are resources of their own there.
type core struct {
	Resources []struct {
		Name, Kind, SingularName string
		ShortNames, Categories   []string
		Namespaced               bool
	}
}

// resource has the fields of schema.Resource, and the name of the definition.
type resource struct {
	Group, Version, Kind   string
	Plural, Singular       string
	ShortNames, Categories []string `json:",omitempty"`
	Namespaced             bool     `json:",omitempty"`
	Preferred              bool     `json:",omitempty"`
	Status                 bool     `json:",omitempty"`
	Definition             string
}

func generate(module, output string) error {
	kubernetes, err := source(module)
	if err != nil {
		return err
	}
	definitions, err := definitions(filepath.Join(kubernetes, "api/openapi-spec/v3"))
	if err != nil {
		return err
	}
	resources, err := resources(filepath.Join(kubernetes, "api/discovery"), definitions)
	if err != nil {
		return err
	}
	files := map[string]any{"resources.json": resources}
	for _, name := range reachable(definitions, resources) {
		files[name+".json"] = definitions[name]
	}
	text, err := archive(files)
	if err != nil {
		return err
	}
	return os.WriteFile(output, text, 0o644)
}

// source is the folder with the source of Kubernetes that a module requires.
func source(module string) (string, error) {
	out, err := exec.Command("go", "-C", module, "mod", "download", "-json", "k8s.io/kubernetes").Output()
	if err != nil {
		return "", fmt.Errorf("go mod download k8s.io/kubernetes in %s: %w", module, err)
	}
	var downloaded struct{ Dir string }
	err = json.Unmarshal(out, &downloaded)
	return downloaded.Dir, err
}

// definitions are the schemas of all groups and versions.
func definitions(dir string) (map[string]map[string]any, error) {
	paths, err := filepath.Glob(filepath.Join(dir, "api*__v*_openapi.json"))
	if err != nil {
		return nil, err
	}
	out := map[string]map[string]any{}
	for _, path := range paths {
		var d document
		if err := decode(path, &d); err != nil {
			return nil, err
		}
		maps.Copy(out, d.Components.Schemas)
	}
	return out, nil
}

// resources are those of all groups and versions that have a schema.
func resources(dir string, definitions map[string]map[string]any) ([]resource, error) {
	var d discovery
	if err := decode(filepath.Join(dir, "aggregated_v2.json"), &d); err != nil {
		return nil, err
	}
	var c core
	if err := decode(filepath.Join(dir, "api__v1.json"), &c); err != nil {
		return nil, err
	}
	out := append(d.resources(), c.resources()...)
	named := names(definitions)
	for i := range out {
		out[i].Definition = named[kind{out[i].Group, out[i].Version, out[i].Kind}]
	}
	out = slices.DeleteFunc(out, func(r resource) bool { return r.Definition == "" })
	slices.SortFunc(out, func(a, b resource) int {
		return cmp.Or(cmp.Compare(a.Group, b.Group), cmp.Compare(a.Plural, b.Plural), cmp.Compare(a.Version, b.Version))
	})
	return out, nil
}

// resources lists them. The first version that has one is the preferred one.
func (d discovery) resources() []resource {
	var out []resource
	for _, group := range d.Items {
		seen := map[string]bool{}
		for _, version := range group.Versions {
			for _, r := range version.Resources {
				out = append(out, resource{
					Group: group.Metadata.Name, Version: version.Version, Kind: r.ResponseKind.Kind,
					Plural: r.Resource, Singular: r.SingularResource, ShortNames: r.ShortNames, Categories: r.Categories,
					Namespaced: r.Scope == "Namespaced",
					Preferred:  !seen[r.Resource],
					Status:     slices.ContainsFunc(r.Subresources, func(s struct{ Subresource string }) bool { return s.Subresource == "status" }),
				})
				seen[r.Resource] = true
			}
		}
	}
	return out
}

// resources lists those of the core group.
func (c core) resources() []resource {
	withStatus := map[string]bool{}
	for _, r := range c.Resources {
		if plural, ok := strings.CutSuffix(r.Name, "/status"); ok {
			withStatus[plural] = true
		}
	}
	var out []resource
	for _, r := range c.Resources {
		if strings.Contains(r.Name, "/") {
			continue
		}
		out = append(out, resource{
			Version: "v1", Kind: r.Kind, Plural: r.Name, Singular: r.SingularName, ShortNames: r.ShortNames, Categories: r.Categories,
			Namespaced: r.Namespaced, Preferred: true, Status: withStatus[r.Name],
		})
	}
	return out
}

type kind struct{ Group, Version, Kind string }

// names are the definitions by the kinds whose schema they are.
func names(definitions map[string]map[string]any) map[kind]string {
	out := map[kind]string{}
	for name, definition := range definitions {
		kinds, _ := definition["x-kubernetes-group-version-kind"].([]any)
		if len(kinds) != 1 {
			continue // DeleteOptions and the like are of all groups
		}
		fields, _ := kinds[0].(map[string]any)
		out[kind{fmt.Sprint(fields["group"]), fmt.Sprint(fields["version"]), fmt.Sprint(fields["kind"])}] = name
	}
	return out
}

// reachable are the definitions that the kinds of resources are made of.
func reachable(definitions map[string]map[string]any, resources []resource) []string {
	seen := map[string]bool{}
	var visit func(value any)
	visit = func(value any) {
		switch value := value.(type) {
		case map[string]any:
			if ref, ok := value["$ref"].(string); ok {
				name := strings.TrimPrefix(ref, "#/components/schemas/")
				if !seen[name] {
					seen[name] = true
					visit(definitions[name])
				}
			}
			for _, inner := range value {
				visit(inner)
			}
		case []any:
			for _, inner := range value {
				visit(inner)
			}
		}
	}
	for _, r := range resources {
		visit(map[string]any{"$ref": r.Definition})
	}
	return slices.Sorted(maps.Keys(seen))
}

// archive writes the files in the order of their names, without times: the same input
// gives the same bytes.
func archive(files map[string]any) ([]byte, error) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	w.RegisterCompressor(zip.Deflate, func(to io.Writer) (io.WriteCloser, error) { return flate.NewWriter(to, flate.BestCompression) })
	for _, name := range slices.Sorted(maps.Keys(files)) {
		text, err := json.Marshal(files[name])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if _, err := f.Write(text); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

func decode(path string, into any) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
