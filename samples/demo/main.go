// Command demo shows a sample at work, on a real API server that it starts for
// itself:
//
//	go run ./samples/demo -sample evc
//
// It builds what it needs, starts a cluster and the engine, plays the sample's
// example/demo.yaml, tells what happens, and stops everything.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/go-logr/logr"
	"golang.org/x/term"
	"k8s.io/klog/v2"

	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster/command"
	"github.com/kopf-declarative/kopf-declarative/samples/demo/script"
)

func main() {
	klog.SetLogger(logr.Discard()) // what matters comes as errors too
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:])
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
	case ctx.Err() != nil:
		fmt.Fprintln(os.Stderr, "demo: interrupted; everything is stopped")
		os.Exit(1)
	default:
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (err error) {
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	sample := flags.String("sample", "evc", "a folder of samples/ that has an example/demo.yaml")
	kubeconfig := flags.String("kubeconfig", "", "cluster to use, in a new namespace; one of its own if empty")
	color := flags.Bool("color", term.IsTerminal(int(os.Stdout.Fd())) && os.Getenv("NO_COLOR") == "", "use colours")
	if err := flags.Parse(args); err != nil {
		return err
	}
	root, err := command.Root(ctx)
	if err != nil {
		return err
	}
	story, err := script.Load(filepath.Join(root, "samples", *sample))
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("there is no sample %q; there are %s", *sample, strings.Join(samples(root), ", "))
	}
	if err != nil {
		return err
	}
	narrator := script.NewNarrator(os.Stdout, *color)
	narrator.Say("%s: %s", *sample, story.About)
	narrator.Say("The operator is samples/%s/operator.yaml.", *sample)
	return play(ctx, narrator, *kubeconfig, story)
}

// samples are the names that -sample may have.
func samples(root string) []string {
	scripts, err := filepath.Glob(filepath.Join(root, "samples", "*", "example", "demo.yaml"))
	if err != nil {
		return nil
	}
	names := make([]string, 0, len(scripts))
	for _, s := range scripts {
		names = append(names, filepath.Base(filepath.Dir(filepath.Dir(s))))
	}
	return names
}
