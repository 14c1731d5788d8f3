package devcluster_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kopf-declarative/kopf-declarative/runtime/devcluster"
)

// command is cmd/kopf-devcluster as a person runs it.
type command struct {
	t          *testing.T
	cmd        *exec.Cmd
	stdin      io.Closer
	complaints *bytes.Buffer
	kubeconfig string
}

func binary(t *testing.T) string {
	t.Helper()
	file, err := devcluster.Binary(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// begin runs the command and waits until it is ready.
func begin(t *testing.T, args ...string) *command {
	t.Helper()
	c := &command{t: t, cmd: exec.Command(binary(t), args...), complaints: &bytes.Buffer{}}
	c.cmd.Stderr = c.complaints
	var err error
	if c.stdin, err = c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.cmd.Process.Kill() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		_ = c.cmd.Wait()
		t.Fatalf("it did not get ready: %s", c.complaints)
	}
	c.kubeconfig = strings.TrimSuffix(line, "\n")
	return c
}

// ends waits for the end of the command.
func (c *command) ends() (code int, complaints string) {
	c.t.Helper()
	timer := time.AfterFunc(patience, func() { _ = c.cmd.Process.Kill() })
	defer timer.Stop()
	if err := c.cmd.Wait(); err != nil && c.cmd.ProcessState == nil {
		c.t.Fatal(err)
	}
	return c.cmd.ProcessState.ExitCode(), c.complaints.String()
}

func (c *command) endsWell() {
	c.t.Helper()
	if code, complaints := c.ends(); code != 0 || complaints != "" {
		c.t.Errorf("exit code %d: %s", code, complaints)
	}
}

// component returns the process id of a component of ours.
func (c *command) component(name string) int {
	c.t.Helper()
	out, err := exec.Command("ps", "-A", "-o", "pid=,ppid=,args=").Output()
	if err != nil {
		c.t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if len(fields) > 3 && fields[1] == strconv.Itoa(c.cmd.Process.Pid) && fields[3] == name {
			pid, err := strconv.Atoi(fields[0])
			if err != nil {
				c.t.Fatal(err)
			}
			return pid
		}
	}
	c.t.Fatalf("no %s runs", name)
	return 0
}

func (c *command) signal(signal os.Signal) {
	c.t.Helper()
	if err := c.cmd.Process.Signal(signal); err != nil {
		c.t.Fatal(err)
	}
}

func ended(pid int) error {
	if err := syscall.Kill(pid, 0); !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("process %d still runs", pid)
	}
	return nil
}

// One story, because each start costs seconds.
func TestTwoClustersSideBySide(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "kept")
	kept := begin(t, "--dir", dir)
	t.Setenv("TMPDIR", t.TempDir())
	brief := begin(t)
	if kept.kubeconfig != filepath.Join(dir, "kubeconfig") {
		t.Error("the kubeconfig is", kept.kubeconfig)
	}
	connect(t, kept.kubeconfig).create(configMaps, "default", `{apiVersion: v1, kind: ConfigMap, metadata: {name: mine}}`)
	if err := connect(t, brief.kubeconfig).gone(configMaps, "default", "mine"); err != nil {
		t.Error(err)
	}

	third := exec.Command(binary(t), "--dir", dir)
	out, err := third.CombinedOutput()
	want := fmt.Sprintf("kopf-devcluster: %s is in use by another development cluster (process %d)\n", dir, kept.cmd.Process.Pid)
	if err == nil || string(out) != want {
		t.Errorf("in the same folder: %v, %s", err, out)
	}

	server := brief.component("kube-apiserver")
	brief.stdin.Close()
	brief.endsWell()
	if err := ended(server); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Dir(brief.kubeconfig)); !os.IsNotExist(err) {
		t.Error("the temporary folder is still there:", err)
	}

	watch, err := connect(t, kept.kubeconfig).Resource(configMaps).Watch(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Stop()
	kept.signal(syscall.SIGTERM) // which nobody who watches holds up
	kept.endsWell()

	again := begin(t, "--dir", dir)
	if _, err := connect(t, again.kubeconfig).Resource(configMaps).Namespace("default").Get(t.Context(), "mine", metav1.GetOptions{}); err != nil {
		t.Error("the data is not there:", err)
	}
	again.signal(os.Interrupt)
	again.endsWell()
}

func TestComponentDies(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	c := begin(t)
	if err := syscall.Kill(c.component("etcd"), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	code, complaints := c.ends()
	if code != 1 || !strings.HasPrefix(complaints, "kopf-devcluster: etcd ended: signal: killed; the end of its log:\n") {
		t.Errorf("exit code %d: %s", code, complaints)
	}
	if _, err := os.Stat(filepath.Dir(c.kubeconfig)); !os.IsNotExist(err) {
		t.Error("the temporary folder is still there:", err)
	}
}

func TestNothingOutlivesKill(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	c := begin(t)
	pids := []int{c.component("etcd"), c.component("kube-apiserver"), c.component("kube-controller-manager")}
	c.signal(syscall.SIGKILL)
	c.ends()
	for _, pid := range pids {
		eventually(t, func() error { return ended(pid) })
	}
}

func TestAssetsAreHonoured(t *testing.T) {
	ours, assets := binary(t), t.TempDir()
	used := filepath.Join(assets, "used")
	for _, name := range []string{"etcd", "kube-apiserver", "kube-controller-manager"} {
		script := fmt.Sprintf("#!/bin/sh\necho %[1]s >> %[2]s\nexec %[3]s %[1]s \"$@\"\n", name, used, ours)
		if err := os.WriteFile(filepath.Join(assets, name), []byte(script), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("KUBEBUILDER_ASSETS", assets)
	t.Setenv("XDG_CACHE_HOME", t.TempDir()) // so there is nothing that was built before
	cluster, err := devcluster.Start(t.Context(), devcluster.Options{Log: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	connect(t, cluster.Kubeconfig()).create(configMaps, "default", `{apiVersion: v1, kind: ConfigMap, metadata: {name: mine}}`)
	if err := cluster.Stop(); err != nil {
		t.Error(err)
	}
	names, err := os.ReadFile(used)
	if err != nil || string(names) != "etcd\nkube-apiserver\nkube-controller-manager\n" {
		t.Errorf("used were %q, %v", names, err)
	}
}

func TestCommandLine(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args   []string
		code   int
		output string // a part of it
	}{
		{[]string{"--version"}, 0, "kopf-devcluster with Kubernetes v1.37."},
		{[]string{"--help"}, 0, "kopf-devcluster [--dir DIR]"},
		{[]string{"--fast"}, 2, "kopf-devcluster: flag provided but not defined: -fast (see --help)\n"},
		{[]string{"--dir"}, 2, "kopf-devcluster: flag needs an argument: -dir (see --help)\n"},
		{[]string{"--dir", ""}, 2, "kopf-devcluster: --dir needs the name of a folder (see --help)\n"},
		{[]string{"kube-scheduler"}, 2, "kopf-devcluster: unexpected argument \"kube-scheduler\" (see --help)\n"},
		{[]string{"--dir", file}, 1, "kopf-devcluster: cannot use the folder: mkdir " + file + ": not a directory\n"},
	} {
		cmd := exec.Command(binary(t), c.args...)
		out, _ := cmd.CombinedOutput()
		if code := cmd.ProcessState.ExitCode(); code != c.code || !strings.Contains(string(out), c.output) {
			t.Errorf("%q: exit code %d: %s", c.args, code, out)
		}
		if c.code != 0 && string(out) != c.output {
			t.Errorf("%q: more than one line: %s", c.args, out)
		}
	}
}
