package kube

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
)

// acceptDiscovery asks for everything in one answer (aggregated discovery);
// servers before 1.27 answer with a list of groups instead.
const acceptDiscovery = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList," +
	"application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json"

// fetch asks the server for all its resources. What a broken aggregated API
// cannot tell is left out.
func fetch(ctx context.Context, raw *rest.RESTClient) ([]Resource, error) {
	f := fetcher{raw: raw}
	for _, root := range []string{"/api", "/apis"} {
		if err := f.root(ctx, root); err != nil {
			return nil, err
		}
	}
	return f.resources, nil
}

type fetcher struct {
	raw       *rest.RESTClient
	resources []Resource
}

// answer is what /api and /apis return: one of three kinds.
type answer struct {
	Kind string
	// Items are those of an APIGroupDiscoveryList.
	Items []struct {
		Metadata struct{ Name string }
		Versions []aggregatedVersion
	}
	// Groups are those of an APIGroupList.
	Groups []metav1.APIGroup
	// Versions are those of the APIVersions of the core group.
	Versions []string
}

// aggregatedVersion is the part of apidiscovery.k8s.io/v2 that matters here. The
// package with its types would bring the machinery of a typed client with it.
type aggregatedVersion struct {
	Version   string
	Freshness string
	Resources []struct {
		Resource         string
		ResponseKind     *metav1.GroupVersionKind
		Scope            string
		SingularResource string
		Verbs            []string
		ShortNames       []string
		Categories       []string
		Subresources     []struct{ Subresource string }
	}
}

func (f *fetcher) root(ctx context.Context, path string) error {
	text, err := answerTo(ctx, f.raw.Get().AbsPath(path).SetHeader("Accept", acceptDiscovery))
	if err != nil {
		if apierrors.IsNotFound(err) { // a server that has only one of the two
			return nil
		}
		return fmt.Errorf("the API server does not tell what it serves: %w", err)
	}
	var a answer
	if err := json.Unmarshal(text, &a); err != nil {
		return fmt.Errorf("the API server's %s cannot be read: %w", path, err)
	}
	switch a.Kind {
	case "APIGroupDiscoveryList":
		for _, group := range a.Items {
			f.aggregated(group.Metadata.Name, group.Versions)
		}
	case "APIGroupList":
		for _, group := range a.Groups {
			f.group(ctx, group)
		}
	case "APIVersions":
		f.group(ctx, coreGroup(a.Versions))
	}
	return nil
}

// aggregated takes a group of an aggregated answer. Its versions come in the
// order of preference; a stale one is the last that was heard of a broken API.
func (f *fetcher) aggregated(group string, versions []aggregatedVersion) {
	var found [][]Resource
	for _, v := range versions {
		if v.Freshness == "Stale" {
			continue
		}
		var resources []Resource
		for _, r := range v.Resources {
			if r.ResponseKind == nil || r.ResponseKind.Kind == "" {
				continue
			}
			resource := Resource{
				Group: group, Version: v.Version, Kind: r.ResponseKind.Kind,
				Plural: r.Resource, Singular: r.SingularResource,
				ShortNames: r.ShortNames, Categories: r.Categories, Verbs: r.Verbs,
				Namespaced: r.Scope == "Namespaced",
			}
			for _, sub := range r.Subresources {
				resource.Status = resource.Status || sub.Subresource == "status"
			}
			resources = append(resources, resource)
		}
		found = append(found, resources)
	}
	f.add(found)
}

func coreGroup(versions []string) metav1.APIGroup {
	var group metav1.APIGroup
	for _, v := range versions {
		group.Versions = append(group.Versions, metav1.GroupVersionForDiscovery{GroupVersion: v, Version: v})
	}
	return group
}

// group asks for each version of a group, the preferred one first.
func (f *fetcher) group(ctx context.Context, group metav1.APIGroup) {
	slices.SortStableFunc(group.Versions, func(a, b metav1.GroupVersionForDiscovery) int {
		return cmp.Compare(rank(a, group), rank(b, group))
	})
	var found [][]Resource
	for _, v := range group.Versions {
		list, err := f.version(ctx, group.Name, v.Version)
		if err == nil {
			found = append(found, legacyResources(group.Name, v.Version, list))
		}
	}
	f.add(found)
}

func rank(v metav1.GroupVersionForDiscovery, group metav1.APIGroup) int {
	if v.Version == group.PreferredVersion.Version {
		return 0
	}
	return 1
}

func (f *fetcher) version(ctx context.Context, group, version string) ([]metav1.APIResource, error) {
	path := []string{"apis", group, version}
	if group == "" {
		path = []string{"api", version}
	}
	text, err := answerTo(ctx, f.raw.Get().AbsPath(path...))
	if err != nil {
		return nil, err
	}
	var list metav1.APIResourceList
	err = json.Unmarshal(text, &list)
	return list.APIResources, err
}

// legacyResources takes the resources of one version; subresources stand among
// them as resource/subresource.
func legacyResources(group, version string, list []metav1.APIResource) []Resource {
	status := map[string]bool{}
	for _, r := range list {
		if parent, sub, ok := strings.Cut(r.Name, "/"); ok && sub == "status" {
			status[parent] = true
		}
	}
	var resources []Resource
	for _, r := range list {
		if strings.Contains(r.Name, "/") {
			continue
		}
		resources = append(resources, Resource{
			Group: group, Version: version, Kind: r.Kind,
			Plural: r.Name, Singular: r.SingularName,
			ShortNames: r.ShortNames, Categories: r.Categories, Verbs: r.Verbs,
			Namespaced: r.Namespaced, Status: status[r.Name],
		})
	}
	return resources
}

// add takes the versions of a group, in the order of preference.
func (f *fetcher) add(versions [][]Resource) {
	seen := map[string]bool{}
	for _, resources := range versions {
		for _, r := range resources {
			if r.Singular == "" {
				r.Singular = strings.ToLower(r.Kind)
			}
			r.Preferred = !seen[r.Plural]
			seen[r.Plural] = true
			f.resources = append(f.resources, r)
		}
	}
}

// served is one answer of discovery, by its keys.
type served struct {
	all   []Resource
	byGVR map[schema.GroupVersionResource]Resource
	byGVK map[schema.GroupVersionKind]Resource
}

func newServed(all []Resource) *served {
	s := &served{
		all:   all,
		byGVR: map[schema.GroupVersionResource]Resource{},
		byGVK: map[schema.GroupVersionKind]Resource{},
	}
	for _, r := range all {
		s.byGVR[r.GVR()] = r
		if _, taken := s.byGVK[r.GVK()]; !taken {
			s.byGVK[r.GVK()] = r
		}
	}
	return s
}
