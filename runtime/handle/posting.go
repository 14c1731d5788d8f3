package handle

import (
	"context"
	"log/slog"
)

// posting is a log handler that also posts what handlers log at or above a
// level as events on the object, where people look with kubectl.
type posting struct {
	slog.Handler
	level slog.Level
	post  func(eventType, message string)
}

// Enabled implements slog.Handler: a message may be posted that is not logged.
func (h posting) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= h.level || h.Handler.Enabled(ctx, level)
}

// Handle implements slog.Handler.
func (h posting) Handle(ctx context.Context, r slog.Record) error {
	if r.Level >= h.level {
		eventType := "Normal"
		if r.Level >= slog.LevelWarn {
			eventType = "Warning"
		}
		h.post(eventType, r.Message)
	}
	if !h.Handler.Enabled(ctx, r.Level) {
		return nil
	}
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h posting) WithAttrs(attrs []slog.Attr) slog.Handler {
	h.Handler = h.Handler.WithAttrs(attrs)
	return h
}

// WithGroup implements slog.Handler.
func (h posting) WithGroup(name string) slog.Handler {
	h.Handler = h.Handler.WithGroup(name)
	return h
}

// stepLog is the log of a handler's own messages.
func (p *pass) stepLog(h *Handler) *slog.Logger {
	if !p.w.operator.Settings.PostingLoggers {
		return p.handlerLog(h)
	}
	return slog.New(posting{
		Handler: p.handlerLog(h).Handler(),
		level:   p.w.operator.Settings.PostingLevel,
		post:    func(eventType, message string) { p.event(eventType, "Logging", message) },
	})
}
