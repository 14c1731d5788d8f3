package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:])
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "bench: interrupted")
		os.Exit(1)
	default:
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options are the command line.
type options struct {
	only       []string
	objects    int
	rounds     int
	clients    int
	engine     string
	kubeconfig string
	profile    string
	timeout    time.Duration
}

func parse(args []string) (o options, err error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	only := flags.String("only", "", "workloads to run, separated by commas: "+strings.Join(allNames(), ", ")+"; all if empty")
	flags.IntVar(&o.objects, "n", 0, "objects of each workload, instead of its own number")
	flags.IntVar(&o.rounds, "rounds", 3, "how often floor and engine take turns")
	flags.IntVar(&o.clients, "clients", 16, "requests of the load under way at once")
	flags.StringVar(&o.engine, "engine", "", "kopf-declarative binary to measure; built from this checkout if empty")
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "cluster to use (its kopfexamples are deleted!); one of its own if empty")
	flags.StringVar(&o.profile, "profile", "", "folder for CPU profiles of the engine")
	flags.DurationVar(&o.timeout, "timeout", 10*time.Minute, "give up on a workload after")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if *only != "" {
		o.only = strings.Split(*only, ",")
	}
	if o.rounds < 1 {
		return o, errors.New("-rounds must be at least 1")
	}
	return o, nil
}

func run(ctx context.Context, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	selected, err := selectWorkloads(o)
	if err != nil {
		return err
	}
	if err := measureOffline(ctx, o); err != nil || !o.needsCluster() {
		return err
	}
	b, stop, err := prepare(ctx, o)
	if err != nil {
		return err
	}
	defer stop()
	if err := b.rounds(ctx, selected, o.rounds); err != nil {
		return err
	}
	fmt.Println(table(selected, b.measured))
	return nil
}
