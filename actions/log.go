package actions

import (
	"context"
	"log/slog"

	"github.com/kopf-declarative/kopf-declarative/eval"
	"github.com/kopf-declarative/kopf-declarative/spec"
)

// logAction writes to the operator's log.
type logAction struct {
	level   slog.Level
	message *eval.Template
	at      string
}

func (c *compiler) log(x *spec.Log) action {
	a := &logAction{message: c.template(x.Message), at: x.Range.String()}
	if x.Level != nil {
		a.level = LogLevel(x.Level.Value)
	}
	return a
}

// LogLevel is the level of a name in the language: debug, info, warning, error.
func LogLevel(name string) slog.Level {
	switch name {
	case "debug":
		return slog.LevelDebug
	case "warning":
		return slog.LevelWarn
	case "error":
		return slog.LevelError
	default:
		return slog.LevelInfo
	}
}

func (a *logAction) run(ctx context.Context, f *frame) (any, error) {
	if !f.Log.Enabled(ctx, a.level) {
		return nil, nil
	}
	message, err := a.message.Text(ctx, f.bind)
	if err != nil {
		return nil, err
	}
	f.Log.LogAttrs(ctx, a.level, message, slog.String("step", f.label), slog.String("at", a.at))
	return nil, nil
}
