package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster"
	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/command"
	"github.com/kopf-declarative/kopf-declarative/samples/demo/script"
)

// patience is how long the operator may take for what is expected of it.
const patience = 2 * time.Minute

// play builds what is needed, plays the script, and stops everything.
func play(ctx context.Context, narrator *script.Narrator, kubeconfig string, story *script.Script) (failed error) {
	dir, err := os.MkdirTemp("", "kopf-demo-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	narrator.Title("Building kopf-declarative")
	binary, err := command.Build(ctx, "cmd/kopf-declarative", dir)
	if err != nil {
		return err
	}
	namespace := "kopf-demo"
	if kubeconfig != "" {
		namespace = fmt.Sprintf("kopf-demo-%d", time.Now().Unix()) // one of a run before may be there still
	} else {
		narrator.Title("Starting a cluster: etcd, kube-apiserver, controllers")
		cluster, err := devcluster.Start(ctx, devcluster.Options{Log: os.Stdout})
		if err != nil {
			return fmt.Errorf("starting the cluster: %w", err)
		}
		defer func() { failed = errors.Join(failed, cluster.Stop()) }()
		kubeconfig = cluster.Kubeconfig()
	}
	narrator.Title("Starting the operator")
	err = script.Performance{
		Script: story, Binary: binary, Kubeconfig: kubeconfig,
		Namespace: namespace, Patience: patience, Narrator: narrator,
	}.Run(ctx)
	if err != nil {
		return err
	}
	narrator.Title("That was it; everything is stopped")
	return nil
}
