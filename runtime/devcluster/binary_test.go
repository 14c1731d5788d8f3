package devcluster

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// in goes into a checkout, with a cache of its own for binaries.
func (s source) in(t *testing.T) (cache string) {
	t.Helper()
	goCache, err := exec.Command("go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOCACHE", strings.TrimSpace(string(goCache)))
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	t.Chdir(s.root)
	if cache, err = cacheDir(); err != nil {
		t.Fatal(err)
	}
	return cache
}

func built(t *testing.T, progress *bytes.Buffer) string {
	t.Helper()
	binary, err := Binary(t.Context(), progress)
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

func TestBinaryIsBuiltOnce(t *testing.T) {
	s := checkout(t)
	cache := s.in(t)
	var progress bytes.Buffer
	binary := built(t, &progress)
	if out, err := exec.Command(binary).CombinedOutput(); err != nil || string(out) != "one\n" {
		t.Errorf("got %q, %v", out, err)
	}
	if first, _, _ := strings.Cut(progress.String(), "\n"); !strings.Contains(first, "Building the development cluster") {
		t.Errorf("progress begins with %q", first)
	}
	if !strings.Contains(progress.String(), "minutes") || !strings.Contains(progress.String(), cache) {
		t.Errorf("neither how long nor where: %s", progress.String())
	}
	progress.Reset()
	if again := built(t, &progress); again != binary || progress.Len() > 0 {
		t.Errorf("built again: %s %s", again, progress.String())
	}
	s.write(t, commandDir+"/main.go", "package main\n\nfunc main() { println(\"two\") }\n")
	changed := built(t, &progress)
	if out, err := exec.Command(changed).CombinedOutput(); err != nil || string(out) != "two\n" {
		t.Errorf("got %q, %v", out, err)
	}
	if left, _ := filepath.Glob(filepath.Join(cache, "*building*")); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

func TestBinaryOfSourcesThatAreWrong(t *testing.T) {
	s := checkout(t)
	s.in(t)
	s.write(t, commandDir+"/main.go", "package main\n\nfunc main() { nonsense() }\n")
	_, err := Binary(t.Context(), nil)
	if err == nil || !strings.Contains(err.Error(), "cannot build the development cluster") ||
		!strings.Contains(err.Error(), "main.go:3:15: undefined: nonsense") {
		t.Errorf("got %v", err)
	}
}

func TestBinaryWithoutGo(t *testing.T) {
	checkout(t).in(t)
	t.Setenv("PATH", t.TempDir())
	_, err := Binary(t.Context(), nil)
	if err == nil || !strings.Contains(err.Error(), "needs Go") {
		t.Errorf("got %v", err)
	}
}

// The module of the binary and the main module are updated one after the other.
func TestBinaryWhileModulesDisagree(t *testing.T) {
	s := checkout(t)
	s.in(t)
	before := "module github.com/kopf-declarative/kopf-declarative/" + commandDir + "\n\ngo 1.26\n\n" +
		"require (\n\tk8s.io/kubernetes v1.37.2\n\texample.com/other v1.0.0\n)\n\n" +
		"replace (\n\tk8s.io/kubernetes => ./kubernetes\n\texample.com/other => ./other\n)\n"
	s.write(t, commandDir+"/go.mod", before)
	s.write(t, commandDir+"/main.go", "package main\n\nimport _ \"example.com/other\"\n\nfunc main() {}\n")
	s.write(t, commandDir+"/kubernetes/go.mod", "module k8s.io/kubernetes\n\ngo 1.26\n\nrequire example.com/other v1.1.0\n")
	s.write(t, commandDir+"/other/go.mod", "module example.com/other\n")
	s.write(t, commandDir+"/other/other.go", "package other\n")
	built(t, &bytes.Buffer{})
	if after, err := os.ReadFile(filepath.Join(s.command(), "go.mod")); err != nil || string(after) != before {
		t.Errorf("the build has changed go.mod: %s, %v", after, err)
	}
}

func TestBuildersWaitForEachOther(t *testing.T) {
	cache := checkout(t).in(t)
	held, err := lock(filepath.Join(cache, lockFile))
	if err != nil {
		t.Fatal(err)
	}
	progress := &notingWriter{noted: make(chan struct{})}
	var done sync.WaitGroup
	done.Go(func() {
		if _, err := Binary(t.Context(), progress); err != nil {
			t.Error(err)
		}
	})
	<-progress.noted
	if got := progress.text.String(); !strings.HasPrefix(got, "waiting for another process (process ") {
		t.Errorf("got %q", got)
	}
	held.Close()
	done.Wait()
}

// notingWriter tells when something is written the first time.
type notingWriter struct {
	once  sync.Once
	noted chan struct{}
	text  bytes.Buffer
}

func (w *notingWriter) Write(text []byte) (int, error) {
	w.once.Do(func() {
		w.text.Write(text)
		close(w.noted)
	})
	return len(text), nil
}

func TestUnusedBinariesGo(t *testing.T) {
	cache := t.TempDir()
	now := time.Now()
	for name, age := range map[string]time.Duration{
		binaryPrefix + "old": 2 * time.Hour, binaryPrefix + "used": 2 * time.Minute, "other": 2 * time.Hour,
	} {
		file := program(t, cache, name, "")
		if err := os.Chtimes(file, now.Add(-age), now.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	if !isBuilt(filepath.Join(cache, binaryPrefix+"used")) {
		t.Error("it is there")
	}
	removeUnused(cache, now)
	left := contents(t, cache)
	if _, there := left[binaryPrefix+"old"]; there || len(left) != 2 {
		t.Errorf("left: %d, the old one: %v", len(left), there)
	}
}
