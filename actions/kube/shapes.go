package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"

	"github.com/kopf-declarative/kopf-declarative/eval"
	celschema "github.com/kopf-declarative/kopf-declarative/eval/schema"
)

// openAPIRoot is where the server lists its OpenAPI v3 documents, one for each group and
// version.
const openAPIRoot = "/openapi/v3"

// Shapes knows the Shapes of the server's objects by their kinds: it reads the OpenAPI document
// of a group and version when a kind of it is first asked for, and again when it has changed. Of a
// document, nothing but the Shapes is kept. It is safe for concurrent use.
type Shapes struct {
	raw *rest.RESTClient
	now func() time.Time

	// asking is held while the server is asked.
	asking sync.Mutex

	mu        sync.Mutex
	published map[string]string                  // guarded by mu: the addresses of the documents, by their paths
	refused   error                              // guarded by mu: why the server does not tell them
	asked     time.Time                          // guarded by mu: when that was
	documents map[schema.GroupVersion]*described // guarded by mu
}

// described is what is known from the document of one group and version.
type described struct {
	// address has a hash of the document in it; it is empty where there is none.
	address string
	kinds   map[string]*LiveShape
}

// LiveShape is the Shape of the objects of one kind. It follows the server, as far as somebody
// renews it.
type LiveShape struct {
	shape atomic.Pointer[eval.Shape]
	// unknown is why there is only the Shape of the metadata; nil where the server describes
	// the kind.
	unknown atomic.Pointer[error]
}

// Shape is the Shape by now. A nil LiveShape is that of a kind of which nothing is known.
func (l *LiveShape) Shape() *eval.Shape {
	if l == nil {
		return eval.ObjectShape(nil)
	}
	return l.shape.Load()
}

// Unknown is why nothing but the metadata is known of the objects: *Undescribed, or that the server
// does not let this user read what it publishes. It is nil where the server describes them.
func (l *LiveShape) Unknown() error {
	if why := l.unknown.Load(); why != nil {
		return *why
	}
	return nil
}

// set takes a newer answer.
func (l *LiveShape) set(shape *eval.Shape, why error) {
	l.shape.Store(shape)
	if why == nil {
		l.unknown.Store(nil)
		return
	}
	l.unknown.Store(&why)
}

// Undescribed is why nothing is known of a kind that the server publishes no schema of. Of a new
// CustomResourceDefinition, it publishes it about a second after it has begun to serve it.
type Undescribed struct{ Kind schema.GroupVersionKind }

func (e *Undescribed) Error() string {
	return fmt.Sprintf("the API server publishes no schema of %s in %s", e.Kind.Kind, e.Kind.GroupVersion())
}

func newShapes(raw *rest.RESTClient, now func() time.Time) *Shapes {
	return &Shapes{raw: raw, now: now, documents: map[schema.GroupVersion]*described{}}
}

// Of is the Shape of the objects of a kind. It is an error where the server cannot be asked now.
// That it does not tell is none, see LiveShape.Unknown.
func (s *Shapes) Of(ctx context.Context, gvk schema.GroupVersionKind) (*LiveShape, error) {
	if known := s.known(gvk); known != nil {
		return known, nil
	}
	s.asking.Lock()
	defer s.asking.Unlock()
	if known := s.known(gvk); known != nil {
		return known, nil
	}
	gv := gvk.GroupVersion()
	s.mu.Lock()
	d, address := s.documents[gv], s.published[documentPath(gv)]
	s.mu.Unlock()
	if address == "" || d != nil { // it may have been published since
		if err := s.askLocked(ctx); err != nil {
			return nil, err
		}
	}
	why, err := s.readLocked(ctx, gv)
	if err != nil {
		return nil, err
	}
	s.want(gvk, why)
	return s.known(gvk), nil
}

func (s *Shapes) known(gvk schema.GroupVersionKind) *LiveShape {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.documents[gvk.GroupVersion()]; d != nil {
		return d.kinds[gvk.Kind]
	}
	return nil
}

