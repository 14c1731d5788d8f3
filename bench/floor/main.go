package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	apiwatch "k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/watch"

	"github.com/kopf-declarative/kopf-declarative/bench/load"
)

func main() {
	workers := flag.Int("workers", 32, "objects handled at once")
	namespace := flag.String("namespace", "", "where the objects are; everywhere if empty")
	child := flag.Bool("child", false, "make a ConfigMap for each object")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *namespace, *workers, *child); err != nil && ctx.Err() == nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(1)
	}
}

// floor is the operator.
type floor struct {
	objects, configMaps dynamic.NamespaceableResourceInterface
	child               bool
}

// task is one object to handle.
type task struct {
	object *unstructured.Unstructured
	done   any
}

func run(ctx context.Context, namespace string, workers int, child bool) error {
	cfg, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	load.Unlimited(cfg)
	client, err := dynamic.NewForConfig(cfg)
	if err != nil {
		return err
	}
	f := &floor{
		objects:    client.Resource(load.Resource),
		configMaps: client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}),
		child:      child,
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	tasks := make(chan task, 100_000)
	for range workers {
		go func() {
			for t := range tasks {
				if err := f.handle(ctx, t); err != nil {
					cancel(fmt.Errorf("%s: %w", t.object.GetName(), err))
				}
			}
		}()
	}
	if err := f.watch(ctx, namespace, tasks); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// handled is the annotation that tells that an object needs nothing any more.
const handled = "floor.example.com/handled"

// watch makes a task of each object that is new and of each that has a new spec,
// until the context ends.
func (f *floor) watch(ctx context.Context, namespace string, tasks chan<- task) error {
	objects := f.objects.Namespace(namespace)
	list, err := objects.List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	generations := map[string]int64{}
	for _, u := range list.Items {
		generations[u.GetName()] = u.GetGeneration()
		if u.GetAnnotations()[handled] == "" {
			tasks <- task{&u, u.GetName()}
		}
	}
	w, err := watch.NewRetryWatcherWithContext(ctx, list.GetResourceVersion(), &cache.ListWatch{
		WatchFuncWithContext: func(ctx context.Context, o metav1.ListOptions) (apiwatch.Interface, error) {
			return objects.Watch(ctx, o)
		},
	})
	if err != nil {
		return err
	}
	defer w.Stop()
	for event := range w.ResultChan() {
		u, ok := event.Object.(*unstructured.Unstructured)
		if !ok || event.Type == apiwatch.Deleted || generations[u.GetName()] == u.GetGeneration() {
			continue
		}
		generations[u.GetName()] = u.GetGeneration()
		if event.Type == apiwatch.Added {
			tasks <- task{u, u.GetName()}
			continue
		}
		field, _, _ := unstructured.NestedString(u.Object, "spec", "field")
		tasks <- task{u, field}
	}
	return nil
}

func (f *floor) handle(ctx context.Context, t task) error {
	namespace, name := t.object.GetNamespace(), t.object.GetName()
	if f.child {
		if _, err := f.configMaps.Namespace(namespace).Create(ctx, configMapOf(t.object), metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	spec, err := json.Marshal(t.object.Object["spec"])
	if err != nil {
		return err
	}
	annotations := map[string]any{handled: string(spec)}
	if err := f.patch(ctx, namespace, name, map[string]any{"metadata": map[string]any{"annotations": annotations}}); err != nil {
		return err
	}
	return f.patch(ctx, namespace, name, map[string]any{"status": map[string]any{"done": t.done}}, "status")
}

func (f *floor) patch(ctx context.Context, namespace, name string, merge map[string]any, subresources ...string) error {
	body, err := json.Marshal(merge)
	if err != nil {
		return err
	}
	_, err = f.objects.Namespace(namespace).Patch(ctx, name, types.MergePatchType, body, metav1.PatchOptions{}, subresources...)
	return err
}

func configMapOf(u *unstructured.Unstructured) *unstructured.Unstructured {
	yes := true
	child := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap", "data": map[string]any{"field": "value"},
	}}
	child.SetName(u.GetName())
	child.SetOwnerReferences([]metav1.OwnerReference{{
		APIVersion: u.GetAPIVersion(), Kind: u.GetKind(), Name: u.GetName(), UID: u.GetUID(),
		Controller: &yes, BlockOwnerDeletion: &yes,
	}})
	return child
}
