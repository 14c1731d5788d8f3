package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"

	"k8s.io/client-go/tools/clientcmd"

	"github.com/kopf-declarative/kopf-declarative/bench/load"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "loadgen:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("loadgen", flag.ContinueOnError)
	var (
		kubeconfig = flags.String("kubeconfig", os.Getenv("KUBECONFIG"), "the cluster; in-cluster if empty")
		operation  = flags.String("operation", "create", "create, update or delete")
		n          = flags.Int("n", 1000, "objects")
		clients    = flags.Int("clients", 16, "requests under way at once")
		prefix     = flags.String("prefix", "load", "start of the objects' names")
		namespace  = flags.String("namespace", "default", "where the objects are")
		done       = flags.String("done", "status.done", "field that the operator fills in")
		value      = flags.String("value", "changed", "update: new spec.field, which must appear at -done")
		pid        = flags.Int("pid", 0, "the operator's process, to measure its CPU and memory")
		timeout    = flags.Duration("timeout", 5*time.Minute, "give up after")
	)
	if err := flags.Parse(args); err != nil {
		return err
	}
	cfg, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		return err
	}
	load.Unlimited(cfg)
	ctx, cancel := context.WithTimeout(ctx, *timeout)
	defer cancel()
	r, err := load.Run(ctx, cfg, load.Options{
		Operation: load.Operation(*operation), Objects: *n, Clients: *clients, Prefix: *prefix,
		Namespace: *namespace, Done: strings.Split(*done, "."), Value: *value, PID: *pid,
	})
	if err != nil {
		return err
	}
	fmt.Println(r)
	return nil
}
