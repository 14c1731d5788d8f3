package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

// errStopped is the cause of a context that a signal has ended.
var errStopped = errors.New("stopped by a signal")

// untilSignal returns a context that ends at the first SIGTERM or Ctrl-C. From
// then on signals do again what they do by default, so a second Ctrl-C kills.
// The returned function releases the signals and waits for its goroutine.
func untilSignal(parent context.Context, log *slog.Logger) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case got := <-signals:
			signal.Stop(signals)
			log.Info("stopping", "signal", got.String())
			cancel(errStopped)
		case <-ctx.Done():
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		cancel(context.Canceled)
		<-done
	}
}
