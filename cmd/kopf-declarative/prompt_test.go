package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// typist is a user at a real terminal in which the program runs.
type typist struct {
	t        *testing.T
	terminal *os.File
	ended    chan error
	// read is closed when all of the output has been read.
	read chan struct{}

	mu sync.Mutex
	// screen is what the program has written since the last key; guarded by mu.
	screen bytes.Buffer
	// grown tells that it has become more.
	grown chan struct{}
}

// atTerminal starts the program in a terminal of 100 columns.
func atTerminal(t *testing.T, env []string, args ...string) *typist {
	t.Helper()
	return inTerminal(t, env, program, args...)
}

// inTerminal starts any program in such a terminal.
func inTerminal(t *testing.T, env []string, name string, args ...string) *typist {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 100})
	if err != nil {
		t.Fatal(err)
	}
	u := &typist{t: t, terminal: terminal, ended: make(chan error, 1), read: make(chan struct{}), grown: make(chan struct{}, 1)}
	go u.watch(cmd)
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it has ended already, if all is well
		<-u.read
		terminal.Close()
	})
	return u
}

// watch reads the screen until the program has ended.
func (u *typist) watch(cmd *exec.Cmd) {
	defer close(u.read)
	part := make([]byte, 4096)
	for {
		n, err := u.terminal.Read(part)
		u.mu.Lock()
		u.screen.Write(part[:n])
		u.mu.Unlock()
		select {
		case u.grown <- struct{}{}:
		default:
		}
		if err != nil { // on Linux, EIO says that nobody has the other side open any more
			u.ended <- cmd.Wait()
			return
		}
	}
}

// types presses keys.
func (u *typist) types(keys string) {
	u.t.Helper()
	u.mu.Lock()
	u.screen.Reset()
	u.mu.Unlock()
	if _, err := u.terminal.WriteString(keys); err != nil {
		u.t.Fatal(err)
	}
}

// sees waits until what has been written since the last key has a match, and returns it
// with its groups.
func (u *typist) sees(pattern string) []string {
	u.t.Helper()
	wanted := regexp.MustCompile(pattern)
	late := time.After(patience)
	for {
		u.mu.Lock()
		text := plain(u.screen.String())
		u.mu.Unlock()
		if found := wanted.FindStringSubmatch(text); found != nil {
			return found
		}
		select {
		case <-u.grown:
		case <-late:
			u.t.Fatalf("no match for %q in %q", pattern, text)
		}
	}
}

// ends waits for the end of the program, which must be a good one.
func (u *typist) ends() {
	u.t.Helper()
	select {
	case err := <-u.ended:
		if err != nil {
			u.t.Fatal(err)
		}
	case <-time.After(patience):
		u.t.Fatal("it does not end")
	}
}

var controls = regexp.MustCompile(`\x1b\[[0-9;?]*[A-Za-z]`)

// plain is a text without the control sequences of terminals.
func plain(text string) string {
	return strings.ReplaceAll(controls.ReplaceAllString(text, ""), "\r", "")
}

// The keys of a terminal.
const (
	enter = "\r"
	tab   = "\t"
	up    = "\x1b[A"
	left  = "\x1b[D"
	ctrlD = "\x04"
)

