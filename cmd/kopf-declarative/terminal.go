package main

import (
	"io"
	"os"

	"golang.org/x/term"
)

// colored tells whether output to w is to be coloured: as --color says, and by
// default on terminals that want it (https://no-color.org).
func colored(w io.Writer, choice string) bool {
	switch choice {
	case "always":
		return true
	case "never":
		return false
	}
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
