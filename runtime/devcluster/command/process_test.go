package command

import (
	"os/exec"
	"strings"
	"testing"
	"time"
)

// start runs a shell script that says "on" when it is set up.
func start(t *testing.T, script string) *Process {
	t.Helper()
	cmd := exec.Command("sh", "-c", script)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p, err := Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Kill() })
	if _, err := out.Read(make([]byte, 2)); err != nil {
		t.Fatal(err)
	}
	return p
}

// forever does nothing until the shell is told to end: it reads what nobody writes.
const forever = "mkfifo $$.fifo 2>/dev/null; while :; do read line <>$$.fifo; done"

func TestStopAsksFirst(t *testing.T) {
	t.Chdir(t.TempDir())
	p := start(t, "trap 'exit 0' TERM; echo on; "+forever)
	if err := p.Stop(time.Minute); err != nil {
		t.Error(err)
	}
	select {
	case <-p.Ended():
	default:
		t.Error("the process is still there")
	}
}

func TestStopKillsWhoDoesNotListen(t *testing.T) {
	t.Chdir(t.TempDir())
	p := start(t, "trap '' TERM; echo on; "+forever)
	if err := p.Stop(50 * time.Millisecond); err == nil || !strings.Contains(err.Error(), "did not stop within") {
		t.Errorf("Stop = %v", err)
	}
}

func TestStopTellsOfAnEarlierFailure(t *testing.T) {
	p := start(t, "echo on; exit 3")
	<-p.Ended()
	if err := p.Stop(time.Minute); err == nil || !strings.Contains(err.Error(), "3") {
		t.Errorf("Stop = %v, want the exit status", err)
	}
}

func TestBuildSaysWhatIsWrong(t *testing.T) {
	if _, err := Build(t.Context(), "no/such/package", t.TempDir()); err == nil || !strings.Contains(err.Error(), "no/such/package") {
		t.Errorf("Build = %v", err)
	}
}
