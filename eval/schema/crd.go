package schema

import (
	"encoding/json"
	"fmt"

	"k8s.io/apimachinery/pkg/version"
	openapi "k8s.io/kube-openapi/pkg/validation/spec"
)

// crd is what of a CustomResourceDefinition says which kinds it has.
type crd struct {
	Spec struct {
		Group string
		Scope string
		Names struct {
			Kind, Plural, Singular string
			ShortNames, Categories []string
		}
		Versions []crdVersion
	}
}

type crdVersion struct {
	Name   string
	Served bool
	Schema struct {
		OpenAPIV3Schema *openapi.Schema
	}
	Subresources struct {
		Status *struct{}
	}
}

// AddCRD adds the kinds of a CustomResourceDefinition of apiextensions.k8s.io/v1: one for
// each version that is served. The error says what is not understood about it; what is
// understood is added nevertheless.
func (s *Set) AddCRD(object map[string]any) error {
	text, err := json.Marshal(object)
	if err != nil {
		return fmt.Errorf("CustomResourceDefinition: %w", err)
	}
	var d crd
	if err := json.Unmarshal(text, &d); err != nil {
		return fmt.Errorf("CustomResourceDefinition: %w", err)
	}
	preferred := d.preferred()
	for _, v := range d.Spec.Versions {
		if !v.Served {
			continue
		}
		r := Resource{
			Group: d.Spec.Group, Version: v.Name, Kind: d.Spec.Names.Kind,
			Plural: d.Spec.Names.Plural, Singular: d.Spec.Names.Singular,
			ShortNames: d.Spec.Names.ShortNames, Categories: d.Spec.Names.Categories,
			Namespaced: d.Spec.Scope == "Namespaced",
			Preferred:  v.Name == preferred,
			Status:     v.Subresources.Status != nil,
		}
		root := v.Schema.OpenAPIV3Schema
		if root == nil {
			root = &openapi.Schema{}
		}
		s.add(r, rootOf(customSource(), r.GVK(), root))
	}
	return nil
}

// customSource is for schemas that stand alone.
func customSource() *source {
	return &source{
		definition:   func(string) *openapi.Schema { return nil },
		zeroDefaults: func(*openapi.Schema) bool { return false },
		metadata:     Metadata,
	}
}

// preferred is the version that the API server prefers: the first by the order that
// Kubernetes gives versions, of those that are served.
func (d crd) preferred() string {
	best := ""
	for _, v := range d.Spec.Versions {
		if v.Served && (best == "" || version.CompareKubeAwareVersionStrings(v.Name, best) > 0) {
			best = v.Name
		}
	}
	return best
}
