package main

import (
	"errors"
	"fmt"
)

// The exit codes of all commands.
const (
	exitOK      = 0
	exitFailure = 1 // findings in the files, or the command could not do its work
	exitUsage   = 2 // wrong flags, arguments, environment or config file
)

// errReported ends a command that has told the reason already.
var errReported = errors.New("reported")

// usageError is a mistake in how the program was called.
type usageError struct {
	message string
	// command is the command path whose help says how to do it right.
	command string
}

func (e *usageError) Error() string { return e.message }

// report prints the error that a command ended with and returns the exit code.
func (a *app) report(err error) int {
	var usage *usageError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errReported):
		return exitFailure
	case errors.As(err, &usage):
		fmt.Fprintf(a.stderr, "%s: %s\nSee '%s --help'.\n", program, usage.message, usage.command)
		return exitUsage
	default:
		fmt.Fprintf(a.stderr, "%s: %v\n", program, err)
		return exitFailure
	}
}
