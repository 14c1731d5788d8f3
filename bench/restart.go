package main

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"

	"github.com/kopf-declarative/kopf-declarative/bench/load"
	"github.com/kopf-declarative/kopf-declarative/bench/proc"
)

// restart stops the operator and measures another one that finds its objects
// handled already.
func (b *bench) restart(ctx context.Context, w workload, operator *operator, round int) (*load.Result, error) {
	if err := operator.stop(nil); err != nil {
		return nil, err
	}
	before, err := b.versions(ctx)
	if err != nil {
		return nil, err
	}
	server, err := load.ReadServer(ctx, b.cfg)
	if err != nil {
		return nil, err
	}
	again, err := b.start(ctx, w, engine, round)
	if err != nil {
		return nil, err
	}
	*operator = *again
	result := &load.Result{Operation: "restart", Objects: w.objects}
	if result.CPU, err = untilIdle(ctx, operator.PID()); err != nil {
		return nil, err
	}
	if result.PeakMiB, err = proc.PeakMiB(operator.PID()); err != nil {
		return nil, err
	}
	after, err := load.ReadServer(ctx, b.cfg)
	if err != nil {
		return nil, err
	}
	result.Writes, result.ServerCPU = after.Writes-server.Writes, after.CPU-server.CPU
	result.ObjectWrites, err = b.changed(ctx, before)
	return result, err
}

// versions are the resourceVersions of all objects by their names.
func (b *bench) versions(ctx context.Context) (map[string]string, error) {
	client, err := dynamic.NewForConfig(b.cfg)
	if err != nil {
		return nil, err
	}
	list, err := client.Resource(load.Resource).Namespace(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	versions := make(map[string]string, len(list.Items))
	for _, u := range list.Items {
		versions[u.GetName()] = u.GetResourceVersion()
	}
	return versions, nil
}

// changed counts the objects that have been written to.
func (b *bench) changed(ctx context.Context, before map[string]string) (int, error) {
	after, err := b.versions(ctx)
	n := 0
	for name, version := range after {
		if before[name] != version {
			n++
		}
	}
	return n, err
}

// window is how long a process is watched that has nothing to do.
const window = 20 * time.Second

// idle is the processor time that a process with nothing to do uses in a minute.
func idle(ctx context.Context, pid int) (time.Duration, error) {
	before, err := proc.CPU(pid)
	if err != nil {
		return 0, err
	}
	select {
	case <-time.After(window):
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	after, err := proc.CPU(pid)
	return (after - before) * (time.Minute / window), err
}

// untilIdle waits until a process that has just been started does nothing any
// more, and says how much processor time it has used.
func untilIdle(ctx context.Context, pid int) (time.Duration, error) {
	const (
		step  = 100 * time.Millisecond
		steps = 30 // with nothing to do
		noise = 10 * time.Millisecond
	)
	var used []time.Duration
	for {
		now, err := proc.CPU(pid)
		if err != nil {
			return 0, err
		}
		used = append(used, now)
		if n := len(used) - steps; n > 0 && now > 0 && now-used[n] <= noise {
			return now, nil
		}
		select {
		case <-time.After(step):
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}
