package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain lets the scripts run this test binary as kopf-declarative.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){program: main})
}

// TestScript plays what needs no cluster.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		Cmds:          processCommands,
		UpdateScripts: os.Getenv("UPDATE_SCRIPTS") != "",
	})
}
