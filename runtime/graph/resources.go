package graph

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"

	kinds "github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// reference is how definitions name a resource.
type reference struct {
	// kind is written like that; names are plurals, singulars and short names in
	// small letters.
	kind    string
	names   []string
	group   *string
	version string
	// title is for what is no single resource, or one that is not known: then
	// nothing of the above is set.
	title, line string
	open        bool
}

// resource is one resource as far as it is known, with who uses it.
type resource struct {
	reference
	node int
	// used and watched are the operators that name it, and those that have
	// handlers for it.
	used, watched []string
}

// selected is the reference of a selector.
func selected(s *spec.Selector) reference {
	r := reference{version: text(s.Version)}
	if s.Group != nil {
		r.group = &s.Group.Value
	}
	switch {
	case s.Any != nil && s.Any.Value:
		r.title = "every resource"
	case s.Category != nil:
		r.title = "all of category " + s.Category.Value
	}
	if r.title != "" {
		r.open = true
		r.line = strings.Trim(strings.Join([]string{text(s.Group), text(s.Version)}, "/"), "/")
		if s.When != nil {
			r.line = strings.TrimSpace(r.line + " if " + plain(s.When.Text))
		}
		return r
	}
	if s.Kind != nil {
		r.kind = s.Kind.Value
		r.names = namesOf(r.kind)
	}
	for _, name := range []*spec.String{s.Plural, s.Singular, s.ShortName, s.AnyName} {
		if name != nil && name.Value != "" {
			r.names = append(r.names, strings.ToLower(name.Value))
		}
	}
	return r
}

// typed is the reference of apiVersion and kind, which may be computed.
func typed(apiVersion, kind *spec.Value) reference {
	k, isText := fixed(kind)
	if !isText {
		line := ""
		if kind != nil {
			line = "kind " + source(kind)
		}
		return reference{title: "?", line: line, open: true}
	}
	r := reference{kind: k, names: namesOf(k)}
	if v, ok := fixed(apiVersion); ok {
		gv, err := schema.ParseGroupVersion(v)
		if err == nil {
			r.group, r.version = &gv.Group, gv.Version
		}
	}
	return r
}

// namesOf are the names that a kind has unless somebody chose others.
func namesOf(kind string) []string {
	plural, singular := meta.UnsafeGuessKindToResource(schema.GroupVersionKind{Kind: kind})
	return []string{plural.Resource, singular.Resource}
}

// same tells whether two references mean one resource, as far as they tell.
func (r reference) same(other reference) bool {
	if r.title != "" || other.title != "" {
		return r.title == other.title && r.line == other.line
	}
	if r.group != nil && other.group != nil && *r.group != *other.group {
		return false
	}
	return slices.ContainsFunc(r.names, func(name string) bool { return slices.Contains(other.names, name) })
}

// add learns what another reference tells.
func (r *reference) add(other reference) {
	if r.kind == "" {
		r.kind = other.kind
	}
	if r.group == nil {
		r.group = other.group
	}
	if r.version == "" {
		r.version = other.version
	}
	for _, name := range other.names {
		if !slices.Contains(r.names, name) {
			r.names = append(r.names, name)
		}
	}
}

// heading is the title of the node, and the line below it.
func (r reference) heading() (title string, lines []string) {
	if r.title != "" {
		return r.title, nonEmpty(r.line)
	}
	title = r.kind
	if title == "" && len(r.names) > 0 {
		title = r.names[0]
	}
	if r.group == nil || *r.group == "" {
		return title, nonEmpty(r.version)
	}
	return title, nonEmpty(strings.Trim(*r.group+"/"+r.version, "/"))
}

// definitions are the resources that are known without a cluster, those of the
// core group first: where a name fits several, the engine takes these.
func definitions(crds []*spec.CRD) []reference {
	set := kinds.NewSet(kinds.Builtin())
	for _, crd := range crds {
		_ = set.AddCRD(crd.Object) // what is wrong with it is for others to say
	}
	var out []reference
	for _, r := range set.Resources() {
		ref := reference{kind: r.Kind, names: append([]string{r.Plural, strings.ToLower(r.Kind)}, r.ShortNames...), group: &r.Group}
		if r.Singular != "" {
			ref.names = append(ref.names, r.Singular)
		}
		if r.Preferred {
			ref.version = r.Version
		}
		last := len(out) - 1
		if last < 0 || *out[last].group != r.Group || out[last].names[0] != r.Plural {
			out = append(out, ref)
			continue
		}
		out[last].add(ref) // another version of it
	}
	return out
}

// resourceOf finds the resource that a reference means, or adds it.
func (b *builder) resourceOf(ref reference) *resource {
	if ref.title == "" {
		for _, known := range b.known {
			if known.same(ref) {
				ref.names = append(slices.Clone(known.names), ref.names...)
				ref.add(known)
				break
			}
		}
	}
	for _, r := range b.resources {
		if r.same(ref) {
			r.add(ref)
			return r
		}
	}
	r := &resource{reference: ref, node: len(b.graph.Nodes)}
	name := ref.title
	if name == "" {
		name = append(slices.Clone(ref.names), strings.ToLower(ref.kind))[0]
	}
	b.add(Node{Kind: Resource, Open: ref.open}, "resource", name)
	b.resources = append(b.resources, r)
	return r
}

// used notes that the operator at hand names a resource.
func (b *builder) used(r *resource, watched bool) *resource {
	note := func(names *[]string) {
		if !slices.Contains(*names, b.operator) {
			*names = append(*names, b.operator)
		}
	}
	note(&r.used)
	if watched {
		note(&r.watched)
	}
	return r
}

// placed says where a resource is drawn: inside the operator that has handlers
// for it, or the only one that uses it; else outside of all.
func (r *resource) placed() string {
	switch {
	case len(r.watched) == 1:
		return r.watched[0]
	case len(r.watched) == 0 && len(r.used) == 1:
		return r.used[0]
	}
	return ""
}
