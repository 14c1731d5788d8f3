package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"
)

// leaving is what a terminal is sent in the end: it brackets pasted text no more.
const leaving = "\x1b[?2004l"

// makeRaw puts a terminal into raw mode. The returned function puts it back. A signal that
// ends the process does so, too, before: the terminal belongs to a shell, which would be
// without echo.
func makeRaw(in *os.File, out io.Writer) (restore func() error, err error) {
	before, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return nil, fmt.Errorf("cannot use the terminal: %w", err)
	}
	signals := make(chan os.Signal, 1)
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) { // as nohup has it
			signal.Notify(signals, s)
		}
	}
	putBack := func() error {
		_, written := io.WriteString(out, leaving)
		return errors.Join(written, term.Restore(int(in.Fd()), before))
	}
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		select {
		case got := <-signals:
			_ = putBack() // there may be no terminal any more
			_, _ = io.WriteString(out, "\n")
			signal.Reset(got)
			endBy(got)
		case <-ended:
		}
	}()
	return func() error {
		signal.Stop(signals)
		close(ended)
		<-done
		return putBack()
	}, nil
}

// endBy ends the process as a signal does by default, for whoever waits for it.
func endBy(s os.Signal) {
	if self, err := os.FindProcess(os.Getpid()); err == nil && self.Signal(s) == nil {
		select {} // it is on its way
	}
	os.Exit(exitFailure) // where processes cannot signal themselves
}
