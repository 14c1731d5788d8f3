package kube

import (
	"context"
	"fmt"
	"net/http"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
)

// newRaw makes the client behind Client's own methods and discovery: it hands
// out JSON text, and decodes nothing but the server's errors.
func newRaw(config *rest.Config, httpClient *http.Client) (*rest.RESTClient, error) {
	scheme := runtime.NewScheme()
	metav1.AddToGroupVersion(scheme, schema.GroupVersion{Version: "v1"})
	config = rest.CopyConfig(config)
	config.ContentType = runtime.ContentTypeJSON
	config.AcceptContentTypes = runtime.ContentTypeJSON
	config.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	config.GroupVersion = nil
	config.APIPath = "/"
	return rest.UnversionedRESTClientForConfigAndClient(config, httpClient)
}

// Get reads an object.
func (c *Client) Get(ctx context.Context, r Resource, namespace, name string) (*Object, error) {
	return c.one(ctx, r, c.named(http.MethodGet, r, namespace, name))
}

// Create makes an object of its JSON text.
func (c *Client) Create(ctx context.Context, r Resource, namespace string, text []byte) (*Object, error) {
	return c.one(ctx, r, c.request(http.MethodPost, r, namespace).Body(text))
}

// MergePatch sends a JSON merge patch (RFC 7386) of an object or, where
// subresource is not empty, of its subresource, and returns the new object.
func (c *Client) MergePatch(ctx context.Context, r Resource, namespace, name, subresource string, patch []byte, dryRun bool) (*Object, error) {
	req := c.named(http.MethodPatch, r, namespace, name, subresource).
		SetHeader("Content-Type", string(types.MergePatchType)).
		Body(patch)
	if dryRun {
		req.Param("dryRun", metav1.DryRunAll)
	}
	return c.one(ctx, r, req)
}

// one sends a request whose answer is one object.
func (c *Client) one(ctx context.Context, r Resource, req *rest.Request) (*Object, error) {
	text, err := answerTo(ctx, req)
	if err != nil {
		return nil, err
	}
	return Pack(text, r.GVK())
}

// answerTo sends a request and returns the text of the answer.
func answerTo(ctx context.Context, req *rest.Request) ([]byte, error) {
	result := req.Do(ctx)
	if err := result.Error(); err != nil { // unlike that of Raw, it is what the server says
		return nil, err
	}
	return result.Raw()
}

// request addresses a resource, in a namespace where one is given.
func (c *Client) request(verb string, r Resource, namespace string, more ...string) *rest.Request {
	path := make([]string, 0, 8)
	if r.Group == "" {
		path = append(path, "api")
	} else {
		path = append(path, "apis", r.Group)
	}
	path = append(path, r.Version)
	if namespace != "" {
		path = append(path, "namespaces", namespace)
	}
	path = append(path, r.Plural)
	for _, segment := range more {
		if segment != "" {
			path = append(path, segment)
		}
	}
	return c.raw.Verb(verb).AbsPath(path...)
}

// named addresses an object or its subresource. Names of what cannot exist
// must not become the address of something else.
func (c *Client) named(verb string, r Resource, namespace, name string, subresource ...string) *rest.Request {
	req := c.request(verb, r, namespace, append([]string{name}, subresource...)...)
	if problems := rest.IsValidPathSegmentName(name); name == "" || len(problems) > 0 {
		return req.Name("") // makes the request fail with client-go's own message
	}
	return req
}

// listParams adds the options of a list or a watch to a request.
func listParams(req *rest.Request, o metav1.ListOptions) *rest.Request {
	return req.SpecificallyVersionedParams(&o, metav1.ParameterCodec, schema.GroupVersion{Version: "v1"})
}

// streamed marks a request as one that may take as long as it likes.
func streamed(ctx context.Context) context.Context {
	return context.WithValue(ctx, unlimited{}, true)
}

// unreadable is the error for an answer that is not what it should be.
func unreadable(what string, r Resource, err error) error {
	return fmt.Errorf("the API server's %s of %s cannot be read: %w", what, r, err)
}
