package script

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
)

// Narrator writes for the reader. It may be used by several goroutines, for the
// engine's log comes while the script is played.
type Narrator struct {
	// Color says whether to use the colours of a terminal.
	Color bool

	// mu guards out and log.
	mu  sync.Mutex
	out io.Writer
	log []string
}

// NewNarrator makes a narrator that writes to out.
func NewNarrator(out io.Writer, color bool) *Narrator { return &Narrator{out: out, Color: color} }

// The colours, as terminals know them.
const (
	bold   = "1"
	faint  = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

func (n *Narrator) paint(color, text string) string {
	if !n.Color {
		return text
	}
	return "\x1b[" + color + "m" + text + "\x1b[0m"
}

func (n *Narrator) print(lines ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, l := range lines {
		fmt.Fprintln(n.out, l)
	}
}

// Say tells the reader something.
func (n *Narrator) Say(format string, args ...any) { n.print(fmt.Sprintf(format, args...)) }

// Title starts a new part of the story.
func (n *Narrator) Title(text string) { n.print("", n.paint(bold, "── "+text)) }

// Waiting tells what the story waits for.
func (n *Narrator) Waiting(reason error) {
	n.print(n.paint(faint, "   … waiting: "+reason.Error()))
}

// Command shows what a user would type.
func (n *Narrator) Command(text string) { n.print(n.paint(cyan, "   $ "+text)) }

// Follow shows the engine's log until it ends. The lines are kept, for Logged.
func (n *Narrator) Follow(log io.Reader) {
	for lines := bufio.NewScanner(log); lines.Scan(); {
		n.mu.Lock()
		n.log = append(n.log, colors.ReplaceAllString(lines.Text(), ""))
		n.mu.Unlock()
		n.print(n.paint(faint, "   operator │ ") + lines.Text())
	}
}

// colors are the escape sequences that the engine's log may have.
var colors = regexp.MustCompile("\x1b\\[[0-9;]*m")

// Lines is how many lines the engine's log has so far.
func (n *Narrator) Lines() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return len(n.log)
}

// Logged tells whether the engine's log has a line with this text behind the
// first so many lines.
func (n *Narrator) Logged(text string, behind int) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, l := range n.log[behind:] {
		if strings.Contains(l, text) {
			return true
		}
	}
	return false
}

// object shows an object, or what has changed of it.
func (n *Narrator) object(ref Ref, changed []change) {
	if len(changed) == 0 {
		n.print("   " + n.paint(bold, ref.String()) + n.paint(faint, "  is as before"))
		return
	}
	lines := []string{"   " + n.paint(bold, ref.String())}
	for _, c := range changed {
		lines = append(lines, "   "+n.change(c))
	}
	n.print(lines...)
}

func (n *Narrator) change(c change) string {
	switch c.mark {
	case '+':
		return n.paint(green, fmt.Sprintf("  + %s: %s", c.path, short(c.value, whole)))
	case '-':
		return n.paint(red, "  - "+c.path)
	case '~':
		return n.paint(yellow, fmt.Sprintf("  ~ %s: %s → %s", c.path, short(c.before, half), short(c.value, half)))
	}
	return fmt.Sprintf("    %s: %s", c.path, short(c.value, whole))
}

func (n *Narrator) gone(ref Ref) {
	n.print("   " + n.paint(bold, ref.String()) + n.paint(red, "  is gone"))
}

func (n *Narrator) event(e Event) {
	color := green
	if e.Type == "Warning" {
		color = yellow
	}
	n.print(fmt.Sprintf("   event on %s: %s %s", e.About, n.paint(color, e.Type+" "+e.Reason), short(e.Note, whole)))
}
