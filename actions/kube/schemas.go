package kube

import (
	"context"
	"fmt"
	"slices"

	kubeschema "k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kopf-declarative/kopf-declarative/eval/schema"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// Schemas adds to known kinds what the server serves: of the groups that selectors by
// name or apiVersions mean, the schemas, and of all others, that they exist. The answers
// can be large, so nobody is asked for more.
func (c *Client) Schemas(ctx context.Context, known *schema.Set, selectors []*spec.Selector, apiVersions []string) (*schema.Set, error) {
	all, err := c.Discovery.All(ctx)
	if err != nil {
		return nil, err
	}
	published, err := publishedDocuments(ctx, c.raw)
	if err != nil {
		return nil, err
	}
	groups := groupsOf(&served{all: all}, selectors, apiVersions)
	out := schema.NewSet(known)
	for _, version := range versionsOf(all) {
		document := []byte("{}")
		if address := published[documentPath(version)]; address != "" && groups[version.Group] {
			if document, err = readDocument(ctx, c.raw, version, address); err != nil {
				return nil, err
			}
		}
		var resources []Resource
		for _, r := range all {
			if r.GVK().GroupVersion() == version && (groups[r.Group] || known.Type(r.GVK()) == nil) {
				resources = append(resources, r)
			}
		}
		if err := out.AddOpenAPI(document, resourcesFor(resources)); err != nil {
			return nil, fmt.Errorf("the API server's schemas of %s cannot be read: %w", version, err)
		}
	}
	return out, nil
}

// groupsOf are the groups that are meant.
func groupsOf(known *served, selectors []*spec.Selector, apiVersions []string) map[string]bool {
	groups := map[string]bool{}
	for _, s := range selectors {
		if !byName(s) {
			continue
		}
		for _, r := range known.matching(s) {
			groups[r.Group] = true
		}
	}
	for _, apiVersion := range apiVersions {
		groups[schema.KindOf(apiVersion, "").Group] = true
	}
	return groups
}

// versionsOf are the groups and versions of resources, each once.
func versionsOf(all []Resource) []kubeschema.GroupVersion {
	var out []kubeschema.GroupVersion
	for _, r := range all {
		if version := r.GVK().GroupVersion(); !slices.Contains(out, version) {
			out = append(out, version)
		}
	}
	return out
}

func resourcesFor(resources []Resource) []schema.Resource {
	var out []schema.Resource
	for _, r := range resources {
		out = append(out, schema.Resource{
			Group: r.Group, Version: r.Version, Kind: r.Kind, Plural: r.Plural, Singular: r.Singular,
			ShortNames: r.ShortNames, Categories: r.Categories, Namespaced: r.Namespaced,
			Preferred: r.Preferred, Status: r.Status,
		})
	}
	return out
}
