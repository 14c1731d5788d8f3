package schema

import (
	"archive/zip"
	"bytes"
	_ "embed" // for the schemas
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"
	openapi "k8s.io/kube-openapi/pkg/validation/spec"
)

// builtinZip has the definitions of the builtin kinds, a file each, and resources.json.
// Each file can be read without the others, so that a run of lint that needs one kind
// does not pay for all. Made by ./generate.
//
//go:generate go run ./generate ../../cmd/kopf-devcluster builtin.zip
//go:embed builtin.zip
var builtinZip []byte

const resourcesFile = "resources.json"

// builtinResource is an element of resources.json.
type builtinResource struct {
	Resource
	// Definition is the name of the kind's schema.
	Definition string
}

// Builtin has the kinds that each cluster serves, as of the version of Kubernetes
// that this is built with (docs/lint.md names it).
func Builtin() *Set { return loadBuiltins() }

var loadBuiltins = sync.OnceValue(openBuiltins)

// openBuiltins reads the list of the kinds, and none of their schemas.
func openBuiltins() *Set {
	d := openDefinitions()
	src := &source{definition: d.get, zeroDefaults: func(*openapi.Schema) bool { return true }, metadata: Metadata}
	set := NewSet(nil)
	var resources []builtinResource
	mustRead(d.files[resourcesFile], &resources)
	for _, r := range resources {
		set.add(r.Resource, rootOf(src, r.GVK(), &openapi.Schema{SchemaProps: openapi.SchemaProps{Ref: openapi.MustCreateRef(refPrefix + r.Definition)}}))
	}
	return set
}

// loadMetadata reads the metadata apart from the kinds: an engine needs nothing else, and is
// not to keep the list of all kinds for it.
var loadMetadata = sync.OnceValue(func() *Type {
	d := openDefinitions()
	src := &source{definition: d.get, zeroDefaults: func(*openapi.Schema) bool { return true }}
	return node{source: src, name: "metadata", schema: d.get(objectMeta)}.typeOf()
})

// openDefinitions reads the directory of the archive.
func openDefinitions() *definitions {
	archive, err := zip.NewReader(bytes.NewReader(builtinZip), int64(len(builtinZip)))
	if err != nil {
		panic(fmt.Sprintf("the schemas of the builtin kinds are broken: %v", err)) // TestBuiltin reads them all
	}
	files := map[string]*zip.File{}
	for _, f := range archive.File {
		files[f.Name] = f
	}
	return &definitions{files: files, known: map[string]*openapi.Schema{}}
}

// definitions reads schemas when they are asked for.
type definitions struct {
	files map[string]*zip.File

	mu    sync.Mutex
	known map[string]*openapi.Schema // guarded by mu
}

func (d *definitions) get(name string) *openapi.Schema {
	d.mu.Lock()
	defer d.mu.Unlock()
	if known, ok := d.known[name]; ok {
		return known
	}
	f := d.files[name+".json"]
	if f == nil {
		return nil
	}
	s := &openapi.Schema{}
	mustRead(f, s)
	d.known[name] = s
	return s
}

// mustRead decodes a file of the archive, which is part of the binary.
func mustRead(f *zip.File, into any) {
	if err := read(f, into); err != nil {
		panic(fmt.Sprintf("the schemas of the builtin kinds are broken: %s: %v", f.Name, err))
	}
}

func read(f *zip.File, into any) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// KindOf splits apiVersion and kind, as objects say them.
func KindOf(apiVersion, kind string) schema.GroupVersionKind {
	group, version, found := strings.Cut(apiVersion, "/")
	if !found {
		group, version = "", apiVersion
	}
	return schema.GroupVersionKind{Group: group, Version: version, Kind: kind}
}
