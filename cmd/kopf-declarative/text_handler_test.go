package main

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestTextHandler(t *testing.T) {
	object := func(log *slog.Logger) *slog.Logger {
		return log.With("operator", "evc", "resource", "evcs", "object", "default/a", "handler", "create")
	}
	tests := []struct {
		name  string
		level slog.Level
		color bool
		write func(*slog.Logger)
		want  string
	}{
		{
			name:  "no subject",
			write: func(log *slog.Logger) { log.Info("ready", "count", 3) },
			want:  "15:04:05 INFO  ready  count=3\n",
		},
		{
			name: "the column grows with the subjects",
			write: func(log *slog.Logger) {
				log.With("operator", "evc").Info("one")
				object(log).Info("two")
				log.With("operator", "evc").Info("three")
			},
			want: "15:04:05 INFO  evc  one\n" +
				"15:04:05 INFO  evc default/a create  two\n" +
				"15:04:05 INFO  evc                   three\n",
		},
		{
			name:  "what is wrong is told with its details",
			write: func(log *slog.Logger) { object(log).Warn("failed", "at", "a.yaml:1:2") },
			want:  "15:04:05 WARN  evc default/a create  failed  resource=evcs  at=a.yaml:1:2\n",
		},
		{
			name:  "so is everything at the debug level",
			level: slog.LevelDebug,
			write: func(log *slog.Logger) { object(log).Debug("noop") },
			want:  "15:04:05 DEBUG evc default/a create  noop  resource=evcs\n",
		},
		{
			name:  "below the level",
			level: slog.LevelWarn,
			write: func(log *slog.Logger) { log.Info("no"); log.Error("yes") },
			want:  "15:04:05 ERROR yes\n",
		},
		{
			name: "groups become dotted keys",
			write: func(log *slog.Logger) {
				log.WithGroup("patch").With("n", 1).Info("sent", slog.Group("status", "n", 2), slog.Group("", "bare", 3))
			},
			want: "15:04:05 INFO  sent  patch.n=1  patch.status.n=2  patch.bare=3\n",
		},
		{
			name:  "values whose end would not be seen are quoted",
			write: func(log *slog.Logger) { log.Info("m", "a", "x y", "b", "", "c", "d\ne") },
			want:  "15:04:05 INFO  m  a=\"x y\"  b=\"\"  c=\"d\\ne\"\n",
		},
		{
			name:  "an error ends the message",
			write: func(log *slog.Logger) { log.Warn("cannot write", "error", errors.New("no way"), "attempt", 2) },
			want:  "15:04:05 WARN  cannot write: no way  attempt=2\n",
		},
		{
			name:  "control characters of the cluster's texts are shown, not obeyed",
			write: func(log *slog.Logger) { log.Info("a\x1b[2Jb\r\nc\n") },
			want:  "15:04:05 INFO  a\\x1b[2Jb\\r\n    c\n",
		},
		{
			name:  "colour",
			color: true,
			write: func(log *slog.Logger) { object(log).Error("m", "k", "v") },
			want: "\x1b[2m15:04:05\x1b[0m \x1b[1;31mERROR\x1b[0m \x1b[36mevc default/a create\x1b[0m  m" +
				"  \x1b[2mresource=\x1b[0mevcs  \x1b[2mk=\x1b[0mv\n",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // where time stands still
				var out strings.Builder
				test.write(slog.New(newTextHandler(&out, test.level, test.color)))
				want := strings.ReplaceAll(test.want, "15:04:05", time.Now().Format(time.TimeOnly))
				if out.String() != want {
					t.Errorf("got\n%q\nwant\n%q", out.String(), want)
				}
			})
		})
	}
}

func TestLongSubjectsDoNotWidenTheColumn(t *testing.T) {
	var out strings.Builder
	log := slog.New(newTextHandler(&out, slog.LevelInfo, false))
	log.With("operator", strings.Repeat("x", 3*maxColumn)).Info("long")
	log.With("operator", "short").Info("message")
	_, line, _ := strings.Cut(out.String(), "\n")
	if want := "short" + strings.Repeat(" ", maxColumn-len("short")+2) + "message"; !strings.HasSuffix(line, want+"\n") {
		t.Errorf("got %q, want it to end in %q", line, want)
	}
}

func TestKlogIsTakenDown(t *testing.T) {
	var out strings.Builder
	log := slog.New(klogHandler{newTextHandler(&out, slog.LevelInfo, false)})
	log.Info("watch closed")
	log.Error("retrying")
	if got := out.String(); !strings.HasSuffix(got, " WARN  retrying\n") || strings.Count(got, "\n") != 1 {
		t.Errorf("got %q, want one warning", got)
	}
}
