package script

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

// Player plays scripts in one namespace of a cluster.
type Player struct {
	Narrator *Narrator
	// Restart ends the engine as a crash does, and starts it again.
	Restart func() error
	// Command runs kopf-declarative with arguments.
	Command func(ctx context.Context, args []string) error
	// Rival starts a second engine with flags; KillRival ends it as a crash does.
	Rival     func(flags []string) error
	KillRival func() error
	// Patience is how long an expectation may take to come true.
	Patience time.Duration

	namespace string
	client    dynamic.Interface
	mapper    *restmapper.DeferredDiscoveryRESTMapper
	// views are what the reader has seen of each object.
	views map[Ref][]line
	// told are the events that the reader has been told of.
	told map[types.UID]bool
}

// NewPlayer makes a player for a namespace.
func NewPlayer(cfg *rest.Config, namespace string, narrator *Narrator) (*Player, error) {
	cfg = rest.CopyConfig(cfg)
	cfg.QPS, cfg.Burst = -1, -1
	client, err := dynamic.NewForConfig(cfg)
	if err != nil {
		return nil, err
	}
	disco, err := discovery.NewDiscoveryClientForConfig(cfg)
	if err != nil {
		return nil, err
	}
	return &Player{
		Narrator: narrator, namespace: namespace, client: client,
		mapper: restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(disco)),
		views:  map[Ref][]line{}, told: map[types.UID]bool{},
	}, nil
}

// Prepare makes the namespace and what the script takes for granted.
func (p *Player) Prepare(ctx context.Context, s *Script) error {
	namespace := map[string]any{"apiVersion": "v1", "kind": "Namespace", "metadata": map[string]any{"name": p.namespace}}
	for _, object := range append([]map[string]any{namespace}, s.Before...) {
		if err := p.create(ctx, object); err != nil && !apierrors.IsAlreadyExists(err) {
			return err
		}
	}
	// Pods cannot be made in a new namespace before it has its account.
	account := Ref{APIVersion: "v1", Kind: "ServiceAccount", Name: "default"}
	return p.eventually(ctx, func() error {
		_, err := p.get(ctx, account)
		return err
	})
}

// CleanUp deletes the namespace, and does not wait until it is empty.
func (p *Player) CleanUp(ctx context.Context) error {
	return p.delete(ctx, Ref{APIVersion: "v1", Kind: "Namespace", Name: p.namespace})
}

// Play plays the steps of a script, and stops at the first that does not go as
// expected.
func (p *Player) Play(ctx context.Context, s *Script) error {
	for i, step := range s.Steps {
		p.Narrator.Title(fmt.Sprintf("%d. %s", i+1, step.Say))
		if err := p.act(ctx, s, step); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
		if err := p.patiently(step).await(ctx, step.Expect); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
		if err := p.show(ctx, s, step.Expect); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
	}
	return nil
}

// patiently is the player with the patience for a step.
func (p *Player) patiently(step Step) *Player {
	if step.Within == nil {
		return p
	}
	hurried := *p
	hurried.Patience = step.Within.Duration
	return &hurried
}

func (p *Player) act(ctx context.Context, s *Script, step Step) error {
	switch {
	case step.File != "":
		p.Narrator.Command("kubectl create -f samples/" + filepath.Base(s.dir) + "/" + examples + "/" + step.File)
		return p.createFile(ctx, filepath.Join(s.dir, examples, step.File))
	case step.Patch != nil:
		p.Narrator.Command(patchCommand(step.Patch))
		return p.patch(ctx, step.Patch)
	case step.Delete != nil:
		p.Narrator.Command(fmt.Sprintf("kubectl delete %v", step.Delete))
		return p.delete(ctx, *step.Delete)
	case step.Kill:
		p.Narrator.Command("kill -9 (the operator), and start it again")
		return p.Restart()
	case len(step.Command) > 0:
		p.Narrator.Command("kopf-declarative " + strings.Join(step.Command, " "))
		return p.Command(ctx, step.Command)
	case len(step.Rival) > 0:
		p.Narrator.Command("kopf-declarative run " + strings.Join(step.Rival, " ") + " operator.yaml (a second one)")
		return p.Rival(step.Rival)
	case step.KillRival:
		p.Narrator.Command("kill -9 (the second operator)")
		return p.KillRival()
	}
	return nil
}

func (p *Player) createFile(ctx context.Context, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	for documents := yaml.NewYAMLOrJSONDecoder(file, 4096); ; {
		var object map[string]any
		if err := documents.Decode(&object); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if object == nil {
			continue
		}
		if err := p.create(ctx, object); err != nil {
			return err
		}
	}
}

func (p *Player) create(ctx context.Context, object map[string]any) error {
	u := &unstructured.Unstructured{Object: object}
	objects, err := p.resource(ctx, refOf(u))
	if err != nil {
		return err
	}
	_, err = objects.Create(ctx, u, metav1.CreateOptions{})
	return err
}

func (p *Player) patch(ctx context.Context, patch *Patch) error {
	objects, err := p.resource(ctx, patch.Ref)
	if err != nil {
		return err
	}
	body, err := (&unstructured.Unstructured{Object: patch.Merge}).MarshalJSON()
	if err != nil {
		return err
	}
	var subresources []string
	if patch.Subresource != "" {
		subresources = append(subresources, patch.Subresource)
	}
	_, err = objects.Patch(ctx, patch.Name, types.MergePatchType, body, metav1.PatchOptions{}, subresources...)
	return err
}

func (p *Player) delete(ctx context.Context, ref Ref) error {
	objects, err := p.resource(ctx, ref)
	if err != nil {
		return err
	}
	return objects.Delete(ctx, ref.Name, metav1.DeleteOptions{})
}

// resource finds where the objects of a kind are. A kind may be new: the engine
// installs CRDs when it starts.
func (p *Player) resource(ctx context.Context, ref Ref) (dynamic.ResourceInterface, error) {
	gvk := schema.FromAPIVersionAndKind(ref.APIVersion, ref.Kind)
	var mapping *meta.RESTMapping
	err := p.eventually(ctx, func() (err error) {
		mapping, err = p.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
		if meta.IsNoMatchError(err) {
			p.mapper.Reset()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if mapping.Scope.Name() == meta.RESTScopeNameRoot {
		return p.client.Resource(mapping.Resource), nil
	}
	return p.client.Resource(mapping.Resource).Namespace(p.namespace), nil
}

// tellAfter is how long nothing may happen before the reader is told why.
const tellAfter = 3 * time.Second

// eventually repeats a check until it passes or the patience is over.
func (p *Player) eventually(ctx context.Context, check func() error) error {
	ctx, cancel := context.WithTimeout(ctx, p.Patience)
	defer cancel()
	for start, told := time.Now(), false; ; {
		err := check()
		if err == nil {
			return nil
		}
		if !told && time.Since(start) > tellAfter {
			told = true
			p.Narrator.Waiting(err)
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				return fmt.Errorf("%w (waited %v)", err, p.Patience)
			}
			return ctx.Err()
		}
	}
}

func refOf(u *unstructured.Unstructured) Ref {
	return Ref{APIVersion: u.GetAPIVersion(), Kind: u.GetKind(), Name: u.GetName()}
}
