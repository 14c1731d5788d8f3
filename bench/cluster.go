package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"

	"github.com/kopf-declarative/kopf-declarative/bench/load"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/command"
)

// namespace is where all objects are. Nothing else lives there.
const namespace = "kopf-bench"

var (
	crds       = schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}
	namespaces = schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}
	configMaps = schema.GroupVersionResource{Version: "v1", Resource: "configmaps"}
)

// prepare builds what is measured and gets the cluster ready for it.
func prepare(ctx context.Context, o options) (_ *bench, stop func(), err error) {
	dir, err := os.MkdirTemp("", "kopf-bench-")
	if err != nil {
		return nil, nil, err
	}
	stops := []func(){func() { warn(os.RemoveAll(dir)) }}
	stop = func() {
		for i := len(stops) - 1; i >= 0; i-- {
			stops[i]()
		}
	}
	defer func() {
		if err != nil {
			stop()
		}
	}()
	b := &bench{dir: dir, o: o, measured: map[key][]*load.Result{}}
	if err := b.build(ctx); err != nil {
		return nil, nil, err
	}
	if b.kubeconfig = o.kubeconfig; b.kubeconfig == "" {
		cluster, err := devcluster.Start(ctx, devcluster.Options{Log: os.Stderr})
		if err != nil {
			return nil, nil, fmt.Errorf("starting the cluster: %w", err)
		}
		stops = append(stops, func() { warn(cluster.Stop()) })
		b.kubeconfig = cluster.Kubeconfig()
	}
	if b.cfg, err = clientcmd.BuildConfigFromFlags("", b.kubeconfig); err != nil {
		return nil, nil, err
	}
	load.Unlimited(b.cfg)
	return b, stop, b.install(ctx)
}

// warn tells about an error that changes nothing any more.
func warn(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
}

func (b *bench) build(ctx context.Context) (err error) {
	if b.root, err = command.Root(ctx); err != nil {
		return err
	}
	if b.o.profile != "" {
		if err := os.MkdirAll(b.o.profile, 0o755); err != nil {
			return err
		}
	}
	b.binaries = map[string]string{engine: b.o.engine}
	if b.binaries[floor], err = command.Build(ctx, "bench/floor", b.dir); err != nil || b.o.engine != "" {
		return err
	}
	b.binaries[engine], err = command.Build(ctx, "cmd/kopf-declarative", b.dir)
	return err
}

// install makes the namespace and the CRD, and waits until it is served.
func (b *bench) install(ctx context.Context) error {
	client, err := dynamic.NewForConfig(b.cfg)
	if err != nil {
		return err
	}
	text, err := os.ReadFile(filepath.Join(b.root, "bench", "operators", "crd.yaml"))
	if err != nil {
		return err
	}
	crd := &unstructured.Unstructured{}
	if err := yaml.Unmarshal(text, &crd.Object); err != nil {
		return err
	}
	home := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Namespace"}}
	home.SetName(namespace)
	for gvr, object := range map[schema.GroupVersionResource]*unstructured.Unstructured{crds: crd, namespaces: home} {
		_, err := client.Resource(gvr).Create(ctx, object, metav1.CreateOptions{})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			return err
		}
	}
	served := func() error {
		_, err := client.Resource(load.Resource).Namespace(namespace).List(ctx, metav1.ListOptions{Limit: 1})
		return err
	}
	return eventually(ctx, served)
}

// clean deletes the objects of the workload before, and their children, so that
// the garbage collector has nothing to do while the next one runs.
func (b *bench) clean(ctx context.Context) error {
	client, err := dynamic.NewForConfig(b.cfg)
	if err != nil {
		return err
	}
	for _, gvr := range []schema.GroupVersionResource{load.Resource, configMaps} {
		objects := client.Resource(gvr).Namespace(namespace)
		if err := objects.DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{}); err != nil {
			return err
		}
	}
	gone := func() error {
		list, err := client.Resource(load.Resource).Namespace(namespace).List(ctx, metav1.ListOptions{Limit: 1})
		if err == nil && len(list.Items) > 0 {
			err = errors.New("objects of the workload before are still there")
		}
		return err
	}
	return eventually(ctx, gone)
}

// eventually repeats a check until it passes.
func eventually(ctx context.Context, check func() error) error {
	for {
		err := check()
		if err == nil {
			return nil
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ctx.Err(), err)
		}
	}
}
