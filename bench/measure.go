package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"k8s.io/client-go/rest"

	"github.com/kopf-declarative/kopf-declarative/bench/load"
)

// The two that are compared.
const (
	floor  = "floor"
	engine = "engine"
)

// key tells whose measurements of which workload they are.
type key struct{ workload, operator string }

// bench is the environment of all measurements.
type bench struct {
	cfg        *rest.Config
	kubeconfig string
	// root is the checkout, dir a temporary folder for binaries and logs.
	root, dir string
	binaries  map[string]string
	o         options
	measured  map[key][]*load.Result
}

// rounds lets floor and engine take turns, so that what else happens on the
// machine hits both alike.
func (b *bench) rounds(ctx context.Context, selected []workload, rounds int) error {
	for round := range rounds {
		for _, w := range selected {
			if w.once && round > 0 {
				continue
			}
			for _, who := range []string{floor, engine} {
				if who == floor && w.noFloor {
					continue
				}
				if err := b.measure(ctx, w, who, round); err != nil {
					return fmt.Errorf("%s, %s: %w", w.name, who, err)
				}
			}
		}
	}
	return nil
}

// measure runs one workload on one operator and cleans up behind it.
func (b *bench) measure(ctx context.Context, w workload, who string, round int) (err error) {
	ctx, cancel := context.WithTimeout(ctx, b.o.timeout)
	defer cancel()
	if err := b.clean(ctx); err != nil {
		return err
	}
	operator, err := b.start(ctx, w, who, round)
	if err != nil {
		return err
	}
	defer func() { err = operator.stop(err) }()
	result, err := b.load(ctx, w, operator)
	if err != nil {
		return err
	}
	if w.restart {
		if result, err = b.restart(ctx, w, operator, round); err != nil {
			return err
		}
	}
	if w.idle {
		if result.IdleCPU, err = idle(ctx, operator.PID()); err != nil {
			return err
		}
	}
	fmt.Fprintf(os.Stderr, "%-8s %-7s %v\n", w.name, who, result)
	k := key{w.name, who}
	b.measured[k] = append(b.measured[k], result)
	return nil
}

// warmup is how long an operator may take to handle its first object.
const warmup = 30 * time.Second

// load puts the workload on the operator.
func (b *bench) load(ctx context.Context, w workload, operator *operator) (*load.Result, error) {
	o := load.Options{
		Operation: load.Create, Objects: 1, Clients: b.o.clients, Prefix: "warmup",
		Namespace: namespace, Done: []string{"status", "done"}, PID: operator.PID(),
	}
	// One object tells that the operator has started and is watching.
	warming, cancel := context.WithTimeout(ctx, warmup)
	defer cancel()
	if _, err := load.Run(warming, b.cfg, o); err != nil {
		return nil, fmt.Errorf("warming up: %w", err)
	}
	o.Objects, o.Prefix = w.objects, "load"
	result, err := load.Run(ctx, b.cfg, o)
	if err != nil || !w.update {
		return result, err
	}
	o.Operation, o.Value = load.Update, "changed"
	return load.Run(ctx, b.cfg, o)
}
