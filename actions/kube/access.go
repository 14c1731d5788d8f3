package kube

import (
	"context"
	"encoding/json"
	"strings"
)

var selfSubjectAccessReviews = Resource{
	Group: "authorization.k8s.io", Version: "v1", Kind: "SelfSubjectAccessReview",
	Plural: "selfsubjectaccessreviews",
}

// CanI asks the API server whether the client may use a verb on a resource, in
// a namespace or, where it is empty, in all of them. A plural with a slash asks
// for a subresource.
func (c *Client) CanI(ctx context.Context, r Resource, verb, namespace string) (bool, error) {
	type attributes struct {
		Namespace   string `json:"namespace,omitempty"`
		Verb        string `json:"verb"`
		Group       string `json:"group"`
		Version     string `json:"version"`
		Resource    string `json:"resource"`
		Subresource string `json:"subresource,omitempty"`
	}
	plural, sub, _ := strings.Cut(r.Plural, "/")
	question, err := json.Marshal(map[string]any{
		"apiVersion": selfSubjectAccessReviews.GVK().GroupVersion().String(),
		"kind":       selfSubjectAccessReviews.Kind,
		"spec": map[string]any{"resourceAttributes": attributes{
			Namespace: namespace, Verb: verb, Group: r.Group, Version: r.Version, Resource: plural, Subresource: sub,
		}},
	})
	if err != nil {
		return false, err
	}
	answer, err := c.Create(ctx, selfSubjectAccessReviews, "", question)
	if err != nil {
		return false, err
	}
	var review struct{ Status struct{ Allowed bool } }
	err = json.Unmarshal([]byte(answer.JSON()), &review)
	return review.Status.Allowed, err
}
