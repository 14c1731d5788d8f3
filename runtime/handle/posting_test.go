package handle

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"
)

func TestPosting(t *testing.T) {
	var log bytes.Buffer
	var posted []string
	logger := slog.New(posting{
		Handler: slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelError}),
		level:   slog.LevelWarn,
		post:    func(eventType, message string) { posted = append(posted, eventType+" "+message) },
	}).With("handler", "x").WithGroup("g")
	logger.Info("neither")
	logger.Warn("posted, not logged")
	logger.Error("both", "step", "one")
	if want := []string{"Warning posted, not logged", "Warning both"}; !slices.Equal(posted, want) {
		t.Errorf("posted %q, want %q", posted, want)
	}
	if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "msg=both handler=x g.step=one") {
		t.Errorf("logged %q", got)
	}
}
