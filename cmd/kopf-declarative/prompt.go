package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/kopf-declarative/kopf-declarative/runtime/trial"
)

// maxScriptLine is how long a line of the standard input may be, in bytes.
const maxScriptLine = 1 << 20

// evalLines evaluates the lines of the standard input: at a prompt where it is a
// terminal, else one after the other, all of them, for scripts.
func (a *app) evalLines(ctx context.Context, o trial.Options, sources map[string][]byte) error {
	in, isFile := a.stdin.(*os.File)
	if isFile && term.IsTerminal(int(in.Fd())) && isTerminal(a.stdout) {
		return a.prompt(ctx, o, sources, in)
	}
	session, err := trial.NewSession(o, trial.SessionIO{Out: a.stdout, Format: a.settings.output, Errors: a.printer(a.stderr, sources)})
	if err != nil {
		return err
	}
	failed := false
	lines := bufio.NewScanner(a.stdin)
	lines.Buffer(nil, maxScriptLine)
	for lines.Scan() {
		reply, err := session.Do(ctx, lines.Text())
		if err != nil {
			return err
		}
		failed = failed || reply.Failed
		if reply.Quit {
			break
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("cannot read the standard input: %w", err)
	}
	if failed {
		return errReported
	}
	return nil
}

// prompt reads lines from a terminal until the user ends. Mistakes are no failure of
// the command there.
func (a *app) prompt(ctx context.Context, o trial.Options, sources map[string][]byte, in *os.File) (err error) {
	restore, err := makeRaw(in, a.stdout)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, restore()) }()
	t := term.NewTerminal(struct {
		io.Reader
		io.Writer
	}{&interruptible{in: in}, a.stdout}, "> ")
	t.History = trial.OpenHistory(trial.HistoryFile(os.Getenv))
	t.SetBracketedPasteMode(true)

	errorsTo := a.printer(t, sources)
	errorsTo.Color, errorsTo.Width = colored(a.stdout, a.settings.color), widthOf(a.stdout)
	session, err := trial.NewSession(o, trial.SessionIO{Out: t, Format: a.settings.output, Errors: errorsTo, Width: errorsTo.Width})
	if err != nil {
		return err
	}
	c := &completer{ctx: ctx, session: session, terminal: t}
	t.AutoCompleteCallback = c.complete
	fmt.Fprintln(t, ":help shows what there is, Tab completes, Ctrl-D ends.")
	return converse(ctx, session, t, a.stdout)
}

// converse takes lines until the end.
func converse(ctx context.Context, session *trial.Session, t *term.Terminal, out io.Writer) error {
	for {
		if f, ok := out.(*os.File); ok {
			if width, height, err := term.GetSize(int(f.Fd())); err == nil {
				_ = t.SetSize(width, height) // it only redraws the line
			}
		}
		line, err := t.ReadLine()
		switch {
		case errors.Is(err, io.EOF):
			_, err := fmt.Fprintln(t)
			return err
		case err != nil && !errors.Is(err, term.ErrPasteIndicator):
			return fmt.Errorf("cannot read from the terminal: %w", err)
		}
		reply, err := session.Do(ctx, line)
		if err != nil || reply.Quit {
			return err
		}
	}
}

// interruptible makes Ctrl-C clear the line, where term's Terminal would end: to the end
// of the line, and delete what is before.
type interruptible struct {
	in      io.Reader
	pending []byte
}

const (
	ctrlC     = "\x03"
	clearLine = "\x05\x15" // Ctrl-E, Ctrl-U
)

// Read implements io.Reader.
func (r *interruptible) Read(p []byte) (int, error) {
	if len(r.pending) == 0 {
		typed := make([]byte, len(p))
		n, err := r.in.Read(typed)
		if err != nil {
			return 0, err
		}
		r.pending = []byte(strings.ReplaceAll(string(typed[:n]), ctrlC, clearLine))
	}
	n := copy(p, r.pending)
	r.pending = r.pending[n:]
	return n, nil
}

// completer completes the line at Tab: as far as there is only one way to go on. A second Tab
// shows the ways.
type completer struct {
	ctx      context.Context
	session  *trial.Session
	terminal *term.Terminal
	// undecided is the line at which the last Tab could not go on.
	undecided string
}

// complete is an AutoCompleteCallback.
func (c *completer) complete(line string, pos int, key rune) (string, int, bool) {
	if key != '\t' {
		c.undecided = ""
		return "", 0, false
	}
	found := c.session.Complete(c.ctx, line, pos)
	common := commonPrefix(found.Texts)
	if len(found.Texts) > 0 && len(common) > pos-found.From {
		c.undecided = ""
		return line[:found.From] + common + line[found.To:], found.From + len(common), true
	}
	if len(found.Texts) > 1 && c.undecided == line {
		fmt.Fprintln(c.terminal, columns(found.Texts, widthOf(os.Stdout)))
	}
	c.undecided = line
	return line, pos, true
}

// commonPrefix is what all texts begin with.
func commonPrefix(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	common := texts[0]
	for _, text := range texts[1:] {
		for !strings.HasPrefix(text, common) {
			common = common[:len(common)-1]
		}
	}
	return common
}

// columns puts texts side by side, as many as fit, in the order of reading.
func columns(texts []string, width int) string {
	widest := 0
	for _, text := range texts {
		widest = max(widest, len(text)+2)
	}
	perLine := max(1, max(width, 80)/widest)
	var b strings.Builder
	for i, text := range texts {
		switch {
		case i == len(texts)-1:
			b.WriteString(text)
		case (i+1)%perLine == 0:
			b.WriteString(text + "\n")
		default:
			fmt.Fprintf(&b, "%-*s", widest, text)
		}
	}
	return b.String()
}
