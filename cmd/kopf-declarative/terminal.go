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
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// widthOf is the width of a terminal in cells, 0 for what is none.
func widthOf(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}
