package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if _, err := devcluster.Binary(ctx, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
