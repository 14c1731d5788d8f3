package kube

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
)

const (
	// fieldManager owns what the engine itself applies.
	fieldManager = "kopf-declarative"
	// crdPoll is the time between looks at a CRD that is not served yet.
	crdPoll = 100 * time.Millisecond
)

var crdGVR = schema.GroupVersionResource{
	Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions",
}

// ApplyCRDs installs CustomResourceDefinitions by server-side apply and waits
// until the API server serves them.
func (c *Client) ApplyCRDs(ctx context.Context, crds []map[string]any) error {
	for _, crd := range crds {
		u := &unstructured.Unstructured{Object: crd}
		_, err := c.Dynamic.Resource(crdGVR).Apply(ctx, u.GetName(), u, metav1.ApplyOptions{FieldManager: fieldManager, Force: true})
		if err != nil {
			return fmt.Errorf("the CRD %s cannot be applied: %w", u.GetName(), oneLine(err))
		}
	}
	for _, crd := range crds {
		if err := c.awaitCRD(ctx, (&unstructured.Unstructured{Object: crd}).GetName()); err != nil {
			return err
		}
	}
	return c.Discovery.Refresh(ctx)
}

// awaitCRD waits until the resource of a CRD answers.
func (c *Client) awaitCRD(ctx context.Context, name string) error {
	err := wait.PollUntilContextCancel(ctx, crdPoll, true, func(ctx context.Context) (bool, error) {
		crd, err := c.Dynamic.Resource(crdGVR).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		if refused := condition(crd, "NamesAccepted"); refused["status"] == "False" {
			return false, fmt.Errorf("its names are taken: %v", refused["message"])
		}
		if condition(crd, "Established")["status"] != "True" {
			return false, nil
		}
		return c.served(ctx, crd)
	})
	if err != nil {
		return fmt.Errorf("the CRD %s does not become ready: %w", name, oneLine(err))
	}
	return nil
}

// condition returns a condition of an object's status, or nil.
func condition(u *unstructured.Unstructured, name string) map[string]any {
	list, _, _ := unstructured.NestedSlice(u.Object, "status", "conditions")
	for _, item := range list {
		if c, ok := item.(map[string]any); ok && c["type"] == name {
			return c
		}
	}
	return nil
}

// served tells whether every served version of a CRD is in discovery: an
// established CRD takes a moment until its handlers answer.
func (c *Client) served(ctx context.Context, crd *unstructured.Unstructured) (bool, error) {
	if err := c.Discovery.Refresh(ctx); err != nil {
		return false, err
	}
	group, _, _ := unstructured.NestedString(crd.Object, "spec", "group")
	plural, _, _ := unstructured.NestedString(crd.Object, "spec", "names", "plural")
	versions, _, _ := unstructured.NestedSlice(crd.Object, "spec", "versions")
	for _, item := range versions {
		version, _ := item.(map[string]any)
		if version["served"] != true {
			continue
		}
		name, _ := version["name"].(string)
		r, err := c.Discovery.ByGVR(ctx, schema.GroupVersionResource{Group: group, Version: name, Resource: plural})
		if missing := (*NoMatch)(nil); errors.As(err, &missing) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		_, err = c.List(ctx, r, "", metav1.ListOptions{Limit: 1}, func(*Object) error { return nil })
		if apierrors.IsNotFound(err) || apierrors.IsServiceUnavailable(err) || apierrors.IsTooManyRequests(err) {
			return false, nil
		}
	}
	return true, nil
}
