package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// processCommands are script commands for programs that run until they are
// stopped.
//
//	start NAME COMMAND…       runs the command in the background
//	waitlog NAME REGEXP       waits until its log has a match
//	fails CODE ARGS…          runs kopf-declarative ARGS…, which must end with
//	                          this exit code
//	signal NAME INT|TERM|KILL sends a signal
//	finish NAME SIGNAL CODE   sends a signal, waits for the end, checks the exit
//	                          code (or "killed") and leaves NAME.log behind
var processCommands = map[string]func(*testscript.TestScript, bool, []string){
	"start":   cmdStart,
	"waitlog": cmdWaitLog,
	"signal":  cmdSignal,
	"finish":  cmdFinish,
	"fails":   cmdFails,
}

// patience is how long a script waits for anything.
const patience = time.Minute

// process is a running program and its log so far.
type process struct {
	cmd *exec.Cmd
	// ended is closed when the program is gone.
	ended chan struct{}

	mu  sync.Mutex
	log []byte
	// grown is closed and replaced when the log grows. mu guards both.
	grown chan struct{}
}

// Write takes what the program writes to its standard error.
func (p *process) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.log = append(p.log, text...)
	close(p.grown)
	p.grown = make(chan struct{})
	return len(text), nil
}

func (p *process) text() (string, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return string(p.log), p.grown
}

func cmdStart(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: start NAME COMMAND…")
	}
	p := &process{cmd: exec.Command(args[1], args[2:]...), ended: make(chan struct{}), grown: make(chan struct{})}
	p.cmd.Dir = ts.Getenv("WORK")
	p.cmd.Env = scriptEnv(ts)
	p.cmd.Stderr = p
	ts.Check(p.cmd.Start())
	go func() {
		defer close(p.ended)
		_ = p.cmd.Wait() // the exit code is in ProcessState
	}()
	ts.Defer(func() {
		_ = p.cmd.Process.Kill() // it has ended where the script went well
		<-p.ended
	})
	processes(ts)[args[0]] = p
}

func cmdFails(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: fails CODE ARGS…")
	}
	var failed *exec.ExitError
	if err := ts.Exec(program, args[1:]...); err != nil && !errors.As(err, &failed) {
		ts.Fatalf("%v", err)
	}
	if failed == nil || strconv.Itoa(failed.ExitCode()) != args[0] {
		ts.Fatalf("it ended with %v, want exit code %s", failed, args[0])
	}
}

// scriptEnv is the environment of the script's own commands.
func scriptEnv(ts *testscript.TestScript) []string {
	var env []string
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "KUBECONFIG", "KOPF_NAMESPACE", "KOPF_LOG_FORMAT", "GOCOVERDIR"} {
		if value := ts.Getenv(name); value != "" {
			env = append(env, name+"="+value)
		}
	}
	return env
}

func processes(ts *testscript.TestScript) map[string]*process {
	return ts.Value(processesKey{}).(map[string]*process)
}

// processesKey is where a script keeps its processes.
type processesKey struct{}

func withProcesses(env *testscript.Env) error {
	env.Values[processesKey{}] = map[string]*process{}
	return nil
}

func find(ts *testscript.TestScript, name string) *process {
	p := processes(ts)[name]
	if p == nil {
		ts.Fatalf("%s was not started", name)
	}
	return p
}

func cmdWaitLog(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: waitlog NAME REGEXP")
	}
	p, want := find(ts, args[0]), regexp.MustCompile(`(?m)`+args[1])
	deadline := time.After(patience)
	for {
		text, grown := p.text()
		if want.MatchString(text) {
			return
		}
		select {
		case <-grown:
		case <-p.ended:
			if text, _ = p.text(); !want.MatchString(text) {
				ts.Fatalf("%s ended (%v) without %q in its log:\n%s", args[0], p.cmd.ProcessState, args[1], text)
			}
		case <-deadline:
			ts.Fatalf("no %q in the log of %s:\n%s", args[1], args[0], text)
		}
	}
}

func cmdSignal(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL}
	if neg || len(args) != 2 || signals[args[1]] == nil {
		ts.Fatalf("usage: signal NAME INT|TERM|KILL")
	}
	ts.Check(find(ts, args[0]).cmd.Process.Signal(signals[args[1]]))
}

func cmdFinish(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: finish NAME INT|TERM|KILL CODE|killed")
	}
	cmdSignal(ts, false, args[:2])
	p := find(ts, args[0])
	select {
	case <-p.ended:
	case <-time.After(patience):
		text, _ := p.text()
		ts.Fatalf("%s does not stop:\n%s", args[0], text)
	}
	text, _ := p.text()
	ts.Check(os.WriteFile(filepath.Join(ts.Getenv("WORK"), args[0]+".log"), []byte(text), 0o600))
	if got := ending(p.cmd.ProcessState); got != args[2] {
		ts.Fatalf("%s ended with %s, want %s:\n%s", args[0], got, args[2], text)
	}
}

// ending is an exit code, or "killed".
func ending(state *os.ProcessState) string {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return "killed"
	}
	return strconv.Itoa(state.ExitCode())
}