// Renew reads those documents again that have changed, unless the server was asked within this
// time. The Shapes that were handed out then are the new ones.
func (s *Shapes) Renew(ctx context.Context, within time.Duration) error {
	s.asking.Lock()
	defer s.asking.Unlock()
	s.mu.Lock()
	var known []schema.GroupVersion
	for gv := range s.documents {
		known = append(known, gv)
	}
	fresh := s.now().Sub(s.asked) < within
	s.mu.Unlock()
	if fresh || len(known) == 0 {
		return nil
	}
	if err := s.askLocked(ctx); err != nil {
		return err
	}
	var failed []error
	for _, gv := range known {
		_, err := s.readLocked(ctx, gv)
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// askLocked asks which documents there are; asking is held. A server that does not tell has none.
func (s *Shapes) askLocked(ctx context.Context) error {
	published, err := publishedDocuments(ctx, s.raw)
	if err != nil && !refusal(err) {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked, s.published, s.refused = s.now(), published, err
	return nil
}

// publishedDocuments are the addresses of the server's OpenAPI documents, by their paths.
func publishedDocuments(ctx context.Context, raw *rest.RESTClient) (map[string]string, error) {
	text, err := answerTo(ctx, raw.Get().AbsPath(openAPIRoot))
	if err != nil {
		return nil, fmt.Errorf("the API server does not tell which schemas it has: %w", err)
	}
	var index struct {
		Paths map[string]struct{ ServerRelativeURL string }
	}
	if err := json.Unmarshal(text, &index); err != nil {
		return nil, fmt.Errorf("the API server's %s cannot be read: %w", openAPIRoot, err)
	}
	published := make(map[string]string, len(index.Paths))
	for path, at := range index.Paths {
		published[path] = at.ServerRelativeURL
	}
	return published, nil
}

// readDocument reads the OpenAPI document of a group and version at its address.
func readDocument(ctx context.Context, raw *rest.RESTClient, gv schema.GroupVersion, address string) ([]byte, error) {
	at, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("the address of the API server's schemas of %s cannot be read: %w", gv, err)
	}
	text, err := answerTo(ctx, raw.Get().AbsPath(at.Path).Param("hash", at.Query().Get("hash")))
	if err != nil {
		return nil, fmt.Errorf("the API server does not tell the schemas of %s: %w", gv, err)
	}
	return text, nil
}

// refusal tells an answer that will be the same for a while from one that could not be had.
func refusal(err error) bool {
	return apierrors.IsForbidden(err) || apierrors.IsUnauthorized(err) || apierrors.IsNotFound(err) || code(err) == http.StatusNotAcceptable
}

// readLocked reads a document if there is a newer one; asking is held. why is that there is none
// for this user.
func (s *Shapes) readLocked(ctx context.Context, gv schema.GroupVersion) (why, err error) {
	s.mu.Lock()
	d, address, why := s.documents[gv], s.published[documentPath(gv)], s.refused
	s.mu.Unlock()
	if d != nil && d.address == address {
		return why, nil
	}
	var types map[schema.GroupVersionKind]*celschema.Type
	if address != "" {
		types, why, err = s.read(ctx, gv, address)
	}
	if err == nil {
		s.settle(gv, address, types, why)
	}
	return why, err
}

// read reads a document. why is that there is none for this user.
func (s *Shapes) read(ctx context.Context, gv schema.GroupVersion, address string) (types map[schema.GroupVersionKind]*celschema.Type, why, err error) {
	text, err := readDocument(ctx, s.raw, gv, address)
	switch {
	case err != nil && refusal(err):
		return nil, err, nil
	case err != nil:
		return nil, nil, err
	}
	if types, err = celschema.OpenAPITypes(text); err != nil {
		return nil, nil, fmt.Errorf("the API server's schemas of %s cannot be read: %w", gv, err)
	}
	return types, nil, nil
}

// settle takes what a document says of all its kinds.
func (s *Shapes) settle(gv schema.GroupVersion, address string, types map[schema.GroupVersionKind]*celschema.Type, why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d := s.documents[gv]
	if d == nil {
		d = &described{kinds: map[string]*LiveShape{}}
		s.documents[gv] = d
	}
	if d.address = address; why != nil {
		d.address = "" // the next renewal tries again
	}
	for gvk, t := range types {
		if gvk.GroupVersion() == gv { // such as DeleteOptions are of all groups
			d.live(gvk.Kind).set(eval.ObjectShape(t), nil)
		}
	}
	for kind, live := range d.kinds {
		if types[gv.WithKind(kind)] == nil {
			d.lack(gv.WithKind(kind), live, why)
		}
	}
}

// want notes a kind that no document describes.
func (s *Shapes) want(gvk schema.GroupVersionKind, why error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if d := s.documents[gvk.GroupVersion()]; d.kinds[gvk.Kind] == nil {
		d.lack(gvk, d.live(gvk.Kind), why)
	}
}

// lack notes why a kind is not described. Objects that are still there look as they did before.
func (d *described) lack(gvk schema.GroupVersionKind, live *LiveShape, why error) {
	if why == nil {
		why = &Undescribed{gvk}
	}
	shape := live.shape.Load()
	if shape == nil {
		shape = eval.ObjectShape(nil)
	}
	live.set(shape, why)
}

func (d *described) live(kind string) *LiveShape {
	if d.kinds[kind] == nil {
		d.kinds[kind] = &LiveShape{}
	}
	return d.kinds[kind]
}

// documentPath is what the server calls the document of a group and version.
func documentPath(gv schema.GroupVersion) string {
	if gv.Group == "" {
		return "api/" + gv.Version
	}
	return "apis/" + gv.Group + "/" + gv.Version
}
