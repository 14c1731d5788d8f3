package trial

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxHistory is how many lines are kept, and maxHistoryLine how long one may be, in bytes:
// what is longer was hardly typed.
const (
	maxHistory     = 500
	maxHistoryLine = 4096
)

// History are the lines that were typed at prompts, kept in a file. It implements
// term.History. That the file cannot be read or written, or holds what it should not, is
// no failure: then less is remembered.
type History struct {
	file  string
	lines []string // the oldest first
}

// HistoryFile is where the history is kept: in $XDG_STATE_HOME, else in ~/.local/state. It is
// empty where there is no home.
func HistoryFile(getenv func(string) string) string {
	state := getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(state) { // the standard wants others to be ignored
		home := getenv("HOME")
		if home == "" {
			return ""
		}
		state = filepath.Join(home, ".local", "state")
	}
	return filepath.Join(state, "kopf-declarative", "eval-history")
}

// OpenHistory reads the history of a file, and keeps the newest lines of it; an empty name is none.
func OpenHistory(file string) *History {
	h := &History{file: file}
	if file == "" {
		return h
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return h
	}
	all := strings.Split(string(text), "\n")
	all = slices.DeleteFunc(all, func(line string) bool { return !memorable(line) })
	h.lines = all[max(0, len(all)-maxHistory):]
	if len(all) > 2*maxHistory {
		h.rewrite()
	}
	return h
}

// memorable tells lines that were typed from others. What begins with a blank is not to be
// remembered, as in shells.
func memorable(line string) bool {
	return line != "" && line[0] != ' ' && len(line) <= maxHistoryLine && utf8.ValidString(line) &&
		!strings.ContainsFunc(line, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// Add implements term.History: it remembers a line, unless it is the same again.
func (h *History) Add(line string) {
	if !memorable(line) || len(h.lines) > 0 && h.lines[len(h.lines)-1] == line {
		return
	}
	h.lines = append(h.lines, line)
	if len(h.lines) > maxHistory {
		h.lines = h.lines[1:]
	}
	h.keep(line)
}

// Len implements term.History.
func (h *History) Len() int { return len(h.lines) }

// At implements term.History: 0 is the newest.
func (h *History) At(i int) string { return h.lines[len(h.lines)-1-i] }

// keep adds a line to the file, where prompts at the same time add theirs.
func (h *History) keep(line string) {
	if h.file == "" || os.MkdirAll(filepath.Dir(h.file), 0o700) != nil {
		return
	}
	f, err := os.OpenFile(h.file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return
	}
	defer f.Close()
	_, _ = f.WriteString(line + "\n") // no failure: see History
}

// rewrite shortens the file, all at once.
func (h *History) rewrite() {
	f, err := os.CreateTemp(filepath.Dir(h.file), "eval-history-*")
	if err != nil {
		return
	}
	_, err = f.WriteString(strings.Join(h.lines, "\n") + "\n")
	if closed := f.Close(); err != nil || closed != nil || os.Rename(f.Name(), h.file) != nil {
		_ = os.Remove(f.Name()) // no failure: see History
	}
}
