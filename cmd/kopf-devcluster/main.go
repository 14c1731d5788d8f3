package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster"
)

// Exit codes.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

const usage = `kopf-devcluster runs a Kubernetes API server with etcd and controllers on loopback.

Usage:
  kopf-devcluster [--dir DIR]

When the cluster is ready, the path of its kubeconfig is printed. It runs until
SIGTERM, Ctrl-C, or the end of its standard input (unless that is /dev/null).

  --dir DIR   keep the data, logs and kubeconfig in DIR, and continue with what
              is there; otherwise all is in a temporary folder, removed at the end
  --version   print the version of Kubernetes
  --help      print this help

Environment:
  KUBEBUILDER_ASSETS   a folder: etcd, kube-apiserver and kube-controller-manager
                       are taken from there where they exist
`

func main() {
	os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// Main is the whole program between its arguments and its exit code.
func Main(args []string, stdin *os.File, stdout, stderr io.Writer) int {
	if len(args) > 0 {
		if run, ok := components[args[0]]; ok {
			return runComponent(run, args, stdin)
		}
	}
	flags := flag.NewFlagSet("kopf-devcluster", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	dir := flags.String("dir", "", "")
	version := flags.Bool("version", false, "")
	switch err := parse(flags, args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
	case err != nil:
		fmt.Fprintf(stderr, "kopf-devcluster: %v (see --help)\n", err)
		return exitUsage
	case *version:
		fmt.Fprintf(stdout, "kopf-devcluster with Kubernetes %s\n", kubernetesVersion())
	default:
		if err := serve(*dir, stdin, stdout, stderr); err != nil {
			fmt.Fprintf(stderr, "kopf-devcluster: %v\n", err)
			return exitFailure
		}
	}
	return exitOK
}

func parse(flags *flag.FlagSet, args []string) error {
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	given := false
	flags.Visit(func(f *flag.Flag) { given = given || f.Name == "dir" })
	if given && flags.Lookup("dir").Value.String() == "" {
		return errors.New("--dir needs the name of a folder")
	}
	return nil
}

// serve runs a cluster until it is told to stop or a part of it fails.
func serve(dir string, stdin *os.File, stdout, stderr io.Writer) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	signal.Ignore(syscall.SIGPIPE) // who started us may be gone, and we still have to clean up
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		<-endOf(stdin)
		cancel()
	}()
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cluster, err := devcluster.Start(ctx, devcluster.Options{Dir: dir, Binary: self, Log: stderr})
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	fmt.Fprintln(stdout, cluster.Kubeconfig())
	select {
	case <-ctx.Done():
	case <-cluster.Failed():
	}
	return cluster.Stop()
}

// runComponent runs a component until it ends, or until its input does: then the
// process that started it has stopped or was killed.
func runComponent(run func(args []string) int, args []string, stdin *os.File) int {
	ended := make(chan int, 1)
	go func() { ended <- run(args) }()
	select {
	case code := <-ended:
		return code
	case <-endOf(stdin):
		return exitFailure
	}
}

// endOf is closed when the input ends. The null device has no input at all, so it
// does not end: that is what programs in the background get.
func endOf(f *os.File) <-chan struct{} {
	ended := make(chan struct{})
	if !isNullDevice(f) {
		go func() {
			defer close(ended)
			_, _ = io.Copy(io.Discard, f)
		}()
	}
	return ended
}

func isNullDevice(f *os.File) bool {
	have, err := f.Stat()
	if err != nil {
		return false
	}
	null, err := os.Stat(os.DevNull)
	return err == nil && os.SameFile(have, null)
}

func kubernetesVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, module := range info.Deps {
			if module.Path == "k8s.io/kubernetes" {
				return module.Version
			}
		}
	}
	return "unknown"
}
