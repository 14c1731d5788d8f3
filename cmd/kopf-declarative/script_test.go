package main

import (
	"context"
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the scripts run this test binary as kopf-declarative, and as a
// program that never stops by itself.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){program: main, "stubborn": stubborn})
}

// stubborn takes signals as run does, but does not end when it is asked to.
func stubborn() {
	log := newLogger(os.Stderr, &settings{})
	ctx, _ := untilSignal(context.Background(), log)
	log.Info("ready")
	<-ctx.Done()
	log.Info(context.Cause(ctx).Error())
	select {}
}

// TestScript plays what needs no cluster.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		Cmds:          processCommands,
		Setup:         withProcesses,
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
	})
}
