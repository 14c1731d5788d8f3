package main

import (
	"context"
	"io"
	"log/slog"

	"k8s.io/klog/v2"
)

// newLogger makes the logger of one run.
func newLogger(w io.Writer, s *settings) *slog.Logger {
	level := slog.LevelInfo
	switch {
	case s.verbose:
		level = slog.LevelDebug
	case s.quiet:
		level = slog.LevelWarn
	}
	if s.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
	}
	return slog.New(newTextHandler(w, level, colored(w, s.color)))
}

// routeKlog sends what the Kubernetes libraries log to our log.
func routeKlog(log *slog.Logger) {
	klog.SetSlogLogger(slog.New(klogHandler{log.Handler()}))
}

// klogHandler takes down the volume of the Kubernetes libraries: what they call
// an error is usually one that is retried, so it becomes a warning, and all the
// rest is for debugging.
type klogHandler struct{ next slog.Handler }

func (h klogHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, quieter(level))
}

func (h klogHandler) Handle(ctx context.Context, r slog.Record) error {
	r.Level = quieter(r.Level)
	return h.next.Handle(ctx, r)
}

func (h klogHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return klogHandler{h.next.WithAttrs(attrs)}
}

func (h klogHandler) WithGroup(name string) slog.Handler {
	return klogHandler{h.next.WithGroup(name)}
}

func quieter(level slog.Level) slog.Level {
	switch {
	case level >= slog.LevelError:
		return slog.LevelWarn
	default:
		return min(level, slog.LevelDebug)
	}
}
