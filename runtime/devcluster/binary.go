package devcluster

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// binaryPrefix is how the names of built binaries begin; a hash of what they
// were built from follows.
const binaryPrefix = "kopf-devcluster-"

// heartbeat is how often a build says that it goes on.
const heartbeat = 15 * time.Second

// Binary returns the path of the program of cmd/kopf-devcluster, built from the
// checkout that the working directory is in. A build takes minutes, the first
// time, and says so on progress; the result is kept in the user's cache folder
// for as long as its sources are the same.
func Binary(ctx context.Context, progress io.Writer) (string, error) {
	root, err := findCheckout()
	if err != nil {
		return "", err
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("there is no place to keep the development cluster: %w", err)
	}
	return build(ctx, root, filepath.Join(cache, "kopf-declarative"), progress)
}

// build returns the binary for a checkout, from the cache if it is there.
func build(ctx context.Context, root, cache string, progress io.Writer) (string, error) {
	sum, err := sourcesHash(root)
	if err != nil {
		return "", err
	}
	binary := filepath.Join(cache, binaryPrefix+sum)
	if exists(binary) {
		return binary, nil
	}
	if err := os.MkdirAll(cache, 0o700); err != nil {
		return "", err
	}
	unlock, err := waitForLock(ctx, filepath.Join(cache, "build.lock"), progress)
	if err != nil {
		return "", err
	}
	defer unlock()
	if exists(binary) { // built by somebody else while we waited
		return binary, nil
	}
	if err := compile(ctx, root, binary, progress); err != nil {
		return "", err
	}
	removeOthers(cache, binary)
	return binary, nil
}

func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// module is where the program's own module is in a checkout.
const module = "cmd/kopf-devcluster"

// findCheckout looks upwards from the working directory, then from this file.
func findCheckout() (string, error) {
	wd, err := os.Getwd()
	if err != nil {
		return "", err
	}
	starts := []string{wd}
	if _, file, _, ok := runtime.Caller(0); ok {
		starts = append(starts, filepath.Dir(file))
	}
	for _, dir := range starts {
		for ; ; dir = filepath.Dir(dir) {
			if exists(filepath.Join(dir, module, "go.mod")) {
				return dir, nil
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	return "", fmt.Errorf("the sources of the development cluster (%s) are not above %s: run this inside a checkout, or set %s", module, wd, assetsVariable)
}

// sourcesHash is of everything that decides what the binary is.
func sourcesHash(root string) (string, error) {
	files := []string{filepath.Join(root, module, "go.mod"), filepath.Join(root, module, "go.sum")}
	for _, dir := range []string{module, "runtime/devcluster"} {
		found, err := filepath.Glob(filepath.Join(root, dir, "*.go"))
		if err != nil {
			return "", err
		}
		files = append(files, found...)
	}
	hash := sha256.New()
	fmt.Fprintln(hash, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	slices.Sort(files)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(filepath.Clean(file))
		if err != nil {
			return "", err
		}
		fmt.Fprintln(hash, filepath.Base(file), len(text))
		hash.Write(text)
	}
	return hex.EncodeToString(hash.Sum(nil)[:8]), nil
}

// compile runs the Go compiler, which keeps what it has done even when the build
// is interrupted.
func compile(ctx context.Context, root, binary string, progress io.Writer) error {
	flags, err := linkerFlags(filepath.Join(root, module, "go.mod"))
	if err != nil {
		return err
	}
	fmt.Fprintln(progress, "building the development cluster (etcd, kube-apiserver, kube-controller-manager): once, some minutes on a machine that has never done it")
	unfinished := binary + ".new"
	cmd := exec.CommandContext(ctx, "go", "build", "-v", "-ldflags="+flags, "-o", unfinished, ".") //nolint:gosec // our own arguments
	cmd.Dir = filepath.Join(root, module)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	output, err := runTold(cmd, progress)
	if errors.Is(err, exec.ErrNotFound) {
		return errors.New("the development cluster is built with Go, and there is no go command")
	}
	if err != nil {
		return fmt.Errorf("cannot build the development cluster: %w; the end of the output:\n%s", errors.Join(context.Cause(ctx), err), output)
	}
	return os.Rename(unfinished, binary)
}

// runTold runs a build and tells every now and then how far it is.
func runTold(cmd *exec.Cmd, progress io.Writer) (output string, err error) {
	start := time.Now()
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	var packages atomic.Int64
	ended := make(chan struct{})
	go tell(progress, start, &packages, ended)
	var last []string
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		packages.Add(1)
		last = append(last[max(0, len(last)-lastLines):], "  "+lines.Text())
	}
	err = cmd.Wait()
	close(ended)
	if err == nil {
		fmt.Fprintf(progress, "built the development cluster in %s\n", time.Since(start).Round(time.Second))
	}
	return strings.Join(last, "\n"), err
}

func tell(progress io.Writer, start time.Time, packages *atomic.Int64, ended <-chan struct{}) {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		select {
		case <-ended:
			return
		case <-beat.C:
			fmt.Fprintf(progress, "  still building: %s, %d packages compiled\n", time.Since(start).Round(time.Second), packages.Load())
		}
	}
}

var kubernetesLine = regexp.MustCompile(`(?m)^\s*k8s\.io/kubernetes (v(\d+)\.(\d+)\.\S+)`)

// linkerFlags make the components tell the version that they are.
func linkerFlags(goMod string) (string, error) {
	text, err := os.ReadFile(filepath.Clean(goMod))
	if err != nil {
		return "", err
	}
	version := kubernetesLine.FindSubmatch(text)
	if version == nil {
		return "", fmt.Errorf("%s does not require k8s.io/kubernetes", goMod)
	}
	flags := "-s -w"
	for _, pkg := range []string{"k8s.io/component-base/version", "k8s.io/client-go/pkg/version"} {
		flags += fmt.Sprintf(" -X %[1]s.gitVersion=%[2]s -X %[1]s.gitMajor=%[3]s -X %[1]s.gitMinor=%[4]s", pkg, version[1], version[2], version[3])
	}
	return flags, nil
}

// waitForLock takes the lock of the build, and says if somebody else has it.
func waitForLock(ctx context.Context, file string, progress io.Writer) (unlock func(), err error) {
	for told := false; ; {
		f, err := lock(file)
		if err == nil {
			return func() { _ = f.Close() }, nil
		}
		if !errors.Is(err, errLocked) {
			return nil, err
		}
		if !told {
			fmt.Fprintf(progress, "waiting for the build of the development cluster that runs already%s\n", ownerOf(file))
			told = true
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// removeOthers removes binaries of other sources: each is large.
func removeOthers(cache, keep string) {
	files, _ := filepath.Glob(filepath.Join(cache, binaryPrefix+"*"))
	for _, file := range files {
		if file != keep {
			_ = os.Remove(file)
		}
	}
}
