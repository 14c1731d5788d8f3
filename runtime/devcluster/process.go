package devcluster

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// lastLines is how much of the log of a component that died is shown.
const lastLines = 12

// process is a component that runs.
type process struct {
	name string
	log  string // the file of its output

	cmd   *exec.Cmd
	input *os.File      // kept open: its end tells the component that we are gone
	ended chan struct{} // closed when it has ended, then err is set
	err   error
}

// run starts a component in the folder dir. It never outlives this process, even
// one that is killed: our own components end with their input, and on Linux the
// kernel looks after all of them.
func run(dir, name string, argv []string) (*process, error) {
	p := &process{name: name, log: filepath.Join(dir, name+".log"), ended: make(chan struct{})}
	output, err := os.Create(p.log)
	if err != nil {
		return nil, err
	}
	defer output.Close()
	theirs, ours, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer theirs.Close()
	p.input = ours
	p.cmd = exec.Command(argv[0], argv[1:]...)
	p.cmd.Dir = dir
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = theirs, output, output
	p.cmd.SysProcAttr = attributes()
	if err := p.start(); err != nil {
		ours.Close()
		return nil, fmt.Errorf("cannot start %s: %w", name, err)
	}
	return p, nil
}

// start runs the command on a thread that lives as long as the process, because
// the kernel takes the end of that thread for the end of the parent.
func (p *process) start() error {
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		p.err = p.cmd.Wait()
		p.input.Close()
		close(p.ended)
	}()
	return <-started
}

// stop asks the component to end, and kills it when it takes too long.
func (p *process) stop(grace time.Duration) error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.ended:
		return nil
	case <-time.After(grace):
	}
	p.kill()
	return fmt.Errorf("%s did not stop within %v and was killed", p.name, grace)
}

// kill ends the component at once.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // fails only if it has ended
	<-p.ended
}

// failure tells why the component ended, with the end of its log.
func (p *process) failure() error {
	how := "exit status 0"
	if p.err != nil {
		how = p.err.Error()
	}
	return fmt.Errorf("%s ended: %s; the end of its log:\n%s", p.name, how, tail(p.log, lastLines))
}

// tail returns the last lines of a file, indented.
func tail(file string, lines int) string {
	f, err := os.Open(file)
	if err != nil {
		return "  " + err.Error()
	}
	defer f.Close()
	const enough = 16 << 10
	if info, err := f.Stat(); err == nil && info.Size() > enough {
		_, _ = f.Seek(-enough, io.SeekEnd)
	}
	text, _ := io.ReadAll(f)
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return "  (it is empty)"
	}
	all := strings.Split(string(text), "\n")
	return "  " + strings.Join(all[max(0, len(all)-lines):], "\n  ")
}