func TestPrompt(t *testing.T) {
	dir := t.TempDir()
	object := filepath.Join(dir, "claim.yaml")
	text := "kind: Claim\napiVersion: kopf.dev/v1\nmetadata: {name: web, labels: {app: web}}\nspec: {size: 3, sizes: [1, 2], mode: fast, sub-part: {x: 1}}\n"
	if err := os.WriteFile(object, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"XDG_STATE_HOME=" + dir, "TERM=xterm", "NO_COLOR=1"}
	u := atTerminal(t, env, "eval", "--object", object)
	u.sees(`:help shows what there is.*\n> $`)

	u.types("spec.size + 1" + enter)
	u.sees(`\n4  # int\n> $`)
	// The line is edited in its middle.
	u.types("spec.sze" + left + left + "i" + enter)
	u.sees(`\n3  # int\n> $`)
	// Mistakes have their place and do not end the prompt.
	u.types("spec.siz + 1" + enter)
	u.sees(`<expression>:1:6: error: evaluation failed: no such key: siz; did you mean size\?\n  1 \| spec.siz \+ 1\n    \|      \^~~\n  spec is \{.*\}\n> $`)

	// Completion: of variables, of the fields that the object has, of functions and commands.
	u.types("annot" + tab)
	u.sees(`annotations$`)
	u.types("\x03") // Ctrl-C clears the line
	u.types("spec.mo" + tab + enter)
	u.sees(`\nfast  # string\n> $`)
	u.types("spec.si" + tab)
	u.sees(`spec\.size$`)
	u.types(tab + tab)
	u.sees(`size +sizes`)
	u.types("s[0]" + enter)
	u.sees(`\n1  # int\n> $`)
	u.types("spec.sub" + tab + ".x" + enter)
	u.sees("spec\\.`sub-part`\\.x\n1  # int\n> $")
	u.types("labels['a" + tab + "']" + enter)
	// What is likely not meant is told behind the answer.
	u.sees(`\nweb  # string\n<expression>:1:7: warning: perhaps absent: labels\['app'\] may be absent[^|]*\n  1 \| labels\['app'\]\n    \|       \^\n> $`)
	u.types("labels[?'app'].orValue('none')" + enter)
	u.sees(`'\)\nweb  # string\n> $`)
	u.types("hash.sho" + tab + "name).size()" + enter)
	u.sees(`\n8  # int\n> $`)
	u.types(":ty" + tab + "now" + enter)
	u.sees(`\ntimestamp\n> $`)

	// A value of a run.
	u.types("item.x" + enter)
	u.sees(`no value: item: it exists in runs only; :let item=VALUE gives it`)
	u.types(":let item = {'x': spec.size * 2}" + enter)
	u.sees(`> $`)
	u.types("item.x" + enter)
	u.sees(`\n6  # int\n> $`)
	u.types(":vars" + enter)
	u.sees(`(?s)\nname +string +"web"\n.*\nitem +map +\{"x":6\}\n.*> $`)

	// A pasted text is taken as it is: its tab completes nothing.
	u.types("\x1b[200~size(spec\t.sizes)\x1b[201~" + enter)
	u.sees(`\n2  # int\n> $`)
	u.types(up + up + up + enter)
	u.sees(`\n6  # int\n> $`)
	u.types(ctrlD)
	u.ends()

	// The next prompt remembers.
	u = atTerminal(t, env, "eval")
	u.sees(`> $`)
	u.types(up + up + enter)
	u.sees(`(?s)size\(spec.*no value: spec: there is no object; --object FILE gives it, or :let spec=VALUE`)
	u.types(":quit" + enter)
	u.ends()
}

// A signal ends the prompt as it ends any program, and leaves the shell a terminal that
// shows what is typed.
func TestPromptEndsBySignal(t *testing.T) {
	env := []string{"XDG_STATE_HOME=" + t.TempDir(), "TERM=xterm"}
	for name, s := range map[string]syscall.Signal{"TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "INT": syscall.SIGINT} {
		u := inTerminal(t, env, "sh", "-c", `trap : INT; sh -c 'echo "pid=$$."; exec kopf-declarative eval'; echo "code=$?."; stty -a`)
		pid, err := strconv.Atoi(u.sees(`pid=(\d+)\.[^>]*> $`)[1])
		if err != nil {
			t.Fatal(err)
		}
		u.types("1 + ")
		u.sees(`1 \+ $`)
		if err := syscall.Kill(pid, s); err != nil {
			t.Fatal(err)
		}
		if code := u.sees(`(?s)\ncode=(\d+)\..*\nisig icanon iexten echo .*\n`)[1]; code != strconv.Itoa(128+int(s)) {
			t.Errorf("%s: exit code %s", name, code)
		}
		u.ends()
	}
}

// A history that cannot be kept is no failure.
func TestPromptWithoutHistory(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "kopf-declarative"), nil, 0o600); err != nil { // no folder
		t.Fatal(err)
	}
	u := atTerminal(t, []string{"XDG_STATE_HOME=" + dir}, "eval")
	u.sees(`> $`)
	u.types("1 + 1" + enter)
	u.sees(`\n2  # int\n> $`)
	u.types(up + enter)
	u.sees(`\n2  # int\n> $`)
	u.types(ctrlD)
	u.ends()
}
