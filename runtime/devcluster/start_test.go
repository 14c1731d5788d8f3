package devcluster

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// listening is an etcd as far as can be seen from outside.
const listening = ": > localhost:2379; exec sleep 1000\n"

// fakes are components that do what a script says.
func fakes(t *testing.T, scripts map[string]string) programs {
	t.Helper()
	found, dir := programs{}, t.TempDir()
	for name, script := range scripts {
		found[name] = []string{program(t, dir, name, script)}
	}
	return found
}

func TestComponentThatDiesAtStart(t *testing.T) {
	for name, c := range map[string]struct {
		scripts map[string]string
		want    []string
	}{
		"etcd": {
			map[string]string{etcd: "echo first; echo the disk is full; exit 3"},
			[]string{"etcd ended: exit status 3", "the end of its log:\n  first\n  the disk is full"},
		},
		"kube-apiserver": {
			map[string]string{etcd: listening, apiserver: "for i in `seq 100`; do echo line $i; done; kill -9 $$"},
			[]string{"kube-apiserver ended: signal: killed", "  line 89\n", "  line 100"},
		},
		"silent": {
			map[string]string{etcd: "exit 0"},
			[]string{"etcd ended: exit status 0", "(it is empty)"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := open(t, t.TempDir())
			defer f.close()
			_, err := startIn(t.Context(), f, fakes(t, c.scripts))
			if err == nil {
				t.Fatal("it started")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("no %q in: %v", want, err)
				}
			}
			if strings.Contains(err.Error(), "line 88\n") {
				t.Errorf("too much of the log: %v", err)
			}
		})
	}
}

func TestProgramThatIsMissing(t *testing.T) {
	f := open(t, t.TempDir())
	defer f.close()
	_, err := startIn(t.Context(), f, programs{etcd: {"/there/is/none"}})
	if err == nil || !strings.Contains(err.Error(), "cannot start etcd") {
		t.Errorf("got %v", err)
	}
}

func TestLostPortIsTriedAgain(t *testing.T) {
	f := open(t, t.TempDir())
	defer f.close()
	tries := filepath.Join(t.TempDir(), "tries")
	_, err := startIn(t.Context(), f, fakes(t, map[string]string{
		etcd:      listening,
		apiserver: `echo "$@" >> ` + tries + "\necho 'listen tcp 127.0.0.1:1234: bind: address already in use'; exit 1",
	}))
	if err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("got %v", err)
	}
	text, err := os.ReadFile(tries)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(string(text), "--secure-port="); got != attempts {
		t.Errorf("tried %d times, want %d", got, attempts)
	}
}

func TestStartIsInterrupted(t *testing.T) {
	f := open(t, t.TempDir())
	defer f.close()
	gone := errors.New("nobody wants it any more")
	ctx, cancel := context.WithCancelCause(t.Context())
	pids := filepath.Join(t.TempDir(), "pids")
	go func() {
		// The API server tells that it runs, and never answers.
		for ctx.Err() == nil {
			if info, err := os.Stat(pids); err == nil && info.Size() > 0 {
				cancel(gone)
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	_, err := startIn(ctx, f, fakes(t, map[string]string{
		etcd: listening, apiserver: "echo $$ > " + pids + "; exec sleep 1000",
	}))
	if !errors.Is(err, gone) {
		t.Errorf("got %v", err)
	}
	text, err := os.ReadFile(pids)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if runs(pid) {
		t.Error("the API server still runs")
	}
}

// runs tells whether there is a process with this id.
func runs(pid int) bool { return syscall.Kill(pid, 0) == nil }
