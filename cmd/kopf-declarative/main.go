package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"runtime/debug"
)

func main() {
	os.Exit(Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// Main is the whole program between its arguments and its exit code.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) (code int) {
	a := &app{stdin: stdin, stdout: stdout, stderr: stderr}
	defer func() {
		if p := recover(); p != nil {
			code = a.reportPanic(p)
		}
	}()
	root := newRoot(a)
	root.SetArgs(args)
	return a.report(root.ExecuteContext(context.Background()))
}

// app is one invocation of the program: its streams and its settings.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	settings       settings
}

// reportPanic tells about a bug of the program itself. The stack is for those
// who mend it, so it needs --verbose.
func (a *app) reportPanic(p any) int {
	fmt.Fprintf(a.stderr, "%s: internal error: %v; please report this, with the output of --verbose\n", program, p)
	if a.settings.verbose {
		fmt.Fprintf(a.stderr, "%s\n", debug.Stack())
	}
	return exitFailure
}
